/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * metricsz.h - /metrics and its neighbours, for Prometheus and people
 *
 * Room:     daemon (report/metrics.h -> daemon/listener.h).
 * Rule:     behaviour.md H12: also /healthz ("ok"), /proxyMode ("nftables"), /configz and /statusz.
 */
#ifndef DAEMON_METRICSZ_H
#define DAEMON_METRICSZ_H

#include "base/cleanup.h"
#include "base/err.h"
#include "daemon/facts.h"

struct metricsz;
struct sd_event;

/** metricsz_new() - Listen as the options in @facts say; @event and @facts are borrowed. */
int metricsz_new(struct sd_event *event, const struct facts *facts, struct metricsz **ret, struct err *reterr)
	__attribute__((warn_unused_result));
struct metricsz *metricsz_free(struct metricsz *metricsz);
DEFINE_FREEP(struct metricsz, metricsz_free);

#endif
