/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "kubeapi/kubeapi_stream.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/log.h"
#include "kubeapi/request.h"

#define KUBEAPI_STREAM_ONCE_TRIES 3 /* of a single run, before it ends with a failure that may pass */

static int64_t kubeapi_stream_now(const struct kubeapi_stream *stream)
{
	return kubeapi_session_now(&stream->shared->session);
}

/* A failure that will not pass ends a single run at once, another one after a few tries. */
static void kubeapi_stream_count_failure(struct kubeapi_stream *stream, int http_code, const struct err *err)
{
	struct kubeapi_stream_shared *shared = stream->shared;
	bool final = err->code == -EKEYREJECTED || http_code == 401 || http_code == 403 || http_code == 404;

	if (shared->follow || shared->given_up.code)
		return;
	if (!final && ++stream->n_failures < KUBEAPI_STREAM_ONCE_TRIES)
		return;
	shared->given_up = *err;
}

static const char *kubeapi_stream_doubt(enum list_doubt_reason reason)
{
	switch (reason) {
	case LIST_DOUBT_EMPTY:
		return "the list is empty although there were objects before";
	case LIST_DOUBT_BEHIND:
		return "the list is older than one before: the server may have lost data";
	case LIST_DOUBT_BEHIND_AND_EMPTY:
		return "the list is empty and older than one before: the server may have lost data";
	case LIST_DOUBT_PAGES_REPEAT:
		return "the list does not end: its pages repeat";
	case LIST_DOUBT_ENDLESS:
		return "the list does not end: it has too many objects or pages";
	case LIST_DOUBT_NONE:
		break;
	}
	return "the list is not accepted";
}

static const char *kubeapi_stream_cause(const struct reflector *reflector, enum reflector_event_type type)
{
	switch (type) {
	case REFLECTOR_EVENT_INITIAL_END:
	case REFLECTOR_EVENT_PAGE_END:
	case REFLECTOR_EVENT_OBJECT:
		return kubeapi_stream_doubt(reflector->doubt.reason);
	case REFLECTOR_EVENT_STREAM_END:
		return "the server ended the answer too early";
	case REFLECTOR_EVENT_TIMER:
		return "the server is silent";
	case REFLECTOR_EVENT_TRANSPORT_ERROR:
	case REFLECTOR_EVENT_ERROR_STATUS:
	case REFLECTOR_EVENT_START:
	case REFLECTOR_EVENT_RESPONSE:
	case REFLECTOR_EVENT_BOOKMARK:
	case REFLECTOR_EVENT_RESTART:
	case REFLECTOR_EVENT_WAKE:
	case REFLECTOR_EVENT_BEHIND:
	case _REFLECTOR_EVENT_MAX:
		break;
	}
	return "the request failed";
}

/* After a 403 the log names the verb that we lack. A streaming list is a watch to the server. */
static const char *kubeapi_stream_verb(enum reflector_state state, int code)
{
	if (code != 403)
		return "";
	return state == REFLECTOR_STATE_LISTING ? "list " : "watch ";
}

static struct object_source kubeapi_stream_source(const struct kubeapi_stream *stream)
{
	const struct credentials *credentials = stream->shared->session.credentials;

	return (struct object_source){ credentials->server, credentials->origin, stream->kind };
}

/* One line for the log: the kind, the cause, and when it is tried again. */
static void kubeapi_stream_degraded(struct kubeapi_stream *stream, enum reflector_state before,
				    const struct reflector_event *event, const struct err *cause)
{
	const char *verb = kubeapi_stream_verb(before, event->code),
		   *resource = request_resource(stream->kind);
	const char *text =
		cause && cause->code ? cause->text : kubeapi_stream_cause(&stream->reflector, event->type);
	int code = cause && cause->code ? cause->code : -EPROTO;
	struct kubeapi_stream_shared *shared = stream->shared;
	int64_t wait_ms = stream->reflector.deadline_ms - kubeapi_stream_now(stream);
	struct object_source source;
	struct err err = { 0 };

	(void)err_set(&err, code, "%s%s: %.250s", verb, resource, text);
	kubeapi_stream_count_failure(stream, event->code, &err);
	stream->not_believed =
		list_doubt_is_pending(&stream->reflector.doubt) &&
		(event->type == REFLECTOR_EVENT_INITIAL_END || event->type == REFLECTOR_EVENT_PAGE_END);
	stream->trouble_code = event->type == REFLECTOR_EVENT_ERROR_STATUS ? event->code : 0;
	(void)snprintf(stream->trouble, sizeof(stream->trouble), "%.*s", (int)sizeof(stream->trouble) - 1,
		       err.text);
	if (!shared->given_up.code)
		(void)err_set(&err, code, "%s%s: %.250s; tried again in %" PRId64 ".%" PRId64 " s", verb,
			      resource, text, wait_ms / 1000, wait_ms % 1000 / 100);
	source = kubeapi_stream_source(stream);
	shared->sink.degraded(shared->sink.ctx, &source, &err);
}

