/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * local_ready.h - how many ready endpoints a Service has on this node
 *
 * Room:     select. Pure.
 * Rule:     tests/COVERAGE.md H18: distinct addresses of ready endpoints on this node, over all ports of the slices of one
 *           family. An endpoint that still serves while it terminates does not count: load balancers should send new
 *           connections to other nodes. Those that arrive nevertheless are served.
 */
#ifndef SELECT_LOCAL_READY_H
#define SELECT_LOCAL_READY_H

#include <stddef.h>

#include "base/addr.h"

struct arena;
struct slice;

/** local_ready_count() - For the slices of one Service; @arena is scratch memory. O(n log n). */
size_t local_ready_count(const struct slice *const *slices, size_t n_slices, enum family family,
			 const char *node_name, struct arena *arena);

#endif
