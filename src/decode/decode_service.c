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

static int read_metadata(const struct field *root, struct service *service, struct err *reterr)
{
	struct field metadata = field_member(root, "metadata");
	struct field uid = field_member(&metadata, "uid");
	struct field created = field_member(&metadata, "creationTimestamp");
	struct field labels = field_member(&metadata, "labels");
	struct field proxy_name = field_member(&labels, "service.kubernetes.io/service-proxy-name");
	int r;

	r = field_name(&uid, &service->uid, reterr);
	if (r < 0)
		return r;
	r = field_time(&created, &service->creation_time_s, reterr);
	if (r < 0)
		return r;
	r = field_object(&labels, reterr);
	if (r < 0)
		return r;
	/* Any value counts, the empty one too. */
	service->has_service_proxy_name = field_given(&proxy_name);
	return 0;
}

/* A field that holds one of a few words; @parse gives its value, @words are for people. */
static int read_enum(const struct field *spec, const char *key, int (*parse)(const char *text),
		     const char *words, uint8_t *ret, struct err *reterr)
{
	struct field field = field_member(spec, key);
	char shown[FIELD_SHOWN_SIZE];
	const char *text;
	int r;

	r = field_string(&field, &text, reterr);
	if (r < 0)
		return r;
	r = parse(text);
	if (r < 0)
		return field_bad(&field, -EINVAL, reterr, "\"%s\" is not one of %s", field_shown(text, shown),
				 words);
	*ret = (uint8_t)r;
	return 0;
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

/* One cluster IP. @family is negative where none is demanded. */
static int take_cluster_ip(const struct field *field, const char *text, int family, struct service *service,
			   struct err *reterr)
{
	char shown[FIELD_SHOWN_SIZE];
	struct addr addr;

	if (!*text || strcmp(text, "None") == 0)
		return 0;
	if (!addr_parse_sloppy(text, &addr))
		return field_bad(field, -EINVAL, reterr, "\"%s\" is not an IP address",
				 field_shown(text, shown));
	if (family >= 0 && addr.family != family)
		return field_bad(field, -EINVAL, reterr, "%s is not %s", field_shown(text, shown),
				 addr_family_name(family));
	service->has_cluster_ip[addr.family] = true;
	service->cluster_ip[addr.family] = addr;
	return 0;
}

/* S6: ipFamilies[i] says the family of clusterIPs[i]; a list that is too short means none. */
static int read_cluster_ips_by_family(const struct field *spec, size_t n_families,
				      const struct field *cluster_ip, struct service *service,
				      struct err *reterr)
{
	struct field families = field_member(spec, "ipFamilies");
	struct field ips = field_member(spec, "clusterIPs");
	size_t i, n_ips;
	int r;

	r = field_array(&ips, _FAMILY_MAX, &n_ips, reterr);
	if (r < 0)
		return r;
	for (i = 0; i < n_families; i++) {
		struct field family = field_element(&families, i);
		struct field ip = field_element(&ips, i);
		char shown[FIELD_SHOWN_SIZE];
		const char *text;
		int number;

		r = field_string(&family, &text, reterr);
		if (r < 0)
			return r;
		number = parse_family(text);
		if (number < 0)
			return field_bad(&family, -EINVAL, reterr, "\"%s\" is not one of IPv4, IPv6",
					 field_shown(text, shown));
		/* The API server copies clusterIP into a clusterIPs that was left out. */
		if (i == 0 && n_ips == 0)
			ip = *cluster_ip;
		r = field_string(&ip, &text, reterr);
		if (r < 0)
			return r;
		r = take_cluster_ip(&ip, text, number, service, reterr);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool same_address(const char *a, const char *b)
{
	struct addr x, y;

	/* So it is in nearly all. */
	if (strcmp(a, b) == 0)
		return true;
	return addr_parse_sloppy(a, &x) && addr_parse_sloppy(b, &y) && addr_cmp(&x, &y) == 0;
}

/* The API server sees to it that both say the same, and that each address has its family; manifests have not been there. */
static void remark_cluster_ips(const struct field *spec, const char *cluster_ip, size_t n_families)
{
	struct field ips = field_member(spec, "clusterIPs");
	char shown[FIELD_SHOWN_SIZE], other[FIELD_SHOWN_SIZE];
	struct field element;
	struct err unused;
	const char *text;
	size_t i, n = 0;

	if (field_array(&ips, _FAMILY_MAX, &n, &unused) < 0 || !n)
		return;
	element = field_element(&ips, 0);
	if (field_string(&element, &text, &unused) == 0 && !same_address(text, cluster_ip))
		field_remark(&element, "\"%s\" is not spec.clusterIP, \"%s\"; %s counts",
			     field_shown(text, shown), field_shown(cluster_ip, other),
			     n_families ? "this one" : "that one");
	for (i = n_families ? n_families : 1; i < n; i++) {
		element = field_element(&ips, i);
		if (field_string(&element, &text, &unused) == 0)
			field_remark(&element, "\"%s\" is left out: spec.ipFamilies does not have its family",
				     field_shown(text, shown));
	}
}

static int read_cluster_ips(const struct field *spec, struct service *service, struct err *reterr)
{
	struct field cluster_ip = field_member(spec, "clusterIP");
	struct field ips = field_member(spec, "clusterIPs");
	struct field families = field_member(spec, "ipFamilies");
	struct field first = field_element(&ips, 0);
	size_t n_families;
	const char *text;
	int r;

	if (!field_given(&cluster_ip))
		cluster_ip = first;
	r = field_string(&cluster_ip, &text, reterr);
	if (r < 0)
		return r;
	service->headless = strcmp(text, "None") == 0;
	r = field_array(&families, _FAMILY_MAX, &n_families, reterr);
	if (r < 0)
		return r;
	if (service->headless)
		return 0;
	remark_cluster_ips(spec, text, n_families);
	if (n_families)
		return read_cluster_ips_by_family(spec, n_families, &cluster_ip, service, reterr);
	return take_cluster_ip(&cluster_ip, text, -1, service, reterr);
}

static int read_affinity(const struct field *spec, struct service *service, struct err *reterr)
{
	struct field affinity = field_member(spec, "sessionAffinity");
	struct field config = field_member(spec, "sessionAffinityConfig");
	struct field client_ip = field_member(&config, "clientIP");
	struct field timeout = field_member(&client_ip, "timeoutSeconds");
	char shown[FIELD_SHOWN_SIZE];
	const char *text;
	int64_t seconds;
	int r;

	r = field_string(&affinity, &text, reterr);
	if (r < 0)
		return r;
	if (!*text || strcmp(text, "None") == 0)
		return 0;
	if (strcmp(text, "ClientIP") != 0)
		return field_bad(&affinity, -EINVAL, reterr, "\"%s\" is not one of None, ClientIP",
				 field_shown(text, shown));
	r = field_number(&timeout, 1, AFFINITY_TIMEOUT_MAX_S, AFFINITY_TIMEOUT_DEFAULT_S, &seconds, reterr);
	if (r < 0)
		return r;
	service->affinity_timeout_s = (uint32_t)seconds;
	return 0;
}

static int read_port(const struct field *element, struct service_port *port, struct err *reterr)
{
	struct field name = field_member(element, "name");
	struct field number = field_member(element, "port");
	struct field node_port = field_member(element, "nodePort");
	int64_t value;
	int r;

	r = field_object(element, reterr);
	if (r < 0)
		return r;
	r = field_name(&name, &port->name, reterr);
	if (r < 0)
		return r;
	r = read_enum(element, "protocol", service_protocol_parse, "TCP, UDP, SCTP", &port->protocol, reterr);
	if (r < 0)
		return r;
	if (!field_given(&number))
		return field_bad(&number, -EINVAL, reterr, "missing");
	r = field_number(&number, 1, UINT16_MAX, 0, &value, reterr);
	if (r < 0)
		return r;
	port->port = (uint16_t)value;
	r = field_number(&node_port, 0, UINT16_MAX, 0, &value, reterr);
	if (r < 0)
		return r;
	port->node_port = (uint16_t)value;
	return 0;
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

/* Sort @sorted and return the later of two equal ports, or NULL. */
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

/* A port is known by name and protocol (S8), a front end by number and protocol: neither may be there twice.
 */
static int check_ports_unique(const struct field *ports, const struct service *service, struct arena *arena,
			      struct err *reterr)
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
		element = field_element(ports, (size_t)(twin - service->ports));
		field = field_member(&element, "name");
		return field_bad(&field, -EINVAL, reterr, "\"%s\" names another %s port already",
				 field_shown(twin->name, shown), addr_protocol_name(twin->protocol));
	}
	twin = find_twin(sorted, service->n_ports, cmp_numbers);
	if (twin) {
		element = field_element(ports, (size_t)(twin - service->ports));
		field = field_member(&element, "port");
		return field_bad(&field, -EINVAL, reterr, "%u is there twice for %s", twin->port,
				 addr_protocol_name(twin->protocol));
	}
	return 0;
}

static int read_ports(const struct field *spec, struct service *service, struct arena *arena,
		      struct err *reterr)
{
	struct field ports = field_member(spec, "ports");
	size_t i, n;
	int r;

	r = field_array(&ports, OBJECT_SERVICE_PORTS_MAX, &n, reterr);
	if (r < 0)
		return r;
	if (!n && !service->headless && service->type != SERVICE_TYPE_EXTERNAL_NAME)
		return field_bad(&ports, -EINVAL, reterr, "a Service needs at least one port");
	service->ports = arena_array(arena, n, sizeof(*service->ports));
	service->n_ports = (uint32_t)n;
	for (i = 0; i < n; i++) {
		struct field element = field_element(&ports, i);

		r = read_port(&element, &service->ports[i], reterr);
		if (r < 0)
			return r;
	}
	return check_ports_unique(&ports, service, arena, reterr);
}

static bool is_blank(const char *text)
{
	return !text[strspn(text, " \t\n\r\v\f")];
}

static int read_external_ips(const struct field *spec, struct service *service, struct arena *arena,
			     struct err *reterr)
{
	struct field ips = field_member(spec, "externalIPs");
	size_t i, n;
	int r;

	r = field_array(&ips, OBJECT_SERVICE_ADDRESSES_MAX, &n, reterr);
	if (r < 0)
		return r;
	service->external_ips = arena_array(arena, n, sizeof(*service->external_ips));
	for (i = 0; i < n; i++) {
		struct field element = field_element(&ips, i);
		char shown[FIELD_SHOWN_SIZE];
		const char *text;

		r = field_string(&element, &text, reterr);
		if (r < 0)
			return r;
		if (addr_parse_sloppy(text, &service->external_ips[service->n_external_ips]))
			service->n_external_ips++;
		else if (!is_blank(text))
			field_remark(&element, "\"%s\" is not an IP address", field_shown(text, shown));
	}
	return 0;
}

/* Blanks around a range were always taken (R8). */
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

static int read_source_ranges(const struct field *spec, struct service *service, struct arena *arena,
			      struct err *reterr)
{
	struct field ranges = field_member(spec, "loadBalancerSourceRanges");
	size_t i, n, n_bad = 0;
	int r;

	r = field_array(&ranges, OBJECT_SERVICE_ADDRESSES_MAX, &n, reterr);
	if (r < 0)
		return r;
	service->source_ranges = arena_array(arena, n, sizeof(*service->source_ranges));
	for (i = 0; i < n; i++) {
		struct field element = field_element(&ranges, i);
		char shown[FIELD_SHOWN_SIZE];
		const char *text;

		r = field_string(&element, &text, reterr);
		if (r < 0)
			return r;
		if (parse_source_range(text, &service->source_ranges[service->n_source_ranges])) {
			service->n_source_ranges++;
		} else if (!is_blank(text)) {
			field_remark(&element, "\"%s\" is not a prefix", field_shown(text, shown));
			n_bad++;
		}
	}
	/* What a user fears most to overlook; the reference has it so (S14). */
	if (n_bad && !service->n_source_ranges)
		field_remark(&ranges, "no entry can be used: every source is let in");
	return 0;
}

static int read_ingress(const struct field *root, struct service *service, struct arena *arena,
			struct err *reterr)
{
	struct field status = field_member(root, "status");
	struct field load_balancer = field_member(&status, "loadBalancer");
	struct field ingress = field_member(&load_balancer, "ingress");
	size_t i, n;
	int r;

	r = field_array(&ingress, OBJECT_SERVICE_ADDRESSES_MAX, &n, reterr);
	if (r < 0)
		return r;
	service->ingress = arena_array(arena, n, sizeof(*service->ingress));
	for (i = 0; i < n; i++) {
		struct field element = field_element(&ingress, i);
		struct field ip = field_member(&element, "ip");
		struct field ip_mode = field_member(&element, "ipMode");
		struct service_ingress *entry = &service->ingress[service->n_ingress];
		char shown[FIELD_SHOWN_SIZE];
		const char *text, *mode;

		r = field_object(&element, reterr);
		if (r < 0)
			return r;
		r = field_string(&ip, &text, reterr);
		if (r < 0)
			return r;
		r = field_string(&ip_mode, &mode, reterr);
		if (r < 0)
			return r;
		if (!addr_parse_sloppy(text, &entry->addr)) {
			/* One that has a host name alone (P6). */
			if (*text)
				field_remark(&ip, "\"%s\" is not an IP address", field_shown(text, shown));
			continue;
		}
		entry->vip = !field_given(&ip_mode) || strcmp(mode, "VIP") == 0;
		if (!entry->vip && strcmp(mode, "Proxy") != 0)
			field_remark(&ip_mode, "\"%s\" is neither VIP nor Proxy; it is read as Proxy",
				     field_shown(mode, shown));
		service->n_ingress++;
	}
	return 0;
}

static int read_spec(const struct field *root, struct service *service, struct arena *arena,
		     struct err *reterr)
{
	struct field spec = field_member(root, "spec");
	struct field health = field_member(&spec, "healthCheckNodePort");
	int64_t port;
	int r;

	r = field_object(&spec, reterr);
	if (r < 0)
		return r;
	r = read_enum(&spec, "type", service_type_parse, "ClusterIP, NodePort, LoadBalancer, ExternalName",
		      &service->type, reterr);
	if (r < 0)
		return r;
	r = read_enum(&spec, "internalTrafficPolicy", service_traffic_policy_parse, "Cluster, Local",
		      &service->internal_traffic_policy, reterr);
	if (r < 0)
		return r;
	r = read_enum(&spec, "externalTrafficPolicy", service_traffic_policy_parse, "Cluster, Local",
		      &service->external_traffic_policy, reterr);
	if (r < 0)
		return r;
	r = field_number(&health, 0, UINT16_MAX, 0, &port, reterr);
	if (r < 0)
		return r;
	service->health_check_node_port = (uint16_t)port;
	r = read_cluster_ips(&spec, service, reterr);
	if (r < 0)
		return r;
	r = read_affinity(&spec, service, reterr);
	if (r < 0)
		return r;
	r = read_external_ips(&spec, service, arena, reterr);
	if (r < 0)
		return r;
	r = read_source_ranges(&spec, service, arena, reterr);
	if (r < 0)
		return r;
	return read_ports(&spec, service, arena, reterr);
}

int decode_service_read(const struct field *root, const char *namespace, const char *name,
			struct arena *arena, struct service **ret, struct err *reterr)
{
	struct service service = { .namespace = namespace, .name = name };
	int r;

	r = read_metadata(root, &service, reterr);
	if (r < 0)
		return r;
	r = read_spec(root, &service, arena, reterr);
	if (r < 0)
		return r;
	r = read_ingress(root, &service, arena, reterr);
	if (r < 0)
		return r;
	*ret = service_new_copy(&service);
	return 0;
}
