/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "kubeapi/kubeapi.h"

#include <errno.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "kubeapi/kubeapi_stream.h"
#include "kubeapi/pem.h"
#include "kubeapi/token.h"
#include "kubeapi/write_request.h"

/**
 * struct kubeapi
 * @write_request: the open one; NULL: none
 * @timer_ms:	the deadline that the loop knows; INT64_MIN: it must be set again
 */
struct kubeapi {
	struct kubeapi_stream_shared shared;
	struct kubeapi_stream streams[_OBJECT_KIND_MAX];
	struct write_request *write_request;
	kubeapi_written *written;
	void *written_ctx;
	int64_t timer_ms;
};

/*
 * Whether requests may be opened: false as long as they wait for credentials. If the exec plugin failed, so have the
 * requests that wait.
 */
static bool kubeapi_log_in(struct kubeapi *kubeapi)
{
	struct err err = { 0 };
	bool wanted = false;
	size_t i;
	int r;

	for (i = 0; i < _OBJECT_KIND_MAX; i++)
		wanted |= kubeapi->streams[i].opening;
	if (!wanted || kubeapi->shared.given_up.code)
		return true;
	r = kubeapi_session_log_in(&kubeapi->shared.session, &err);
	for (i = 0; i < _OBJECT_KIND_MAX && r != 0; i++)
		if (kubeapi->streams[i].opening)
			kubeapi_stream_log_in(&kubeapi->streams[i], r, &err);
	return r == 0;
}

static int64_t kubeapi_earlier(int64_t a_ms, int64_t b_ms)
{
	return a_ms < 0 || (b_ms >= 0 && b_ms < a_ms) ? b_ms : a_ms;
}

/* When stream @i wants its timer; -1: never. While the server cannot be reached, the first one tries for all. */
static int64_t kubeapi_due(const struct kubeapi *kubeapi, size_t i)
{
	const struct kubeapi_stream *stream = &kubeapi->streams[i];
	int64_t due_ms = stream->shared ? kubeapi_stream_deadline(stream) : -1;
	size_t before;

	for (before = 0; before < i && due_ms >= 0; before++) {
		int64_t until_ms =
			reflector_held_until(&stream->reflector, &kubeapi->streams[before].reflector);

		due_ms = until_ms > due_ms ? until_ms : due_ms;
	}
	return due_ms;
}

static void kubeapi_set_timer(struct kubeapi *kubeapi)
{
	const struct kubeapi_session *session = &kubeapi->shared.session;
	int64_t deadline_ms = kubeapi_session_deadline(session);
	size_t i;

	for (i = 0; i < _OBJECT_KIND_MAX; i++)
		deadline_ms = kubeapi_earlier(deadline_ms, kubeapi_due(kubeapi, i));
	if (kubeapi->shared.given_up.code)
		deadline_ms = -1;
	if (deadline_ms == kubeapi->timer_ms)
		return;
	kubeapi->timer_ms = deadline_ms;
	session->loop.set_timer(session->loop.ctx, deadline_ms);
}

/* Pass on to the other streams what @stream has learnt about the server. */
static void kubeapi_tell_others(struct kubeapi *kubeapi, struct kubeapi_stream *stream)
{
	_cleanup_free_ char *behind = TAKE_PTR(stream->behind);
	bool answered = stream->answered;
	size_t i;

	stream->answered = false;
	for (i = 0; i < _OBJECT_KIND_MAX; i++) {
		struct kubeapi_stream *other = &kubeapi->streams[i];

		if (other == stream || !other->shared)
			continue;
		if (answered)
			kubeapi_stream_wake(other);
		if (behind)
			kubeapi_stream_behind(other, behind);
	}
}

/*
 * After each dispatch: close and open what the streams ask for (kubeapi_stream.h says why not at once), and report
 * the end of a write.
 */
