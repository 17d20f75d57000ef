/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "render/state.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/merge.h"
#include "plan/split.h"
#include "render/diff.h"
#include "render/diff_count.h"
#include "render/diff_kept.h"
#include "render/diff_lb_chains.h"
#include "render/state_internal.h"
#include "render/state_parts.h"
#include "render/state_split.h"
#include "render/state_walk.h"

struct state *state_new(void)
{
	struct state *state = alloc_zeroed(1, sizeof(*state));

	state->frontend_owners = frontend_owners_new();
	state->skeleton_arena = arena_new();
	state->next_arena = arena_new();
	state->arena = arena_new();
	state->scratch = arena_new();
	return state;
}

struct state *state_free(struct state *state)
{
	if (!state)
		return NULL;
	(void)state_parts_free_some(state, SIZE_MAX);
	diff_count_done(state);
	diff_kept_forget_formers(state);
	buf_done(&state->node.installed);
	buf_done(&state->node.pending);
	free(state->planned);
	free(state->affected);
	free(state->conflicts);
	free(state->expiries);
	free(state->not_kept);
	arena_free(state->skeleton_arena);
	arena_free(state->next_arena);
	arena_free(state->arena);
	arena_free(state->scratch);
	frontend_owners_free(state->frontend_owners);
	free(state);
	return NULL;
}

struct state *state_free_some(struct state *state)
{
	return state_parts_free_some(state, STATE_FREE_SERVICES) ? state : state_free(state);
}

/* ---- planning: which Service owns a front end ---- */

static void state_copy_skeleton(const struct skeleton *from, struct arena *arena, struct skeleton *ret)
{
	struct chain *chains = arena_array(arena, from->n_chains, sizeof(*chains));
	size_t i;

	for (i = 0; i < from->n_chains; i++) {
		size_t n = from->chains[i].n_rules;

		chains[i] = from->chains[i];
		chains[i].rules = arena_array(arena, n, sizeof(struct rule));
		if (n)
			memcpy(chains[i].rules, from->chains[i].rules, n * sizeof(struct rule));
	}
	*ret = *from;
	ret->chains = chains;
}

void state_begin(struct state *state, const struct skeleton *skeleton, const struct service_elements *node)
{
	struct element *elements;

	assert(!state->open);
	state->open = true;
	state_copy_skeleton(skeleton, state->next_arena, &state->next_skeleton);
	elements = arena_array(state->arena, node->n, sizeof(*elements));
	if (node->n)
		memcpy(elements, node->elements, node->n * sizeof(*elements));
	state->next_node = (struct service_elements){ .n = node->n, .elements = elements };
}

void state_begin_unchanged(struct state *state)
{
	struct service_elements node = { .n = 0 };

	node.elements = set_elements_unpack(&state->node.installed, state->scratch, &node.n);
	state_begin(state, &state->skeleton, &node);
	arena_reset(state->scratch);
}

void state_begin_ready(struct state *state)
{
	state_begin_unchanged(state);
	state->makes_ready = true;
}

bool state_ready_is_due(struct state *state)
{
	assert(!state->open);
	if (!state->ready_checked)
		state->ready_is_due = diff_lb_chains_is_due(state);
	state->ready_checked = true;
	return state->ready_is_due;
}

void state_postpone_ready(struct state *state, struct changes *changes)
{
	assert(state->open);
	diff_lb_chains_postpone(state, changes);
}

bool state_chain_first(const struct state *state, struct snapshot *frame, struct changes *changes,
		       struct lb_chain *ret)
{
	assert(state->open);
	return diff_lb_chains_first(state, frame, changes, ret);
}

void state_chain_made(struct state *state, const struct lb_chain *lb)
{
	assert(!state->open);
	diff_lb_chains_made(state, lb);
}

static void state_mark_affected(struct state *state, struct frontend_owners_claimant *claimant)
{
	struct state_part *part = (struct state_part *)claimant;

	if (part->plan || part->affected)
		return;
	part->affected = true;
	*ALLOC_APPEND(state->affected, state->n_affected) = part;
}

