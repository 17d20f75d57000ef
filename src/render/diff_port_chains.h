/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * diff_port_chains.h - the difference of the chains that Service ports own, and the clients that have to be looked at
 *
 * Room:     render. Pure.
 */
#ifndef RENDER_DIFF_PORT_CHAINS_H
#define RENDER_DIFF_PORT_CHAINS_H

#include "render/service_elements.h"

struct state;
struct state_part;

/** diff_port_chains_plan() - Delete what @part does not need any more, and count what its chains share; with its elements. */
void diff_port_chains_plan(struct state *state, struct state_part *part,
			   const struct service_elements *wanted);
/** diff_port_chains_send() - Add what @part needs; after diff_count_settle(), as its chains lead to lb chains. */
void diff_port_chains_send(struct state *state, struct state_part *part);

#endif
