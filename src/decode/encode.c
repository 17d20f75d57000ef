/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A nested message needs its size in front. Most are short, so a message is written in place, and moved by the
 * few bytes of its size when it is complete.
 *
 * Field numbers are looked up by name in the table that the reader uses, so the two cannot disagree.
 */
#include "config.h"
#include "decode/encode.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "decode/decode_node.h"
#include "decode/protobuf_schema.h"
#include "model/node.h"
#include "model/service.h"
#include "model/service_cidr.h"
#include "model/slice.h"

enum wire_type {
	WIRE_TYPE_VARINT = 0,
	WIRE_TYPE_BYTES = 2,
};

/* A message that is being written; its content starts at @start of @to. */
struct message {
	const struct protobuf_schema *schema;
	struct buf *to;
	size_t start;
};

static size_t varint(uint64_t value, unsigned char bytes[10])
{
	size_t n = 0;

	while (value >= 0x80) {
		bytes[n++] = (unsigned char)(value | 0x80);
		value >>= 7;
	}
	bytes[n++] = (unsigned char)value;
	return n;
}

static void put_varint(struct buf *to, uint64_t value)
{
	unsigned char bytes[10];

	buf_add(to, bytes, varint(value, bytes));
}

static const struct protobuf_schema_field *put_key(const struct message *message, const char *name,
						   enum wire_type type)
{
	const struct protobuf_schema_field *field = protobuf_schema_field(message->schema, name);

	assert(field);
	put_varint(message->to, (uint64_t)field->number << 3 | type);
	return field;
}

static struct message object_begin(enum object_kind kind, struct buf *to)
{
	return (struct message){ .schema = protobuf_schema_object(kind), .to = to };
}

static struct message begin(const struct message *outer, const char *name)
{
	const struct protobuf_schema_field *field = put_key(outer, name, WIRE_TYPE_BYTES);

	assert(field->message);
	return (struct message){ .schema = field->message, .to = outer->to, .start = outer->to->size };
}

static void end(const struct message *message)
{
	size_t size = message->to->size - message->start, n;
	unsigned char bytes[10];
	char *content;

	n = varint(size, bytes);
	(void)buf_reserve(message->to, n);
	content = message->to->data + message->start;
	memmove(content + n, content, size);
	memcpy(content, bytes, n);
	message->to->size += n;
}

static void put_text(const struct message *message, const char *name, const char *text)
{
	size_t size = strlen(text);

	(void)put_key(message, name, WIRE_TYPE_BYTES);
	put_varint(message->to, size);
	buf_add(message->to, text, size);
}

static void put_number(const struct message *message, const char *name, int64_t value)
{
	(void)put_key(message, name, WIRE_TYPE_VARINT);
	put_varint(message->to, (uint64_t)value);
}

static void put_addr(const struct message *message, const char *name, const struct addr *addr)
{
	char text[ADDR_TEXT_SIZE];

	put_text(message, name, addr_print(addr, text));
}

static void put_cidrs(const struct message *message, const char *name, const struct cidr *cidrs, size_t n)
{
	char text[CIDR_TEXT_SIZE];
	size_t i;

	for (i = 0; i < n; i++)
		put_text(message, name, cidr_print(&cidrs[i], text));
}

static void put_protocol(const struct message *message, uint8_t protocol)
{
	switch ((enum protocol)protocol) {
	case PROTOCOL_TCP:
		put_text(message, "protocol", "TCP");
		return;
	case PROTOCOL_UDP:
		put_text(message, "protocol", "UDP");
		return;
	case PROTOCOL_SCTP:
		put_text(message, "protocol", "SCTP");
		return;
	}
	assert(!"a protocol");
}

/* A map's entry and a time are messages, too, but have no row in the table. */
static void put_label(const struct message *metadata, const char *key, const char *value)
{
	struct message entry = { .schema = protobuf_schema_common(PROTOBUF_SCHEMA_MAP_ENTRY),
				 .to = metadata->to };

	(void)put_key(metadata, "labels", WIRE_TYPE_BYTES);
	entry.start = entry.to->size;
	put_text(&entry, "key", key);
	put_text(&entry, "value", value);
	end(&entry);
}

