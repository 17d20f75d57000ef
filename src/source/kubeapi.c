/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "source/kubeapi.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/log.h"
#include "source/body.h"
#include "source/negotiation.h"
#include "source/plugin.h"
#include "source/reflector.h"
#include "source/request.h"
#include "source/transfer.h"
#include "source/writing.h"

#define KUBEAPI_ONCE_TRIES 3 /* of a single run, before a failure that may pass is taken as final */

/*
 * DOC: who calls whom
 *
 * libcurl calls back from inside its own functions, where a transfer can be neither closed nor opened.
 * So everything that happens there (a response, objects, an end) goes straight to the reflector and the
 * sink, but what the reflector wants done to the request is only noted, and kubeapi_settle() does it
 * once libcurl has returned. Between the two, what an unwanted transfer still brings is ignored.
 *
 * With an exec plugin a request may have to wait for credentials; then @opening stays set, the reflector's
 * clock stands still, and kubeapi_settle() asks again after each dispatch.
 */

/**
 * struct kubeapi_stream - One kind: its reflector and the request it has open
 * @closing:	the request is unwanted; kubeapi_settle() closes it
 * @opening:	kubeapi_settle() opens a new one
 * @waiting_ms:	since when that waits for the plugin; -1: it doesn't
 * @generation:	of the plugin's credentials that the open request has
 * @response:	of the open request
 * @asked_ms:	when that was opened
 */
struct kubeapi_stream {
	struct kubeapi *kubeapi;
	enum object_kind kind;
	struct reflector reflector;
	struct negotiation negotiation;
	struct transfer *transfer;
	struct body *body;
	struct transfer_response response;
	int64_t asked_ms;
	bool closing;
	bool opening;
	int64_t waiting_ms;
	unsigned int generation;
	unsigned int n_failures;
	char trouble[300]; /* the last */
};

struct kubeapi {
	struct kubeapi_loop loop;
	struct source_sink sink;
	bool follow;
	char *node_name;
	struct credentials_params params; /* its strings are ours */
	struct credentials *credentials;
	struct plugin *plugin; /* NULL: the credentials come from none */
	struct transfer_pool *pool;
	struct kubeapi_stream streams[_OBJECT_KIND_MAX];
	bool has_stream[_OBJECT_KIND_MAX];
	struct writing *writing; /* NULL: nothing is being written */
	bool write_waits;	 /* for the plugin; whoever writes asks again */
	unsigned int writing_generation;
	const char *writing_method;
	int64_t writing_ms; /* since when */
	kubeapi_written *written;
	void *written_ctx;
	kubeapi_answered *answered;
	void *answered_ctx;
	bool refresh_now; /* the server did not take what we said about ourselves */
	bool given_up;
	struct err given_up_err;
	int64_t timer_ms; /* as the loop knows it */
};

static int64_t kubeapi_now(const struct kubeapi *kubeapi)
{
	return kubeapi->loop.now_ms(kubeapi->loop.ctx);
}

static void kubeapi_count_answer(const struct kubeapi *kubeapi, const char *method, int http_code,
				 int64_t asked_ms)
{
	if (kubeapi->answered)
		kubeapi->answered(kubeapi->answered_ctx, method, http_code, kubeapi_now(kubeapi) - asked_ms);
}

/* In a single run trouble ends it at once if it won't pass, else after a few tries. */
static void kubeapi_count_failure(struct kubeapi_stream *stream, int http_code, const struct err *err)
{
	struct kubeapi *kubeapi = stream->kubeapi;
	bool final = err->code == -EKEYREJECTED || http_code == 401 || http_code == 403 || http_code == 404;

	if (kubeapi->follow || kubeapi->given_up)
		return;
	if (!final && ++stream->n_failures < KUBEAPI_ONCE_TRIES)
		return;
	kubeapi->given_up = true;
	kubeapi->given_up_err = *err;
}

static const char *kubeapi_cause(enum reflector_event_type type)
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
static const char *kubeapi_verb(enum reflector_state state, int code)
{
	if (code != 403)
		return "";
	return state == REFLECTOR_STATE_LISTING ? "list " : "watch ";
}

