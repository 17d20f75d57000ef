/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * state_split.h - which parts of a Service must be planned, and which of them together
 *
 * Room:     render (plan/split.h -> render/state.h).
 */
#ifndef RENDER_STATE_SPLIT_H
#define RENDER_STATE_SPLIT_H

#include <stdbool.h>

#include "plan/split.h"

struct arena;
struct state;

/**
 * state_split_parts() - The parts that must be planned so that the whole of @plan is installed
 * @ret:	those of @plan, and an empty one for each part that the Service has besides; one or more, sorted by .part.
 *		@arena owns the list; it borrows from @plan
 */
void state_split_parts(const struct state *state, const struct plan *plan, struct arena *arena,
		       struct split_parts *ret);
/**
 * state_split_groups() - Which of @parts must be planned in one transaction
 * @parts:	of state_split_parts(); sorted anew, so that the parts of one group are side by side
 *
 * These are parts of which one has a front end that another one shall have: otherwise there could be a moment when none
 * has it.
 *
 * Return: for each part, whether the next one belongs to the same group; @arena owns it.
 */
bool *state_split_groups(const struct state *state, struct split_parts *parts, struct arena *arena);

#endif
