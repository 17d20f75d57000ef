/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reconcile.h - changes that were computed from nothing, to changes of tables that exist already
 *
 * Room:     ruleset. Pure.
 * Use:      the first sync after a restart computes its changes as if the tables were new. Most of what they add is in the
 *           kernel already. The backend reads the objects that the changes name, and this removes the steps that are done.
 */
#ifndef RULESET_RECONCILE_H
#define RULESET_RECONCILE_H

#include "ruleset/change.h"
#include "ruleset/snapshot.h"

struct arena;

/**
 * reconcile_keys() - The elements that @changes add and do not delete, sorted by set_element_cmp(), each once
 *
 * An element that is also deleted was installed by an earlier step, so its data is known. @arena owns the result.
 */
struct element *reconcile_keys(const struct changes *changes, struct arena *arena, size_t *ret_n);
/**
 * reconcile_changes() - Remove the steps that are done
 * @frame:	sealed: the chains and client maps that existed before the first step. Those that were compared are marked as
 *		seen, and are not compared again: what became of them later, the caller of this knows
 * @found:	sealed: those of reconcile_keys() that exist
 *
 * An element or chain with other content is replaced. Steps that add tables are removed: both tables exist.
 */
void reconcile_changes(struct changes *changes, struct snapshot *frame, const struct snapshot *found);

#endif
