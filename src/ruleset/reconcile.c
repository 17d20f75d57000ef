/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "ruleset/reconcile.h"

#include <string.h>

#include "base/arena.h"

/* The elements of all steps @op, and @more. */
static struct element *reconcile_elements(const struct changes *changes, enum change_op op,
					  const struct element *more, size_t n_more, struct arena *arena,
					  size_t *ret_n)
{
	struct element *elements;
	size_t i, n = n_more;

	for (i = 0; i < changes->n; i++)
		n += changes->list[i].op == op;
	elements = arena_array(arena, n, sizeof(*elements));
	for (i = n = 0; i < changes->n; i++)
		if (changes->list[i].op == op)
			change_element(changes, &changes->list[i], &elements[n++]);
	if (n_more)
		memcpy(&elements[n], more, n_more * sizeof(*elements));
	*ret_n = set_elements_sort_unique(elements, n + n_more);
	return elements;
}

struct element *reconcile_keys(const struct changes *changes, const struct element *unwanted,
			       size_t n_unwanted, struct arena *arena, size_t *ret_n)
{
	size_t n_added, n_deleted, i, at = 0, n = 0;
	struct element *added =
		reconcile_elements(changes, CHANGE_OP_ELEMENT_ADD, unwanted, n_unwanted, arena, &n_added);
	struct element *deleted =
		reconcile_elements(changes, CHANGE_OP_ELEMENT_DEL, NULL, 0, arena, &n_deleted);

	for (i = 0; i < n_added; i++) {
		while (at < n_deleted && set_element_cmp(&deleted[at], &added[i]) < 0)
			at++;
		if (at == n_deleted || set_element_cmp(&deleted[at], &added[i]) != 0)
			added[n++] = added[i];
	}
	*ret_n = n;
	return added;
}

static bool reconcile_table(const struct change *change, struct snapshot *frame)
{
	bool is_new = frame->table[change->table] == SNAPSHOT_TABLE_ABSENT;

	frame->table[change->table] = SNAPSHOT_TABLE_OURS;
	return is_new;
}

/* Whether the step is left as it is; it may become another one. */
static bool reconcile_chain(struct change *change, struct snapshot *frame)
{
	struct snapshot_chain *found = snapshot_find_chain(frame, change->table, change->chain->name);

	if (!found || found->seen)
		return true;
	found->seen = true;
	if (snapshot_same_chain(frame, found, change->chain))
		return false;
	change->op = CHANGE_OP_CHAIN_REFILL;
	snapshot_replace_chain(frame, found, change->chain);
	return true;
}

/* An earlier step has installed the chain. It may be deleted and added again, when the kernel has it as it is now. */
static void reconcile_refill(const struct change *change, struct snapshot *frame)
{
	struct snapshot_chain *found = snapshot_find_chain(frame, change->table, change->chain->name);

	if (found)
		snapshot_replace_chain(frame, found, change->chain);
}

static bool reconcile_client_map(const struct change *change, struct snapshot *frame)
{
	struct snapshot_client_map *found =
		snapshot_find_client_map(frame, change->table, change->client_map->name);

	if (!found || found->seen)
		return true;
	found->seen = true;
	return false;
}

/* The chain or client map is not needed, for now. Whether the step is left. */
static bool reconcile_deletion(const struct change *change, struct snapshot *frame)
{
	struct snapshot_client_map *map;
	struct snapshot_chain *chain;

	if (change->op == CHANGE_OP_CHAIN_DEL) {
		chain = snapshot_find_chain(frame, change->table, change->chain->name);
		if (chain)
			chain->seen = false;
		return !chain;
	}
	map = snapshot_find_client_map(frame, change->table, change->client_map->name);
	if (map)
		map->seen = false;
	return !map;
}

/* Add the step to @result, unless the element is installed. */
static void reconcile_element(const struct changes *changes, const struct change *change,
			      struct snapshot *found, struct changes *result)
{
	struct element e, installed;
	size_t position;

	change_element(changes, change, &e);
	position = snapshot_find_element(found, &e, &installed);
	if (position != SIZE_MAX) {
		found->element_seen[position] = true;
		if (set_element_same_data(&e, &installed))
			return;
		change_add_element(result, CHANGE_OP_ELEMENT_DEL, change->owner, &installed);
	}
	change_add_element(result, CHANGE_OP_ELEMENT_ADD, change->owner, &e);
}

void reconcile_changes(struct changes *changes, struct snapshot *frame, struct snapshot *found)
{
	struct changes result;
	struct element e;
	size_t i;

	change_init(&result, changes->skeleton);
	for (i = 0; i < changes->n; i++) {
		struct change *change = &changes->list[i];

		switch ((enum change_op)change->op) {
		case CHANGE_OP_TABLE_ADD:
			if (reconcile_table(change, frame))
				change_add_table(&result, change->op, change->table);
			break;
		case CHANGE_OP_CHAIN_ADD:
			if (reconcile_chain(change, frame))
				change_add_chain(&result, change->op, change->owner, change->chain);
			break;
		case CHANGE_OP_CLIENT_MAP_ADD:
			if (reconcile_client_map(change, frame))
				change_add_client_map(&result, change->op, change->owner, change->client_map);
			break;
		case CHANGE_OP_ELEMENT_ADD:
			reconcile_element(changes, change, found, &result);
			break;
		case CHANGE_OP_ELEMENT_DEL:
			change_element(changes, change, &e);
			change_add_element(&result, change->op, change->owner, &e);
			break;
		case CHANGE_OP_TABLE_DEL:
			change_add_table(&result, change->op, change->table);
			break;
		case CHANGE_OP_CHAIN_REFILL:
			reconcile_refill(change, frame);
			change_add_chain(&result, change->op, change->owner, change->chain);
			break;
		case CHANGE_OP_CHAIN_DEL:
			if (reconcile_deletion(change, frame))
				change_add_chain(&result, change->op, change->owner, change->chain);
			break;
		case CHANGE_OP_CLIENT_MAP_DEL:
			if (reconcile_deletion(change, frame))
				change_add_client_map(&result, change->op, change->owner, change->client_map);
			break;
		case CHANGE_OP_CLIENT_DEL:
			change_del_client(&result, change->owner, change->client_map, change->client);
			break;
		}
	}
	for (i = 0; i < found->n_elements; i++) {
		if (found->element_seen[i])
			continue;
		snapshot_element(found, i, &e);
		change_add_element(&result, CHANGE_OP_ELEMENT_DEL, SERVICE_NAME_NONE, &e);
	}
	change_finish(&result);
	change_done(changes);
	*changes = result;
}
