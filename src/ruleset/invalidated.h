/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * invalidated.h - names of objects in our tables that other processes have changed, to be read back
 *
 * Room:     ruleset. Pure. A backend adds to it from notifications, reads back the objects that it names
 *           (ruleset/snapshot.h), and empties it after the next commit.
 * Shapes:   whole tables, whole sets, single elements (their keys), chains with their rules. Names only: the backend asks
 *           the kernel for the content.
 * Limits:   more than INVALIDATED_ELEMENTS_MAX elements invalidate their whole set, more than INVALIDATED_CHAINS_MAX chains
 *           their whole table. It may name too much, never too little.
 */
#ifndef RULESET_INVALIDATED_H
#define RULESET_INVALIDATED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ruleset/rule.h"
#include "ruleset/set.h"

#define INVALIDATED_ELEMENTS_MAX 1024
#define INVALIDATED_CHAINS_MAX	 256
#define INVALIDATED_SETS_MAX	 64 /* declarations of a table */

struct invalidated_chain {
	uint8_t table;
	char name[RULE_NAME_MAX + 1];
};

/** struct invalidated - All zero: nothing. @sets, @some: a bit for each set: all of it, some of its elements. */
struct invalidated {
	bool tables[_FAMILY_MAX];
	uint64_t sets[_FAMILY_MAX];
	uint64_t some[_FAMILY_MAX];
	size_t n_elements;
	struct element *elements; /* by set_element_cmp(), each once; without data */
	size_t n_chains;
	struct invalidated_chain *chains; /* by table and name, each once */
};

/** invalidated_done() - Free; names nothing then. */
void invalidated_done(struct invalidated *invalidated);
void invalidated_add_table(struct invalidated *invalidated, enum family table);
/** invalidated_add_all() - Both tables. */
void invalidated_add_all(struct invalidated *invalidated);
void invalidated_add_set(struct invalidated *invalidated, enum family table, uint8_t set);
/** invalidated_add_element() - By the key of @e; its data is ignored. */
void invalidated_add_element(struct invalidated *invalidated, const struct element *e);
/** invalidated_add_chain() - A @name that is too long for a chain of ours invalidates the whole table. */
void invalidated_add_chain(struct invalidated *invalidated, enum family table, const char *name);
/** invalidated_del_table() - Forget the table, and all that is named of it. */
void invalidated_del_table(struct invalidated *invalidated, enum family table);
/** invalidated_del_sets() - Forget that all of @sets is named, which has a bit for each; single elements stay named. */
void invalidated_del_sets(struct invalidated *invalidated, enum family table, uint64_t sets);
/** invalidated_move() - Add all of @from to @to, and empty @from. */
void invalidated_move(struct invalidated *to, struct invalidated *from);
bool invalidated_is_any(const struct invalidated *invalidated);
/** invalidated_has_*() - Whether it is named, or the set or table that contains it. */
bool invalidated_has_element(const struct invalidated *invalidated, const struct element *e);
bool invalidated_has_chain(const struct invalidated *invalidated, enum family table, const char *name);

#endif
