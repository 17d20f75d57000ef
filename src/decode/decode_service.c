/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "decode/decode_service.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/arena.h"
#include "base/cidr.h"
#include "decode/field.h"
#include "decode/object.h"
#include "model/service.h"

#define AFFINITY_TIMEOUT_DEFAULT_S 10800
#define AFFINITY_TIMEOUT_MAX_S	   86400

static void read_metadata(const struct field *root, struct service *service)
{
	struct field metadata = field_member(root, "metadata");
	struct field uid = field_member(&metadata, "uid");
	struct field created = field_member(&metadata, "creationTimestamp");
	struct field labels = field_member(&metadata, "labels");
	struct field proxy_name = field_member(&labels, "service.kubernetes.io/service-proxy-name");

	service->uid = field_name(&uid);
	service->creation_time_s = field_time(&created);
	field_object(&labels);
	/* Any value counts, the empty one too. */
	service->has_service_proxy_name = field_given(&proxy_name);
}

/* A word that is not known is read as kube-proxy reads it (tests/COVERAGE.md S17). */
static uint8_t read_policy(const struct field *spec, const char *key)
{
	struct field field = field_member(spec, key);

	return (uint8_t)field_enum_or(&field, service_traffic_policy_parse, "one of Cluster, Local",
				      "it is read as Cluster", TRAFFIC_POLICY_CLUSTER);
}

/* A type that is not known is served, but only a known one honours externalTrafficPolicy Local (E17). */
static void read_type(const struct field *spec, struct service *service)
{
	struct field field = field_member(spec, "type");
	int type = field_enum_or(&field, service_type_parse,
				 "one of ClusterIP, NodePort, LoadBalancer, ExternalName",
				 "it is read as ClusterIP", _SERVICE_TYPE_MAX);

	service->type = (uint8_t)(type == _SERVICE_TYPE_MAX ? SERVICE_TYPE_CLUSTER_IP : type);
	if (type == _SERVICE_TYPE_MAX)
		service->external_traffic_policy = TRAFFIC_POLICY_CLUSTER;
}

static int parse_family(const char *text)
{
	int family;

	for (family = 0; family < _FAMILY_MAX; family++) {
		if (strcmp(text, addr_family_name(family)) == 0)
			return family;
	}
	return -EINVAL;
}

/* One cluster IP. @family is negative if any will do. */
static void take_cluster_ip(const struct field *field, int family, struct service *service)
{
	const char *text = field_string(field);
	char shown[FIELD_SHOWN_SIZE];
	struct addr addr;

	if (!*text || strcmp(text, "None") == 0)
		return;
	if (!addr_parse_sloppy(text, &addr)) {
		field_fail_value(field, text, "an IP address");
		return;
	}
	if (family >= 0 && addr.family != family)
		field_fail(field, -EINVAL, "%s is not %s", field_shown(text, shown),
			   addr_family_name(family));
	service->has_cluster_ip[addr.family] = true;
	service->cluster_ip[addr.family] = addr;
}

/* tests/COVERAGE.md S6: ipFamilies[i] is the family of clusterIPs[i]; a list that is too short means none. */
static void read_cluster_ips_by_family(const struct field *spec, size_t n_families,
				       const struct field *cluster_ip, struct service *service)
{
	struct field families = field_member(spec, "ipFamilies");
	struct field ips = field_member(spec, "clusterIPs");
	size_t n_ips = field_array(&ips, _FAMILY_MAX), i;

	for (i = 0; i < n_families; i++) {
		struct field family = field_element(&families, i);
		struct field ip = field_element(&ips, i);
		int number = field_enum_or(&family, parse_family, "one of IPv4, IPv6",
					   "this clusterIP is left out", _FAMILY_MAX);

		/* The API server copies clusterIP into a clusterIPs that was left out. */
		if (i == 0 && n_ips == 0)
			ip = *cluster_ip;
		if (number != _FAMILY_MAX)
			take_cluster_ip(&ip, number, service);
	}
}

