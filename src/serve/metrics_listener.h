/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * metrics_listener.h - the HTTP server at --metrics-bind-address, for Prometheus and people
 *
 * Room:     serve (report/metrics.h, serve/query.h -> serve/listener.h).
 * Rule:     tests/COVERAGE.md H12: /metrics, /healthz ("ok"), /proxyMode ("nftables"), /configz and /statusz.
 */
#ifndef SERVE_METRICS_LISTENER_H
#define SERVE_METRICS_LISTENER_H

#include "base/cleanup.h"
#include "base/err.h"
#include "serve/query.h"

struct metrics_listener;
struct sd_event;

/**
 * metrics_listener_new() - Listen on the address in @context->settings
 * @event, @context: borrowed
 *
 * Return: 0; negative errno, with bindAddressHardFail as listener_new().
 */
int metrics_listener_new(struct sd_event *event, const struct query_context *context,
			 struct metrics_listener **ret, struct err *reterr)
	__attribute__((warn_unused_result));
struct metrics_listener *metrics_listener_free(struct metrics_listener *metrics_listener);
DEFINE_FREEP(struct metrics_listener, metrics_listener_free);

#endif
