/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * http_server.h - a small HTTP server on the caller's event loop
 *
 * Room:     serve. Effects: a listening socket and its connections. Nothing blocks. The caller waits until http_server_fd() or
 *           http_server_listen_fd() is readable or http_server_timeout_ms() has passed, and then calls http_server_run().
 * Shapes:   an answer depends on the path and on arguments: all methods are allowed. A request with a body is refused with 413, and its
 *           connection is closed.
 * Limits:   those of serve/http_clients.h; HTTP_SERVER_IDLE_S seconds without a byte; HTTP_SERVER_MEMORY bytes for the head of a
 *           request. A connection over a limit is closed. A request that is answered later may wait as long as the answer takes.
 *           A run makes a few answers. Other requests wait for their turn, the oldest first; those of an address with many clients
 *           wait for all others.
 */
#ifndef SERVE_HTTP_SERVER_H
#define SERVE_HTTP_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "config/settings.h"
#include "serve/http_clients.h"

#define HTTP_SERVER_IDLE_S 5
#define HTTP_SERVER_MEMORY 8192

/** struct http_server_request - A request that is answered later */
struct http_server_request;

/**
 * struct http_server_answer
 * @request:	set by the server; the handler may keep it, and set @later
 * @later:	http_server_answer_later() will be called; the other members are not used
 * @code:	HTTP status; 0: 404
 * @content_type: a literal; NULL: none
 * @header, @header_value: one more header; @header is a literal, NULL: none
 * @body:	the server frees it
 */
struct http_server_answer {
	struct http_server_request *request;
	bool later;
	unsigned int code;
	const char *content_type;
	const char *header;
	char header_value[24];
	struct buf body;
};

/** typedef http_server_handler - Answer a request for @path. @ret is zeroed but for @request, which means a 404 without a body. */
typedef void http_server_handler(void *ctx, const char *path, struct http_server_answer *ret);

struct http_server;
struct kept_sockets;

/**
 * struct http_server_params
 * @path:	of a Unix socket, borrowed during the call; NULL: listen on @listen
 * @one_family:	see http_socket_listen()
 * @clients:	of all servers; borrowed
 * @kept:	borrowed during the call: a socket in it that listens there already is used; NULL: none
 */
struct http_server_params {
	const char *path;
	struct settings_listen listen;
	bool one_family;
	struct http_clients *clients;
	struct kept_sockets *kept;
	http_server_handler *handler;
	void *ctx;
};

/**
 * http_server_new() - Listen, see serve/http_socket.h
 *
 * Return: 0; negative errno, such as -EADDRINUSE if another process listens there.
 */
int http_server_new(const struct http_server_params *params, struct http_server **ret, struct err *reterr)
	__attribute__((warn_unused_result));
/** http_server_free() - Close all connections, those with requests that were to be answered later as well. */
struct http_server *http_server_free(struct http_server *server);
DEFINE_FREEP(struct http_server, http_server_free);
/**
 * http_server_answer_later() - @answer, whose body is taken over, goes to a client that waits
 *
 * To be called once for each request whose handler has set @later, but not after http_server_free().
 */
void http_server_answer_later(struct http_server_request *request, struct http_server_answer *answer);
/** http_server_argument() - "web" of "?name=web", decoded, while the handler runs; NULL: there is no such argument. */
const char *http_server_argument(const struct http_server_request *request, const char *name);
/** http_server_wants_html() - Whether the client names HTML among what it accepts, as browsers do; while the handler runs. */
bool http_server_wants_html(const struct http_server_request *request);
/** http_server_listen_fd() - To poll for input. */
int http_server_listen_fd(const struct http_server *server);
/** http_server_fd() - To poll for input. */
int http_server_fd(const struct http_server *server);
/** http_server_timeout_ms() - When to call http_server_run() at the latest, in ms from now; -1: when a descriptor is readable. */
int64_t http_server_timeout_ms(const struct http_server *server);
/** http_server_on_due() - Call @due with @ctx when http_server_run() is due for another reason. */
void http_server_on_due(struct http_server *server, void (*due)(void *ctx), void *ctx);
/**
 * http_server_run() - Accept, read, answer and close what is due
 *
 * Return: false: there is a connection that cannot be accepted, for want of descriptors or memory. The listening socket
 * stays readable.
 */
bool http_server_run(struct http_server *server);
/** http_server_answer_connected() - If a client is connected, wait for what it asks for 1 ms at most. Return: whether one was. */
bool http_server_answer_connected(struct http_server *server);

#endif