/* The cause, what it was about, and when it is tried again: one line for the log. */
static void kubeapi_degraded(struct kubeapi_stream *stream, enum reflector_state before,
			     const struct reflector_event *event, const struct err *cause)
{
	const char *verb = kubeapi_verb(before, event->code), *resource = request_resource(stream->kind);
	const char *text = cause && cause->code ? cause->text : kubeapi_cause(event->type);
	int code = cause && cause->code ? cause->code : -EPROTO;
	struct kubeapi *kubeapi = stream->kubeapi;
	int64_t wait_ms = stream->reflector.deadline_ms - kubeapi_now(kubeapi);
	struct err err = { 0 };

	(void)err_set(&err, code, "%s%s: %.250s", verb, resource, text);
	kubeapi_count_failure(stream, event->code, &err);
	(void)snprintf(stream->trouble, sizeof(stream->trouble), "%.*s", (int)sizeof(stream->trouble) - 1,
		       err.text);
	if (!kubeapi->given_up)
		(void)err_set(&err, code, "%s%s: %.250s; tried again in %" PRId64 ".%" PRId64 " s", verb,
			      resource, text, wait_ms / 1000, wait_ms % 1000 / 100);
	kubeapi->sink.degraded(kubeapi->sink.ctx, kubeapi->credentials->server, &err);
}

static void kubeapi_absent(struct kubeapi_stream *stream, const struct reflector_event *event,
			   const struct err *cause)
{
	const struct source_sink *sink = &stream->kubeapi->sink;
	struct err err = { 0 };

	if (!sink->absent)
		return;
	(void)err_set(&err, event->code == 404 ? -ENOENT : -EACCES, "list and watch %s: %.250s",
		      request_resource(stream->kind), cause ? cause->text : "refused");
	sink->absent(sink->ctx, stream->kind, &err);
}

static void kubeapi_event(struct kubeapi_stream *stream, const struct reflector_event *event,
			  const struct err *cause)
{
	struct kubeapi *kubeapi = stream->kubeapi;
	const struct source_sink *sink = &kubeapi->sink;
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
		kubeapi_degraded(stream, before, event, cause);
	if (actions & REFLECTOR_ACTION_ABSENT)
		kubeapi_absent(stream, event, cause);
	if ((actions & REFLECTOR_ACTION_RECOVERED) && sink->recovered)
		sink->recovered(sink->ctx, kubeapi->credentials->server);
}

static void kubeapi_transport_error(struct kubeapi_stream *stream, const struct err *err)
{
	const struct reflector_event event = { .type = REFLECTOR_EVENT_TRANSPORT_ERROR };

	kubeapi_event(stream, &event, err);
}

/* A server that takes no notice of the field selector sends every Node there is. */
static bool kubeapi_wants(const struct kubeapi_stream *stream, const struct object *object)
{
	if (!object->name || !*object->name)
		return false;
	return stream->kind != OBJECT_KIND_NODE || strcmp(object->name, stream->kubeapi->node_name) == 0;
}

static void kubeapi_on_put(void *ctx, struct object *object)
{
	struct kubeapi_stream *stream = ctx;
	const struct source_sink *sink = &stream->kubeapi->sink;
	const struct reflector_event event = { .type = REFLECTOR_EVENT_OBJECT,
					       .resource_version = object->resource_version };

	/* Skipped: a slice that is of no use to us, whatever one of that name was before. */
	if (object->skipped && kubeapi_wants(stream, object))
		sink->del(sink->ctx, stream->kind, object->namespace ? object->namespace : "", object->name);
	else if (!object->skipped && kubeapi_wants(stream, object))
		sink->put(sink->ctx, object);
	kubeapi_event(stream, &event, NULL);
}