static void state_claim(struct state *state, const struct state_key *key, struct state_part *part)
{
	struct frontend_owners_claimant *before = frontend_owners_owner(state->frontend_owners, &key->key);

	frontend_owners_add(state->frontend_owners, &key->key, &part->claimant, key->rank);
	if (before && frontend_owners_owner(state->frontend_owners, &key->key) == &part->claimant)
		state_mark_affected(state, before);
}

static void state_unclaim(struct state *state, const struct state_key *key, struct state_part *part)
{
	bool owned = frontend_owners_owner(state->frontend_owners, &key->key) == &part->claimant;
	struct frontend_owners_claimant *after;

	frontend_owners_remove(state->frontend_owners, &key->key, &part->claimant);
	after = frontend_owners_owner(state->frontend_owners, &key->key);
	if (owned && after)
		state_mark_affected(state, after);
}

static int state_key_cmp(const void *a, const void *b)
{
	const struct state_key *key_a = a, *key_b = b;

	return memcmp(&key_a->key, &key_b->key, sizeof(key_a->key));
}

static size_t state_keys_of(const struct plan *plan, struct state_key **ret_keys)
{
	struct state_key *keys = NULL;
	size_t i, n = 0;

	if (plan->n_frontends)
		keys = alloc_bytes(plan->n_frontends * sizeof(*keys));
	for (i = 0; i < plan->n_frontends; i++) {
		frontend_owners_key_of(&plan->frontends[i], &keys[i].key);
		keys[i].rank = frontend_owners_rank_of(&plan->frontends[i]);
	}
	if (plan->n_frontends > 1)
		qsort(keys, plan->n_frontends, sizeof(*keys), state_key_cmp);
	for (i = 0; i < plan->n_frontends; i++) {
		if (!n || state_key_cmp(&keys[n - 1], &keys[i]) != 0)
			keys[n++] = keys[i];
		else
			frontend_owners_add_rank(&keys[n - 1].rank, &keys[i].rank);
	}
	*ret_keys = keys;
	return n;
}

/* Change the claims of @part to @keys, which are taken over. Return: the old keys. */
static struct state_key *state_replace_keys(struct state *state, struct state_part *part,
					    struct state_key *keys, size_t n_keys)
{
	struct state_key *before = part->keys;
	struct merge merge = { .rest_old = part->keys,
			       .n_old = part->n_keys,
			       .rest_now = keys,
			       .n_now = n_keys,
			       .size = sizeof(*keys),
			       .cmp = state_key_cmp };

	while (merge_next(&merge)) {
		const struct state_key *old = merge.old, *now = merge.now;

		if (old && now && old->rank.kind == now->rank.kind && old->rank.answers == now->rank.answers)
			continue;
		if (old)
			state_unclaim(state, old, part);
		if (now)
			state_claim(state, now, part);
	}
	part->keys = keys;
	part->n_keys = n_keys;
	return before;
}

/* Let @part ask for @keys, which are taken over, with this rank. Return: the old keys. */
static struct state_key *state_set_claims(struct state *state, struct state_part *part,
					  int64_t creation_time_s, struct state_key *keys, size_t n_keys)
{
	struct state_key *before;

	if (part->claimant.creation_time_s == creation_time_s)
		return state_replace_keys(state, part, keys, n_keys);
	/* creationTimestamp is part of the rank: give everything up before it changes. */
	before = state_replace_keys(state, part, NULL, 0);
	part->claimant.creation_time_s = creation_time_s;
	(void)state_replace_keys(state, part, keys, n_keys);
	return before;
}

/* The first time in a transaction, the claims as committed are remembered for a rollback. */
static void state_claim_all(struct state *state, struct state_part *part, const struct plan *plan,
			    bool answers)
{
	struct state_claims before = { part->claimant.creation_time_s, NULL, part->n_keys };
	struct state_key *keys;
	size_t n_keys = state_keys_of(plan, &keys), i;

	for (i = 0; answers && i < n_keys; i++)
		keys[i].rank.answers = true;
	before.keys = state_set_claims(state, part, plan->creation_time_s, keys, n_keys);
	if (part->before) {
		free(before.keys);
		return;
	}
	part->before = alloc_zeroed(1, sizeof(before));
	*part->before = before;
}

