/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ctflush.h - find flows in the kernel's connection tracking and delete them
 *
 * Room:     backend. It has its own socket, so it never delays a transaction.
 * Shapes:   a round is one dump of the UDP flows of each family asked for, then the deletions. It goes in
 *           small steps of some ms: ctflush_dispatch() reads one datagram (some hundred flows, or the answers to some
 *           deletions), whenever the socket is readable, or goes on with what it has not handled yet.
 * Rule:     tests/COVERAGE.md C9, C11, C12. An entry is deleted by its whole original tuple, its zone and the
 *           kernel's id: never a later entry with the same addresses.
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

#define CTFLUSH_CANDIDATES_MAX 65536  /* flows found in one round; more are left for the next */
#define CTFLUSH_FILTER_MAX     100000 /* a table with more flows is read whole, not only its UDP flows */
#define CTFLUSH_TRIES_MAX      5 /* dumps of one family, if the kernel resizes its table during each (C12) */

struct ctflush;

/**
 * typedef ctflush_stale - Whether to delete @flow
 *
 * Called when it is read, and again just before it is deleted, maybe some turns of the loop later.
 */
typedef bool ctflush_stale(void *ctx, const struct flow *flow);

/**
 * struct ctflush_report - Result of a round
 * @n_flows:	read; other protocols than UDP only of a large table, or from kernels without the filter
 * @n_found:	stale ones among them
 * @n_deleted, @n_deleted_of: deleted, in all and by family
 * @n_refused:	the kernel refused to delete them
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
/** ctflush_pending() - The last step was cut short: ctflush_dispatch() is due in the next turn, without input. */
bool ctflush_pending(const struct ctflush *ctflush);
/**
 * ctflush_start() - Begin a round; the last one must have ended
 * @family_wanted: whose flows are read
 * @stale:	called with @ctx until the round has ended
 */
int ctflush_start(struct ctflush *ctflush, const bool family_wanted[_FAMILY_MAX], ctflush_stale *stale,
		  void *ctx, struct err *reterr) __attribute__((warn_unused_result));
/**
 * ctflush_dispatch() - Go one step
 * @ret:	set when the round has ended, also by an error
 *
 * Return: -EINPROGRESS while the round goes on; 0 at its end; other negative errno: it ended early.
 * -EINTR: every dump was interrupted, the flows that were found are deleted; -EOPNOTSUPP: this kernel's connection
 * tracking cannot be read; -ENOBUFS: answers were lost. Without a round: 0.
 */
int ctflush_dispatch(struct ctflush *ctflush, struct ctflush_report *ret, struct err *reterr)
	__attribute__((warn_unused_result));

#endif
