/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "render/diff_lb_chains.h"

#include <assert.h>
#include <stdlib.h>

#include "render/diff_step.h"
#include "render/state_internal.h"
#include "ruleset/snapshot.h"

static struct state_lb_chain *diff_lb_chains_find(const struct state *state, const struct lb_chain *lb)
{
	struct state_lb_chain *found;

	HASH_FIND(hh, state->lb_chains, lb, sizeof(*lb), found);
	return found;
}

static struct state_lb_chain *diff_lb_chains_add(struct state *state, const struct lb_chain *lb)
{
	struct state_lb_chain *chain = alloc_zeroed(1, sizeof(*chain));

	chain->key = *lb;
	HASH_ADD(hh, state->lb_chains, key, sizeof(chain->key), chain);
	return chain;
}

struct state_lb_chain *diff_lb_chains_get(struct state *state, const struct lb_chain *lb)
{
	struct state_lb_chain *chain = diff_lb_chains_find(state, lb);

	if (!chain)
		chain = diff_lb_chains_add(state, lb);
	if (!chain->touched) {
		chain->touched = true;
		chain->stays = chain->installed;
		*ALLOC_APPEND(state->changed_lb_chains, state->n_changed_lb_chains) = chain;
	}
	return chain;
}

static bool diff_lb_chains_is_needed(const struct state_lb_chain *chain)
{
	int32_t after = chain->count.count + chain->count.delta;

	assert(after >= 0);
	return after > 0;
}

static bool diff_lb_chains_is_used(const struct state_lb_chain *chain)
{
	return chain && chain->count.count + chain->count.delta > 0;
}

/* The chains for one endpoint less and one more. Return: how many. */
static size_t diff_lb_chains_neighbours(const struct lb_chain *lb, struct lb_chain neighbours[2])
{
	size_t n = 0;

	if (lb->n_slots > 1) {
		neighbours[n] = *lb;
		neighbours[n++].n_slots--;
	}
	neighbours[n] = *lb;
	neighbours[n++].n_slots++;
	return n;
}

/* Whether the chain is kept ready, if it is not in use itself. */
static bool diff_lb_chains_is_ready(const struct state *state, const struct lb_chain *lb)
{
	const size_t *n_elements = (state->open ? state->n_elements_after : state->n_elements)[lb->table];
	struct lb_chain neighbours[2];
	size_t i, n = diff_lb_chains_neighbours(lb, neighbours);

	if (n_elements[lb_chain_set(lb)] > DIFF_LB_CHAINS_ELEMENTS_MAX)
		return false;
	for (i = 0; i < n; i++)
		if (diff_lb_chains_is_used(diff_lb_chains_find(state, &neighbours[i])))
			return true;
	return false;
}

/* Whether a ready chain is made with the first chain that needs it: its rule is bound to a map that does not have many elements yet. */
static bool diff_lb_chains_at_once(const struct state *state, const struct lb_chain *lb)
{
	return state->new_table[lb->table] &&
	       state->n_elements[lb->table][lb_chain_set(lb)] <= DIFF_LB_CHAINS_AT_ONCE_MAX;
}

static int diff_lb_chains_cmp(const void *a, const void *b)
{
	const struct state_lb_chain *x = *(struct state_lb_chain *const *)a;
	const struct state_lb_chain *y = *(struct state_lb_chain *const *)b;

	return lb_chain_cmp(&x->key, &y->key);
}

/* All of the state; free the result. */
static struct state_lb_chain **diff_lb_chains_all(const struct state *state, size_t *ret_n)
{
	struct state_lb_chain **all = NULL, *chain;

	*ret_n = 0;
	for (chain = state->lb_chains; chain; chain = chain->hh.next)
		*ALLOC_APPEND(all, *ret_n) = chain;
	return all;
}

