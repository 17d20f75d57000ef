/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "render/diff_count.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "render/diff_lb_chains.h"
#include "render/diff_step.h"
#include "render/state_internal.h"

/*
 * Set @list and @n to the @objects to settle: all of them if the ruleset was read, otherwise those whose count changed.
 * @list and @object are variables, zero before; free @list.
 */
#define DIFF_COUNT_LIST(state, objects, object, list, n)                                    \
	do {                                                                                \
		size_t _i;                                                                  \
                                                                                            \
		for (_i = 0; !(state)->snapshot && _i < (state)->n_changed_##objects; _i++) \
			*ALLOC_APPEND(list, n) = (state)->changed_##objects[_i];            \
		for ((object) = (state)->snapshot ? (state)->objects : NULL; (object);      \
		     (object) = (object)->hh.next)                                          \
			*ALLOC_APPEND(list, n) = (object);                                  \
	} while (0)

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
	(void)diff_count_add(&diff_lb_chains_get(state, lb)->count, owner, by);
}

/* @ranges: NULL: those that are counted already. */
static void diff_count_source_list(struct state *state, struct service_name owner,
				   const struct source_list *list, const struct cidr *ranges, int32_t by)
{
	struct state_source_list *counted;

	HASH_FIND(hh, state->source_lists, list, sizeof(*list), counted);
	if (!counted) {
		counted = alloc_zeroed(1, sizeof(*counted));
		counted->key = *list;
		HASH_ADD(hh, state->source_lists, key, sizeof(counted->key), counted);
	}
	if (ranges && !counted->ranges) {
		counted->ranges = alloc_bytes(list->n_ranges * sizeof(*ranges));
		memcpy(counted->ranges, ranges, list->n_ranges * sizeof(*ranges));
	}
	if (diff_count_add(&counted->count, owner, by))
		*ALLOC_APPEND(state->changed_source_lists, state->n_changed_source_lists) = counted;
}

static void diff_count_admit(struct state *state, struct service_name owner, enum family table,
			     const char *name, int32_t by)
{
	struct state_admit_key key = { .table = (uint8_t)table };
	struct state_admit *admit;

	(void)snprintf(key.name, sizeof(key.name), "%s", name);
	HASH_FIND(hh, state->admits, &key, sizeof(key), admit);
	if (!admit) {
		admit = alloc_zeroed(1, sizeof(*admit));
		admit->key = key;
		HASH_ADD(hh, state->admits, key, sizeof(admit->key), admit);
	}
	if (diff_count_add(&admit->count, owner, by))
		*ALLOC_APPEND(state->changed_admits, state->n_changed_admits) = admit;
}

static const struct cidr *diff_count_ranges(const struct service_elements *wanted,
					    const struct source_list *list)
{
	size_t i;

	for (i = 0; wanted && i < wanted->n_source_lists; i++)
		if (source_list_cmp(&wanted->source_lists[i].list, list) == 0)
			return wanted->source_lists[i].ranges;
	return NULL;
}

void diff_count_verdict(struct state *state, struct service_name owner, const struct element *e, int32_t by,
			const struct service_elements *wanted)
{
	const char *chain = layout_sets()[e->set].kind == SET_KIND_VERDICT_MAP ? set_data_chain(e) : NULL;
	struct source_list list;
	struct lb_chain lb;
	const char *target;

	if (chain && source_list_parse_admit(e->table, chain, &list, &target)) {
		diff_count_admit(state, owner, e->table, chain, by);
		diff_count_source_list(state, owner, &list, diff_count_ranges(wanted, &list), by);
		chain = target;
	}
	if (chain && lb_chain_parse(e->table, chain, &lb))
		diff_count_lb_chain(state, owner, &lb, by);
}

static struct state_client_map *diff_count_find_client_map(const struct state *state,
							   const struct client_map *map)
{
	struct state_client_map *found;

	HASH_FIND(hh, state->client_maps, map, sizeof(*map), found);
	return found;
}

