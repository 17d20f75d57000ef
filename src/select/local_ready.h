/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * local_ready.h - how many ready endpoints a Service has on this node
 *
 * Room:     select. Pure.
 * Rule:     tests/COVERAGE.md H18: distinct addresses of ready endpoints on this node, over all ports of the slices of one
 *           family. What only serves while it terminates does not count: a load balancer is to send its new connections
 *           elsewhere while those that come nevertheless are still served.
 */
#ifndef SELECT_LOCAL_READY_H
#define SELECT_LOCAL_READY_H

#include <stddef.h>

#include "base/addr.h"

struct arena;
struct slice;

/** local_ready_count() - Of the slices of one Service; @arena is for what is needed meanwhile. O(n log n). */
size_t local_ready_count(const struct slice *const *slices, size_t n_slices, enum family family,
			 const char *node_name, struct arena *arena);

#endif
