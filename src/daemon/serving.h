/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * serving.h - all that the daemon listens on: health, metrics, health check node ports, the control socket
 *
 * Room:     daemon.
 */
#ifndef DAEMON_SERVING_H
#define DAEMON_SERVING_H

#include "base/cleanup.h"
#include "base/err.h"
#include "daemon/facts.h"

struct recorder;
struct sd_event;
struct serving;

/** serving_new() - As the options in @facts say, which is borrowed, as @event and @metrics are. */
int serving_new(struct sd_event *event, const struct facts *facts, struct metrics *metrics,
		struct serving **ret, struct err *reterr) __attribute__((warn_unused_result));
struct serving *serving_free(struct serving *serving);
DEFINE_FREEP(struct serving, serving_free);
/** serving_tell() - Whom to tell of ports that cannot be had; may be NULL. */
void serving_tell(struct serving *serving, struct recorder *recorder);
/** serving_synced() - A sync has succeeded. */
void serving_synced(struct serving *serving);

#endif
