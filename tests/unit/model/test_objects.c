/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copies are deep and equal; a change of any member makes them unequal. */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "model/node.h"
#include "model/pack.h"
#include "model/service.h"
#include "model/slice.h"

static struct addr addr_of(const char *text)
{
	struct addr addr;

	assert_true(addr_parse(text, &addr));
	return addr;
}

static struct cidr cidr_of(const char *text)
{
	struct cidr cidr;

	assert_true(cidr_parse(text, &cidr));
	return cidr;
}

static struct service *sample_service(void)
{
	struct service_port ports[2] = {
		{ .name = "http", .protocol = PROTOCOL_TCP, .port = 80, .node_port = 30080 },
		{ .name = "", .protocol = PROTOCOL_UDP, .port = 53 },
	};
	struct addr external_ips[] = { addr_of("192.0.2.1"), addr_of("2001:db8::1") };
	struct service_ingress ingress[] = { { .addr = addr_of("198.51.100.1"), .vip = true } };
	struct cidr source_ranges[] = { cidr_of("10.0.0.0/8") };
	struct service service = {
		.namespace = "default",
		.name = "web",
		.uid = "u-1",
		.creation_time_s = 1700000000,
		.type = SERVICE_TYPE_LOAD_BALANCER,
		.internal_traffic_policy = TRAFFIC_POLICY_CLUSTER,
		.external_traffic_policy = TRAFFIC_POLICY_LOCAL,
		.has_cluster_ip = { true, true },
		.cluster_ip = { addr_of("10.96.0.1"), addr_of("fd00::1") },
		.affinity_timeout_s = 10800,
		.health_check_node_port = 32000,
		.n_ports = 2,
		.ports = ports,
		.n_external_ips = 2,
		.external_ips = external_ips,
		.n_ingress = 1,
		.ingress = ingress,
		.n_source_ranges = 1,
		.source_ranges = source_ranges,
	};

	return service_new_copy(&service);
}

