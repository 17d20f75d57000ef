/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * node_view.h - how this node treats traffic, from options, Node, ServiceCIDRs and addresses
 *
 * Room:     sync; a pure function of its input.
 * Rule:     tests/COVERAGE.md M11 to M16 (detectors), O1 to O8 (node-port addresses), U3, U4, U6, U7
 *           (ServiceCIDRs).
 */
#ifndef SYNC_NODE_VIEW_H
#define SYNC_NODE_VIEW_H

#include <stdint.h>

#include "config/settings.h"
#include "render/layout.h"

struct arena;
struct node;

/* Ranges of one family that are used; a cluster has one or a few, and each new connection passes them all. */
#define NODE_VIEW_SERVICE_CIDRS_MAX 256

/**
 * struct node_view_input - @node may be NULL (unknown); @addresses: of the interfaces, may be none;
 * @service_cidrs: of all ServiceCIDR objects, in any order
 */
struct node_view_input {
	const struct settings *settings;
	const struct node *node;
	const struct addr *addresses;
	size_t n_addresses;
	const struct cidr *service_cidrs;
	size_t n_service_cidrs;
	bool family_enabled[_FAMILY_MAX];
};

/**
 * struct node_view - The result
 * @node_port_addresses: for the families that do not serve node ports everywhere
 * @unknown: there is no Node object, and node ports of a family are served everywhere for want of its addresses
 * @waits_for_pod_cidr: NodeCIDR mode, but the Node's podCIDRs are not known yet: there is no detector
 * @skipped_service_cidrs: how many ranges are over NODE_VIEW_SERVICE_CIDRS_MAX
 * @unmatched:	prefixes for node ports that no address of this node is in, by their place in the options, as bits (O8)
 * @skipped_loopback: a prefix in the list covers loopback addresses, which never serve node ports (O7)
 */
struct node_view {
	struct layout_node layout;
	size_t n_node_port_addresses;
	struct addr *node_port_addresses;
	bool unknown;
	bool waits_for_pod_cidr;
	bool skipped_loopback;
	uint64_t unmatched;
	size_t skipped_service_cidrs;
};

/** node_view_compute() - @arena owns what @ret points to. */
void node_view_compute(const struct node_view_input *in, struct arena *arena, struct node_view *ret);

#endif
