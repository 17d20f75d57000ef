/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: From plans to changes
 *
 * The unit of work is one Service. What it contributes is a sorted list of elements, a pure function of
 * its plan; the list that the kernel accepted is kept packed, and the two are walked side by side.
 *
 * Three things are not a Service's alone, and each has its own bookkeeping:
 *   - keys that several Services ask for: render/claims.h names one winner; a Service whose claim is won
 *     or lost by another's change is handed out as affected, and planned in the same transaction;
 *   - elements that several Services contribute (a ClusterIP's address, a hairpin) are counted;
 *   - lb-… chains are counted by the verdicts that lead to them.
 * Counts carry the transaction's part apart (@delta), so that a rollback forgets it.
 *
 * Against a snapshot, the same walk settles the counts, but what to send is decided by asking the
 * snapshot for each element that should stand; what nobody asked for is deleted.
 */
#include "config.h"
#include "render/state.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "render/claims.h"
#include "render/layout.h"

#define uthash_fatal(msg) alloc_failed()
#include <uthash.h>

/* One front end that a Service asks for; @answers: it has endpoints there. */
struct state_key {
	struct claims_key key;
	bool answers;
};

/* A Service, or the node's own part (name ""). */
struct state_owner {
	struct claims_owner claim; /* first member; .name is the hash key and owned */
	struct state_key *keys;
	size_t n_keys;
	struct buf installed;
	/* of the open transaction: */
	const struct plan *plan;
	struct buf pending;
	bool staged;
	bool affected;
	UT_hash_handle hh;
};

struct state_counted_key {
	uint8_t table;
	uint8_t set;
	uint8_t key_size;
	uint8_t key[SET_KEY_SIZE_MAX];
};

/* An element that several Services may contribute. */
struct state_counted {
	struct state_counted_key key;
	bool touched;
	int32_t count;
	int32_t delta;
	const char *owner; /* of those who touched it in this transaction, the first by name */
	UT_hash_handle hh;
};

struct state_lb_key {
	uint8_t table;
	uint8_t lb;
	uint8_t protocol;
	uint8_t zero;
	uint32_t n;
};

/* An lb-… chain. */
struct state_lb {
	struct state_lb_key key;
	bool touched;
	int32_t count;
	int32_t delta;
	const char *owner;
	UT_hash_handle hh;
};

/* Pointers that grow. */
struct state_list {
	void **items;
	size_t n;
	size_t allocated;
};

struct state {
	struct claims *claims;
	struct state_owner *owners;
	struct state_owner node;
	struct state_counted *counted;
	struct state_lb *lbs;
	struct skeleton skeleton; /* installed */
	struct arena *skeleton_arena;
	size_t n_elements;

	bool open;
	struct skeleton next_skeleton;
	struct arena *next_arena;
	struct arena *arena;   /* of the transaction */
	struct arena *scratch; /* of one Service */
	struct contribution next_node;
	struct state_list planned;  /* state_owner */
	struct state_list affected; /* state_owner */
	struct state_list touched_counted;
	struct state_list touched_lbs;
	struct state_conflict *conflicts;
	size_t n_conflicts;
	size_t conflicts_allocated;
	size_t next_conflict;
	struct snapshot *snapshot;
	struct changes *changes;
	size_t n_elements_after;
};

static void state_list_add(struct state_list *list, void *item)
{
	if (list->n == list->allocated) {
		list->allocated = list->allocated ? list->allocated * 2 : 16;
		list->items = alloc_resized(list->items, list->allocated, sizeof(*list->items));
	}
	list->items[list->n++] = item;
}

struct state *state_new(void)
{
	struct state *state = alloc_zeroed(1, sizeof(*state));

	state->claims = claims_new();
	state->skeleton_arena = arena_new();
	state->next_arena = arena_new();
	state->arena = arena_new();
	state->scratch = arena_new();
	state->node.claim.name = "";
	return state;
}

static void state_owner_free(struct state *state, struct state_owner *owner)
{
	HASH_DEL(state->owners, owner);
	free((char *)owner->claim.name);
	free(owner->keys);
	buf_done(&owner->installed);
	buf_done(&owner->pending);
	free(owner);
}

struct state *state_free(struct state *state)
{
	struct state_counted *counted, *next_counted;
	struct state_owner *owner, *next_owner;
	struct state_lb *lb, *next_lb;

	if (!state)
		return NULL;
	HASH_ITER(hh, state->owners, owner, next_owner)
		state_owner_free(state, owner);
	HASH_ITER(hh, state->counted, counted, next_counted) {
		HASH_DEL(state->counted, counted);
		free(counted);
	}
	HASH_ITER(hh, state->lbs, lb, next_lb) {
		HASH_DEL(state->lbs, lb);
		free(lb);
	}
	buf_done(&state->node.installed);
	buf_done(&state->node.pending);
	free(state->planned.items);
	free(state->affected.items);
	free(state->touched_counted.items);
	free(state->touched_lbs.items);
	free(state->conflicts);
	arena_free(state->skeleton_arena);
	arena_free(state->next_arena);
	arena_free(state->arena);
	arena_free(state->scratch);
	claims_free(state->claims);
	free(state);
	return NULL;
}

/* ---- planning: claims ---- */

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

void state_begin(struct state *state, const struct skeleton *skeleton, const struct contribution *node)
{
	struct element *elements;

	assert(!state->open);
	state->open = true;
	state_copy_skeleton(skeleton, state->next_arena, &state->next_skeleton);
	elements = arena_array(state->arena, node->n, sizeof(*elements));
	if (node->n)
		memcpy(elements, node->elements, node->n * sizeof(*elements));
	state->next_node = (struct contribution){ .n = node->n, .elements = elements };
}

static struct state_owner *state_owner_get(struct state *state, const struct plan *plan)
{
	struct state_owner *owner;
	char name[512];

	(void)snprintf(name, sizeof(name), "%s/%s", plan->namespace, plan->name);
	HASH_FIND(hh, state->owners, name, strlen(name), owner);
	if (owner)
		return owner;
	owner = alloc_zeroed(1, sizeof(*owner));
	owner->claim.name = alloc_string(name);
	owner->claim.creation_time_s = plan->creation_time_s;
	HASH_ADD_KEYPTR(hh, state->owners, owner->claim.name, strlen(owner->claim.name), owner);
	return owner;
}

static void state_mark_affected(struct state *state, struct claims_owner *claim)
{
	struct state_owner *owner = (struct state_owner *)claim;

	if (owner->plan || owner->affected)
		return;
	owner->affected = true;
	state_list_add(&state->affected, owner);
}

static void state_claim(struct state *state, const struct state_key *key, struct state_owner *owner)
{
	struct claims_owner *before = claims_winner(state->claims, &key->key);

	claims_add(state->claims, &key->key, &owner->claim, key->answers);
	if (before && claims_winner(state->claims, &key->key) == &owner->claim)
		state_mark_affected(state, before);
}

static void state_unclaim(struct state *state, const struct state_key *key, struct state_owner *owner)
{
	struct claims_owner *after;
	bool won = claims_winner(state->claims, &key->key) == &owner->claim;

	claims_remove(state->claims, &key->key, &owner->claim);
	after = claims_winner(state->claims, &key->key);
	if (won && after)
		state_mark_affected(state, after);
}

static int state_key_cmp(const void *a, const void *b)
{
	const struct state_key *key_a = a, *key_b = b;

	return memcmp(&key_a->key, &key_b->key, sizeof(key_a->key));
}

static bool state_answers(const struct frontend *frontend)
{
	return frontend->target.verdict == PLAN_VERDICT_POOL ||
	       (frontend->has_local_target && frontend->local_target.verdict == PLAN_VERDICT_POOL);
}

static size_t state_keys_of(const struct plan *plan, struct state_key **ret_keys)
{
	struct state_key *keys = NULL;
	size_t i, n = 0;

	if (plan->n_frontends)
		keys = alloc_bytes(plan->n_frontends * sizeof(*keys));
	for (i = 0; i < plan->n_frontends; i++) {
		claims_key_of(&plan->frontends[i], &keys[i].key);
		keys[i].answers = state_answers(&plan->frontends[i]);
	}
	if (plan->n_frontends > 1)
		qsort(keys, plan->n_frontends, sizeof(*keys), state_key_cmp);
	for (i = 0; i < plan->n_frontends; i++) {
		if (!n || state_key_cmp(&keys[n - 1], &keys[i]) != 0)
			keys[n++] = keys[i];
		else
			keys[n - 1].answers |= keys[i].answers;
	}
	*ret_keys = keys;
	return n;
}

bool state_plan(struct state *state, const struct plan *plan)
{
	struct state_owner *owner = state_owner_get(state, plan);
	struct state_key *keys;
	size_t n_keys = state_keys_of(plan, &keys), a = 0, b = 0;
	bool first = !owner->plan;

	assert(state->open);
	if (first)
		state_list_add(&state->planned, owner);
	owner->plan = plan;
	owner->affected = false;
	/* Another age is another rank: give everything up first. */
	if (owner->claim.creation_time_s != plan->creation_time_s) {
		for (; a < owner->n_keys; a++)
			state_unclaim(state, &owner->keys[a], owner);
		owner->n_keys = a = 0;
		owner->claim.creation_time_s = plan->creation_time_s;
	}
	while (a < owner->n_keys || b < n_keys) {
		int cmp = a >= owner->n_keys ? 1
			  : b >= n_keys	     ? -1
					     : state_key_cmp(&owner->keys[a], &keys[b]);

		if (cmp < 0) {
			state_unclaim(state, &owner->keys[a++], owner);
		} else if (cmp > 0) {
			state_claim(state, &keys[b++], owner);
		} else {
			/* With or without endpoints is another rank. */
			if (owner->keys[a].answers != keys[b].answers) {
				state_unclaim(state, &owner->keys[a], owner);
				state_claim(state, &keys[b], owner);
			}
			a++;
			b++;
		}
	}
	free(owner->keys);
	owner->keys = keys;
	owner->n_keys = n_keys;
	return first;
}

const char *state_next_affected(struct state *state, const char **ret_namespace)
{
	while (state->affected.n) {
		struct state_owner *owner = state->affected.items[--state->affected.n];
		const char *slash;

		if (!owner->affected)
			continue;
		owner->affected = false;
		if (owner->plan)
			continue;
		slash = strchr(owner->claim.name, '/');
		*ret_namespace =
			arena_string_n(state->arena, owner->claim.name, (size_t)(slash - owner->claim.name));
		return slash + 1;
	}
	return NULL;
}

void state_use_snapshot(struct state *state, struct snapshot *snapshot)
{
	state->snapshot = snapshot;
}

struct state_wins {
	struct state *state;
	struct state_owner *owner;
};

static void state_add_conflict(struct state *state, const struct state_conflict *conflict)
{
	if (state->n_conflicts == state->conflicts_allocated) {
		state->conflicts_allocated = state->conflicts_allocated ? state->conflicts_allocated * 2 : 8;
		state->conflicts = alloc_resized(state->conflicts, state->conflicts_allocated,
						 sizeof(*state->conflicts));
	}
	state->conflicts[state->n_conflicts++] = *conflict;
}

static bool state_owner_wins(void *ctx, const struct frontend *frontend)
{
	const struct state_wins *w = ctx;
	struct claims_owner *winner;
	struct claims_key key;

	claims_key_of(frontend, &key);
	winner = claims_winner(w->state->claims, &key);
	if (winner == &w->owner->claim)
		return true;
	state_add_conflict(w->state, &(struct state_conflict){ .winner = winner->name,
							       .loser = w->owner->claim.name,
							       .frontend = frontend });
	return false;
}

bool state_next_conflict(struct state *state, struct state_conflict *ret)
{
	if (state->next_conflict >= state->n_conflicts)
		return false;
	*ret = state->conflicts[state->next_conflict++];
	return true;
}

/* ---- sending: elements, counted elements, chains ---- */

static void state_send_add(struct state *state, const char *owner, const struct element *e)
{
	struct element stands;
	size_t position;

	if (state->snapshot) {
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

/* Against a snapshot, nobody asks for @e any more, and so it goes with the other leftovers. */
static void state_send_del(struct state *state, const char *owner, const struct element *e)
{
	if (!state->snapshot)
		change_add_element(state->changes, CHANGE_OP_ELEMENT_DEL, owner, e);
}

/* Whose a shared thing is said to be must not depend on the order of planning: first by name. */
static const char *state_first_owner(const char *a, const char *b)
{
	return !a || strcmp(b, a) < 0 ? b : a;
}

static void state_count(struct state *state, const char *owner, const struct element *e, int32_t by)
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
	if (!counted->touched) {
		counted->touched = true;
		state_list_add(&state->touched_counted, counted);
	}
	counted->owner = state_first_owner(counted->owner, owner);
	counted->delta += by;
}

static void state_count_lb(struct state *state, const char *owner, const struct element *e, int32_t by)
{
	const char *chain = layout_sets()[e->set].kind == SET_KIND_VERDICT_MAP ? set_data_chain(e) : NULL;
	struct state_lb_key key = { .table = e->table };
	struct state_lb *lb;
	enum layout_lb which;

	if (!chain || !layout_lb_parse(chain, &which, &key.protocol, &key.n))
		return;
	key.lb = (uint8_t)which;
	HASH_FIND(hh, state->lbs, &key, sizeof(key), lb);
	if (!lb) {
		lb = alloc_zeroed(1, sizeof(*lb));
		lb->key = key;
		HASH_ADD(hh, state->lbs, key, sizeof(lb->key), lb);
	}
	if (!lb->touched) {
		lb->touched = true;
		state_list_add(&state->touched_lbs, lb);
	}
	lb->owner = state_first_owner(lb->owner, owner);
	lb->delta += by;
}

static void state_gone(struct state *state, const char *owner, const struct element *e)
{
	if (contribution_is_shared(e->set)) {
		state_count(state, owner, e, -1);
		return;
	}
	state_count_lb(state, owner, e, -1);
	state_send_del(state, owner, e);
}

static void state_new_element(struct state *state, const char *owner, const struct element *e)
{
	if (contribution_is_shared(e->set)) {
		state_count(state, owner, e, 1);
		return;
	}
	state_count_lb(state, owner, e, 1);
	state_send_add(state, owner, e);
}

static void state_same(struct state *state, const char *owner, const struct element *e)
{
	if (state->snapshot && !contribution_is_shared(e->set))
		state_send_add(state, owner, e);
}

/* Walk what @owner had installed beside what it should have. */
static void state_stage(struct state *state, struct state_owner *owner, const struct contribution *wanted)
{
	const char *name = owner->claim.name;
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
			state_gone(state, name, &old);
		} else if (cmp > 0) {
			state_new_element(state, name, &wanted->elements[i]);
		} else if (set_element_same_data(&old, &wanted->elements[i])) {
			state_same(state, name, &old);
		} else {
			state_gone(state, name, &old);
			state_new_element(state, name, &wanted->elements[i]);
		}
		if (cmp <= 0) {
			offset = next;
			have = false;
		}
		if (cmp >= 0)
			set_element_pack(&owner->pending, &wanted->elements[i++]);
	}
	owner->staged = true;
}

