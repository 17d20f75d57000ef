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
#include "base/log_ratelimit.h"
#include "base/monotonic.h"
#include "render/affinity.h"
#include "render/state.h"

#define CLIENT_EXPIRY_TRIES_MAX 3 /* after a commit */

/* A client map to read, and the endpoints that its clients may have; copied. */
struct client_expiry_map {
	struct service_name owner;
	struct client_map map;
	struct pool pool;
};

struct client_expiry {
	struct arena *arena;
	struct log_ratelimit log_ratelimit;
	struct client_expiry_map *maps;
	size_t n;
};

struct client_expiry *client_expiry_new(void)
{
	struct client_expiry *expiry = alloc_zeroed(1, sizeof(*expiry));

	expiry->arena = arena_new();
	return expiry;
}

struct client_expiry *client_expiry_free(struct client_expiry *expiry)
{
	if (!expiry)
		return NULL;
	arena_free(expiry->arena);
	free(expiry);
	return NULL;
}

void client_expiry_collect(struct client_expiry *expiry, struct state *state)
{
	struct buf bytes = BUF_INIT;
	struct state_expiry next;

	arena_reset(expiry->arena);
	while (state_next_expiry(state, &next)) {
		struct client_expiry_map map = { .map = next.map, .pool = *next.pool };
		struct pool_endpoint *endpoints =
			arena_array(expiry->arena, map.pool.n_endpoints, sizeof(*endpoints));

		memcpy(endpoints, next.pool->endpoints, map.pool.n_endpoints * sizeof(*endpoints));
		map.pool.endpoints = endpoints;
		map.owner = service_name_copy_to(expiry->arena, next.owner);
		buf_add(&bytes, &map, sizeof(map));
	}
	expiry->n = bytes.size / sizeof(*expiry->maps);
	expiry->maps = arena_array(expiry->arena, expiry->n, sizeof(*expiry->maps));
	if (expiry->n)
		memcpy(expiry->maps, bytes.data, bytes.size);
	buf_done(&bytes);
}

/* If the map was deleted, the commit will find out. */
static int client_expiry_add_map(struct client_expiry *expiry, struct nfnl *nfnl,
				 const struct client_expiry_map *map, struct changes *changes,
				 struct err *reterr)
{
	struct client *clients = NULL;
	size_t n = 0, i;
	int r = nfnl_clients_read(nfnl, &map->map, &clients, &n, reterr);

	if (r == -ENOENT)
		return 0;
	for (i = 0; !r && i < n; i++) {
		struct client *client;

		if (!affinity_is_stale(&map->pool, &clients[i]))
			continue;
		client = arena_alloc(expiry->arena, sizeof(*client));
		*client = clients[i];
		change_del_client(changes, map->owner, &map->map, client);
	}
	free(clients);
	return r;
}

int client_expiry_add(struct client_expiry *expiry, struct nfnl *nfnl, struct changes *changes,
		      struct err *reterr)
{
	size_t i;
	int r = 0;

	for (i = 0; !r && i < expiry->n; i++)
		r = client_expiry_add_map(expiry, nfnl, &expiry->maps[i], changes, reterr);
	if (!r && expiry->n)
		change_finish(changes);
	return r;
}

bool client_expiry_client_timed_out(const struct changes *changes, const struct backend_report *report, int r)
{
	return r == -ENOENT && report->failed != SIZE_MAX &&
	       changes->list[report->failed].op == CHANGE_OP_CLIENT_DEL;
}

void client_expiry_repeat(struct client_expiry *expiry, struct nfnl *nfnl, const struct skeleton *skeleton)
{
	struct backend_report report = { .failed = SIZE_MAX };
	struct changes changes;
	struct err err = { 0 };
	int tries, r = 0;
	size_t n = 1;

	for (tries = 0; expiry->n && n && tries < CLIENT_EXPIRY_TRIES_MAX; tries++) {
		change_init(&changes, skeleton);
		r = client_expiry_add(expiry, nfnl, &changes, &err);
		n = changes.n;
		if (!r && n)
			r = nfnl_commit(nfnl, &changes, &report, &err);
		if (r == -ESTALE || client_expiry_client_timed_out(&changes, &report, r))
			r = 0;
		change_done(&changes);
		if (r < 0)
			break;
	}
	if (r < 0 && log_ratelimit_may_say(&expiry->log_ratelimit, "clients", err.text, monotonic_ms()))
		log_warn("sync", "clients of removed endpoints may be kept until they time out",
			 LOG_TEXT("err", err.text));
	expiry->n = 0;
}
