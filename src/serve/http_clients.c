/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "serve/http_clients.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "base/hash_table.h"

/* An address with clients. @of_unix: of all Unix sockets; @bytes: of IPv4, mapped into IPv6; of IPv6, the first half */
struct http_peer_key {
	bool of_unix;
	uint8_t bytes[16];
};

/** struct http_peer - @clients: the oldest first, without those that are cut or wait */
struct http_peer {
	struct http_peer_key key;
	size_t n;
	size_t n_listed;
	struct http_client *clients;
	UT_hash_handle hh;
};

enum http_client_state {
	HTTP_CLIENT_LISTED,
	HTTP_CLIENT_WAITS,
	HTTP_CLIENT_CUT,
};

/** struct http_client - @since_ms: when it came, or had its last answer */
struct http_client {
	int fd;
	enum http_client_state state;
	uint64_t since_ms;
	struct http_peer *peer;
	struct http_client *prev, *next;
	struct http_client *peer_prev, *peer_next;
	UT_hash_handle hh;
};

/**
 * struct http_clients
 * @limit:	at most @max; lower while descriptors are short
 * @n:		without the @n_cut that are cut
 * @oldest:	of those that are listed, the oldest first
 */
struct http_clients {
	size_t max;
	size_t limit;
	size_t n;
	size_t n_cut;
	struct http_client *by_fd;
	struct http_client *oldest;
	struct http_peer *peers;
};

struct http_clients *http_clients_new(size_t max)
{
	struct http_clients *clients = alloc_zeroed(1, sizeof(*clients));

	clients->max = clients->limit = max;
	return clients;
}

struct http_clients *http_clients_free(struct http_clients *clients)
{
	free(clients);
	return NULL;
}

static void http_peer_key(const struct sockaddr_storage *from, struct http_peer_key *ret)
{
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)from;
	const struct sockaddr_in *in = (const struct sockaddr_in *)from;

	/* Also the padding: it is a key. */
	memset(ret, 0, sizeof(*ret));
	if (from->ss_family == AF_INET) {
		ret->bytes[10] = ret->bytes[11] = 0xff;
		memcpy(ret->bytes + 12, &in->sin_addr, 4);
	} else if (from->ss_family == AF_INET6) {
		memcpy(ret->bytes, &in6->sin6_addr, IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr) ? 16 : 8);
	} else {
		ret->of_unix = true;
	}
}

static struct http_peer *http_peer_of(struct http_clients *clients, const struct sockaddr_storage *from)
{
	struct http_peer_key key;
	struct http_peer *peer;

	http_peer_key(from, &key);
	HASH_FIND(hh, clients->peers, &key, sizeof(key), peer);
	if (!peer) {
		peer = alloc_zeroed(1, sizeof(*peer));
		peer->key = key;
		HASH_ADD(hh, clients->peers, key, sizeof(key), peer);
	}
	return peer;
}

static void http_clients_list(struct http_clients *clients, struct http_client *client, uint64_t now_ms)
{
	client->state = HTTP_CLIENT_LISTED;
	client->since_ms = now_ms;
	DL_APPEND(clients->oldest, client);
	DL_APPEND2(client->peer->clients, client, peer_prev, peer_next);
	client->peer->n_listed++;
}

static void http_clients_unlist(struct http_clients *clients, struct http_client *client,
				enum http_client_state state)
{
	if (client->state == HTTP_CLIENT_LISTED) {
		DL_DELETE(clients->oldest, client);
		DL_DELETE2(client->peer->clients, client, peer_prev, peer_next);
		client->peer->n_listed--;
	}
	client->state = state;
}

static void http_clients_cut(struct http_clients *clients, struct http_client *client)
{
	http_clients_unlist(clients, client, HTTP_CLIENT_CUT);
	clients->n--;
	clients->n_cut++;
	(void)shutdown(client->fd, SHUT_RDWR);
}

static bool http_clients_cut_one(struct http_clients *clients)
{
	const struct http_peer *most = NULL, *peer;

	for (peer = clients->peers; peer; peer = peer->hh.next)
		if (peer->n_listed &&
		    (!most || peer->n_listed > most->n_listed ||
		     (peer->n_listed == most->n_listed && peer->clients->since_ms < most->clients->since_ms)))
			most = peer;
	if (!most)
		return false;
	http_clients_cut(clients, most->clients);
	return true;
}

bool http_clients_add(struct http_clients *clients, int fd, const struct sockaddr_storage *from,
		      uint64_t now_ms)
{
	struct http_client *client;

	if (clients->n >= clients->limit && !http_clients_cut_one(clients))
		return false;
	client = alloc_zeroed(1, sizeof(*client));
	client->fd = fd;
	client->peer = http_peer_of(clients, from);
	client->peer->n++;
	clients->n++;
	HASH_ADD_INT(clients->by_fd, fd, client);
	http_clients_list(clients, client, now_ms);
	return true;
}

void http_clients_limit(struct http_clients *clients)
{
	size_t limit = clients->n > HTTP_CLIENTS_FEW ? clients->n : HTTP_CLIENTS_FEW;

	if (clients->limit > limit)
		clients->limit = limit;
}

size_t http_clients_n_cut(const struct http_clients *clients)
{
	return clients->n_cut;
}

struct http_client *http_clients_find(struct http_clients *clients, int fd)
{
	struct http_client *client;

	HASH_FIND_INT(clients->by_fd, &fd, client);
	return client;
}

void http_clients_remove(struct http_clients *clients, struct http_client *client)
{
	struct http_peer *peer = client->peer;

	if (client->state == HTTP_CLIENT_CUT)
		clients->n_cut--;
	else
		clients->n--;
	if (clients->n < clients->limit / 2)
		clients->limit = clients->max;
	http_clients_unlist(clients, client, HTTP_CLIENT_CUT);
	HASH_DEL(clients->by_fd, client);
	free(client);
	if (--peer->n)
		return;
	HASH_DEL(clients->peers, peer);
	free(peer);
}

void http_clients_wait(struct http_clients *clients, struct http_client *client)
{
	if (client->state == HTTP_CLIENT_LISTED)
		http_clients_unlist(clients, client, HTTP_CLIENT_WAITS);
}

void http_clients_restart(struct http_clients *clients, struct http_client *client, uint64_t now_ms)
{
	if (client->state == HTTP_CLIENT_CUT)
		return;
	http_clients_unlist(clients, client, HTTP_CLIENT_WAITS);
	http_clients_list(clients, client, now_ms);
}

bool http_clients_is_cut(const struct http_client *client)
{
	return client->state == HTTP_CLIENT_CUT;
}

bool http_clients_is_of_few(const struct http_client *client)
{
	return client->peer->n_listed <= HTTP_CLIENTS_FEW;
}

int64_t http_clients_expire(struct http_clients *clients, uint64_t now_ms)
{
	while (clients->oldest && clients->oldest->since_ms + HTTP_CLIENTS_DEADLINE_MS <= now_ms)
		http_clients_cut(clients, clients->oldest);
	return clients->oldest ? (int64_t)(clients->oldest->since_ms + HTTP_CLIENTS_DEADLINE_MS - now_ms)
			       : -1;
}
