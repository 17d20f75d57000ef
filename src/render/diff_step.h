/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * diff_step.h - one step of the difference, against what was installed or against a snapshot
 *
 * Room:     render. Pure.
 * Rule:     where a snapshot covers an object, the snapshot decides what to do: the object is marked as seen, and those
 *           that nothing has asked for are deleted at the end (diff_all()). Elsewhere the caller decides.
 */
#ifndef RENDER_DIFF_STEP_H
#define RENDER_DIFF_STEP_H

#include <stdbool.h>

#include "ruleset/change.h"

struct source_list;
struct state;

/** diff_step_knows_element() - There is a snapshot, and it says whether that element is installed. */
bool diff_step_knows_element(const struct state *state, const struct element *e);
/** diff_step_add_element() - @e shall be installed. */
void diff_step_add_element(struct state *state, struct service_name owner, const struct element *e);
/** diff_step_del_element() - @e, which was installed, shall go. */
void diff_step_del_element(struct state *state, struct service_name owner, const struct element *e);
/** diff_step_knows_chain() - There is a snapshot, and it says whether that chain is installed. */
bool diff_step_knows_chain(const struct state *state, enum family table, const char *name);
/** diff_step_knows_list() - The same for any chain of a list of source ranges. */
bool diff_step_knows_list(const struct state *state, const struct source_list *list);
/** diff_step_compare_chain() - A snapshot knows @chain, which shall be installed; the transaction's arena owns it. */
void diff_step_compare_chain(struct state *state, struct service_name owner, const struct chain *chain);
/** diff_step_client_map() - A step about @map, which is copied. */
void diff_step_client_map(struct state *state, enum change_op op, struct service_name owner,
			  const struct client_map *map);

#endif
