/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * healthz.h - /healthz and /livez, for load balancers and probes
 *
 * Room:     serve (report/health.h -> serve/listener.h).
 * Rule:     tests/COVERAGE.md H1, H5, H6, H10.
 */
#ifndef SERVE_HEALTHZ_H
#define SERVE_HEALTHZ_H

#include "base/cleanup.h"
#include "base/err.h"
#include "config/settings.h"
#include "report/health.h"

struct healthz;
struct metrics;
struct sd_event;

/** typedef healthz_refresh - Bring @health up to date: it is about to be told. */
typedef void healthz_refresh(void *ctx, struct health *health);

/**
 * healthz_new() - Listen as @listen says
 * @event, @health, @metrics: borrowed
 * @hard_fail:	what cannot be listened on is an error
 */
int healthz_new(struct sd_event *event, const struct settings_listen *listen, bool hard_fail,
		struct health *health, struct metrics *metrics, healthz_refresh *refresh, void *ctx,
		struct healthz **ret, struct err *reterr) __attribute__((warn_unused_result));
struct healthz *healthz_free(struct healthz *healthz);
DEFINE_FREEP(struct healthz, healthz_free);

#endif
