/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * no_local_endpoints.h - number of Service ports with policy Local that have endpoints, but none on this node; and of Services
 *                        without any endpoint that can be used
 *
 * Room:     sync.
 * Rule:     tests/COVERAGE.md H23. A sync notes the plans of its Services; the sums change when it succeeds.
 */
#ifndef SYNC_NO_LOCAL_ENDPOINTS_H
#define SYNC_NO_LOCAL_ENDPOINTS_H

#include <stdint.h>

#include "base/addr.h"
#include "base/cleanup.h"
#include "plan/plan.h"

struct no_local_endpoints;

/**
 * no_local_endpoints_new() - Both are kept up to date, zero at the start, borrowed
 * @sums:	Service ports
 * @n_without:	Services with front ends, none of which has an endpoint, not even for some sources
 */
struct no_local_endpoints *no_local_endpoints_new(uint64_t sums[_PLAN_DIRECTION_MAX][_FAMILY_MAX],
						  uint64_t *n_without);
struct no_local_endpoints *no_local_endpoints_free(struct no_local_endpoints *no_local);
DEFINE_FREEP(struct no_local_endpoints, no_local_endpoints_free);
/** no_local_endpoints_note() - Note the counts of @plan for the sync under way. */
void no_local_endpoints_note(struct no_local_endpoints *no_local, const struct plan *plan);
/** no_local_endpoints_end() - The sync has ended: add the noted counts to the sums, or drop them. */
void no_local_endpoints_end(struct no_local_endpoints *no_local, bool succeeded);

#endif
