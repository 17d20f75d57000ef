/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nfnl_clients.h - read client maps from the kernel, and delete clients
 *
 * Room:     backend. Part of backend/nfnl.h.
 * Reading:  in small steps, over a socket of its own, so it never delays a transaction. A step is one datagram of some
 *           hundred clients. For each datagram the kernel walks the map from its start: one step takes some milliseconds
 *           for 262,144 clients, all steps together some seconds.
 * Deleting: in a transaction of its own, which changes nothing else. A client that has timed out is no error.
 * Limits:   if clients are added or time out while a map is read, the kernel can leave out some clients, or repeat
 *           some. For an IPv6 map, the reader keeps all clients until both parts are read: 100 bytes each.
 */
#ifndef BACKEND_NFNL_CLIENTS_H
#define BACKEND_NFNL_CLIENTS_H

#include <stdbool.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "ruleset/change.h"
#include "ruleset/client_map.h"

struct nfnl;
struct nfnl_clients;

/** typedef nfnl_clients_found - Called for each client that was read, with the parts that were found. */
typedef void nfnl_clients_found(void *ctx, const struct client *client);

/** nfnl_clients_new() - A reader of the tables of @nfnl, which is borrowed. */
struct nfnl_clients *nfnl_clients_new(const struct nfnl *nfnl);
struct nfnl_clients *nfnl_clients_free(struct nfnl_clients *clients);
DEFINE_FREEP(struct nfnl_clients, nfnl_clients_free);
/** nfnl_clients_start() - Start to read @map. An unfinished reading is given up. */
int nfnl_clients_start(struct nfnl_clients *clients, const struct client_map *map, struct err *reterr)
	__attribute__((warn_unused_result));
/**
 * nfnl_clients_step() - Read one datagram, without waiting
 *
 * Return: 1: there is more; 0: the map is read; -ENOENT: there is no such map; other negative errno. After anything but 1,
 * nfnl_clients_start() is next.
 */
int nfnl_clients_step(struct nfnl_clients *clients, nfnl_clients_found *found, void *ctx, struct err *reterr)
	__attribute__((warn_unused_result));

/** nfnl_clients_can_destroy() - Whether a transaction with CHANGE_OP_CLIENT_DEL succeeds although the client has timed out. */
bool nfnl_clients_can_destroy(const struct nfnl *nfnl);
/**
 * nfnl_clients_delete() - Delete clients
 * @changes:	only CHANGE_OP_CLIENT_DEL; those of clients that have timed out may be removed from the list
 *
 * Return: 0; -EAGAIN: a client timed out during each of the attempts, and nothing was deleted; other negative errno.
 */
int nfnl_clients_delete(struct nfnl *nfnl, struct changes *changes, struct err *reterr)
	__attribute__((warn_unused_result));

#endif
