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
	struct healthz_params params;
	struct listener *listener;
};

static void healthz_answer(void *ctx, const char *path, struct http_server_answer *ret)
{
	const struct healthz_params *params = &((struct healthz *)ctx)->params;
	bool with_node = strcmp(path, "/healthz") == 0, good;
	uint64_t *counts = with_node ? params->metrics->healthz : params->metrics->livez;

	if (!with_node && strcmp(path, "/livez") != 0)
		return;
	params->refresh(params->ctx, params->health);
	ret->content_type = "application/json";
	good = health_print(params->health, with_node, monotonic_ms(), wall_us(), &ret->body);
	ret->code = good ? 200 : 503;
	counts[good ? METRICS_ANSWER_GOOD : METRICS_ANSWER_BAD]++;
}

int healthz_new(const struct healthz_params *params, struct healthz **ret, struct err *reterr)
{
	_cleanup_(healthz_freep) struct healthz *healthz = alloc_zeroed(1, sizeof(*healthz));
	const struct listener_params listener = {
		.event = params->event,
		.server = { .listen = params->listen, .handler = healthz_answer, .ctx = healthz },
		.purpose = "health",
		.flag = "--healthz-bind-address",
		.hard_fail = params->hard_fail,
	};
	int r;

	healthz->params = *params;
	r = listener_new(&listener, &healthz->listener, reterr);
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
