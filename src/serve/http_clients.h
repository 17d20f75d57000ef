/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * http_clients.h - who is connected to our HTTP servers, and who has to go
 *
 * Room:     serve. Effects: a client that has to go is cut: its socket is shut down, and its server then finds out and closes it.
 * Rule:     tests/COVERAGE.md H27. A client has HTTP_CLIENTS_DEADLINE_MS for each request: from its connection or its last answer until
 *           the next answer is sent whole. If there are too many clients, one of the address with the most clients is cut: its
 *           oldest one, counted from the last answer. So whoever opens many connections only cuts off their own.
 *           Addresses of an IPv6 network of 64 bits count as one, and so do all clients of Unix sockets.
 * Limits:   all servers together have HTTP_CLIENTS_MAX clients, and fewer if the limit of descriptors is low.
 */
#ifndef SERVE_HTTP_CLIENTS_H
#define SERVE_HTTP_CLIENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/cleanup.h"

#define HTTP_CLIENTS_MAX	 1024
#define HTTP_CLIENTS_DEADLINE_MS 10000
#define HTTP_CLIENTS_FEW	 8

struct http_clients;
struct http_client;

/** http_clients_new() - @max: how many there may be */
struct http_clients *http_clients_new(size_t max);
/** http_clients_free() - All clients have been removed. */
struct http_clients *http_clients_free(struct http_clients *clients);
DEFINE_FREEP(struct http_clients, http_clients_free);
/**
 * http_clients_add() - @fd was accepted from @from; somebody is cut if there are too many
 *
 * Return: false: there are too many, and nobody can be cut; @fd is not added.
 */
bool http_clients_add(struct http_clients *clients, int fd, const struct sockaddr_storage *from,
		      uint64_t now_ms) __attribute__((warn_unused_result));
/** http_clients_limit() - Descriptors are short: there may be no more clients than now, but a few, until half of them have gone. */
void http_clients_limit(struct http_clients *clients);
/** http_clients_n_cut() - How many are cut, but not yet removed. */
size_t http_clients_n_cut(const struct http_clients *clients);
/** http_clients_find() - The client with @fd, or NULL. */
struct http_client *http_clients_find(struct http_clients *clients, int fd);
/** http_clients_remove() - The connection has ended; the caller closes its descriptor afterwards. */
void http_clients_remove(struct http_clients *clients, struct http_client *client);
/** http_clients_wait() - The answer takes time. @client has no deadline, and is not cut. */
void http_clients_wait(struct http_clients *clients, struct http_client *client);
/** http_clients_restart() - An answer is sent, or is there now: @client has all its time again. */
void http_clients_restart(struct http_clients *clients, struct http_client *client, uint64_t now_ms);
/** http_clients_is_cut() - The connection is shut down. */
bool http_clients_is_cut(const struct http_client *client);
/** http_clients_is_of_few() - Its address has HTTP_CLIENTS_FEW clients or less. */
bool http_clients_is_of_few(const struct http_client *client);
/** http_clients_expire() - Cut those whose time is over. Return: in how many ms the next one's is; -1: there is none. */
int64_t http_clients_expire(struct http_clients *clients, uint64_t now_ms);

#endif
