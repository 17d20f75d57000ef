/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * serve.h - a small HTTP server on somebody else's loop
 *
 * Room:     serve. Effects: a listening socket and its connections; waiting is the caller's: serve_fd() becomes readable,
 *           or serve_timeout_ms() passes, then serve_run(). Nothing blocks.
 * Shapes:   an answer depends on the path alone; any method is taken, and what a request carries is thrown away.
 * Limits:   SERVE_CONNECTIONS_MAX connections, half as many from one address; SERVE_IDLE_S seconds without a byte;
 *           SERVE_MEMORY bytes for the head of a request. Who exceeds them is dropped, and delays nobody.
 */
#ifndef SERVE_SERVE_H
#define SERVE_SERVE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"

#define SERVE_CONNECTIONS_MAX 1024
#define SERVE_IDLE_S	      5
#define SERVE_MEMORY	      8192

/**
 * struct serve_answer - @body belongs to the server once it is given; @content_type and the others are literals
 * @code:	HTTP status
 * @header, @header_value: one more, NULL: none
 */
struct serve_answer {
	unsigned int code;
	const char *content_type;
	const char *header;
	char header_value[24];
	struct buf body;
};

/** typedef serve_handler - What is there at @path; @ret is zeroed before, which is an empty 404. */
typedef void serve_handler(void *ctx, const char *path, struct serve_answer *ret);

struct serve;

/**
 * serve_new() - Listen
 * @alone:	"::" stands for IPv6 alone; else for both families
 *
 * Return: 0; negative errno, -EADDRINUSE among them.
 */
int serve_new(const struct addr *addr, uint16_t port, bool alone, serve_handler *handler, void *ctx,
	      struct serve **ret, struct err *reterr) __attribute__((warn_unused_result));
/**
 * serve_new_local() - Listen on a Unix socket for root, our own user and its group
 *
 * What a process left behind at @path is removed; -EADDRINUSE if one still listens there. The directory is made if it
 * is missing.
 */
int serve_new_local(const char *path, serve_handler *handler, void *ctx, struct serve **ret,
		    struct err *reterr) __attribute__((warn_unused_result));
struct serve *serve_free(struct serve *serve);
DEFINE_FREEP(struct serve, serve_free);
int serve_fd(const struct serve *serve);
/** serve_timeout_ms() - When serve_run() is due at the latest; -1: not before serve_fd() is readable. */
int64_t serve_timeout_ms(const struct serve *serve);
void serve_run(struct serve *serve);

#endif