static void kubeapi_on_del(void *ctx, const struct object *object)
{
	struct kubeapi_stream *stream = ctx;
	const struct source_sink *sink = &stream->kubeapi->sink;
	const struct reflector_event event = { .type = REFLECTOR_EVENT_OBJECT,
					       .resource_version = object->resource_version };

	if (kubeapi_wants(stream, object))
		sink->del(sink->ctx, stream->kind, object->namespace ? object->namespace : "", object->name);
	kubeapi_event(stream, &event, NULL);
}

static void kubeapi_on_refused(void *ctx, const struct object *object, const struct err *err)
{
	struct kubeapi_stream *stream = ctx;
	const struct reflector_event event = { .type = REFLECTOR_EVENT_OBJECT,
					       .resource_version = object->resource_version };

	stream->kubeapi->sink.refused(stream->kubeapi->sink.ctx, object, err);
	kubeapi_event(stream, &event, NULL);
}

static void kubeapi_on_bookmark(void *ctx, const struct object *object)
{
	struct kubeapi_stream *stream = ctx;
	const struct reflector_event event = {
		.type = object->initial_events_end ? REFLECTOR_EVENT_INITIAL_END : REFLECTOR_EVENT_BOOKMARK,
		.resource_version = object->resource_version,
	};

	kubeapi_event(stream, &event, NULL);
}

static void kubeapi_on_failure(void *ctx, const struct api_status *status)
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
		plugin_refused(stream->kubeapi->plugin, stream->generation);
	kubeapi_event(stream, &event, &cause);
}

static void kubeapi_on_page_end(void *ctx, const char *resource_version, const char *continue_token)
{
	struct kubeapi_stream *stream = ctx;
	const struct reflector_event event = {
		.type = REFLECTOR_EVENT_PAGE_END,
		.resource_version = resource_version,
		.continue_token = continue_token,
	};

	kubeapi_event(stream, &event, NULL);
}

static void kubeapi_ask_for_json(struct kubeapi_stream *stream)
{
	log_debug("kubeapi", "protobuf is of no use, JSON is asked for",
		  LOG_TEXT("resource", request_resource(stream->kind)));
	negotiation_failed(&stream->negotiation, kubeapi_now(stream->kubeapi));
}

/* The body is nonsense. If it was to be protobuf, JSON may do better. */
static void kubeapi_bad_body(struct kubeapi_stream *stream, const struct err *err)
{
	if (negotiation_format(stream->response.content_type) == BODY_FORMAT_PROTOBUF)
		kubeapi_ask_for_json(stream);
	kubeapi_transport_error(stream, err);
}

static void kubeapi_on_response(void *ctx, const struct transfer_response *response)
{
	const struct reflector_event event = { .type = REFLECTOR_EVENT_RESPONSE };
	struct kubeapi_stream *stream = ctx;
	const struct body_handler handler = {
		.put = kubeapi_on_put,
		.del = kubeapi_on_del,
		.refused = kubeapi_on_refused,
		.bookmark = kubeapi_on_bookmark,
		.failure = kubeapi_on_failure,
		.page_end = kubeapi_on_page_end,
		.ctx = stream,
	};
	enum body_format format = negotiation_format(response->content_type);
	enum body_form form = BODY_FORM_ERROR;

	kubeapi_count_answer(stream->kubeapi, "GET", response->http_code, stream->asked_ms);
	if (stream->closing)
		return;
	stream->response = *response;
	if (negotiation_refused(&stream->negotiation, response->http_code)) {
		kubeapi_ask_for_json(stream);
		stream->closing = true;
		stream->opening = true;
		return;
	}
	if (response->http_code < 300 && stream->kubeapi->plugin)
		plugin_accepted(stream->kubeapi->plugin);
	if (response->http_code < 300)
		form = stream->reflector.state == REFLECTOR_STATE_LISTING ? BODY_FORM_LIST : BODY_FORM_WATCH;
	stream->body = body_new(form, format, stream->kind, response->http_code, &handler);
	if (form != BODY_FORM_ERROR)
		kubeapi_event(stream, &event, NULL);
}

