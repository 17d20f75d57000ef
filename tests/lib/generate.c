/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "lib/generate.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/cidr.h"
#include "base/cleanup.h"

#define PICK(g, array) ((array)[generate_number(g, ARRAY_SIZE(array))])

static const char *const cluster_ips[_FAMILY_MAX][5] = {
	{ "10.96.0.1", "10.96.0.2", "10.96.0.3", "10.96.0.4", "10.96.0.5" },
	{ "fd00:96::1", "fd00:96::2", "fd00:96::3", "fd00:96::4", "fd00:96::5" },
};

/* Two pods of this node, one of its own addresses (a host-network pod), and pods of other nodes. */
static const char *const endpoint_addrs[_FAMILY_MAX][6] = {
	{ "10.244.0.10", "10.244.0.11", "192.0.2.1", "10.244.1.10", "10.244.1.11", "198.51.100.5" },
	{ "fd00:244::10", "fd00:244::11", "2001:db8::1", "fd00:244:1::10", "fd00:244:1::11",
	  "2001:db8:5::5" },
};

#define N_LOCAL_ENDPOINTS 3
#define MANY_EXTERNALS	  40

static const char *const node_addrs[_FAMILY_MAX][GENERATE_NODE_ADDRESSES] = {
	{ "192.0.2.1", "10.244.0.1", "127.0.0.1" },
	{ "2001:db8::1", "fd00:244::1", "::1" },
};

static const char *const outside_addrs[_FAMILY_MAX][2] = {
	{ "203.0.113.9", "192.0.2.77" },
	{ "2001:db8:9::9", "2001:db8::77" },
};

/*
 * One of them is an address of the node, where node ports are served, too. One is of the many that some Services have, and one is a
 * ClusterIP.
 */
static const char *const external_ips[_FAMILY_MAX][5] = {
	{ "203.0.113.50", "203.0.113.51", "192.0.2.1", "203.0.113.105", "10.96.0.2" },
	{ "2001:db8:50::1", "2001:db8:50::2", "2001:db8::1", "2001:db8:50::69", "fd00:96::2" },
};

/* Nested, disjoint, with the node's address, all addresses. */
static const char *const source_ranges[] = {
	"10.244.0.0/16", "10.244.0.0/24", "192.0.2.0/24",  "203.0.113.9/32",
	"0.0.0.0/0",	 "fd00:244::/32", "2001:db8::/64", "2001:db8:9::9/128",
};

static const char *const pod_cidrs[_FAMILY_MAX][2] = {
	{ "10.244.0.0/16", "10.244.0.0/24" },
	{ "fd00:244::/32", "fd00:244::/64" },
};

/* One that covers all ClusterIPs, one that covers a few, and both in a merged list with another. */
static const struct cidr service_cidrs[_FAMILY_MAX][2][2] = {
	{ { { { FAMILY_IPV4, { 10, 96, 0, 0 } }, 30 }, { { FAMILY_IPV4, { 10, 97 } }, 16 } },
	  { { { FAMILY_IPV4, { 10, 96 } }, 16 }, { { FAMILY_IPV4, { 192, 0, 2, 0 } }, 24 } } },
	{ { { { FAMILY_IPV6, { 0xfd, 0, 0, 0x96 } }, 126 }, { { FAMILY_IPV6, { 0xfd, 0, 0, 0x97 } }, 112 } },
	  { { { FAMILY_IPV6, { 0x20, 0x01, 0x0d, 0xb8 } }, 32 },
	    { { FAMILY_IPV6, { 0xfd, 0, 0, 0x96 } }, 64 } } },
};

/* Names of ports, and the protocol that they have most of the time. */
static const struct {
	const char *name;
	uint8_t protocol;
} port_kinds[] = { { "", PROTOCOL_TCP }, { "http", PROTOCOL_TCP }, { "dns", PROTOCOL_UDP } };
static const uint8_t protocols[] = { PROTOCOL_TCP, PROTOCOL_UDP, PROTOCOL_SCTP };
static const uint16_t service_ports[] = { 53, 80, 30080 };
static const uint16_t node_ports[] = { 30053, 30080, 30443 };
static const uint16_t target_ports[] = { 53, 8080 };
static const char *const zones[] = { "a", "b", "" };
static const char *const node_names[] = { GENERATE_NODE_NAME, "there" };
static const char *const interfaces[] = { "eth0", "cni0", "veth1", "veth2" };

void generate_init(struct generate *g, uint64_t seed)
{
	g->state = seed;
}

