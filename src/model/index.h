/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * index.h - items found by namespace and name, with little memory
 *
 * Room:     model.
 * Shapes:   a hash table of positions, and an array of pointers to items, so that a walk does not follow the hash. An item has its key in itself, and a function of the caller
 *           reads it; the key must not change while the item is in the index.
 * Why:      uthash needs 56 bytes in each item, and keys in one piece, so a copy of each key: 10,000
 *           Services of 10 endpoints took 13.3 MB with it, and 11.9 MB with this (12.6 MB with their digests).
 */
#ifndef MODEL_INDEX_H
#define MODEL_INDEX_H

#include <stddef.h>
#include <stdint.h>

/** index_key_fn - Where the key of @item is. */
typedef void index_key_fn(const void *item, const char **ret_namespace, const char **ret_name);

/**
 * struct index - The zeroed struct with @key set is an empty index
 * @n:		items in it
 * @n_slots:	0 or a power of two
 * @slots:	hash table of positions in @items plus 1; 0: free
 * @n_used:	positions of @items in use, or left by a removed item
 * @items:	in the order in which they were added; NULL: removed
 * @hashes:	of the items' keys, to compare and to move items without reading them
 */
struct index {
	index_key_fn *key;
	size_t n;
	size_t n_slots;
	uint32_t *slots;
	size_t n_used;
	void **items;
	uint32_t *hashes;
};

void *index_find(const struct index *index, const char *namespace, const char *name);
/** index_add() - Add @item; no other item has its key. */
void index_add(struct index *index, void *item);
/** index_remove() - Remove @item, which is in the index. */
void index_remove(struct index *index, const void *item);
/** struct index_cursor - Position of a walk; zeroed at its start. */
struct index_cursor {
	size_t next;
};

/**
 * index_next() - Walk over all items in the order in which they were added, until it returns NULL
 *
 * Items may be removed during the walk; no item may be added.
 */
void *index_next(const struct index *index, struct index_cursor *cursor);
/** index_done() - Forget all items; the caller frees them. */
void index_done(struct index *index);

#endif
