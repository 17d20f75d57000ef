/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "plan/split.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"

/* Over these the external addresses of a port are spread. With 500,000 elements (plan/build.h) a part has some 8,000. */
#define SPLIT_GROUPS 64

/** struct split_item - A front end with the number of its part */
struct split_item {
	uint64_t part;
	struct frontend *frontend;
};

/* 0 for front ends that stay together, else 1 to SPLIT_GROUPS. */
static uint8_t split_group(const struct frontend *frontend)
{
	uint64_t hash = HASH_START;
	size_t i;

	if (frontend->affinity_timeout_s || frontend->own_lists ||
	    (frontend->kind != FRONTEND_KIND_EXTERNAL_IP && frontend->kind != FRONTEND_KIND_LOAD_BALANCER_IP))
		return 0;
	for (i = 0; i < sizeof(frontend->addr.bytes); i++)
		hash = hash_add_byte(hash, frontend->addr.bytes[i]);
	return (uint8_t)(1 + (hash >> 32) % SPLIT_GROUPS);
}

static uint64_t split_number(const struct frontend *frontend)
{
	uint64_t number =
		hash_add_byte(hash_add_string(HASH_START, frontend->port_name), split_group(frontend));

	return number ? number : 1;
}

static int split_cmp(const void *a, const void *b)
{
	const struct split_item *p = a, *q = b;

	if (p->part != q->part)
		return p->part < q->part ? -1 : 1;
	return p->frontend < q->frontend ? -1 : p->frontend > q->frontend;
}

/* Return: whether all are of one part. */
static bool split_number_all(const struct plan *plan, struct split_item *items)
{
	bool same = true;
	size_t i;

	for (i = 0; i < plan->n_frontends; i++) {
		items[i] = (struct split_item){ split_number(&plan->frontends[i]), &plan->frontends[i] };
		same &= items[i].part == items[0].part;
	}
	return same;
}

static struct plan *split_add(struct split_parts *parts, const struct plan *plan, uint64_t number,
			      struct frontend *frontends)
{
	struct plan *part = &parts->list[parts->n++];

	*part = (struct plan){ .service = plan->service,
			       .part = number,
			       .creation_time_s = plan->creation_time_s,
			       .frontends = frontends,
			       .n_pools = plan->n_pools,
			       .pools = plan->pools };
	return part;
}

static size_t split_count(const struct split_item *items, size_t n)
{
	size_t i, n_parts = n > 0;

	for (i = 1; i < n; i++)
		n_parts += items[i].part != items[i - 1].part;
	return n_parts;
}

void split_plan(const struct plan *plan, struct arena *arena, struct split_parts *ret)
{
	struct split_item *items = arena_array(arena, plan->n_frontends, sizeof(*items));
	bool one = split_number_all(plan, items);
	struct frontend *frontends = plan->frontends;
	struct plan *part = NULL;
	size_t i;

	/* Most plans: nothing is copied. */
	if (!one) {
		qsort(items, plan->n_frontends, sizeof(*items), split_cmp);
		frontends = arena_array(arena, plan->n_frontends, sizeof(*frontends));
		for (i = 0; i < plan->n_frontends; i++)
			frontends[i] = *items[i].frontend;
	}
	*ret = (struct split_parts){ .list = arena_array(arena, split_count(items, plan->n_frontends),
							 sizeof(*ret->list)) };
	for (i = 0; i < plan->n_frontends; i++) {
		if (!part || part->part != items[i].part)
			part = split_add(ret, plan, items[i].part, &frontends[i]);
		part->n_frontends++;
	}
}