/* Give the chains that are kept ready, and all others, a place among those to be settled. */
static void diff_lb_chains_touch_all(struct state *state)
{
	struct lb_chain neighbours[2];
	size_t n, i, k, n_neighbours;
	struct state_lb_chain **all = diff_lb_chains_all(state, &n);

	for (i = 0; i < n; i++) {
		(void)diff_lb_chains_get(state, &all[i]->key);
		n_neighbours = diff_lb_chains_neighbours(&all[i]->key, neighbours);
		for (k = 0; k < n_neighbours && diff_lb_chains_is_used(all[i]); k++)
			(void)diff_lb_chains_get(state, &neighbours[k]);
	}
	free(all);
}

/*
 * A snapshot covers the chain, if it exists. What another process deleted is made again. A ready chain that was not made yet is
 * made later, and one that is not needed any more is deleted later.
 */
static void diff_lb_chains_compare(struct state *state, struct state_lb_chain *lb, const struct chain *chain,
				   bool needed, bool ready)
{
	bool exists = snapshot_find_chain(state->snapshot, chain->table, chain->name);

	lb->stays = needed || (exists && lb->installed) ||
		    (ready && (exists || lb->installed || diff_lb_chains_at_once(state, &lb->key)));
	if (lb->stays)
		diff_step_compare_chain(state, lb->count.owner, chain);
}

/* What is installed is known. Return: whether a ready chain was made. */
static bool diff_lb_chains_change(struct state *state, struct state_lb_chain *lb, const struct chain *chain,
				  bool needed, bool ready, bool may_make)
{
	bool is_new = state->new_table[lb->key.table];

	lb->stays = needed ||
		    (ready && (lb->installed || diff_lb_chains_at_once(state, &lb->key) || may_make)) ||
		    (lb->installed && !ready && !is_new && !state->makes_ready);
	if (lb->stays != lb->installed)
		change_add_chain(state->changes, lb->stays ? CHANGE_OP_CHAIN_ADD : CHANGE_OP_CHAIN_DEL,
				 lb->count.owner, chain);
	return lb->stays && !lb->installed && !needed;
}

void diff_lb_chains_settle(struct state *state)
{
	bool may_make = state->makes_ready;
	size_t i;

	if (state->snapshot || state->makes_ready || state->new_table[FAMILY_IPV4] ||
	    state->new_table[FAMILY_IPV6])
		diff_lb_chains_touch_all(state);
	/* In their order, so that a dump does not depend on the order of planning. */
	if (state->n_changed_lb_chains)
		qsort(state->changed_lb_chains, state->n_changed_lb_chains, sizeof(*state->changed_lb_chains),
		      diff_lb_chains_cmp);
	for (i = 0; i < state->n_changed_lb_chains; i++) {
		struct state_lb_chain *lb = state->changed_lb_chains[i];
		bool needed = diff_lb_chains_is_needed(lb);
		bool ready = !needed && diff_lb_chains_is_ready(state, &lb->key);
		struct chain *chain = arena_alloc(state->arena, sizeof(*chain));

		lb_chain_build(&lb->key, state->arena, chain);
		if (diff_step_knows_chain(state, lb->key.table, chain->name))
			diff_lb_chains_compare(state, lb, chain, needed, ready);
		else if (diff_lb_chains_change(state, lb, chain, needed, ready, may_make))
			may_make = false;
	}
}

void diff_lb_chains_end(struct state *state, bool commit)
{
	struct state_lb_chain *chain;
	size_t i;

	for (i = 0; i < state->n_changed_lb_chains; i++) {
		chain = state->changed_lb_chains[i];
		chain->count = (struct state_count){ .count = chain->count.count +
							      (commit ? chain->count.delta : 0) };
		if (commit)
			chain->installed = chain->stays;
		chain->touched = false;
		assert(!commit || chain->installed || !chain->count.count);
		if (chain->installed || chain->count.count)
			continue;
		HASH_DEL(state->lb_chains, chain);
		free(chain);
	}
	state->n_changed_lb_chains = 0;
}

