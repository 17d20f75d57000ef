/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * image.h - a whole ruleset in memory, as a kernel would hold it
 *
 * Room:     ruleset. Pure. For the fake backend, the tracer and tests.
 */
#ifndef RULESET_IMAGE_H
#define RULESET_IMAGE_H

#include "base/cleanup.h"
#include "base/err.h"
#include "ruleset/change.h"

struct image;

struct image *image_new(void);
struct image *image_free(struct image *image);
DEFINE_FREEP(struct image, image_free);
/**
 * image_apply() - Apply a transaction as strictly as the kernel would
 *
 * Errors as in the kernel, and then nothing is applied: -ENOENT for an object that does not exist,
 * -EEXIST for an existing chain or an existing element with other data, -EBUSY for deleting a chain that a
 * verdict or a jump still leads to or a client map that a rule uses, -ELOOP and -EMLINK for chains that lead in a
 * circle or too deep, -EOPNOTSUPP for a statement that its hooks don't allow or a jump to a base chain.
 */
int image_apply(struct image *image, const struct changes *changes, struct err *reterr)
	__attribute__((warn_unused_result));
/**
 * image_failed_step() - Which change the last image_apply() rejected
 *
 * Return: its index in the list; SIZE_MAX after a success, or if it was not a single change.
 */
size_t image_failed_step(const struct image *image);
/** image_find_element() - The element of that set and key, or NULL. */
const struct element *image_find_element(const struct image *image, enum family table, uint8_t set,
					 const uint8_t *key, size_t key_size);
const struct chain *image_find_chain(const struct image *image, enum family table, const char *name);
/** image_each_chain() - All chains, in no particular order; @after as below. */
const struct chain *image_each_chain(const struct image *image, enum family table, const struct chain *after);
/**
 * image_each_base_chain() - The base chains of a hook, in the order a packet meets them
 *
 * Call with @after NULL for the first; NULL is the end.
 */
const struct chain *image_each_base_chain(const struct image *image, enum family table, enum rule_hook hook,
					  const struct chain *after);
/**
 * image_each_element() - All elements of a set, in no particular order
 *
 * Call with @after NULL for the first; NULL is the end.
 */
const struct element *image_each_element(const struct image *image, enum family table, uint8_t set,
					 const struct element *after);
/** image_each_client_map() - As above. image_print() does not print clients. */
const struct client_map *image_each_client_map(const struct image *image, enum family table,
					       const struct client_map *after);
const struct client *image_each_client(const struct image *image, enum family table, const char *map,
				       const struct client *after);
const struct client *image_find_client(const struct image *image, enum family table, const char *map,
				       const struct client_key *key);
/** image_learn_client() - Add a client as a rule does; nothing if the client exists or the map does not. */
void image_learn_client(struct image *image, enum family table, const char *map, const struct client *client);
/** image_has_table() - Whether that table exists. */
bool image_has_table(const struct image *image, enum family table);
/**
 * image_skeleton() - The declarations that the tables were created with, without chains; NULL without tables
 */
const struct skeleton *image_skeleton(const struct image *image);
/** image_print() - Canonical text of everything (sorted): equal images give equal text. */
void image_print(const struct image *image, struct buf *text);

#endif
