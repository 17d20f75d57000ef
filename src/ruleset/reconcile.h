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
 * reconcile_keys() - The elements that @changes add and do not delete, and those of @unwanted, sorted by set_element_cmp(), each once
 * @unwanted:	keys of elements that an earlier run may have installed, and that shall not exist
 *
 * An element that is also deleted was installed by an earlier step, so its data is known. @arena owns the result.
 */
struct element *reconcile_keys(const struct changes *changes, const struct element *unwanted,
			       size_t n_unwanted, struct arena *arena, size_t *ret_n);
/**
 * reconcile_changes() - Remove the steps that are done
 * @frame:	sealed: the client maps that existed before the first step, and those chains of @changes and earlier ones that did; it
 *		follows @changes. One that is needed is marked as seen; then it is as the caller installed it
 * @found:	sealed: those of reconcile_keys() that exist
 *
 * An element or chain with other content is replaced. Steps that add tables are removed, if the tables exist in @frame. So are steps that
 * delete chains or client maps of @frame: elements of Services that were not compared yet may lead to them.
 * An element of @found that @changes do not add is deleted: it was unwanted, or the kernel has a range that contains the one that was
 * asked for.
 */
void reconcile_changes(struct changes *changes, struct snapshot *frame, struct snapshot *found);

#endif
