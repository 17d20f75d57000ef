/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * healthz.h - the HTTP server for /healthz and /livez, for load balancers and probes
 *
 * Room:     serve (report/health.h -> serve/listener.h).
 * Rule:     tests/COVERAGE.md H1, H5, H6, H10. Each answer is counted in metrics.
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

/**
 * struct healthz_params - Pointers are borrowed
 * @hard_fail:	an address that cannot be listened on is an error of healthz_new(); else it is tried again
 * @refresh:	called with @ctx before each answer
 */
struct healthz_params {
	struct sd_event *event;
	struct settings_listen listen;
	bool hard_fail;
	struct health *health;
	struct metrics *metrics;
	health_refresh *refresh;
	void *ctx;
};

/** healthz_new() - Return: 0; negative errno, with @params->hard_fail as listener_new(). */
int healthz_new(const struct healthz_params *params, struct healthz **ret, struct err *reterr)
	__attribute__((warn_unused_result));
struct healthz *healthz_free(struct healthz *healthz);
DEFINE_FREEP(struct healthz, healthz_free);

#endif
