/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "serve/metricsz.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json_text.h"
#include "config/config_file.h"
#include "serve/listener.h"

struct metricsz {
	const struct query_context *query;
	struct listener *listener;
};

static void metricsz_print(const struct metricsz *metricsz, struct http_server_answer *ret)
{
	struct metrics_now now = { .version = "" };

	query_now(metricsz->query, &now);
	ret->content_type = METRICS_CONTENT_TYPE;
	metrics_print(metricsz->query->metrics, &now, &ret->body);
}

/* As kube-proxy's components do it: by the name of the group. */
static void metricsz_print_config(const struct metricsz *metricsz, struct http_server_answer *ret)
{
	struct json_text json = JSON_TEXT_INIT(&ret->body, 0);

	ret->content_type = "application/json";
	json_text_begin(&json, NULL, '{');
	config_file_print(metricsz->query->settings, &json, "kubeproxy.config.k8s.io");
	json_text_end(&json, '}');
}

static void metricsz_answer(void *ctx, const char *path, struct http_server_answer *ret)
{
	ret->code = 200;
	ret->content_type = "text/plain; charset=utf-8";
	if (strcmp(path, "/metrics") == 0) {
		metricsz_print(ctx, ret);
	} else if (strcmp(path, "/configz") == 0) {
		metricsz_print_config(ctx, ret);
	} else if (strcmp(path, "/statusz") == 0) {
		(void)query_answer(((struct metricsz *)ctx)->query, "/text/status", &ret->body);
	} else if (strcmp(path, "/healthz") == 0) {
		buf_printf(&ret->body, "ok");
	} else if (strcmp(path, "/proxyMode") == 0) {
		buf_printf(&ret->body, "nftables");
	} else {
		ret->code = 404;
		buf_printf(&ret->body, "404 page not found\n");
	}
}

int metricsz_new(struct sd_event *event, const struct query_context *query, struct metricsz **ret,
		 struct err *reterr)
{
	_cleanup_(metricsz_freep) struct metricsz *metricsz = alloc_zeroed(1, sizeof(*metricsz));
	struct listener_params params = {
		.event = event,
		.listen = query->settings->metrics,
		.what = "metrics",
		.flag = "--metrics-bind-address",
		.hard_fail = query->settings->bind_address_hard_fail,
		.handler = metricsz_answer,
		.ctx = metricsz,
	};
	int r;

	metricsz->query = query;
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
