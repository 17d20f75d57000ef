/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kubeapi_caller.h - what the client of the API server and its caller give each other
 *
 * Room:     kubeapi. The caller gives an event loop and callbacks, the client takes requests that write.
 */
#ifndef KUBEAPI_KUBEAPI_CALLER_H
#define KUBEAPI_KUBEAPI_CALLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define KUBEAPI_WRITE_MS 30000

/** enum kubeapi_events - What a descriptor is watched for, and what it is ready for; a bit mask. */
enum kubeapi_events {
	KUBEAPI_EVENT_READ = 1,
	KUBEAPI_EVENT_WRITE = 2,
	KUBEAPI_EVENT_ERROR = 4, /* only reported: EPOLLERR or EPOLLHUP */
};

/**
 * struct kubeapi_loop - The caller's event loop. All members but @ctx are set.
 * @watch_fd:	report when @fd is ready for @events (never 0); for a descriptor that is already watched,
 *		@events replace the old ones. Level triggered.
 * @unwatch_fd:	forget @fd; it is closed afterwards, and its number may be watched again at once
 * @set_timer:	call kubeapi_dispatch_timer() at @deadline_ms of @now_ms's clock (in the past: as soon as
 *		possible, but not from inside); replaces the previous deadline; -1: no deadline
 * @now_ms:	a monotonic clock
 */
struct kubeapi_loop {
	void (*watch_fd)(void *ctx, int fd, unsigned int events);
	void (*unwatch_fd)(void *ctx, int fd);
	void (*set_timer)(void *ctx, int64_t deadline_ms);
	int64_t (*now_ms)(void *ctx);
	void *ctx;
};

/**
 * struct kubeapi_write - One request that changes something at the server; JSON both ways
 * @patch:	@body is a merge patch of an object that exists; else an object to be created
 */
struct kubeapi_write {
	bool patch;
	const char *path;
	const char *body;
	size_t body_size;
};

/**
 * typedef kubeapi_written - The result of kubeapi_write()
 * @http_code:	0: there was no answer
 * @retry_after_s: 0: the server did not say
 * @err:	why it failed, for the log; code 0 if it succeeded
 */
typedef void kubeapi_written(void *ctx, int http_code, unsigned int retry_after_s, const struct err *err);

/**
 * typedef kubeapi_answered - An answer has begun, or there will be none; for counting
 * @method:	a literal, "GET", "POST" or "PATCH"
 * @http_code:	0: there is no answer
 * @ms:		since the request
 */
typedef void kubeapi_answered(void *ctx, const char *method, int http_code, int64_t ms);

#endif
