/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * first_sync.h - the first sync after a start, in steps
 *
 * Room:     sync. Internal to sync.c.
 * Rule:     a step is a transaction of SYNC_STEP_SIZE elements; between two steps the loop handles everything else. Each table is
 *           - new, or has no base chains. The steps fill it, and the base chains come when all Services are installed: until then no
 *             packet meets the table, so for the traffic it is one transaction.
 *           - or left by an earlier run of the same version (LAYOUT_VERSION). First all Services claim their front ends, so that each
 *             front end has its owner before anything is changed. Then each step computes its changes as if nothing were
 *             installed, asks the kernel for the elements and chains that it would add, and sends what differs
 *             (ruleset/reconcile.h). At the end the numbers of chains and elements are compared. What the kernel has beside them is
 *             read and deleted, in steps as well (sync/leftovers.h), before the first sync counts as done.
 * Changed:  if rules of the skeleton differ, because the settings or the node's addresses are others, the first step refills these
 *           chains. As while the daemon runs, Services follow in steps. A front end may be in another map than it shall be, so each
 *           step also deletes its verdicts in the other maps.
 * Again:    if another process deletes tables with many elements while the daemon runs, they are made anew in this way. Likewise, if
 *           neither a survey nor reading single objects back explains how large tables are, they are taken over anew.
 * Order:    Services that changed since the start of the steps come first (model/store.h), parts of large ones last.
 * Gone:     what a Service does not ask for any more since it has claimed its front ends: the verdicts are deleted with its step;
 *           and those of a Service that went while no daemon ran, once all Services have claimed theirs
 *           (leftovers_new_unclaimed()).
 * Limits:   what an earlier run has installed more than is expected is in force until the end: for instance the endpoints of a
 *           port that was deleted while no daemon ran. Before the steps, one transaction changed all at once.
 * Kept:     a Service that cannot be planned, or that the kernel refuses. In new tables it is left out. In tables of an earlier run it keeps
 *           what it has there: the kernel is asked for what can belong to its front ends (sync/kept_lookup.h), in several steps if they
 *           are many (sync/large_service.h). If it has too many front
 *           ends to list them, the verdicts of the tables are asked whether they are the Service's (plan/found.h); nothing is installed
 *           meanwhile. After a refusal the tables are taken over anew, at most FIRST_SYNC_REFUSED_MAX times. What another
 *           process has changed in its chains is put right. A front end that leads to chains of a port that another Service has, or to
 *           source ranges that cannot be read back, is deleted (render/diff_kept.h).
 * Disturbed: if another process changes tables that are being taken over, it begins anew, at most three times. After that, or if they
 *           have what cannot be put right in steps, others are filled beside them, as for those of another version, and what kept
 *           Services have is copied. If that cannot be copied, because the kernel refuses it, or because there are too many front ends to
 *           list them, it waits and begins anew.
 * Other:    large tables of another version are not replaced in one transaction: for each element, it would cost 8 KB of kernel
 *           memory while anything listens. New tables with a second name are filled in steps. The transaction that brings their base chains
 *           deletes those of the old ones, which are then emptied in steps and deleted (sync/other_tables.h). Then the same is done in the
 *           other direction, so that the tables have their usual name after some seconds. A start that finds tables with the second name
 *           goes on from there.
 * Whole:    anything else is done in one step, from a snapshot of both tables: small tables, another error, or, if others cannot be
 *           filled beside them, the fourth foreign change.
 */
#ifndef SYNC_FIRST_SYNC_H
#define SYNC_FIRST_SYNC_H

#include <stdbool.h>

#include "base/err.h"

struct sync;
struct sync_addresses;

enum first_sync_result {
	FIRST_SYNC_RESULT_MORE,	     /* another step is due */
	FIRST_SYNC_RESULT_FAILED,    /* an error that may pass: the same again later */
	FIRST_SYNC_RESULT_DONE,	     /* everything is installed */
	FIRST_SYNC_RESULT_LEFTOVERS, /* likewise, but the tables have more: read back what is not known */
	FIRST_SYNC_RESULT_WHOLE,     /* it must be done in one step, from nothing */
};

/** first_sync_step() - Not after a result other than the first two. */
enum first_sync_result first_sync_step(struct sync *sync, const struct sync_addresses *addresses,
				       struct err *reterr);
/** first_sync_can_copy() - Whether what Services have that are not installed now can be copied to other tables. */
bool first_sync_can_copy(const struct sync *sync);
/** first_sync_is_under_way() - Some steps were made, but not the last one. */
bool first_sync_is_under_way(const struct sync *sync);
/** first_sync_has_all() - All Services were installed in steps. */
bool first_sync_has_all(const struct sync *sync);
/** first_sync_again() - After the first sync: forget what is installed, and begin anew. @is_moving: the tables get their usual name. */
void first_sync_again(struct sync *sync, bool is_moving);
/** first_sync_may_put_right() - Whether the tables are too large to be read back in one step; after the first sync. */
bool first_sync_may_put_right(const struct sync *sync);
/**
 * first_sync_put_right() - The tables are not as was thought, and it is not known where
 *
 * Large ones are taken over anew, in steps. For small ones, and before the first sync, the next transaction reads both whole tables back.
 */
void first_sync_put_right(struct sync *sync);
/** first_sync_prepare_whole() - After FIRST_SYNC_RESULT_WHOLE: the next transaction is one of the tables with the usual name. */
void first_sync_prepare_whole(struct sync *sync);
/** first_sync_done() - Free; there are no more steps. */
void first_sync_done(struct sync *sync);

#endif