static void kubeapi_stream_absent(struct kubeapi_stream *stream, const struct reflector_event *event,
				  const struct err *cause)
{
	const struct object_sink *sink = &stream->shared->sink;
	struct err err = { 0 };

	if (!sink->absent)
		return;
	(void)err_set(&err, event->code == 404 ? -ENOENT : -EACCES, "list and watch %s: %.250s",
		      request_resource(stream->kind), cause ? cause->text : "refused");
	sink->absent(sink->ctx, stream->kind, &err);
}

/* Give @event to the reflector and do what it asks for. @cause: of a failure, for the log; or NULL */
static void kubeapi_stream_handle(struct kubeapi_stream *stream, const struct reflector_event *event,
				  const struct err *cause)
{
	const struct object_source source = kubeapi_stream_source(stream);
	const struct object_sink *sink = &stream->shared->sink;
	enum reflector_state before = stream->reflector.state;
	bool failed_before = stream->reflector.failing;
	unsigned int actions;

	actions = reflector_handle(&stream->reflector, event, kubeapi_stream_now(stream));
	if (before != stream->reflector.state)
		log_debug("kubeapi", "state", LOG_TEXT("resource", request_resource(stream->kind)),
			  LOG_TEXT("from", reflector_state_name(before)),
			  LOG_TEXT("to", reflector_state_name(stream->reflector.state)));
	if (actions & REFLECTOR_ACTION_CLOSE)
		stream->closing = true;
	if ((actions & REFLECTOR_ACTION_CLOSE) && event->type == REFLECTOR_EVENT_TIMER && stream->transfer)
		transfer_suspect(stream->transfer);
	if (actions & REFLECTOR_ACTION_REPLACE_ABORT)
		sink->replace_abort(sink->ctx, stream->kind);
	if (actions & REFLECTOR_ACTION_REPLACE_BEGIN)
		sink->replace_begin(sink->ctx, stream->kind);
	if (actions & REFLECTOR_ACTION_REPLACE_END)
		sink->replace_end(sink->ctx, stream->kind);
	if (actions & REFLECTOR_ACTION_SYNCED)
		sink->synced(sink->ctx, stream->kind);
	if (actions & REFLECTOR_ACTION_OPEN) {
		stream->opening = true;
		stream->waiting = false;
	}
	if ((actions & REFLECTOR_ACTION_DEGRADED) && !failed_before)
		stream->trouble_since_ms = kubeapi_stream_now(stream);
	if (actions & REFLECTOR_ACTION_DEGRADED)
		kubeapi_stream_degraded(stream, before, event, cause);
	if (actions & REFLECTOR_ACTION_ABSENT)
		kubeapi_stream_absent(stream, event, cause);
	if (actions & REFLECTOR_ACTION_BEHIND) {
		free(stream->behind);
		stream->behind = alloc_string(event->resource_version);
	}
	if ((actions & REFLECTOR_ACTION_RECOVERED) && sink->recovered)
		sink->recovered(sink->ctx, &source);
}

static void kubeapi_stream_transport_error(struct kubeapi_stream *stream, const struct err *err)
{
	const struct reflector_event event = { .type = REFLECTOR_EVENT_TRANSPORT_ERROR };

	kubeapi_stream_handle(stream, &event, err);
}

/* A server that ignores the field selector sends all Nodes. */
static bool kubeapi_stream_wants(const struct kubeapi_stream *stream, const struct object *object)
{
	if (!object->name || !*object->name)
		return false;
	return stream->kind != OBJECT_KIND_NODE || strcmp(object->name, stream->shared->node_name) == 0;
}

