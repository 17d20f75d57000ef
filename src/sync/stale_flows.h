/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stale_flows.h - after a sync, forget the UDP flows that it has made stale
 *
 * Room:     sync.
 * Rule:     tests/COVERAGE.md C1, C10, C11. Each Service with a UDP port that a successful sync was about is
 *           examined once, those of the first sync included; one round serves all that wait. Nothing of it
 *           stands in the way of a change: it goes in small steps with the lowest priority on the loop, after
 *           everything else. A round that failed is repeated, with growing distances.
 * Not here: what is stale (plan/stale.h), the kernel's table (backend/ctflush.h).
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
struct stale_flows;

/** stale_flows_new() - Everything is borrowed, @metrics counts; listens to @sync from now on. */
int stale_flows_new(struct sd_event *event, struct sync *sync, const struct store *store,
		    const struct ifaddr *ifaddr, struct metrics *metrics, struct stale_flows **ret,
		    struct err *reterr) __attribute__((warn_unused_result));
struct stale_flows *stale_flows_free(struct stale_flows *flows);
DEFINE_FREEP(struct stale_flows, stale_flows_free);

#endif
