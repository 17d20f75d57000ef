/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "render/diff_port_chains.h"

#include <stdlib.h>
#include <string.h>

#include "base/merge.h"
#include "render/diff_count.h"
#include "render/diff_step.h"
#include "render/state_internal.h"

/* What it shares with other ports: the lb chains that look-up chains go on to, and the client map. */
static void diff_port_chains_count(struct state *state, struct service_name owner,
				   const struct port_chains *chains, int32_t by)
{
	enum port_chain which;
	struct client_map map;
	struct lb_chain lb;

	for (which = 0; which < PORT_CHAIN_TARGET_MAX; which++)
		if (chains->n[which] && port_chains_has_lb(chains, which, &lb))
			diff_count_lb_chain(state, owner, &lb, by);
	if (port_chains_client_map(chains, &map))
		diff_count_client_map(state, owner, &map, by);
}

static struct chain *diff_port_chains_build(struct state *state, const struct port_chains *chains,
					    enum port_chain which)
{
	struct chain *chain = arena_alloc(state->arena, sizeof(*chain));

	port_chains_build(chains, which, state->arena, chain);
	return chain;
}

/* Delete chains that @old has and @now (or NULL) lacks; diff_all() deletes what a snapshot covers. */
static void diff_port_chains_drop(struct state *state, struct service_name owner,
				  const struct port_chains *old, const struct port_chains *now)
{
	char name[RULE_NAME_MAX + 1];
	int which;

	for (which = 0; which < _PORT_CHAIN_MAX; which++) {
		if (!port_chains_has(old, which) || (now && port_chains_has(now, which)))
			continue;
		port_chains_name(old, which, name);
		if (!diff_step_knows_chain(state, old->table, name))
			change_add_chain(state->changes, CHANGE_OP_CHAIN_DEL, owner,
					 diff_port_chains_build(state, old, which));
	}
}

static struct merge diff_port_chains_merge(const struct state_ports *old, const struct state_ports *now)
{
	return (struct merge){ .rest_old = old->list,
			       .n_old = old->n,
			       .rest_now = now->list,
			       .n_now = now->n,
			       .size = sizeof(struct port_chains),
			       .cmp = port_chains_cmp };
}

void diff_port_chains_plan(struct state *state, struct state_part *part,
			   const struct service_elements *wanted)
{
	struct state_ports *pending = &part->pending_ports;
	struct service_name owner = part->claimant.service;
	struct merge merge;

	*pending = (struct state_ports){ .n = wanted->n_ports };
	if (pending->n) {
		pending->list = alloc_bytes(pending->n * sizeof(*pending->list));
		memcpy(pending->list, wanted->ports, pending->n * sizeof(*pending->list));
	}
	merge = diff_port_chains_merge(&part->ports, pending);
	while (merge_next(&merge)) {
		if (merge.old) {
			diff_port_chains_count(state, owner, merge.old, -1);
			diff_port_chains_drop(state, owner, merge.old, merge.now);
		}
		if (merge.now)
			diff_port_chains_count(state, owner, merge.now, 1);
	}
}

/* Whether the client map may have clients of endpoints that are not in the list. @old: as it was installed, or NULL. */
static bool diff_port_chains_lost(struct state *state, const struct state_part *part,
				  const struct client_map *map, const struct port_chains *old,
				  enum plan_list list)
{
	if (state->snapshot && snapshot_knows_client_maps(state->snapshot, map->table))
		return snapshot_find_client_map(state->snapshot, map->table, map->name);
	if (old && old->timeout_s)
		return part->lost_endpoint[map->table][list];
	/* When affinity ended, the port's clients were deleted. But another run may have left some. */
	return state->adopted;
}

/* The clients of both lists of a planned port. @now: as it will be, or NULL: all of its clients go. */
static void diff_port_chains_expire(struct state *state, const struct state_part *part,
				    const struct port_chains *old, const struct port_chains *now)
{
	bool stays = now && now->timeout_s;
	const struct port_chains *any = stays ? now : old;
	struct client_map map;
	int list;

	if (!any || !port_chains_client_map(any, &map) || !diff_count_needs_client_map(state, &map))
		return;
	for (list = 0; list < _PLAN_LIST_MAX; list++) {
		struct state_expiry *expiry = ALLOC_APPEND(state->expiries, state->n_expiries);

		*expiry = (struct state_expiry){
			.owner = part->claimant.service,
			.map = map,
			.pool = stays ? now->pools[list] : NULL,
			.lost = !stays || diff_port_chains_lost(state, part, &map, old, list),
		};
		port_chains_list_key(any, list, &expiry->list);
	}
}

static void diff_port_chains_send_chain(struct state *state, struct service_name owner,
					const struct port_chains *chains, const struct port_chains *old,
					enum port_chain which)
{
	char name[RULE_NAME_MAX + 1];

	port_chains_name(chains, which, name);
	if (diff_step_knows_chain(state, chains->table, name))
		diff_step_compare_chain(state, owner, diff_port_chains_build(state, chains, which));
	else if (!old || !port_chains_has(old, which))
		change_add_chain(state->changes, CHANGE_OP_CHAIN_ADD, owner,
				 diff_port_chains_build(state, chains, which));
	else if (!port_chains_same(old, chains, which))
		change_add_chain(state->changes, CHANGE_OP_CHAIN_REFILL, owner,
				 diff_port_chains_build(state, chains, which));
}

void diff_port_chains_send(struct state *state, struct state_part *part)
{
	/* Against a snapshot a Service that was not planned needs what it had. */
	const struct state_ports *wanted = part->diffed ? &part->pending_ports : &part->ports;
	struct merge merge = diff_port_chains_merge(&part->ports, wanted);
	int which;

	while (merge_next(&merge)) {
		const struct port_chains *chains = merge.now;

		/* A kept port keeps its endpoints, and so its clients; their pools are not known. */
		if (part->diffed && !(part->kept && chains))
			diff_port_chains_expire(state, part, merge.old, chains);
		for (which = 0; chains && which < _PORT_CHAIN_MAX; which++)
			if (port_chains_has(chains, which))
				diff_port_chains_send_chain(state, part->claimant.service, chains, merge.old,
							    which);
	}
}
