/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "model/node.h"

#include <stdlib.h>

#include "model/members.h"

static const struct member node_rows[] = {
	MEMBER_STRING(struct node, name),
	MEMBER_STRING(struct node, uid),
	MEMBER_STRING(struct node, zone),
	MEMBER_VALUE(struct node, being_deleted),
	MEMBER_VALUE(struct node, to_be_deleted),
	MEMBER_VALUES(struct node, addresses, n_addresses),
	MEMBER_VALUES(struct node, pod_cidrs, n_pod_cidrs),
};
static const struct members node_list = MEMBERS(struct node, node_rows);

const struct members *node_members(void)
{
	return &node_list;
}

struct node *node_new_copy(const struct node *node)
{
	return members_new_copy(&node_list, node);
}

struct node *node_free(struct node *node)
{
	free(node);
	return NULL;
}

bool node_equal(const struct node *a, const struct node *b)
{
	return members_equal(&node_list, a, b);
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
