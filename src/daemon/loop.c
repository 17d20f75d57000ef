/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "daemon/loop.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#include <systemd/sd-event.h>

#include "base/alloc.h"
#include "base/hash_table.h"
#include "base/monotonic.h"

/* A descriptor of libcurl's. */
struct loop_fd {
	int fd;
	sd_event_source *source;
	UT_hash_handle hh;
};

struct loop {
	sd_event *event;
	struct kubeapi *kubeapi;
	struct loop_fd *fds;
	sd_event_source *timer;
	void (*after)(void *ctx);
	void *ctx;
};

int loop_new(struct loop **ret, struct err *reterr)
{
	struct loop *loop = alloc_zeroed(1, sizeof(*loop));
	int r = sd_event_new(&loop->event);

	if (r < 0) {
		free(loop);
		return err_set(reterr, r, "cannot make an event loop: %s", strerror(-r));
	}
	*ret = loop;
	return 0;
}

struct loop *loop_free(struct loop *loop)
{
	struct loop_fd *entry, *next;

	if (!loop)
		return NULL;
	kubeapi_free(loop->kubeapi);
	HASH_ITER(hh, loop->fds, entry, next) {
		HASH_DEL(loop->fds, entry);
		sd_event_source_disable_unref(entry->source);
		free(entry);
	}
	sd_event_source_disable_unref(loop->timer);
	sd_event_unref(loop->event);
	free(loop);
	return NULL;
}

struct sd_event *loop_event(struct loop *loop)
{
	return loop->event;
}

struct kubeapi *loop_kubeapi(struct loop *loop)
{
	return loop->kubeapi;
}

static void loop_after(struct loop *loop)
{
	if (loop->after)
		loop->after(loop->ctx);
}

static int loop_on_fd(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	struct loop *loop = userdata;
	unsigned int events = 0;

	(void)source;
	if (revents & EPOLLIN)
		events |= KUBEAPI_EVENT_READ;
	if (revents & EPOLLOUT)
		events |= KUBEAPI_EVENT_WRITE;
	if (revents & (EPOLLERR | EPOLLHUP))
		events |= KUBEAPI_EVENT_ERROR;
	kubeapi_dispatch_fd(loop->kubeapi, fd, events);
	loop_after(loop);
	return 0;
}

static void loop_unwatch_fd(void *ctx, int fd)
{
	struct loop *loop = ctx;
	struct loop_fd *entry;

	HASH_FIND_INT(loop->fds, &fd, entry);
	if (!entry)
		return;
	HASH_DEL(loop->fds, entry);
	sd_event_source_disable_unref(entry->source);
	free(entry);
}

static void loop_watch_fd(void *ctx, int fd, unsigned int events)
{
	struct loop *loop = ctx;
	struct loop_fd *entry;
	uint32_t mask = (events & KUBEAPI_EVENT_READ ? (uint32_t)EPOLLIN : 0) |
			(events & KUBEAPI_EVENT_WRITE ? (uint32_t)EPOLLOUT : 0);

	HASH_FIND_INT(loop->fds, &fd, entry);
	if (entry) {
		(void)sd_event_source_set_io_events(entry->source, mask);
		return;
	}
	entry = alloc_zeroed(1, sizeof(*entry));
	entry->fd = fd;
	if (sd_event_add_io(loop->event, &entry->source, fd, mask, loop_on_fd, loop) < 0) {
		free(entry);
		return;
	}
	HASH_ADD_INT(loop->fds, fd, entry);
}

static int64_t loop_now_ms(void *ctx)
{
	(void)ctx;
	return (int64_t)monotonic_ms();
}

static int loop_on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct loop *loop = userdata;

	(void)source;
	(void)usec;
	kubeapi_dispatch_timer(loop->kubeapi);
	loop_after(loop);
	return 0;
}

static void loop_set_timer(void *ctx, int64_t deadline_ms)
{
	struct loop *loop = ctx;

	if (deadline_ms < 0) {
		(void)sd_event_source_set_enabled(loop->timer, SD_EVENT_OFF);
		return;
	}
	(void)sd_event_source_set_time(loop->timer, (uint64_t)deadline_ms * 1000);
	(void)sd_event_source_set_enabled(loop->timer, SD_EVENT_ONESHOT);
}

int loop_start_kubeapi(struct loop *loop, const struct kubeapi_config *config, const struct object_sink *sink,
		       void (*after)(void *ctx), void *ctx, struct err *reterr)
{
	const struct kubeapi_loop callbacks = {
		.watch_fd = loop_watch_fd,
		.unwatch_fd = loop_unwatch_fd,
		.set_timer = loop_set_timer,
		.now_ms = loop_now_ms,
		.ctx = loop,
	};
	int r;

	loop->after = after;
	loop->ctx = ctx;
	r = sd_event_add_time(loop->event, &loop->timer, CLOCK_MONOTONIC, 0, 1000, loop_on_timer, loop);
	if (r < 0)
		return err_set(reterr, r, "cannot make a timer: %s", strerror(-r));
	(void)sd_event_source_set_enabled(loop->timer, SD_EVENT_OFF);
	r = kubeapi_new(config, &callbacks, sink, &loop->kubeapi, reterr);
	if (r < 0)
		return r;
	kubeapi_start(loop->kubeapi);
	return 0;
}
