/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plan_lookup() and plan_masquerades(), on plans of build_plan(). */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "lib/objects.h"
#include "plan/build.h"
#include "plan/plan.h"

#define HTTP   "type=NodePort ip=10.96.0.1 port=http/TCP/80/30080 "
#define EITHER "http/TCP/8080 | 10.0.0.1@here RS; 10.0.0.2@there RS"
#define REMOTE "http/TCP/8080 | 10.0.0.2@there RS"
#define NOBODY "http/TCP/8080 | 10.0.0.2@there S"

#define CLIENT	   "203.0.113.9"
#define POD	   "10.0.0.7"
#define NODE	   "192.0.2.5"
#define CLUSTER_IP "10.96.0.1"

enum from {
	FROM_OUTSIDE,
	FROM_POD,
	FROM_NODE,
};

struct lookup_case {
	const char *row;
	const char *service;
	const char *slice;
	enum from from;
	const char *daddr;
	uint8_t protocol;
	uint16_t dport;
	const char *expected; /* "untouched", "reject", "drop" or the endpoints */
};

static const struct lookup_case lookup_cases[] = {
	{ "P1", HTTP, EITHER, FROM_POD, CLUSTER_IP, PROTOCOL_TCP, 80, "10.0.0.1 10.0.0.2" },
	{ "P1 other port", HTTP, EITHER, FROM_POD, CLUSTER_IP, PROTOCOL_TCP, 81, "untouched" },
	{ "P1 other protocol", HTTP, EITHER, FROM_POD, CLUSTER_IP, PROTOCOL_UDP, 80, "untouched" },
	{ "P1 other address", HTTP, EITHER, FROM_POD, "10.96.0.2", PROTOCOL_TCP, 80, "untouched" },
	{ "P1 node port on the ClusterIP", HTTP, EITHER, FROM_POD, CLUSTER_IP, PROTOCOL_TCP, 30080,
	  "untouched" },
	{ "P8", HTTP, EITHER, FROM_OUTSIDE, NODE, PROTOCOL_TCP, 30080, "10.0.0.1 10.0.0.2" },
	{ "P8 service port on the node", HTTP, EITHER, FROM_OUTSIDE, NODE, PROTOCOL_TCP, 80, "untouched" },
	{ "P8 other protocol", HTTP, EITHER, FROM_OUTSIDE, NODE, PROTOCOL_SCTP, 30080, "untouched" },
	{ "N5 no node-port address", HTTP, EITHER, FROM_OUTSIDE, "192.0.2.6", PROTOCOL_TCP, 30080,
	  "untouched" },
	{ "N5 nor rejected there", HTTP, NOBODY, FROM_OUTSIDE, "192.0.2.6", PROTOCOL_TCP, 30080,
	  "untouched" },
	{ "V3 node port of the other family", HTTP, EITHER, FROM_OUTSIDE, "2001:db8::5", PROTOCOL_TCP, 30080,
	  "untouched" },
	{ "E18 from a pod", HTTP "internal=Local", EITHER, FROM_POD, CLUSTER_IP, PROTOCOL_TCP, 80,
	  "10.0.0.1" },
	{ "E18 from the node", HTTP "internal=Local", EITHER, FROM_NODE, CLUSTER_IP, PROTOCOL_TCP, 80,
	  "10.0.0.1" },
	{ "E18 from outside", HTTP "internal=Local", EITHER, FROM_OUTSIDE, CLUSTER_IP, PROTOCOL_TCP, 80,
	  "10.0.0.1" },
	{ "E18 node port", HTTP "internal=Local", EITHER, FROM_OUTSIDE, NODE, PROTOCOL_TCP, 30080,
	  "10.0.0.1 10.0.0.2" },
	{ "E19", HTTP "external=Local", EITHER, FROM_OUTSIDE, NODE, PROTOCOL_TCP, 30080, "10.0.0.1" },
	{ "E20", HTTP "external=Local", EITHER, FROM_POD, NODE, PROTOCOL_TCP, 30080, "10.0.0.1 10.0.0.2" },
	{ "E21", HTTP "external=Local", EITHER, FROM_NODE, NODE, PROTOCOL_TCP, 30080, "10.0.0.1 10.0.0.2" },
	{ "eTP Local leaves the ClusterIP alone", HTTP "external=Local", EITHER, FROM_OUTSIDE, CLUSTER_IP,
	  PROTOCOL_TCP, 80, "10.0.0.1 10.0.0.2" },
	{ "E22 from a pod", HTTP "external=Local", REMOTE, FROM_POD, NODE, PROTOCOL_TCP, 30080, "10.0.0.2" },
	{ "E22 from the node", HTTP "external=Local", REMOTE, FROM_NODE, NODE, PROTOCOL_TCP, 30080,
	  "10.0.0.2" },
	{ "N3", HTTP "external=Local", REMOTE, FROM_OUTSIDE, NODE, PROTOCOL_TCP, 30080, "drop" },
	{ "E24", HTTP, REMOTE, FROM_OUTSIDE, NODE, PROTOCOL_TCP, 30080, "10.0.0.2" },
	{ "N2 from a pod", HTTP "internal=Local", REMOTE, FROM_POD, CLUSTER_IP, PROTOCOL_TCP, 80, "drop" },
	{ "N2 from the node", HTTP "internal=Local", REMOTE, FROM_NODE, CLUSTER_IP, PROTOCOL_TCP, 80,
	  "drop" },
	{ "N2 from outside", HTTP "internal=Local", REMOTE, FROM_OUTSIDE, CLUSTER_IP, PROTOCOL_TCP, 80,
	  "drop" },
	{ "N1 ClusterIP", HTTP, NOBODY, FROM_POD, CLUSTER_IP, PROTOCOL_TCP, 80, "reject" },
	{ "N1 iTP Local", HTTP "internal=Local", NOBODY, FROM_NODE, CLUSTER_IP, PROTOCOL_TCP, 80, "reject" },
	{ "N1 node port", HTTP, NOBODY, FROM_OUTSIDE, NODE, PROTOCOL_TCP, 30080, "reject" },
	{ "N1 eTP Local", HTTP "external=Local", NOBODY, FROM_OUTSIDE, NODE, PROTOCOL_TCP, 30080, "reject" },
	{ "N1 eTP Local, from a pod", HTTP "external=Local", NOBODY, FROM_POD, NODE, PROTOCOL_TCP, 30080,
	  "reject" },
};

