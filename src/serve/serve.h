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
#include "serve/query_context.h"

struct recorder;
struct sd_event;
struct serve;

/**
 * serve_new() - Start all servers
 * @context:	with health and metrics; borrowed, as is @event
 * @recorder:	sends Events about health check node ports that cannot be listened on; borrowed, may be NULL
 *
 * Return: 0; negative errno, with bindAddressHardFail as listener_new().
 */
int serve_new(struct sd_event *event, struct query_context *context, struct recorder *recorder,
	      struct serve **ret, struct err *reterr) __attribute__((warn_unused_result));
struct serve *serve_free(struct serve *serve);
DEFINE_FREEP(struct serve, serve_free);
/** serve_synced() - A sync has succeeded: health check node ports listen on the node-port addresses of now. */
void serve_synced(struct serve *serve);

#endif
