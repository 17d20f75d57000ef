/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sync_attempt.h - one transaction: plan, commit, and take over the result
 *
 * Room:     sync. Internal to sync.c and first_sync.c, which compute the changes in between.
 */
#ifndef SYNC_SYNC_ATTEMPT_H
#define SYNC_SYNC_ATTEMPT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"
#include "base/err.h"
#include "base/service_name.h"

struct arena;
struct node_view;
struct skeleton;
struct snapshot;
struct sync;
struct sync_addresses;
struct sync_attempt;

/** sync_attempt_skeleton() - The fixed part of our tables on this node now; @arena owns it. */
void sync_attempt_skeleton(const struct sync *sync, const struct sync_addresses *addresses,
			   struct arena *arena, struct node_view *ret_view, struct skeleton *ret_skeleton);
/** sync_attempt_ranges_are_due() - Whether all that is installed is that of the ranges of ClusterIPs, but not the rules. */
bool sync_attempt_ranges_are_due(const struct sync *sync);
/**
 * sync_attempt_begin() - Open a transaction of the state, and plan Services that changed
 * @unhooked:	leave out the base chains of these tables, so that no packet enters them; NULL: of none
 * @max_size:	of planner_plan_dirty()
 */
void sync_attempt_begin(struct sync *sync, const struct sync_addresses *addresses,
			const bool unhooked[_FAMILY_MAX], size_t max_size);
/**
 * sync_attempt_commit() - Send the changes, together with some of the clients that expire with their endpoints
 *
 * Frees the changes and the plans.
 *
 * Return: as nfnl_commit(); -EAGAIN: the deletion of clients was refused, and nothing was changed.
 */
int sync_attempt_commit(struct sync *sync, struct sync_attempt *a, struct err *reterr)
	__attribute__((warn_unused_result));
/**
 * sync_attempt_chain_first() - If a chain must be made before the changes (state_chain_first()), make it, and leave the rest for another attempt
 * @frame:	see there
 *
 * Return: 0: nothing was done, commit the changes; 1: the chain was made, and the attempt is rolled back; negative errno, as of
 * sync_attempt_commit().
 */
int sync_attempt_chain_first(struct sync *sync, struct sync_attempt *a, struct snapshot *frame,
			     struct err *reterr) __attribute__((warn_unused_result));
/** sync_attempt_accept() - What was planned is installed now. */
void sync_attempt_accept(struct sync *sync);
/** sync_attempt_roll_back() - Close the transaction without effect. The next attempt has its Services again. */
void sync_attempt_roll_back(struct sync *sync);
/**
 * sync_attempt_leave_out() - The kernel refused the Services @a->refused with @r: leave them out until they are due again
 * @err:	names a change of the first one
 *
 * Return: 0: try again without them; @r: that does not help.
 */
int sync_attempt_leave_out(struct sync *sync, const struct sync_attempt *a, int r, const struct err *err);
/** sync_attempt_count() - Count a success that took @total_us in the metrics. */
void sync_attempt_count(struct sync *sync, const struct sync_attempt *a, uint64_t total_us);
/** sync_attempt_is_passing() - Whether a later attempt may not meet the error, and no change that was refused is its reason. */
bool sync_attempt_is_passing(int r);
/** sync_attempt_forget() - Start again with nothing installed: all Services are to be planned, and the tables to be read. */
void sync_attempt_forget(struct sync *sync);
/** sync_attempt_planned() - Tell the listeners that @service is installed; @ctx is the struct sync. */
void sync_attempt_planned(void *ctx, struct service_name service);

#endif
