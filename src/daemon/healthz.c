/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "daemon/healthz.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include <systemd/sd-event.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/monotonic.h"
#include "base/wall.h"
#include "serve/serve.h"

/**
 * struct healthz
 * @serve:	NULL: the address is to be tried again
 * @timer:	that, or the next time-out of a connection
 * @said:	that it cannot be listened on
 */
struct healthz {
	sd_event *event;
	struct opts_listen listen;
	struct health *health;
	healthz_refresh *refresh;
	void *ctx;
	struct serve *serve;
	sd_event_source *io;
	sd_event_source *timer;
	bool said;
};

static void healthz_answer(void *ctx, const char *path, struct serve_answer *ret)
{
	struct healthz *healthz = ctx;
	bool with_node = strcmp(path, "/healthz") == 0;

	if (!with_node && strcmp(path, "/livez") != 0)
		return;
	healthz->refresh(healthz->ctx, healthz->health);
	ret->content_type = "application/json";
	ret->code =
		health_print(healthz->health, with_node, monotonic_ms(), wall_us(), &ret->body) ? 200 : 503;
}

static void healthz_arm(struct healthz *healthz, int64_t wait_ms)
{
	if (wait_ms >= 0)
		(void)sd_event_source_set_time(healthz->timer, monotonic_us() + (uint64_t)wait_ms * 1000);
	(void)sd_event_source_set_enabled(healthz->timer, wait_ms >= 0 ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

static void healthz_run(struct healthz *healthz)
{
	serve_run(healthz->serve);
	healthz_arm(healthz, serve_timeout_ms(healthz->serve));
}

static int healthz_on_io(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
	(void)source;
	(void)fd;
	(void)revents;
	healthz_run(userdata);
	return 0;
}

static int healthz_listen(struct healthz *healthz, struct err *reterr)
{
	int r = serve_new(&healthz->listen.addr, healthz->listen.port, healthz_answer, healthz,
			  &healthz->serve, reterr);

	if (r < 0)
		return r;
	r = sd_event_add_io(healthz->event, &healthz->io, serve_fd(healthz->serve), EPOLLIN, healthz_on_io,
			    healthz);
	if (r < 0) {
		healthz->serve = serve_free(healthz->serve);
		return err_set(reterr, r, "cannot watch a descriptor: %s", strerror(-r));
	}
	if (healthz->said)
		log_info("daemon", "health is told now");
	return 0;
}

static void healthz_try(struct healthz *healthz)
{
	struct err err = { 0 };

	if (healthz_listen(healthz, &err) == 0)
		return;
	if (!healthz->said)
		log_warn("daemon", "nobody is told of our health; tried again every 5 s",
			 LOG_TEXT("err", err.text));
	healthz->said = true;
	healthz_arm(healthz, HEALTHZ_RETRY_MS);
}

static int healthz_on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct healthz *healthz = userdata;

	(void)source;
	(void)usec;
	if (healthz->serve)
		healthz_run(healthz);
	else
		healthz_try(healthz);
	return 0;
}

int healthz_new(struct sd_event *event, const struct opts_listen *listen, bool hard_fail,
		struct health *health, healthz_refresh *refresh, void *ctx, struct healthz **ret,
		struct err *reterr)
{
	_cleanup_(healthz_freep) struct healthz *healthz = alloc_zeroed(1, sizeof(*healthz));
	int r;

	healthz->event = event;
	healthz->listen = *listen;
	healthz->health = health;
	healthz->refresh = refresh;
	healthz->ctx = ctx;
	r = sd_event_add_time(event, &healthz->timer, CLOCK_MONOTONIC, UINT64_MAX, 1, healthz_on_timer,
			      healthz);
	if (r < 0)
		return err_set(reterr, r, "cannot make a timer: %s", strerror(-r));
	if (hard_fail) {
		r = healthz_listen(healthz, reterr);
		if (r < 0)
			return err_wrap(reterr, "--healthz-bind-address");
	} else {
		healthz_try(healthz);
	}
	*ret = TAKE_PTR(healthz);
	return 0;
}

struct healthz *healthz_free(struct healthz *healthz)
{
	if (!healthz)
		return NULL;
	sd_event_source_disable_unref(healthz->io);
	sd_event_source_disable_unref(healthz->timer);
	serve_free(healthz->serve);
	free(healthz);
	return NULL;
}
