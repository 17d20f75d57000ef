/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * touched.h - what of our tables somebody else has touched, and so what of them is not known
 *
 * Room:     ruleset. Pure. A backend that hears of changes fills it, reads back no more than that
 *           (ruleset/snapshot.h), and empties it when it has been put right.
 * Shapes:   whole tables, whole sets, single elements (their keys), chains with their rules. Names only: what
 *           stands there now is for the backend to ask.
 * Limits:   beyond TOUCHED_ELEMENTS_MAX elements a set is touched as a whole, beyond TOUCHED_CHAINS_MAX chains
 *           a table. It may say too much, never too little.
 */
#ifndef RULESET_TOUCHED_H
#define RULESET_TOUCHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ruleset/rule.h"
#include "ruleset/set.h"

#define TOUCHED_ELEMENTS_MAX 1024
#define TOUCHED_CHAINS_MAX   256
#define TOUCHED_SETS_MAX     64 /* declarations of a table */

struct touched_chain {
	uint8_t table;
	char name[RULE_NAME_MAX + 1];
};

/** struct touched - All zero: nothing was. @sets, @some: a bit each, all of a set, some elements of it. */
struct touched {
	bool tables[_FAMILY_MAX];
	uint64_t sets[_FAMILY_MAX];
	uint64_t some[_FAMILY_MAX];
	size_t n_elements;
	struct element *elements; /* by set_element_cmp(), each once; without data */
	size_t n_chains;
	struct touched_chain *chains; /* by table and name, each once */
};

/** touched_done() - Free; nothing is touched then. */
void touched_done(struct touched *touched);
void touched_add_table(struct touched *touched, enum family table);
void touched_add_set(struct touched *touched, enum family table, uint8_t set);
/** touched_add_element() - @e: its key; data plays no part. */
void touched_add_element(struct touched *touched, const struct element *e);
/** touched_add_chain() - A name that is too long to be ours touches the whole table. */
void touched_add_chain(struct touched *touched, enum family table, const char *name);
/** touched_move() - Add all of @from to @to; nothing is left in @from. */
void touched_move(struct touched *to, struct touched *from);
bool touched_is_any(const struct touched *touched);
/** touched_has_*() - Whether it is touched, by itself or by what it is in. */
bool touched_has_element(const struct touched *touched, const struct element *e);
bool touched_has_chain(const struct touched *touched, enum family table, const char *name);

#endif
