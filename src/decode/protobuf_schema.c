/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The numbers are those of the generated.proto files in k8s.io/apimachinery and k8s.io/api; they never change
 * within an API version.
 */
#include "config.h"
#include "decode/protobuf_schema.h"

#include <assert.h>
#include <string.h>

#include "base/cleanup.h"

#define STRING(field, no)                                                       \
	{                                                                       \
		.name = (field), .number = (no), .type = PROTOBUF_SCHEMA_STRING \
	}
#define STRING_KEPT(field, no)                                                                       \
	{                                                                                            \
		.name = (field), .number = (no), .type = PROTOBUF_SCHEMA_STRING, .keeps_empty = true \
	}
#define BYTES(field, no)                                                                            \
	{                                                                                           \
		.name = (field), .number = (no), .type = PROTOBUF_SCHEMA_BYTES, .keeps_empty = true \
	}
#define STRINGS(field, no)                                                                        \
	{                                                                                         \
		.name = (field), .number = (no), .type = PROTOBUF_SCHEMA_STRING, .repeated = true \
	}
#define NUMBER(field, no)                                                       \
	{                                                                       \
		.name = (field), .number = (no), .type = PROTOBUF_SCHEMA_NUMBER \
	}
#define NUMBER_KEPT(field, no)                                                                       \
	{                                                                                            \
		.name = (field), .number = (no), .type = PROTOBUF_SCHEMA_NUMBER, .keeps_empty = true \
	}
#define BOOL_KEPT(field, no)                                                                       \
	{                                                                                          \
		.name = (field), .number = (no), .type = PROTOBUF_SCHEMA_BOOL, .keeps_empty = true \
	}
#define TIME(field, no)                                                       \
	{                                                                     \
		.name = (field), .number = (no), .type = PROTOBUF_SCHEMA_TIME \
	}
#define MAP(field, no)                                                       \
	{                                                                    \
		.name = (field), .number = (no), .type = PROTOBUF_SCHEMA_MAP \
	}
#define MESSAGE(field, no, of)                                                                     \
	{                                                                                          \
		.name = (field), .number = (no), .type = PROTOBUF_SCHEMA_MESSAGE, .message = &(of) \
	}
#define MESSAGES(field, no, of)                                                                     \
	{                                                                                           \
		.name = (field), .number = (no), .type = PROTOBUF_SCHEMA_MESSAGE, .repeated = true, \
		.message = &(of)                                                                    \
	}
