/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "serve/metrics_handler.h"

#include <string.h>

#include "base/json_text.h"
#include "config/config_file.h"
#include "serve/query.h"

static void metrics_handler_print_metrics(const struct query_context *context, struct http_server_answer *ret)
{
	struct metrics_now now = { .version = "" };

	query_context_now(context, &now);
	ret->content_type = METRICS_PRINT_CONTENT_TYPE;
	metrics_print(context->metrics, &now, &ret->body);
}

/* Like the components of Kubernetes: an object whose key is the API group. */
static void metrics_handler_print_config(const struct query_context *context, struct http_server_answer *ret)
{
	struct json_text json = JSON_TEXT_INIT(&ret->body, 0);

	ret->content_type = "application/json";
	json_text_begin(&json, NULL, '{');
	config_file_print(context->settings, &json, "kubeproxy.config.k8s.io");
	json_text_end(&json, '}');
}

void metrics_handler_answer(void *ctx, const char *path, struct http_server_answer *ret)
{
	const struct query_context *context = ctx;

	ret->code = 200;
	ret->content_type = "text/plain; charset=utf-8";
	if (strcmp(path, "/metrics") == 0) {
		metrics_handler_print_metrics(context, ret);
	} else if (strcmp(path, "/configz") == 0) {
		metrics_handler_print_config(context, ret);
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
