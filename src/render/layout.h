/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layout.h - the names and the fixed skeleton of our two tables
 *
 * Room:     render (plan, ruleset -> render). Pure.
 * Shapes:   in: how this node treats traffic (struct layout_node); out: sets and chains. A Service has
 *           elements in these sets (render/service_elements.h), but no chains and rules, except for session
 *           affinity (render/affinity.h).
 * Names:    kube-nftproxy-ruleset(7) promises them to administrators; see the DOC comment in layout.c.
 */
#ifndef RENDER_LAYOUT_H
#define RENDER_LAYOUT_H

#include "base/addr.h"
#include "base/cidr.h"
#include "ruleset/rule.h"

struct arena;

#define LAYOUT_TABLE_NAME "kube-nftproxy"

/** enum layout_set - Index of each set; order of creation and of the dump. */
enum layout_set {
	LAYOUT_SET_CLUSTER_IPS,
	LAYOUT_SET_CLUSTER_IP_PORTS,
	LAYOUT_SET_EXTERNAL_ADDRESSES,
	LAYOUT_SET_EXTERNAL_SERVICES,
	LAYOUT_SET_NODEPORT_ADDRESSES,
	LAYOUT_SET_NODEPORT_NUMBERS,
	LAYOUT_SET_HAIRPIN,
	LAYOUT_SET_MASQUERADE_SERVICES,
	LAYOUT_SET_MASQUERADE_NODEPORTS,
	LAYOUT_SET_RESTRICTED_SERVICES,
	LAYOUT_SET_ALLOWED_SOURCES,
	LAYOUT_SET_SERVICES,
	LAYOUT_SET_SERVICES_INSIDE,
	LAYOUT_SET_SERVICES_OUTSIDE,
	LAYOUT_SET_NODEPORTS,
	LAYOUT_SET_NODEPORTS_INSIDE,
	LAYOUT_SET_NODEPORTS_OUTSIDE,
	LAYOUT_SET_ENDPOINTS,
	LAYOUT_SET_ENDPOINTS_LOCAL,
	LAYOUT_SET_NODEPORT_ENDPOINTS,
	LAYOUT_SET_NODEPORT_ENDPOINTS_LOCAL,
	LAYOUT_SET_AFFINITY_ADDRESSES,
	LAYOUT_SET_AFFINITY_SERVICES,
	LAYOUT_SET_AFFINITY_NODEPORTS,
	LAYOUT_SET_AFFINITY_ENDPOINTS,
	LAYOUT_SET_AFFINITY_ENDPOINTS_LOCAL,
	LAYOUT_SET_AFFINITY_NODEPORT_ENDPOINTS,
	LAYOUT_SET_AFFINITY_NODEPORT_ENDPOINTS_LOCAL,
	_LAYOUT_SET_MAX,
};

/** enum layout_detector - How pod traffic is recognised (tests/COVERAGE.md M11 to M14). */
enum layout_detector {
	LAYOUT_DETECTOR_NONE,
	LAYOUT_DETECTOR_CIDR,		  /* ClusterCIDR and NodeCIDR: source address */
	LAYOUT_DETECTOR_BRIDGE,		  /* arrived on the interface of this name */
	LAYOUT_DETECTOR_INTERFACE_PREFIX, /* arrived on an interface whose name starts so */
};

/**
 * struct layout_family - How this node treats traffic of one family
 * @enabled:	false: no table of that family
 * @detector, @pod_cidr, @interface: pod traffic
 * @node_ports_everywhere: node ports are served on every local address but loopback (tests/COVERAGE.md O6);
 *		else on the addresses in the set nodeport-addresses
 * @n_service_cidrs, @service_cidrs: the ranges of ClusterIPs, merged (cidr_merge()); borrowed
 */
struct layout_family {
	bool enabled;
	enum layout_detector detector;
	struct cidr pod_cidr;
	char interface[16];
	bool node_ports_everywhere;
	size_t n_service_cidrs;
	const struct cidr *service_cidrs;
};

struct layout_node {
	bool masquerade_all;
	struct layout_family family[_FAMILY_MAX];
};

/** layout_skeleton() - Tables, sets and chains for @node; @arena owns what @ret points to. */
void layout_skeleton(const struct layout_node *node, struct arena *arena, struct skeleton *ret);
/** layout_sets() - The declarations, _LAYOUT_SET_MAX of them. */
const struct set_decl *layout_sets(void);

/** layout_add_frontend_key() - What a front end's key in a set is made of: by address, or by node port. */
void layout_add_frontend_key(struct rule_statement *s, bool by_address);

#define LAYOUT_CHAIN_NO_ENDPOINTS "no-endpoints"

#endif