bool state_plan_part(struct state *state, const struct plan *plan)
{
	struct state_part *part = state_parts_get(state, plan);
	bool first = !part->plan;

	assert(state->open && plan->part && !part->kept);
	if (first)
		*ALLOC_APPEND(state->planned, state->n_planned) = part;
	part->plan = plan;
	part->affected = false;
	state_claim_all(state, part, plan, false);
	return first;
}

bool state_keep_part(struct state *state, const struct plan *plan, bool answers)
{
	struct state_part *part = state_parts_get(state, plan);

	assert(state->open && plan->part && (!part->plan || part->kept));
	if (part->kept)
		return false;
	part->kept = true;
	part->plan = plan;
	part->affected = false;
	*ALLOC_APPEND(state->planned, state->n_planned) = part;
	if (!state->committed || (state->first && !part->installed.size))
		state_claim_all(state, part, plan, answers);
	return true;
}

bool state_plan(struct state *state, const struct plan *plan)
{
	struct split_parts parts;
	bool first = false;
	size_t i;

	state_split_parts(state, plan, state->arena, &parts);
	for (i = 0; i < parts.n; i++)
		first |= state_plan_part(state, &parts.list[i]);
	return first;
}

bool state_keep(struct state *state, const struct plan *plan, bool answers)
{
	struct split_parts parts;
	bool first = false;
	size_t i;

	state_split_parts(state, plan, state->arena, &parts);
	for (i = 0; i < parts.n; i++)
		first |= state_keep_part(state, &parts.list[i], answers);
	return first;
}

bool state_next_affected(struct state *state, struct service_name *ret, uint64_t *ret_part)
{
	while (state->n_affected) {
		struct state_part *part = state->affected[--state->n_affected];

		if (!part->affected)
			continue;
		part->affected = false;
		if (part->plan)
			continue;
		*ret = part->claimant.service;
		*ret_part = part->claimant.part;
		return true;
	}
	return false;
}

void state_use_snapshot(struct state *state, struct snapshot *snapshot)
{
	state->snapshot = snapshot;
}

void state_use_kept(struct state *state, struct snapshot *found)
{
	state->kept_snapshot = found;
}

/* @part asks for the front end @f no more. The claims as committed are remembered already. */
static void state_give_up(struct state *state, struct state_part *part, const struct frontend *f)
{
	struct state_key wanted, *key;

	frontend_owners_key_of(f, &wanted.key);
	key = bsearch(&wanted, part->keys, part->n_keys, sizeof(*key), state_key_cmp);
	if (!key)
		return;
	state_unclaim(state, key, part);
	memmove(key, key + 1, (size_t)(part->keys + part->n_keys - key - 1) * sizeof(*key));
	part->n_keys--;
}

bool state_give_up_claims(struct state *state)
{
	bool any = false;
	size_t i, k, n, *foreign;

	for (i = 0; i < state->n_planned; i++) {
		struct state_part *part = state->planned[i];

		if (!part->kept || !part->before)
			continue;
		n = diff_kept_foreign(state, part, &foreign);
		for (k = 0; k < n; k++)
			state_give_up(state, part, &part->plan->frontends[foreign[k]]);
		if (n)
			*ALLOC_APPEND(state->not_kept, state->n_not_kept) = part->claimant.service;
		any |= n > 0;
		arena_reset(state->scratch);
	}
	return any;
}

void state_know_ports(struct state *state, state_is_port *is_port, void *ctx)
{
	state->is_port = is_port;
	state->is_port_ctx = ctx;
	if (!is_port)
		diff_kept_forget_formers(state);
}

bool state_next_not_kept(struct state *state, struct service_name *ret)
{
	if (state->next_not_kept == state->n_not_kept)
		return false;
	*ret = state->not_kept[state->next_not_kept++];
	return true;
}

void state_take_over(struct state *state, bool take_over)
{
	state->takes_over = take_over;
	state->adopted |= take_over;
}

void state_assume_used(struct state *state, const uint64_t sets[_FAMILY_MAX])
{
	memcpy(state->assumed_used, sets, sizeof(state->assumed_used));
}

