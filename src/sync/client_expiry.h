/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * client_expiry.h - delete clients from client maps when their endpoint is removed
 *
 * Room:     sync (render/state.h names the client maps, backend/nfnl_clients.h reads them).
 * Rule:     tests/COVERAGE.md A6. Only the kernel knows the clients, and a map can have 262,144 of them, of many Service
 *           ports: one reading serves all of them. The deletion never holds up a transaction, and never makes it fail:
 *           - Just before the commit, the maps are read for CLIENT_EXPIRY_COMMIT_US at most, because other Services' changes wait.
 *             The clients of removed endpoints that were found are deleted in the same transaction if the kernel ignores those that have
 *             timed out, else in one of their own right before it.
 *           - After the commit, each map is read until no such client is found: a packet in flight can have
 *             added one before the commit, and a reading can miss some. The first turn follows the commit and takes
 *             CLIENT_EXPIRY_COMMIT_US, the others CLIENT_EXPIRY_TURN_US with a low priority on the loop.
 * Window:   a map of about 1,000 clients is done with the commit. For a larger one, packets of a client of the
 *           removed endpoint are dropped until the map was read (render/diff_removed.h): 60,000 clients take 0.3 s (IPv6: 0.9 s), 200,000
 *           2.6 s (7.2 s). Not after a restart: there is nothing that says which endpoints an earlier run had removed.
 * Limits:   a map is read CLIENT_EXPIRY_PASSES_MAX times. Memory for a map of 262,144 IPv6 clients: up to 40 MB while it is read.
 */
#ifndef SYNC_CLIENT_EXPIRY_H
#define SYNC_CLIENT_EXPIRY_H

#include <stdbool.h>

#include "backend/backend.h"
#include "base/cleanup.h"
#include "base/service_name.h"
#include "ruleset/change.h"

struct nfnl;
struct client_expiry;
struct sd_event;
struct state;

#define CLIENT_EXPIRY_COMMIT_US	 2000  /* just before a commit, and again just after it */
#define CLIENT_EXPIRY_TURN_US	 10000 /* later, with a low priority */
#define CLIENT_EXPIRY_PASSES_MAX 10

/**
 * typedef client_expiry_done - The reading of a map has ended, for each of its lists that has lost an endpoint
 * @deleted:	clients of @list were deleted
 *
 * No client of @list is bound to a removed endpoint any more, unless the log has a warning that some may be kept.
 */
typedef void client_expiry_done(void *ctx, struct service_name service, enum family table,
				const struct set_list_key *list, bool deleted);

/** client_expiry_new() - @event NULL: nothing is ever committed. */
struct client_expiry *client_expiry_new(struct sd_event *event, struct nfnl *nfnl, client_expiry_done *done,
					void *ctx);
struct client_expiry *client_expiry_free(struct client_expiry *expiry);
DEFINE_FREEP(struct client_expiry, client_expiry_free);
/** client_expiry_collect() - After state_changes(): copy what @state names; what was collected and not committed is dropped. */
void client_expiry_collect(struct client_expiry *expiry, struct state *state);
/**
 * client_expiry_before() - Delete clients just before the commit of @changes, or add their deletion to it
 *
 * What it adds is valid until the next client_expiry_collect().
 */
void client_expiry_before(struct client_expiry *expiry, struct changes *changes);
/**
 * client_expiry_refused() - Whether the commit of @changes failed (@r) maybe because of the clients
 *
 * If so, repeat it: client_expiry_before() adds none until a commit has succeeded.
 */
bool client_expiry_refused(struct client_expiry *expiry, const struct changes *changes,
			   const struct backend_report *report, int r);
/** client_expiry_commit() - After a commit: start to read the collected maps. A map that is being read is judged by its new list. */
void client_expiry_commit(struct client_expiry *expiry, const struct skeleton *skeleton);

#endif
