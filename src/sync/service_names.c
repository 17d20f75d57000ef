/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "sync/service_names.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/arena.h"

void service_names_add(struct service_names *names, struct service_name service)
{
	if (!names->arena)
		names->arena = arena_new();
	*ALLOC_APPEND(names->list, names->n) = service_name_copy_to(names->arena, service);
}

void service_names_clear(struct service_names *names)
{
	if (names->arena)
		arena_reset(names->arena);
	names->n = 0;
}

void service_names_done(struct service_names *names)
{
	arena_free(names->arena);
	free(names->list);
	*names = (struct service_names){ .n = 0 };
}