static struct addr addr_of(const char *text)
{
	struct addr addr;

	assert_true(addr_parse(text, &addr));
	return addr;
}

static void make_plan(struct arena *arena, const char *service, const char *slice, struct plan *ret)
{
	const struct slice *slices[] = { objects_slice(arena, "ns/s", "svc", slice) };
	const struct build_input in = {
		.service = objects_service(arena, "ns/svc", service),
		.slices = slices,
		.n_slices = 1,
		.here = { .node_name = "here", .zone = "" },
		.family_enabled = { true, true },
	};

	assert_int_equal(build_plan(&in, arena, ret, NULL), 0);
}

static struct plan_packet make_packet(enum from from, const char *daddr, uint8_t protocol, uint16_t dport)
{
	static const char *const saddrs[] = {
		[FROM_OUTSIDE] = CLIENT,
		[FROM_POD] = POD,
		[FROM_NODE] = NODE,
	};

	return (struct plan_packet){
		.saddr = addr_of(saddrs[from]),
		.daddr = addr_of(daddr),
		.protocol = protocol,
		.dport = dport,
		.from_node = from == FROM_NODE,
		.from_pod = from == FROM_POD,
		.to_node_port_address = strcmp(daddr, NODE) == 0 || strcmp(daddr, "2001:db8::5") == 0,
	};
}

static const char *print_outcome(enum plan_outcome outcome, const struct pool *pool, struct buf *buf)
{
	static const char *const names[] = {
		[PLAN_OUTCOME_UNTOUCHED] = "untouched",
		[PLAN_OUTCOME_REJECT] = "reject",
		[PLAN_OUTCOME_DROP] = "drop",
		[PLAN_OUTCOME_POOL] = "",
	};
	size_t i;

	buf_reset(buf);
	buf_printf(buf, "%s", names[outcome]);
	for (i = 0; outcome == PLAN_OUTCOME_POOL && i < plan_n_slots(pool); i++) {
		char text[ADDR_TEXT_SIZE];

		buf_printf(buf, "%s%s", i ? " " : "", addr_print(&plan_slot(pool, i)->addr, text));
	}
	return buf_text(buf);
}

