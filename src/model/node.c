/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "model/node.h"

#include <stdlib.h>
#include <string.h>

#include "model/pack.h"

struct node *node_new_copy(const struct node *node)
{
	struct node *copy;
	struct pack pack;

	pack_init(&pack);
	pack_count(&pack, 1, sizeof(*node));
	pack_count(&pack, node->n_addresses, sizeof(*node->addresses));
	pack_count(&pack, node->n_pod_cidrs, sizeof(*node->pod_cidrs));
	pack_count_string(&pack, node->name);
	pack_count_string(&pack, node->uid);
	pack_count_string(&pack, node->zone);
	pack_begin(&pack);
	copy = pack_copy(&pack, node, 1, sizeof(*node));
	copy->addresses = pack_copy(&pack, node->addresses, node->n_addresses, sizeof(*node->addresses));
	copy->pod_cidrs = pack_copy(&pack, node->pod_cidrs, node->n_pod_cidrs, sizeof(*node->pod_cidrs));
	copy->name = pack_string(&pack, node->name);
	copy->uid = pack_string(&pack, node->uid);
	copy->zone = pack_string(&pack, node->zone);
	pack_done(&pack);
	return copy;
}

struct node *node_free(struct node *node)
{
	free(node);
	return NULL;
}

bool node_equal(const struct node *a, const struct node *b)
{
	size_t i;

	if (strcmp(a->name, b->name) != 0 || strcmp(a->uid, b->uid) != 0 || strcmp(a->zone, b->zone) != 0 ||
	    a->being_deleted != b->being_deleted || a->to_be_deleted != b->to_be_deleted ||
	    a->n_addresses != b->n_addresses || a->n_pod_cidrs != b->n_pod_cidrs)
		return false;
	for (i = 0; i < a->n_addresses; i++) {
		if (!addr_equal(&a->addresses[i], &b->addresses[i]))
			return false;
	}
	for (i = 0; i < a->n_pod_cidrs; i++) {
		if (!cidr_equal(&a->pod_cidrs[i], &b->pod_cidrs[i]))
			return false;
	}
	return true;
}

const struct addr *node_primary_addr(const struct node *node, enum family family)
{
	size_t i;

	for (i = 0; i < node->n_addresses; i++) {
		if (node->addresses[i].family == family)
			return &node->addresses[i];
	}
	return NULL;
}

const struct cidr *node_pod_cidr(const struct node *node, enum family family)
{
	size_t i;

	for (i = 0; i < node->n_pod_cidrs; i++) {
		if (node->pod_cidrs[i].addr.family == family)
			return &node->pod_cidrs[i];
	}
	return NULL;
}
