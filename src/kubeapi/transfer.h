/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * transfer.h - HTTP requests whose answers stream in
 *
 * Room:     kubeapi. Effects: sockets, by libcurl's multi-socket interface; this is the only file that
 *           knows libcurl. Waiting and clock are the loop's (kubeapi_caller.h).
 * Shapes:   a pool drives all transfers; a handler hears what one brings.
 * Rule:     over TLS HTTP/2 where the server has it, all that is only asked on one connection; else HTTP/1.1
 *           with kept connections. What is written has a connection of its own. TLS 1.2 or later; no redirects. A peer that is gone is noticed within
 *           TRANSFER_DEAD_S by TCP itself; one that is merely silent is the caller's to notice, see
 *           transfer_suspect().
 * Not here: what to ask and what the bytes mean.
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
 * struct transfer_response - What stands before a body
 * @http_code:	never 1xx
 * @retry_after_s: 0: not given
 * @content_type: lower case, without parameters; cut
 */
struct transfer_response {
	int http_code;
	unsigned int retry_after_s;
	char content_type[64];
};

/**
 * struct transfer_request - What to ask for
 * @method:	NULL: GET; else one that brings a body, and has a connection of its own
 * @path:	begins with "/", query included
 * @accept:	value of the Accept header
 * @compressed:	the server may compress the body
 * @timeout_ms:	all of it may take that long; 0: for ever, which is for watches
 * @content_type, @body, @body_size: with a method
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
 * @data:	the next bytes of the body; a negative return: no more of it is wanted
 * @end:	once, last. @err->code is 0 after a complete answer; -ECANCELED after @data wanted no more;
 *		-EKEYREJECTED if the certificates don't do; other errno names otherwise
 *
 * transfer_close() may be called from none of them.
 */
struct transfer_handler {
	void (*response)(void *ctx, const struct transfer_response *response);
	int (*data)(void *ctx, const char *bytes, size_t size);
	void (*end)(void *ctx, const struct err *err);
	void *ctx;
};

/** transfer_pool_new() - @loop outlives the pool; its set_timer() is not used, see transfer_pool_deadline().
 */
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
 * Nothing of @handler is called before the next dispatch. The result is to be closed after @end, too.
 */
int transfer_open(struct transfer_pool *pool, const struct credentials *credentials,
		  const struct transfer_request *request, const struct transfer_handler *handler,
		  struct transfer **ret, struct err *reterr) __attribute__((warn_unused_result));
struct transfer *transfer_close(struct transfer *transfer);
/**
 * transfer_suspect() - The server was silent for too long
 *
 * No request that is opened from now on goes over a connection that is there now; what is open stays so.
 * Does nothing if @transfer is younger than the last time.
 */
void transfer_suspect(const struct transfer *transfer);

#endif
