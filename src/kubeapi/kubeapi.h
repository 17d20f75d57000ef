/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kubeapi.h - Services, EndpointSlices, ServiceCIDRs and our own Node from a Kubernetes API server
 *
 * Room:     kubeapi. Effects: sockets and files (libcurl); the clock and the waiting are its caller's.
 * Shapes:   one reflector (reflector.h) per kind decides what to ask for; transfer.h carries it;
 *           response_body.h cuts what comes back into objects, one in memory at a time; the sink gets them.
 * Rule:     the last good state stands whatever the server does: objects go when the server says so
 *           in a watch, or when a complete list came without them.
 * Driving:  call kubeapi_dispatch_fd() when a watched descriptor is ready and kubeapi_dispatch_timer()
 *           when the deadline has come. Sink and loop callbacks happen inside these calls and
 *           kubeapi_start(); they must not call back into this file. The caller ignores SIGPIPE.
 */
#ifndef KUBEAPI_KUBEAPI_H
#define KUBEAPI_KUBEAPI_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "decode/object_sink.h"
#include "kubeapi/credentials.h"

#define KUBEAPI_WRITE_MS 30000

struct kubeapi;

/** enum kubeapi_events - What a descriptor is watched for, and what it is ready for; a bit mask. */
enum kubeapi_events {
	KUBEAPI_EVENT_READ = 1,
	KUBEAPI_EVENT_WRITE = 2,
	KUBEAPI_EVENT_ERROR = 4, /* only reported: EPOLLERR or EPOLLHUP */
};

/**
 * struct kubeapi_loop - The caller's event loop. All members but @ctx are set.
 * @watch_fd:	report when @fd is ready for @events (never 0); again for a watched one: @events replace
 *		the old ones. Level triggered.
 * @unwatch_fd:	forget @fd; it is closed afterwards, and its number may be watched anew at once
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
 * @patch:	a merge patch of what is there; else an object to be created
 */
struct kubeapi_write {
	bool patch;
	const char *path;
	const char *body;
	size_t body_size;
};

/**
 * typedef kubeapi_written - What came of kubeapi_write()
 * @http_code:	0: there was no answer
 * @retry_after_s: 0: not told
 * @err:	why it failed, code 0 if it did not; for the log
 */
typedef void kubeapi_written(void *ctx, int http_code, unsigned int retry_after_s, const struct err *err);

/**
 * typedef kubeapi_answered - An answer has begun, or there will be none; for counting
 * @method:	a literal, "GET", "POST" or "PATCH"
 * @http_code:	0: there is no answer
 * @ms:		since the request
 */
typedef void kubeapi_answered(void *ctx, const char *method, int http_code, int64_t ms);

/**
 * struct kubeapi_config - What to follow. Copied; nothing of it need outlive kubeapi_new().
 * @credentials: where the server and our identity are found (credentials_environment() helps)
 * @node_name:	the Node to follow; NULL or "": none, its kind then counts as synced at the start
 * @follow:	keep watching; false: list everything once, see kubeapi_finished()
 * @json_only:	ask for JSON; false: for protobuf, and take JSON where the server has nothing else
 * @seed:	for jitter, mixed with the node's name; processes without one should differ in it
 * @written, @written_ctx: hears of each kubeapi_write(); NULL: there are none
 * @answered, @answered_ctx: hears of each request; may be NULL
 */
struct kubeapi_config {
	struct credentials_params credentials;
	const char *node_name;
	bool follow;
	bool json_only;
	uint64_t seed;
	kubeapi_written *written;
	void *written_ctx;
	kubeapi_answered *answered;
	void *answered_ctx;
};

/**
 * kubeapi_new() - Read the credentials and prepare; nothing is sent yet
 * @loop, @sink: copied; their contexts must outlive the result. @sink->degraded() is called when asking
 *		fails (the origin is the server's URL, the text names the kind, what happened, after a 403 also
 *		the verb that we lack, and when it is tried again), and @sink->recovered(), if set, when it works again.
 *
 * Return: 0; -ENOENT if no API server is configured; other negative errno with @reterr.
 */
int kubeapi_new(const struct kubeapi_config *config, const struct kubeapi_loop *loop,
		const struct object_sink *sink, struct kubeapi **ret, struct err *reterr)
	__attribute__((warn_unused_result));
/** kubeapi_free() - Closes everything; an unfinished replacement is aborted. */
struct kubeapi *kubeapi_free(struct kubeapi *kubeapi);
DEFINE_FREEP(struct kubeapi, kubeapi_free);

/** kubeapi_start() - Begin; to be called once. Trouble from here on goes to the sink. */
void kubeapi_start(struct kubeapi *kubeapi);
void kubeapi_dispatch_fd(struct kubeapi *kubeapi, int fd, unsigned int events);
void kubeapi_dispatch_timer(struct kubeapi *kubeapi);
/**
 * kubeapi_reload_credentials() - Read kubeconfig and files again and reconnect with them (SIGHUP)
 *
 * Return: 0; negative errno if they cannot be used: the old ones then stay in use.
 */
int kubeapi_reload_credentials(struct kubeapi *kubeapi, struct err *reterr)
	__attribute__((warn_unused_result));
/**
 * kubeapi_write() - Begin one; @write is copied
 *
 * Its end is told by config.written from a later dispatch, also when it takes longer than
 * KUBEAPI_WRITE_MS. It goes over a connection of its own.
 *
 * Return: 0; -EBUSY: one is under way; -EAGAIN: there are no credentials at hand just now; other negative
 * errno with @reterr. config.written is called for 0 alone.
 */
int kubeapi_write(struct kubeapi *kubeapi, const struct kubeapi_write *write, struct err *reterr)
	__attribute__((warn_unused_result));
/**
 * kubeapi_finished() - How far a single run (follow == false) is; after every dispatch
 *
 * Refused requests (401, 403, 404; not for kinds that we can do without) and certificates that don't
 * verify end it at once, what may pass
 * (no connection, 429, 5xx) after a few tries.
 *
 * Return: 0 if every kind is complete; -EINPROGRESS if not yet; other negative errno: given up, with
 * the reason in @reterr.
 */
int kubeapi_finished(const struct kubeapi *kubeapi, struct err *reterr) __attribute__((warn_unused_result));
/**
 * struct kubeapi_kind_status - How one kind is doing
 * @followed:	it is asked for at all; else nothing of the rest is set
 * @optional:	we can do without it
 * @replacing:	a complete list has begun to arrive
 * @age_ms:	since the server last said something about it that was no refusal; -1: never yet
 * @trouble:	what last went wrong with it, "list services: ..."; NULL: nothing since it last went well. Valid until the
 *		next dispatch
 */
struct kubeapi_kind_status {
	bool followed;
	bool optional;
	bool replacing;
	int64_t age_ms;
	const char *trouble;
};

/** kubeapi_kind_status() - As it is now. */
void kubeapi_kind_status(const struct kubeapi *kubeapi, enum object_kind kind,
			 struct kubeapi_kind_status *ret);
/** kubeapi_server() - The API server's URL, for people. */
const char *kubeapi_server(const struct kubeapi *kubeapi);
/** kubeapi_insecure() - Whether its certificate is not verified (insecure-skip-tls-verify): worth a warning.
 */
bool kubeapi_insecure(const struct kubeapi *kubeapi);

#endif
