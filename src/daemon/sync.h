/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sync.h - from the store to the kernel, or to text
 *
 * Room:     daemon. The one place where plan and backend meet.
 * Rule:     two roads to the kernel, no third: the exact difference from what is installed, or, when that is
 *           not known (start, a lost answer, somebody else's change), the difference from what was read back.
 *           What is installed changes only after the kernel said yes.
 */
#ifndef DAEMON_SYNC_H
#define DAEMON_SYNC_H

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "daemon/opts.h"

struct store;
struct nfnl;
struct sync;

/** struct sync_addresses - Addresses of the interfaces, sorted; borrowed for one call. */
struct sync_addresses {
	const struct addr *list;
	size_t n;
};

/**
 * sync_new() - @opts, @store and @nfnl are borrowed; @nfnl is NULL for text only
 */
struct sync *sync_new(const struct opts *opts, struct store *store, struct nfnl *nfnl,
		      const bool family_enabled[_FAMILY_MAX]);
struct sync *sync_free(struct sync *sync);
DEFINE_FREEP(struct sync, sync_free);

/**
 * sync_run() - Bring the kernel to the state of the store
 *
 * Takes the dirty set. A Service that cannot be planned or that the kernel refuses keeps what it had, is
 * logged, and is tried again when it changes; the others go on.
 *
 * Return: 0; negative errno: nothing was changed, all of it is tried again at the next call.
 */
int sync_run(struct sync *sync, const struct sync_addresses *addresses, struct err *reterr)
	__attribute__((warn_unused_result));
/** sync_forget() - What stands is not known any more: the next run reads it back. False if so before. */
bool sync_forget(struct sync *sync);
/** sync_print() - The ruleset of the store as text; for a sync without nfnl, once. */
int sync_print(struct sync *sync, const struct sync_addresses *addresses, struct buf *text,
	       struct err *reterr) __attribute__((warn_unused_result));

#endif
