/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "render/state_internal.h"

/* Those that look-up chains go on to. */
static void diff_affinity_count(struct state *state, struct service_name owner,
				const struct affinity *affinity, int32_t by)
{
	enum affinity_chain which;
	struct lb_chain lb;

	for (which = 0; which < AFFINITY_LOOKUP_MAX; which++) {
		if (!affinity->n[which])
			continue;
		lb = affinity_lb_chain(affinity, which);
		diff_count_lb(state, owner, &lb, by);
	}
}

static void diff_affinity_send_chain(struct state *state, enum change_op op, struct service_name owner,
				     const struct affinity *affinity, enum affinity_chain which)
{
	struct chain *chain = arena_alloc(state->arena, sizeof(*chain));

	affinity_chain(affinity, which, state->arena, chain);
	change_add_chain(state->changes, op, owner, chain);
}

void diff_affinity_send_map(struct state *state, enum change_op op, struct service_name owner,
			    const struct client_map *map)
{
	struct client_map *copy = arena_alloc(state->arena, sizeof(*copy));

	*copy = *map;
	change_add_client_map(state->changes, op, owner, copy);
}

static int diff_affinity_cmp(const void *a, const void *b)
{
	return affinity_cmp(a, b);
}

static const struct affinity *diff_affinity_find(const struct state_affinities *all,
						 const struct affinity *like)
{
	return all->n ? bsearch(like, all->list, all->n, sizeof(*like), diff_affinity_cmp) : NULL;
}

static bool diff_affinity_knows_maps(const struct state *state, enum family table)
{
	return state->snapshot && snapshot_knows_client_maps(state->snapshot, table);
}

/* What goes of @old, which @next (or NULL) comes after. What a snapshot knows goes with the leftovers. */
static void diff_affinity_drop(struct state *state, struct service_name owner, const struct affinity *old,
			       const struct affinity *next)
{
	char name[RULE_NAME_MAX + 1];
	struct client_map map;
	int which, list;

	for (which = 0; which < _AFFINITY_CHAIN_MAX; which++) {
		if (!affinity_has_chain(old, which) || (next && affinity_has_chain(next, which)))
			continue;
		affinity_chain_name(old, which, name);
		if (!diff_knows_chain(state, old->table, name))
			diff_affinity_send_chain(state, CHANGE_OP_CHAIN_DEL, owner, old, which);
	}
	if (diff_affinity_knows_maps(state, old->table))
		return;
	for (list = 0; list < _PLAN_LIST_MAX; list++) {
		if (!affinity_has_map(old, list) || (next && affinity_has_map(next, list)))
			continue;
		affinity_map(old, list, &map);
		diff_affinity_send_map(state, CHANGE_OP_CLIENT_MAP_DEL, owner, &map);
	}
}

/* What goes, and the counts; what comes is sent when the lb-… chains are settled that it leads to. */
void diff_affinity_plan(struct state *state, struct state_owner *owner, const struct service_elements *wanted)
{
	struct state_affinities *pending = &owner->pending_affinities;
	struct service_name service = owner->claim.service;
	size_t i;

	*pending = (struct state_affinities){ .n = wanted->n_affinities };
	if (pending->n) {
		pending->list = alloc_bytes(pending->n * sizeof(*pending->list));
		memcpy(pending->list, wanted->affinities, pending->n * sizeof(*pending->list));
	}
	for (i = 0; i < owner->affinities.n; i++) {
		const struct affinity *old = &owner->affinities.list[i];

		diff_affinity_count(state, service, old, -1);
		diff_affinity_drop(state, service, old, diff_affinity_find(pending, old));
	}
	for (i = 0; i < pending->n; i++)
		diff_affinity_count(state, service, &pending->list[i], 1);
}

static void diff_affinity_add_purge(struct state *state, struct service_name owner,
				    const struct client_map *map, const struct pool *pool)
{
	if (state->n_purges == state->purges_allocated) {
		state->purges_allocated = state->purges_allocated ? state->purges_allocated * 2 : 8;
		state->purges = alloc_resized(state->purges, state->purges_allocated, sizeof(*state->purges));
	}
	state->purges[state->n_purges++] = (struct state_purge){ .owner = owner, .map = *map, .pool = pool };
}

static void diff_affinity_bring_map(struct state *state, struct state_owner *owner,
				    const struct affinity *affinity, const struct affinity *old,
				    enum plan_list list)
{
	bool known = diff_affinity_knows_maps(state, affinity->table);
	struct snapshot_client_map *stands = NULL;
	struct service_name service = owner->claim.service;
	struct client_map map;

	affinity_map(affinity, list, &map);
	if (known)
		stands = snapshot_find_client_map(state->snapshot, map.table, map.name);
	if (stands)
		stands->seen = true;
	if (known ? !stands : !old || !affinity_has_map(old, list))
		diff_affinity_send_map(state, CHANGE_OP_CLIENT_MAP_ADD, service, &map);
	else if (owner->staged && (known || owner->lost[map.table][list]))
		diff_affinity_add_purge(state, service, &map, affinity->pools[list]);
}

static void diff_affinity_bring_chain(struct state *state, struct service_name owner,
				      const struct affinity *affinity, const struct affinity *old,
				      enum affinity_chain which)
{
	char name[RULE_NAME_MAX + 1];
	struct chain *chain;

	affinity_chain_name(affinity, which, name);
	if (diff_knows_chain(state, affinity->table, name)) {
		chain = arena_alloc(state->arena, sizeof(*chain));
		affinity_chain(affinity, which, state->arena, chain);
		diff_restate_chain(state, owner, chain);
	} else if (!old || !affinity_has_chain(old, which)) {
		diff_affinity_send_chain(state, CHANGE_OP_CHAIN_ADD, owner, affinity, which);
	} else if (!affinity_same_chain(old, affinity, which)) {
		diff_affinity_send_chain(state, CHANGE_OP_CHAIN_REFILL, owner, affinity, which);
	}
}

static void diff_affinity_bring(struct state *state, struct state_owner *owner,
				const struct affinity *affinity, const struct affinity *old)
{
	int which, list;

	for (list = 0; list < _PLAN_LIST_MAX; list++)
		if (affinity_has_map(affinity, list))
			diff_affinity_bring_map(state, owner, affinity, old, list);
	for (which = 0; which < _AFFINITY_CHAIN_MAX; which++)
		if (affinity_has_chain(affinity, which))
			diff_affinity_bring_chain(state, owner->claim.service, affinity, old, which);
}

/* Of an owner that was planned: what it should have; of another, against a snapshot: what it had. */
void diff_affinity_send(struct state *state, struct state_owner *owner)
{
	const struct state_affinities *wanted =
		owner->staged ? &owner->pending_affinities : &owner->affinities;
	size_t i;

	for (i = 0; i < wanted->n; i++)
		diff_affinity_bring(state, owner, &wanted->list[i],
				    diff_affinity_find(&owner->affinities, &wanted->list[i]));
}
