/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "sync/client_expiry.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backend/nfnl_clients.h"
#include "backend/nfnl_commit.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"
#include "render/affinity.h"
#include "render/state.h"

#define CLIENT_EXPIRY_TRIES_MAX 3 /* readings after a commit */

/* A client map that must be looked at, and its list now, copied. */
struct purge {
	struct service_name owner;
	struct client_map map;
	struct pool pool;
};

struct client_expiry {
	struct arena *arena;
	struct purge *list;
	size_t n;
};

struct client_expiry *client_expiry_new(void)
{
	struct client_expiry *purges = alloc_zeroed(1, sizeof(*purges));

	purges->arena = arena_new();
	return purges;
}

struct client_expiry *client_expiry_free(struct client_expiry *purges)
{
	if (!purges)
		return NULL;
	arena_free(purges->arena);
	free(purges);
	return NULL;
}

void client_expiry_collect(struct client_expiry *purges, struct state *state)
{
	struct buf bytes = BUF_INIT;
	struct state_expiry next;

	arena_reset(purges->arena);
	while (state_next_expiry(state, &next)) {
		struct purge purge = { .map = next.map, .pool = *next.pool };
		struct pool_endpoint *endpoints =
			arena_array(purges->arena, purge.pool.n_endpoints, sizeof(*endpoints));

		memcpy(endpoints, next.pool->endpoints, purge.pool.n_endpoints * sizeof(*endpoints));
		purge.pool.endpoints = endpoints;
		purge.owner = service_name_copy_to(purges->arena, next.owner);
		buf_add(&bytes, &purge, sizeof(purge));
	}
	purges->n = bytes.size / sizeof(*purges->list);
	purges->list = arena_array(purges->arena, purges->n, sizeof(*purges->list));
	if (purges->n)
		memcpy(purges->list, bytes.data, bytes.size);
	buf_done(&bytes);
}

/* Add to @changes what the map knows and should not. A map that is gone is for the commit to find out. */
static int client_expiry_add_map(struct client_expiry *purges, struct nfnl *nfnl, const struct purge *purge,
				 struct changes *changes, struct err *reterr)
{
	struct client *clients = NULL;
	size_t n = 0, i;
	int r = nfnl_clients_read(nfnl, &purge->map, &clients, &n, reterr);

	if (r == -ENOENT)
		return 0;
	for (i = 0; !r && i < n; i++) {
		struct client *client;

		if (!affinity_is_stale(&purge->pool, &clients[i]))
			continue;
		client = arena_alloc(purges->arena, sizeof(*client));
		*client = clients[i];
		change_del_client(changes, purge->owner, &purge->map, client);
	}
	free(clients);
	return r;
}

int client_expiry_add(struct client_expiry *purges, struct nfnl *nfnl, struct changes *changes,
		      struct err *reterr)
{
	size_t i;
	int r = 0;

	for (i = 0; !r && i < purges->n; i++)
		r = client_expiry_add_map(purges, nfnl, &purges->list[i], changes, reterr);
	if (!r && purges->n)
		change_finish(changes);
	return r;
}

bool client_expiry_client_aged(const struct changes *changes, const struct backend_report *report, int r)
{
	return r == -ENOENT && report->failed != SIZE_MAX &&
	       changes->list[report->failed].op == CHANGE_OP_CLIENT_DEL;
}

void client_expiry_again(struct client_expiry *purges, struct nfnl *nfnl, const struct skeleton *skeleton)
{
	struct backend_report report = { .failed = SIZE_MAX };
	struct changes changes;
	struct err err = { 0 };
	int tries, r = 0;
	size_t n = 1;

	for (tries = 0; purges->n && n && tries < CLIENT_EXPIRY_TRIES_MAX; tries++) {
		change_init(&changes, skeleton);
		r = client_expiry_add(purges, nfnl, &changes, &err);
		n = changes.n;
		if (!r && n)
			r = nfnl_commit(nfnl, &changes, &report, &err);
		if (r == -ESTALE || client_expiry_client_aged(&changes, &report, r))
			r = 0;
		change_done(&changes);
		if (r < 0)
			break;
	}
	if (r < 0)
		log_warn("sync", "clients of endpoints that went may be remembered until their time is over",
			 LOG_TEXT("err", err.text));
	purges->n = 0;
}
