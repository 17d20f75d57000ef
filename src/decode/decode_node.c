/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "decode/decode_node.h"

#include <stdbool.h>
#include <string.h>

#include "base/addr.h"
#include "base/arena.h"
#include "base/cidr.h"
#include "decode/field.h"
#include "decode/object.h"
#include "model/node.h"

static void read_metadata(const struct field *root, struct node *node)
{
	struct field metadata = field_member(root, "metadata");
	struct field uid = field_member(&metadata, "uid");
	struct field deletion = field_member(&metadata, "deletionTimestamp");
	struct field labels = field_member(&metadata, "labels");
	struct field zone = field_member(&labels, "topology.kubernetes.io/zone");

	node->uid = field_name(&uid);
	node->being_deleted = field_given(&deletion);
	field_object(&labels);
	node->zone = field_name(&zone);
}

static void read_taints(const struct field *root, struct node *node)
{
	struct field spec = field_member(root, "spec");
	struct field taints = field_member(&spec, "taints");
	size_t n = field_array(&taints, OBJECT_NODE_TAINTS_MAX), i;

	for (i = 0; i < n; i++) {
		struct field taint = field_element(&taints, i);
		struct field key = field_member(&taint, "key");

		field_object(&taint);
		if (field_equals(&key, DECODE_NODE_TO_BE_DELETED))
			node->to_be_deleted = true;
	}
}

/* Append the addresses of one type. */
static void add_addresses(const struct field *list, size_t n, const char *wanted, struct node *node)
{
	size_t i;

	for (i = 0; i < n; i++) {
		struct field element = field_element(list, i);
		struct field type = field_member(&element, "type");
		struct field address = field_member(&element, "address");
		const char *text;

		field_object(&element);
		if (!field_equals(&type, wanted))
			continue;
		text = field_string(&address);
		if (addr_parse_sloppy(text, &node->addresses[node->n_addresses]))
			node->n_addresses++;
		else
			field_warn_value(&address, text, "an IP address");
	}
}

static void read_addresses(const struct field *root, struct node *node, struct arena *arena)
{
	struct field status = field_member(root, "status");
	struct field addresses = field_member(&status, "addresses");
	size_t n = field_array(&addresses, OBJECT_NODE_ADDRESSES_MAX);

	node->addresses = arena_array(arena, n, sizeof(*node->addresses));
	add_addresses(&addresses, n, "InternalIP", node);
	add_addresses(&addresses, n, "ExternalIP", node);
}

static void add_pod_cidr(const struct field *field, struct node *node)
{
	const char *text = field_string(field);

	if (cidr_parse(text, &node->pod_cidrs[node->n_pod_cidrs]))
		node->n_pod_cidrs++;
	else if (*text)
		field_warn_value(field, text, "a prefix");
}

static void read_pod_cidrs(const struct field *root, struct node *node, struct arena *arena)
{
	struct field spec = field_member(root, "spec");
	struct field alone = field_member(&spec, "podCIDR");
	struct field cidrs = field_member(&spec, "podCIDRs");
	size_t i, n;

	field_object(&spec);
	n = field_array(&cidrs, OBJECT_NODE_ADDRESSES_MAX);
	node->pod_cidrs = arena_array(arena, n ? n : 1, sizeof(*node->pod_cidrs));
	if (!n)
		add_pod_cidr(&alone, node);
	for (i = 0; i < n; i++) {
		struct field element = field_element(&cidrs, i);

		add_pod_cidr(&element, node);
	}
}

struct node *decode_node_read(const struct field *root, const char *name, struct arena *arena)
{
	struct node node = { .name = name };

	read_metadata(root, &node);
	read_addresses(root, &node, arena);
	read_pod_cidrs(root, &node, arena);
	read_taints(root, &node);
	return field_failed(root) ? NULL : node_new_copy(&node);
}
