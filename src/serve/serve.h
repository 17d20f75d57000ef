/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * serve.h - all HTTP servers of the daemon: health, metrics, health check node ports, control socket
 *
 * Room:     serve. The settings in the query_context tell which of them there are, and where they listen.
 */
#ifndef SERVE_SERVE_H
#define SERVE_SERVE_H

#include "base/cleanup.h"
#include "base/err.h"
#include "serve/query.h"

struct recorder;
struct sd_event;
struct serve;

/**
 * struct serve_params - All borrowed
 * @context:	its health and metrics are set
 * @metrics:	where answers of /healthz and /livez are counted
 * @recorder:	sends Events about health check node ports that cannot be listened on; may be NULL
 */
struct serve_params {
	struct sd_event *event;
	const struct query_context *context;
	struct metrics *metrics;
	struct recorder *recorder;
};

/** serve_new() - Return: 0; negative errno, with bindAddressHardFail as listener_new(). */
int serve_new(const struct serve_params *params, struct serve **ret, struct err *reterr)
	__attribute__((warn_unused_result));
struct serve *serve_free(struct serve *serve);
DEFINE_FREEP(struct serve, serve_free);
/** serve_synced() - A sync has succeeded: health check node ports listen on the node-port addresses of now. */
void serve_synced(struct serve *serve);

#endif
