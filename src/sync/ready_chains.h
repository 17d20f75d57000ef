/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ready_chains.h - lb chains that are kept ready, made while there is nothing else to do
 *
 * Room:     sync (render/state.h, backend/nfnl_commit.h).
 * Rule:     beside each number of endpoints that is in use, the chains for one endpoint more and one less exist
 *           (render/diff_lb_chains.h). After a change uses another number, the new neighbours are made, and those that are not
 *           needed are deleted, when all changes are installed. A step is one transaction with at most one new chain, since each
 *           costs the kernel a walk over all endpoints.
 * When:     after READY_CHAINS_IDLE_MS without a sync, so that a rollout does not pay for them in each of its steps, and then one
 *           step each READY_CHAINS_STEP_MS. So a change waits for one step at most.
 */
#ifndef SYNC_READY_CHAINS_H
#define SYNC_READY_CHAINS_H

#include <stdbool.h>

#include "base/err.h"

#define READY_CHAINS_IDLE_MS 1000
#define READY_CHAINS_STEP_MS 50

struct sync;

enum ready_chains_result {
	READY_CHAINS_RESULT_MORE,   /* another step is due */
	READY_CHAINS_RESULT_WAIT,   /* a survey comes first: try again later */
	READY_CHAINS_RESULT_DONE,   /* nothing is left to do, or a sync must come first */
	READY_CHAINS_RESULT_SYNC,   /* the tables are not as they were installed: a sync is due */
	READY_CHAINS_RESULT_FAILED, /* the same again after the next sync */
};

/** ready_chains_is_due() - All changes are installed, and a step has something to do. */
bool ready_chains_is_due(const struct sync *sync);
/** ready_chains_step() - @reterr: set with the last two results */
enum ready_chains_result ready_chains_step(struct sync *sync, struct err *reterr);

#endif
