/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "serve/metrics_listener.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json_text.h"
#include "config/config_file.h"
#include "serve/listener.h"

struct metrics_listener {
	const struct query_context *context;
	struct listener *listener;
};

static void metrics_listener_print_metrics(const struct query_context *context,
					   struct http_server_answer *ret)
{
	struct metrics_now now = { .version = "" };

	query_context_now(context, &now);
	ret->content_type = METRICS_PRINT_CONTENT_TYPE;
	metrics_print(context->metrics, &now, &ret->body);
}

/* Like the components of Kubernetes: an object whose key is the API group. */
static void metrics_listener_print_config(const struct query_context *context, struct http_server_answer *ret)
{
	struct json_text json = JSON_TEXT_INIT(&ret->body, 0);

	ret->content_type = "application/json";
	json_text_begin(&json, NULL, '{');
	config_file_print(context->settings, &json, "kubeproxy.config.k8s.io");
	json_text_end(&json, '}');
}

static void metrics_listener_answer(void *ctx, const char *path, struct http_server_answer *ret)
{
	const struct query_context *context = ((struct metrics_listener *)ctx)->context;

	ret->code = 200;
	ret->content_type = "text/plain; charset=utf-8";
	if (strcmp(path, "/metrics") == 0) {
		metrics_listener_print_metrics(context, ret);
	} else if (strcmp(path, "/configz") == 0) {
		metrics_listener_print_config(context, ret);
	} else if (strcmp(path, "/statusz") == 0) {
		(void)query_answer(context, "/text/status", &ret->body);
	} else if (strcmp(path, "/healthz") == 0) {
		buf_printf(&ret->body, "ok");
	} else if (strcmp(path, "/proxyMode") == 0) {
		buf_printf(&ret->body, "nftables");
	} else {
		ret->code = 404;
		buf_printf(&ret->body, "404 page not found\n");
	}
}

int metrics_listener_new(struct sd_event *event, const struct query_context *context,
			 struct metrics_listener **ret, struct err *reterr)
{
	_cleanup_(metrics_listener_freep) struct metrics_listener *metrics_listener =
		alloc_zeroed(1, sizeof(*metrics_listener));
	const struct listener_params listener = {
		.event = event,
		.server = { .listen = context->settings->metrics,
			    .handler = metrics_listener_answer,
			    .ctx = metrics_listener },
		.purpose = "metrics",
		.flag = "--metrics-bind-address",
		.hard_fail = context->settings->bind_address_hard_fail,
	};
	int r;

	metrics_listener->context = context;
	r = listener_new(&listener, &metrics_listener->listener, reterr);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(metrics_listener);
	return 0;
}

struct metrics_listener *metrics_listener_free(struct metrics_listener *metrics_listener)
{
	if (!metrics_listener)
		return NULL;
	listener_free(metrics_listener->listener);
	free(metrics_listener);
	return NULL;
}