/* Only in a list: an event of a watch has a version that counts, even if nothing else is new. */
static bool kubeapi_stream_on_known(void *ctx, const char *digest)
{
	struct kubeapi_stream *stream = ctx;
	const struct object_sink *sink = &stream->shared->sink;
	const struct reflector_event event = { .type = REFLECTOR_EVENT_OBJECT };

	if (stream->reflector.state == REFLECTOR_STATE_WATCHING || !sink->keep ||
	    !sink->keep(sink->ctx, stream->kind, digest))
		return false;
	kubeapi_stream_handle(stream, &event, NULL);
	return true;
}

static void kubeapi_stream_on_put(void *ctx, struct object *object)
{
	struct kubeapi_stream *stream = ctx;
	const struct object_sink *sink = &stream->shared->sink;
	const struct reflector_event event = { .type = REFLECTOR_EVENT_OBJECT,
					       .resource_version = object->resource_version };

	/* A skipped slice is of no use to us. It may replace one of the same name that was. */
	if (object->skipped && kubeapi_stream_wants(stream, object))
		sink->del(sink->ctx, stream->kind, object->namespace ? object->namespace : "", object->name);
	else if (!object->skipped && kubeapi_stream_wants(stream, object))
		sink->put(sink->ctx, object);
	kubeapi_stream_handle(stream, &event, NULL);
}

static void kubeapi_stream_on_del(void *ctx, const struct object *object)
{
	struct kubeapi_stream *stream = ctx;
	const struct object_sink *sink = &stream->shared->sink;
	const struct reflector_event event = { .type = REFLECTOR_EVENT_OBJECT,
					       .resource_version = object->resource_version };

	if (kubeapi_stream_wants(stream, object))
		sink->del(sink->ctx, stream->kind, object->namespace ? object->namespace : "", object->name);
	kubeapi_stream_handle(stream, &event, NULL);
}

static void kubeapi_stream_on_refused(void *ctx, const struct object *object, const struct err *err)
{
	struct kubeapi_stream *stream = ctx;
	const struct reflector_event event = { .type = REFLECTOR_EVENT_OBJECT,
					       .resource_version = object->resource_version };

	if (!object->name || !*object->name || kubeapi_stream_wants(stream, object))
		stream->shared->sink.refused(stream->shared->sink.ctx, object, err);
	kubeapi_stream_handle(stream, &event, NULL);
}

static void kubeapi_stream_on_bookmark(void *ctx, const struct object *object)
{
	struct kubeapi_stream *stream = ctx;
	const struct reflector_event event = {
		.type = object->initial_events_end ? REFLECTOR_EVENT_INITIAL_END : REFLECTOR_EVENT_BOOKMARK,
		.resource_version = object->resource_version,
	};

	kubeapi_stream_handle(stream, &event, NULL);
}

static void kubeapi_stream_on_failure(void *ctx, const struct api_status *status)
{
	struct kubeapi_stream *stream = ctx;
	struct reflector_event event = {
		.type = REFLECTOR_EVENT_ERROR_STATUS,
		.code = status->code,
		.retry_after_s = stream->response.retry_after_s,
		/* api_status has no causes. The API server's cache has always used these words. */
		.version_too_large = strstr(status->message, "Too large resource version") != NULL,
	};
	struct err cause = { 0 };

	if (strcmp(status->reason, "Expired") == 0 || strcmp(status->reason, "Gone") == 0)
		event.code = 410;
	if (!event.retry_after_s)
		event.retry_after_s = status->retry_after_s;
	(void)err_set(&cause, event.code == 401 || event.code == 403 ? -EACCES : -EREMOTEIO, "%d %s: %s",
		      event.code, *status->reason ? status->reason : "(no reason given)", status->message);
	if (*stream->response.location)
		(void)err_set(
			&cause, -EREMOTEIO,
			"%d: redirected to %s, which is not followed: if it is right, it has to be the server",
			event.code, stream->response.location);
	if (event.code == 401)
		kubeapi_session_refused(&stream->shared->session, stream->generation);
	kubeapi_stream_handle(stream, &event, &cause);
}

static void kubeapi_stream_on_page_end(void *ctx, const char *resource_version, const char *continue_token)
{
	struct kubeapi_stream *stream = ctx;
	const struct reflector_event event = {
		.type = REFLECTOR_EVENT_PAGE_END,
		.resource_version = resource_version,
		.continue_token = continue_token,
	};

	kubeapi_stream_handle(stream, &event, NULL);
}

