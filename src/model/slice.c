/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "model/slice.h"

#include <stdlib.h>

#include "model/members.h"

static const struct member slice_port_rows[] = {
	MEMBER_STRING(struct slice_port, name),
	MEMBER_VALUE(struct slice_port, protocol),
	MEMBER_VALUE(struct slice_port, port),
};
static const struct members slice_port_list = MEMBERS(struct slice_port, slice_port_rows);

static const struct member slice_endpoint_rows[] = {
	MEMBER_VALUE(struct endpoint, addr),
	MEMBER_VALUE(struct endpoint, ready),
	MEMBER_VALUE(struct endpoint, serving),
	MEMBER_VALUE(struct endpoint, terminating),
	MEMBER_STRING(struct endpoint, node_name),
	MEMBER_STRINGS(struct endpoint, for_zones, n_for_zones),
	MEMBER_STRINGS(struct endpoint, for_nodes, n_for_nodes),
};
static const struct members slice_endpoint_list = MEMBERS(struct endpoint, slice_endpoint_rows);

static const struct member slice_rows[] = {
	MEMBER_STRING(struct slice, namespace),
	MEMBER_STRING(struct slice, name),
	MEMBER_STRING(struct slice, uid),
	MEMBER_STRING(struct slice, service_name),
	MEMBER_VALUE(struct slice, family),
	MEMBER_VALUE_UNCOMPARED(struct slice, trigger_us),
	MEMBER_STRUCTS(struct slice, ports, n_ports, slice_port_list),
	MEMBER_STRUCTS(struct slice, endpoints, n_endpoints, slice_endpoint_list),
};
static const struct members slice_list = MEMBERS(struct slice, slice_rows);

const struct members *slice_members(void)
{
	return &slice_list;
}

struct slice *slice_new_copy(const struct slice *slice)
{
	return members_new_copy(&slice_list, slice);
}

struct slice *slice_free(struct slice *slice)
{
	free(slice);
	return NULL;
}

bool slice_equal(const struct slice *a, const struct slice *b)
{
	return members_equal(&slice_list, a, b);
}
