/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kubeapi_stream.h - one kind of object: its reflector, and the request that it has open
 *
 * Room:     kubeapi (reflector, response_body, kubeapi_session -> kubeapi_stream -> kubeapi).
 * Shapes:   the reflector decides; this reports answers to it and does what it asks for. Objects go to the sink.
 * Use:      libcurl calls back from inside its own functions, where no transfer can be closed or opened. There the
 *           stream only sets @closing and @opening; its owner calls kubeapi_stream_close() and kubeapi_stream_open()
 *           after libcurl has returned. What an unwanted transfer still brings in between is ignored.
 */
#ifndef KUBEAPI_KUBEAPI_STREAM_H
#define KUBEAPI_KUBEAPI_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "decode/object_sink.h"
#include "kubeapi/kubeapi_session.h"
#include "kubeapi/negotiation.h"
#include "kubeapi/reflector.h"
#include "kubeapi/response_body.h"
#include "kubeapi/transfer.h"

/**
 * struct kubeapi_stream_shared - What the streams of one client have in common; outlives them
 * @node_name:	of the Node to ask for
 * @follow:	false: a single run, which ends with an error that will not pass, or after a few tries
 * @given_up:	the error that ended a single run; code 0: none. The first stream that fails sets it.
 * @answered_ms: when a stream last got an answer that is no error
 */
struct kubeapi_stream_shared {
	struct kubeapi_session session;
	struct object_sink sink;
	char *node_name;
	bool follow;
	struct err given_up;
	int64_t answered_ms;
};

/**
 * struct kubeapi_stream - One kind; read only outside kubeapi_stream.c
 * @shared:	NULL: the kind is not asked for, and nothing of the rest is set
 * @closing:	the open request is unwanted: call kubeapi_stream_close()
 * @opening:	a request is wanted: call kubeapi_stream_open()
 * @waiting:	the request waits for credentials. The reflector's deadline does not count until it is sent.
 * @generation:	of the credentials that the open request has
 * @response:	of the open request
 * @asked_ms:	when it was opened
 * @trouble:	the last failure, for people; @trouble_code: its HTTP status, or 0; @trouble_since_ms: when the failures began
 * @not_believed: it is a list that may be of a server that lost data
 * @answered:	it got an answer that is no error: call kubeapi_stream_wake() of the others
 * @behind:	NULL, or the server's version, which is older than one seen before: call kubeapi_stream_behind() of the others
 */
struct kubeapi_stream {
	struct kubeapi_stream_shared *shared;
	enum object_kind kind;
	struct reflector reflector;
	struct negotiation negotiation;
	struct transfer *transfer;
	struct response_body *body;
	struct transfer_response response;
	int64_t asked_ms;
	bool closing;
	bool opening;
	bool waiting;
	unsigned int generation;
	unsigned int n_failures;
	char trouble[300];
	int trouble_code;
	bool not_believed;
	int64_t trouble_since_ms;
	bool answered;
	char *behind;
};

/**
 * kubeapi_stream_refresh() - Read files of the credentials again whose time has come, before a request
 *
 * A failure is reported to the sink; the old content stays in use.
 */
void kubeapi_stream_refresh(struct kubeapi_stream_shared *shared);
/** kubeapi_stream_init() - @seed: as for reflector_init() */
void kubeapi_stream_init(struct kubeapi_stream *stream, enum object_kind kind, bool json_only, uint64_t seed,
			 struct kubeapi_stream_shared *shared);
/** kubeapi_stream_done() - Closes; an unfinished replacement is aborted. A zeroed one is fine. */
void kubeapi_stream_done(struct kubeapi_stream *stream);
void kubeapi_stream_start(struct kubeapi_stream *stream);
/** kubeapi_stream_restart() - The server or our identity may be another: begin again. */
void kubeapi_stream_restart(struct kubeapi_stream *stream);
/** kubeapi_stream_wake() - Another stream got an answer: the server is back. */
void kubeapi_stream_wake(struct kubeapi_stream *stream);
/** kubeapi_stream_behind() - Another stream found that the server's version is only @resource_version. */
void kubeapi_stream_behind(struct kubeapi_stream *stream, const char *resource_version);
/** kubeapi_stream_deadline() - When to call kubeapi_stream_dispatch_timer(); -1: no need. */
int64_t kubeapi_stream_deadline(const struct kubeapi_stream *stream);
/** kubeapi_stream_dispatch_timer() - Does nothing before the deadline. */
void kubeapi_stream_dispatch_timer(struct kubeapi_stream *stream);
/**
 * kubeapi_stream_log_in() - What kubeapi_session_log_in() said to a stream that wants a request
 * @r:		-EINPROGRESS: it waits; other negative errno: its request has failed with @err
 */
void kubeapi_stream_log_in(struct kubeapi_stream *stream, int r, const struct err *err);
void kubeapi_stream_open(struct kubeapi_stream *stream);
void kubeapi_stream_close(struct kubeapi_stream *stream);

#endif