bool state_stop_assuming(struct state *state)
{
	bool any = false;
	int family, set;

	for (family = 0; family < _FAMILY_MAX; family++) {
		for (set = 0; set < _LAYOUT_SET_MAX; set++)
			any |= state->assumed_used[family] >> set & 1 && !state->n_elements[family][set];
		state->assumed_used[family] = 0;
	}
	return any;
}

void state_first(struct state *state, bool first)
{
	state->first = first;
	if (!first)
		memset(state->new_table, 0, sizeof(state->new_table));
}

bool state_next_conflict(struct state *state, struct state_conflict *ret)
{
	if (state->next_conflict >= state->n_conflicts)
		return false;
	*ret = state->conflicts[state->next_conflict++];
	return true;
}

bool state_next_expiry(struct state *state, struct state_expiry *ret)
{
	if (state->next_expiry >= state->n_expiries)
		return false;
	*ret = state->expiries[state->next_expiry++];
	return true;
}

/* Whether @part has removed endpoints of the port whose cluster list is @cluster. */
static bool state_has_removed(const struct state_part *part, enum family table,
			      const struct set_list_key *cluster)
{
	struct set_list_key key;
	struct element e;
	size_t offset;

	for (offset = 0; part->ports.n && offset < part->installed.size;) {
		offset = set_element_unpack(part->installed.data, offset, &e);
		if (e.set != LAYOUT_SET_REMOVED_ENDPOINTS || e.table != table)
			continue;
		port_chains_cluster_list_of(&e, &key);
		if (memcmp(&key, cluster, sizeof(key)) == 0)
			return true;
	}
	return false;
}

bool state_forget_removed(struct state *state, struct service_name service, enum family table,
			  const struct set_list_key *list)
{
	const struct state_service *found = state_parts_service(state, service);
	struct set_list_key cluster = *list;
	bool any = false;
	size_t i;

	assert(!state->open);
	port_chains_to_cluster_list(&cluster);
	for (i = 0; found && i < found->n_parts; i++) {
		struct state_part *part = found->parts[i];

		if (!state_has_removed(part, table, &cluster))
			continue;
		*ALLOC_APPEND(part->forgotten, part->n_forgotten) =
			(struct state_forgotten){ (uint8_t)table, cluster };
		any = true;
	}
	return any;
}

void state_changes(struct state *state, struct changes *changes)
{
	assert(state->open);
	state->changes = changes;
	changes->skeleton = &state->next_skeleton;
	diff_all(state);
	change_finish(changes);
	state->changes = NULL;
}

/* ---- the end of a transaction ---- */

/* Forget the claims before the transaction, or return to them. */
static void state_end_claims(struct state *state, struct state_part *part, bool commit)
{
	struct state_claims *before = part->before;

	if (!before)
		return;
	part->before = NULL;
	if (commit)
		free(before->keys);
	else
		free(state_set_claims(state, part, before->creation_time_s, before->keys, before->n_keys));
	free(before);
}

static void state_end_part(struct state_part *part, bool commit)
{
	size_t i;

	if (commit && part->diffed) {
		free(part->ports.list);
		part->ports = part->pending_ports;
		part->pending_ports = (struct state_ports){ .n = 0 };
		for (i = 0; i < part->ports.n; i++)
			memset(part->ports.list[i].pools, 0, sizeof(part->ports.list[i].pools));
		buf_done(&part->installed);
		buf_trim(&part->pending);
		part->installed = part->pending;
		part->pending = (struct buf)BUF_INIT;
	}
	if (commit && part->diffed && !part->kept) {
		free(part->forgotten);
		part->forgotten = NULL;
		part->n_forgotten = 0;
	}
	buf_done(&part->pending);
	free(part->pending_ports.list);
	part->pending_ports = (struct state_ports){ .n = 0 };
	memset(part->lost_endpoint, 0, sizeof(part->lost_endpoint));
	part->diffed = false;
	part->plan = NULL;
	part->kept = false;
	part->affected = false;
}

