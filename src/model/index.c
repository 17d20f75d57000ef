/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DOC: open addressing with linear probing, at most three quarters full; removal closes the gap in the slots, and leaves
 * one in the items until the next time that they are copied. */
#include "config.h"
#include "model/index.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"

#define INDEX_SLOTS_MIN 16

static uint32_t index_hash(const char *namespace, const char *name)
{
	return (uint32_t)hash_keyed(hash_keyed(0, namespace, strlen(namespace)), name, strlen(name));
}

static bool index_matches(const struct index *index, const void *item, const char *namespace,
			  const char *name)
{
	const char *item_namespace, *item_name;

	index->key(item, &item_namespace, &item_name);
	return strcmp(item_name, name) == 0 && strcmp(item_namespace, namespace) == 0;
}

void *index_find(const struct index *index, const char *namespace, const char *name)
{
	size_t mask = index->n_slots - 1, i, at;
	uint32_t hash;

	if (!index->n)
		return NULL;
	hash = index_hash(namespace, name);
	for (i = hash & mask; index->slots[i]; i = (i + 1) & mask) {
		at = index->slots[i] - 1;
		if (index->hashes[at] == hash && index_matches(index, index->items[at], namespace, name))
			return index->items[at];
	}
	return NULL;
}

static size_t index_capacity(const struct index *index)
{
	return index->n_slots / 4 * 3;
}

static void index_insert(struct index *index, void *item, uint32_t hash)
{
	size_t mask = index->n_slots - 1;
	size_t i = hash & mask;

	while (index->slots[i])
		i = (i + 1) & mask;
	index->items[index->n_used] = item;
	index->hashes[index->n_used] = hash;
	index->slots[i] = (uint32_t)++index->n_used;
}

/* Copy the items without the gaps, into tables of twice the size if at least half of the positions have an item. */
static void index_copy(struct index *index)
{
	struct index old = *index;
	size_t i;

	if (!old.n_slots)
		index->n_slots = INDEX_SLOTS_MIN;
	else if (old.n >= index_capacity(&old) / 2)
		index->n_slots = old.n_slots * 2;
	index->slots = alloc_zeroed(index->n_slots, sizeof(*index->slots));
	index->items = alloc_zeroed(index_capacity(index), sizeof(*index->items));
	index->hashes = alloc_zeroed(index_capacity(index), sizeof(*index->hashes));
	index->n_used = 0;
	for (i = 0; i < old.n_used; i++) {
		if (old.items[i])
			index_insert(index, old.items[i], old.hashes[i]);
	}
	free(old.slots);
	free(old.items);
	free(old.hashes);
}

void index_add(struct index *index, void *item)
{
	const char *namespace, *name;

	if (index->n_used == index_capacity(index))
		index_copy(index);
	index->key(item, &namespace, &name);
	index_insert(index, item, index_hash(namespace, name));
	index->n++;
}

void index_remove(struct index *index, const void *item)
{
	size_t mask = index->n_slots - 1, hole, i;
	const char *namespace, *name;

	assert(index->n);
	index->key(item, &namespace, &name);
	hole = index_hash(namespace, name) & mask;
	assert(index->slots[hole]);
	while (index->items[index->slots[hole] - 1] != item) {
		hole = (hole + 1) & mask;
		assert(index->slots[hole]);
	}
	index->items[index->slots[hole] - 1] = NULL;
	/* a slot after the hole that could not be found across it moves into it */
	for (i = (hole + 1) & mask; index->slots[i]; i = (i + 1) & mask) {
		size_t home = index->hashes[index->slots[i] - 1] & mask;

		if (((i - home) & mask) < ((i - hole) & mask))
			continue;
		index->slots[hole] = index->slots[i];
		hole = i;
	}
	index->slots[hole] = 0;
	index->n--;
}

void *index_next(const struct index *index, struct index_cursor *cursor)
{
	while (cursor->next < index->n_used)
		if (index->items[cursor->next++])
			return index->items[cursor->next - 1];
	return NULL;
}

void index_done(struct index *index)
{
	free(index->slots);
	free(index->items);
	free(index->hashes);
	*index = (struct index){ .key = index->key };
}
