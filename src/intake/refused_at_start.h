/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * refused_at_start.h - objects that the API server lists at a start, and that cannot be read: their last good versions
 *
 * Room:     intake. Effects: the store, the log; reads the saved state.
 * Rule:     a bad version never replaces the last good one. At a start the store has none, but the saved state may: it is put into
 *           the store before the first sync. The saved state is only used if it is of this API server and this node, not too old, and
 *           not older than existing rules. It is read in short turns of the loop, only if an object is refused.
 */
#ifndef INTAKE_REFUSED_AT_START_H
#define INTAKE_REFUSED_AT_START_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/err.h"

struct intake;
struct nfnl;
struct refused_at_start;
struct saved_state;
struct sd_event;
struct state_mark;

/** struct refused_at_start_use - When a saved state may stand for what cannot be read; all borrowed. @max_age_ms: 0: no limit */
struct refused_at_start_use {
	const char *dir;
	const char *origin;
	const char *node_name;
	const struct state_mark *mark;
	struct nfnl *nfnl;
	uint64_t max_age_ms;
};

/** refused_at_start_check() - Whether @saved may be used. Return: 0; negative errno with the reason. */
int refused_at_start_check(const struct refused_at_start_use *use, const struct saved_state *saved,
			   struct err *reterr) __attribute__((warn_unused_result));

/** struct refused_at_start_params - Borrowed. @request: called with @ctx when a sync is allowed that was not */
struct refused_at_start_params {
	struct sd_event *event;
	struct intake *intake;
	struct refused_at_start_use use;
	void (*request)(void *ctx);
	void *ctx;
};

int refused_at_start_new(const struct refused_at_start_params *params, struct refused_at_start **ret,
			 struct err *reterr) __attribute__((warn_unused_result));
struct refused_at_start *refused_at_start_free(struct refused_at_start *refused);
DEFINE_FREEP(struct refused_at_start, refused_at_start_free);
/** refused_at_start_may_sync() - Call before the first sync, when every kind is listed. False: not before @request was called. */
bool refused_at_start_may_sync(struct refused_at_start *refused);

#endif