static void test_lookup(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct buf buf = BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(lookup_cases); i++) {
		const struct lookup_case *c = &lookup_cases[i];
		struct plan_packet packet = make_packet(c->from, c->daddr, c->protocol, c->dport);
		const struct pool *pool = NULL;
		enum plan_outcome outcome;
		struct plan plan;

		make_plan(arena, c->service, c->slice, &plan);
		outcome = plan_lookup(&plan, &packet, &pool);
		if (strcmp(print_outcome(outcome, pool, &buf), c->expected) != 0)
			fail_msg("%s: %s, should be %s", c->row, buf_text(&buf), c->expected);
		assert_int_equal(outcome != PLAN_OUTCOME_UNTOUCHED,
				 plan_find_frontend(&plan, &packet) != NULL);
		arena_reset(arena);
	}
	buf_done(&buf);
}

/* P10: an address before a node port, whatever their order in the plan. */
static void test_address_first(void **state)
{
	struct frontend frontends[2] = { 0 };
	struct plan plan = { .n_frontends = 2, .frontends = frontends };
	struct plan_packet packet = make_packet(FROM_OUTSIDE, NODE, PROTOCOL_TCP, 30080);
	size_t i, j;

	(void)state;
	for (i = 0; i < 2; i++) {
		for (j = 0; j < 2; j++) {
			frontends[j].protocol = PROTOCOL_TCP;
			frontends[j].port = 30080;
			frontends[j].kind = FRONTEND_KIND_NODE_PORT;
			frontends[j].addr = (struct addr){ 0 };
		}
		frontends[i].kind = FRONTEND_KIND_EXTERNAL_IP;
		frontends[i].addr = addr_of(NODE);
		assert_ptr_equal(plan_find_frontend(&plan, &packet), &frontends[i]);
	}
	packet.daddr = addr_of("192.0.2.6");
	assert_ptr_equal(plan_find_frontend(&plan, &packet), &frontends[0]);
}

/* S16: an address without endpoints yields to a node port, whatever their order in the plan; without a node port it counts. */
static void test_address_yields(void **state)
{
	static const struct {
		enum frontend_kind kind;
		enum plan_verdict verdict;
		bool yields;
	} cases[] = {
		{ FRONTEND_KIND_EXTERNAL_IP, PLAN_VERDICT_REJECT, true },
		{ FRONTEND_KIND_LOAD_BALANCER_IP, PLAN_VERDICT_REJECT, true },
		{ FRONTEND_KIND_CLUSTER_IP, PLAN_VERDICT_REJECT, false },
		{ FRONTEND_KIND_EXTERNAL_IP, PLAN_VERDICT_POOL, false },
		{ FRONTEND_KIND_LOAD_BALANCER_IP, PLAN_VERDICT_POOL, false },
		{ FRONTEND_KIND_EXTERNAL_IP, PLAN_VERDICT_DROP, false },
	};
	struct plan_packet packet = make_packet(FROM_OUTSIDE, NODE, PROTOCOL_TCP, 30080);
	size_t i, j;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		for (j = 0; j < 2; j++) {
			struct frontend frontends[2] = { 0 };
			struct plan plan = { .n_frontends = 2, .frontends = frontends };
			struct frontend *address = &frontends[j], *node_port = &frontends[1 - j];

			*address = (struct frontend){ .kind = cases[i].kind,
						      .addr = addr_of(NODE),
						      .protocol = PROTOCOL_TCP,
						      .port = 30080,
						      .target = { .verdict = cases[i].verdict } };
			*node_port = (struct frontend){ .kind = FRONTEND_KIND_NODE_PORT,
							.protocol = PROTOCOL_TCP,
							.port = 30080 };
			assert_int_equal(plan_yields(address), cases[i].yields);
			assert_false(plan_yields(node_port));
			assert_ptr_equal(plan_find_frontend(&plan, &packet),
					 cases[i].yields ? node_port : address);
			node_port->port = 30081;
			assert_ptr_equal(plan_find_frontend(&plan, &packet), address);
		}
	}
}

/* S16: by its plan an address yields if nobody can use an endpoint, whatever the policy. */
static void test_which_addresses_yield(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	static const struct {
		const char *policy, *slice;
		bool yields;
	} cases[] = {
		{ "", NOBODY, true },
		{ "external=Local", NOBODY, true },
		{ "", REMOTE, false },
		{ "external=Local", REMOTE, false },
		{ "external=Local", EITHER, false },
		{ "internal=Local", REMOTE, false },
	};
	size_t i, j;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		char service[200];
		struct plan plan;
		size_t n = 0;

		(void)snprintf(service, sizeof(service), HTTP "external-ip=" NODE " %s", cases[i].policy);
		make_plan(arena, service, cases[i].slice, &plan);
		for (j = 0; j < plan.n_frontends; j++) {
			const struct frontend *f = &plan.frontends[j];

			n += f->kind == FRONTEND_KIND_EXTERNAL_IP;
			assert_int_equal(plan_yields(f),
					 f->kind == FRONTEND_KIND_EXTERNAL_IP && cases[i].yields);
		}
		assert_int_equal(n, 1);
		arena_reset(arena);
	}
}

