/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "serve/healthz.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/monotonic.h"
#include "base/wall.h"
#include "report/metrics.h"
#include "serve/listener.h"

struct healthz {
	struct health *health;
	struct metrics *metrics;
	healthz_refresh *refresh;
	void *ctx;
	struct listener *listener;
};

static void healthz_answer(void *ctx, const char *path, struct http_server_answer *ret)
{
	struct healthz *healthz = ctx;
	bool with_node = strcmp(path, "/healthz") == 0, good;
	uint64_t *counts = with_node ? healthz->metrics->healthz : healthz->metrics->livez;

	if (!with_node && strcmp(path, "/livez") != 0)
		return;
	healthz->refresh(healthz->ctx, healthz->health);
	ret->content_type = "application/json";
	good = health_print(healthz->health, with_node, monotonic_ms(), wall_us(), &ret->body);
	ret->code = good ? 200 : 503;
	counts[good ? METRICS_ANSWER_GOOD : METRICS_ANSWER_BAD]++;
}

int healthz_new(struct sd_event *event, const struct settings_listen *listen, bool hard_fail,
		struct health *health, struct metrics *metrics, healthz_refresh *refresh, void *ctx,
		struct healthz **ret, struct err *reterr)
{
	_cleanup_(healthz_freep) struct healthz *healthz = alloc_zeroed(1, sizeof(*healthz));
	struct listener_params params = {
		.event = event,
		.listen = *listen,
		.what = "health",
		.flag = "--healthz-bind-address",
		.hard_fail = hard_fail,
		.handler = healthz_answer,
		.ctx = healthz,
	};
	int r;

	healthz->health = health;
	healthz->metrics = metrics;
	healthz->refresh = refresh;
	healthz->ctx = ctx;
	r = listener_new(&params, &healthz->listener, reterr);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(healthz);
	return 0;
}

struct healthz *healthz_free(struct healthz *healthz)
{
	if (!healthz)
		return NULL;
	listener_free(healthz->listener);
	free(healthz);
	return NULL;
}
