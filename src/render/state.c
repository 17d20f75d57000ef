/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "render/state.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "render/state_internal.h"

void state_list_add(struct state_list *list, void *item)
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

	state->claims = frontend_owners_new();
	state->skeleton_arena = arena_new();
	state->next_arena = arena_new();
	state->arena = arena_new();
	state->scratch = arena_new();
	return state;
}

static void state_owner_free(struct state *state, struct state_owner *owner)
{
	HASH_DEL(state->owners, owner);
	service_name_free(owner->claim.service);
	free(owner->keys);
	buf_done(&owner->installed);
	buf_done(&owner->pending);
	free(owner->affinities.list);
	free(owner->pending_affinities.list);
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
	free(state->purges);
	arena_free(state->skeleton_arena);
	arena_free(state->next_arena);
	arena_free(state->arena);
	arena_free(state->scratch);
	frontend_owners_free(state->claims);
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

static struct state_owner *state_owner_get(struct state *state, const struct plan *plan)
{
	struct service_name service = service_name_copy(plan->service);
	/* The copy is one block: "namespace" NUL "name" NUL. */
	const char *key = service.namespace;
	size_t key_size = strlen(service.namespace) + strlen(service.name) + 2;
	struct state_owner *owner;

	HASH_FIND(hh, state->owners, key, key_size, owner);
	if (owner) {
		service_name_free(service);
		return owner;
	}
	owner = alloc_zeroed(1, sizeof(*owner));
	owner->claim.service = service;
	owner->claim.creation_time_s = plan->creation_time_s;
	HASH_ADD_KEYPTR(hh, state->owners, key, key_size, owner);
	return owner;
}

static void state_mark_affected(struct state *state, struct frontend_owners_owner *claim)
{
	struct state_owner *owner = (struct state_owner *)claim;

	if (owner->plan || owner->affected)
		return;
	owner->affected = true;
	state_list_add(&state->affected, owner);
}

static void state_claim(struct state *state, const struct state_key *key, struct state_owner *owner)
{
	struct frontend_owners_owner *before = frontend_owners_winner(state->claims, &key->key);

	frontend_owners_add(state->claims, &key->key, &owner->claim, key->answers);
	if (before && frontend_owners_winner(state->claims, &key->key) == &owner->claim)
		state_mark_affected(state, before);
}

static void state_unclaim(struct state *state, const struct state_key *key, struct state_owner *owner)
{
	struct frontend_owners_owner *after;
	bool won = frontend_owners_winner(state->claims, &key->key) == &owner->claim;

	frontend_owners_remove(state->claims, &key->key, &owner->claim);
	after = frontend_owners_winner(state->claims, &key->key);
	if (won && after)
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
		keys[i].answers = plan_answers(&plan->frontends[i]);
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

bool state_next_affected(struct state *state, struct service_name *ret)
{
	while (state->affected.n) {
		struct state_owner *owner = state->affected.items[--state->affected.n];

		if (!owner->affected)
			continue;
		owner->affected = false;
		if (owner->plan)
			continue;
		*ret = owner->claim.service;
		return true;
	}
	return false;
}

void state_use_snapshot(struct state *state, struct snapshot *snapshot)
{
	state->snapshot = snapshot;
}

static void state_add_conflict(struct state *state, const struct state_conflict *conflict)
{
	if (state->n_conflicts == state->conflicts_allocated) {
		state->conflicts_allocated = state->conflicts_allocated ? state->conflicts_allocated * 2 : 8;
		state->conflicts = alloc_resized(state->conflicts, state->conflicts_allocated,
						 sizeof(*state->conflicts));
	}
	state->conflicts[state->n_conflicts++] = *conflict;
}

bool state_wins(void *ctx, const struct frontend *frontend)
{
	const struct state_winning *w = ctx;
	struct frontend_owners_owner *winner;
	struct frontend_owners_key key;

	frontend_owners_key_of(frontend, &key);
	winner = frontend_owners_winner(w->state->claims, &key);
	if (winner == &w->owner->claim)
		return true;
	state_add_conflict(w->state, &(struct state_conflict){ .winner = winner->service,
							       .loser = w->owner->claim.service,
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

bool state_next_purge(struct state *state, struct state_purge *ret)
{
	if (state->next_purge >= state->n_purges)
		return false;
	*ret = state->purges[state->next_purge++];
	return true;
}

void state_changes(struct state *state, struct changes *changes)
{
	assert(state->open);
	state->n_elements_after = state->n_elements;
	state->changes = changes;
	changes->skeleton = &state->next_skeleton;
	diff_all(state);
	change_finish(changes);
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
		counted->owner = SERVICE_NAME_NONE;
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
		lb->owner = SERVICE_NAME_NONE;
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
	size_t i;

	if (commit && owner->staged) {
		free(owner->affinities.list);
		owner->affinities = owner->pending_affinities;
		owner->pending_affinities = (struct state_affinities){ .n = 0 };
		for (i = 0; i < owner->affinities.n; i++)
			memset(owner->affinities.list[i].pools, 0, sizeof(owner->affinities.list[i].pools));
		buf_done(&owner->installed);
		buf_trim(&owner->pending);
		owner->installed = owner->pending;
		owner->pending = (struct buf)BUF_INIT;
	}
	buf_done(&owner->pending);
	free(owner->pending_affinities.list);
	owner->pending_affinities = (struct state_affinities){ .n = 0 };
	memset(owner->lost, 0, sizeof(owner->lost));
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
	state->n_purges = state->next_purge = 0;
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
	state->counted_chains = false;
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
	const struct frontend_owners_owner *winner;
	struct frontend_owners_key key;

	frontend_owners_key_of(frontend, &key);
	winner = frontend_owners_winner(state->claims, &key);
	return winner ? winner->service : SERVICE_NAME_NONE;
}

bool state_owns(const struct state *state, struct service_name service, const struct frontend *frontend)
{
	return service_name_equal(state_owner(state, frontend), service);
}

static void state_count_affinities(struct state *state, const struct state_owner *owner)
{
	struct chain chain;
	size_t i;
	int which;

	for (i = 0; i < owner->affinities.n; i++) {
		for (which = 0; which < _AFFINITY_CHAIN_MAX; which++) {
			if (!affinity_has_chain(&owner->affinities.list[i], which))
				continue;
			affinity_chain(&owner->affinities.list[i], which, state->scratch, &chain);
			state->n_chains++;
			state->n_rules += chain.n_rules;
		}
		arena_reset(state->scratch);
	}
}

void state_count_chains(struct state *state, size_t *ret_chains, size_t *ret_rules)
{
	struct state_owner *owner, *next_owner;
	struct state_lb *lb, *next_lb;
	struct chain chain;
	size_t i;

	assert(!state->open);
	if (!state->counted_chains) {
		state->n_chains = state->skeleton.n_chains;
		state->n_rules = 0;
		for (i = 0; i < state->skeleton.n_chains; i++)
			state->n_rules += state->skeleton.chains[i].n_rules;
		HASH_ITER(hh, state->lbs, lb, next_lb) {
			lb_chain_build(&lb->key, state->scratch, &chain);
			state->n_chains++;
			state->n_rules += chain.n_rules;
			arena_reset(state->scratch);
		}
		HASH_ITER(hh, state->owners, owner, next_owner) {
			state_count_affinities(state, owner);
		}
		state->counted_chains = true;
	}
	*ret_chains = state->n_chains;
	*ret_rules = state->n_rules;
}

size_t state_n_elements(const struct state *state)
{
	return state->n_elements;
}