/* An owner that was not planned in this transaction stays as it is; make sure that it does stand. */
static void state_restate(struct state *state, struct state_owner *owner)
{
	struct element e;
	size_t offset;

	for (offset = 0; offset < owner->installed.size;) {
		offset = set_element_unpack(owner->installed.data, offset, &e);
		state_same(state, owner->claim.name, &e);
	}
}

static void state_settle_counted(struct state *state, struct state_counted *counted)
{
	int32_t after = counted->count + counted->delta;
	const char *owner = counted->owner ? counted->owner : "";
	struct element e;

	assert(after >= 0);
	if (!state->snapshot && (counted->count > 0) == (after > 0))
		return;
	set_element_init(&e, counted->key.table, counted->key.set);
	e.key_size = counted->key.key_size;
	memcpy(e.key, counted->key.key, e.key_size);
	if (after > 0)
		state_send_add(state, owner, &e);
	else
		state_send_del(state, owner, &e);
}

static void state_send_chain(struct state *state, enum change_op op, const char *owner,
			     const struct chain *chain)
{
	change_add_chain(state->changes, op, owner, chain);
}

/* Against a snapshot: what to do so that @chain stands. */
static void state_restate_chain(struct state *state, const char *owner, const struct chain *chain)
{
	struct snapshot_chain *stands = snapshot_find_chain(state->snapshot, chain->table, chain->name);
	struct buf fingerprint = BUF_INIT;

	if (!stands) {
		state_send_chain(state, CHANGE_OP_CHAIN_ADD, owner, chain);
		return;
	}
	stands->seen = true;
	state->snapshot->fingerprint(state->snapshot->ctx, chain, &fingerprint);
	if (strcmp(buf_text(&fingerprint), stands->fingerprint) != 0)
		state_send_chain(state, CHANGE_OP_CHAIN_REFILL, owner, chain);
	buf_done(&fingerprint);
}