static void put_time(const struct message *metadata, const char *name, int64_t seconds)
{
	struct message time = { .to = metadata->to };

	(void)put_key(metadata, name, WIRE_TYPE_BYTES);
	time.start = time.to->size;
	put_varint(time.to, 1 << 3 | WIRE_TYPE_VARINT);
	put_varint(time.to, (uint64_t)seconds);
	end(&time);
}

static struct message begin_metadata(const struct message *object, const char *namespace, const char *name,
				     const char *uid)
{
	struct message metadata = begin(object, "metadata");

	put_text(&metadata, "name", name);
	if (namespace)
		put_text(&metadata, "namespace", namespace);
	put_text(&metadata, "uid", uid);
	return metadata;
}

static void put_cluster_ips(const struct message *spec, const struct service *service)
{
	int family;

	if (service->headless) {
		put_text(spec, "clusterIP", "None");
		return;
	}
	for (family = 0; family < _FAMILY_MAX; family++) {
		if (!service->has_cluster_ip[family])
			continue;
		put_text(spec, "ipFamilies", addr_family_name((enum family)family));
		put_addr(spec, "clusterIPs", &service->cluster_ip[family]);
	}
}

static void put_affinity(const struct message *spec, const struct service *service)
{
	struct message config, client_ip;

	if (!service->affinity_timeout_s)
		return;
	put_text(spec, "sessionAffinity", "ClientIP");
	config = begin(spec, "sessionAffinityConfig");
	client_ip = begin(&config, "clientIP");
	put_number(&client_ip, "timeoutSeconds", service->affinity_timeout_s);
	end(&client_ip);
	end(&config);
}

static void put_service_ports(const struct message *spec, const struct service *service)
{
	size_t i;

	for (i = 0; i < service->n_ports; i++) {
		const struct service_port *port = &service->ports[i];
		struct message message = begin(spec, "ports");

		put_text(&message, "name", port->name);
		put_protocol(&message, port->protocol);
		put_number(&message, "port", port->port);
		put_number(&message, "nodePort", port->node_port);
		end(&message);
	}
}

static void put_service_spec(const struct message *object, const struct service *service)
{
	struct message spec = begin(object, "spec");
	size_t i;

	put_text(&spec, "type", service_type_name((enum service_type)service->type));
	put_text(&spec, "internalTrafficPolicy",
		 service_traffic_policy_name((enum traffic_policy)service->internal_traffic_policy));
	put_text(&spec, "externalTrafficPolicy",
		 service_traffic_policy_name((enum traffic_policy)service->external_traffic_policy));
	put_number(&spec, "healthCheckNodePort", service->health_check_node_port);
	put_cluster_ips(&spec, service);
	put_affinity(&spec, service);
	put_service_ports(&spec, service);
	for (i = 0; i < service->n_external_ips; i++)
		put_addr(&spec, "externalIPs", &service->external_ips[i]);
	put_cidrs(&spec, "loadBalancerSourceRanges", service->source_ranges, service->n_source_ranges);
	/* As many that cannot be read. */
	for (i = 0; i < service->n_unread_ranges; i++)
		put_text(&spec, "loadBalancerSourceRanges", "?");
	end(&spec);
}

static void put_ingress(const struct message *object, const struct service *service)
{
	struct message status = begin(object, "status");
	struct message load_balancer = begin(&status, "loadBalancer");
	size_t i;

	for (i = 0; i < service->n_ingress; i++) {
		struct message ingress = begin(&load_balancer, "ingress");

		put_addr(&ingress, "ip", &service->ingress[i].addr);
		put_text(&ingress, "ipMode", service->ingress[i].vip ? "VIP" : "Proxy");
		end(&ingress);
	}
	end(&load_balancer);
	end(&status);
}

