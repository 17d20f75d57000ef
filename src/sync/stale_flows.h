/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stale_flows.h - after a sync, delete the UDP flows that it has made stale
 *
 * Room:     sync.
 * Rule:     tests/COVERAGE.md C1, C7, C10, C11. Each Service with a UDP port is examined once after a sync that planned it,
 *           also after the first sync, and so is each UDP front end that the kernel no longer has; one round examines all that wait. It never delays a change: it
 *           goes in small steps with the lowest priority on the loop. A round that failed is repeated after a growing
 *           delay.
 * Not here: which flows are stale (plan/stale.h), the kernel's table (backend/ctflush.h).
 */
#ifndef SYNC_STALE_FLOWS_H
#define SYNC_STALE_FLOWS_H

#include "base/cleanup.h"
#include "base/err.h"

struct ifaddr;
struct metrics;
struct sd_event;
struct store;
struct sync;
struct sync_log;
struct stale_flows;

/** stale_flows_new() - Everything is borrowed; @metrics are counted, @log gets each round. Calls sync_on_planned(). */
int stale_flows_new(struct sd_event *event, struct sync *sync, const struct store *store,
		    const struct ifaddr *ifaddr, struct metrics *metrics, struct sync_log *log,
		    struct stale_flows **ret, struct err *reterr) __attribute__((warn_unused_result));
struct stale_flows *stale_flows_free(struct stale_flows *flows);
DEFINE_FREEP(struct stale_flows, stale_flows_free);

#endif
