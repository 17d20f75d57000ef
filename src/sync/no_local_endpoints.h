/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * no_local_endpoints.h - how many Service ports have endpoints, but none for a Local policy on this node
 *
 * Room:     sync.
 * Rule:     tests/COVERAGE.md H23. A sync notes what the plans of its Services say; the sums change once it succeeds.
 */
#ifndef SYNC_NO_LOCAL_ENDPOINTS_H
#define SYNC_NO_LOCAL_ENDPOINTS_H

#include <stdint.h>

#include "base/addr.h"
#include "base/cleanup.h"
#include "plan/plan.h"

struct no_local_endpoints;

/** no_local_endpoints_new() - @sums: kept up to date; zero at the start. */
struct no_local_endpoints *no_local_endpoints_new(uint64_t sums[_PLAN_DIRECTION_MAX][_FAMILY_MAX]);
struct no_local_endpoints *no_local_endpoints_free(struct no_local_endpoints *no_local);
DEFINE_FREEP(struct no_local_endpoints, no_local_endpoints_free);
/** no_local_endpoints_note() - What @plan says, once the sync under way has succeeded. */
void no_local_endpoints_note(struct no_local_endpoints *no_local, const struct plan *plan);
/** no_local_endpoints_end() - It did, or it did not. */
void no_local_endpoints_end(struct no_local_endpoints *no_local, bool succeeded);

#endif
