/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Clients that time out
 *
 * The kernel may remove a client at any time. NFT_MSG_DESTROYSETELEM (Linux 6.3) ignores a missing element. Older kernels
 * refuse the transaction with an error for each missing client, because they check all messages of a batch. So
 * the named clients are left out, and the rest is sent again.
 */
#include "config.h"
#include "backend/nfnl_clients.h"

#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

#include <libmnl/libmnl.h>

#include "backend/nfnl_batch.h"
#include "backend/nfnl_commit.h"
#include "backend/nfnl_dump.h"
#include "backend/nfnl_element.h"
#include "backend/nfnl_internal.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/hash_table.h"

#define NFNL_CLIENTS_TRIES_MAX 4    /* to delete */
#define NFNL_CLIENTS_PER_STEP  2000 /* IPv6 clients without a port, after both parts were read */

/* A client of an IPv6 map: its first part was read. */
struct nfnl_clients_half {
	struct client client;
	bool joined; /* and its second part */
	UT_hash_handle hh;
};

/**
 * struct nfnl_clients
 * @part:	of @map, which is being read
 * @reading:	not all parts are read
 * @found, @ctx: during nfnl_clients_step()
 * @halves:	by client, in @arena
 * @next_half:	after all parts: the next one to report
 */
struct nfnl_clients {
	struct nfnl_dump *dump;
	struct client_map map;
	size_t part;
	bool reading;
	nfnl_clients_found *found;
	void *ctx;
	struct arena *arena;
	struct nfnl_clients_half *halves;
	struct nfnl_clients_half *next_half;
};

struct nfnl_clients *nfnl_clients_new(const struct nfnl *nfnl)
{
	struct nfnl_clients *clients = alloc_zeroed(1, sizeof(*clients));

	clients->dump = nfnl_dump_new(nfnl);
	clients->arena = arena_new();
	return clients;
}

static void nfnl_clients_end(struct nfnl_clients *clients)
{
	HASH_CLEAR(hh, clients->halves);
	clients->next_half = NULL;
	arena_reset(clients->arena);
	clients->reading = false;
}

struct nfnl_clients *nfnl_clients_free(struct nfnl_clients *clients)
{
	if (!clients)
		return NULL;
	nfnl_clients_end(clients);
	nfnl_dump_free(clients->dump);
	arena_free(clients->arena);
	free(clients);
	return NULL;
}

static int nfnl_clients_start_part(struct nfnl_clients *clients, struct err *reterr)
{
	const struct client_map *map = &clients->map;
	char name[CLIENT_MAP_PART_NAME_SIZE];
	int r;

	r = nfnl_dump_start(clients->dump, map->table,
			    client_map_part_name(map->table, map->name, clients->part, name), reterr);
	clients->reading = !r;
	return r;
}

int nfnl_clients_start(struct nfnl_clients *clients, const struct client_map *map, struct err *reterr)
{
	nfnl_clients_end(clients);
	clients->map = *map;
	clients->part = 0;
	return nfnl_clients_start_part(clients, reterr);
}

static struct nfnl_clients_half *nfnl_clients_find(struct nfnl_clients *clients, const struct client *client)
{
	struct nfnl_clients_half *half;

	HASH_FIND(hh, clients->halves, &client->key, sizeof(client->key), half);
	return half;
}

static void nfnl_clients_add(struct nfnl_clients *clients, struct client *client)
{
	bool first = clients->part == 0, last = clients->part + 1 == client_map_n_parts(clients->map.table);
	struct nfnl_clients_half *half = first && last ? NULL : nfnl_clients_find(clients, client);

	if (!last) {
		if (half)
			return;
		half = arena_alloc(clients->arena, sizeof(*half));
		half->client = *client;
		HASH_ADD(hh, clients->halves, client.key, sizeof(half->client.key), half);
		return;
	}
	if (half) {
		half->joined = true;
		client->has_addr = true;
		client->addr = half->client.addr;
	}
	clients->found(clients->ctx, client);
}

static void nfnl_clients_entry(void *ctx, const struct nlattr *entry)
{
	struct nfnl_clients *clients = ctx;
	struct client client;

	if (nfnl_element_parse_client(entry, clients->map.table, clients->part, &client))
		nfnl_clients_add(clients, &client);
}

