/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * removed_frontends.h - UDP front ends that the kernel no longer has
 *
 * Room:     sync.
 * Why:      a flow keeps its translation after its front end is gone. The address of its endpoint may belong to another
 *           pod by now (tests/COVERAGE.md C7).
 * Shapes:   what a transaction deletes and does not add again is noted, so leftovers of an earlier run are noted, too.
 * Not here: whether another Service has the front end now (sync/stale_flows.c asks just before a flow is deleted).
 */
#ifndef SYNC_REMOVED_FRONTENDS_H
#define SYNC_REMOVED_FRONTENDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/flow.h"

struct changes;
struct frontend;
struct removed_frontends_entry;

/** struct removed_frontends - The zeroed struct is empty. */
struct removed_frontends {
	size_t n;
	struct removed_frontends_entry *entries;
};

/** removed_frontends_note() - Add the UDP front ends that @changes, which the kernel has accepted, have removed. */
void removed_frontends_note(struct removed_frontends *removed, const struct changes *changes);
/** removed_frontends_keep() - Remove those for which @keep returns false. */
void removed_frontends_keep(struct removed_frontends *removed,
			    bool (*keep)(void *ctx, const struct frontend *frontend), void *ctx);
/** removed_frontends_move() - Add all of @from to @to, and empty @from. */
void removed_frontends_move(struct removed_frontends *from, struct removed_frontends *to);
/** removed_frontends_families() - Set @family to true for each family that has one. */
void removed_frontends_families(const struct removed_frontends *removed, bool family[_FAMILY_MAX]);
/**
 * removed_frontends_has() - Whether @flow was translated for one of them
 * @to_node_port_address: as stale_flow()
 */
bool removed_frontends_has(const struct removed_frontends *removed, const struct flow *flow,
			   bool to_node_port_address);
void removed_frontends_done(struct removed_frontends *removed);

#endif
