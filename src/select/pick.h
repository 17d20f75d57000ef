/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pick.h - which endpoints one Service port may use on this node
 *
 * Room:     select (model -> select -> plan). Pure.
 * Shapes:   in: the slices of ONE Service, one port and one family; out: two sorted lists and a
 *           reason for every endpoint.
 * Rule:     tests/COVERAGE.md, rows L5 to L9 and E1 to E16.
 * Not here: zone and node hints (select/topology.h), how a policy decides about a packet (plan/).
 */
#ifndef SELECT_PICK_H
#define SELECT_PICK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/err.h"
#include "select/topology.h"

struct arena;
struct slice;

#define PICK_ENDPOINTS_MAX 20000 /* distinct endpoints of one Service port in one family */
#define PICK_ENTRIES_MAX   80000 /* before duplicates are merged */

/** enum pick_reason - Why an endpoint is used for the cluster or the local list, or why not. */
enum pick_reason {
	PICK_REASON_READY,		  /* used: ready (and allowed by the topology mode) */
	PICK_REASON_TERMINATING_FALLBACK, /* used: nothing is ready, it still serves (E4) */
	PICK_REASON_NOT_READY,		  /* not used: neither ready nor terminating (E7) */
	PICK_REASON_TERMINATING,      /* not used: terminating, and ready ones exist or it no longer serves */
	PICK_REASON_HINTED_ELSEWHERE, /* not used: hints name another zone or node; cluster list only */
	PICK_REASON_OTHER_NODE, /* not used: on another node, whatever its state; local list only (E5) */
	_PICK_REASON_MAX,
};

/**
 * struct pick_endpoint - One distinct endpoint (address and target port)
 * @local:	on this node (L7)
 * @cluster_reason: why it is or is not in the cluster list
 * @local_reason: the same for the local list, where hints do not count
 * @in_cluster:	in the cluster list
 * @in_local:	in the local list
 */
struct pick_endpoint {
	struct addr addr;
	uint16_t port;
	bool ready : 1;
	bool serving : 1;
	bool terminating : 1;
	bool local : 1;
	bool in_cluster : 1;
	bool in_local : 1;
	uint8_t cluster_reason; /* enum pick_reason */
	uint8_t local_reason;	/* enum pick_reason */
};

/** struct pick_port - The key on which endpoints are matched (S8). */
struct pick_port {
	const char *name;
	uint8_t protocol;
	uint8_t family;
};

/** struct pick_slice_port - A port of a slice. */
struct pick_slice_port {
	const struct slice *slice;
	const struct slice_port *port;
};

/** struct pick_slices - The ports of the slices of one Service, sorted by pick_port; the slices are borrowed. */
struct pick_slices {
	size_t n;
	const struct pick_slice_port *ports;
};

/**
 * struct pick - The result
 * @n_entries:	entries of the slices, before duplicates are merged
 * @endpoints:	all @n_endpoints distinct ones, sorted by (addr, port), used or not
 * @n_cluster, @n_local: how many have in_cluster, in_local
 * @all_hints, @some_hints: bits of topology_hints() that all ready endpoints have, and that some have
 * @any_usable:	some endpoint anywhere is ready or serving-terminating (E9)
 */
struct pick {
	size_t n_entries;
	size_t n_endpoints;
	struct pick_endpoint *endpoints;
	size_t n_cluster;
	size_t n_local;
	bool any_usable;
	enum topology_mode topology;
	uint8_t all_hints;
	uint8_t some_hints;
};

/**
 * pick_slices_init() - Sort the ports of slices, so that the endpoints of many Service ports can be picked
 * @slices:	slices of one Service, any order, both families; may be none
 * @arena:	owns the array of @ret
 */
void pick_slices_init(const struct slice *const *slices, size_t n_slices, struct arena *arena,
		      struct pick_slices *ret);
/**
 * pick_endpoints() - Choose usable endpoints for Cluster and Local traffic
 * @port:	which port and family
 * @here:	this node
 * @arena:	owns all memory reachable from @ret
 * @ret:	set on success only
 *
 * The order of slices and endpoints never changes the result: duplicates (same address and target
 * port) are merged as tests/COVERAGE.md L9 says; of two that do not terminate the more usable one is kept (ready, then
 * serving, then local, then hinted to this node), as a whole with its hints.
 * Entries whose address is not of the port's family are left out. Cost: O(n log n) of the port's own entries.
 *
 * Return: 0; -E2BIG over PICK_ENDPOINTS_MAX or PICK_ENTRIES_MAX.
 */
int pick_endpoints(const struct pick_slices *slices, const struct pick_port *port,
		   const struct topology_node *here, struct arena *arena, struct pick *ret,
		   struct err *reterr) __attribute__((warn_unused_result));

/** pick_reason_name() - "ready", "not-ready", ...: for people. */
const char *pick_reason_name(enum pick_reason reason);

#endif
