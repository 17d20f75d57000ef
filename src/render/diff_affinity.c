/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "render/diff_affinity.h"

#include <stdlib.h>
#include <string.h>

#include "base/merge.h"
#include "render/diff_count.h"
#include "render/diff_step.h"
#include "render/state_internal.h"

/* The lb chains that look-up chains go on to. */
static void diff_affinity_count(struct state *state, struct service_name owner,
				const struct affinity *affinity, int32_t by)
{
	enum affinity_chain which;
	struct lb_chain lb;

	for (which = 0; which < AFFINITY_LOOKUP_MAX; which++) {
		if (!affinity->n[which])
			continue;
		lb = affinity_lb_chain(affinity, which);
		diff_count_lb_chain(state, owner, &lb, by);
	}
}

static struct chain *diff_affinity_chain(struct state *state, const struct affinity *affinity,
					 enum affinity_chain which)
{
	struct chain *chain = arena_alloc(state->arena, sizeof(*chain));

	affinity_chain(affinity, which, state->arena, chain);
	return chain;
}

static bool diff_affinity_knows_maps(const struct state *state, enum family table)
{
	return state->snapshot && snapshot_knows_client_maps(state->snapshot, table);
}

/* Delete what @old has and @now (or NULL) lacks; diff_all() deletes what a snapshot covers. */
static void diff_affinity_drop(struct state *state, struct service_name owner, const struct affinity *old,
			       const struct affinity *now)
{
	char name[RULE_NAME_MAX + 1];
	struct client_map map;
	int which, list;

	for (which = 0; which < _AFFINITY_CHAIN_MAX; which++) {
		if (!affinity_has_chain(old, which) || (now && affinity_has_chain(now, which)))
			continue;
		affinity_chain_name(old, which, name);
		if (!diff_step_knows_chain(state, old->table, name))
			change_add_chain(state->changes, CHANGE_OP_CHAIN_DEL, owner,
					 diff_affinity_chain(state, old, which));
	}
	if (diff_affinity_knows_maps(state, old->table))
		return;
	for (list = 0; list < _PLAN_LIST_MAX; list++) {
		if (!affinity_has_map(old, list) || (now && affinity_has_map(now, list)))
			continue;
		affinity_map(old, list, &map);
		diff_step_client_map(state, CHANGE_OP_CLIENT_MAP_DEL, owner, &map);
	}
}

static struct merge diff_affinity_merge(const struct state_affinities *old,
					const struct state_affinities *now)
{
	return (struct merge){ .rest_old = old->list,
			       .n_old = old->n,
			       .rest_now = now->list,
			       .n_now = now->n,
			       .size = sizeof(struct affinity),
			       .cmp = affinity_cmp };
}

void diff_affinity_plan(struct state *state, struct state_part *part, const struct service_elements *wanted)
{
	struct state_affinities *pending = &part->pending_affinities;
	struct service_name owner = part->claimant.service;
	struct merge merge;

	*pending = (struct state_affinities){ .n = wanted->n_affinities };
	if (pending->n) {
		pending->list = alloc_bytes(pending->n * sizeof(*pending->list));
		memcpy(pending->list, wanted->affinities, pending->n * sizeof(*pending->list));
	}
	merge = diff_affinity_merge(&part->affinities, pending);
	while (merge_next(&merge)) {
		if (merge.old) {
			diff_affinity_count(state, owner, merge.old, -1);
			diff_affinity_drop(state, owner, merge.old, merge.now);
		}
		if (merge.now)
			diff_affinity_count(state, owner, merge.now, 1);
	}
}

/* @old: as it was installed, or NULL. */
static void diff_affinity_send_map(struct state *state, const struct state_part *part,
				   const struct affinity *affinity, const struct affinity *old,
				   enum plan_list list)
{
	bool known = diff_affinity_knows_maps(state, affinity->table), installed;
	struct service_name owner = part->claimant.service;
	struct snapshot_client_map *found;
	struct client_map map;

	affinity_map(affinity, list, &map);
	if (known) {
		found = snapshot_find_client_map(state->snapshot, map.table, map.name);
		installed = found != NULL;
		if (found)
			found->seen = true;
	} else {
		installed = old && affinity_has_map(old, list);
	}
	if (!installed)
		diff_step_client_map(state, CHANGE_OP_CLIENT_MAP_ADD, owner, &map);
	if (part->diffed && affinity->pools[list])
		*ALLOC_APPEND(state->expiries, state->n_expiries) = (struct state_expiry){
			.owner = owner,
			.map = map,
			.pool = affinity->pools[list],
			.lost = installed ? known || part->lost_endpoint[map.table][list] : state->takes_over,
		};
}

static void diff_affinity_send_chain(struct state *state, struct service_name owner,
				     const struct affinity *affinity, const struct affinity *old,
				     enum affinity_chain which)
{
	char name[RULE_NAME_MAX + 1];

	affinity_chain_name(affinity, which, name);
	if (diff_step_knows_chain(state, affinity->table, name))
		diff_step_compare_chain(state, owner, diff_affinity_chain(state, affinity, which));
	else if (!old || !affinity_has_chain(old, which))
		change_add_chain(state->changes, CHANGE_OP_CHAIN_ADD, owner,
				 diff_affinity_chain(state, affinity, which));
	else if (!affinity_same_chain(old, affinity, which))
		change_add_chain(state->changes, CHANGE_OP_CHAIN_REFILL, owner,
				 diff_affinity_chain(state, affinity, which));
}

/* All that exists of @affinity stays as it is, and all lb chains, because its chains may lead to any. */
static void diff_affinity_leave(struct state *state, const struct affinity *affinity)
{
	struct snapshot_client_map *map_found;
	struct snapshot_chain *chain_found;
	char name[RULE_NAME_MAX + 1];
	struct client_map map;
	int which, list;

	if (!state->snapshot)
		return;
	state->leave_lb_chains = true;
	for (which = 0; which < _AFFINITY_CHAIN_MAX; which++) {
		affinity_chain_name(affinity, which, name);
		chain_found = snapshot_find_chain(state->snapshot, affinity->table, name);
		if (chain_found)
			chain_found->seen = true;
	}
	for (list = 0; list < _PLAN_LIST_MAX; list++) {
		affinity_map(affinity, list, &map);
		map_found = snapshot_find_client_map(state->snapshot, map.table, map.name);
		if (map_found)
			map_found->seen = true;
	}
}

void diff_affinity_send(struct state *state, struct state_part *part)
{
	/* Against a snapshot a Service that was not planned needs what it had. */
	const struct state_affinities *wanted = part->diffed ? &part->pending_affinities : &part->affinities;
	struct merge merge = diff_affinity_merge(&part->affinities, wanted);
	int which, list;

	while (merge_next(&merge)) {
		const struct affinity *affinity = merge.now;

		if (!affinity)
			continue;
		if (affinity->unknown) {
			diff_affinity_leave(state, affinity);
			continue;
		}
		for (list = 0; list < _PLAN_LIST_MAX; list++)
			if (affinity_has_map(affinity, list))
				diff_affinity_send_map(state, part, affinity, merge.old, list);
		for (which = 0; which < _AFFINITY_CHAIN_MAX; which++)
			if (affinity_has_chain(affinity, which))
				diff_affinity_send_chain(state, part->claimant.service, affinity, merge.old,
							 which);
	}
}
