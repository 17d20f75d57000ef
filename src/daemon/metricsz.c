/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "daemon/metricsz.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "daemon/listener.h"

struct metricsz {
	const struct metrics *metrics;
	metricsz_now *now;
	void *ctx;
	struct listener *listener;
};

static void metricsz_print(const struct metricsz *metricsz, struct serve_answer *ret)
{
	struct metrics_now now = { .version = "" };

	metricsz->now(metricsz->ctx, &now);
	ret->content_type = METRICS_CONTENT_TYPE;
	metrics_print(metricsz->metrics, &now, &ret->body);
}

static void metricsz_answer(void *ctx, const char *path, struct serve_answer *ret)
{
	ret->code = 200;
	ret->content_type = "text/plain; charset=utf-8";
	if (strcmp(path, "/metrics") == 0) {
		metricsz_print(ctx, ret);
	} else if (strcmp(path, "/healthz") == 0) {
		buf_printf(&ret->body, "ok");
	} else if (strcmp(path, "/proxyMode") == 0) {
		buf_printf(&ret->body, "nftables");
	} else {
		ret->code = 404;
		buf_printf(&ret->body, "404 page not found\n");
	}
}

int metricsz_new(struct sd_event *event, const struct opts_listen *listen, bool hard_fail,
		 const struct metrics *metrics, metricsz_now *now, void *ctx, struct metricsz **ret,
		 struct err *reterr)
{
	_cleanup_(metricsz_freep) struct metricsz *metricsz = alloc_zeroed(1, sizeof(*metricsz));
	struct listener_params params = {
		.event = event,
		.listen = *listen,
		.what = "metrics",
		.flag = "--metrics-bind-address",
		.hard_fail = hard_fail,
		.handler = metricsz_answer,
		.ctx = metricsz,
	};
	int r;

	metricsz->metrics = metrics;
	metricsz->now = now;
	metricsz->ctx = ctx;
	r = listener_new(&params, &metricsz->listener, reterr);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(metricsz);
	return 0;
}

struct metricsz *metricsz_free(struct metricsz *metricsz)
{
	if (!metricsz)
		return NULL;
	listener_free(metricsz->listener);
	free(metricsz);
	return NULL;
}
