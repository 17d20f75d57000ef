/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "render/state_split.h"

#include <stdlib.h>

#include "base/arena.h"
#include "render/frontend_owners.h"
#include "render/state_internal.h"
#include "render/state_parts.h"

/* Nothing, in the place of the part @number of the Service of @plan. */
static struct plan state_split_empty(const struct plan *plan, uint64_t number)
{
	return (struct plan){ .service = plan->service,
			      .part = number,
			      .creation_time_s = plan->creation_time_s };
}

void state_split_parts(const struct state *state, const struct plan *plan, struct arena *arena,
		       struct split_parts *ret)
{
	const struct state_service *service = state_parts_service(state, plan->service);
	size_t n_before = service ? service->n_parts : 0, next = 0, i;
	struct split_parts planned;

	split_plan(plan, arena, &planned);
	*ret = (struct split_parts){ .list = arena_array(arena, planned.n + n_before + 1,
							 sizeof(*ret->list)) };
	for (i = 0; i < n_before; i++) {
		uint64_t number = service->parts[i]->claimant.part;

		while (next < planned.n && planned.list[next].part < number)
			ret->list[ret->n++] = planned.list[next++];
		if (next == planned.n || planned.list[next].part != number)
			ret->list[ret->n++] = state_split_empty(plan, number);
	}
	while (next < planned.n)
		ret->list[ret->n++] = planned.list[next++];
	if (!ret->n)
		ret->list[ret->n++] = state_split_empty(plan, 1);
}

/** struct state_split_item - A part; @group: index of a part of the same group, of its own at the end of the chain */
struct state_split_item {
	struct plan part;
	size_t group;
};

static int state_split_cmp_number(const void *number, const void *item)
{
	uint64_t part = ((const struct state_split_item *)item)->part.part;

	return *(const uint64_t *)number < part ? -1 : *(const uint64_t *)number > part;
}

static size_t state_split_group(struct state_split_item *items, size_t i)
{
	while (items[i].group != i)
		i = items[i].group = items[items[i].group].group;
	return i;
}

/* The parts that own the front ends of part @i now are of its group. */
static void state_split_join(const struct state *state, const struct state_service *service,
			     struct state_split_item *items, size_t n, size_t i)
{
	const struct frontend_owners_claimant *owner;
	struct frontend_owners_key key;
	struct state_split_item *other;
	size_t k, a, b;

	for (k = 0; k < items[i].part.n_frontends; k++) {
		frontend_owners_key_of(&items[i].part.frontends[k], &key);
		owner = frontend_owners_owner(state->frontend_owners, &key);
		/* All parts of a Service share the name. */
		if (!owner || owner->service.name != service->name.name || owner->part == items[i].part.part)
			continue;
		other = bsearch(&owner->part, items, n, sizeof(*items), state_split_cmp_number);
		if (!other)
			continue;
		a = state_split_group(items, i);
		b = state_split_group(items, (size_t)(other - items));
		/* The smaller index leads. */
		items[a < b ? b : a].group = a < b ? a : b;
	}
}

static int state_split_cmp(const void *a, const void *b)
{
	const struct state_split_item *p = a, *q = b;

	if (p->group != q->group)
		return p->group < q->group ? -1 : 1;
	return p->part.part < q->part.part ? -1 : p->part.part > q->part.part;
}

bool *state_split_groups(const struct state *state, struct split_parts *parts, struct arena *arena)
{
	const struct state_service *service = state_parts_service(state, parts->list[0].service);
	struct state_split_item *items = arena_array(arena, parts->n, sizeof(*items));
	bool *ret = arena_array(arena, parts->n, sizeof(*ret));
	size_t i;

	for (i = 0; i < parts->n; i++)
		items[i] = (struct state_split_item){ parts->list[i], i };
	for (i = 0; service && i < parts->n; i++)
		state_split_join(state, service, items, parts->n, i);
	for (i = 0; i < parts->n; i++)
		items[i].group = state_split_group(items, i);
	qsort(items, parts->n, sizeof(*items), state_split_cmp);
	for (i = 0; i < parts->n; i++) {
		parts->list[i] = items[i].part;
		ret[i] = i + 1 < parts->n && items[i].group == items[i + 1].group;
	}
	return ret;
}
