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

static int read_metadata(const struct field *root, struct node *node, struct err *reterr)
{
	struct field metadata = field_member(root, "metadata");
	struct field uid = field_member(&metadata, "uid");
	struct field deletion = field_member(&metadata, "deletionTimestamp");
	struct field labels = field_member(&metadata, "labels");
	struct field zone = field_member(&labels, "topology.kubernetes.io/zone");
	int r;

	r = field_name(&uid, &node->uid, reterr);
	if (r < 0)
		return r;
	node->being_deleted = field_given(&deletion);
	r = field_object(&labels, reterr);
	if (r < 0)
		return r;
	return field_name(&zone, &node->zone, reterr);
}

static int read_taints(const struct field *root, struct node *node, struct err *reterr)
{
	struct field spec = field_member(root, "spec");
	struct field taints = field_member(&spec, "taints");
	const char *text;
	size_t n = 0, i;
	int r;

	r = field_array(&taints, OBJECT_NODE_TAINTS_MAX, &n, reterr);
	for (i = 0; i < n && r == 0; i++) {
		struct field taint = field_element(&taints, i);
		struct field key = field_member(&taint, "key");

		r = field_object(&taint, reterr);
		if (r == 0)
			r = field_string(&key, &text, reterr);
		if (r == 0 && strcmp(text, DECODE_NODE_TO_BE_DELETED) == 0)
			node->to_be_deleted = true;
	}
	return r;
}

/* The addresses of one type, added to those that are there. */
static int add_addresses(const struct field *list, size_t n, const char *wanted, struct node *node,
			 struct err *reterr)
{
	size_t i;
	int r;

	for (i = 0; i < n; i++) {
		struct field element = field_element(list, i);
		struct field type = field_member(&element, "type");
		struct field address = field_member(&element, "address");
		char shown[FIELD_SHOWN_SIZE];
		const char *type_text, *text;

		r = field_object(&element, reterr);
		if (r < 0)
			return r;
		r = field_string(&type, &type_text, reterr);
		if (r < 0)
			return r;
		r = field_string(&address, &text, reterr);
		if (r < 0)
			return r;
		if (strcmp(type_text, wanted) != 0)
			continue;
		if (addr_parse_sloppy(text, &node->addresses[node->n_addresses]))
			node->n_addresses++;
		else
			field_remark(&address, "\"%s\" is not an IP address", field_shown(text, shown));
	}
	return 0;
}

static int read_addresses(const struct field *root, struct node *node, struct arena *arena,
			  struct err *reterr)
{
	struct field status = field_member(root, "status");
	struct field addresses = field_member(&status, "addresses");
	size_t n;
	int r;

	r = field_array(&addresses, OBJECT_NODE_ADDRESSES_MAX, &n, reterr);
	if (r < 0)
		return r;
	node->addresses = arena_array(arena, n, sizeof(*node->addresses));
	r = add_addresses(&addresses, n, "InternalIP", node, reterr);
	if (r < 0)
		return r;
	return add_addresses(&addresses, n, "ExternalIP", node, reterr);
}

static int add_pod_cidr(const struct field *field, struct node *node, struct err *reterr)
{
	char shown[FIELD_SHOWN_SIZE];
	const char *text;
	int r;

	r = field_string(field, &text, reterr);
	if (r < 0 || !field_given(field))
		return r;
	if (cidr_parse(text, &node->pod_cidrs[node->n_pod_cidrs]))
		node->n_pod_cidrs++;
	else if (*text)
		field_remark(field, "\"%s\" is not a prefix", field_shown(text, shown));
	return 0;
}

static int read_pod_cidrs(const struct field *root, struct node *node, struct arena *arena,
			  struct err *reterr)
{
	struct field spec = field_member(root, "spec");
	struct field alone = field_member(&spec, "podCIDR");
	struct field cidrs = field_member(&spec, "podCIDRs");
	size_t i, n;
	int r;

	r = field_object(&spec, reterr);
	if (r < 0)
		return r;
	r = field_array(&cidrs, OBJECT_NODE_ADDRESSES_MAX, &n, reterr);
	if (r < 0)
		return r;
	node->pod_cidrs = arena_array(arena, n ? n : 1, sizeof(*node->pod_cidrs));
	if (!n)
		return add_pod_cidr(&alone, node, reterr);
	for (i = 0; i < n; i++) {
		struct field element = field_element(&cidrs, i);

		r = add_pod_cidr(&element, node, reterr);
		if (r < 0)
			return r;
	}
	return 0;
}

int decode_node_read(const struct field *root, const char *name, struct arena *arena, struct node **ret,
		     struct err *reterr)
{
	struct node node = { .name = name };
	int r;

	r = read_metadata(root, &node, reterr);
	if (r < 0)
		return r;
	r = read_addresses(root, &node, arena, reterr);
	if (r < 0)
		return r;
	r = read_pod_cidrs(root, &node, arena, reterr);
	if (r < 0)
		return r;
	r = read_taints(root, &node, reterr);
	if (r < 0)
		return r;
	*ret = node_new_copy(&node);
	return 0;
}
