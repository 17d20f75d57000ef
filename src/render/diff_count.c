/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "render/diff_count.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "render/diff_step.h"
#include "render/state_internal.h"

/* Returns whether it is the first change in this transaction. */
static bool diff_count_add(struct state_count *count, struct service_name owner, int32_t by)
{
	bool first = !count->changed;

	/* The owner must not depend on the order of planning: the first by name. */
	if (first || service_name_cmp(owner, count->owner) < 0)
		count->owner = owner;
	count->changed = true;
	count->delta += by;
	return first;
}

void diff_count_element(struct state *state, struct service_name owner, const struct element *e, int32_t by)
{
	struct state_element_key key = { .table = e->table, .set = e->set, .key_size = e->key_size };
	struct state_shared_element *shared;

	memcpy(key.key, e->key, e->key_size);
	HASH_FIND(hh, state->elements, &key, sizeof(key), shared);
	if (!shared) {
		shared = alloc_zeroed(1, sizeof(*shared));
		shared->key = key;
		HASH_ADD(hh, state->elements, key, sizeof(shared->key), shared);
	}
	if (diff_count_add(&shared->count, owner, by))
		*ALLOC_APPEND(state->changed_elements, state->n_changed_elements) = shared;
}

void diff_count_lb_chain(struct state *state, struct service_name owner, const struct lb_chain *lb,
			 int32_t by)
{
	struct state_lb_chain *chain;

	HASH_FIND(hh, state->lb_chains, lb, sizeof(*lb), chain);
	if (!chain) {
		chain = alloc_zeroed(1, sizeof(*chain));
		chain->key = *lb;
		HASH_ADD(hh, state->lb_chains, key, sizeof(chain->key), chain);
	}
	if (diff_count_add(&chain->count, owner, by))
		*ALLOC_APPEND(state->changed_lb_chains, state->n_changed_lb_chains) = chain;
}

/* Whether the object is needed after this transaction, and whether that is new. */
static bool diff_count_after(const struct state_count *count, bool *ret_changes)
{
	int32_t after = count->count + count->delta;

	assert(after >= 0);
	*ret_changes = (count->count > 0) != (after > 0);
	return after > 0;
}

static void diff_count_settle_element(struct state *state, const struct state_shared_element *shared)
{
	struct service_name owner = shared->count.owner;
	struct element e;
	bool changes, needed = diff_count_after(&shared->count, &changes);

	set_element_init(&e, shared->key.table, shared->key.set);
	e.key_size = shared->key.key_size;
	memcpy(e.key, shared->key.key, e.key_size);
	if (!changes && !diff_step_knows_element(state, &e))
		return;
	if (changes && needed)
		state->n_elements_after[e.table][e.set]++;
	else if (changes)
		state->n_elements_after[e.table][e.set]--;
	if (needed)
		diff_step_add_element(state, owner, &e);
	else
		diff_step_del_element(state, owner, &e);
}

static void diff_count_settle_lb_chain(struct state *state, const struct state_lb_chain *lb)
{
	struct service_name owner = lb->count.owner;
	bool changes, needed = diff_count_after(&lb->count, &changes);
	struct chain *chain;

	if (!state->snapshot && !changes)
		return;
	chain = arena_alloc(state->arena, sizeof(*chain));
	lb_chain_build(&lb->key, state->arena, chain);
	if (!diff_step_knows_chain(state, lb->key.table, chain->name)) {
		if (changes)
			change_add_chain(state->changes, needed ? CHANGE_OP_CHAIN_ADD : CHANGE_OP_CHAIN_DEL,
					 owner, chain);
	} else if (needed) {
		diff_step_compare_chain(state, owner, chain);
	}
}

static int diff_count_lb_chain_cmp(const void *a, const void *b)
{
	const struct state_lb_chain *x = *(struct state_lb_chain *const *)a;
	const struct state_lb_chain *y = *(struct state_lb_chain *const *)b;

	return lb_chain_cmp(&x->key, &y->key);
}

/* In their order, so that a dump does not depend on the order of planning. */
static void diff_count_settle_lb_chains(struct state *state, struct state_lb_chain **chains, size_t n)
{
	size_t i;

	if (n)
		qsort(chains, n, sizeof(*chains), diff_count_lb_chain_cmp);
	for (i = 0; i < n; i++)
		diff_count_settle_lb_chain(state, chains[i]);
}

void diff_count_settle(struct state *state)
{
	struct state_shared_element *shared, *next_shared;
	struct state_lb_chain *lb, *next_lb, **all = NULL;
	size_t i, n = 0;

	if (!state->snapshot) {
		for (i = 0; i < state->n_changed_elements; i++)
			diff_count_settle_element(state, state->changed_elements[i]);
		diff_count_settle_lb_chains(state, state->changed_lb_chains, state->n_changed_lb_chains);
		return;
	}
	HASH_ITER(hh, state->elements, shared, next_shared)
		diff_count_settle_element(state, shared);
	HASH_ITER(hh, state->lb_chains, lb, next_lb)
		*ALLOC_APPEND(all, n) = lb;
	diff_count_settle_lb_chains(state, all, n);
	free(all);
}

/* Returns whether the object is not needed any more. */
static bool diff_count_end_of(struct state_count *count, bool commit)
{
	*count = (struct state_count){ .count = count->count + (commit ? count->delta : 0) };
	return !count->count;
}

void diff_count_end(struct state *state, bool commit)
{
	size_t i;

	for (i = 0; i < state->n_changed_elements; i++) {
		struct state_shared_element *shared = state->changed_elements[i];

		if (!diff_count_end_of(&shared->count, commit))
			continue;
		HASH_DEL(state->elements, shared);
		free(shared);
	}
	for (i = 0; i < state->n_changed_lb_chains; i++) {
		struct state_lb_chain *lb = state->changed_lb_chains[i];

		if (!diff_count_end_of(&lb->count, commit))
			continue;
		HASH_DEL(state->lb_chains, lb);
		free(lb);
	}
	state->n_changed_elements = 0;
	state->n_changed_lb_chains = 0;
}

void diff_count_done(struct state *state)
{
	struct state_shared_element *shared, *next_shared;
	struct state_lb_chain *lb, *next_lb;

	HASH_ITER(hh, state->elements, shared, next_shared) {
		HASH_DEL(state->elements, shared);
		free(shared);
	}
	HASH_ITER(hh, state->lb_chains, lb, next_lb) {
		HASH_DEL(state->lb_chains, lb);
		free(lb);
	}
	free(state->changed_elements);
	free(state->changed_lb_chains);
}
