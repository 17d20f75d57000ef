/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * diff.h - from plans to changes
 *
 * Room:     render. Pure.
 */
#ifndef RENDER_DIFF_H
#define RENDER_DIFF_H

struct state;

/** diff_all() - Put all steps of the open transaction into state->changes, and set what state_commit() takes over. */
void diff_all(struct state *state);

#endif
