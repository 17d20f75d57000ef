/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * serve.h - all that the daemon listens on: health, metrics, health check node ports, the control socket
 *
 * Room:     serve.
 */
#ifndef SERVE_SERVE_H
#define SERVE_SERVE_H

#include "base/cleanup.h"
#include "base/err.h"
#include "serve/query.h"

struct recorder;
struct sd_event;
struct serve;

/** serve_new() - As the options in @query say, which is borrowed, as @event and @metrics are. */
int serve_new(struct sd_event *event, const struct query_context *query, struct metrics *metrics,
	      struct serve **ret, struct err *reterr) __attribute__((warn_unused_result));
struct serve *serve_free(struct serve *serving);
DEFINE_FREEP(struct serve, serve_free);
/** serve_tell() - Whom to tell of ports that cannot be had; may be NULL. */
void serve_tell(struct serve *serving, struct recorder *recorder);
/** serve_synced() - A sync has succeeded. */
void serve_synced(struct serve *serving);

#endif
