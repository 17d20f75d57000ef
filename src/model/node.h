/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * node.h - a Node: the fields that its own proxy needs
 *
 * Room:     model. Pure: plain values.
 * Rule:     Kubernetes core/v1 Node; tests/COVERAGE.md, rows D and M.
 * Memory:   as service.h: node_new_copy() makes ONE allocation.
 */
#ifndef MODEL_NODE_H
#define MODEL_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/cidr.h"
#include "base/cleanup.h"

struct members;

/**
 * struct node - One Node
 * @zone:	label topology.kubernetes.io/zone, "" if unset (then zone hints never match)
 * @addresses:	InternalIPs in order, then ExternalIPs (tests/COVERAGE.md D4); other types are left out
 * @being_deleted: it has a deletionTimestamp
 * @to_be_deleted: it has the taint ToBeDeletedByClusterAutoscaler
 * @pod_cidrs:	spec.podCIDRs, or spec.podCIDR alone; unparsable ones left out
 */
struct node {
	const char *name;
	const char *uid;
	const char *zone;
	bool being_deleted;
	bool to_be_deleted;
	uint32_t n_addresses;
	struct addr *addresses;
	uint32_t n_pod_cidrs;
	struct cidr *pod_cidrs;
};

struct node *node_new_copy(const struct node *node) __attribute__((warn_unused_result));
struct node *node_free(struct node *node);
DEFINE_FREEP(struct node, node_free);
/** node_members() - Its list of members. */
const struct members *node_members(void);
bool node_equal(const struct node *a, const struct node *b);
/** node_primary_addr() - First address of @family, or NULL (tests/COVERAGE.md D4). */
const struct addr *node_primary_addr(const struct node *node, enum family family);
/** node_pod_cidr() - First podCIDR of @family, or NULL (tests/COVERAGE.md M12). */
const struct cidr *node_pod_cidr(const struct node *node, enum family family);

#endif
