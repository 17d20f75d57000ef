/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * node_view.h - how this node treats traffic, from options, Node, ServiceCIDRs and addresses
 *
 * Room:     sync; a pure function of its input.
 * Rule:     tests/COVERAGE.md M11 to M16 (detectors), O1 to O8, O12 (node-port addresses), U3, U4, U6, U7
 *           (ServiceCIDRs).
 */
#ifndef SYNC_NODE_VIEW_H
#define SYNC_NODE_VIEW_H

#include <stdint.h>

#include "config/settings.h"
#include "render/layout.h"

struct arena;
struct node;

/* Ranges of one family that are used. A cluster has one or a few, and each new connection is compared with all of them. */
#define NODE_VIEW_SERVICE_CIDRS_MAX 256

/**
 * struct node_view_input - @node may be NULL (unknown; @node_unread: there is one, but no version of it can be used); @addresses: of the interfaces, may be none;
 * @service_cidrs: of all ServiceCIDR objects, in any order
 */
struct node_view_input {
	const struct settings *settings;
	const struct node *node;
	bool node_unread;
	const struct addr *addresses;
	size_t n_addresses;
	const struct cidr *service_cidrs;
	size_t n_service_cidrs;
	bool family_enabled[_FAMILY_MAX];
};

/**
 * struct node_view - The result
 * @node_port_addresses: for the families that do not serve node ports everywhere
 * @unknown: there is no Node object, so the node's addresses of a family are unknown and its node ports are served everywhere
 * @unread:	there is one, but it cannot be used: node ports of a family whose addresses are unknown are served nowhere
 * @waits_for_pod_cidr: NodeCIDR mode, but the Node's podCIDRs are not known yet: there is no detector
 * @skipped_service_cidrs: number of ranges beyond NODE_VIEW_SERVICE_CIDRS_MAX
 * @unmatched:	prefixes for node ports that contain no address of this node; bit I is prefix I of the settings (O8)
 * @skipped_loopback: the list has loopback addresses, which never serve node ports (O7, O12)
 */
struct node_view {
	struct layout_node layout;
	size_t n_node_port_addresses;
	struct addr *node_port_addresses;
	bool unknown;
	bool unread;
	bool waits_for_pod_cidr;
	bool skipped_loopback;
	uint64_t unmatched;
	size_t skipped_service_cidrs;
};

/** node_view_compute() - @arena owns what @ret points to. */
void node_view_compute(const struct node_view_input *in, struct arena *arena, struct node_view *ret);

#endif
