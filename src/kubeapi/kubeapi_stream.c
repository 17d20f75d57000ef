/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "kubeapi/kubeapi_internal.h"
#include "kubeapi/request.h"

#define KUBEAPI_STREAM_ONCE_TRIES 3 /* of a single run, before a failure that may pass is taken as final */

/* In a single run trouble ends it at once if it won't pass, else after a few tries. */
static void kubeapi_stream_count_failure(struct kubeapi_stream *stream, int http_code, const struct err *err)
{
	struct kubeapi *kubeapi = stream->kubeapi;
	bool final = err->code == -EKEYREJECTED || http_code == 401 || http_code == 403 || http_code == 404;

	if (kubeapi->follow || kubeapi->given_up)
		return;
	if (!final && ++stream->n_failures < KUBEAPI_STREAM_ONCE_TRIES)
		return;
	kubeapi->given_up = true;
	kubeapi->given_up_err = *err;
}

static const char *kubeapi_stream_cause(enum reflector_event_type type)
{
	switch (type) {
	case REFLECTOR_EVENT_INITIAL_END:
	case REFLECTOR_EVENT_PAGE_END:
		return "the list is empty or goes in circles, although there were objects before";
	case REFLECTOR_EVENT_STREAM_END:
		return "the server ended the answer too early";
	case REFLECTOR_EVENT_TIMER:
		return "the server is silent";
	case REFLECTOR_EVENT_TRANSPORT_ERROR:
	case REFLECTOR_EVENT_ERROR_STATUS:
	case REFLECTOR_EVENT_START:
	case REFLECTOR_EVENT_RESPONSE:
	case REFLECTOR_EVENT_OBJECT:
	case REFLECTOR_EVENT_BOOKMARK:
	case REFLECTOR_EVENT_RESTART:
	case _REFLECTOR_EVENT_MAX:
		break;
	}
	return "the request failed";
}

/* Who may not do something wants to know what; a streaming list is a watch to the server. */
static const char *kubeapi_stream_verb(enum reflector_state state, int code)
{
	if (code != 403)
		return "";
	return state == REFLECTOR_STATE_LISTING ? "list " : "watch ";
}

/* The cause, what it was about, and when it is tried again: one line for the log. */
static void kubeapi_stream_degraded(struct kubeapi_stream *stream, enum reflector_state before,
				    const struct reflector_event *event, const struct err *cause)
{
	const char *verb = kubeapi_stream_verb(before, event->code),
		   *resource = request_resource(stream->kind);
	const char *text = cause && cause->code ? cause->text : kubeapi_stream_cause(event->type);
	int code = cause && cause->code ? cause->code : -EPROTO;
	struct kubeapi *kubeapi = stream->kubeapi;
	int64_t wait_ms = stream->reflector.deadline_ms - kubeapi_now(kubeapi);
	struct err err = { 0 };

	(void)err_set(&err, code, "%s%s: %.250s", verb, resource, text);
	kubeapi_stream_count_failure(stream, event->code, &err);
	(void)snprintf(stream->trouble, sizeof(stream->trouble), "%.*s", (int)sizeof(stream->trouble) - 1,
		       err.text);
	if (!kubeapi->given_up)
		(void)err_set(&err, code, "%s%s: %.250s; tried again in %" PRId64 ".%" PRId64 " s", verb,
			      resource, text, wait_ms / 1000, wait_ms % 1000 / 100);
	kubeapi->sink.degraded(kubeapi->sink.ctx, kubeapi->credentials->server, &err);
}

static void kubeapi_stream_absent(struct kubeapi_stream *stream, const struct reflector_event *event,
				  const struct err *cause)
{
	const struct object_sink *sink = &stream->kubeapi->sink;
	struct err err = { 0 };

	if (!sink->absent)
		return;
	(void)err_set(&err, event->code == 404 ? -ENOENT : -EACCES, "list and watch %s: %.250s",
		      request_resource(stream->kind), cause ? cause->text : "refused");
	sink->absent(sink->ctx, stream->kind, &err);
}

void kubeapi_stream_handle(struct kubeapi_stream *stream, const struct reflector_event *event,
			   const struct err *cause)
{
	struct kubeapi *kubeapi = stream->kubeapi;
	const struct object_sink *sink = &kubeapi->sink;
	enum reflector_state before = stream->reflector.state;
	unsigned int actions;

	actions = reflector_handle(&stream->reflector, event, kubeapi_now(kubeapi));
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
		stream->waiting_ms = -1;
	}
	if (actions & REFLECTOR_ACTION_DEGRADED)
		kubeapi_stream_degraded(stream, before, event, cause);
	if (actions & REFLECTOR_ACTION_ABSENT)
		kubeapi_stream_absent(stream, event, cause);
	if ((actions & REFLECTOR_ACTION_RECOVERED) && sink->recovered)
		sink->recovered(sink->ctx, kubeapi->credentials->server);
}

void kubeapi_stream_transport_error(struct kubeapi_stream *stream, const struct err *err)
{
	const struct reflector_event event = { .type = REFLECTOR_EVENT_TRANSPORT_ERROR };

	kubeapi_stream_handle(stream, &event, err);
}

/* A server that takes no notice of the field selector sends every Node there is. */
static bool kubeapi_stream_wants(const struct kubeapi_stream *stream, const struct object *object)
{
	if (!object->name || !*object->name)
		return false;
	return stream->kind != OBJECT_KIND_NODE || strcmp(object->name, stream->kubeapi->node_name) == 0;
}