static bool same_address(const char *a, const char *b)
{
	struct addr x, y;

	/* Nearly always. */
	if (strcmp(a, b) == 0)
		return true;
	return addr_parse_sloppy(a, &x) && addr_parse_sloppy(b, &y) && addr_cmp(&x, &y) == 0;
}

/* The API server keeps clusterIP, clusterIPs and ipFamilies consistent; manifests have not passed through it. */
static void warn_cluster_ips(const struct field *spec, const char *cluster_ip, size_t n_families)
{
	struct field ips = field_member(spec, "clusterIPs");
	struct field lenient = field_lenient(&ips);
	size_t n = field_array(&lenient, _FAMILY_MAX), i;
	char shown[FIELD_SHOWN_SIZE], other[FIELD_SHOWN_SIZE];
	struct field element = field_element(&ips, 0);
	const char *text = field_try_string(&element);

	if (n && text && !same_address(text, cluster_ip))
		field_warn(&element, "\"%s\" is not spec.clusterIP, \"%s\"; %s counts",
			   field_shown(text, shown), field_shown(cluster_ip, other),
			   n_families ? "this one" : "that one");
	for (i = n_families ? n_families : 1; i < n; i++) {
		element = field_element(&ips, i);
		text = field_try_string(&element);
		if (text)
			field_warn(&element, "\"%s\" is left out: spec.ipFamilies does not have its family",
				   field_shown(text, shown));
	}
}

static void read_cluster_ips(const struct field *spec, struct service *service)
{
	struct field cluster_ip = field_member(spec, "clusterIP");
	struct field ips = field_member(spec, "clusterIPs");
	struct field families = field_member(spec, "ipFamilies");
	struct field first = field_element(&ips, 0);
	size_t n_families;
	const char *text;

	if (!field_given(&cluster_ip))
		cluster_ip = first;
	text = field_string(&cluster_ip);
	n_families = field_array(&families, _FAMILY_MAX);
	service->headless = strcmp(text, "None") == 0;
	if (service->headless)
		return;
	warn_cluster_ips(spec, text, n_families);
	if (n_families)
		read_cluster_ips_by_family(spec, n_families, &cluster_ip, service);
	else
		take_cluster_ip(&cluster_ip, -1, service);
}

static int parse_affinity(const char *text)
{
	if (!*text || strcmp(text, "None") == 0)
		return false;
	return strcmp(text, "ClientIP") == 0 ? true : -EINVAL;
}

static void read_affinity(const struct field *spec, struct service *service)
{
	struct field affinity = field_member(spec, "sessionAffinity");
	struct field config = field_member(spec, "sessionAffinityConfig");
	struct field client_ip = field_member(&config, "clientIP");
	struct field timeout = field_member(&client_ip, "timeoutSeconds");

	if (!field_enum_or(&affinity, parse_affinity, "one of None, ClientIP", "it is read as None", false))
		return;
	service->affinity_timeout_s =
		(uint32_t)field_number(&timeout, 1, AFFINITY_TIMEOUT_MAX_S, AFFINITY_TIMEOUT_DEFAULT_S);
}

/* Returns false for a port that is left out. */
static bool read_port(const struct field *element, struct service_port *port)
{
	struct field name = field_member(element, "name");
	struct field protocol = field_member(element, "protocol");
	struct field number = field_member(element, "port");
	struct field node_port = field_member(element, "nodePort");
	int known;

	field_object(element);
	port->name = field_name(&name);
	known = field_enum_or(&protocol, service_protocol_parse, "one of TCP, UDP, SCTP",
			      "the port is left out", 0);
	port->protocol = (uint8_t)known;
	if (!field_given(&number))
		field_fail(&number, -EINVAL, "missing");
	port->port = (uint16_t)field_number(&number, 1, UINT16_MAX, 0);
	port->node_port = (uint16_t)field_number(&node_port, 0, UINT16_MAX, 0);
	return known;
}

static int cmp_names(const void *a, const void *b)
{
	const struct service_port *x = *(const struct service_port *const *)a;
	const struct service_port *y = *(const struct service_port *const *)b;

	if (x->protocol != y->protocol)
		return x->protocol < y->protocol ? -1 : 1;
	return strcmp(x->name, y->name);
}