static void kubeapi_settle(struct kubeapi *kubeapi)
{
	bool ready;
	size_t i;

	for (i = 0; i < _OBJECT_KIND_MAX; i++)
		if (kubeapi->streams[i].answered || kubeapi->streams[i].behind)
			kubeapi_tell_others(kubeapi, &kubeapi->streams[i]);
	for (i = 0; i < _OBJECT_KIND_MAX; i++)
		if (kubeapi->streams[i].closing)
			kubeapi_stream_close(&kubeapi->streams[i]);
	ready = kubeapi_log_in(kubeapi);
	for (i = 0; i < _OBJECT_KIND_MAX; i++) {
		struct kubeapi_stream *stream = &kubeapi->streams[i];

		if (kubeapi->shared.given_up.code)
			kubeapi_stream_close(stream);
		else if (stream->opening && ready)
			kubeapi_stream_open(stream);
		/* Opening failed: nothing is open that could be closed. */
		if (!stream->transfer)
			stream->closing = false;
	}
	if (kubeapi->write_request && write_request_settle(kubeapi->write_request))
		kubeapi->write_request = write_request_close(kubeapi->write_request);
	kubeapi_set_timer(kubeapi);
}

void kubeapi_start(struct kubeapi *kubeapi)
{
	const struct object_sink *sink = &kubeapi->shared.sink;
	size_t i;

	for (i = 0; i < _OBJECT_KIND_MAX; i++) {
		if (kubeapi->streams[i].shared)
			kubeapi_stream_start(&kubeapi->streams[i]);
		else
			sink->synced(sink->ctx, (enum object_kind)i);
	}
	kubeapi_settle(kubeapi);
}

void kubeapi_dispatch_fd(struct kubeapi *kubeapi, int fd, unsigned int events)
{
	kubeapi_session_dispatch_fd(&kubeapi->shared.session, fd, events);
	kubeapi_settle(kubeapi);
}

void kubeapi_dispatch_timer(struct kubeapi *kubeapi)
{
	size_t i;

	/* The loop's timer may fire only once: kubeapi_settle() sets it again. */
	kubeapi->timer_ms = INT64_MIN;
	kubeapi_session_dispatch_timer(&kubeapi->shared.session);
	for (i = 0; i < _OBJECT_KIND_MAX; i++) {
		int64_t due_ms = kubeapi_due(kubeapi, i);

		if (due_ms >= 0 && due_ms <= kubeapi_session_now(&kubeapi->shared.session))
			kubeapi_stream_dispatch_timer(&kubeapi->streams[i]);
	}
	kubeapi_settle(kubeapi);
}

/* The node's name keeps nodes that lose their server together from returning together, even with equal seeds. */
static uint64_t kubeapi_seed(const struct kubeapi_config *config)
{
	return hash_add_string(HASH_START, config->node_name ? config->node_name : "") ^ config->seed;
}

int kubeapi_new(const struct kubeapi_config *config, const struct kubeapi_loop *loop,
		const struct object_sink *sink, struct kubeapi **ret, struct err *reterr)
{
	_cleanup_(kubeapi_freep) struct kubeapi *kubeapi = alloc_zeroed(1, sizeof(*kubeapi));
	struct kubeapi_stream_shared *shared = &kubeapi->shared;
	size_t i;
	int r;

	shared->sink = *sink;
	shared->follow = config->follow;
	shared->node_name = alloc_string(config->node_name);
	shared->session.answered = config->answered;
	shared->session.answered_ctx = config->answered_ctx;
	kubeapi->written = config->written;
	kubeapi->written_ctx = config->written_ctx;
	kubeapi->timer_ms = -1;
	r = kubeapi_session_init(&shared->session, loop, &config->credentials, reterr);
	if (r < 0)
		return r;
	for (i = 0; i < _OBJECT_KIND_MAX; i++) {
		if (i == OBJECT_KIND_NODE && !(shared->node_name && *shared->node_name))
			continue;
		kubeapi_stream_init(&kubeapi->streams[i], (enum object_kind)i, config->json_only,
				    kubeapi_seed(config) + i, shared);
	}
	*ret = TAKE_PTR(kubeapi);
	return 0;
}

struct kubeapi *kubeapi_free(struct kubeapi *kubeapi)
{
	size_t i;

	if (!kubeapi)
		return NULL;
	for (i = 0; i < _OBJECT_KIND_MAX; i++)
		kubeapi_stream_done(&kubeapi->streams[i]);
	write_request_close(kubeapi->write_request);
	kubeapi_session_done(&kubeapi->shared.session);
	free(kubeapi->shared.node_name);
	free(kubeapi);
	return NULL;
}

int kubeapi_reload_credentials(struct kubeapi *kubeapi, struct err *reterr)
{
	size_t i;
	int r;

	r = kubeapi_session_reload(&kubeapi->shared.session, reterr);
	if (r < 0)
		return r;
	for (i = 0; i < _OBJECT_KIND_MAX; i++)
		if (kubeapi->streams[i].shared)
			kubeapi_stream_restart(&kubeapi->streams[i]);
	kubeapi_settle(kubeapi);
	return 0;
}