static void kubeapi_stream_on_put(void *ctx, struct object *object)
{
	struct kubeapi_stream *stream = ctx;
	const struct object_sink *sink = &stream->kubeapi->sink;
	const struct reflector_event event = { .type = REFLECTOR_EVENT_OBJECT,
					       .resource_version = object->resource_version };

	/* Skipped: a slice that is of no use to us, whatever one of that name was before. */
	if (object->skipped && kubeapi_stream_wants(stream, object))
		sink->del(sink->ctx, stream->kind, object->namespace ? object->namespace : "", object->name);
	else if (!object->skipped && kubeapi_stream_wants(stream, object))
		sink->put(sink->ctx, object);
	kubeapi_stream_handle(stream, &event, NULL);
}

static void kubeapi_stream_on_del(void *ctx, const struct object *object)
{
	struct kubeapi_stream *stream = ctx;
	const struct object_sink *sink = &stream->kubeapi->sink;
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

	stream->kubeapi->sink.refused(stream->kubeapi->sink.ctx, object, err);
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
		/* "Too large resource version": the cause's reason is not read, the words have been these
		 * since the cache knows of it. */
		.version_too_large = strstr(status->message, "Too large resource version") != NULL,
	};
	struct err cause = { 0 };

	if (strcmp(status->reason, "Expired") == 0 || strcmp(status->reason, "Gone") == 0)
		event.code = 410;
	if (!event.retry_after_s)
		event.retry_after_s = status->retry_after_s;
	(void)err_set(&cause, event.code == 401 || event.code == 403 ? -EACCES : -EREMOTEIO, "%d %s: %s",
		      event.code, *status->reason ? status->reason : "(no reason given)", status->message);
	if (event.code == 401)
		stream->kubeapi->refresh_now = true;
	if (event.code == 401 && stream->kubeapi->plugin)
		exec_plugin_refused(stream->kubeapi->plugin, stream->generation);
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
	log_debug("kubeapi", "protobuf is of no use, JSON is asked for",
		  LOG_TEXT("resource", request_resource(stream->kind)));
	negotiation_failed(&stream->negotiation, kubeapi_now(stream->kubeapi));
}

/* The body is nonsense. If it was to be protobuf, JSON may do better. */
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

	kubeapi_count_answer(stream->kubeapi, "GET", response->http_code, stream->asked_ms);
	if (stream->closing)
		return;
	stream->response = *response;
	if (negotiation_refused(&stream->negotiation, response->http_code)) {
		kubeapi_stream_ask_for_json(stream);
		stream->closing = true;
		stream->opening = true;
		return;
	}
	if (response->http_code < 300 && stream->kubeapi->plugin)
		exec_plugin_accepted(stream->kubeapi->plugin);
	if (response->http_code < 300)
		form = stream->reflector.state == REFLECTOR_STATE_LISTING ? RESPONSE_BODY_FORM_LIST
									  : RESPONSE_BODY_FORM_WATCH;
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

static void kubeapi_stream_on_end(void *ctx, const struct err *err)
{
	const struct reflector_event event = { .type = REFLECTOR_EVENT_STREAM_END };
	struct kubeapi_stream *stream = ctx;
	struct err own = { 0 };

	if (stream->closing)
		return;
	if (!stream->response.http_code)
		kubeapi_count_answer(stream->kubeapi, "GET", 0, stream->asked_ms);
	/* An error's body counts as far as it came. */
	if (err->code && !(stream->body && stream->response.http_code >= 300)) {
		kubeapi_stream_transport_error(stream, err);
		return;
	}
	if (response_body_finish(stream->body, &own) < 0)
		kubeapi_stream_transport_error(stream, &own);
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

static void kubeapi_stream_refresh(struct kubeapi *kubeapi)
{
	struct err err = { 0 };

	if (credentials_refresh(kubeapi->credentials, kubeapi->refresh_now, kubeapi_now(kubeapi), &err) < 0)
		kubeapi->sink.degraded(kubeapi->sink.ctx, kubeapi->credentials->origin, &err);
	kubeapi->refresh_now = false;
}

void kubeapi_stream_open(struct kubeapi_stream *stream)
{
	struct kubeapi *kubeapi = stream->kubeapi;
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
	if (stream->waiting_ms >= 0 && stream->reflector.deadline_ms >= 0)
		stream->reflector.deadline_ms += kubeapi_now(kubeapi) - stream->waiting_ms;
	stream->waiting_ms = -1;
	if (kubeapi->plugin)
		stream->generation = exec_plugin_generation(kubeapi->plugin);
	kubeapi_stream_refresh(kubeapi);
	request_path(stream->kind, &stream->reflector, kubeapi->node_name, &path);
	request = (struct transfer_request){
		.path = buf_text(&path),
		.accept = negotiation_accept(&stream->negotiation, watch, kubeapi_now(kubeapi)),
		.compressed = !watch && !kubeapi->credentials->disable_compression,
	};
	stream->asked_ms = kubeapi_now(kubeapi);
	log_debug("kubeapi", "request", LOG_TEXT("path", request.path));
	if (transfer_open(kubeapi->pool, kubeapi->credentials, &request, &handler, &stream->transfer, &err) <
	    0)
		kubeapi_stream_transport_error(stream, &err);
	buf_done(&path);
}
