/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "decode/decode_slice.h"

#include <assert.h>
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

static void read_metadata(const struct field *root, struct slice *slice)
{
	struct field metadata = field_member(root, "metadata");
	struct field uid = field_member(&metadata, "uid");
	struct field labels = field_member(&metadata, "labels");
	struct field service_name = field_member(&labels, "kubernetes.io/service-name");
	struct field annotations = field_member(&metadata, "annotations");
	struct field trigger = field_member(&annotations, "endpoints.kubernetes.io/last-change-trigger-time");

	slice->uid = field_name(&uid);
	field_object(&labels);
	slice->service_name = field_name(&service_name);
	/* It is for a metric only: an error in it must not cost the slice. */
	trigger = field_lenient(&trigger);
	(void)rfc3339_parse_us(field_string(&trigger), &slice->trigger_us);
}

/* _FAMILY_MAX stands for FQDN. */
static int parse_address_type(const char *text)
{
	int family;

	for (family = 0; family < _FAMILY_MAX; family++)
		if (strcmp(text, addr_family_name(family)) == 0)
			return family;
	return strcmp(text, "FQDN") == 0 ? _FAMILY_MAX : -EINVAL;
}

static void read_address_type(const struct field *root, struct slice *slice)
{
	struct field type = field_member(root, "addressType");

	if (!field_given(&type))
		field_fail(&type, -EINVAL, "missing");
	slice->family = field_enum(&type, parse_address_type, "one of IPv4, IPv6, FQDN");
}

/* A missing name is the empty one: the API server fills it in, but a manifest has not passed through it. Port 0: it is left out. */
static struct slice_port read_port(const struct field *element)
{
	struct field name = field_member(element, "name");
	struct field protocol = field_member(element, "protocol");
	struct field number = field_member(element, "port");
	struct slice_port port;
	int known;

	field_object(element);
	port.name = field_name(&name);
	known = field_enum_or(&protocol, service_protocol_parse, "one of TCP, UDP, SCTP",
			      "the port is left out", 0);
	port.port = (uint16_t)field_number(&number, 0, UINT16_MAX, 0);
	if (!port.port)
		field_warn(&number, "%s: a port needs its number", field_given(&number) ? "0" : "missing");
	port.protocol = (uint8_t)known;
	if (!known)
		port.port = 0;
	return port;
}

/* tests/COVERAGE.md L3: an entry without a port number is left out. */
static void read_ports(const struct field *root, struct slice *slice, struct arena *arena)
{
	struct field ports = field_member(root, "ports");
	size_t n = field_array(&ports, OBJECT_SLICE_PORTS_MAX), i;

	slice->ports = arena_array(arena, n, sizeof(*slice->ports));
	for (i = 0; i < n; i++) {
		struct field element = field_element(&ports, i);
		struct slice_port port = read_port(&element);

		if (port.port)
			slice->ports[slice->n_ports++] = port;
	}
}

static void read_conditions(const struct field *element, struct endpoint *endpoint)
{
	struct field conditions = field_member(element, "conditions");
	struct field ready = field_member(&conditions, "ready");
	struct field serving = field_member(&conditions, "serving");
	struct field terminating = field_member(&conditions, "terminating");

	field_object(&conditions);
	endpoint->ready = field_bool(&ready, true);
	endpoint->serving = field_bool(&serving, true);
	endpoint->terminating = field_bool(&terminating, false);
}

static_assert(OBJECT_HINTS_MAX <= UINT8_MAX, "struct endpoint counts hints in 8 bits");

/* hints.forZones or hints.forNodes: a list of objects with a name. */
static const char **read_hints(const struct field *hints, const char *key, struct arena *arena,
			       uint8_t *ret_n)
{
	struct field list = field_member(hints, key);
	size_t n = field_array(&list, OBJECT_HINTS_MAX), i;
	const char **names = arena_array(arena, n, sizeof(*names));

	for (i = 0; i < n; i++) {
		struct field element = field_element(&list, i);
		struct field name = field_member(&element, "name");

		field_object(&element);
		names[i] = field_name(&name);
	}
	*ret_n = (uint8_t)n;
	return names;
}

/* tests/COVERAGE.md L5: only the first address counts. False: the endpoint has none that can be used (S18). */
static bool read_address(const struct field *element, uint8_t family, struct endpoint *endpoint)
{
	struct field addresses = field_member(element, "addresses");
	struct field first = field_element(&addresses, 0);
	char shown[FIELD_SHOWN_SIZE];
	const char *text;

	if (!field_array(&addresses, OBJECT_SLICE_ENDPOINTS_MAX))
		return false;
	text = field_string(&first);
	if (!addr_parse_sloppy(text, &endpoint->addr))
		field_fail_value(&first, text, "an IP address");
	else if (endpoint->addr.family != family)
		field_fail(&first, -EINVAL, "%s is not %s", field_shown(text, shown),
			   addr_family_name(family));
	else
		return !field_warn_addr(&first, &endpoint->addr);
	return true;
}

static bool read_endpoint(const struct field *element, uint8_t family, struct arena *arena,
			  struct endpoint *endpoint)
{
	struct field node_name = field_member(element, "nodeName");
	struct field hints = field_member(element, "hints");
	bool given;

	field_object(element);
	given = read_address(element, family, endpoint);
	read_conditions(element, endpoint);
	if (field_given(&node_name))
		endpoint->node_name = field_name(&node_name);
	if (!field_given(&hints))
		return given;
	field_object(&hints);
	endpoint->for_zones = read_hints(&hints, "forZones", arena, &endpoint->n_for_zones);
	endpoint->for_nodes = read_hints(&hints, "forNodes", arena, &endpoint->n_for_nodes);
	return given;
}

static void read_endpoints(const struct field *root, struct slice *slice, struct arena *arena)
{
	struct field endpoints = field_member(root, "endpoints");
	size_t n = field_array(&endpoints, OBJECT_SLICE_ENDPOINTS_MAX), i;

	slice->endpoints = arena_array(arena, n, sizeof(*slice->endpoints));
	for (i = 0; i < n; i++) {
		struct field element = field_element(&endpoints, i);
		struct endpoint endpoint = { 0 };

		if (read_endpoint(&element, slice->family, arena, &endpoint))
			slice->endpoints[slice->n_endpoints++] = endpoint;
	}
}

struct slice *decode_slice_read(const struct field *root, const char *namespace, const char *name,
				struct arena *arena)
{
	struct slice slice = { .namespace = namespace, .name = name };

	read_metadata(root, &slice);
	read_address_type(root, &slice);
	if (slice.family == _FAMILY_MAX)
		return NULL;
	read_ports(root, &slice, arena);
	read_endpoints(root, &slice, arena);
	return field_failed(root) ? NULL : slice_new_copy(&slice);
}