void diff_count_client_map(struct state *state, struct service_name owner, const struct client_map *map,
			   int32_t by)
{
	struct state_client_map *counted = diff_count_find_client_map(state, map);

	if (!counted) {
		counted = alloc_zeroed(1, sizeof(*counted));
		counted->key = *map;
		HASH_ADD(hh, state->client_maps, key, sizeof(counted->key), counted);
	}
	if (diff_count_add(&counted->count, owner, by))
		*ALLOC_APPEND(state->changed_client_maps, state->n_changed_client_maps) = counted;
}

bool diff_count_needs_client_map(const struct state *state, const struct client_map *map)
{
	const struct state_client_map *counted = diff_count_find_client_map(state, map);

	return counted && counted->count.count + counted->count.delta > 0;
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

static void diff_count_settle_client_map(struct state *state, const struct state_client_map *map)
{
	bool changes, needed = diff_count_after(&map->count, &changes);
	struct snapshot_client_map *found;

	if (state->snapshot && snapshot_knows_client_maps(state->snapshot, map->key.table)) {
		/* diff_all() deletes those that are not needed. */
		found = snapshot_find_client_map(state->snapshot, map->key.table, map->key.name);
		if (found)
			found->seen |= needed;
		else if (needed)
			diff_step_client_map(state, CHANGE_OP_CLIENT_MAP_ADD, map->count.owner, &map->key);
	} else if (changes) {
		diff_step_client_map(state, needed ? CHANGE_OP_CLIENT_MAP_ADD : CHANGE_OP_CLIENT_MAP_DEL,
				     map->count.owner, &map->key);
	}
}

static int diff_count_client_map_cmp(const void *a, const void *b)
{
	const struct state_client_map *x = *(struct state_client_map *const *)a;
	const struct state_client_map *y = *(struct state_client_map *const *)b;

	if (x->key.table != y->key.table)
		return x->key.table < y->key.table ? -1 : 1;
	return strcmp(x->key.name, y->key.name);
}

static void diff_count_settle_client_maps(struct state *state)
{
	struct state_client_map **maps = NULL, *map;
	size_t n = 0, i;

	DIFF_COUNT_LIST(state, client_maps, map, maps, n);
	if (n)
		qsort(maps, n, sizeof(*maps), diff_count_client_map_cmp);
	for (i = 0; i < n; i++)
		diff_count_settle_client_map(state, maps[i]);
	free(maps);
}

/* A chain of a source list, or an admitting chain. */
static void diff_count_settle_chain(struct state *state, const struct state_count *count,
				    const struct chain *chain)
{
	bool changes, needed = diff_count_after(count, &changes);

	if (diff_step_knows_chain(state, chain->table, chain->name)) {
		if (needed)
			diff_step_compare_chain(state, count->owner, chain);
	} else if (changes) {
		change_add_chain(state->changes, needed ? CHANGE_OP_CHAIN_ADD : CHANGE_OP_CHAIN_DEL,
				 count->owner, chain);
	}
}

static void diff_count_settle_source_list(struct state *state, const struct state_source_list *list)
{
	bool changes, needed = diff_count_after(&list->count, &changes);
	struct chain *chains;
	size_t i, n;

	if (!changes && !diff_step_knows_list(state, &list->key))
		return;
	n = source_list_build(&list->key, needed ? list->ranges : NULL, state->arena, &chains);
	for (i = 0; i < n; i++)
		diff_count_settle_chain(state, &list->count, &chains[needed ? i : n - 1 - i]);
}

static int diff_count_source_list_cmp(const void *a, const void *b)
{
	const struct state_source_list *x = *(struct state_source_list *const *)a;
	const struct state_source_list *y = *(struct state_source_list *const *)b;

	return source_list_cmp(&x->key, &y->key);
}

static void diff_count_settle_source_lists(struct state *state)
{
	struct state_source_list **lists = NULL, *list;
	size_t n = 0, i;

	DIFF_COUNT_LIST(state, source_lists, list, lists, n);
	if (n)
		qsort(lists, n, sizeof(*lists), diff_count_source_list_cmp);
	for (i = 0; i < n; i++)
		diff_count_settle_source_list(state, lists[i]);
	free(lists);
}

static int diff_count_admit_cmp(const void *a, const void *b)
{
	const struct state_admit *x = *(struct state_admit *const *)a;
	const struct state_admit *y = *(struct state_admit *const *)b;

	return memcmp(&x->key, &y->key, sizeof(x->key));
}

void diff_count_settle_admits(struct state *state)
{
	struct state_admit **admits = NULL, *admit;
	struct chain *chain;
	size_t n = 0, i;
	bool changes;

	DIFF_COUNT_LIST(state, admits, admit, admits, n);
	if (n)
		qsort(admits, n, sizeof(*admits), diff_count_admit_cmp);
	for (i = 0; i < n; i++) {
		(void)diff_count_after(&admits[i]->count, &changes);
		if (!changes && !diff_step_knows_chain(state, admits[i]->key.table, admits[i]->key.name))
			continue;
		chain = arena_alloc(state->arena, sizeof(*chain));
		source_list_build_admit(admits[i]->key.table, admits[i]->key.name, state->arena, chain);
		diff_count_settle_chain(state, &admits[i]->count, chain);
	}
	free(admits);
}

static void diff_count_settle_elements(struct state *state)
{
	struct state_shared_element **elements = NULL, *element;
	size_t n = 0, i;

	DIFF_COUNT_LIST(state, elements, element, elements, n);
	for (i = 0; i < n; i++)
		diff_count_settle_element(state, elements[i]);
	free(elements);
}

void diff_count_settle(struct state *state)
{
	diff_count_settle_source_lists(state);
	diff_count_settle_elements(state);
	diff_count_settle_client_maps(state);
	diff_lb_chains_settle(state);
}

/* Returns whether the object is not needed any more. */
static bool diff_count_end_of(struct state_count *count, bool commit)
{
	*count = (struct state_count){ .count = count->count + (commit ? count->delta : 0) };
	return !count->count;
}

/*
 * Take the changed @objects that are not needed any more out of the state, and free them. @object: a variable;
 * @owned: what it owns, or NULL.
 */
#define DIFF_COUNT_END(state, objects, object, owned, commit)             \
	do {                                                              \
		size_t _i;                                                \
                                                                          \
		for (_i = 0; _i < (state)->n_changed_##objects; _i++) {   \
			(object) = (state)->changed_##objects[_i];        \
			if (!diff_count_end_of(&(object)->count, commit)) \
				continue;                                 \
			HASH_DEL((state)->objects, object);               \
			free(owned);                                      \
			free(object);                                     \
		}                                                         \
		(state)->n_changed_##objects = 0;                         \
	} while (0)

void diff_count_end(struct state *state, bool commit)
{
	struct state_shared_element *element;
	struct state_source_list *list;
	struct state_client_map *map;
	struct state_admit *admit;

	DIFF_COUNT_END(state, elements, element, NULL, commit);
	diff_lb_chains_end(state, commit);
	DIFF_COUNT_END(state, client_maps, map, NULL, commit);
	DIFF_COUNT_END(state, source_lists, list, list->ranges, commit);
	DIFF_COUNT_END(state, admits, admit, NULL, commit);
}

/* Free all @objects; @object and @owned as above. */
#define DIFF_COUNT_DONE(state, objects, object, owned)      \
	do {                                                \
		while (((object) = (state)->objects)) {     \
			HASH_DEL((state)->objects, object); \
			free(owned);                        \
			free(object);                       \
		}                                           \
		free((state)->changed_##objects);           \
	} while (0)

void diff_count_done(struct state *state)
{
	struct state_shared_element *element;
	struct state_source_list *list;
	struct state_client_map *map;
	struct state_admit *admit;

	DIFF_COUNT_DONE(state, elements, element, NULL);
	diff_lb_chains_done(state);
	DIFF_COUNT_DONE(state, client_maps, map, NULL);
	DIFF_COUNT_DONE(state, source_lists, list, list->ranges);
	DIFF_COUNT_DONE(state, admits, admit, NULL);
}