/* The schema @name of the rows @name_fields. */
#define SCHEMA(name)                                                                        \
	static const struct protobuf_schema name = { .n_fields = ARRAY_SIZE(name##_fields), \
						     .fields = name##_fields }

/* meta/v1 and runtime */

static const struct protobuf_schema_field map_entry_fields[] = {
	STRING_KEPT("key", 1),
	STRING_KEPT("value", 2),
};
SCHEMA(map_entry);

/* Of runtime; meta/v1's TypeMeta has another order, but is never written. */
static const struct protobuf_schema_field type_meta_fields[] = {
	STRING("apiVersion", 1),
	STRING("kind", 2),
};
SCHEMA(type_meta);

static const struct protobuf_schema_field unknown_fields[] = {
	MESSAGE("typeMeta", 1, type_meta),
	BYTES("raw", 2),
	STRING("contentEncoding", 3),
	STRING("contentType", 4),
};
SCHEMA(unknown);

static const struct protobuf_schema_field raw_extension_fields[] = {
	BYTES("raw", 1),
};
SCHEMA(raw_extension);

static const struct protobuf_schema_field watch_event_fields[] = {
	STRING("type", 1),
	MESSAGE("object", 2, raw_extension),
};
SCHEMA(watch_event);

static const struct protobuf_schema_field list_meta_fields[] = {
	STRING("resourceVersion", 2),
	STRING("continue", 3),
};
SCHEMA(list_meta);

static const struct protobuf_schema_field object_meta_fields[] = {
	STRING("name", 1),
	STRING("namespace", 3),
	STRING("uid", 5),
	STRING("resourceVersion", 6),
	TIME("creationTimestamp", 8),
	TIME("deletionTimestamp", 9),
	MAP("labels", 11),
	MAP("annotations", 12),
};
SCHEMA(object_meta);

static const struct protobuf_schema_field status_details_fields[] = {
	NUMBER("retryAfterSeconds", 5),
};
SCHEMA(status_details);

static const struct protobuf_schema_field status_fields[] = {
	STRING("message", 3),
	STRING("reason", 4),
	MESSAGE("details", 5, status_details),
	NUMBER("code", 6),
};
SCHEMA(status);

/* core/v1 Service */

static const struct protobuf_schema_field service_port_fields[] = {
	STRING("name", 1),
	STRING("protocol", 2),
	NUMBER_KEPT("port", 3),
	NUMBER("nodePort", 5),
};
SCHEMA(service_port);

static const struct protobuf_schema_field client_ip_config_fields[] = {
	NUMBER_KEPT("timeoutSeconds", 1),
};
SCHEMA(client_ip_config);

static const struct protobuf_schema_field session_affinity_config_fields[] = {
	MESSAGE("clientIP", 1, client_ip_config),
};
SCHEMA(session_affinity_config);

static const struct protobuf_schema_field service_spec_fields[] = {
	MESSAGES("ports", 1, service_port),
	STRING("clusterIP", 3),
	STRING("type", 4),
	STRINGS("externalIPs", 5),
	STRING("sessionAffinity", 7),
	STRINGS("loadBalancerSourceRanges", 9),
	STRING("externalTrafficPolicy", 11),
	NUMBER("healthCheckNodePort", 12),
	MESSAGE("sessionAffinityConfig", 14, session_affinity_config),
	STRINGS("clusterIPs", 18),
	STRINGS("ipFamilies", 19),
	STRING_KEPT("internalTrafficPolicy", 22),
};
SCHEMA(service_spec);

static const struct protobuf_schema_field load_balancer_ingress_fields[] = {
	STRING("ip", 1),
	STRING_KEPT("ipMode", 3),
};
SCHEMA(load_balancer_ingress);

static const struct protobuf_schema_field load_balancer_status_fields[] = {
	MESSAGES("ingress", 1, load_balancer_ingress),
};
SCHEMA(load_balancer_status);

static const struct protobuf_schema_field service_status_fields[] = {
	MESSAGE("loadBalancer", 1, load_balancer_status),
};
SCHEMA(service_status);

static const struct protobuf_schema_field service_fields[] = {
	MESSAGE("metadata", 1, object_meta),
	MESSAGE("spec", 2, service_spec),
	MESSAGE("status", 3, service_status),
};
SCHEMA(service);

/* discovery.k8s.io/v1 EndpointSlice */

static const struct protobuf_schema_field endpoint_conditions_fields[] = {
	BOOL_KEPT("ready", 1),
	BOOL_KEPT("serving", 2),
	BOOL_KEPT("terminating", 3),
};
SCHEMA(endpoint_conditions);

/* ForZone and ForNode. */
static const struct protobuf_schema_field endpoint_hint_fields[] = {
	STRING_KEPT("name", 1),
};
SCHEMA(endpoint_hint);

static const struct protobuf_schema_field endpoint_hints_fields[] = {
	MESSAGES("forZones", 1, endpoint_hint),
	MESSAGES("forNodes", 2, endpoint_hint),
};
SCHEMA(endpoint_hints);

static const struct protobuf_schema_field endpoint_fields[] = {
	STRINGS("addresses", 1),
	MESSAGE("conditions", 2, endpoint_conditions),
	STRING_KEPT("nodeName", 6),
	MESSAGE("hints", 8, endpoint_hints),
};
SCHEMA(endpoint);

static const struct protobuf_schema_field endpoint_port_fields[] = {
	STRING_KEPT("name", 1),
	STRING_KEPT("protocol", 2),
	NUMBER_KEPT("port", 3),
};
SCHEMA(endpoint_port);

static const struct protobuf_schema_field endpoint_slice_fields[] = {
	MESSAGE("metadata", 1, object_meta),
	MESSAGES("endpoints", 2, endpoint),
	MESSAGES("ports", 3, endpoint_port),
	STRING_KEPT("addressType", 4),
};
SCHEMA(endpoint_slice);

/* core/v1 Node */

static const struct protobuf_schema_field node_taint_fields[] = {
	STRING_KEPT("key", 1),
};
SCHEMA(node_taint);

static const struct protobuf_schema_field node_spec_fields[] = {
	STRING("podCIDR", 1),
	MESSAGES("taints", 5, node_taint),
	STRINGS("podCIDRs", 7),
};
SCHEMA(node_spec);

static const struct protobuf_schema_field node_address_fields[] = {
	STRING_KEPT("type", 1),
	STRING_KEPT("address", 2),
};
SCHEMA(node_address);

static const struct protobuf_schema_field node_status_fields[] = {
	MESSAGES("addresses", 5, node_address),
};
SCHEMA(node_status);

static const struct protobuf_schema_field node_fields[] = {
	MESSAGE("metadata", 1, object_meta),
	MESSAGE("spec", 2, node_spec),
	MESSAGE("status", 3, node_status),
};
SCHEMA(node);

/* networking.k8s.io/v1 ServiceCIDR */

static const struct protobuf_schema_field service_cidr_spec_fields[] = {
	STRINGS("cidrs", 1),
};
SCHEMA(service_cidr_spec);

static const struct protobuf_schema_field service_cidr_fields[] = {
	MESSAGE("metadata", 1, object_meta),
	MESSAGE("spec", 2, service_cidr_spec),
};
SCHEMA(service_cidr);

/* Any other kind: the fields that all objects and all lists have. */

static const struct protobuf_schema_field item_fields[] = {
	MESSAGE("metadata", 1, object_meta),
};
SCHEMA(item);

static const struct protobuf_schema_field other_fields[] = {
	MESSAGE("metadata", 1, object_meta),
	MESSAGES("items", 2, item),
};
SCHEMA(other);

static const struct protobuf_schema *const objects[] = {
	[OBJECT_KIND_SERVICE] = &service, [OBJECT_KIND_ENDPOINT_SLICE] = &endpoint_slice,
	[OBJECT_KIND_NODE] = &node,	  [OBJECT_KIND_SERVICE_CIDR] = &service_cidr,
	[_OBJECT_KIND_MAX] = &other,
};
static_assert(ARRAY_SIZE(objects) == _OBJECT_KIND_MAX + 1, "a schema for each kind");

static const struct protobuf_schema *const commons[] = {
	[PROTOBUF_SCHEMA_UNKNOWN] = &unknown,	  [PROTOBUF_SCHEMA_TYPE_META] = &type_meta,
	[PROTOBUF_SCHEMA_LIST_META] = &list_meta, [PROTOBUF_SCHEMA_WATCH_EVENT] = &watch_event,
	[PROTOBUF_SCHEMA_STATUS] = &status,	  [PROTOBUF_SCHEMA_MAP_ENTRY] = &map_entry,
};
static_assert(ARRAY_SIZE(commons) == _PROTOBUF_SCHEMA_COMMON_MAX, "a schema for each");

const struct protobuf_schema *protobuf_schema_object(enum object_kind kind)
{
	return objects[kind];
}

const struct protobuf_schema *protobuf_schema_common(enum protobuf_schema_common which)
{
	return commons[which];
}

const struct protobuf_schema_field *protobuf_schema_field(const struct protobuf_schema *schema,
							  const char *name)
{
	size_t i;

	for (i = 0; i < schema->n_fields; i++) {
		if (strcmp(schema->fields[i].name, name) == 0)
			return &schema->fields[i];
	}
	return NULL;
}

const struct protobuf_schema_field *protobuf_schema_number(const struct protobuf_schema *schema,
							   uint32_t number)
{
	size_t i;

	for (i = 0; i < schema->n_fields; i++) {
		if (schema->fields[i].number == number)
			return &schema->fields[i];
	}
	return NULL;
}
