/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "decode/decode_slice.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "base/addr.h"
#include "base/arena.h"
#include "decode/field.h"
#include "decode/object.h"
#include "decode/rfc3339.h"
#include "model/service.h"
#include "model/slice.h"

static int read_metadata(const struct field *root, struct slice *slice, struct err *reterr)
{
	struct field metadata = field_member(root, "metadata");
	struct field uid = field_member(&metadata, "uid");
	struct field labels = field_member(&metadata, "labels");
	struct field service_name = field_member(&labels, "kubernetes.io/service-name");
	struct field annotations = field_member(&metadata, "annotations");
	struct field trigger = field_member(&annotations, "endpoints.kubernetes.io/last-change-trigger-time");
	struct err unused;
	const char *text;
	int r;

	r = field_name(&uid, &slice->uid, reterr);
	if (r < 0)
		return r;
	r = field_object(&labels, reterr);
	if (r < 0)
		return r;
	/* For a metric alone: what is wrong with it must not cost the slice. */
	if (field_object(&annotations, &unused) < 0 || field_string(&trigger, &text, &unused) < 0 ||
	    !rfc3339_parse_us(text, &slice->trigger_us))
		slice->trigger_us = 0;
	return field_name(&service_name, &slice->service_name, reterr);
}

/* FQDN is no family: @ret_fqdn. */
static int read_address_type(const struct field *root, uint8_t *ret, bool *ret_fqdn, struct err *reterr)
{
	struct field type = field_member(root, "addressType");
	char shown[FIELD_SHOWN_SIZE];
	const char *text;
	int r;

	r = field_string(&type, &text, reterr);
	if (r < 0)
		return r;
	if (!field_given(&type))
		return field_bad(&type, -EINVAL, reterr, "missing");
	*ret_fqdn = strcmp(text, "FQDN") == 0;
	if (strcmp(text, "IPv4") == 0)
		*ret = FAMILY_IPV4;
	else if (strcmp(text, "IPv6") == 0)
		*ret = FAMILY_IPV6;
	else if (!*ret_fqdn)
		return field_bad(&type, -EINVAL, reterr, "\"%s\" is not one of IPv4, IPv6, FQDN",
				 field_shown(text, shown));
	return 0;
}

/*
 * @ret_given is false for an entry that L3 leaves out. A name that is missing is the empty one: so has the API server it, and
 * a manifest has not been there.
 */
static int read_port(const struct field *element, struct slice_port *port, bool *ret_given,
		     struct err *reterr)
{
	struct field name = field_member(element, "name");
	struct field protocol = field_member(element, "protocol");
	struct field number = field_member(element, "port");
	char shown[FIELD_SHOWN_SIZE];
	const char *text;
	int64_t value;
	int r;

	r = field_object(element, reterr);
	if (r < 0)
		return r;
	r = field_name(&name, &port->name, reterr);
	if (r < 0)
		return r;
	r = field_string(&protocol, &text, reterr);
	if (r < 0)
		return r;
	r = service_protocol_parse(text);
	if (r < 0)
		return field_bad(&protocol, -EINVAL, reterr, "\"%s\" is not one of TCP, UDP, SCTP",
				 field_shown(text, shown));
	port->protocol = (uint8_t)r;
	r = field_number(&number, 0, UINT16_MAX, 0, &value, reterr);
	if (r < 0)
		return r;
	port->port = (uint16_t)value;
	*ret_given = value != 0;
	if (!value)
		field_remark(&number, "%s: a port needs its number", field_given(&number) ? "0" : "missing");
	return 0;
}

static int read_ports(const struct field *root, struct slice *slice, struct arena *arena, struct err *reterr)
{
	struct field ports = field_member(root, "ports");
	size_t i, n;
	int r;

	r = field_array(&ports, OBJECT_SLICE_PORTS_MAX, &n, reterr);
	if (r < 0)
		return r;
	slice->ports = arena_array(arena, n, sizeof(*slice->ports));
	for (i = 0; i < n; i++) {
		struct field element = field_element(&ports, i);
		bool given = false;

		r = read_port(&element, &slice->ports[slice->n_ports], &given, reterr);
		if (r < 0)
			return r;
		if (given)
			slice->n_ports++;
	}
	return 0;
}

static int read_conditions(const struct field *element, struct endpoint *endpoint, struct err *reterr)
{
	struct field conditions = field_member(element, "conditions");
	struct field ready = field_member(&conditions, "ready");
	struct field serving = field_member(&conditions, "serving");
	struct field terminating = field_member(&conditions, "terminating");
	bool value;
	int r;

	r = field_object(&conditions, reterr);
	if (r < 0)
		return r;
	r = field_bool(&ready, true, &value, reterr);
	if (r < 0)
		return r;
	endpoint->ready = value;
	r = field_bool(&serving, true, &value, reterr);
	if (r < 0)
		return r;
	endpoint->serving = value;
	r = field_bool(&terminating, false, &value, reterr);
	if (r < 0)
		return r;
	endpoint->terminating = value;
	return 0;
}

