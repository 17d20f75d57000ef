/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * stale.h - UDP flows that must be deleted, because their endpoint is gone or they are not translated
 *
 * Room:     plan. Pure.
 * Why:      a flow is translated once, by its first packet. UDP has no end, so a client that keeps its port
 *           would send to a removed endpoint for ever, or past a Service that was created later.
 * Rule:     tests/COVERAGE.md C2 to C10. A flow to a UDP front end is stale unless one of the port's good
 *           endpoints answers it. An endpoint is good if it serves, or if it is ready: new flows are sent to a ready
 *           endpoint even if it does not serve (C8). Slots do not count: one in maintenance keeps its flows (struct pool).
 *           Without good endpoints all are (C6): the next packet is refused like that of a new flow. A deleted
 *           Service has no front ends here; its flows are those of sync/removed_frontends.h (C7).
 * Not here: reading and deleting flows (backend/ctflush.h), when to look (sync/stale_flows.h).
 */
#ifndef PLAN_STALE_H
#define PLAN_STALE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/flow.h"
#include "plan/build.h"

#define STALE_FRONTENDS_MAX 65536 /* UDP front ends of one Service */

struct stale;
struct stale_key;

/** stale_concerns() - Whether @service (may be NULL) has a UDP port at all. */
bool stale_concerns(const struct service *service);
/**
 * stale_new() - Prepare stale_flow() for one Service
 * @plan:	of @in; without front ends that another Service owns
 * @in:		may be freed afterwards
 * @scratch:	used during the call
 *
 * Cost: O(n log n) of front ends and endpoints.
 *
 * Return: 0; -E2BIG over STALE_FRONTENDS_MAX, or as pick_endpoints().
 */
int stale_new(const struct plan *plan, const struct build_input *in, struct arena *scratch,
	      struct stale **ret, struct err *reterr) __attribute__((warn_unused_result));
struct stale *stale_free(struct stale *stale);
DEFINE_FREEP(struct stale, stale_free);
/** stale_n_frontends() - Its UDP front ends. */
size_t stale_n_frontends(const struct stale *stale);
/**
 * stale_flow() - Whether @flow goes to a front end of this Service and must be deleted
 * @to_node_port_address: its destination is one of this node's node-port addresses (C4)
 */
bool stale_flow(const struct stale *stale, const struct flow *flow, bool to_node_port_address);

/**
 * struct stale_index - Which Service a flow belongs to; the zeroed struct is empty
 *
 * Front ends of many Services: stale_index_add() each, stale_index_seal() once, then find.
 */
struct stale_index {
	size_t n;
	struct stale_key *keys;
};

/** stale_index_add() - Add the front ends of @stale, which is not kept; stale_index_find() returns @owner for them. */
void stale_index_add(struct stale_index *index, const struct stale *stale, void *owner);
void stale_index_seal(struct stale_index *index);
/** stale_index_families() - True for each family that has a front end in @index. */
void stale_index_families(const struct stale_index *index, bool ret_family[_FAMILY_MAX]);
/** stale_index_find() - The @owner of the UDP front end that @flow goes to, or NULL. Addresses before node ports (P10). */
void *stale_index_find(const struct stale_index *index, const struct flow *flow, bool to_node_port_address);
void stale_index_done(struct stale_index *index);

#endif
