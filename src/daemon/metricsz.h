/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * metricsz.h - /metrics and its neighbours, for Prometheus and people
 *
 * Room:     daemon (report/metrics.h -> daemon/listener.h).
 * Rule:     behaviour.md H12: also /healthz ("ok"), /proxyMode ("nftables") and /configz.
 */
#ifndef DAEMON_METRICSZ_H
#define DAEMON_METRICSZ_H

#include "base/cleanup.h"
#include "base/err.h"
#include "daemon/opts.h"
#include "report/metrics.h"

struct metricsz;
struct sd_event;

/** typedef metricsz_now - What is so now; @ret is zeroed. */
typedef void metricsz_now(void *ctx, struct metrics_now *ret);

/** metricsz_new() - Listen as @opts say, which are borrowed, as @event and @metrics are. */
int metricsz_new(struct sd_event *event, const struct opts *opts, const struct metrics *metrics,
		 metricsz_now *now, void *ctx, struct metricsz **ret, struct err *reterr)
	__attribute__((warn_unused_result));
struct metricsz *metricsz_free(struct metricsz *metricsz);
DEFINE_FREEP(struct metricsz, metricsz_free);

#endif
