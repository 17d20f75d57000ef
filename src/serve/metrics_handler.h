/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * metrics_handler.h - answers the paths at --metrics-bind-address, for Prometheus and people
 *
 * Room:     serve (report/metrics_print.h, serve/query.h -> serve/http_server.h).
 * Rule:     tests/COVERAGE.md H12: /metrics, /healthz ("ok"), /proxyMode ("nftables"), /configz and /statusz.
 * Browsers: a client that accepts HTML gets /statusz as a page, with the Services (report/page.h).
 */
#ifndef SERVE_METRICS_HANDLER_H
#define SERVE_METRICS_HANDLER_H

#include "serve/http_server.h"

struct query_context;
struct slow_queries;

/** struct metrics_handler - Both borrowed; @slow_queries makes the page for browsers */
struct metrics_handler {
	const struct query_context *context;
	struct slow_queries *slow_queries;
};

/** metrics_handler_answer() - A http_server_handler; @ctx is a struct metrics_handler. */
void metrics_handler_answer(void *ctx, const char *path, struct http_server_answer *ret);

#endif
