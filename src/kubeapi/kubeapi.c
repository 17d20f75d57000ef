/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "kubeapi/kubeapi.h"

#include <errno.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/log.h"
#include "kubeapi/kubeapi_internal.h"
#include "kubeapi/request.h"

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

void kubeapi_count_answer(const struct kubeapi *kubeapi, const char *method, int http_code, int64_t asked_ms)
{
	if (kubeapi->answered)
		kubeapi->answered(kubeapi->answered_ctx, method, http_code, kubeapi_now(kubeapi) - asked_ms);
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
	r = exec_plugin_get(kubeapi->plugin, &err);
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
		kubeapi_stream_transport_error(stream, &err);
	}
	return r == 0;
}

static void kubeapi_settle_writing(struct kubeapi *kubeapi)
{
	int http_code = 0;

	if (!kubeapi->writing || !write_request_settle(kubeapi->writing, &http_code))
		return;
	kubeapi->writing = write_request_close(kubeapi->writing);
	kubeapi_count_answer(kubeapi, kubeapi->writing_method, http_code, kubeapi->writing_ms);
	if (http_code == 401)
		kubeapi->refresh_now = true;
	if (http_code == 401 && kubeapi->plugin)
		exec_plugin_refused(kubeapi->plugin, kubeapi->writing_generation);
}

static void kubeapi_set_timer(struct kubeapi *kubeapi)
{
	int64_t deadline_ms = transfer_pool_deadline(kubeapi->pool);
	size_t i;

	for (i = 0; i < _OBJECT_KIND_MAX; i++) {
		int64_t stream_ms = kubeapi->streams[i].reflector.deadline_ms;

		if (kubeapi->streams[i].waiting_ms >= 0)
			stream_ms = exec_plugin_deadline(kubeapi->plugin);
		if (!kubeapi->has_stream[i] || stream_ms < 0)
			continue;
		if (deadline_ms < 0 || stream_ms < deadline_ms)
			deadline_ms = stream_ms;
	}
	if (kubeapi->write_waits) {
		int64_t plugin_ms = exec_plugin_deadline(kubeapi->plugin);

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
			kubeapi_stream_close(&kubeapi->streams[i]);
	ready = kubeapi_log_in(kubeapi);
	for (i = 0; i < _OBJECT_KIND_MAX; i++) {
		struct kubeapi_stream *stream = &kubeapi->streams[i];

		if (kubeapi->given_up)
			kubeapi_stream_close(stream);
		if (stream->opening && ready && !kubeapi->given_up)
			kubeapi_stream_open(stream);
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
			kubeapi_stream_handle(&kubeapi->streams[i], &event, NULL);
		else
			kubeapi->sink.synced(kubeapi->sink.ctx, kubeapi->streams[i].kind);
	}
	kubeapi_settle(kubeapi);
}

void kubeapi_dispatch_fd(struct kubeapi *kubeapi, int fd, unsigned int events)
{
	if (kubeapi->plugin)
		exec_plugin_dispatch_fd(kubeapi->plugin, fd);
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
		exec_plugin_dispatch_timer(kubeapi->plugin);
	transfer_pool_dispatch_timer(kubeapi->pool);
	for (i = 0; i < _OBJECT_KIND_MAX; i++) {
		struct reflector *reflector = &kubeapi->streams[i].reflector;

		if (kubeapi->streams[i].waiting_ms >= 0)
			continue;
		if (kubeapi->has_stream[i] && reflector->deadline_ms >= 0 && reflector->deadline_ms <= now_ms)
			kubeapi_stream_handle(&kubeapi->streams[i], &event, NULL);
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

/* Nodes that lose their server together must not come back together, whatever seed they were given. */
static uint64_t kubeapi_seed(const struct kubeapi_config *config)
{
	return hash_add_string(HASH_START, config->node_name ? config->node_name : "") ^ config->seed;
}

int kubeapi_new(const struct kubeapi_config *config, const struct kubeapi_loop *loop,
		const struct object_sink *sink, struct kubeapi **ret, struct err *reterr)
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
		kubeapi->plugin = exec_plugin_new(&kubeapi->loop, kubeapi->credentials);
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
		kubeapi_stream_close(stream);
		if (reflector_replacing(&stream->reflector))
			kubeapi->sink.replace_abort(kubeapi->sink.ctx, stream->kind);
		reflector_done(&stream->reflector);
	}
	write_request_close(kubeapi->writing);
	transfer_pool_free(kubeapi->pool);
	exec_plugin_free(kubeapi->plugin);
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
	kubeapi->plugin = exec_plugin_free(kubeapi->plugin);
	kubeapi->write_waits = false;
	credentials_free(kubeapi->credentials);
	kubeapi->credentials = fresh;
	if (fresh->exec)
		kubeapi->plugin = exec_plugin_new(&kubeapi->loop, fresh);
	for (i = 0; i < _OBJECT_KIND_MAX; i++) {
		if (!kubeapi->has_stream[i])
			continue;
		negotiation_forget(&kubeapi->streams[i].negotiation);
		kubeapi->streams[i].waiting_ms = -1;
		kubeapi_stream_handle(&kubeapi->streams[i], &event, NULL);
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
	r = exec_plugin_get(kubeapi->plugin, reterr);
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
		kubeapi->writing_generation = exec_plugin_generation(kubeapi->plugin);
	kubeapi->writing_method = write->patch ? "PATCH" : "POST";
	kubeapi->writing_ms = kubeapi_now(kubeapi);
	log_debug("kubeapi", "request", LOG_TEXT("method", kubeapi->writing_method),
		  LOG_TEXT("path", write->path));
	r = write_request_open(kubeapi->pool, kubeapi->credentials, write, kubeapi->written,
			       kubeapi->written_ctx, &kubeapi->writing, reterr);
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
