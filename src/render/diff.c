/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: From plans to changes
 *
 * The unit of work is one part of a Service (plan/split.h); nearly all Services have one. Its plan gives a sorted list of
 * elements (render/service_elements.h). The list that the kernel accepted last is kept packed, and the two are walked side
 * by side.
 *
 * Three things are not a part's alone, and each has its own bookkeeping:
 *   - front ends that several Services ask for: render/frontend_owners.h names the owner. A part that gains or loses
 *     a front end by another's change is handed out as affected, and planned in the same transaction;
 *   - elements that several Services need (a ClusterIP's address, a hairpin) are counted (render/diff_count.h);
 *   - lb chains are counted by the verdicts and look-up chains that lead to them, and kept ready beside those in use
 *     (render/diff_lb_chains.h); the chains of source ranges (render/source_list.h) are counted by the verdicts.
 *
 * Some rules of the skeleton stand only while a set has elements. So the skeleton is compared when the elements were.
 *
 * With a snapshot the same walk sets the counts, but what to send is decided by looking up in the snapshot each object
 * that shall be installed; objects of the snapshot that nothing has asked for are deleted. A partial snapshot decides
 * about the objects that it covers; the others are assumed to be as last installed.
 */
#include "config.h"
#include "render/diff.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/merge.h"
#include "render/diff_port_chains.h"
#include "render/diff_count.h"
#include "render/diff_kept.h"
#include "render/diff_lb_chains.h"
#include "render/diff_removed.h"
#include "render/diff_step.h"
#include "render/layout.h"
#include "render/state_internal.h"
#include "render/state_parts.h"

static void diff_element_gone(struct state *state, struct state_part *part, const struct element *e)
{
	struct service_name owner = part->claimant.service;

	if (service_elements_is_shared(e->set)) {
		diff_count_element(state, owner, e, -1);
		return;
	}
	if (e->set == LAYOUT_SET_AFFINITY_ENDPOINTS)
		part->lost_endpoint[e->table][port_chains_list_of(e)] = true;
	diff_count_verdict(state, owner, e, -1, NULL);
	state->n_elements_after[e->table][e->set]--;
	diff_step_del_element(state, owner, e);
}

static void diff_element_new(struct state *state, struct service_name owner, const struct element *e,
			     const struct service_elements *wanted)
{
	if (service_elements_is_shared(e->set)) {
		diff_count_element(state, owner, e, 1);
		return;
	}
	diff_count_verdict(state, owner, e, 1, wanted);
	state->n_elements_after[e->table][e->set]++;
	diff_step_add_element(state, owner, e);
}

/* The element stays. Only a snapshot can say that it is not installed. */
static void diff_element_same(struct state *state, struct service_name owner, const struct element *e)
{
	if (diff_step_knows_element(state, e) && !service_elements_is_shared(e->set))
		diff_step_add_element(state, owner, e);
}

static int diff_element_cmp(const void *a, const void *b)
{
	return set_element_cmp(a, b);
}

/* Compare the installed elements of @part with those that it should have. */
static void diff_part(struct state *state, struct state_part *part, const struct service_elements *wanted)
{
	struct service_name owner = part->claimant.service;
	struct merge merge = { .rest_now = wanted->elements,
			       .n_now = wanted->n,
			       .size = sizeof(struct element),
			       .cmp = diff_element_cmp };

	merge.rest_old = set_elements_unpack(&part->installed, state->scratch, &merge.n_old);
	while (merge_next(&merge)) {
		if (merge.old && merge.now && set_element_same_data(merge.old, merge.now)) {
			diff_element_same(state, owner, merge.now);
		} else {
			if (merge.old)
				diff_element_gone(state, part, merge.old);
			if (merge.now)
				diff_element_new(state, owner, merge.now, wanted);
		}
		if (merge.now)
			set_element_pack(&part->pending, merge.now);
	}
	diff_port_chains_plan(state, part, wanted);
	part->diffed = true;
}

/* A part that was not planned in this transaction stays as it is: compare it with the snapshot. */
static void diff_unplanned_part(struct state *state, const struct state_part *part)
{
	struct element e;
	size_t offset;

	for (offset = 0; offset < part->installed.size;) {
		offset = set_element_unpack(part->installed.data, offset, &e);
		diff_element_same(state, part->claimant.service, &e);
	}
}

static const struct chain *diff_find_chain(const struct skeleton *skeleton, const struct chain *like)
{
	size_t i;

	for (i = 0; i < skeleton->n_chains; i++)
		if (skeleton->chains[i].table == like->table &&
		    strcmp(skeleton->chains[i].name, like->name) == 0)
			return &skeleton->chains[i];
	return NULL;
}

/* How the table is installed. */
static enum snapshot_table diff_table(const struct state *state, enum family family)
{
	if (state->snapshot && !state->snapshot->partial[family])
		return state->snapshot->table[family];
	return state->skeleton.family_enabled[family] ? SNAPSHOT_TABLE_OURS : SNAPSHOT_TABLE_ABSENT;
}

static void diff_tables(struct state *state)
{
	const struct skeleton *next = &state->next_skeleton;
	int family;

	for (family = 0; family < _FAMILY_MAX; family++) {
		enum snapshot_table installed = diff_table(state, family);
		bool keep = next->family_enabled[family] && installed == SNAPSHOT_TABLE_OURS;

		if (keep)
			continue;
		/* Families come and go with a restart only, and that starts with a snapshot. */
		assert(state->snapshot || installed == SNAPSHOT_TABLE_ABSENT);
		if (installed != SNAPSHOT_TABLE_ABSENT)
			change_add_table(state->changes, CHANGE_OP_TABLE_DEL, family);
		if (next->family_enabled[family])
			change_add_table(state->changes, CHANGE_OP_TABLE_ADD, family);
		state->new_table[family] = next->family_enabled[family];
	}
}

/* Take out rules for sets that have no elements after the transaction. */
static void diff_use_skeleton(struct state *state)
{
	uint64_t used[_FAMILY_MAX] = { 0 };
	int family, set;

	for (family = 0; family < _FAMILY_MAX; family++) {
		for (set = 0; set < _LAYOUT_SET_MAX; set++)
			if (state->n_elements_after[family][set])
				used[family] |= UINT64_C(1) << set;
		if (!state->snapshot || state->snapshot->partial[family])
			used[family] |= state->assumed_used[family];
	}
	rule_skeleton_use(&state->next_skeleton, used, state->next_arena, &state->next_skeleton);
}

/* In front of all steps from @first on. */
static void diff_skeleton_chains(struct state *state, size_t first)
{
	const struct skeleton *next = &state->next_skeleton;
	struct changes *changes = state->changes;
	size_t i, others = changes->n - first, n;
	struct change *moved;

	for (i = 0; i < next->n_chains; i++) {
		const struct chain *chain = &next->chains[i], *installed;

		if (diff_step_knows_chain(state, chain->table, chain->name)) {
			diff_step_compare_chain(state, SERVICE_NAME_NONE, chain);
			continue;
		}
		installed = diff_find_chain(&state->skeleton, chain);
		if (!installed)
			change_add_chain(state->changes, CHANGE_OP_CHAIN_ADD, SERVICE_NAME_NONE, chain);
		else if (!rule_chain_equal(installed, chain))
			change_add_chain(state->changes, CHANGE_OP_CHAIN_REFILL, SERVICE_NAME_NONE, chain);
	}
	n = changes->n - first - others;
	if (!n || !others)
		return;
	moved = alloc_bytes(others * sizeof(*moved));
	memcpy(moved, &changes->list[first], others * sizeof(*moved));
	memmove(&changes->list[first], &changes->list[first + others], n * sizeof(*moved));
	memcpy(&changes->list[first + n], moved, others * sizeof(*moved));
	free(moved);
}

/* Whether @found can be made ours by refilling or deleting it. The hook and priority of a base chain cannot be changed. */
static bool diff_can_repair(struct state *state, const struct snapshot_chain *found)
{
	struct chain named = { .table = found->table };
	const struct chain *wanted;
	struct source_list list;
	struct lb_chain lb;
	const char *target;

	memcpy(named.name, found->name, sizeof(named.name));
	wanted = diff_find_chain(&state->next_skeleton, &named);
	if (!wanted)
		return (lb_chain_parse(found->table, found->name, &lb) || port_chains_names(found->name) ||
			source_list_names_chain(found->name) ||
			source_list_parse_admit(found->table, found->name, &list, &target)) &&
		       found->fingerprint[0] == '\n';
	return snapshot_same_head(state->snapshot, found, wanted);
}

/* Forget what was read of tables that will be deleted: their steps start from nothing. */
static void diff_trim_snapshot(struct state *state)
{
	int family;
	size_t i;

	for (i = 0; i < state->snapshot->n_chains; i++)
		if (!diff_can_repair(state, &state->snapshot->chains[i]))
			state->snapshot->table[state->snapshot->chains[i].table] = SNAPSHOT_TABLE_FOREIGN;
	for (family = 0; family < _FAMILY_MAX; family++)
		if (state->snapshot->table[family] == SNAPSHOT_TABLE_FOREIGN ||
		    !state->next_skeleton.family_enabled[family])
			snapshot_forget_table(state->snapshot, family, state->snapshot->table[family]);
	free(state->snapshot->offsets);
	free(state->snapshot->element_seen);
	snapshot_seal(state->snapshot);
}

/* @lb: only lb chains; else all others. */
static void diff_leftover_chains(struct state *state, bool lb)
{
	struct snapshot *snapshot = state->snapshot;
	size_t i;

	for (i = 0; i < snapshot->n_chains; i++) {
		struct source_list list;
		struct chain *chain;
		const char *target;
		struct lb_chain parsed;

		if (snapshot->chains[i].seen ||
		    lb_chain_parse(snapshot->chains[i].table, snapshot->chains[i].name, &parsed) != lb)
			continue;
		chain = arena_alloc(state->arena, sizeof(*chain));
		chain->table = snapshot->chains[i].table;
		(void)snprintf(chain->name, sizeof(chain->name), "%s", snapshot->chains[i].name);
		chain->goes_first = source_list_parse_admit(chain->table, chain->name, &list, &target);
		change_add_chain(state->changes, CHANGE_OP_CHAIN_DEL, SERVICE_NAME_NONE, chain);
	}
}

/* Delete what the snapshot has and nothing has asked for. */
static void diff_leftovers(struct state *state)
{
	struct snapshot *snapshot = state->snapshot;
	struct element e;
	size_t i;

	for (i = 0; i < snapshot->n_elements; i++) {
		if (snapshot->element_seen[i])
			continue;
		snapshot_element(snapshot, i, &e);
		change_add_element(state->changes, CHANGE_OP_ELEMENT_DEL, SERVICE_NAME_NONE, &e);
	}
	/* First the chains that lead to others. By name, those of a source list come in this order, too. */
	diff_leftover_chains(state, false);
	diff_leftover_chains(state, true);
	for (i = 0; i < snapshot->n_client_maps; i++)
		if (!snapshot->client_maps[i].seen)
			diff_step_client_map(state, CHANGE_OP_CLIENT_MAP_DEL, SERVICE_NAME_NONE,
					     &snapshot->client_maps[i].map);
}

struct diff_owns {
	struct state *state;
	struct state_part *part;
};

/* For service_elements_of_plan(): whether the Service owns a front end that it asks for. Notes the conflict if not. */
static bool diff_owns(void *ctx, const struct frontend *frontend)
{
	const struct diff_owns *asks = ctx;
	const struct frontend_owners_claimant *owner;
	struct frontend_owners_key key;

	frontend_owners_key_of(frontend, &key);
	owner = frontend_owners_owner(asks->state->frontend_owners, &key);
	if (owner == &asks->part->claimant)
		return true;
	/* A front end that moves to another part of its Service changes hands when both parts are planned. */
	if (service_name_equal(owner->service, asks->part->claimant.service))
		return false;
	*ALLOC_APPEND(asks->state->conflicts, asks->state->n_conflicts) = (struct state_conflict){
		.winner = owner->service,
		.loser = asks->part->claimant.service,
		.frontend = frontend,
		.why = frontend_owners_why(frontend_owners_rank(asks->state->frontend_owners, &key),
					   frontend_owners_rank_of(frontend)),
	};
	return false;
}

static void diff_planned_part(struct state *state, struct state_part *part)
{
	struct diff_owns asks = { .state = state, .part = part };
	struct service_elements wanted;

	if (part->kept && diff_kept_stays(state, part))
		return;
	if (part->kept) {
		diff_kept_elements(state, part, &wanted);
	} else {
		service_elements_of_plan(part->plan, diff_owns, &asks, state->scratch, &wanted);
		diff_removed_add(state, part, &wanted);
	}
	diff_part(state, part, &wanted);
	arena_reset(state->scratch);
}

static void diff_parts(struct state *state)
{
	struct state_cursor all = { state->services, 0 };
	struct state_part *part;
	size_t i;
	int kept;

	diff_part(state, &state->node, &state->next_node);
	arena_reset(state->scratch);
	for (kept = 0; kept < 2; kept++)
		for (i = 0; i < state->n_planned; i++)
			if (state->planned[i]->kept == kept)
				diff_planned_part(state, state->planned[i]);
	if (!state->snapshot)
		return;
	while ((part = state_cursor_next(&all)))
		if (!part->diffed)
			diff_unplanned_part(state, part);
}

/* The first port that owns chains: that it will have, or that it had. */
static const struct port_chains *diff_first_port(const struct state_part *part)
{
	return part->pending_ports.n ? &part->pending_ports.list[0] : &part->ports.list[0];
}

/* Parts with ports that own chains; those of one Service by these. */
static int diff_part_cmp(const void *a, const void *b)
{
	const struct state_part *x = *(struct state_part *const *)a;
	const struct state_part *y = *(struct state_part *const *)b;
	int r = service_name_cmp(x->claimant.service, y->claimant.service);

	return r ? r : port_chains_cmp(diff_first_port(x), diff_first_port(y));
}

/* By name, so that a dump does not depend on the order of planning. */
static void diff_send_ports(struct state *state)
{
	struct state_cursor all = { state->services, 0 };
	struct state_part *part, **parts = NULL;
	size_t n = 0, i;

	for (i = 0; i < state->n_planned; i++)
		if (state->planned[i]->pending_ports.n || state->planned[i]->ports.n)
			*ALLOC_APPEND(parts, n) = state->planned[i];
	while (state->snapshot && (part = state_cursor_next(&all)))
		if (!part->diffed && part->ports.n)
			*ALLOC_APPEND(parts, n) = part;
	if (n)
		qsort(parts, n, sizeof(*parts), diff_part_cmp);
	for (i = 0; i < n; i++)
		diff_port_chains_send(state, parts[i]);
	free(parts);
}

void diff_all(struct state *state)
{
	size_t n_tables;

	memcpy(state->n_elements_after, state->n_elements, sizeof(state->n_elements));
	if (state->snapshot) {
		state->adopted |= state->snapshot->n_client_maps > 0;
		diff_trim_snapshot(state);
	}
	diff_tables(state);
	n_tables = state->changes->n;
	diff_parts(state);
	diff_count_settle(state);
	diff_send_ports(state);
	diff_count_settle_admits(state);
	diff_use_skeleton(state);
	diff_skeleton_chains(state, n_tables);
	if (state->snapshot)
		diff_leftovers(state);
}
