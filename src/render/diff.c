/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: From plans to changes
 *
 * The unit of work is one Service. What it contributes is a sorted list of elements, a pure function of
 * its plan; the list that the kernel accepted is kept packed, and the two are walked side by side.
 *
 * Three things are not a Service's alone, and each has its own bookkeeping:
 *   - keys that several Services ask for: render/frontend_owners.h names one winner; a Service whose claim is won
 *     or lost by another's change is handed out as affected, and planned in the same transaction;
 *   - elements that several Services contribute (a ClusterIP's address, a hairpin) are counted;
 *   - lb-… chains are counted by the verdicts and affinity chains that lead to them.
 * Counts carry the transaction's part apart (@delta), so that a rollback forgets it.
 *
 * Against a snapshot, the same walk settles the counts, but what to send is decided by asking the
 * snapshot for each element that should stand; what nobody asked for is deleted. Of a snapshot that knows only a
 * part that goes for this part; the rest stands as it was installed.
 */
#include "config.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "render/state_internal.h"

static bool diff_knows(const struct state *state, const struct element *e)
{
	return state->snapshot && snapshot_knows_element(state->snapshot, e);
}

static void diff_send_add(struct state *state, struct service_name owner, const struct element *e)
{
	struct element stands;
	size_t position;

	if (diff_knows(state, e)) {
		position = snapshot_find_element(state->snapshot, e, &stands);
		if (position != SIZE_MAX) {
			state->snapshot->element_seen[position] = true;
			if (set_element_same_data(&stands, e))
				return;
			change_add_element(state->changes, CHANGE_OP_ELEMENT_DEL, owner, &stands);
		}
	}
	change_add_element(state->changes, CHANGE_OP_ELEMENT_ADD, owner, e);
}

/* Where a snapshot knows it, nobody asks for @e any more, and so it goes with the other leftovers. */
static void diff_send_del(struct state *state, struct service_name owner, const struct element *e)
{
	if (!diff_knows(state, e))
		change_add_element(state->changes, CHANGE_OP_ELEMENT_DEL, owner, e);
}

/* The owner named for a shared object must not depend on the order of planning: the first by name. */
static struct service_name diff_first_owner(struct service_name a, struct service_name b)
{
	return service_name_cmp(b, a) < 0 ? b : a;
}

static void diff_count(struct state *state, struct service_name owner, const struct element *e, int32_t by)
{
	struct state_counted_key key = { .table = e->table, .set = e->set, .key_size = e->key_size };
	struct state_counted *counted;

	memcpy(key.key, e->key, e->key_size);
	HASH_FIND(hh, state->counted, &key, sizeof(key), counted);
	if (!counted) {
		counted = alloc_zeroed(1, sizeof(*counted));
		counted->key = key;
		HASH_ADD(hh, state->counted, key, sizeof(counted->key), counted);
	}
	counted->owner = counted->touched ? diff_first_owner(counted->owner, owner) : owner;
	if (!counted->touched) {
		counted->touched = true;
		state_list_add(&state->touched_counted, counted);
	}
	counted->delta += by;
}

void diff_count_lb(struct state *state, struct service_name owner, const struct lb_chain *key, int32_t by)
{
	struct state_lb *lb;

	HASH_FIND(hh, state->lbs, key, sizeof(*key), lb);
	if (!lb) {
		lb = alloc_zeroed(1, sizeof(*lb));
		lb->key = *key;
		HASH_ADD(hh, state->lbs, key, sizeof(lb->key), lb);
	}
	lb->owner = lb->touched ? diff_first_owner(lb->owner, owner) : owner;
	if (!lb->touched) {
		lb->touched = true;
		state_list_add(&state->touched_lbs, lb);
	}
	lb->delta += by;
}

/* The lb-… chain that a verdict leads to. */
static void diff_count_verdict(struct state *state, struct service_name owner, const struct element *e,
			       int32_t by)
{
	const char *chain = layout_sets()[e->set].kind == SET_KIND_VERDICT_MAP ? set_data_chain(e) : NULL;
	struct lb_chain lb;

	if (chain && lb_chain_parse(e->table, chain, &lb))
		diff_count_lb(state, owner, &lb, by);
}

bool diff_knows_chain(const struct state *state, enum family table, const char *name)
{
	return state->snapshot && snapshot_knows_chain(state->snapshot, table, name);
}

static void diff_gone(struct state *state, struct state_owner *owner, const struct element *e)
{
	struct service_name service = owner->claim.service;
	int list;

	if (service_elements_is_shared(e->set)) {
		diff_count(state, service, e, -1);
		return;
	}
	for (list = 0; list < _PLAN_LIST_MAX; list++)
		if (e->set == affinity_set(list, false) || e->set == affinity_set(list, true))
			owner->lost[e->table][list] = true;
	diff_count_verdict(state, service, e, -1);
	state->n_elements_after--;
	diff_send_del(state, service, e);
}

static void diff_new_element(struct state *state, struct service_name owner, const struct element *e)
{
	if (service_elements_is_shared(e->set)) {
		diff_count(state, owner, e, 1);
		return;
	}
	diff_count_verdict(state, owner, e, 1);
	state->n_elements_after++;
	diff_send_add(state, owner, e);
}

static void diff_same(struct state *state, struct service_name owner, const struct element *e)
{
	if (diff_knows(state, e) && !service_elements_is_shared(e->set))
		diff_send_add(state, owner, e);
}

static void diff_send_chain(struct state *state, enum change_op op, struct service_name owner,
			    const struct chain *chain)
{
	change_add_chain(state->changes, op, owner, chain);
}

/* Walk what @owner had installed beside what it should have. */
static void diff_owner(struct state *state, struct state_owner *owner, const struct service_elements *wanted)
{
	struct service_name service = owner->claim.service;
	size_t offset = 0, next = 0, i = 0;
	bool have = false;
	struct element old;

	for (;;) {
		int cmp;

		if (!have && offset < owner->installed.size) {
			next = set_element_unpack(owner->installed.data, offset, &old);
			have = true;
		}
		if (!have && i >= wanted->n)
			break;
		cmp = !have ? 1 : i >= wanted->n ? -1 : set_element_cmp(&old, &wanted->elements[i]);
		if (cmp < 0) {
			diff_gone(state, owner, &old);
		} else if (cmp > 0) {
			diff_new_element(state, service, &wanted->elements[i]);
		} else if (set_element_same_data(&old, &wanted->elements[i])) {
			diff_same(state, service, &old);
		} else {
			diff_gone(state, owner, &old);
			diff_new_element(state, service, &wanted->elements[i]);
		}
		if (cmp <= 0) {
			offset = next;
			have = false;
		}
		if (cmp >= 0)
			set_element_pack(&owner->pending, &wanted->elements[i++]);
	}
	diff_affinity_plan(state, owner, wanted);
	owner->staged = true;
}

/* An owner that was not planned in this transaction stays as it is; make sure that it does stand. */
static void diff_restate_owner(struct state *state, struct state_owner *owner)
{
	struct element e;
	size_t offset;

	for (offset = 0; offset < owner->installed.size;) {
		offset = set_element_unpack(owner->installed.data, offset, &e);
		diff_same(state, owner->claim.service, &e);
	}
}

static void diff_settle_counted(struct state *state, struct state_counted *counted)
{
	int32_t after = counted->count + counted->delta;
	struct element e;

	assert(after >= 0);
	state->n_elements_after += (size_t)(after > 0) - (size_t)(counted->count > 0);
	set_element_init(&e, counted->key.table, counted->key.set);
	e.key_size = counted->key.key_size;
	memcpy(e.key, counted->key.key, e.key_size);
	if ((counted->count > 0) == (after > 0) && !diff_knows(state, &e))
		return;
	if (after > 0)
		diff_send_add(state, counted->owner, &e);
	else
		diff_send_del(state, counted->owner, &e);
}

/* A snapshot knows it: what to do so that @chain stands. */
void diff_restate_chain(struct state *state, struct service_name owner, const struct chain *chain)
{
	struct snapshot_chain *stands = snapshot_find_chain(state->snapshot, chain->table, chain->name);
	struct buf fingerprint = BUF_INIT;

	if (!stands) {
		diff_send_chain(state, CHANGE_OP_CHAIN_ADD, owner, chain);
		return;
	}
	stands->seen = true;
	state->snapshot->fingerprint(state->snapshot->ctx, chain, &fingerprint);
	if (strcmp(buf_text(&fingerprint), stands->fingerprint) != 0)
		diff_send_chain(state, CHANGE_OP_CHAIN_REFILL, owner, chain);
	buf_done(&fingerprint);
}

static void diff_settle_lb(struct state *state, struct state_lb *lb)
{
	int32_t after = lb->count + lb->delta;
	struct chain *chain;
	bool known;

	assert(after >= 0);
	if (!state->snapshot && (lb->count > 0) == (after > 0))
		return;
	chain = arena_alloc(state->arena, sizeof(*chain));
	lb_chain_build(&lb->key, state->arena, chain);
	known = diff_knows_chain(state, lb->key.table, chain->name);
	if (!known && (lb->count > 0) == (after > 0))
		return;
	if (!known)
		diff_send_chain(state, after > 0 ? CHANGE_OP_CHAIN_ADD : CHANGE_OP_CHAIN_DEL, lb->owner,
				chain);
	else if (after > 0)
		diff_restate_chain(state, lb->owner, chain);
}

static int diff_lb_cmp(const void *a, const void *b)
{
	const struct state_lb *x = *(struct state_lb *const *)a, *y = *(struct state_lb *const *)b;

	return lb_chain_cmp(&x->key, &y->key);
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
		enum snapshot_table stands = diff_table(state, family);
		bool keep = next->family_enabled[family] && stands == SNAPSHOT_TABLE_OURS;

		if (keep)
			continue;
		/* Families come and go with a restart only, and that starts with a snapshot. */
		assert(state->snapshot || stands == SNAPSHOT_TABLE_ABSENT);
		if (stands != SNAPSHOT_TABLE_ABSENT)
			change_add_table(state->changes, CHANGE_OP_TABLE_DEL, family);
		if (next->family_enabled[family])
			change_add_table(state->changes, CHANGE_OP_TABLE_ADD, family);
	}
}