static int cmp_numbers(const void *a, const void *b)
{
	const struct service_port *x = *(const struct service_port *const *)a;
	const struct service_port *y = *(const struct service_port *const *)b;

	if (x->protocol != y->protocol)
		return x->protocol < y->protocol ? -1 : 1;
	return x->port < y->port ? -1 : x->port > y->port;
}

/* Sort @sorted; return the later of two equal ports, or NULL. */
static const struct service_port *find_twin(const struct service_port **sorted, size_t n,
					    int (*cmp)(const void *a, const void *b))
{
	size_t i;

	qsort(sorted, n, sizeof(const struct service_port *), cmp);
	for (i = 1; i < n; i++) {
		if (cmp(&sorted[i - 1], &sorted[i]) == 0)
			return sorted[i - 1] > sorted[i] ? sorted[i - 1] : sorted[i];
	}
	return NULL;
}

/* Ports are told apart by name and protocol (tests/COVERAGE.md S8), front ends by number and protocol. @places: in the list */
static void check_ports_unique(const struct field *ports, const struct service *service, const size_t *places,
			       struct arena *arena)
{
	const struct service_port **sorted =
		arena_array(arena, service->n_ports, sizeof(const struct service_port *));
	const struct service_port *twin;
	char shown[FIELD_SHOWN_SIZE];
	struct field element, field;
	size_t i;

	for (i = 0; i < service->n_ports; i++)
		sorted[i] = &service->ports[i];
	twin = find_twin(sorted, service->n_ports, cmp_names);
	if (twin) {
		element = field_element(ports, places[twin - service->ports]);
		field = field_member(&element, "name");
		field_fail(&field, -EINVAL, "\"%s\" names another %s port already",
			   field_shown(twin->name, shown), addr_protocol_name(twin->protocol));
	}
	twin = find_twin(sorted, service->n_ports, cmp_numbers);
	if (twin) {
		element = field_element(ports, places[twin - service->ports]);
		field = field_member(&element, "port");
		field_fail(&field, -EINVAL, "%u is there twice for %s", twin->port,
			   addr_protocol_name(twin->protocol));
	}
}

static void read_ports(const struct field *spec, struct service *service, struct arena *arena)
{
	struct field ports = field_member(spec, "ports");
	size_t n = field_array(&ports, OBJECT_SERVICE_PORTS_MAX), i;
	size_t *places = arena_array(arena, n, sizeof(*places));

	if (!n && !service->headless && service->type != SERVICE_TYPE_EXTERNAL_NAME)
		field_fail(&ports, -EINVAL, "a Service needs at least one port");
	service->ports = arena_array(arena, n, sizeof(*service->ports));
	for (i = 0; i < n; i++) {
		struct field element = field_element(&ports, i);

		places[service->n_ports] = i;
		service->n_ports += read_port(&element, &service->ports[service->n_ports]);
	}
	if (n && !service->n_ports)
		field_fail(&ports, -EINVAL, "none has a protocol that is known");
	check_ports_unique(&ports, service, places, arena);
}

static bool is_blank(const char *text)
{
	return !text[strspn(text, " \t\n\r\v\f")];
}

static void read_external_ips(const struct field *spec, struct service *service, struct arena *arena)
{
	struct field ips = field_member(spec, "externalIPs");
	size_t n = field_array(&ips, OBJECT_SERVICE_ADDRESSES_MAX), i;

	service->external_ips = arena_array(arena, n, sizeof(*service->external_ips));
	for (i = 0; i < n; i++) {
		struct field element = field_element(&ips, i);
		const char *text = field_string(&element);

		if (!addr_parse_sloppy(text, &service->external_ips[service->n_external_ips])) {
			if (!is_blank(text))
				field_warn_value(&element, text, "an IP address");
			continue;
		}
		if (!field_warn_addr(&element, &service->external_ips[service->n_external_ips]))
			service->n_external_ips++;
	}
}

