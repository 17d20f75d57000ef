/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "sync/large_service.h"

#include "base/arena.h"
#include "render/state_split.h"

bool large_service_is_set(const struct large_service *large)
{
	return large->arena != NULL;
}

bool large_service_is_open(const struct large_service *large)
{
	return large->n_planned > large->n_done;
}

bool large_service_is(const struct large_service *large, struct service_name service)
{
	return large->arena && service_name_equal(large->plan.service, service);
}

/* The store may change or free an object between two steps: copy what the plan borrows from it. */
static void large_service_copy_borrowed(struct plan *plan, struct arena *arena)
{
	size_t i;

	plan->service = service_name_copy_to(arena, plan->service);
	for (i = 0; i < plan->n_frontends; i++)
		plan->frontends[i].port_name = arena_string(arena, plan->frontends[i].port_name);
}

/* Number of the part to plan next, or would have been next before a new version; 0: the first one. */
static uint64_t large_service_position(const struct large_service *large)
{
	if (!large->is_split)
		return large->position;
	return large->parts.list[(large->start + large->n_done) % large->parts.n].part;
}

/* With the group of the part that would have been next, or of the one after it. */
static size_t large_service_start(const struct large_service *large)
{
	size_t start = 0;

	while (start < large->parts.n && large->parts.list[start].part < large->position)
		start++;
	while (start < large->parts.n && start && large->with_next[start - 1])
		start--;
	return start % large->parts.n;
}

void large_service_set(struct large_service *large, const struct plan *plan, struct arena *arena)
{
	struct large_service new = { .arena = arena, .plan = *plan };

	large_service_copy_borrowed(&new.plan, arena);
	new.position = large->arena ? large_service_position(large) : 0;
	large_service_done(large);
	*large = new;
}

void large_service_keep(struct large_service *large, enum large_service_way way, size_t part_size)
{
	large->way = way;
	large->part_size = part_size;
}

bool large_service_keeps(const struct large_service *large)
{
	return large->arena && large->way != LARGE_SERVICE_WAY_PLAN;
}

void large_service_name(struct large_service *large, struct service_name service, enum large_service_way way,
			size_t part_size)
{
	large_service_set(large, &(struct plan){ .service = service }, arena_new());
	large_service_keep(large, way, part_size);
	large->is_named = true;
}

bool large_service_is_named(const struct large_service *large)
{
	return large->is_named;
}

bool large_service_is_split(const struct large_service *large)
{
	return large->is_split;
}

void large_service_split(struct large_service *large, const struct state *state)
{
	if (large->is_split)
		return;
	state_split_parts(state, &large->plan, large->arena, &large->parts);
	large->with_next = state_split_groups(state, &large->parts, large->arena);
	large->start = large_service_start(large);
	large->is_split = true;
}

bool large_service_next(const struct large_service *large, struct split_parts *ret)
{
	size_t first, n = 1;

	if (!large->is_split || large->n_planned == large->parts.n)
		return false;
	first = (large->start + large->n_planned) % large->parts.n;
	while (large->with_next[first + n - 1])
		n++;
	*ret = (struct split_parts){ .n = n, .list = &large->parts.list[first] };
	return true;
}

void large_service_planned(struct large_service *large, size_t n)
{
	large->n_planned += n;
}

void large_service_end(struct large_service *large, bool ok)
{
	if (ok)
		large->n_done = large->n_planned;
	else
		large->n_planned = large->n_done;
	if (large->is_split && large->n_done == large->parts.n)
		large_service_done(large);
}

void large_service_done(struct large_service *large)
{
	arena_free(large->arena);
	*large = (struct large_service){ .arena = NULL };
}
