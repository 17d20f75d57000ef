/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kept_lookup.h - ask the kernel what kept Services have, while the tables of an earlier run are taken over
 *
 * Room:     sync (render/kept_keys.h, backend/nfnl_lookup.h, backend/nfnl_chain.h).
 */
#ifndef SYNC_KEPT_LOOKUP_H
#define SYNC_KEPT_LOOKUP_H

#include "base/err.h"

struct nfnl;
struct snapshot;
struct state;

/**
 * kept_lookup() - For the kept Services of the open transaction that have nothing installed
 * @ret:	always set: for state_use_kept(); snapshot_done() it after state_changes()
 *
 * Return: 0; -EEXIST: an element has something that ours never have; negative errno.
 */
int kept_lookup(struct nfnl *nfnl, const struct state *state, struct snapshot *ret, struct err *reterr)
	__attribute__((warn_unused_result));

#endif
