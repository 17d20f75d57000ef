/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * http_server.h - a small HTTP server on somebody else's loop
 *
 * Room:     server. Effects: a listening socket and its connections; waiting is the caller's: http_server_fd() becomes readable,
 *           or http_server_timeout_ms() passes, then http_server_run(). Nothing blocks.
 * Shapes:   an answer depends on the path alone; any method is taken, and what a request carries is thrown away.
 * Limits:   HTTP_SERVER_CONNECTIONS_MAX connections, half as many from one address; HTTP_SERVER_IDLE_S seconds without a byte;
 *           HTTP_SERVER_MEMORY bytes for the head of a request. Who exceeds them is dropped, and delays nobody.
 */
#ifndef HTTP_SERVER_SERVE_H
#define HTTP_SERVER_SERVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"

#define HTTP_SERVER_CONNECTIONS_MAX 1024
#define HTTP_SERVER_IDLE_S	    5
#define HTTP_SERVER_MEMORY	    8192

/**
 * struct http_server_answer - @body belongs to the server once it is given; @content_type and the others are literals
 * @code:	HTTP status
 * @header, @header_value: one more, NULL: none
 */
struct http_server_answer {
	unsigned int code;
	const char *content_type;
	const char *header;
	char header_value[24];
	struct buf body;
};

/** typedef http_server_handler - What is there at @path; @ret is zeroed before, which is an empty 404. */
typedef void http_server_handler(void *ctx, const char *path, struct http_server_answer *ret);

struct http_server;

/**
 * http_server_new() - Listen
 * @alone:	"::" stands for IPv6 alone; else for both families
 *
 * Return: 0; negative errno, -EADDRINUSE among them.
 */
int http_server_new(const struct addr *addr, uint16_t port, bool alone, http_server_handler *handler,
		    void *ctx, struct http_server **ret, struct err *reterr)
	__attribute__((warn_unused_result));
/**
 * http_server_new_local() - Listen on a Unix socket for root, our own user and its group
 *
 * What a process left behind at @path is removed; -EADDRINUSE if one still listens there. The directory is made if it
 * is missing.
 */
int http_server_new_local(const char *path, http_server_handler *handler, void *ctx, struct http_server **ret,
			  struct err *reterr) __attribute__((warn_unused_result));
struct http_server *http_server_free(struct http_server *server);
DEFINE_FREEP(struct http_server, http_server_free);
int http_server_fd(const struct http_server *server);
/** http_server_timeout_ms() - When http_server_run() is due at the latest; -1: not before http_server_fd() is readable. */
int64_t http_server_timeout_ms(const struct http_server *server);
void http_server_run(struct http_server *server);

#endif