static void kubeapi_stream_ask_for_json(struct kubeapi_stream *stream)
{
	log_debug("kubeapi", "protobuf is refused or ill-formed, asking for JSON",
		  LOG_TEXT("resource", request_resource(stream->kind)));
	negotiation_failed(&stream->negotiation, kubeapi_stream_now(stream));
}

/* The body is ill-formed. If it is protobuf, JSON may work better. */
static void kubeapi_stream_bad_body(struct kubeapi_stream *stream, const struct err *err)
{
	if (negotiation_format(stream->response.content_type) == RESPONSE_BODY_FORMAT_PROTOBUF)
		kubeapi_stream_ask_for_json(stream);
	kubeapi_stream_transport_error(stream, err);
}

static void kubeapi_stream_on_response(void *ctx, const struct transfer_response *response)
{
	const struct reflector_event event = { .type = REFLECTOR_EVENT_RESPONSE };
	struct kubeapi_stream *stream = ctx;
	const struct response_body_handler handler = {
		.known = kubeapi_stream_on_known,
		.put = kubeapi_stream_on_put,
		.del = kubeapi_stream_on_del,
		.refused = kubeapi_stream_on_refused,
		.bookmark = kubeapi_stream_on_bookmark,
		.failure = kubeapi_stream_on_failure,
		.page_end = kubeapi_stream_on_page_end,
		.ctx = stream,
	};
	enum response_body_format format = negotiation_format(response->content_type);
	enum response_body_form form = RESPONSE_BODY_FORM_ERROR;

	kubeapi_session_count(&stream->shared->session, "GET", response->http_code, stream->asked_ms);
	if (stream->closing)
		return;
	stream->response = *response;
	if (negotiation_refused(&stream->negotiation, response->http_code)) {
		kubeapi_stream_ask_for_json(stream);
		stream->closing = true;
		stream->opening = true;
		return;
	}
	if (response->http_code < 300) {
		kubeapi_session_accepted(&stream->shared->session);
		stream->answered = true;
		stream->shared->answered_ms = kubeapi_stream_now(stream);
		form = stream->reflector.state == REFLECTOR_STATE_LISTING ? RESPONSE_BODY_FORM_LIST
									  : RESPONSE_BODY_FORM_WATCH;
	}
	stream->body = response_body_new(form, format, stream->kind, response->http_code, &handler);
	if (form != RESPONSE_BODY_FORM_ERROR)
		kubeapi_stream_handle(stream, &event, NULL);
}

static int kubeapi_stream_on_data(void *ctx, const char *bytes, size_t size)
{
	struct kubeapi_stream *stream = ctx;
	struct err err = { 0 };
	int r;

	if (stream->closing)
		return -ECANCELED;
	r = response_body_feed(stream->body, bytes, size, &stream->closing, &err);
	if (r < 0 && !stream->closing)
		kubeapi_stream_bad_body(stream, &err);
	return r;
}

void kubeapi_stream_wake(struct kubeapi_stream *stream)
{
	const struct reflector_event event = { .type = REFLECTOR_EVENT_WAKE };

	kubeapi_stream_handle(stream, &event, NULL);
}

static void kubeapi_stream_on_end(void *ctx, const struct err *err)
{
	const struct reflector_event event = { .type = REFLECTOR_EVENT_STREAM_END };
	struct kubeapi_stream *stream = ctx;
	struct err body_err = { 0 };

	if (stream->closing)
		return;
	if (!stream->response.http_code)
		kubeapi_session_count(&stream->shared->session, "GET", 0, stream->asked_ms);
	/* Of an error's body the part that arrived is enough. */
	if (err->code && !(stream->body && stream->response.http_code >= 300)) {
		kubeapi_stream_transport_error(stream, err);
		/* Another stream may have got its answer while this one tried to connect. */
		if (!stream->response.http_code && stream->shared->answered_ms > stream->asked_ms)
			kubeapi_stream_wake(stream);
		return;
	}
	if (response_body_finish(stream->body, &body_err) < 0)
		kubeapi_stream_transport_error(stream, &body_err);
	else if (!stream->closing)
		kubeapi_stream_handle(stream, &event, NULL);
}

void kubeapi_stream_close(struct kubeapi_stream *stream)
{
	stream->transfer = transfer_close(stream->transfer);
	stream->body = response_body_free(stream->body);
	stream->response = (struct transfer_response){ 0 };
	stream->closing = false;
}