static void state_end(struct state *state, bool commit)
{
	size_t i;

	assert(state->open);
	if (commit && (state->snapshot || state->n_changed_lb_chains))
		state->ready_checked = false;
	if (!state->first)
		memset(state->new_table, 0, sizeof(state->new_table));
	state->makes_ready = false;
	diff_count_end(state, commit);
	state_end_part(&state->node, commit);
	for (i = 0; i < state->n_planned; i++)
		state_end_claims(state, state->planned[i], commit);
	while (state->n_affected)
		state->affected[--state->n_affected]->affected = false;
	for (i = 0; i < state->n_planned; i++) {
		struct state_part *part = state->planned[i];

		state_end_part(part, commit);
		if (!part->installed.size && !part->n_keys)
			state_parts_free(state, part);
	}
	state->n_planned = 0;
	state->n_conflicts = state->next_conflict = 0;
	state->n_expiries = state->next_expiry = 0;
	state->snapshot = NULL;
	state->kept_snapshot = NULL;
	state->n_not_kept = state->next_not_kept = 0;
	arena_reset(state->arena);
	state->open = false;
}

/* What the snapshot has of whole tables is known now. */
static void state_forget_assumed(struct state *state)
{
	int family;

	for (family = 0; family < _FAMILY_MAX; family++)
		if (!state->snapshot->partial[family])
			state->assumed_used[family] = 0;
}

void state_commit(struct state *state)
{
	struct arena *arena = state->skeleton_arena;

	if (state->snapshot)
		state_forget_assumed(state);
	state->skeleton = state->next_skeleton;
	state->skeleton_arena = state->next_arena;
	state->next_arena = arena;
	arena_reset(arena);
	memcpy(state->n_elements, state->n_elements_after, sizeof(state->n_elements));
	state->committed = true;
	state_end(state, true);
}

void state_commit_claims(struct state *state)
{
	arena_reset(state->next_arena);
	state_end(state, true);
}

void state_rollback(struct state *state)
{
	arena_reset(state->next_arena);
	state_end(state, false);
}

const struct skeleton *state_skeleton(const struct state *state)
{
	return &state->next_skeleton;
}

struct service_name state_owner(const struct state *state, const struct frontend *frontend)
{
	const struct frontend_owners_claimant *owner;
	struct frontend_owners_key key;

	frontend_owners_key_of(frontend, &key);
	owner = frontend_owners_owner(state->frontend_owners, &key);
	return owner ? owner->service : SERVICE_NAME_NONE;
}

bool state_owns(const struct state *state, struct service_name service, const struct frontend *frontend)
{
	return service_name_equal(state_owner(state, frontend), service);
}

bool state_yields(const struct state *state, const struct frontend *frontend)
{
	struct frontend_owners_rank rank;
	struct frontend_owners_key key;

	frontend_owners_key_of(frontend, &key);
	if (!frontend_owners_owner(state->frontend_owners, &key))
		return false;
	rank = frontend_owners_rank(state->frontend_owners, &key);
	return !rank.answers &&
	       (rank.kind == FRONTEND_KIND_EXTERNAL_IP || rank.kind == FRONTEND_KIND_LOAD_BALANCER_IP);
}

const char *state_why_owned(const struct state *state, const struct frontend *frontend)
{
	struct frontend_owners_key key;

	frontend_owners_key_of(frontend, &key);
	return frontend_owners_why(frontend_owners_rank(state->frontend_owners, &key),
				   frontend_owners_rank_of(frontend));
}

size_t state_lost(const struct state *state, struct frontend_owners_lost *ret, size_t max)
{
	return frontend_owners_lost(state->frontend_owners, ret, max);
}

size_t state_n_lost(const struct state *state)
{
	return frontend_owners_n_lost(state->frontend_owners);
}

size_t state_n_elements(const struct state *state)
{
	size_t n = 0;
	int family, set;

	for (family = 0; family < _FAMILY_MAX; family++)
		for (set = 0; set < _LAYOUT_SET_MAX; set++)
			n += state->n_elements[family][set];
	return n;
}

const size_t *state_n_in_sets(const struct state *state, enum family family)
{
	return state->n_elements[family];
}