static int kubeapi_on_data(void *ctx, const char *bytes, size_t size)
{
	struct kubeapi_stream *stream = ctx;
	struct err err = { 0 };
	int r;

	if (stream->closing)
		return -ECANCELED;
	r = body_feed(stream->body, bytes, size, &stream->closing, &err);
	if (r < 0 && !stream->closing)
		kubeapi_bad_body(stream, &err);
	return r;
}

static void kubeapi_on_end(void *ctx, const struct err *err)
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
		kubeapi_transport_error(stream, err);
		return;
	}
	if (body_finish(stream->body, &own) < 0)
		kubeapi_transport_error(stream, &own);
	else if (!stream->closing)
		kubeapi_event(stream, &event, NULL);
}

static void kubeapi_close(struct kubeapi_stream *stream)
{
	stream->transfer = transfer_close(stream->transfer);
	stream->body = body_free(stream->body);
	stream->response = (struct transfer_response){ 0 };
	stream->closing = false;
}

static void kubeapi_refresh(struct kubeapi *kubeapi)
{
	struct err err = { 0 };

	if (credentials_refresh(kubeapi->credentials, kubeapi->refresh_now, kubeapi_now(kubeapi), &err) < 0)
		kubeapi->sink.degraded(kubeapi->sink.ctx, kubeapi->credentials->origin, &err);
	kubeapi->refresh_now = false;
}

