/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * metricsz.h - /metrics and its neighbours, for Prometheus and people
 *
 * Room:     serve (report/metrics.h -> serve/listener.h).
 * Rule:     tests/COVERAGE.md H12: also /healthz ("ok"), /proxyMode ("nftables"), /configz and /statusz.
 */
#ifndef SERVE_METRICSZ_H
#define SERVE_METRICSZ_H

#include "base/cleanup.h"
#include "base/err.h"
#include "serve/query.h"

struct metricsz;
struct sd_event;

/** metricsz_new() - Listen as the options in @query say; @event and @query are borrowed. */
int metricsz_new(struct sd_event *event, const struct query_context *query, struct metricsz **ret,
		 struct err *reterr) __attribute__((warn_unused_result));
struct metricsz *metricsz_free(struct metricsz *metricsz);
DEFINE_FREEP(struct metricsz, metricsz_free);

#endif
