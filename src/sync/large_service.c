/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "sync/large_service.h"

#include "base/arena.h"
#include "render/state.h"

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

/* Number of the part to plan next, or of the one that would follow the last. */
static uint64_t large_service_position(const struct large_service *large)
{
	return large->parts.list[(large->start + large->n_done) % large->parts.n].part;
}

void large_service_set(struct large_service *large, const struct state *state, const struct plan *plan,
		       struct arena *arena)
{
	struct large_service new = { .arena = arena, .plan = *plan };

	large_service_copy_borrowed(&new.plan, arena);
	state_split(state, &new.plan, arena, &new.parts);
	while (large->arena &&
	       new.start < new.parts.n &&new.parts.list[new.start].part < large_service_position(large))
		new.start++;
	new.start %= new.parts.n;
	large_service_done(large);
	*large = new;
}

const struct plan *large_service_next(const struct large_service *large)
{
	if (!large->arena || large->n_planned == large->parts.n)
		return NULL;
	return &large->parts.list[(large->start + large->n_planned) % large->parts.n];
}

void large_service_planned(struct large_service *large)
{
	large->n_planned++;
}

void large_service_end(struct large_service *large, bool ok)
{
	if (ok)
		large->n_done = large->n_planned;
	else
		large->n_planned = large->n_done;
	if (large->arena && large->n_done == large->parts.n)
		large_service_done(large);
}

void large_service_done(struct large_service *large)
{
	arena_free(large->arena);
	*large = (struct large_service){ .arena = NULL };
}