/* Blanks around a range are accepted (tests/COVERAGE.md R8). */
static bool parse_source_range(const char *text, struct cidr *ret)
{
	char trimmed[CIDR_TEXT_SIZE + 16];
	size_t len;

	text += strspn(text, " \t\n\r");
	len = strlen(text);
	while (len && isspace((unsigned char)text[len - 1]))
		len--;
	if (len >= sizeof(trimmed))
		return false;
	memcpy(trimmed, text, len);
	trimmed[len] = '\0';
	return cidr_parse(trimmed, ret);
}

static void read_source_ranges(const struct field *spec, struct service *service, struct arena *arena)
{
	struct field ranges = field_member(spec, "loadBalancerSourceRanges");
	size_t n = field_array(&ranges, OBJECT_SERVICE_RANGES_MAX), i;

	service->source_ranges = arena_array(arena, n, sizeof(*service->source_ranges));
	for (i = 0; i < n; i++) {
		struct field element = field_element(&ranges, i);
		const char *text = field_string(&element);

		if (parse_source_range(text, &service->source_ranges[service->n_source_ranges])) {
			service->n_source_ranges++;
		} else if (!is_blank(text)) {
			field_warn_value(&element, text, "a prefix");
			service->n_unread_ranges++;
		}
	}
	/* A security risk that is easily overlooked; kube-proxy does the same (tests/COVERAGE.md S14). */
	if (service->n_unread_ranges && !service->n_source_ranges)
		field_warn(&ranges, "no entry can be used: every source is let in");
}

/* Returns false for an entry without an IP: it has only a host name (tests/COVERAGE.md P6), or a bad one. */
static bool read_ingress_entry(const struct field *element, struct service_ingress *ret)
{
	struct field ip = field_member(element, "ip");
	struct field ip_mode = field_member(element, "ipMode");
	char shown[FIELD_SHOWN_SIZE];
	const char *text, *mode;

	field_object(element);
	text = field_string(&ip);
	mode = field_string(&ip_mode);
	if (!addr_parse_sloppy(text, &ret->addr)) {
		if (*text)
			field_warn_value(&ip, text, "an IP address");
		return false;
	}
	if (field_warn_addr(&ip, &ret->addr))
		return false;
	ret->vip = !field_given(&ip_mode) || strcmp(mode, "VIP") == 0;
	if (!ret->vip && strcmp(mode, "Proxy") != 0)
		field_warn(&ip_mode, "\"%s\" is neither VIP nor Proxy; it is read as Proxy",
			   field_shown(mode, shown));
	return true;
}

static void read_ingress(const struct field *root, struct service *service, struct arena *arena)
{
	struct field status = field_member(root, "status");
	struct field load_balancer = field_member(&status, "loadBalancer");
	struct field ingress = field_member(&load_balancer, "ingress");
	size_t n = field_array(&ingress, OBJECT_SERVICE_ADDRESSES_MAX), i;

	service->ingress = arena_array(arena, n, sizeof(*service->ingress));
	for (i = 0; i < n; i++) {
		struct field element = field_element(&ingress, i);

		if (read_ingress_entry(&element, &service->ingress[service->n_ingress]))
			service->n_ingress++;
	}
}

static void read_spec(const struct field *root, struct service *service, struct arena *arena)
{
	struct field spec = field_member(root, "spec");
	struct field health = field_member(&spec, "healthCheckNodePort");

	field_object(&spec);
	service->internal_traffic_policy = read_policy(&spec, "internalTrafficPolicy");
	service->external_traffic_policy = read_policy(&spec, "externalTrafficPolicy");
	read_type(&spec, service);
	service->health_check_node_port = (uint16_t)field_number(&health, 0, UINT16_MAX, 0);
	read_cluster_ips(&spec, service);
	read_affinity(&spec, service);
	read_external_ips(&spec, service, arena);
	read_source_ranges(&spec, service, arena);
	read_ports(&spec, service, arena);
}

struct service *decode_service_read(const struct field *root, const char *namespace, const char *name,
				    struct arena *arena)
{
	struct service service = { .namespace = namespace, .name = name };

	read_metadata(root, &service);
	read_spec(root, &service, arena);
	read_ingress(root, &service, arena);
	return field_failed(root) ? NULL : service_new_copy(&service);
}