static void state_settle_lb(struct state *state, struct state_lb *lb)
{
	int32_t after = lb->count + lb->delta;
	const char *owner = lb->owner ? lb->owner : "";
	struct chain *chain;

	assert(after >= 0);
	if (!state->snapshot && (lb->count > 0) == (after > 0))
		return;
	chain = arena_alloc(state->arena, sizeof(*chain));
	layout_lb_chain(lb->key.table, lb->key.lb, lb->key.protocol, lb->key.n, state->arena, chain);
	if (!state->snapshot)
		state_send_chain(state, after > 0 ? CHANGE_OP_CHAIN_ADD : CHANGE_OP_CHAIN_DEL, owner, chain);
	else if (after > 0)
		state_restate_chain(state, owner, chain);
}

static int state_lb_cmp(const void *a, const void *b)
{
	const struct state_lb *x = *(struct state_lb *const *)a, *y = *(struct state_lb *const *)b;

	if (x->key.table != y->key.table)
		return x->key.table < y->key.table ? -1 : 1;
	if (x->key.lb != y->key.lb)
		return x->key.lb < y->key.lb ? -1 : 1;
	if (x->key.protocol != y->key.protocol)
		return x->key.protocol < y->key.protocol ? -1 : 1;
	return x->key.n < y->key.n ? -1 : x->key.n > y->key.n;
}

