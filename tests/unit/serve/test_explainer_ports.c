/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What explain says of endpoints that have several slots or none, and of packets to them. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "lib/objects.h"
#include "model/service.h"
#include "plan/build.h"
#include "serve/explainer_ports.h"
#include "serve/packet_walk.h"
#include "sync/sync.h"

#define N_ENDPOINTS 4

static struct arena *arena;
static struct plan plan;
static struct build_input in;

/* The Service owns all its front ends. */
const char *sync_why_owned(const struct sync *sync, const struct frontend *frontend)
{
	(void)sync;
	(void)frontend;
	return "";
}

struct service_name sync_frontend_owner(const struct sync *sync, const struct frontend *frontend)
{
	(void)sync;
	(void)frontend;
	return plan.service;
}

/* A Service with both policies, whose third endpoint is not ready. All endpoints are here but the second. */
static int setup(void **state)
{
	static const struct slice *slices[1];

	(void)state;
	arena = arena_new();
	slices[0] = objects_slice(arena, "ns/s", "svc",
				  "http/TCP/8080 | 10.0.0.1@here RS; 10.0.0.2@there RS; 10.0.0.3@here S; "
				  "10.0.0.4@here RS");
	in = (struct build_input){
		.service = objects_service(
			arena, "ns/svc",
			"type=NodePort ip=10.96.0.1 port=http/TCP/80/30080 external=Local affinity=10800"),
		.slices = slices,
		.n_slices = 1,
		.here = { .node_name = "here", .zone = "" },
		.family_enabled = { true, true },
	};
	assert_int_equal(build_plan(&in, arena, &plan, NULL), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	arena_free(arena);
	return 0;
}

static void give_slots(enum plan_list list, const uint32_t *slots, size_t n)
{
	struct pool *pool = &plan.pools[plan.frontends[0].lists[list]];

	pool->slots = slots;
	pool->n_slots = n;
}

/* @from: a packet from there, or NULL */
static void explain(const char *from, struct explain_port *ret)
{
	static const struct node_view view = { .layout.family = { { .enabled = true } } };
	static const struct sync_addresses no_addresses = { .n = 0 };
	_cleanup_(packet_walk_freep) struct packet_walk *walk = NULL;
	struct packet_walk_params params = {
		.from = from,
		.addresses = &no_addresses,
		.view = &view,
		.in = &in,
		.plan = &plan,
		.arena = arena,
	};
	struct explainer_ports ports = { .in = &in, .plan = &plan, .view = &view, .arena = arena };
	struct err err = { 0 };

	if (from && packet_walk_new(&params, &walk, &err) < 0)
		fail_msg("%s", err.text);
	ports.walk = walk;
	assert_int_equal(explainer_ports_fill(&ports, &in.service->ports[0], FAMILY_IPV4, ret, NULL), 0);
	assert_int_equal(ret->n_endpoints, N_ENDPOINTS);
	assert_string_equal(ret->frontends[0].kind, "ClusterIP");
	assert_string_equal(ret->frontends[1].kind, "nodePort");
}

static void test_without_slots(void **state)
{
	struct explain_port port;
	size_t i;

	(void)state;
	explain("10.0.0.9", &port);
	for (i = 0; i < N_ENDPOINTS; i++)
		assert_true(!port.endpoints[i].cluster_slots.n_all && !port.endpoints[i].local_slots.n_all);
	assert_string_equal(port.frontends[0].verdict, "the list for Cluster, 3 endpoints");
	assert_string_equal(port.frontends[1].local_verdict, "the list for Local, 2 endpoints");
	/* Only the kernel knows which client stays where. */
	assert_string_equal(
		port.frontends[0].walk->to,
		"one of 3 endpoints: the one that this client had in the last 10800 s, if it had any");
}

static void expect_slots(const struct explain_port *port, size_t endpoint, size_t cluster, size_t local)
{
	const struct explain_endpoint *e = &port->endpoints[endpoint];

	assert_int_equal(e->cluster_slots.n, cluster);
	assert_int_equal(e->cluster_slots.n_all, e->in_cluster ? 5 : 0);
	assert_int_equal(e->local_slots.n, local);
	assert_int_equal(e->local_slots.n_all, e->in_local ? 2 : 0);
}

static void test_slots(void **state)
{
	static const uint32_t cluster[] = { 2, 2, 1, 2, 2 }, local[] = { 0, 0 };
	struct explain_port port;

	(void)state;
	give_slots(PLAN_LIST_CLUSTER, cluster, ARRAY_SIZE(cluster));
	give_slots(PLAN_LIST_LOCAL, local, ARRAY_SIZE(local));
	explain("10.0.0.9", &port);
	expect_slots(&port, 0, 0, 2);
	expect_slots(&port, 1, 1, 0);
	expect_slots(&port, 2, 0, 0);
	expect_slots(&port, 3, 4, 0);
	assert_string_equal(port.frontends[0].verdict, "the list for Cluster, 2 endpoints, 5 slots");
	assert_string_equal(port.frontends[1].local_verdict, "the list for Local, 1 endpoint, 2 slots");
	assert_memory_equal(port.frontends[0].walk->to, "one of 2 endpoints: ", 20);
}

/* M6: a pod may reach itself if it has a slot, and another one if another one has. */
static void test_itself(void **state)
{
	static const uint32_t last[] = { 2, 2, 2, 0 }, only[] = { 0, 0 }, others[] = { 1, 2 };
	struct explain_port port;

	(void)state;
	give_slots(PLAN_LIST_CLUSTER, last, ARRAY_SIZE(last));
	explain("10.0.0.1", &port);
	assert_string_equal(port.frontends[0].walk->masqueraded, "only when it reaches itself");
	give_slots(PLAN_LIST_CLUSTER, only, ARRAY_SIZE(only));
	explain("10.0.0.1", &port);
	assert_string_equal(port.frontends[0].walk->to, "its one endpoint");
	assert_string_equal(port.frontends[0].walk->masqueraded, "yes");
	give_slots(PLAN_LIST_CLUSTER, others, ARRAY_SIZE(others));
	explain("10.0.0.1", &port);
	assert_string_equal(port.frontends[0].walk->masqueraded, "no");
}

/* @words: the Service; @endpoints: its only slice; a packet comes from @from */
static void explain_service(const char *words, const char *endpoints, const char *zone, const char *from,
			    struct explain_port *ret)
{
	static const struct slice *slices[1];
	static const struct node_view view = { .layout.family = { { .enabled = true } } };
	static const struct sync_addresses no_addresses = { .n = 0 };
	_cleanup_(packet_walk_freep) struct packet_walk *walk = NULL;
	struct packet_walk_params params = { .from = from,
					     .addresses = &no_addresses,
					     .view = &view,
					     .in = &in,
					     .plan = &plan,
					     .arena = arena };
	struct explainer_ports ports = { .in = &in, .plan = &plan, .view = &view, .arena = arena };

	slices[0] = objects_slice(arena, "ns/s", "svc", endpoints);
	in.service = objects_service(arena, "ns/svc", words);
	in.slices = slices;
	in.here.zone = zone;
	assert_int_equal(build_plan(&in, arena, &plan, NULL), 0);
	assert_int_equal(packet_walk_new(&params, &walk, NULL), 0);
	ports.walk = walk;
	assert_int_equal(explainer_ports_fill(&ports, &in.service->ports[0], FAMILY_IPV4, ret, NULL), 0);
}

/* E10 to E15: hints that are there but do not decide are not passed over. */
static void test_ignored_hints(void **state)
{
	static const struct {
		const char *endpoints;
		const char *zone;
		const char *topology;
	} cases[] = {
		{ "10.0.0.1 R; 10.0.0.2 R", "a", "" },
		{ "10.0.0.1 R zones=a; 10.0.0.2 R zones=b", "a",
		  "hints for zones decide; this node is in \"a\"" },
		{ "10.0.0.1 R zones=a; 10.0.0.2 R", "a",
		  "hints for zones are ignored: not every ready endpoint has one" },
		{ "10.0.0.1 R zones=b; 10.0.0.2 R zones=c", "a",
		  "hints for zones are ignored: none names \"a\", this node's" },
		{ "10.0.0.1 R zones=b; 10.0.0.2 R zones=c", "",
		  "hints for zones are ignored: this node has no zone" },
		{ "10.0.0.1 R nodes=x; 10.0.0.2 R nodes=y", "a",
		  "hints for nodes are ignored: none names this node" },
		{ "10.0.0.1 R nodes=here; 10.0.0.2 R nodes=y", "a", "hints for nodes decide" },
		{ "10.0.0.1 R nodes=here zones=a; 10.0.0.2 R zones=a", "a",
		  "hints for zones decide; this node is in \"a\"; hints for nodes are ignored: not every ready "
		  "endpoint has one" },
		/* Those of endpoints that are not ready do not count. */
		{ "10.0.0.1 R; 10.0.0.2 S zones=a", "a", "" },
	};
	struct explain_port port;
	char endpoints[200];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		(void)snprintf(endpoints, sizeof(endpoints), "http/TCP/8080 | %s", cases[i].endpoints);
		explain_service("ip=10.96.0.1 port=http/TCP/80", endpoints, cases[i].zone, "10.0.0.9", &port);
		assert_string_equal(port.topology, cases[i].topology);
	}
}

