/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * diff_affinity.h - the difference of what session affinity owns: chains and client maps
 *
 * Room:     render. Pure.
 */
#ifndef RENDER_DIFF_AFFINITY_H
#define RENDER_DIFF_AFFINITY_H

#include "render/service_elements.h"

struct state;
struct state_part;

/** diff_affinity_plan() - Delete what @part does not need any more, and count the lb chains; with its elements. */
void diff_affinity_plan(struct state *state, struct state_part *part, const struct service_elements *wanted);
/** diff_affinity_send() - Add what @part needs; after diff_count_settle(), as its chains lead to lb chains. */
void diff_affinity_send(struct state *state, struct state_part *part);

#endif
