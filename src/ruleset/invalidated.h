/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * invalidated.h - what of our tables somebody else has touched, and so what of them is not known
 *
 * Room:     ruleset. Pure. A backend that hears of changes fills it, reads back no more than that
 *           (ruleset/snapshot.h), and empties it when it has been put right.
 * Shapes:   whole tables, whole sets, single elements (their keys), chains with their rules. Names only: what
 *           stands there now is for the backend to ask.
 * Limits:   beyond INVALIDATED_ELEMENTS_MAX elements a set is touched as a whole, beyond INVALIDATED_CHAINS_MAX chains
 *           a table. It may say too much, never too little.
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

/** struct invalidated - All zero: nothing was. @sets, @some: a bit each, all of a set, some elements of it. */
struct invalidated {
	bool tables[_FAMILY_MAX];
	uint64_t sets[_FAMILY_MAX];
	uint64_t some[_FAMILY_MAX];
	size_t n_elements;
	struct element *elements; /* by set_element_cmp(), each once; without data */
	size_t n_chains;
	struct invalidated_chain *chains; /* by table and name, each once */
};

/** invalidated_done() - Free; nothing is touched then. */
void invalidated_done(struct invalidated *touched);
void invalidated_add_table(struct invalidated *touched, enum family table);
void invalidated_add_set(struct invalidated *touched, enum family table, uint8_t set);
/** invalidated_add_element() - @e: its key; data plays no part. */
void invalidated_add_element(struct invalidated *touched, const struct element *e);
/** invalidated_add_chain() - A name that is too long to be ours touches the whole table. */
void invalidated_add_chain(struct invalidated *touched, enum family table, const char *name);
/** invalidated_move() - Add all of @from to @to; nothing is left in @from. */
void invalidated_move(struct invalidated *to, struct invalidated *from);
bool invalidated_is_any(const struct invalidated *touched);
/** touched_has_*() - Whether it is touched, by itself or by what it is in. */
bool invalidated_has_element(const struct invalidated *touched, const struct element *e);
bool invalidated_has_chain(const struct invalidated *touched, enum family table, const char *name);

#endif
