/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layout_node.h - how this node treats traffic
 *
 * Room:     render. Pure. The skeleton is made for it (render/layout.h).
 */
#ifndef RENDER_LAYOUT_NODE_H
#define RENDER_LAYOUT_NODE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"
#include "base/cidr.h"

/** LAYOUT_RANGES_MAX - With more ranges of ClusterIPs, the base chains do not compare with them (layout_node_n_ranges()). */
#define LAYOUT_RANGES_MAX 2

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
 * @n_node_port_addresses, @node_port_address: how many these are, and the last one (layout_node_count_addresses()). With one, the
 *		rules compare with it: this costs a packet less than a look-up in the set
 * @n_service_cidrs, @service_cidrs: the ranges of ClusterIPs, merged (cidr_merge()); borrowed
 * @ranges_change: elements may still be those of other ranges: look all packets up in services, and do not compare with the ranges
 */
struct layout_family {
	bool enabled;
	enum layout_detector detector;
	struct cidr pod_cidr;
	char interface[16];
	bool node_ports_everywhere;
	size_t n_node_port_addresses;
	struct addr node_port_address;
	size_t n_service_cidrs;
	const struct cidr *service_cidrs;
	bool ranges_change;
};

struct layout_node {
	bool masquerade_all;
	struct layout_family family[_FAMILY_MAX];
};

/** layout_node_count_addresses() - Note in @node which addresses serve node ports: those of the set nodeport-addresses. */
void layout_node_count_addresses(struct layout_node *node, const struct addr *addresses, size_t n);
/** layout_node_has_one_address() - Whether node ports are served on one address, with which the rules compare. */
bool layout_node_has_one_address(const struct layout_family *node);
/**
 * layout_node_n_ranges() - How many ranges of ClusterIPs addresses are compared with: the first ones of @node->service_cidrs, all or none
 *
 * A comparison costs a packet less than a look-up, if there are few. With none, front ends of all addresses are in services.
 */
size_t layout_node_n_ranges(const struct layout_family *node);

#endif