void diff_lb_chains_done(struct state *state)
{
	struct state_lb_chain *chain;

	while ((chain = state->lb_chains)) {
		HASH_DEL(state->lb_chains, chain);
		free(chain);
	}
	free(state->changed_lb_chains);
}

bool diff_lb_chains_is_due(const struct state *state)
{
	const struct state_lb_chain *chain, *other;
	struct lb_chain neighbours[2];
	size_t i, n;

	for (chain = state->lb_chains; chain; chain = chain->hh.next) {
		if (!chain->count.count && !diff_lb_chains_is_ready(state, &chain->key))
			return true;
		n = diff_lb_chains_neighbours(&chain->key, neighbours);
		for (i = 0; i < n && diff_lb_chains_is_used(chain); i++) {
			other = diff_lb_chains_find(state, &neighbours[i]);
			if ((!other || !other->installed) && diff_lb_chains_is_ready(state, &neighbours[i]))
				return true;
		}
	}
	return false;
}

void diff_lb_chains_postpone(struct state *state, struct changes *changes)
{
	struct state_lb_chain *chain;
	struct lb_chain lb;
	size_t i, n = 0;

	for (i = 0; i < changes->n; i++) {
		const struct change *change = &changes->list[i];

		chain = NULL;
		if (change->op == CHANGE_OP_CHAIN_ADD &&
		    lb_chain_parse(change->table, change->chain->name, &lb))
			chain = diff_lb_chains_find(state, &lb);
		if (chain && !diff_lb_chains_is_needed(chain))
			chain->stays = false;
		else
			changes->list[n++] = *change;
	}
	changes->n = n;
}

/* Endpoints that the kernel walks over for a rule with their map. @frame: what tables had that are taken over, or NULL */
static size_t diff_lb_chains_walk(const struct state *state, struct snapshot *frame,
				  const struct lb_chain *lb)
{
	uint8_t set = lb_chain_set(lb);
	size_t n = state->n_elements[lb->table][set];
	size_t before = frame ? frame->n_in_set[lb->table][set] : SIZE_MAX;

	return before != SIZE_MAX && before > n ? before : n;
}

/* The earlier run did not leave the chain, and it is not one that is only kept ready, which diff_lb_chains_postpone() takes out. */
static bool diff_lb_chains_is_missing(const struct state *state, struct snapshot *frame,
				      const struct chain *chain, const struct lb_chain *lb)
{
	const struct state_lb_chain *found = diff_lb_chains_find(state, lb);

	return found && diff_lb_chains_is_needed(found) &&
	       !snapshot_find_chain(frame, chain->table, chain->name);
}

bool diff_lb_chains_first(const struct state *state, struct snapshot *frame, struct changes *changes,
			  struct lb_chain *ret)
{
	size_t i, first = SIZE_MAX, n_walked = 0;
	struct lb_chain lb;

	for (i = 0; i < changes->n; i++) {
		const struct change *change = &changes->list[i];

		if (change->op != CHANGE_OP_CHAIN_ADD ||
		    !lb_chain_parse(change->table, change->chain->name, &lb) ||
		    (frame && !diff_lb_chains_is_missing(state, frame, change->chain, &lb)))
			continue;
		n_walked += diff_lb_chains_walk(state, frame, &lb);
		if (first == SIZE_MAX) {
			first = i;
			*ret = lb;
		}
	}
	if (n_walked <= DIFF_LB_CHAINS_WALK_MAX)
		return false;
	changes->list[0] = changes->list[first];
	changes->n = 1;
	changes->n_elements_added = changes->n_elements_deleted = 0;
	return true;
}

void diff_lb_chains_made(struct state *state, const struct lb_chain *lb)
{
	struct state_lb_chain *chain = diff_lb_chains_find(state, lb);

	if (!chain)
		chain = diff_lb_chains_add(state, lb);
	chain->installed = true;
	state->ready_checked = false;
}