/* The streams come first: nothing is written while they wait for credentials. */
static int kubeapi_may_write(struct kubeapi *kubeapi, struct err *reterr)
{
	const struct credentials *credentials = kubeapi->shared.session.credentials;
	const struct object_source source = { credentials->server, credentials->origin, _OBJECT_KIND_MAX };
	const struct object_sink *sink = &kubeapi->shared.sink;
	size_t i;
	int r;

	for (i = 0; i < _OBJECT_KIND_MAX; i++)
		if (kubeapi->streams[i].opening)
			return err_set(reterr, -EAGAIN, "lists and watches wait for credentials");
	kubeapi_stream_refresh(&kubeapi->shared);
	r = kubeapi_session_log_in(&kubeapi->shared.session, reterr);
	if (r == -EINPROGRESS)
		return err_set(reterr, -EAGAIN, "there are no credentials yet");
	/* The plugin reports each failure once, and no stream has received this one. */
	if (r < 0)
		sink->degraded(sink->ctx, &source, reterr);
	return r;
}

int kubeapi_write(struct kubeapi *kubeapi, const struct kubeapi_write *write, struct err *reterr)
{
	int r;

	if (kubeapi->write_request)
		return err_set(reterr, -EBUSY, "another request is under way");
	r = kubeapi_may_write(kubeapi, reterr);
	if (r == 0)
		r = write_request_open(&kubeapi->shared.session, write, kubeapi->written,
				       kubeapi->written_ctx, &kubeapi->write_request, reterr);
	kubeapi_set_timer(kubeapi);
	return r;
}

int kubeapi_finished(const struct kubeapi *kubeapi, struct err *reterr)
{
	const struct err *given_up = &kubeapi->shared.given_up;
	size_t i;

	if (given_up->code) {
		if (reterr)
			*reterr = *given_up;
		return given_up->code;
	}
	for (i = 0; i < _OBJECT_KIND_MAX; i++)
		if (kubeapi->streams[i].shared && kubeapi->streams[i].reflector.state != REFLECTOR_STATE_DONE)
			return -EINPROGRESS;
	return 0;
}

void kubeapi_kind_status(const struct kubeapi *kubeapi, enum object_kind kind,
			 struct kubeapi_kind_status *ret)
{
	const struct kubeapi_stream *stream = &kubeapi->streams[kind];
	const struct reflector *reflector = &stream->reflector;

	int64_t now_ms;

	*ret = (struct kubeapi_kind_status){ .followed = stream->shared, .trouble_ms = -1 };
	if (!ret->followed)
		return;
	now_ms = kubeapi_session_now(&kubeapi->shared.session);
	ret->optional = reflector->optional;
	ret->absent = reflector->absent;
	ret->replacing = reflector_replacing(reflector);
	ret->watching = reflector->state == REFLECTOR_STATE_WATCHING && !reflector->failing;
	ret->doubted = list_doubt_is_pending(&reflector->doubt);
	ret->lost = reflector->doubt.lost;
	ret->age_ms = reflector->last_answer_ms < 0 ? -1 : now_ms - reflector->last_answer_ms;
	if (!reflector->failing)
		return;
	ret->trouble = stream->trouble;
	ret->code = stream->trouble_code;
	ret->not_believed = stream->not_believed;
	ret->trouble_ms = now_ms - stream->trouble_since_ms;
}

struct kubeapi_expiry kubeapi_expiry(const struct kubeapi *kubeapi)
{
	const struct credentials *credentials = kubeapi->shared.session.credentials;

	return (struct kubeapi_expiry){
		.certificate_s =
			pem_read_expiry(credentials->certificate.data, credentials->certificate.size),
		.token_s = credentials->token ? token_read_expiry(credentials->token) : -1,
	};
}

const char *kubeapi_server(const struct kubeapi *kubeapi)
{
	return kubeapi->shared.session.credentials->server;
}

const char *kubeapi_kubeconfig(const struct kubeapi *kubeapi)
{
	return kubeapi->shared.session.credentials->origin;
}

bool kubeapi_insecure(const struct kubeapi *kubeapi)
{
	return kubeapi->shared.session.credentials->insecure;
}