void encode_service(const struct service *service, struct buf *to)
{
	struct message object = object_begin(OBJECT_KIND_SERVICE, to);
	struct message metadata = begin_metadata(&object, service->namespace, service->name, service->uid);

	if (service->creation_time_s)
		put_time(&metadata, "creationTimestamp", service->creation_time_s);
	if (service->has_service_proxy_name)
		put_label(&metadata, "service.kubernetes.io/service-proxy-name", "");
	end(&metadata);
	put_service_spec(&object, service);
	if (service->n_ingress)
		put_ingress(&object, service);
}

static void put_hints(const struct message *hints, const char *name, const char *const *names, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		struct message hint = begin(hints, name);

		put_text(&hint, "name", names[i]);
		end(&hint);
	}
}

static void put_endpoint(const struct message *object, const struct endpoint *endpoint)
{
	struct message message = begin(object, "endpoints");
	struct message inner;

	put_addr(&message, "addresses", &endpoint->addr);
	inner = begin(&message, "conditions");
	put_number(&inner, "ready", endpoint->ready);
	put_number(&inner, "serving", endpoint->serving);
	put_number(&inner, "terminating", endpoint->terminating);
	end(&inner);
	if (endpoint->node_name)
		put_text(&message, "nodeName", endpoint->node_name);
	if (endpoint->n_for_zones || endpoint->n_for_nodes) {
		inner = begin(&message, "hints");
		put_hints(&inner, "forZones", endpoint->for_zones, endpoint->n_for_zones);
		put_hints(&inner, "forNodes", endpoint->for_nodes, endpoint->n_for_nodes);
		end(&inner);
	}
	end(&message);
}

void encode_slice(const struct slice *slice, struct buf *to)
{
	struct message object = object_begin(OBJECT_KIND_ENDPOINT_SLICE, to);
	struct message metadata = begin_metadata(&object, slice->namespace, slice->name, slice->uid);
	size_t i;

	if (*slice->service_name)
		put_label(&metadata, "kubernetes.io/service-name", slice->service_name);
	end(&metadata);
	put_text(&object, "addressType", addr_family_name((enum family)slice->family));
	for (i = 0; i < slice->n_ports; i++) {
		struct message port = begin(&object, "ports");

		put_text(&port, "name", slice->ports[i].name);
		put_protocol(&port, slice->ports[i].protocol);
		put_number(&port, "port", slice->ports[i].port);
		end(&port);
	}
	for (i = 0; i < slice->n_endpoints; i++)
		put_endpoint(&object, &slice->endpoints[i]);
}

void encode_node(const struct node *node, struct buf *to)
{
	struct message object = object_begin(OBJECT_KIND_NODE, to);
	struct message inner = begin_metadata(&object, NULL, node->name, node->uid);
	size_t i;

	if (*node->zone)
		put_label(&inner, "topology.kubernetes.io/zone", node->zone);
	/* Only whether it is being deleted is stored, not since when. */
	if (node->being_deleted)
		put_time(&inner, "deletionTimestamp", 1);
	end(&inner);
	inner = begin(&object, "spec");
	if (node->to_be_deleted) {
		struct message taint = begin(&inner, "taints");

		put_text(&taint, "key", DECODE_NODE_TO_BE_DELETED);
		end(&taint);
	}
	put_cidrs(&inner, "podCIDRs", node->pod_cidrs, node->n_pod_cidrs);
	end(&inner);
	inner = begin(&object, "status");
	/* They are already in the order that counts; one type keeps it. */
	for (i = 0; i < node->n_addresses; i++) {
		struct message address = begin(&inner, "addresses");

		put_text(&address, "type", "InternalIP");
		put_addr(&address, "address", &node->addresses[i]);
		end(&address);
	}
	end(&inner);
}

void encode_service_cidr(const struct service_cidr *service_cidr, struct buf *to)
{
	struct message object = object_begin(OBJECT_KIND_SERVICE_CIDR, to);
	struct message inner = begin_metadata(&object, NULL, service_cidr->name, service_cidr->uid);

	end(&inner);
	inner = begin(&object, "spec");
	put_cidrs(&inner, "cidrs", service_cidr->cidrs, service_cidr->n_cidrs);
	end(&inner);
}
