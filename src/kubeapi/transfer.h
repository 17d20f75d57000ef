/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * transfer.h - HTTP requests whose answers arrive in pieces
 *
 * Room:     kubeapi. Effects: sockets, by libcurl's multi-socket interface; the only file that uses libcurl. The
 *           caller's loop has the clock and waits (kubeapi_caller.h).
 * Shapes:   a pool drives all transfers; each has a handler.
 * Rule:     over TLS HTTP/2 if the server has it, with one connection for all requests without a body; else
 *           HTTP/1.1 with kept connections. A request with a body has a connection of its own. TLS 1.2 or later. A
 *           redirect is not followed: our credentials are for one server alone. TCP detects a dead peer within
 *           TRANSFER_DEAD_S; the caller detects a silent one, see transfer_suspect(). A name is looked up in libcurl's thread, which nothing waits for.
 * Not here: what to ask for, and what the answer means.
 */
#ifndef KUBEAPI_TRANSFER_H
#define KUBEAPI_TRANSFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "kubeapi/credentials.h"
#include "kubeapi/kubeapi_caller.h"

#define TRANSFER_CONNECT_MS 10000
#define TRANSFER_DEAD_S	    45

struct transfer_pool;
struct transfer;

/**
 * struct transfer_response - Status line and headers of an answer
 * @http_code:	never 1xx
 * @retry_after_s: 0: not given
 * @content_type: lower case, without parameters; a longer one is cut
 * @location:	of a 3xx, for people: printable, cut, without a query; "" if none, or if it may contain a password
 */
struct transfer_response {
	int http_code;
	unsigned int retry_after_s;
	char content_type[64];
	char location[160];
};

/**
 * struct transfer_request - What to ask for
 * @method:	NULL: GET; else a method with a body
 * @path:	begins with "/", query included
 * @accept:	value of the Accept header
 * @compressed:	the server may compress the body
 * @timeout_ms:	of the whole transfer; 0: none, for watches
 * @content_type, @body, @body_size: if @method is set
 */
struct transfer_request {
	const char *method;
	const char *path;
	const char *accept;
	bool compressed;
	long timeout_ms;
	const char *content_type;
	const char *body;
	size_t body_size;
};

/**
 * struct transfer_handler - Called while the pool is dispatched; all members are set
 * @response:	once at most, before any @data
 * @data:	the next bytes of the body; a negative return cancels the transfer
 * @end:	once, last. @err->code is 0 after a complete answer; -ECANCELED after @data cancelled it;
 *		-EKEYREJECTED if a certificate is not accepted; another errno otherwise
 *
 * None of them may call transfer_close().
 */
struct transfer_handler {
	void (*response)(void *ctx, const struct transfer_response *response);
	int (*data)(void *ctx, const char *bytes, size_t size);
	void (*end)(void *ctx, const struct err *err);
	void *ctx;
};

/** transfer_pool_new() - @loop outlives the pool; instead of its set_timer() see transfer_pool_deadline(). */
int transfer_pool_new(const struct kubeapi_loop *loop, struct transfer_pool **ret, struct err *reterr)
	__attribute__((warn_unused_result));
/** transfer_pool_free() - All its transfers are closed before. */
struct transfer_pool *transfer_pool_free(struct transfer_pool *pool);
DEFINE_FREEP(struct transfer_pool, transfer_pool_free);
void transfer_pool_dispatch_fd(struct transfer_pool *pool, int fd, unsigned int events);
/** transfer_pool_dispatch_timer() - Does nothing before the deadline. */
void transfer_pool_dispatch_timer(struct transfer_pool *pool);
/** transfer_pool_deadline() - In the loop's milliseconds; -1: none. */
int64_t transfer_pool_deadline(const struct transfer_pool *pool);

/**
 * transfer_open() - Ask @credentials->server
 * @credentials, @request: read during the call only
 *
 * @handler is not called before the next dispatch. transfer_close() the result, also after @end.
 */
int transfer_open(struct transfer_pool *pool, const struct credentials *credentials,
		  const struct transfer_request *request, const struct transfer_handler *handler,
		  struct transfer **ret, struct err *reterr) __attribute__((warn_unused_result));
struct transfer *transfer_close(struct transfer *transfer);
/**
 * transfer_suspect() - The server was silent for too long
 *
 * Requests that are opened from now on use no connection that is open now. Open requests go on. Does nothing if
 * @transfer was opened after the last call.
 */
void transfer_suspect(const struct transfer *transfer);

#endif
