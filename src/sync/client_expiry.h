/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * client_expiry.h - delete clients from client maps when their endpoint is removed
 *
 * Room:     sync (render/state.h names the client maps, backend/nfnl_clients.h reads them).
 * Rule:     tests/COVERAGE.md A6: the clients of a removed endpoint are deleted in the same transaction. Only the kernel knows
 *           the clients, so the maps are read just before the commit, and once more after it: in between, a packet in
 *           flight may have added a client.
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
struct client_expiry *client_expiry_free(struct client_expiry *expiry);
DEFINE_FREEP(struct client_expiry, client_expiry_free);
/** client_expiry_collect() - After state_changes(): copy the maps that @state names; the earlier ones are dropped. */
void client_expiry_collect(struct client_expiry *expiry, struct state *state);
/**
 * client_expiry_add() - Read the maps, and add the deletion of expired clients to @changes
 *
 * What it adds is valid until the next client_expiry_collect().
 */
int client_expiry_add(struct client_expiry *expiry, struct nfnl *nfnl, struct changes *changes,
		      struct err *reterr) __attribute__((warn_unused_result));
/** client_expiry_client_timed_out() - The commit failed (@r) because a client timed out after it was read: repeat the commit. */
bool client_expiry_client_timed_out(const struct changes *changes, const struct backend_report *report,
				    int r);
/** client_expiry_repeat() - After a commit: delete clients that were added before it. Errors are logged. */
void client_expiry_repeat(struct client_expiry *expiry, struct nfnl *nfnl, const struct skeleton *skeleton);

#endif
