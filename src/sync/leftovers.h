/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * leftovers.h - delete what an earlier run has left in our tables and nothing needs any more
 *
 * Room:     sync (render/state.h, backend/nfnl_dump.h). Part of the first sync, and of sync/survey.h.
 * Use:      the first sync asks for what it wants, by keys. So it does not see elements of Services, ports and endpoints that
 *           went while no daemon ran. The numbers of elements show whether there are any. If so, the sets concerned are read,
 *           one datagram after the other, and what is not installed is deleted.
 * Order:    verdict maps first, in a round of their own, then all other sets, then chains, then client maps.
 * Rule:     a step takes LEFTOVERS_TURN_US, or one transaction. Between two steps the loop handles everything else, and syncs go on:
 *           what they install is left alone (leftovers_spare()).
 * End:      the numbers of elements are compared again. A kernel that does not say them is trusted if nothing was committed while
 *           the sets were read. After LEFTOVERS_ROUNDS_MAX rounds everything must be read back.
 * Chains:   if the table has another number of them, their names are read, one datagram after the other. Those that are not needed are
 *           emptied first, because they may lead to each other, and then deleted (sync/leftovers_chains.h).
 * Client maps: those that no Service port uses are deleted in the end, when no chain uses them any more.
 * Unclaimed: verdicts of front ends that no Service asks for are deleted earlier, as soon as all Services have claimed
 *           theirs (state_commit_claims()). Then a Service that went while no daemon ran has no effect any more, although it takes
 *           long to install the others. It is one round, and what it misses is found at the end.
 * Printing: `diff` prints the same, and changes nothing. If client maps are left over, everything must be read back.
 */
#ifndef SYNC_LEFTOVERS_H
#define SYNC_LEFTOVERS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "sync/leftovers_target.h"

struct buf;
struct changes;
struct element;
struct leftovers;
struct nfnl;
struct state;

#define LEFTOVERS_TURN_US    10000
#define LEFTOVERS_ROUNDS_MAX 6
#define LEFTOVERS_CHUNK	     50000 /* elements that are compared at once */
#define LEFTOVERS_STEP_SIZE  2000  /* elements of a transaction */

/** leftovers_new() - All that is wanted is installed; both are borrowed. */
struct leftovers *leftovers_new(struct nfnl *nfnl, const struct state *state);
/**
 * leftovers_new_unclaimed() - Delete the verdicts that no Service claims; all have claimed. Result _UNKNOWN: left for the end
 * @needs:	called with @ctx for each of them: true: it is not deleted. NULL: all are
 */
struct leftovers *leftovers_new_unclaimed(struct nfnl *nfnl, const struct state *state,
					  bool (*needs)(void *ctx, const struct element *verdict), void *ctx);
struct leftovers *leftovers_free(struct leftovers *leftovers);
DEFINE_FREEP(struct leftovers, leftovers_free);
/** leftovers_print() - Print into @text instead of deleting; @missing is considered. At once after leftovers_new(); both are borrowed. */
void leftovers_print(struct leftovers *leftovers, const struct leftovers_missing *missing, size_t columns,
		     struct buf *text);
/** leftovers_spare() - A transaction is going to be sent with @changes, which are not yet compared with the kernel. */
void leftovers_spare(struct leftovers *leftovers, const struct changes *changes);
/** leftovers_step() - Not between state_begin() and the end of the transaction, and not after a result other than the first. */
enum leftovers_result leftovers_step(struct leftovers *leftovers);
/** leftovers_n_deleted() - How many elements and chains were deleted so far. */
size_t leftovers_n_deleted(const struct leftovers *leftovers);

#endif