static void diff_skeleton_chains(struct state *state)
{
	const struct skeleton *next = &state->next_skeleton;
	size_t i;

	for (i = 0; i < next->n_chains; i++) {
		const struct chain *chain = &next->chains[i], *stands;

		if (diff_knows_chain(state, chain->table, chain->name)) {
			diff_restate_chain(state, SERVICE_NAME_NONE, chain);
			continue;
		}
		stands = diff_find_chain(&state->skeleton, chain);
		if (!stands)
			diff_send_chain(state, CHANGE_OP_CHAIN_ADD, SERVICE_NAME_NONE, chain);
		else if (!rule_chain_equal(stands, chain))
			diff_send_chain(state, CHANGE_OP_CHAIN_REFILL, SERVICE_NAME_NONE, chain);
	}
}

/* Whether @stands can be made ours by refilling or deleting it. A base chain's place cannot be changed. */
static bool diff_can_mend(struct state *state, const struct snapshot_chain *stands)
{
	struct chain named = { .table = stands->table };
	struct buf fingerprint = BUF_INIT;
	const struct chain *wanted;
	struct lb_chain lb;
	size_t head;
	bool same;

	memcpy(named.name, stands->name, sizeof(named.name));
	wanted = diff_find_chain(&state->next_skeleton, &named);
	if (!wanted)
		return (lb_chain_parse(stands->table, stands->name, &lb) ||
			affinity_names_chain(stands->name)) &&
		       stands->fingerprint[0] == '\n';
	state->snapshot->fingerprint(state->snapshot->ctx, wanted, &fingerprint);
	head = strcspn(buf_text(&fingerprint), "\n");
	same = strncmp(buf_text(&fingerprint), stands->fingerprint, head + 1) == 0;
	buf_done(&fingerprint);
	return same;
}

