/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * table.h - one table of an image: sets with their elements, chains, and the jumps between them
 *
 * Room:     ruleset, private to image.c and validate.c; other files use image.h.
 * Shapes:   elements and chains are hashed by key and by name. A chain counts the jumps and verdicts that
 *           lead to it; a caller that links or unlinks a chain or an element also calls table_use_*().
 */
#ifndef RULESET_TABLE_H
#define RULESET_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/hash_table.h"
#include "base/err.h"
#include "ruleset/rule.h"
#include "ruleset/set.h"

/** struct table_element - @element.key, its first key_size bytes, is the hash key. */
struct table_element {
	struct element element;
	UT_hash_handle hh;
};

/**
 * struct table_chain - A chain; @chain.rules is owned
 * @use:	jumps and verdicts that lead here
 * @depth:	for validate_table(): chains on the longest path from here, 0 = not yet known
 * @open:	for validate_table(): on the path that is being walked
 * @hooks:	for validate_table(): mask of the hooks that allow every statement reached from here
 */
struct table_chain {
	struct chain chain;
	size_t use;
	unsigned int depth;
	bool open;
	unsigned int hooks;
	UT_hash_handle hh;
};

/** struct table_client - One entry; .client.key is the hash key. */
struct table_client {
	struct client client;
	UT_hash_handle hh;
};

/**
 * struct table_client_map - A client map
 * @use:	rules that name it
 */
struct table_client_map {
	struct client_map map;
	size_t use;
	struct table_client *clients;
	UT_hash_handle hh;
};

/**
 * struct table - One table
 * @skeleton:	a copy of the skeleton that it was created with, without chains
 * @elements:	a hash table for each declaration
 */
struct table {
	struct skeleton skeleton;
	struct table_element **elements;
	struct table_chain *chains;
	struct table_client_map *client_maps;
};

struct table *table_new(const struct skeleton *skeleton);
struct table *table_free(struct table *table);
/** table_new_chain() - A deep copy, not linked. */
struct table_chain *table_new_chain(const struct chain *chain);
struct table_chain *table_free_chain(struct table_chain *chain);

struct table_client_map *table_new_client_map(const struct client_map *map);
struct table_client_map *table_free_client_map(struct table_client_map *map);

/** table_find_*() - NULL if there is none. */
struct table_client_map *table_find_client_map(const struct table *table, const char *name);
struct table_client *table_find_client(const struct table_client_map *map, const struct client_key *key);
struct table_chain *table_find_chain(const struct table *table, const char *name);
struct table_element *table_find_element(const struct table *table, uint8_t set, const uint8_t *key,
					 size_t key_size);
/** table_link_*(), table_unlink_*() - Put into or take out of the hash tables; neither copies nor frees. */
void table_link_chain(struct table *table, struct table_chain *chain);
void table_unlink_chain(struct table *table, struct table_chain *chain);
void table_link_element(struct table *table, struct table_element *e);
void table_unlink_element(struct table *table, struct table_element *e);

void table_link_client_map(struct table *table, struct table_client_map *map);
void table_unlink_client_map(struct table *table, struct table_client_map *map);
void table_link_client(struct table_client_map *map, struct table_client *client);
void table_unlink_client(struct table_client_map *map, struct table_client *client);

/** table_check_chain() - Check that everything that the rules name exists: -ENOENT, -EOPNOTSUPP. */
int table_check_chain(const struct table *table, const struct chain *chain, struct err *reterr)
	__attribute__((warn_unused_result));
/** table_check_element() - Check sizes, and the chain of a verdict: -EINVAL, -ENOENT, -EOPNOTSUPP. */
int table_check_element(const struct table *table, const struct element *e, bool with_data,
			struct err *reterr) __attribute__((warn_unused_result));
/** table_use_*() - Count one use more (1) or less (-1) of what the rules of a chain or the verdict of an element name. */
void table_use_rules(struct table *table, const struct chain *chain, int delta);
void table_use_element(struct table *table, const struct element *e, int delta);

#endif