static void kubeapi_open(struct kubeapi_stream *stream)
{
	struct kubeapi *kubeapi = stream->kubeapi;
	const struct transfer_handler handler = {
		.response = kubeapi_on_response,
		.data = kubeapi_on_data,
		.end = kubeapi_on_end,
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
		stream->generation = plugin_generation(kubeapi->plugin);
	kubeapi_refresh(kubeapi);
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
		kubeapi_transport_error(stream, &err);
	buf_done(&path);
}

/*
 * Whether requests may be opened: false as long as the plugin keeps them waiting. If it failed, so have
 * they, and none of them is there any more.
 */
static bool kubeapi_log_in(struct kubeapi *kubeapi)
{
	struct err err = { 0 };
	bool wanted = false;
	size_t i;
	int r;

	for (i = 0; i < _OBJECT_KIND_MAX; i++)
		wanted |= kubeapi->streams[i].opening;
	if (!kubeapi->plugin || !wanted || kubeapi->given_up)
		return true;
	r = plugin_get(kubeapi->plugin, &err);
	for (i = 0; i < _OBJECT_KIND_MAX && r != 0; i++) {
		struct kubeapi_stream *stream = &kubeapi->streams[i];

		if (!stream->opening)
			continue;
		if (r == -EINPROGRESS && stream->waiting_ms < 0)
			stream->waiting_ms = kubeapi_now(kubeapi);
		if (r == -EINPROGRESS)
			continue;
		stream->opening = false;
		stream->waiting_ms = -1;
		kubeapi_transport_error(stream, &err);
	}
	return r == 0;
}

static void kubeapi_settle_writing(struct kubeapi *kubeapi)
{
	int http_code = 0;

	if (!kubeapi->writing || !writing_settle(kubeapi->writing, &http_code))
		return;
	kubeapi->writing = writing_close(kubeapi->writing);
	kubeapi_count_answer(kubeapi, kubeapi->writing_method, http_code, kubeapi->writing_ms);
	if (http_code == 401)
		kubeapi->refresh_now = true;
	if (http_code == 401 && kubeapi->plugin)
		plugin_refused(kubeapi->plugin, kubeapi->writing_generation);
}

static void kubeapi_set_timer(struct kubeapi *kubeapi)
{
	int64_t deadline_ms = transfer_pool_deadline(kubeapi->pool);
	size_t i;

	for (i = 0; i < _OBJECT_KIND_MAX; i++) {
		int64_t stream_ms = kubeapi->streams[i].reflector.deadline_ms;

		if (kubeapi->streams[i].waiting_ms >= 0)
			stream_ms = plugin_deadline(kubeapi->plugin);
		if (!kubeapi->has_stream[i] || stream_ms < 0)
			continue;
		if (deadline_ms < 0 || stream_ms < deadline_ms)
			deadline_ms = stream_ms;
	}
	if (kubeapi->write_waits) {
		int64_t plugin_ms = plugin_deadline(kubeapi->plugin);

		if (plugin_ms >= 0 && (deadline_ms < 0 || plugin_ms < deadline_ms))
			deadline_ms = plugin_ms;
	}
	if (kubeapi->given_up)
		deadline_ms = -1;
	if (deadline_ms == kubeapi->timer_ms)
		return;
	kubeapi->timer_ms = deadline_ms;
	kubeapi->loop.set_timer(kubeapi->loop.ctx, deadline_ms);
}

/* See "who calls whom". */
static void kubeapi_settle(struct kubeapi *kubeapi)
{
	bool ready;
	size_t i;

	for (i = 0; i < _OBJECT_KIND_MAX; i++)
		if (kubeapi->streams[i].closing)
			kubeapi_close(&kubeapi->streams[i]);
	ready = kubeapi_log_in(kubeapi);
	for (i = 0; i < _OBJECT_KIND_MAX; i++) {
		struct kubeapi_stream *stream = &kubeapi->streams[i];

		if (kubeapi->given_up)
			kubeapi_close(stream);
		if (stream->opening && ready && !kubeapi->given_up)
			kubeapi_open(stream);
		/* Opening failed: nothing is open that could be closed. */
		if (!stream->transfer)
			stream->closing = false;
	}
	kubeapi_settle_writing(kubeapi);
	kubeapi_set_timer(kubeapi);
}

void kubeapi_start(struct kubeapi *kubeapi)
{
	const struct reflector_event event = { .type = REFLECTOR_EVENT_START };
	size_t i;

	for (i = 0; i < _OBJECT_KIND_MAX; i++) {
		if (kubeapi->has_stream[i])
			kubeapi_event(&kubeapi->streams[i], &event, NULL);
		else
			kubeapi->sink.synced(kubeapi->sink.ctx, kubeapi->streams[i].kind);
	}
	kubeapi_settle(kubeapi);
}

void kubeapi_dispatch_fd(struct kubeapi *kubeapi, int fd, unsigned int events)
{
	if (kubeapi->plugin)
		plugin_dispatch_fd(kubeapi->plugin, fd);
	transfer_pool_dispatch_fd(kubeapi->pool, fd, events);
	kubeapi_settle(kubeapi);
}

void kubeapi_dispatch_timer(struct kubeapi *kubeapi)
{
	const struct reflector_event event = { .type = REFLECTOR_EVENT_TIMER };
	int64_t now_ms = kubeapi_now(kubeapi);
	size_t i;

	/* The loop's timer may have gone off once and for all: it is set anew below. */
	kubeapi->timer_ms = INT64_MIN;
	kubeapi->write_waits = false;
	if (kubeapi->plugin)
		plugin_dispatch_timer(kubeapi->plugin);
	transfer_pool_dispatch_timer(kubeapi->pool);
	for (i = 0; i < _OBJECT_KIND_MAX; i++) {
		struct reflector *reflector = &kubeapi->streams[i].reflector;

		if (kubeapi->streams[i].waiting_ms >= 0)
			continue;
		if (kubeapi->has_stream[i] && reflector->deadline_ms >= 0 && reflector->deadline_ms <= now_ms)
			kubeapi_event(&kubeapi->streams[i], &event, NULL);
	}
	kubeapi_settle(kubeapi);
}

static void kubeapi_copy_params(const struct credentials_params *params, struct credentials_params *ret)
{
	ret->kubeconfig = alloc_string(params->kubeconfig);
	ret->context = alloc_string(params->context);
	ret->master = alloc_string(params->master);
	ret->kubeconfig_list = alloc_string(params->kubeconfig_list);
	ret->service_host = alloc_string(params->service_host);
	ret->service_port = alloc_string(params->service_port);
	ret->service_account = alloc_string(params->service_account);
}

static void kubeapi_free_params(struct credentials_params *params)
{
	free((char *)params->kubeconfig);
	free((char *)params->context);
	free((char *)params->master);
	free((char *)params->kubeconfig_list);
	free((char *)params->service_host);
	free((char *)params->service_port);
	free((char *)params->service_account);
}

/* Nodes that lose their server together must not come back together, whatever seed they were given (FNV-1a).
 */
static uint64_t kubeapi_seed(const struct kubeapi_config *config)
{
	const unsigned char *p = (const unsigned char *)(config->node_name ? config->node_name : "");
	uint64_t hash = 0xcbf29ce484222325u;

	for (; *p; p++)
		hash = (hash ^ *p) * 0x100000001b3u;
	return hash ^ config->seed;
}

int kubeapi_new(const struct kubeapi_config *config, const struct kubeapi_loop *loop,
		const struct source_sink *sink, struct kubeapi **ret, struct err *reterr)
{
	_cleanup_(kubeapi_freep) struct kubeapi *kubeapi = alloc_zeroed(1, sizeof(*kubeapi));
	size_t i;
	int r;

	kubeapi->loop = *loop;
	kubeapi->sink = *sink;
	kubeapi->follow = config->follow;
	kubeapi->node_name = alloc_string(config->node_name);
	kubeapi->written = config->written;
	kubeapi->written_ctx = config->written_ctx;
	kubeapi->answered = config->answered;
	kubeapi->answered_ctx = config->answered_ctx;
	kubeapi->timer_ms = -1;
	kubeapi_copy_params(&config->credentials, &kubeapi->params);
	r = credentials_load(&kubeapi->params, kubeapi_now(kubeapi), &kubeapi->credentials, reterr);
	if (r == 0)
		r = transfer_pool_new(&kubeapi->loop, &kubeapi->pool, reterr);
	if (r < 0)
		return r;
	if (kubeapi->credentials->exec)
		kubeapi->plugin = plugin_new(&kubeapi->loop, kubeapi->credentials);
	for (i = 0; i < _OBJECT_KIND_MAX; i++) {
		struct kubeapi_stream *stream = &kubeapi->streams[i];

		stream->waiting_ms = -1;
		stream->kubeapi = kubeapi;
		stream->kind = (enum object_kind)i;
		if (stream->kind == OBJECT_KIND_NODE && !(kubeapi->node_name && *kubeapi->node_name))
			continue;
		kubeapi->has_stream[i] = true;
		reflector_init(&stream->reflector, request_selector(stream->kind), config->follow,
			       kubeapi_seed(config) + i);
		stream->reflector.optional = request_optional(stream->kind);
		stream->negotiation.json_only = config->json_only;
	}
	*ret = TAKE_PTR(kubeapi);
	return 0;
}

struct kubeapi *kubeapi_free(struct kubeapi *kubeapi)
{
	size_t i;

	if (!kubeapi)
		return NULL;
	for (i = 0; i < _OBJECT_KIND_MAX; i++) {
		struct kubeapi_stream *stream = &kubeapi->streams[i];

		if (!kubeapi->has_stream[i])
			continue;
		kubeapi_close(stream);
		if (reflector_replacing(&stream->reflector))
			kubeapi->sink.replace_abort(kubeapi->sink.ctx, stream->kind);
		reflector_done(&stream->reflector);
	}
	writing_close(kubeapi->writing);
	transfer_pool_free(kubeapi->pool);
	plugin_free(kubeapi->plugin);
	credentials_free(kubeapi->credentials);
	kubeapi_free_params(&kubeapi->params);
	free(kubeapi->node_name);
	free(kubeapi);
	return NULL;
}

int kubeapi_reload_credentials(struct kubeapi *kubeapi, struct err *reterr)
{
	const struct reflector_event event = { .type = REFLECTOR_EVENT_RESTART };
	struct credentials *fresh;
	size_t i;
	int r;

	r = credentials_load(&kubeapi->params, kubeapi_now(kubeapi), &fresh, reterr);
	if (r < 0)
		return r;
	kubeapi->plugin = plugin_free(kubeapi->plugin);
	kubeapi->write_waits = false;
	credentials_free(kubeapi->credentials);
	kubeapi->credentials = fresh;
	if (fresh->exec)
		kubeapi->plugin = plugin_new(&kubeapi->loop, fresh);
	for (i = 0; i < _OBJECT_KIND_MAX; i++) {
		if (!kubeapi->has_stream[i])
			continue;
		negotiation_forget(&kubeapi->streams[i].negotiation);
		kubeapi->streams[i].waiting_ms = -1;
		kubeapi_event(&kubeapi->streams[i], &event, NULL);
	}
	kubeapi_settle(kubeapi);
	return 0;
}

/* What is followed comes first: whoever waits for credentials, or has none, writes nothing. */
static int kubeapi_may_write(struct kubeapi *kubeapi, struct err *reterr)
{
	size_t i;
	int r;

	for (i = 0; i < _OBJECT_KIND_MAX; i++)
		if (kubeapi->streams[i].opening)
			return err_set(reterr, -EAGAIN, "what is followed waits for credentials");
	if (!kubeapi->plugin)
		return 0;
	r = plugin_get(kubeapi->plugin, reterr);
	kubeapi->write_waits = r == -EINPROGRESS;
	if (kubeapi->write_waits)
		return err_set(reterr, -EAGAIN, "there are no credentials yet");
	/* It says so once, and nobody else has heard it. */
	if (r < 0)
		kubeapi->sink.degraded(kubeapi->sink.ctx, kubeapi->credentials->server, reterr);
	return r;
}

int kubeapi_write(struct kubeapi *kubeapi, const struct kubeapi_write *write, struct err *reterr)
{
	int r;

	if (kubeapi->writing)
		return err_set(reterr, -EBUSY, "another request is under way");
	r = kubeapi_may_write(kubeapi, reterr);
	if (r < 0) {
		kubeapi_set_timer(kubeapi);
		return r;
	}
	if (kubeapi->plugin)
		kubeapi->writing_generation = plugin_generation(kubeapi->plugin);
	kubeapi->writing_method = write->patch ? "PATCH" : "POST";
	kubeapi->writing_ms = kubeapi_now(kubeapi);
	log_debug("kubeapi", "request", LOG_TEXT("method", kubeapi->writing_method),
		  LOG_TEXT("path", write->path));
	r = writing_open(kubeapi->pool, kubeapi->credentials, write, kubeapi->written, kubeapi->written_ctx,
			 &kubeapi->writing, reterr);
	kubeapi_set_timer(kubeapi);
	return r;
}

int kubeapi_finished(const struct kubeapi *kubeapi, struct err *reterr)
{
	size_t i;

	if (kubeapi->given_up) {
		if (reterr)
			*reterr = kubeapi->given_up_err;
		return kubeapi->given_up_err.code;
	}
	for (i = 0; i < _OBJECT_KIND_MAX; i++)
		if (kubeapi->has_stream[i] && kubeapi->streams[i].reflector.state != REFLECTOR_STATE_DONE)
			return -EINPROGRESS;
	return 0;
}

void kubeapi_kind_status(const struct kubeapi *kubeapi, enum object_kind kind,
			 struct kubeapi_kind_status *ret)
{
	const struct reflector *reflector = &kubeapi->streams[kind].reflector;

	*ret = (struct kubeapi_kind_status){ .followed = kubeapi->has_stream[kind] };
	if (!ret->followed)
		return;
	ret->optional = reflector->optional;
	ret->replacing = reflector_replacing(reflector);
	ret->age_ms = reflector->heard_ms < 0 ? -1 : kubeapi_now(kubeapi) - reflector->heard_ms;
	ret->trouble = reflector->failing ? kubeapi->streams[kind].trouble : NULL;
}

const char *kubeapi_server(const struct kubeapi *kubeapi)
{
	return kubeapi->credentials->server;
}

bool kubeapi_insecure(const struct kubeapi *kubeapi)
{
	return kubeapi->credentials->insecure;
}
