/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * client_expiry.h - clients that are to be forgotten, because their endpoint went
 *
 * Room:     sync (render/state.h says which client maps, backend/nfnl.h reads them).
 * Rule:     tests/COVERAGE.md A6: clients of endpoints that went are forgotten in the transaction that takes the endpoints away.
 *           What a map has learnt is in the kernel alone, so the maps at stake are read just before, and once more after:
 *           a packet in flight may have taught one what it should not know any more.
 */
#ifndef SYNC_CLIENT_EXPIRY_H
#define SYNC_CLIENT_EXPIRY_H

#include <stdbool.h>

#include "backend/backend.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "ruleset/change.h"

struct nfnl;
struct client_expiry;
struct state;

struct client_expiry *client_expiry_new(void);
struct client_expiry *client_expiry_free(struct client_expiry *purges);
DEFINE_FREEP(struct client_expiry, client_expiry_free);
/** client_expiry_collect() - After state_changes(): copy what @state says, instead of what was collected before. */
void client_expiry_collect(struct client_expiry *purges, struct state *state);
/** client_expiry_add() - Read the maps and add to @changes what they know and should not; valid until the next client_expiry_collect(). */
int client_expiry_add(struct client_expiry *purges, struct nfnl *nfnl, struct changes *changes,
		      struct err *reterr) __attribute__((warn_unused_result));
/** client_expiry_client_aged() - A commit failed (@r) for a client that has aged away since it was read: it is to be repeated. */
bool client_expiry_client_aged(const struct changes *changes, const struct backend_report *report, int r);
/** client_expiry_again() - After a commit: what was learnt between the reading and the commit. What fails is logged. */
void client_expiry_again(struct client_expiry *purges, struct nfnl *nfnl, const struct skeleton *skeleton);

#endif