void kubeapi_stream_refresh(struct kubeapi_stream_shared *shared)
{
	const struct object_source source = { shared->session.credentials->origin, NULL, _OBJECT_KIND_MAX };
	struct err err = { 0 };

	/* The old ones may still work. */
	if (kubeapi_session_refresh(&shared->session, &err) < 0)
		shared->sink.degraded(shared->sink.ctx, &source, &err);
}

void kubeapi_stream_open(struct kubeapi_stream *stream)
{
	struct kubeapi_session *session = &stream->shared->session;
	const struct transfer_handler handler = {
		.response = kubeapi_stream_on_response,
		.data = kubeapi_stream_on_data,
		.end = kubeapi_stream_on_end,
		.ctx = stream,
	};
	bool watch = stream->reflector.state != REFLECTOR_STATE_LISTING;
	struct transfer_request request;
	struct buf path = BUF_INIT;
	struct err err = { 0 };

	stream->opening = false;
	stream->waiting = false;
	stream->generation = kubeapi_session_generation(session);
	kubeapi_stream_refresh(stream->shared);
	request_path(stream->kind, &stream->reflector, stream->shared->node_name, &path);
	stream->asked_ms = kubeapi_stream_now(stream);
	reflector_sent(&stream->reflector, stream->asked_ms);
	request = (struct transfer_request){
		.path = buf_text(&path),
		.accept = negotiation_accept(&stream->negotiation, watch, stream->asked_ms),
		.compressed = !watch && !session->credentials->disable_compression,
	};
	log_debug("kubeapi", "request", LOG_TEXT("path", request.path));
	if (transfer_open(session->pool, session->credentials, &request, &handler, &stream->transfer, &err) <
	    0)
		kubeapi_stream_transport_error(stream, &err);
	buf_done(&path);
}

void kubeapi_stream_log_in(struct kubeapi_stream *stream, int r, const struct err *err)
{
	if (r == -EINPROGRESS) {
		stream->waiting = true;
		return;
	}
	stream->opening = false;
	stream->waiting = false;
	kubeapi_stream_transport_error(stream, err);
}

int64_t kubeapi_stream_deadline(const struct kubeapi_stream *stream)
{
	if (stream->waiting)
		return kubeapi_session_log_in_deadline(&stream->shared->session);
	return stream->reflector.deadline_ms;
}

void kubeapi_stream_dispatch_timer(struct kubeapi_stream *stream)
{
	const struct reflector_event event = { .type = REFLECTOR_EVENT_TIMER };
	int64_t deadline_ms = stream->reflector.deadline_ms;

	if (!stream->waiting && deadline_ms >= 0 && deadline_ms <= kubeapi_stream_now(stream))
		kubeapi_stream_handle(stream, &event, NULL);
}

void kubeapi_stream_start(struct kubeapi_stream *stream)
{
	const struct reflector_event event = { .type = REFLECTOR_EVENT_START };

	kubeapi_stream_handle(stream, &event, NULL);
}

void kubeapi_stream_restart(struct kubeapi_stream *stream)
{
	const struct reflector_event event = { .type = REFLECTOR_EVENT_RESTART };

	negotiation_forget(&stream->negotiation);
	stream->waiting = false;
	kubeapi_stream_handle(stream, &event, NULL);
}

void kubeapi_stream_behind(struct kubeapi_stream *stream, const char *resource_version)
{
	const struct reflector_event event = { .type = REFLECTOR_EVENT_BEHIND,
					       .resource_version = resource_version };

	kubeapi_stream_handle(stream, &event, NULL);
}

void kubeapi_stream_init(struct kubeapi_stream *stream, enum object_kind kind, bool json_only, uint64_t seed,
			 struct kubeapi_stream_shared *shared)
{
	*stream = (struct kubeapi_stream){ .shared = shared, .kind = kind };
	stream->negotiation.json_only = json_only;
	reflector_init(&stream->reflector, request_selector(kind), shared->follow, seed);
	stream->reflector.optional = request_optional(kind);
	stream->reflector.cheap = request_cheap(kind);
}

void kubeapi_stream_done(struct kubeapi_stream *stream)
{
	if (!stream->shared)
		return;
	kubeapi_stream_close(stream);
	if (reflector_replacing(&stream->reflector))
		stream->shared->sink.replace_abort(stream->shared->sink.ctx, stream->kind);
	reflector_done(&stream->reflector);
	free(stream->behind);
}
