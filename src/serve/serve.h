/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * serve.h - all HTTP servers of the daemon: health, metrics, health check node ports, control socket
 *
 * Room:     serve. The settings in the query_context tell which of them there are, and where they listen.
 */
#ifndef SERVE_SERVE_H
#define SERVE_SERVE_H

#include <stdint.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "serve/query_context.h"

struct kept_sockets;
struct recorder;
struct sd_event;
struct serve;

/**
 * serve_new() - Start all servers
 * @context:	with health and metrics; borrowed, as is @event
 * @recorder:	sends Events about health check node ports that cannot be listened on; borrowed, may be NULL
 * @kept:	sockets to use; borrowed until serve_forget_kept(). NULL: this is the process's first execution
 *
 * Return: 0; negative errno, with bindAddressHardFail as listener_new(), but only in the first execution.
 */
int serve_new(struct sd_event *event, struct query_context *context, struct recorder *recorder,
	      struct kept_sockets *kept, struct serve **ret, struct err *reterr)
	__attribute__((warn_unused_result));
/** serve_forget_kept() - No kept sockets are used from now on. */
void serve_forget_kept(struct serve *serve);
struct serve *serve_free(struct serve *serve);
DEFINE_FREEP(struct serve, serve_free);
/**
 * serve_finish_answers() - Before this process executes itself anew: answer the clients of all servers that are connected
 *
 * It takes @limit_us and 1 ms at most.
 */
void serve_finish_answers(struct serve *serve, uint64_t limit_us);
/** serve_synced() - A sync has succeeded: health check node ports listen on the node-port addresses of now. */
void serve_synced(struct serve *serve);

#endif
