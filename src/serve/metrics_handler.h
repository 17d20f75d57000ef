/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * metrics_handler.h - answers the paths at --metrics-bind-address, for Prometheus and people
 *
 * Room:     serve (report/metrics_print.h, serve/query.h -> serve/http_server.h).
 * Rule:     tests/COVERAGE.md H12: /metrics, /healthz ("ok"), /proxyMode ("nftables"), /configz and /statusz.
 */
#ifndef SERVE_METRICS_HANDLER_H
#define SERVE_METRICS_HANDLER_H

#include "serve/http_server.h"

/** metrics_handler_answer() - A http_server_handler; @ctx is the daemon's struct query_context. */
void metrics_handler_answer(void *ctx, const char *path, struct http_server_answer *ret);

#endif
