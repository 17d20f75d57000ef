/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctflush.h - find flows in the kernel's connection tracking and forget them
 *
 * Room:     backend. A socket of its own, so that nothing here ever waits in the way of a transaction.
 * Shapes:   a round is one dump of the UDP flows of each family asked for, then the deletions. It goes in
 *           small steps: ctflush_dispatch() reads one datagram (some hundred flows, or the answers to some
 *           deletions), whenever the socket is readable.
 * Rule:     tests/COVERAGE.md C9, C11, C12. An entry is deleted by its whole original tuple, its zone and the
 *           kernel's number of it: never one that came later under the same addresses.
 * Not here: which flows (plan/stale.h), when (sync/stale_flows.h).
 * Needs:    CAP_NET_ADMIN in the network namespace's user namespace.
 */
#ifndef BACKEND_CTFLUSH_H
#define BACKEND_CTFLUSH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/flow.h"

#define CTFLUSH_CANDIDATES_MAX 65536 /* flows found in one round; more are left for the next */
#define CTFLUSH_TRIES_MAX      5     /* dumps of one family, if the table changes its shape meanwhile (C12) */

struct ctflush;

/**
 * typedef ctflush_stale - Whether @flow is to be forgotten
 *
 * Asked when it is read, and again just before it is deleted, perhaps some turns of the loop later.
 */
typedef bool ctflush_stale(void *ctx, const struct flow *flow);

/**
 * struct ctflush_report - What a round was
 * @n_flows:	read; of protocols other than UDP only from kernels that cannot leave them out
 * @n_found:	stale ones among them
 * @n_deleted, @n_deleted_of: deleted, in all and by family
 * @n_refused:	the kernel would not delete
 * @more:	there were more than CTFLUSH_CANDIDATES_MAX: another round is due
 */
struct ctflush_report {
	size_t n_flows;
	size_t n_found;
	size_t n_deleted;
	size_t n_deleted_of[_FAMILY_MAX];
	size_t n_refused;
	bool more;
};

int ctflush_new(struct ctflush **ret, struct err *reterr) __attribute__((warn_unused_result));
struct ctflush *ctflush_free(struct ctflush *ctflush);
DEFINE_FREEP(struct ctflush, ctflush_free);
/** ctflush_fd() - To poll for input; then ctflush_dispatch(). */
int ctflush_fd(const struct ctflush *ctflush);
/**
 * ctflush_start() - Begin a round; none is under way
 * @family_wanted: whose flows are read
 * @stale:	called with @ctx until the round has ended
 */
int ctflush_start(struct ctflush *ctflush, const bool family_wanted[_FAMILY_MAX], ctflush_stale *stale,
		  void *ctx, struct err *reterr) __attribute__((warn_unused_result));
/**
 * ctflush_dispatch() - Go one step on
 * @ret:	set once the round has ended, well or not
 *
 * Return: -EINPROGRESS while the round goes on; 0 at its end; other negative errno: it ended early.
 * -EINTR: the table never held still, what was found is deleted; -EOPNOTSUPP: this kernel has no connection
 * tracking to be read; -ENOBUFS: answers were lost. Without a round: 0.
 */
int ctflush_dispatch(struct ctflush *ctflush, struct ctflush_report *ret, struct err *reterr)
	__attribute__((warn_unused_result));

#endif