/* N6, R2: source ranges are checked first. */
static void test_source_ranges(void **state)
{
	struct cidr ranges[2];
	struct frontend frontend = {
		.kind = FRONTEND_KIND_LOAD_BALANCER_IP,
		.addr = addr_of("198.51.100.1"),
		.protocol = PROTOCOL_TCP,
		.port = 80,
		.target = { .verdict = PLAN_VERDICT_REJECT },
		.n_source_ranges = 2,
		.source_ranges = ranges,
	};
	struct plan plan = { .n_frontends = 1, .frontends = &frontend };
	struct plan_packet packet = make_packet(FROM_OUTSIDE, "198.51.100.1", PROTOCOL_TCP, 80);
	const struct pool *pool = NULL;

	(void)state;
	assert_true(cidr_parse("10.0.0.0/8", &ranges[0]));
	assert_true(cidr_parse("203.0.113.0/29", &ranges[1]));
	assert_int_equal(plan_lookup(&plan, &packet, &pool), PLAN_OUTCOME_DROP);
	assert_true(cidr_parse("203.0.113.8/29", &ranges[1]));
	assert_int_equal(plan_lookup(&plan, &packet, &pool), PLAN_OUTCOME_REJECT);
	frontend.n_source_ranges = 0;
	packet.saddr = addr_of("8.8.8.8");
	assert_int_equal(plan_lookup(&plan, &packet, &pool), PLAN_OUTCOME_REJECT);
}

struct masquerade_case {
	const char *row;
	enum plan_masquerade masquerade;
	bool masquerade_all;
	bool has_detector;
	bool outside, pod, node; /* expected */
};

static const struct masquerade_case masquerade_cases[] = {
	{ "M1", PLAN_MASQUERADE_CLUSTER_IP, true, false, true, true, true },
	{ "M1 with a detector", PLAN_MASQUERADE_CLUSTER_IP, true, true, true, true, true },
	{ "M2", PLAN_MASQUERADE_CLUSTER_IP, false, true, true, false, true },
	{ "M3", PLAN_MASQUERADE_CLUSTER_IP, false, false, false, false, false },
	{ "M4 E24", PLAN_MASQUERADE_ALWAYS, false, true, true, true, true },
	{ "M4 without a detector", PLAN_MASQUERADE_ALWAYS, false, false, true, true, true },
	{ "M5 E19 E20 E21", PLAN_MASQUERADE_FROM_NODE, false, true, false, false, true },
	{ "M5 E23", PLAN_MASQUERADE_FROM_NODE, false, false, false, false, true },
	{ "M1 M5: masqueradeAll is for ClusterIPs", PLAN_MASQUERADE_FROM_NODE, true, true, false, false,
	  true },
};

static void test_masquerade(void **state)
{
	const struct pool_endpoint remote = { .addr = addr_of("10.0.0.2"), .port = 8080 };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(masquerade_cases); i++) {
		const struct masquerade_case *c = &masquerade_cases[i];
		const struct frontend frontend = { .masquerade = c->masquerade };
		const struct plan_node_rule rule = { c->masquerade_all, c->has_detector };
		struct plan_packet packet;

		packet = make_packet(FROM_OUTSIDE, CLUSTER_IP, PROTOCOL_TCP, 80);
		if (plan_masquerades(&frontend, &packet, &remote, &rule) != c->outside)
			fail_msg("%s, from outside", c->row);
		/* Without a detector no source counts as a pod. */
		packet = make_packet(FROM_POD, CLUSTER_IP, PROTOCOL_TCP, 80);
		packet.from_pod = c->has_detector;
		if (plan_masquerades(&frontend, &packet, &remote, &rule) != c->pod)
			fail_msg("%s, from a pod", c->row);
		packet = make_packet(FROM_NODE, CLUSTER_IP, PROTOCOL_TCP, 80);
		if (plan_masquerades(&frontend, &packet, &remote, &rule) != c->node)
			fail_msg("%s, from the node", c->row);
	}
}

