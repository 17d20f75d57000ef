/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The daemon, but with slots: the linker puts __wrap_build_plan() in the place of build_plan(). No setting makes slots yet.
 *
 * SLOTS_FILE names a file with lines "ADDRESS NUMBER": the endpoints with this address get so many slots, all others SLOTS_OTHERS, or
 * one. The file is read for each plan.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "plan/build.h"

int __real_build_plan(const struct build_input *in, struct arena *arena, struct plan *ret,
		      struct err *reterr);
int __wrap_build_plan(const struct build_input *in, struct arena *arena, struct plan *ret,
		      struct err *reterr);

static size_t slots_others(void)
{
	const char *text = getenv("SLOTS_OTHERS");

	return text ? strtoul(text, NULL, 10) : 1;
}

static size_t slots_of(FILE *file, const struct pool_endpoint *endpoint)
{
	size_t n = slots_others();
	struct addr addr;
	char text[100];
	unsigned int k;

	if (!file)
		return n;
	rewind(file);
	while (fscanf(file, "%99s %u", text, &k) == 2)
		if (addr_parse(text, &addr) && addr_equal(&addr, &endpoint->addr))
			n = k;
	return n;
}

static void slots_fill(FILE *file, struct pool *pool, struct arena *arena)
{
	size_t *n = arena_array(arena, pool->n_endpoints, sizeof(*n)), n_slots = 0, i, k;
	uint32_t *slots;

	for (i = 0; i < pool->n_endpoints; i++) {
		n[i] = slots_of(file, &pool->endpoints[i]);
		n_slots += n[i];
	}
	if (!n_slots)
		return;
	slots = arena_array(arena, n_slots, sizeof(*slots));
	pool->slots = slots;
	pool->n_slots = n_slots;
	for (i = 0; i < pool->n_endpoints; i++)
		for (k = 0; k < n[i]; k++)
			*slots++ = (uint32_t)i;
}

int __wrap_build_plan(const struct build_input *in, struct arena *arena, struct plan *ret, struct err *reterr)
{
	const char *path = getenv("SLOTS_FILE");
	FILE *file = path ? fopen(path, "re") : NULL;
	int r = __real_build_plan(in, arena, ret, reterr);
	size_t i;

	for (i = 0; !r && i < ret->n_pools; i++)
		slots_fill(file, &ret->pools[i], arena);
	if (file)
		(void)fclose(file);
	return r;
}
