/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * snapshot.h - our tables as they were read back from a kernel
 *
 * Room:     ruleset. Pure. Filled by a backend, compared by render/state.h.
 * Shapes:   elements are packed (ruleset/set.h); chains carry a fingerprint, whose only use is to
 *           be compared with the one that the same backend makes of a struct chain. Its first line is the
 *           base chain's place, empty for others; the rest are the rules.
 * Partial:  a snapshot may cover only the invalidated objects of a table (snapshot_set_partial()). Before comparing an object,
 *           ask snapshot_knows_*(); an object that is not covered is assumed to be as last installed. Client maps
 *           are covered with whole tables only.
 * Life:     snapshot_init(), snapshot_set_partial() if it is, snapshot_add_*(), snapshot_seal(), look-ups, snapshot_done().
 */
#ifndef RULESET_SNAPSHOT_H
#define RULESET_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cidr.h"
#include "ruleset/invalidated.h"
#include "ruleset/rule.h"
#include "ruleset/set.h"

enum snapshot_table {
	SNAPSHOT_TABLE_ABSENT,
	SNAPSHOT_TABLE_OURS,	/* exactly our sets, and only chains that a layout can have made */
	SNAPSHOT_TABLE_FOREIGN, /* made by another version or another program: to be replaced whole */
};

/**
 * struct snapshot_chain - One chain
 * @timeout_s:	of a rule that adds clients; 0: there is none
 * @sources:	@n_sources ranges of source addresses whose packets return, in the order of the rules; owned
 * @seen:	for the code that compares
 */
struct snapshot_chain {
	uint8_t table;
	char name[RULE_NAME_MAX + 1];
	char *fingerprint;
	uint32_t timeout_s;
	size_t n_sources;
	struct cidr *sources;
	bool seen;
};

/** struct snapshot_client_map - One client map, without its entries. @seen is for the code that compares. */
struct snapshot_client_map {
	struct client_map map;
	bool seen;
};

/**
 * struct snapshot - Our tables in the kernel
 * @invalidated: the objects that are covered of a @partial table; NULL if no table is partial
 * @partial:	by table: only some objects are covered, and @table says nothing
 * @n_in_set:	by table and set: how many elements the kernel says it has; SIZE_MAX: it does not say
 * @n_chains_in: by table: how many chains the kernel says it has; also counts objects that ours never have, such as flow tables
 * @fingerprint: appends the fingerprint that @chain would have if it were installed
 */
struct snapshot {
	const struct invalidated *invalidated;
	bool partial[_FAMILY_MAX];
	enum snapshot_table table[_FAMILY_MAX];
	size_t n_in_set[_FAMILY_MAX][INVALIDATED_SETS_MAX];
	size_t n_chains_in[_FAMILY_MAX];
	size_t n_chains;
	struct snapshot_chain *chains; /* by (table, name) once sealed */
	size_t n_client_maps;
	struct snapshot_client_map *client_maps; /* by (table, name) once sealed */
	struct buf elements;
	size_t n_elements;
	uint32_t *offsets;  /* of the elements, sorted by set_element_cmp() once sealed */
	bool *element_seen; /* by position in @offsets */
	void (*fingerprint)(void *ctx, const struct chain *chain, struct buf *text);
	void *ctx;
};

void snapshot_init(struct snapshot *snapshot);
void snapshot_done(struct snapshot *snapshot);
/** snapshot_set_partial() - The objects in @invalidated will be added, and no others; it is borrowed until snapshot_done(). */
void snapshot_set_partial(struct snapshot *snapshot, const struct invalidated *invalidated);
/** snapshot_knows_*() - Whether the snapshot covers the object: whether it exists, and what it contains. */
bool snapshot_knows_element(const struct snapshot *snapshot, const struct element *e);
bool snapshot_knows_chain(const struct snapshot *snapshot, enum family table, const char *name);
bool snapshot_knows_client_maps(const struct snapshot *snapshot, enum family table);
/** snapshot_add_chain() - Takes @fingerprint (malloc'ed). Return: the chain, until the next one is added. */
struct snapshot_chain *snapshot_add_chain(struct snapshot *snapshot, enum family table, const char *name,
					  char *fingerprint);
/** snapshot_add_source() - Packets from @range return from @chain, which is not sealed yet. */
void snapshot_add_source(struct snapshot_chain *chain, const struct cidr *range);
/** snapshot_drop_chains() - Before the snapshot is sealed: drop all chains but the first @n. */
void snapshot_drop_chains(struct snapshot *snapshot, size_t n);
/** snapshot_drop_unseen_chains() - Drop all chains that are not @seen; the others stay in order. */
void snapshot_drop_unseen_chains(struct snapshot *snapshot);
void snapshot_add_client_map(struct snapshot *snapshot, const struct client_map *map);
/** snapshot_add_element() - @e is in one of our sets. At most 4 GiB packed in all. */
void snapshot_add_element(struct snapshot *snapshot, const struct element *e);
/** snapshot_forget_table() - Drop the objects of @table; it is @what, and empty. */
void snapshot_forget_table(struct snapshot *snapshot, enum family table, enum snapshot_table what);
/** snapshot_seal() - Sort; look-ups are allowed from now on. */
void snapshot_seal(struct snapshot *snapshot);
struct snapshot_chain *snapshot_find_chain(struct snapshot *snapshot, enum family table, const char *name);
/** snapshot_same_chain() - Whether @found, which has the name of @chain, is installed as @chain says. */
bool snapshot_same_chain(const struct snapshot *snapshot, const struct snapshot_chain *found,
			 const struct chain *chain);
/** snapshot_same_head() - The same for its place and comment only: no change of a base chain can bring another one. */
bool snapshot_same_head(const struct snapshot *snapshot, const struct snapshot_chain *found,
			const struct chain *chain);
/** snapshot_replace_chain() - @found is as @chain says from now on. */
void snapshot_replace_chain(const struct snapshot *snapshot, struct snapshot_chain *found,
			    const struct chain *chain);
/** snapshot_use_client_maps() - Let @to have the client maps that @from has, both sealed; those that it had keep their mark. */
void snapshot_use_client_maps(struct snapshot *to, struct snapshot *from);
/** snapshot_take_chains() - Both are sealed, and no chain is in both: move those of @from to @to. */
void snapshot_take_chains(struct snapshot *to, struct snapshot *from);
struct snapshot_client_map *snapshot_find_client_map(struct snapshot *snapshot, enum family table,
						     const char *name);
/** snapshot_find_element() - Position of the element with the key of @e, with its data; SIZE_MAX if none. */
size_t snapshot_find_element(const struct snapshot *snapshot, const struct element *e, struct element *ret);
/** snapshot_lower_bound() - Position of the first element not before @e, which may have the first fields of a key only. */
size_t snapshot_lower_bound(const struct snapshot *snapshot, const struct element *e);
/** snapshot_element() - The element at a position (0 .. n_elements - 1) in sorted order. */
void snapshot_element(const struct snapshot *snapshot, size_t position, struct element *ret);

#endif
