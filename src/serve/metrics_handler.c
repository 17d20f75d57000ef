/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "serve/metrics_handler.h"

#include <string.h>

#include "base/json_text.h"
#include "config/config_file.h"
#include "report/page.h"
#include "serve/query.h"
#include "serve/slow_queries.h"

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

static enum page_mood metrics_handler_mood(int code, const char *status)
{
	switch (code) {
	case QUERY_CODE_GOOD:
		return PAGE_MOOD_GOOD;
	case QUERY_CODE_UNKNOWN:
		return PAGE_MOOD_UNKNOWN;
	}
	return strncmp(status, "Serving", strlen("Serving")) == 0 ? PAGE_MOOD_TROUBLE : PAGE_MOOD_BAD;
}

static const char *metrics_handler_argument(const struct http_server_answer *ret, const char *name)
{
	const char *value = http_server_argument(ret->request, name);

	return value ? value : "";
}

/* The status is asked for here, because the process that makes the rest cannot ask the kernel. */
static void metrics_handler_begin_page(const struct metrics_handler *handler, struct http_server_answer *ret)
{
	struct buf status = BUF_INIT, head = BUF_INIT, request = BUF_INIT;
	int code = query_answer(handler->context, "/text/status", &status);

	page_begin(handler->context->settings->hostname, buf_text(&status),
		   metrics_handler_mood(code, buf_text(&status)), &head);
	query_request_page(metrics_handler_argument(ret, "service"),
			   *metrics_handler_argument(ret, "problems"),
			   metrics_handler_argument(ret, "filter"), &request);
	ret->later = true;
	slow_queries_add(handler->slow_queries, buf_text(&request), &head, ret->request);
	buf_done(&request);
	buf_done(&status);
}

void metrics_handler_answer(void *ctx, const char *path, struct http_server_answer *ret)
{
	const struct metrics_handler *handler = ctx;
	const struct query_context *context = handler->context;

	ret->code = 200;
	ret->content_type = "text/plain; charset=utf-8";
	if (strcmp(path, "/metrics") == 0) {
		metrics_handler_print_metrics(context, ret);
	} else if (strcmp(path, "/configz") == 0) {
		metrics_handler_print_config(context, ret);
	} else if (strcmp(path, "/statusz") == 0 && http_server_wants_html(ret->request)) {
		metrics_handler_begin_page(handler, ret);
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
