/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * healthz.h - answers /healthz and /livez, for load balancers and probes
 *
 * Room:     serve (report/health.h -> serve/http_server.h). Each answer is counted in metrics.
 * Rule:     tests/COVERAGE.md H1, H5, H6, H10.
 */
#ifndef SERVE_HEALTHZ_H
#define SERVE_HEALTHZ_H

#include "serve/http_server.h"

/** healthz_answer() - A http_server_handler; @ctx is the daemon's struct query_context. */
void healthz_answer(void *ctx, const char *path, struct http_server_answer *ret);

#endif