/* R1: what admits a source, or would. */
static void test_sources(void **state)
{
	static const char endpoints[] = "http/TCP/8080 | 10.0.0.1 R";
	struct explain_port port;
	size_t i;

	(void)state;
	explain_service(
		"type=LoadBalancer ip=10.96.0.1 port=http/TCP/80 lb-ip=203.0.113.1 range=192.0.2.0/24 "
		"range=198.51.100.0/24",
		endpoints, "", "198.51.100.7", &port);
	assert_int_equal(port.n_frontends, 2);
	assert_string_equal(port.frontends[0].walk->source, "");
	assert_string_equal(port.frontends[1].walk->source, "admitted by 198.51.100.0/24");
	explain_service(
		"type=LoadBalancer ip=10.96.0.1 port=http/TCP/80 lb-ip=203.0.113.1 range=192.0.2.0/24 "
		"range=198.51.100.0/24",
		endpoints, "", "10.1.2.3", &port);
	assert_string_equal(port.frontends[1].walk->outcome, "dropped");
	assert_string_equal(port.frontends[1].walk->source, "none of the 2 admitted sources above has it");
	explain_service(
		"type=LoadBalancer ip=10.96.0.1 port=http/TCP/80 lb-ip=203.0.113.1 range=192.0.2.0/24",
		endpoints, "", "10.1.2.3", &port);
	assert_string_equal(port.frontends[1].walk->source, "only 192.0.2.0/24 is admitted");
	/* The front ends of the other family. */
	explain_service("ip=10.96.0.1 port=http/TCP/80", endpoints, "", "fd00::9", &port);
	for (i = 0; i < port.n_frontends; i++)
		assert_null(port.frontends[i].walk);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_without_slots, setup, teardown),
		cmocka_unit_test_setup_teardown(test_slots, setup, teardown),
		cmocka_unit_test_setup_teardown(test_itself, setup, teardown),
		cmocka_unit_test_setup_teardown(test_ignored_hints, setup, teardown),
		cmocka_unit_test_setup_teardown(test_sources, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
