/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "sync/part_list.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "render/state_walk.h"

static void part_list_add(void *ctx, struct service_name service, uint64_t part)
{
	struct part_list *list = ctx;

	service_names_add(&list->services, service);
	*ALLOC_APPEND(list->parts, list->n) = part;
}

void part_list_fill(struct part_list *list, const struct state *state)
{
	service_names_clear(&list->services);
	list->n = list->next = 0;
	state_walk_parts(state, part_list_add, list);
}

bool part_list_next(struct part_list *list, struct service_name *ret_service, uint64_t *ret_part)
{
	if (list->next == list->n)
		return false;
	*ret_service = list->services.list[list->next];
	*ret_part = list->parts[list->next++];
	return true;
}

void part_list_done(struct part_list *list)
{
	service_names_done(&list->services);
	free(list->parts);
	*list = (struct part_list){ .n = 0 };
}
