/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kubeapi.h - Services, EndpointSlices, ServiceCIDRs and our own Node from a Kubernetes API server
 *
 * Room:     kubeapi. Effects: sockets and files (libcurl); the caller has the clock and the event loop.
 * Shapes:   one reflector (reflector.h) per kind decides what to ask for; transfer.h carries it;
 *           response_body.h cuts the answer into objects, one in memory at a time; the sink gets them.
 * Rule:     errors delete nothing: an object goes when the server says so in a watch, or when a complete
 *           list does not have it.
 * Driving:  call kubeapi_dispatch_fd() when a watched descriptor is ready and kubeapi_dispatch_timer()
 *           when the deadline has come. Callbacks of the sink and the loop (kubeapi_caller.h) happen inside
 *           these calls and kubeapi_start(); they must not call back into this file. The caller ignores SIGPIPE.
 */
#ifndef KUBEAPI_KUBEAPI_H
#define KUBEAPI_KUBEAPI_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "decode/object_sink.h"
#include "kubeapi/credentials.h"
#include "kubeapi/kubeapi_caller.h"

struct kubeapi;

/**
 * struct kubeapi_config - What to follow. Copied; nothing of it need outlive kubeapi_new().
 * @credentials: where the server and our identity are found (credentials_environment() helps)
 * @node_name:	the Node to follow; NULL or "": none, Nodes then count as synced at the start
 * @follow:	keep watching; false: list everything once, see kubeapi_finished()
 * @json_only:	ask for JSON; false: for protobuf, and take JSON where the server has nothing else
 * @seed:	of the jitter, mixed with @node_name; processes without a node name need different seeds
 * @written, @written_ctx: called with the result of each kubeapi_write(); NULL: nothing is written
 * @answered, @answered_ctx: called for each answer; may be NULL
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
 * @loop, @sink: copied; their contexts must outlive the result. @sink->degraded() is called when a request
 *		fails (the origin is the server's URL; the text names the kind, the cause, after a 403 also the
 *		verb that we lack, and when it is tried again), and @sink->recovered(), if set, when it works again.
 *
 * Return: 0; -ENOENT if no API server is configured; other negative errno with @reterr.
 */
int kubeapi_new(const struct kubeapi_config *config, const struct kubeapi_loop *loop,
		const struct object_sink *sink, struct kubeapi **ret, struct err *reterr)
	__attribute__((warn_unused_result));
/** kubeapi_free() - Closes everything; an unfinished replacement is aborted. */
struct kubeapi *kubeapi_free(struct kubeapi *kubeapi);
DEFINE_FREEP(struct kubeapi, kubeapi_free);

/** kubeapi_start() - Begin; to be called once. Failures from here on are reported to the sink. */
void kubeapi_start(struct kubeapi *kubeapi);
void kubeapi_dispatch_fd(struct kubeapi *kubeapi, int fd, unsigned int events);
void kubeapi_dispatch_timer(struct kubeapi *kubeapi);
/**
 * kubeapi_reload_credentials() - Read kubeconfig and files again and reconnect with them (SIGHUP)
 *
 * Return: 0; negative errno if they cannot be used: the old credentials then stay in use.
 */
int kubeapi_reload_credentials(struct kubeapi *kubeapi, struct err *reterr)
	__attribute__((warn_unused_result));
/**
 * kubeapi_write() - Begin a request that writes; @write is copied
 *
 * A later dispatch calls config.written with its result, at the latest after KUBEAPI_WRITE_MS. It has a
 * connection of its own.
 *
 * Return: 0; -EBUSY: one is under way; -EAGAIN: there are no credentials yet; other negative errno with
 * @reterr. config.written is called only after 0.
 */
int kubeapi_write(struct kubeapi *kubeapi, const struct kubeapi_write *write, struct err *reterr)
	__attribute__((warn_unused_result));
/**
 * kubeapi_finished() - How far a single run (follow == false) is; after every dispatch
 *
 * Refused requests (401, 403, 404; not for optional kinds) and certificates that cannot be verified end it at
 * once, failures that may pass (no connection, 429, 5xx) after a few tries.
 *
 * Return: 0 if every kind is complete; -EINPROGRESS if not yet; other negative errno: given up, with
 * the reason in @reterr.
 */
int kubeapi_finished(const struct kubeapi *kubeapi, struct err *reterr) __attribute__((warn_unused_result));
/**
 * struct kubeapi_kind_status - How one kind is doing
 * @followed:	it is asked for at all; else nothing of the rest is set
 * @optional:	we can do without it
 * @absent:	the server does not have this optional kind, or lets us not list it; it is asked again from time to time
 * @replacing:	a complete list has begun to arrive
 * @age_ms:	since the server last sent something about it other than an error; -1: never
 * @watching:	a watch is open, and its last request did not fail
 * @doubted:	the last list is not believed yet, because the server may have lost data (kubeapi/list_doubt.h)
 * @lost:	there were objects, and the server has lost them all together with its data; the list may be doubted still
 * @trouble:	its last failure, "list services: ..."; NULL: its last request succeeded. Valid until the
 *		next dispatch
 * @code:	of that failure: an HTTP status; 0: there was no answer, or no usable one
 * @not_believed: that failure is a list that is @doubted
 * @trouble_ms:	how long its requests have failed; -1: they do not
 */
struct kubeapi_kind_status {
	bool followed;
	bool optional;
	bool absent;
	bool replacing;
	bool watching;
	bool doubted;
	bool lost;
	int64_t age_ms;
	const char *trouble;
	int code;
	bool not_believed;
	int64_t trouble_ms;
};

/** kubeapi_kind_status() - As it is now. */
void kubeapi_kind_status(const struct kubeapi *kubeapi, enum object_kind kind,
			 struct kubeapi_kind_status *ret);
/**
 * struct kubeapi_expiry - Until when our identity counts, in seconds since 1970; -1: there is none, or it does not say
 * @certificate_s: of the client certificate
 * @token_s:	claim "exp" of a token that is a JSON Web Token
 */
struct kubeapi_expiry {
	int64_t certificate_s;
	int64_t token_s;
};

/** kubeapi_expiry() - Of the credentials in use. */
struct kubeapi_expiry kubeapi_expiry(const struct kubeapi *kubeapi);
/** kubeapi_server() - The API server's URL, for people. */
const char *kubeapi_server(const struct kubeapi *kubeapi);
/** kubeapi_kubeconfig() - Where that and our identity are from, for people: a file, "in-cluster" or "--master". */
const char *kubeapi_kubeconfig(const struct kubeapi *kubeapi);
/** kubeapi_insecure() - Whether its certificate is not verified (insecure-skip-tls-verify): worth a warning.
 */
bool kubeapi_insecure(const struct kubeapi *kubeapi);

#endif