/* A table that does not stay has nothing to compare with: its steps start from nothing. */
static void diff_trim_snapshot(struct state *state)
{
	int family;
	size_t i;

	for (i = 0; i < state->snapshot->n_chains; i++)
		if (!diff_can_mend(state, &state->snapshot->chains[i]))
			state->snapshot->table[state->snapshot->chains[i].table] = SNAPSHOT_TABLE_FOREIGN;
	for (family = 0; family < _FAMILY_MAX; family++)
		if (state->snapshot->table[family] == SNAPSHOT_TABLE_FOREIGN ||
		    !state->next_skeleton.family_enabled[family])
			snapshot_forget_table(state->snapshot, family, state->snapshot->table[family]);
	free(state->snapshot->offsets);
	free(state->snapshot->element_seen);
	snapshot_seal(state->snapshot);
}

static void diff_leftover_chains(struct state *state, bool affinity)
{
	struct snapshot *snapshot = state->snapshot;
	size_t i;

	for (i = 0; i < snapshot->n_chains; i++) {
		struct chain *chain;

		if (snapshot->chains[i].seen || affinity_names_chain(snapshot->chains[i].name) != affinity)
			continue;
		chain = arena_alloc(state->arena, sizeof(*chain));
		chain->table = snapshot->chains[i].table;
		(void)snprintf(chain->name, sizeof(chain->name), "%s", snapshot->chains[i].name);
		diff_send_chain(state, CHANGE_OP_CHAIN_DEL, SERVICE_NAME_NONE, chain);
	}
}

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
	/* Those that lead to others first. */
	diff_leftover_chains(state, true);
	diff_leftover_chains(state, false);
	for (i = 0; i < snapshot->n_client_maps; i++)
		if (!snapshot->client_maps[i].seen)
			diff_affinity_send_map(state, CHANGE_OP_CLIENT_MAP_DEL, SERVICE_NAME_NONE,
					       &snapshot->client_maps[i].map);
}