#define EXPECT_UNEQUAL(kind, change)                                      \
	do {                                                              \
		_cleanup_(kind##_freep) struct kind *a = sample_##kind(); \
		_cleanup_(kind##_freep) struct kind *b = sample_##kind(); \
                                                                          \
		assert_true(kind##_equal(a, b));                          \
		b->change;                                                \
		if (kind##_equal(a, b))                                   \
			fail_msg("equal after %s", #change);              \
		if (kind##_equal(b, a))                                   \
			fail_msg("not symmetric: %s", #change);           \
	} while (0)

static void test_service(void **state)
{
	_cleanup_(service_freep) struct service *service = sample_service();

	(void)state;
	assert_string_equal(service->namespace, "default");
	assert_string_equal(service->ports[0].name, "http");
	assert_string_equal(service->ports[1].name, "");
	assert_int_equal(service->ports[0].node_port, 30080);
	assert_int_equal(service->source_ranges[0].prefix_len, 8);
	EXPECT_UNEQUAL(service, namespace = "other");
	EXPECT_UNEQUAL(service, name = "other");
	EXPECT_UNEQUAL(service, uid = "u-2");
	EXPECT_UNEQUAL(service, creation_time_s++);
	EXPECT_UNEQUAL(service, type = SERVICE_TYPE_NODE_PORT);
	EXPECT_UNEQUAL(service, internal_traffic_policy = TRAFFIC_POLICY_LOCAL);
	EXPECT_UNEQUAL(service, external_traffic_policy = TRAFFIC_POLICY_CLUSTER);
	EXPECT_UNEQUAL(service, has_service_proxy_name = true);
	EXPECT_UNEQUAL(service, headless = true);
	EXPECT_UNEQUAL(service, has_cluster_ip[FAMILY_IPV6] = false);
	EXPECT_UNEQUAL(service, cluster_ip[FAMILY_IPV4].bytes[3]++);
	EXPECT_UNEQUAL(service, affinity_timeout_s = 0);
	EXPECT_UNEQUAL(service, health_check_node_port = 0);
	EXPECT_UNEQUAL(service, n_ports--);
	EXPECT_UNEQUAL(service, ports[0].name = "https");
	EXPECT_UNEQUAL(service, ports[0].protocol = PROTOCOL_SCTP);
	EXPECT_UNEQUAL(service, ports[1].port++);
	EXPECT_UNEQUAL(service, ports[1].node_port++);
	EXPECT_UNEQUAL(service, n_external_ips--);
	EXPECT_UNEQUAL(service, external_ips[1].bytes[15]++);
	EXPECT_UNEQUAL(service, n_ingress--);
	EXPECT_UNEQUAL(service, ingress[0].vip = false);
	EXPECT_UNEQUAL(service, ingress[0].addr.bytes[3]++);
	EXPECT_UNEQUAL(service, n_source_ranges--);
	EXPECT_UNEQUAL(service, source_ranges[0].prefix_len++);
}

static struct slice *sample_slice(void)
{
	const char *zones[] = { "z1", "z2" }, *nodes[] = { "node-a" };
	struct slice_port ports[] = {
		{ .name = "http", .protocol = PROTOCOL_TCP, .port = 8080 },
		{ .name = "", .protocol = PROTOCOL_UDP, .port = 53 },
	};
	struct endpoint endpoints[] = {
		{ .addr = addr_of("10.0.0.1"),
		  .ready = true,
		  .serving = true,
		  .node_name = "node-a",
		  .n_for_zones = 2,
		  .for_zones = zones,
		  .n_for_nodes = 1,
		  .for_nodes = nodes },
		{ .addr = addr_of("10.0.0.2"), .terminating = true },
	};
	struct slice slice = {
		.namespace = "default",
		.name = "web-1",
		.uid = "u-1",
		.service_name = "web",
		.n_ports = 2,
		.ports = ports,
		.n_endpoints = 2,
		.endpoints = endpoints,
	};

	return slice_new_copy(&slice);
}

static void test_slice(void **state)
{
	_cleanup_(slice_freep) struct slice *slice = sample_slice();

	(void)state;
	assert_string_equal(slice->service_name, "web");
	assert_string_equal(slice->endpoints[0].node_name, "node-a");
	assert_string_equal(slice->endpoints[0].for_zones[1], "z2");
	assert_null(slice->endpoints[1].node_name);
	assert_null(slice->endpoints[1].for_zones);
	/* equal strings are stored once */
	assert_ptr_equal(slice->endpoints[0].node_name, slice->endpoints[0].for_nodes[0]);
	EXPECT_UNEQUAL(slice, namespace = "other");
	EXPECT_UNEQUAL(slice, name = "other");
	EXPECT_UNEQUAL(slice, uid = "u-2");
	EXPECT_UNEQUAL(slice, service_name = "");
	EXPECT_UNEQUAL(slice, family = FAMILY_IPV6);
	EXPECT_UNEQUAL(slice, n_ports--);
	EXPECT_UNEQUAL(slice, ports[1].name = "dns");
	EXPECT_UNEQUAL(slice, ports[1].protocol = PROTOCOL_TCP);
	EXPECT_UNEQUAL(slice, ports[0].port++);
	EXPECT_UNEQUAL(slice, n_endpoints--);
	EXPECT_UNEQUAL(slice, endpoints[0].addr.bytes[3]++);
	EXPECT_UNEQUAL(slice, endpoints[0].ready = false);
	EXPECT_UNEQUAL(slice, endpoints[0].serving = false);
	EXPECT_UNEQUAL(slice, endpoints[1].terminating = false);
	EXPECT_UNEQUAL(slice, endpoints[0].node_name = NULL);
	EXPECT_UNEQUAL(slice, endpoints[0].node_name = "node-b");
	EXPECT_UNEQUAL(slice, endpoints[0].n_for_zones--);
	EXPECT_UNEQUAL(slice, endpoints[0].for_zones[1] = "z3");
	EXPECT_UNEQUAL(slice, endpoints[0].n_for_nodes--);
	EXPECT_UNEQUAL(slice, endpoints[0].for_nodes[0] = "node-b");
}

static struct node *sample_node(void)
{
	struct addr addresses[] = { addr_of("fd00::5"), addr_of("192.0.2.5"), addr_of("192.0.2.6") };
	struct cidr pod_cidrs[] = { cidr_of("fd00:1::/64"), cidr_of("10.244.1.0/24"),
				    cidr_of("10.244.2.0/24") };
	struct node node = {
		.name = "node-a",
		.uid = "u-1",
		.zone = "z1",
		.n_addresses = 3,
		.addresses = addresses,
		.n_pod_cidrs = 3,
		.pod_cidrs = pod_cidrs,
	};

	return node_new_copy(&node);
}

static void test_node(void **state)
{
	_cleanup_(node_freep) struct node *node = sample_node();

	(void)state;
	/* D4, M12: the first of its family */
	assert_ptr_equal(node_primary_addr(node, FAMILY_IPV4), &node->addresses[1]);
	assert_ptr_equal(node_primary_addr(node, FAMILY_IPV6), &node->addresses[0]);
	assert_ptr_equal(node_pod_cidr(node, FAMILY_IPV4), &node->pod_cidrs[1]);
	assert_ptr_equal(node_pod_cidr(node, FAMILY_IPV6), &node->pod_cidrs[0]);
	node->n_addresses = 1;
	node->n_pod_cidrs = 1;
	assert_null(node_primary_addr(node, FAMILY_IPV4));
	assert_null(node_pod_cidr(node, FAMILY_IPV4));
	EXPECT_UNEQUAL(node, name = "node-b");
	EXPECT_UNEQUAL(node, uid = "u-2");
	EXPECT_UNEQUAL(node, zone = "");
	EXPECT_UNEQUAL(node, being_deleted = true);
	EXPECT_UNEQUAL(node, to_be_deleted = true);
	EXPECT_UNEQUAL(node, n_addresses--);
	EXPECT_UNEQUAL(node, addresses[2].bytes[3]++);
	EXPECT_UNEQUAL(node, n_pod_cidrs--);
	EXPECT_UNEQUAL(node, pod_cidrs[2].prefix_len--);
}

/* Empty objects, and one with more distinct strings than the packer's first table holds. */
static void test_copy_extremes(void **state)
{
	const struct service bare = { .namespace = "", .name = "", .uid = "" };
	_cleanup_(service_freep) struct service *service = service_new_copy(&bare);
	struct endpoint endpoints[1000];
	struct slice many = { .namespace = "n", .name = "s", .uid = "", .service_name = "svc" };
	_cleanup_(slice_freep) struct slice *slice = NULL;
	char names[1000][16];
	size_t i;

	(void)state;
	assert_true(service_equal(service, &bare));
	assert_null(service->ports);
	memset(endpoints, 0, sizeof(endpoints));
	for (i = 0; i < ARRAY_SIZE(endpoints); i++) {
		(void)snprintf(names[i], sizeof(names[i]), "node-%zu", i / 2);
		endpoints[i].node_name = names[i];
	}
	many.endpoints = endpoints;
	many.n_endpoints = ARRAY_SIZE(endpoints);
	slice = slice_new_copy(&many);
	assert_true(slice_equal(slice, &many));
	for (i = 0; i < ARRAY_SIZE(endpoints); i += 2) {
		assert_string_equal(slice->endpoints[i].node_name, names[i]);
		assert_ptr_equal(slice->endpoints[i].node_name, slice->endpoints[i + 1].node_name);
	}
	assert_null(service_free(NULL));
	assert_null(slice_free(NULL));
	assert_null(node_free(NULL));
}

static void test_names(void **state)
{
	(void)state;
	assert_int_equal(service_type_parse(""), SERVICE_TYPE_CLUSTER_IP);
	assert_int_equal(service_type_parse("ClusterIP"), SERVICE_TYPE_CLUSTER_IP);
	assert_int_equal(service_type_parse("NodePort"), SERVICE_TYPE_NODE_PORT);
	assert_int_equal(service_type_parse("LoadBalancer"), SERVICE_TYPE_LOAD_BALANCER);
	assert_int_equal(service_type_parse("ExternalName"), SERVICE_TYPE_EXTERNAL_NAME);
	assert_int_equal(service_type_parse("nodeport"), -EINVAL);
	assert_string_equal(service_type_name(SERVICE_TYPE_EXTERNAL_NAME), "ExternalName");
	assert_int_equal(service_traffic_policy_parse(""), TRAFFIC_POLICY_CLUSTER);
	assert_int_equal(service_traffic_policy_parse("Cluster"), TRAFFIC_POLICY_CLUSTER);
	assert_int_equal(service_traffic_policy_parse("Local"), TRAFFIC_POLICY_LOCAL);
	assert_int_equal(service_traffic_policy_parse("local"), -EINVAL);
	assert_string_equal(service_traffic_policy_name(TRAFFIC_POLICY_LOCAL), "Local");
	assert_int_equal(service_protocol_parse(""), PROTOCOL_TCP);
	assert_int_equal(service_protocol_parse("TCP"), PROTOCOL_TCP);
	assert_int_equal(service_protocol_parse("UDP"), PROTOCOL_UDP);
	assert_int_equal(service_protocol_parse("SCTP"), PROTOCOL_SCTP);
	assert_int_equal(service_protocol_parse("tcp"), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_service), cmocka_unit_test(test_slice),
		cmocka_unit_test(test_node),	cmocka_unit_test(test_copy_extremes),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
