/* SPDX-License-Identifier: GPL-2.0-or-later */
/* DOC: open addressing with linear probing, at most three quarters full; removal closes the gap, so removed
 * items leave no mark. */
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
	return hash_mix(hash_add_string(hash_add_string(HASH_START, namespace), name));
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
	size_t mask = index->n_slots - 1, i;
	uint32_t hash;

	if (!index->n)
		return NULL;
	hash = index_hash(namespace, name);
	for (i = hash & mask; index->items[i]; i = (i + 1) & mask) {
		if (index->hashes[i] == hash && index_matches(index, index->items[i], namespace, name))
			return index->items[i];
	}
	return NULL;
}

static void index_insert(struct index *index, void *item, uint32_t hash)
{
	size_t mask = index->n_slots - 1;
	size_t i = hash & mask;

	while (index->items[i])
		i = (i + 1) & mask;
	index->items[i] = item;
	index->hashes[i] = hash;
}

static void index_grow(struct index *index)
{
	struct index old = *index;
	size_t i;

	index->n_slots = old.n_slots ? old.n_slots * 2 : INDEX_SLOTS_MIN;
	index->items = alloc_zeroed(index->n_slots, sizeof(*index->items));
	index->hashes = alloc_zeroed(index->n_slots, sizeof(*index->hashes));
	for (i = 0; i < old.n_slots; i++) {
		if (old.items[i])
			index_insert(index, old.items[i], old.hashes[i]);
	}
	free(old.items);
	free(old.hashes);
}

void index_add(struct index *index, void *item)
{
	const char *namespace, *name;

	if (index->n + 1 > index->n_slots / 4 * 3)
		index_grow(index);
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
	while (index->items[hole] != item) {
		assert(index->items[hole]);
		hole = (hole + 1) & mask;
	}
	/* an item after the hole that could not be found across it moves into it */
	for (i = (hole + 1) & mask; index->items[i]; i = (i + 1) & mask) {
		size_t home = index->hashes[i] & mask;

		if (((i - home) & mask) < ((i - hole) & mask))
			continue;
		index->items[hole] = index->items[i];
		index->hashes[hole] = index->hashes[i];
		hole = i;
	}
	index->items[hole] = NULL;
	index->n--;
}

void *index_next(const struct index *index, struct index_cursor *cursor)
{
	/* if the last item was removed, another one may have moved to its slot, from a slot still ahead */
	if (cursor->last && index->items[cursor->slot] == cursor->last)
		cursor->slot++;
	while (cursor->slot < index->n_slots && !index->items[cursor->slot])
		cursor->slot++;
	cursor->last = cursor->slot < index->n_slots ? index->items[cursor->slot] : NULL;
	return (void *)cursor->last;
}

void index_done(struct index *index)
{
	free(index->items);
	free(index->hashes);
	*index = (struct index){ .key = index->key };
}