/* An address of the node inside the pod CIDR counts as a pod (M2, E20). */
static void test_pod_before_node(void **state)
{
	const struct pool_endpoint remote = { .addr = addr_of("10.0.0.2"), .port = 8080 };
	const struct plan_node_rule rule = { .has_detector = true };
	struct plan_packet packet = make_packet(FROM_NODE, NODE, PROTOCOL_TCP, 30080);
	struct frontend frontend = { .masquerade = PLAN_MASQUERADE_FROM_NODE };

	(void)state;
	packet.from_pod = true;
	assert_false(plan_masquerades(&frontend, &packet, &remote, &rule));
	frontend.masquerade = PLAN_MASQUERADE_CLUSTER_IP;
	assert_false(plan_masquerades(&frontend, &packet, &remote, &rule));
}

static void test_hairpin(void **state)
{
	const struct pool_endpoint self = { .addr = addr_of(POD), .port = 8080 };
	const struct pool_endpoint other = { .addr = addr_of("10.0.0.8"), .port = 8080 };
	const struct plan_node_rule rule = { .has_detector = true };
	struct plan_packet packet = make_packet(FROM_POD, CLUSTER_IP, PROTOCOL_TCP, 80);
	static const enum plan_masquerade kinds[] = { PLAN_MASQUERADE_CLUSTER_IP, PLAN_MASQUERADE_FROM_NODE };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct frontend frontend = { .masquerade = kinds[i] };

		/* M6, M7 */
		assert_true(plan_masquerades(&frontend, &packet, &self, &rule));
		assert_false(plan_masquerades(&frontend, &packet, &other, &rule));
	}
}

/* Copies of 64 endpoints more than twice the lists: the price of a chain. */
static void test_own_lists(void **state)
{
	(void)state;
	assert_false(plan_own_lists(0, 0));
	assert_false(plan_own_lists(2 * 1000, 1000));
	/* A ClusterIP, a load balancer IP and a node port. */
	assert_false(plan_own_lists(3 * 64, 64));
	assert_true(plan_own_lists(3 * 65, 65));
	/* 12 front ends. */
	assert_false(plan_own_lists(12 * 6, 6));
	assert_true(plan_own_lists(12 * 7, 7));
}

/* Of three endpoints the first has three slots, the second one, and the third none. */
static void give_slots(struct pool *pool)
{
	static const uint32_t slots[] = { 0, 1, 0, 0 };

	assert_int_equal(pool->n_endpoints, 3);
	pool->slots = slots;
	pool->n_slots = ARRAY_SIZE(slots);
}

static void test_slots(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct plan_packet packet = make_packet(FROM_POD, CLUSTER_IP, PROTOCOL_TCP, 80);
	const struct pool *pool = NULL, *in_use;
	struct buf buf = BUF_INIT;
	uint32_t n[3];
	struct plan plan;

	(void)state;
	make_plan(arena, HTTP, "http/TCP/8080 | 10.0.0.1 RS; 10.0.0.2 RS; 10.0.0.3 RS", &plan);
	/* A ClusterIP and a node port, with one slot for each endpoint. */
	assert_int_equal(plan_size(&plan), 2 * (1 + 3));
	plan_count_slots(&plan.pools[0], n);
	assert_true(n[0] == 1 && n[1] == 1 && n[2] == 1);
	assert_ptr_equal(plan_in_use(&plan.pools[0], arena), &plan.pools[0]);

	give_slots(&plan.pools[0]);
	assert_int_equal(plan_size(&plan), 2 * (1 + 4));
	assert_int_equal(plan_lookup(&plan, &packet, &pool), PLAN_OUTCOME_POOL);
	assert_string_equal(print_outcome(PLAN_OUTCOME_POOL, pool, &buf),
			    "10.0.0.1 10.0.0.2 10.0.0.1 10.0.0.1");
	plan_count_slots(pool, n);
	assert_true(n[0] == 3 && n[1] == 1 && n[2] == 0);
	in_use = plan_in_use(pool, arena);
	assert_string_equal(print_outcome(PLAN_OUTCOME_POOL, in_use, &buf), "10.0.0.1 10.0.0.2");
	assert_int_equal(in_use->n_endpoints, 2);
	buf_done(&buf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lookup),		cmocka_unit_test(test_address_first),
		cmocka_unit_test(test_address_yields),	cmocka_unit_test(test_which_addresses_yield),
		cmocka_unit_test(test_source_ranges),	cmocka_unit_test(test_masquerade),
		cmocka_unit_test(test_pod_before_node), cmocka_unit_test(test_hairpin),
		cmocka_unit_test(test_own_lists),	cmocka_unit_test(test_slots),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
