/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * topology.h - whether zone or node hints restrict the cluster list, and to which endpoints
 *
 * Room:     select. Pure.
 * Rule:     tests/COVERAGE.md E10 to E16; kube-proxy's topologyModeFromHints().
 */
#ifndef SELECT_TOPOLOGY_H
#define SELECT_TOPOLOGY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct endpoint;

/** enum topology_mode - Which hints decide the cluster list (E10 to E13). */
enum topology_mode {
	TOPOLOGY_MODE_NONE,
	TOPOLOGY_MODE_ZONE,
	TOPOLOGY_MODE_NODE,
};

/** struct topology_node - This node. @node_name is not NULL; @zone may be "". */
struct topology_node {
	const char *node_name;
	const char *zone;
};

/* What the hints of one endpoint say about this node: a set of these bits. */
#define TOPOLOGY_HINT_ANY_ZONE	0x1 /* has a zone hint */
#define TOPOLOGY_HINT_THIS_ZONE 0x2 /* ... that names this node's zone */
#define TOPOLOGY_HINT_ANY_NODE	0x4 /* has a node hint */
#define TOPOLOGY_HINT_THIS_NODE 0x8 /* ... that names this node */

/** topology_hints() - The bits of one endpoint. A node without a zone is in no hinted zone (E14). */
uint8_t topology_hints(const struct endpoint *endpoint, const struct topology_node *here);
/**
 * topology_mode() - Which hints apply, given the bits of all READY endpoints of a port (E10)
 *
 * Node hints if each has one and one of them names this node (E11), else zone hints likewise (E12),
 * else none (E13).
 */
enum topology_mode topology_mode(const uint8_t *hints, size_t n);
/** topology_allows() - Whether a ready endpoint with these bits may be used in @mode. */
bool topology_allows(enum topology_mode mode, uint8_t hints);
/** topology_name() - "none", "zone", "node": for people. */
const char *topology_name(enum topology_mode mode);

#endif