/* SplitMix64 */
static uint64_t next(struct generate *g)
{
	uint64_t z = g->state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

uint32_t generate_number(struct generate *g, uint32_t n)
{
	return (uint32_t)((next(g) >> 32) * n >> 32);
}

bool generate_chance(struct generate *g, uint32_t percent)
{
	return generate_number(g, 100) < percent;
}

void generate_shuffle(struct generate *g, size_t *order, size_t n)
{
	size_t i, k, old;

	for (i = 0; i < n; i++)
		order[i] = i;
	for (i = n; i > 1; i--) {
		k = generate_number(g, (uint32_t)i);
		old = order[k];
		order[k] = order[i - 1];
		order[i - 1] = old;
	}
}

static struct addr parse(const char *text)
{
	struct addr addr = { 0 };

	if (!addr_parse(text, &addr))
		assert(!"an address");
	return addr;
}

void generate_service_name(size_t index, const char **ret_namespace, const char **ret_name)
{
	static const char *const names[] = { "web", "db", "a" };

	*ret_namespace = index % 2 ? "shop" : "default";
	*ret_name = names[index / 2];
}

void generate_slice_name(size_t index, const char **ret_namespace, const char **ret_name)
{
	static const char *const names[] = { "s-1", "s-2", "s-3", "s-4", "s-5", "s-6", "s-7", "s-8" };

	*ret_namespace = index % 2 ? "shop" : "default";
	*ret_name = names[index / 2];
}

/* Mostly a different one for each @index. */
static void generate_port_kind(struct generate *g, uint32_t index, const char **ret_name,
			       uint8_t *ret_protocol)
{
	uint32_t kind = generate_chance(g, 85) ? index : generate_number(g, ARRAY_SIZE(port_kinds));

	*ret_name = port_kinds[kind].name;
	*ret_protocol = generate_chance(g, 85) ? port_kinds[kind].protocol : PICK(g, protocols);
}

/* So many addresses that a port with some endpoints has lists of its own, unless other Services have taken them. */
static uint32_t generate_many(struct generate *g, struct addr externals[MANY_EXTERNALS])
{
	uint32_t n = MANY_EXTERNALS - generate_number(g, 10), i;
	enum family family = generate_number(g, _FAMILY_MAX);

	for (i = 0; i < n; i++) {
		externals[i] = parse(external_ips[family][3]);
		externals[i].bytes[family == FAMILY_IPV4 ? 3 : 15] = (uint8_t)(100 + i);
	}
	return n;
}

struct service *generate_service(struct generate *g, size_t index)
{
	struct service_port ports[3] = { { 0 } };
	struct service_ingress ingress[2] = { { .vip = false } };
	struct addr externals[MANY_EXTERNALS] = { { 0 } };
	struct service service = { .uid = "" };
	struct cidr ranges[3 + 20] = { { { 0 }, 0 } };
	uint32_t i;
	int family;

	generate_service_name(index, &service.namespace, &service.name);
	service.creation_time_s = generate_chance(g, 80) ? (int64_t)index / 2 + 1 : generate_number(g, 4);
	service.type = (uint8_t)(generate_chance(g, 95) ? generate_number(g, SERVICE_TYPE_EXTERNAL_NAME)
							: SERVICE_TYPE_EXTERNAL_NAME);
	service.internal_traffic_policy =
		generate_chance(g, 25) ? TRAFFIC_POLICY_LOCAL : TRAFFIC_POLICY_CLUSTER;
	service.external_traffic_policy =
		generate_chance(g, 40) ? TRAFFIC_POLICY_LOCAL : TRAFFIC_POLICY_CLUSTER;
	service.has_service_proxy_name = generate_chance(g, 4);
	service.headless = generate_chance(g, 4);
	for (family = 0; family < _FAMILY_MAX && !service.headless; family++) {
		service.has_cluster_ip[family] = generate_chance(g, 70);
		if (service.has_cluster_ip[family])
			service.cluster_ip[family] = parse(PICK(g, cluster_ips[family]));
	}
	service.n_external_ips = generate_chance(g, 30) ? 1 + generate_number(g, 2) : 0;
	service.external_ips = externals;
	for (i = 0; i < service.n_external_ips; i++)
		externals[i] = parse(PICK(g, external_ips[generate_number(g, _FAMILY_MAX)]));
	if (generate_chance(g, 10))
		service.n_external_ips = generate_many(g, externals);
	service.n_ingress = generate_chance(g, 40) ? 1 + generate_number(g, ARRAY_SIZE(ingress)) : 0;
	service.ingress = ingress;
	for (i = 0; i < service.n_ingress; i++) {
		ingress[i].addr = parse(PICK(g, external_ips[generate_number(g, _FAMILY_MAX)]));
		ingress[i].vip = generate_chance(g, 85);
	}
	service.n_source_ranges = generate_chance(g, 60) ? generate_number(g, 4) : 0;
	service.source_ranges = ranges;
	for (i = 0; i < service.n_source_ranges; i++)
		if (!cidr_parse(PICK(g, source_ranges), &ranges[i]))
			assert(!"a CIDR");
	/* Some lists need more than one chain. */
	for (; service.n_source_ranges && i < ARRAY_SIZE(ranges) && (i > 3 || generate_chance(g, 15)); i++)
		ranges[i] = (struct cidr){ { FAMILY_IPV4, { 198, (uint8_t)(10 * i) } }, 16 };
	service.n_source_ranges = service.n_source_ranges ? i : 0;
	service.affinity_timeout_s = generate_chance(g, 40) ? 60 * (1 + generate_number(g, 2)) : 0;
	service.n_ports = 1 + generate_number(g, ARRAY_SIZE(ports));
	service.ports = ports;
	for (i = 0; i < service.n_ports; i++) {
		generate_port_kind(g, i, &ports[i].name, &ports[i].protocol);
		ports[i].port = PICK(g, service_ports);
		ports[i].node_port = generate_chance(g, 60) ? PICK(g, node_ports) : 0;
	}
	return service_new_copy(&service);
}

static void generate_hints(struct generate *g, struct endpoint *endpoint, const char **for_zones,
			   const char **for_nodes)
{
	endpoint->n_for_zones = (uint8_t)generate_number(g, 3);
	for_zones[0] = PICK(g, zones);
	for_zones[1] = "b";
	endpoint->for_zones = for_zones;
	endpoint->n_for_nodes = generate_chance(g, 30);
	for_nodes[0] = PICK(g, node_names);
	endpoint->for_nodes = for_nodes;
}

struct slice *generate_slice(struct generate *g, size_t index)
{
	const char *for_zones[4][2], *for_nodes[4][1];
	struct endpoint endpoints[4] = { { .ready = false } };
	struct slice_port ports[3] = { { 0 } };
	struct slice slice = { .uid = "" };
	bool all_hinted = generate_chance(g, 40);
	const char *namespace;
	uint32_t i;

	generate_slice_name(index, &slice.namespace, &slice.name);
	generate_service_name(generate_number(g, GENERATE_SERVICES), &namespace, &slice.service_name);
	if (generate_chance(g, 3))
		slice.service_name = "";
	slice.family = (uint8_t)generate_number(g, _FAMILY_MAX);
	slice.n_ports = 1 + generate_number(g, ARRAY_SIZE(ports));
	slice.ports = ports;
	for (i = 0; i < slice.n_ports; i++) {
		generate_port_kind(g, i, &ports[i].name, &ports[i].protocol);
		ports[i].port = PICK(g, target_ports);
	}
	slice.n_endpoints = generate_chance(g, 90) ? 1 + generate_number(g, ARRAY_SIZE(endpoints)) : 0;
	slice.endpoints = endpoints;
	for (i = 0; i < slice.n_endpoints; i++) {
		uint32_t which = generate_number(g, ARRAY_SIZE(endpoint_addrs[0]));

		endpoints[i].addr = parse(endpoint_addrs[slice.family][which]);
		endpoints[i].ready = generate_chance(g, 70);
		endpoints[i].serving = endpoints[i].ready || generate_chance(g, 60);
		endpoints[i].terminating = !endpoints[i].ready && generate_chance(g, 60);
		endpoints[i].node_name = which < N_LOCAL_ENDPOINTS ? GENERATE_NODE_NAME
					 : which % 2		   ? "there"
								   : NULL;
		if (all_hinted || generate_chance(g, 10))
			generate_hints(g, &endpoints[i], for_zones[i], for_nodes[i]);
	}
	return slice_new_copy(&slice);
}

static void generate_family(struct generate *g, enum family family, struct layout_family *ret)
{
	*ret = (struct layout_family){ .enabled = true };
	ret->detector = (enum layout_detector)generate_number(g, LAYOUT_DETECTOR_INTERFACE_PREFIX + 1);
	switch (ret->detector) {
	case LAYOUT_DETECTOR_NONE:
		break;
	case LAYOUT_DETECTOR_CIDR:
		if (!cidr_parse(PICK(g, pod_cidrs[family]), &ret->pod_cidr))
			assert(!"a CIDR");
		break;
	case LAYOUT_DETECTOR_BRIDGE:
		(void)snprintf(ret->interface, sizeof(ret->interface), "cni0");
		break;
	case LAYOUT_DETECTOR_INTERFACE_PREFIX:
		(void)snprintf(ret->interface, sizeof(ret->interface), "veth");
		break;
	}
	ret->node_ports_everywhere = generate_chance(g, 40);
}

void generate_config(struct generate *g, struct generate_config *ret)
{
	int family, i;

	*ret = (struct generate_config){ .zone = PICK(g, zones) };
	ret->node.masquerade_all = generate_chance(g, 20);
	ret->node_addr_known = generate_chance(g, 80);
	for (family = 0; family < _FAMILY_MAX; family++) {
		generate_family(g, family, &ret->node.family[family]);
		ret->node.family[family].service_cidrs = service_cidrs[family][generate_number(g, 2)];
		ret->node.family[family].n_service_cidrs = generate_number(g, 3);
		ret->node.family[family].ranges_change = generate_chance(g, 20);
		/* Loopback, the last one, serves no node ports. */
		for (i = 0; i < GENERATE_NODE_ADDRESSES - 1; i++)
			if (!ret->node.family[family].node_ports_everywhere && generate_chance(g, 60))
				ret->node_port_addresses[ret->n_node_port_addresses++] =
					parse(node_addrs[family][i]);
	}
	layout_node_count_addresses(&ret->node, ret->node_port_addresses, ret->n_node_port_addresses);
}

bool generate_node_addr(const struct generate_config *config, enum family family, struct addr *ret)
{
	*ret = parse(node_addrs[family][0]);
	return config->node_addr_known;
}

bool generate_is_local(void *ctx, const struct addr *addr)
{
	int i;

	(void)ctx;
	for (i = 0; i < GENERATE_NODE_ADDRESSES; i++) {
		struct addr own = parse(node_addrs[addr->family][i]);

		if (addr_equal(addr, &own))
			return true;
	}
	return false;
}

static bool generate_is_pod(const struct layout_family *family, const struct generate_packet *packet)
{
	switch (family->detector) {
	case LAYOUT_DETECTOR_NONE:
		return false;
	case LAYOUT_DETECTOR_CIDR:
		return cidr_contains(&family->pod_cidr, &packet->packet.saddr);
	case LAYOUT_DETECTOR_BRIDGE:
		return !packet->local_out && strcmp(packet->iifname, family->interface) == 0;
	case LAYOUT_DETECTOR_INTERFACE_PREFIX:
		return !packet->local_out &&
		       strncmp(packet->iifname, family->interface, strlen(family->interface)) == 0;
	}
	return false;
}

static const char *generate_source(struct generate *g, enum family family)
{
	switch (generate_number(g, 4)) {
	case 0:
		return PICK(g, node_addrs[family]);
	case 1:
		return PICK(g, outside_addrs[family]);
	default:
		return PICK(g, endpoint_addrs[family]);
	}
}

static const char *generate_destination(struct generate *g, enum family family)
{
	switch (generate_number(g, 5)) {
	case 0:
		return PICK(g, endpoint_addrs[family]);
	case 1:
		return PICK(g, node_addrs[family]);
	case 2:
		return PICK(g, external_ips[family]);
	default:
		return PICK(g, cluster_ips[family]);
	}
}

void generate_packet(struct generate *g, const struct generate_config *config, const struct frontend *aim,
		     struct generate_packet *ret)
{
	enum family family = aim ? aim->addr.family : generate_number(g, _FAMILY_MAX);
	const struct layout_family *rules = &config->node.family[family];
	struct plan_packet *packet = &ret->packet;
	size_t i;

	*packet = (struct plan_packet){ .saddr = parse(generate_source(g, family)) };
	if (!aim)
		packet->daddr = parse(generate_destination(g, family));
	else if (aim->kind == FRONTEND_KIND_NODE_PORT)
		packet->daddr = parse(PICK(g, node_addrs[family]));
	else
		packet->daddr = aim->addr;
	packet->protocol = aim ? aim->protocol : PICK(g, protocols);
	packet->dport = aim			 ? aim->port
			: generate_chance(g, 50) ? PICK(g, service_ports)
			: generate_chance(g, 90) ? PICK(g, node_ports)
						 : PICK(g, target_ports);
	packet->from_node = generate_is_local(NULL, &packet->saddr);
	ret->local_out = packet->from_node;
	ret->iifname = ret->local_out ? "" : PICK(g, interfaces);
	packet->from_pod = generate_is_pod(rules, ret);
	if (rules->node_ports_everywhere)
		packet->to_node_port_address =
			generate_is_local(NULL, &packet->daddr) && !addr_is_loopback(&packet->daddr);
	for (i = 0; i < config->n_node_port_addresses; i++)
		if (addr_equal(&config->node_port_addresses[i], &packet->daddr))
			packet->to_node_port_address = true;
}