static void diff_owners(struct state *state)
{
	struct state_owner *owner, *next;
	struct service_elements wanted;
	size_t i;

	diff_owner(state, &state->node, &state->next_node);
	for (i = 0; i < state->planned.n; i++) {
		struct state_winning wins = { .state = state, .owner = state->planned.items[i] };

		service_elements_of_plan(wins.owner->plan, state_wins, &wins, state->scratch, &wanted);
		diff_owner(state, wins.owner, &wanted);
		arena_reset(state->scratch);
	}
	if (!state->snapshot)
		return;
	HASH_ITER(hh, state->owners, owner, next)
		if (!owner->staged)
			diff_restate_owner(state, owner);
}

static void diff_settle_all(struct state *state)
{
	struct state_counted *counted, *next_counted;
	struct state_list lbs = { .n = 0 };
	struct state_lb *lb, *next_lb;
	size_t i;

	if (state->snapshot) {
		HASH_ITER(hh, state->counted, counted, next_counted)
			diff_settle_counted(state, counted);
		HASH_ITER(hh, state->lbs, lb, next_lb)
			state_list_add(&lbs, lb);
	} else {
		for (i = 0; i < state->touched_counted.n; i++)
			diff_settle_counted(state, state->touched_counted.items[i]);
		for (i = 0; i < state->touched_lbs.n; i++)
			state_list_add(&lbs, state->touched_lbs.items[i]);
	}
	if (lbs.n)
		qsort(lbs.items, lbs.n, sizeof(*lbs.items), diff_lb_cmp);
	for (i = 0; i < lbs.n; i++)
		diff_settle_lb(state, lbs.items[i]);
	free(lbs.items);
}

static int diff_owner_cmp(const void *a, const void *b)
{
	const struct state_owner *x = *(struct state_owner *const *)a, *y = *(struct state_owner *const *)b;

	return service_name_cmp(x->claim.service, y->claim.service);
}

/* By name, so that a dump does not depend on the order of planning. */
static void diff_send_affinities(struct state *state)
{
	struct state_list owners = { .n = 0 };
	struct state_owner *owner, *next;
	size_t i;

	for (i = 0; i < state->planned.n; i++) {
		owner = state->planned.items[i];
		if (owner->pending_affinities.n)
			state_list_add(&owners, owner);
	}
	if (state->snapshot)
		HASH_ITER(hh, state->owners, owner, next)
			if (!owner->staged && owner->affinities.n)
				state_list_add(&owners, owner);
	if (owners.n)
		qsort(owners.items, owners.n, sizeof(*owners.items), diff_owner_cmp);
	for (i = 0; i < owners.n; i++)
		diff_affinity_send(state, owners.items[i]);
	free(owners.items);
}

void diff_all(struct state *state)
{
	if (state->snapshot)
		diff_trim_snapshot(state);
	diff_tables(state);
	diff_skeleton_chains(state);
	diff_owners(state);
	diff_settle_all(state);
	diff_send_affinities(state);
	if (state->snapshot)
		diff_leftovers(state);
}