/* hints.forZones or hints.forNodes: a list of objects with a name. */
static int read_hints(const struct field *hints, const char *key, struct arena *arena, const char ***ret,
		      uint16_t *ret_n, struct err *reterr)
{
	struct field list = field_member(hints, key);
	size_t i, n;
	int r;

	r = field_array(&list, OBJECT_HINTS_MAX, &n, reterr);
	if (r < 0)
		return r;
	*ret = arena_array(arena, n, sizeof(const char *));
	*ret_n = (uint16_t)n;
	for (i = 0; i < n; i++) {
		struct field element = field_element(&list, i);
		struct field name = field_member(&element, "name");

		r = field_object(&element, reterr);
		if (r < 0)
			return r;
		r = field_name(&name, &(*ret)[i], reterr);
		if (r < 0)
			return r;
	}
	return 0;
}

/* L5: only the first address counts. */
static int read_address(const struct field *element, uint8_t family, struct endpoint *endpoint,
			bool *ret_given, struct err *reterr)
{
	struct field addresses = field_member(element, "addresses");
	struct field first = field_element(&addresses, 0);
	char shown[FIELD_SHOWN_SIZE];
	const char *text;
	size_t n;
	int r;

	r = field_array(&addresses, OBJECT_SLICE_ENDPOINTS_MAX, &n, reterr);
	if (r < 0)
		return r;
	*ret_given = n > 0;
	if (!n)
		return 0;
	r = field_string(&first, &text, reterr);
	if (r < 0)
		return r;
	if (!addr_parse_sloppy(text, &endpoint->addr))
		return field_bad(&first, -EINVAL, reterr, "\"%s\" is not an IP address",
				 field_shown(text, shown));
	if (endpoint->addr.family != family)
		return field_bad(&first, -EINVAL, reterr, "%s is not %s", field_shown(text, shown),
				 addr_family_name(family));
	return 0;
}

static int read_endpoint(const struct field *element, uint8_t family, struct arena *arena,
			 struct endpoint *endpoint, bool *ret_given, struct err *reterr)
{
	struct field node_name = field_member(element, "nodeName");
	struct field hints = field_member(element, "hints");
	int r;

	r = field_object(element, reterr);
	if (r < 0)
		return r;
	r = read_address(element, family, endpoint, ret_given, reterr);
	if (r < 0)
		return r;
	r = read_conditions(element, endpoint, reterr);
	if (r < 0)
		return r;
	r = field_name(&node_name, &endpoint->node_name, reterr);
	if (r < 0)
		return r;
	if (!field_given(&node_name))
		endpoint->node_name = NULL;
	if (!field_given(&hints))
		return 0;
	r = field_object(&hints, reterr);
	if (r < 0)
		return r;
	r = read_hints(&hints, "forZones", arena, &endpoint->for_zones, &endpoint->n_for_zones, reterr);
	if (r < 0)
		return r;
	return read_hints(&hints, "forNodes", arena, &endpoint->for_nodes, &endpoint->n_for_nodes, reterr);
}

static int read_endpoints(const struct field *root, struct slice *slice, struct arena *arena,
			  struct err *reterr)
{
	struct field endpoints = field_member(root, "endpoints");
	size_t i, n;
	int r;

	r = field_array(&endpoints, OBJECT_SLICE_ENDPOINTS_MAX, &n, reterr);
	if (r < 0)
		return r;
	slice->endpoints = arena_array(arena, n, sizeof(*slice->endpoints));
	for (i = 0; i < n; i++) {
		struct field element = field_element(&endpoints, i);
		struct endpoint endpoint = { 0 };
		bool given = false;

		r = read_endpoint(&element, slice->family, arena, &endpoint, &given, reterr);
		if (r < 0)
			return r;
		if (given)
			slice->endpoints[slice->n_endpoints++] = endpoint;
	}
	return 0;
}

int decode_slice_read(const struct field *root, const char *namespace, const char *name, struct arena *arena,
		      struct slice **ret, struct err *reterr)
{
	struct slice slice = { .namespace = namespace, .name = name };
	bool fqdn = false;
	int r;

	r = read_metadata(root, &slice, reterr);
	if (r < 0)
		return r;
	r = read_address_type(root, &slice.family, &fqdn, reterr);
	if (r < 0)
		return r;
	if (fqdn) {
		*ret = NULL;
		return 0;
	}
	r = read_ports(root, &slice, arena, reterr);
	if (r < 0)
		return r;
	r = read_endpoints(root, &slice, arena, reterr);
	if (r < 0)
		return r;
	*ret = slice_new_copy(&slice);
	return 0;
}
