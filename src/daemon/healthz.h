/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * healthz.h - /healthz and /livez, for load balancers and probes
 *
 * Room:     daemon (report/health.h -> serve/serve.h on the loop).
 * Rule:     behaviour.md H1, H5, H6, H10, H11: an address that cannot be listened on is tried again every
 *           HEALTHZ_RETRY_MS.
 */
#ifndef DAEMON_HEALTHZ_H
#define DAEMON_HEALTHZ_H

#include "base/cleanup.h"
#include "base/err.h"
#include "daemon/opts.h"
#include "report/health.h"

#define HEALTHZ_RETRY_MS 5000

struct healthz;
struct sd_event;

/** typedef healthz_refresh - Bring @health up to date: it is about to be told. */
typedef void healthz_refresh(void *ctx, struct health *health);

/**
 * healthz_new() - Listen as @listen says
 * @event, @health: borrowed
 * @hard_fail:	what cannot be listened on is an error
 */
int healthz_new(struct sd_event *event, const struct opts_listen *listen, bool hard_fail,
		struct health *health, healthz_refresh *refresh, void *ctx, struct healthz **ret,
		struct err *reterr) __attribute__((warn_unused_result));
struct healthz *healthz_free(struct healthz *healthz);
DEFINE_FREEP(struct healthz, healthz_free);

#endif