/* Clients whose second part was not found. Return: as nfnl_clients_step(). */
static int nfnl_clients_report_halves(struct nfnl_clients *clients)
{
	struct nfnl_clients_half *half;
	size_t n;

	for (n = 0; clients->next_half && n < NFNL_CLIENTS_PER_STEP; n++) {
		half = clients->next_half;
		clients->next_half = half->hh.next;
		if (!half->joined)
			clients->found(clients->ctx, &half->client);
	}
	if (clients->next_half)
		return 1;
	nfnl_clients_end(clients);
	return 0;
}

int nfnl_clients_step(struct nfnl_clients *clients, nfnl_clients_found *found, void *ctx, struct err *reterr)
{
	int r;

	clients->found = found;
	clients->ctx = ctx;
	if (!clients->reading)
		return nfnl_clients_report_halves(clients);
	r = nfnl_dump_step(clients->dump, nfnl_clients_entry, clients, reterr);
	if (r > 0)
		return 1;
	if (r < 0) {
		nfnl_clients_end(clients);
		return r;
	}
	clients->reading = false;
	if (++clients->part < client_map_n_parts(clients->map.table)) {
		r = nfnl_clients_start_part(clients, reterr);
		return r < 0 ? r : 1;
	}
	clients->next_half = clients->halves;
	return nfnl_clients_report_halves(clients);
}

bool nfnl_clients_can_destroy(const struct nfnl *nfnl)
{
	return nfnl->tables.destroy;
}

/* The kernel's answer to a batch of deletions. */
struct nfnl_clients_answer {
	const struct nfnl_batch *batch;
	struct changes *changes;
	bool acknowledged;
	size_t n_gone;
	bool *gone; /* by change */
	int error;  /* the first one but for clients that are gone */
};

static int nfnl_clients_answer(void *ctx, const struct nlmsghdr *nlh)
{
	struct nfnl_clients_answer *answer = ctx;
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(nlh);
	size_t change;

	if (nlh->nlmsg_type != NLMSG_ERROR || nlh->nlmsg_seq < answer->batch->first_sequence)
		return 0;
	if (!e->error) {
		if (nlh->nlmsg_seq == answer->batch->last_sequence)
			answer->acknowledged = true;
		return 0;
	}
	change = nfnl_batch_change(answer->batch, nlh->nlmsg_seq);
	if (e->error == -ENOENT && change != SIZE_MAX) {
		answer->n_gone += !answer->gone[change];
		answer->gone[change] = true;
	} else if (!answer->error) {
		answer->error = e->error;
	}
	return 0;
}

static void nfnl_clients_leave_out(struct changes *changes, const bool *gone)
{
	size_t i, n = 0;

	for (i = 0; i < changes->n; i++)
		if (!gone[i])
			changes->list[n++] = changes->list[i];
	changes->n = n;
}

/* Return: 0; -EAGAIN: some clients are gone, and were removed from @changes; other negative errno. */
static int nfnl_clients_try(struct nfnl *nfnl, struct changes *changes, struct err *reterr)
{
	const struct nfnl_batch_tables tables = { .name = nfnl->table_name, .destroy = nfnl->tables.destroy };
	struct nfnl_batch batch;
	struct nfnl_clients_answer answer = { .batch = &batch };
	int r;

	answer.gone = alloc_zeroed(changes->n, sizeof(*answer.gone));
	/* Without a generation: whatever another process has changed, these clients are to be deleted. */
	nfnl_batch_build(&nfnl->socket, changes, 0, changes->n, &tables, NULL, false, &batch);
	r = nfnl_socket_send_batch(&nfnl->socket, &batch.bytes, reterr);
	if (!r)
		r = nfnl_socket_drain(&nfnl->socket, nfnl_clients_answer, &answer);
	nfnl_batch_done(&batch);
	if (!r && answer.acknowledged && !answer.error && !answer.n_gone)
		nfnl_commit_advance(nfnl);
	else if (!r && !answer.error && answer.n_gone)
		r = err_set(reterr, -EAGAIN, "clients timed out before they could be deleted");
	else if (!r)
		r = err_set(reterr, answer.error ? answer.error : -EIO, "cannot delete clients: %s",
			    answer.error ? strerror(-answer.error) : "the kernel's answer was lost");
	if (r == -EAGAIN)
		nfnl_clients_leave_out(changes, answer.gone);
	free(answer.gone);
	return r;
}

int nfnl_clients_delete(struct nfnl *nfnl, struct changes *changes, struct err *reterr)
{
	int tries, r = 0;

	for (tries = 0; changes->n && tries < NFNL_CLIENTS_TRIES_MAX; tries++) {
		r = nfnl_clients_try(nfnl, changes, reterr);
		if (r != -EAGAIN)
			return r;
	}
	return changes->n ? r : 0;
}
