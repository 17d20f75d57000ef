/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "serve/listener.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include <systemd/sd-event.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/monotonic.h"

#define LISTENER_ACCEPT_MS 100

/**
 * struct listener
 * @server:	NULL: listening has failed, and is tried again
 * @accept:	off for LISTENER_ACCEPT_MS when no connection can be accepted
 * @timer:	for the next try, or for the server's time-out
 * @failing:	the failure was logged
 */
struct listener {
	struct listener_params params;
	struct http_server *server;
	sd_event_source *accept;
	sd_event_source *io;
	sd_event_source *timer;
	bool failing;
};

static void listener_arm(struct listener *listener, int64_t wait_ms)
{
	if (wait_ms >= 0)
		(void)sd_event_source_set_time(listener->timer, monotonic_us() + (uint64_t)wait_ms * 1000);
	(void)sd_event_source_set_enabled(listener->timer, wait_ms >= 0 ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

static void listener_run(struct listener *listener)
{
	bool accepted = http_server_run(listener->server);
	int64_t wait_ms = http_server_timeout_ms(listener->server);

	if (!accepted && (wait_ms < 0 || wait_ms > LISTENER_ACCEPT_MS))
		wait_ms = LISTENER_ACCEPT_MS;
	(void)sd_event_source_set_enabled(listener->accept, accepted ? SD_EVENT_ON : SD_EVENT_OFF);
	listener_arm(listener, wait_ms);
}

static int listener_on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	(void)source;
	(void)fd;
	(void)revents;
	listener_run(userdata);
	return 0;
}

static void listener_on_due(void *ctx)
{
	listener_arm(ctx, 0);
}

static int listener_listen(struct listener *listener, struct err *reterr)
{
	const struct listener_params *params = &listener->params;
	int r = http_server_new(&params->server, &listener->server, reterr);

	if (r < 0)
		return r;
	r = sd_event_add_io(params->event, &listener->accept, http_server_listen_fd(listener->server),
			    EPOLLIN, listener_on_io, listener);
	if (r >= 0)
		r = sd_event_add_io(params->event, &listener->io, http_server_fd(listener->server), EPOLLIN,
				    listener_on_io, listener);
	if (r < 0) {
		listener->accept = sd_event_source_disable_unref(listener->accept);
		listener->server = http_server_free(listener->server);
		return err_set(reterr, r, "cannot watch a descriptor: %s", strerror(-r));
	}
	http_server_on_due(listener->server, listener_on_due, listener);
	if (listener->failing)
		log_notice("daemon", "listening now", LOG_TEXT("for", params->purpose));
	return 0;
}

static void listener_try(struct listener *listener)
{
	struct err err = { 0 };

	if (listener_listen(listener, &err) == 0)
		return;
	if (!listener->failing) {
		log_warn("daemon", "cannot listen, trying again every 5 s",
			 LOG_TEXT("for", listener->params.purpose), LOG_TEXT("err", err.text));
		if (listener->params.failed)
			listener->params.failed(listener->params.server.ctx, &err);
	}
	listener->failing = true;
	listener_arm(listener, LISTENER_RETRY_MS);
}

static int listener_on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct listener *listener = userdata;

	(void)source;
	(void)usec;
	if (listener->server)
		listener_run(listener);
	else
		listener_try(listener);
	return 0;
}

int listener_new(const struct listener_params *params, struct listener **ret, struct err *reterr)
{
	_cleanup_(listener_freep) struct listener *listener = alloc_zeroed(1, sizeof(*listener));
	int r;

	listener->params = *params;
	r = sd_event_add_time(params->event, &listener->timer, CLOCK_MONOTONIC, UINT64_MAX, 1,
			      listener_on_timer, listener);
	if (r < 0)
		return err_set(reterr, r, "cannot make a timer: %s", strerror(-r));
	if (params->hard_fail) {
		r = listener_listen(listener, reterr);
		if (r < 0)
			return err_wrap(reterr, "%s", params->flag);
	} else {
		listener_try(listener);
	}
	listener->params.server.kept = NULL;
	*ret = TAKE_PTR(listener);
	return 0;
}

struct listener *listener_free(struct listener *listener)
{
	if (!listener)
		return NULL;
	sd_event_source_disable_unref(listener->accept);
	sd_event_source_disable_unref(listener->io);
	sd_event_source_disable_unref(listener->timer);
	http_server_free(listener->server);
	free(listener);
	return NULL;
}

bool listener_answer_connected(struct listener *listener)
{
	return listener->server && http_server_answer_connected(listener->server);
}
