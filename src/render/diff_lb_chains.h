/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * diff_lb_chains.h - which lb chains are installed: those in use, and those that are kept ready
 *
 * Room:     render. Pure.
 * Rule:     a chain in use is one that a verdict or a look-up chain leads to (diff_count_lb_chain()). The chains for one endpoint
 *           more and for one less are kept ready beside it: a change that needs one of them then has no chain to make, which would
 *           cost the kernel a walk over all endpoints. So which chains are ready follows from what is installed alone.
 * When:     a chain that is needed is made in the transaction that needs it, or if the walks take long, in one of its own before
 *           (diff_lb_chains_first()). Ready chains are made, and others deleted, in
 *           transactions of their own, one new chain in each (state_begin_ready()). Tables that are new get their ready chains at
 *           once, while there are few endpoints: the walk costs nothing then.
 * Limit:    no chains are ready for a map with more than DIFF_LB_CHAINS_ELEMENTS_MAX endpoints: one walk would hold the loop for
 *           more than 100 ms.
 */
#ifndef RENDER_DIFF_LB_CHAINS_H
#define RENDER_DIFF_LB_CHAINS_H

#include <stdbool.h>
#include <stdint.h>

struct changes;
struct lb_chain;
struct snapshot;
struct state;
struct state_lb_chain;

#define DIFF_LB_CHAINS_ELEMENTS_MAX 350000
#define DIFF_LB_CHAINS_AT_ONCE_MAX  50000  /* in new tables: else they are made later, one by one */
#define DIFF_LB_CHAINS_WALK_MAX	    200000 /* endpoints walked over in one transaction with more: 50 ms */

/** diff_lb_chains_get() - The chain's place in the state; it is settled in this transaction. */
struct state_lb_chain *diff_lb_chains_get(struct state *state, const struct lb_chain *lb);
/** diff_lb_chains_settle() - All is counted: the steps that follow. */
void diff_lb_chains_settle(struct state *state);
/** diff_lb_chains_end() - The transaction is over: keep what it settled, or forget it. */
void diff_lb_chains_end(struct state *state, bool commit);
/** diff_lb_chains_done() - Free them. */
void diff_lb_chains_done(struct state *state);
/** diff_lb_chains_is_due() - Between transactions: whether a ready chain is missing, or one is installed that is not needed. */
bool diff_lb_chains_is_due(const struct state *state);
/** diff_lb_chains_postpone() - Before the commit of @changes: take the ready chains out that these would make. */
void diff_lb_chains_postpone(struct state *state, struct changes *changes);
/** diff_lb_chains_first() - state_chain_first() */
bool diff_lb_chains_first(const struct state *state, struct snapshot *frame, struct changes *changes,
			  struct lb_chain *ret);
/** diff_lb_chains_made() - Between transactions: the chain was made, though nothing needs it yet. */
void diff_lb_chains_made(struct state *state, const struct lb_chain *lb);

#endif