static const struct chain *state_find_chain(const struct skeleton *skeleton, const struct chain *like)
{
	size_t i;

	for (i = 0; i < skeleton->n_chains; i++)
		if (skeleton->chains[i].table == like->table &&
		    strcmp(skeleton->chains[i].name, like->name) == 0)
			return &skeleton->chains[i];
	return NULL;
}

static enum snapshot_table state_table(const struct state *state, enum family family)
{
	if (state->snapshot)
		return state->snapshot->table[family];
	return state->skeleton.family_enabled[family] ? SNAPSHOT_TABLE_OURS : SNAPSHOT_TABLE_ABSENT;
}

static void state_tables(struct state *state)
{
	const struct skeleton *next = &state->next_skeleton;
	int family;

	for (family = 0; family < _FAMILY_MAX; family++) {
		enum snapshot_table stands = state_table(state, family);
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

static void state_skeleton_chains(struct state *state)
{
	const struct skeleton *next = &state->next_skeleton;
	size_t i;

	for (i = 0; i < next->n_chains; i++) {
		const struct chain *chain = &next->chains[i], *stands;

		if (state->snapshot) {
			state_restate_chain(state, "", chain);
			continue;
		}
		stands = state_find_chain(&state->skeleton, chain);
		if (!stands)
			state_send_chain(state, CHANGE_OP_CHAIN_ADD, "", chain);
		else if (!rule_chain_equal(stands, chain))
			state_send_chain(state, CHANGE_OP_CHAIN_REFILL, "", chain);
	}
}

/* Whether @stands can be made ours by refilling or deleting it. A base chain's place cannot be changed. */
static bool state_can_mend(struct state *state, const struct snapshot_chain *stands)
{
	struct chain named = { .table = stands->table };
	struct buf fingerprint = BUF_INIT;
	const struct chain *wanted;
	enum layout_lb lb;
	uint8_t protocol;
	uint32_t n;
	size_t head;
	bool same;

	memcpy(named.name, stands->name, sizeof(named.name));
	wanted = state_find_chain(&state->next_skeleton, &named);
	if (!wanted)
		return layout_lb_parse(stands->name, &lb, &protocol, &n) && stands->fingerprint[0] == '\n';
	state->snapshot->fingerprint(state->snapshot->ctx, wanted, &fingerprint);
	head = strcspn(buf_text(&fingerprint), "\n");
	same = strncmp(buf_text(&fingerprint), stands->fingerprint, head + 1) == 0;
	buf_done(&fingerprint);
	return same;
}

/* A table that does not stay has nothing to compare with: its steps start from nothing. */
static void state_trim_snapshot(struct state *state)
{
	int family;
	size_t i;

	for (i = 0; i < state->snapshot->n_chains; i++)
		if (!state_can_mend(state, &state->snapshot->chains[i]))
			state->snapshot->table[state->snapshot->chains[i].table] = SNAPSHOT_TABLE_FOREIGN;
	for (family = 0; family < _FAMILY_MAX; family++)
		if (state->snapshot->table[family] == SNAPSHOT_TABLE_FOREIGN ||
		    !state->next_skeleton.family_enabled[family])
			snapshot_forget_table(state->snapshot, family, state->snapshot->table[family]);
	free(state->snapshot->offsets);
	free(state->snapshot->element_seen);
	snapshot_seal(state->snapshot);
}

static void state_leftovers(struct state *state)
{
	struct snapshot *snapshot = state->snapshot;
	struct element e;
	size_t i;

	for (i = 0; i < snapshot->n_elements; i++) {
		if (snapshot->element_seen[i])
			continue;
		snapshot_element(snapshot, i, &e);
		change_add_element(state->changes, CHANGE_OP_ELEMENT_DEL, "", &e);
	}
	for (i = 0; i < snapshot->n_chains; i++) {
		struct chain *chain;

		if (snapshot->chains[i].seen)
			continue;
		chain = arena_alloc(state->arena, sizeof(*chain));
		chain->table = snapshot->chains[i].table;
		(void)snprintf(chain->name, sizeof(chain->name), "%s", snapshot->chains[i].name);
		state_send_chain(state, CHANGE_OP_CHAIN_DEL, "", chain);
	}
}

static void state_stage_all(struct state *state)
{
	struct state_owner *owner, *next;
	struct contribution wanted;
	size_t i;

	state_stage(state, &state->node, &state->next_node);
	for (i = 0; i < state->planned.n; i++) {
		struct state_wins wins = { .state = state, .owner = state->planned.items[i] };

		contribution_of_plan(wins.owner->plan, state_owner_wins, &wins, state->scratch, &wanted);
		state_stage(state, wins.owner, &wanted);
		arena_reset(state->scratch);
	}
	if (!state->snapshot)
		return;
	HASH_ITER(hh, state->owners, owner, next)
		if (!owner->staged)
			state_restate(state, owner);
}

static void state_settle_all(struct state *state)
{
	struct state_counted *counted, *next_counted;
	struct state_list lbs = { .n = 0 };
	struct state_lb *lb, *next_lb;
	size_t i;

	if (state->snapshot) {
		HASH_ITER(hh, state->counted, counted, next_counted)
			state_settle_counted(state, counted);
		HASH_ITER(hh, state->lbs, lb, next_lb)
			state_list_add(&lbs, lb);
	} else {
		for (i = 0; i < state->touched_counted.n; i++)
			state_settle_counted(state, state->touched_counted.items[i]);
		for (i = 0; i < state->touched_lbs.n; i++)
			state_list_add(&lbs, state->touched_lbs.items[i]);
	}
	if (lbs.n)
		qsort(lbs.items, lbs.n, sizeof(*lbs.items), state_lb_cmp);
	for (i = 0; i < lbs.n; i++)
		state_settle_lb(state, lbs.items[i]);
	free(lbs.items);
}

void state_changes(struct state *state, struct changes *changes)
{
	size_t before;

	assert(state->open);
	state->changes = changes;
	changes->skeleton = &state->next_skeleton;
	if (state->snapshot)
		state_trim_snapshot(state);
	before = state->snapshot ? state->snapshot->n_elements : state->n_elements;
	state_tables(state);
	state_skeleton_chains(state);
	state_stage_all(state);
	state_settle_all(state);
	if (state->snapshot)
		state_leftovers(state);
	change_finish(changes);
	state->n_elements_after = before + changes->n_elements_added - changes->n_elements_deleted;
	state->changes = NULL;
}

/* ---- the end of a transaction ---- */

static void state_end_counts(struct state *state, bool commit)
{
	size_t i;

	for (i = 0; i < state->touched_counted.n; i++) {
		struct state_counted *counted = state->touched_counted.items[i];

		if (commit)
			counted->count += counted->delta;
		counted->delta = 0;
		counted->touched = false;
		counted->owner = NULL;
		if (counted->count)
			continue;
		HASH_DEL(state->counted, counted);
		free(counted);
	}
	for (i = 0; i < state->touched_lbs.n; i++) {
		struct state_lb *lb = state->touched_lbs.items[i];

		if (commit)
			lb->count += lb->delta;
		lb->delta = 0;
		lb->touched = false;
		lb->owner = NULL;
		if (lb->count)
			continue;
		HASH_DEL(state->lbs, lb);
		free(lb);
	}
	state->touched_counted.n = 0;
	state->touched_lbs.n = 0;
}

static void state_end_owner(struct state_owner *owner, bool commit)
{
	if (commit && owner->staged) {
		buf_done(&owner->installed);
		buf_trim(&owner->pending);
		owner->installed = owner->pending;
		owner->pending = (struct buf)BUF_INIT;
	}
	buf_done(&owner->pending);
	owner->staged = false;
	owner->plan = NULL;
	owner->affected = false;
}

static void state_end(struct state *state, bool commit)
{
	size_t i;

	assert(state->open);
	state_end_counts(state, commit);
	state_end_owner(&state->node, commit);
	while (state->affected.n)
		((struct state_owner *)state->affected.items[--state->affected.n])->affected = false;
	for (i = 0; i < state->planned.n; i++) {
		struct state_owner *owner = state->planned.items[i];

		state_end_owner(owner, commit);
		if (!owner->installed.size && !owner->n_keys)
			state_owner_free(state, owner);
	}
	state->planned.n = 0;
	state->n_conflicts = state->next_conflict = 0;
	state->snapshot = NULL;
	arena_reset(state->arena);
	state->open = false;
}

void state_commit(struct state *state)
{
	struct arena *arena = state->skeleton_arena;

	state->skeleton = state->next_skeleton;
	state->skeleton_arena = state->next_arena;
	state->next_arena = arena;
	arena_reset(arena);
	state->n_elements = state->n_elements_after;
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

bool state_owns(const struct state *state, const char *service, const struct frontend *frontend)
{
	const struct claims_owner *winner;
	struct claims_key key;

	claims_key_of(frontend, &key);
	winner = claims_winner(state->claims, &key);
	return winner && strcmp(winner->name, service) == 0;
}

size_t state_n_elements(const struct state *state)
{
	return state->n_elements;
}
