/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "render/layout.h"
#include "render/lb_chain.h"
#include "render/state.h"
#include "ruleset/image.h"
#include "ruleset/trace.h"

/*
 * tests/COVERAGE.md Y9: a packet meets two generations of the ruleset in one walk. The rules and verdicts are those of one
 * generation, and the endpoints, or the chain that a verdict leads to, those of another. It goes to an endpoint or is dropped,
 * but is never accepted with its old destination.
 */

#define N_ENDPOINTS 3

static struct arena *arena;
static struct state *installed;
static struct image *image;

static const struct cidr anywhere = { .addr = { .family = FAMILY_IPV4 }, .prefix_len = 1 };

enum {
	CLUSTER_IP = 1,
	EXTERNAL_IP,
	LOCAL_IP,
	RESTRICTED_IP,
	NODE = 10
};

static struct addr service_addr(uint8_t number)
{
	return (struct addr){ .family = FAMILY_IPV4, .bytes = { 10, 96, 0, number } };
}

static struct frontend make_frontend(enum frontend_kind kind, uint8_t addr, uint16_t port, bool local)
{
	return (struct frontend){
		.kind = kind,
		.addr = kind == FRONTEND_KIND_NODE_PORT ? (struct addr){ .family = FAMILY_IPV4 }
							: service_addr(addr),
		.protocol = PROTOCOL_TCP,
		.port = port,
		.port_name = "",
		.target = { .verdict = PLAN_VERDICT_POOL },
		.has_local_target = local,
		.local_target = { .verdict = PLAN_VERDICT_POOL, .list = PLAN_LIST_LOCAL },
		.masquerade = local ? PLAN_MASQUERADE_FROM_NODE : PLAN_MASQUERADE_CLUSTER_IP,
	};
}

static struct plan *make_plan(uint32_t affinity_timeout_s)
{
	struct pool_endpoint *endpoints = arena_array(arena, N_ENDPOINTS, sizeof(*endpoints));
	struct frontend *f = arena_array(arena, 6, sizeof(*f));
	struct plan *plan = arena_alloc(arena, sizeof(*plan));
	struct pool *pool = arena_alloc(arena, sizeof(*pool));
	size_t i;

	for (i = 0; i < N_ENDPOINTS; i++)
		endpoints[i] = (struct pool_endpoint){ .addr = { .family = FAMILY_IPV4,
								 .bytes = { 10, 244, 0, (uint8_t)(i + 1) } },
						       .port = 8080 };
	*pool = (struct pool){ .n_endpoints = N_ENDPOINTS, .endpoints = endpoints };
	f[0] = make_frontend(FRONTEND_KIND_CLUSTER_IP, CLUSTER_IP, 80, false);
	f[1] = make_frontend(FRONTEND_KIND_EXTERNAL_IP, EXTERNAL_IP, 80, false);
	f[2] = make_frontend(FRONTEND_KIND_EXTERNAL_IP, LOCAL_IP, 80, true);
	f[3] = make_frontend(FRONTEND_KIND_LOAD_BALANCER_IP, RESTRICTED_IP, 80, false);
	f[3].source_ranges = &anywhere;
	f[3].n_source_ranges = 1;
	f[4] = make_frontend(FRONTEND_KIND_NODE_PORT, 0, 30080, false);
	f[5] = make_frontend(FRONTEND_KIND_NODE_PORT, 0, 30081, true);
	for (i = 0; i < 6; i++)
		f[i].affinity_timeout_s = affinity_timeout_s;
	*plan = (struct plan){
		.service = { "default", "web" }, .n_frontends = 6, .frontends = f, .n_pools = 1, .pools = pool
	};
	return plan;
}

/* Where packets go, with a port of each kind of front end. */
static const struct {
	uint8_t addr;
	uint16_t port;
} targets[] = { { CLUSTER_IP, 80 },    { EXTERNAL_IP, 80 }, { LOCAL_IP, 80 },
		{ RESTRICTED_IP, 80 }, { NODE, 30080 },	    { NODE, 30081 } };

static bool is_local(void *ctx, const struct addr *addr)
{
	struct addr node = service_addr(NODE);

	(void)ctx;
	return addr_equal(addr, &node);
}

/* @n_node_addresses: that serve node ports; 0: all do */
static void install(size_t n_node_addresses, uint32_t affinity_timeout_s)
{
	struct layout_node node = { .family = {
					    { .enabled = true, .node_ports_everywhere = !n_node_addresses },
					    { .enabled = false } } };
	struct addr addresses[] = { service_addr(NODE), service_addr(NODE + 1) };
	struct service_elements own;
	struct skeleton skeleton;
	struct changes changes;
	struct err err = { 0 };

	arena = arena_new();
	installed = state_new();
	image = image_new();
	layout_node_count_addresses(&node, addresses, n_node_addresses);
	layout_skeleton(&node, arena, &skeleton);
	service_elements_of_node(&node, addresses, n_node_addresses, arena, &own);
	state_begin(installed, &skeleton, &own);
	state_plan(installed, make_plan(affinity_timeout_s));
	change_init(&changes, state_skeleton(installed));
	state_changes(installed, &changes);
	if (image_apply(image, &changes, &err))
		fail_msg("%s", err.text);
	change_done(&changes);
	state_commit(installed);
}

static void uninstall(void)
{
	state_free(installed);
	image_free(image);
	arena_free(arena);
}

static void walk(size_t target, uint8_t source, uint32_t random, struct trace_result *ret)
{
	struct trace_packet packet = {
		.saddr = { .family = FAMILY_IPV4, .bytes = { 10, 96, 0, source } },
		.daddr = service_addr(targets[target].addr),
		.protocol = PROTOCOL_TCP,
		.sport = 1000,
		.dport = targets[target].port,
		.local_out = source == NODE,
		.iifname = "eth0",
		.random = random,
		.is_local = is_local,
	};

	trace_walk(image, &packet, ret, NULL);
}

/* @only: the index of the endpoint that all translated packets go to; negative: no packet is translated */
static void expect(const char *what, int only)
{
	static const uint8_t sources[] = { 99, NODE };
	struct trace_result result;
	size_t i, source;
	uint32_t random;

	for (i = 0; i < ARRAY_SIZE(targets); i++)
		for (source = 0; source < ARRAY_SIZE(sources); source++)
			for (random = 0; random < N_ENDPOINTS; random++) {
				walk(i, sources[source], random, &result);
				if (result.translated != (only >= 0) ||
				    (result.translated && result.daddr.bytes[3] != only + 1) ||
				    (!result.translated && result.verdict == TRACE_VERDICT_ACCEPT))
					fail_msg("%s: target %zu, source %u, random %u: %s, verdict %d", what,
						 i, sources[source], random,
						 result.translated ? "translated" : "not translated",
						 (int)result.verdict);
			}
}

static bool is_endpoints(uint8_t set)
{
	return set == LAYOUT_SET_ENDPOINTS || set == LAYOUT_SET_ENDPOINTS_LOCAL ||
	       set == LAYOUT_SET_NODEPORT_ENDPOINTS || set == LAYOUT_SET_NODEPORT_ENDPOINTS_LOCAL;
}

/* Delete the endpoints with an index from @first to before @end. */
static void delete_endpoints(uint32_t first, uint32_t end)
{
	const struct element *e = NULL;
	struct changes changes;
	struct err err = { 0 };
	uint32_t index;
	int set;

	change_init(&changes, state_skeleton(installed));
	for (set = 0; set < _LAYOUT_SET_MAX; set++) {
		if (!is_endpoints((uint8_t)set))
			continue;
		for (e = NULL; (e = image_each_element(image, FAMILY_IPV4, (uint8_t)set, e));) {
			memcpy(&index, e->key + e->key_size - sizeof(index), sizeof(index));
			if (index >= first && index < end)
				change_add_element(&changes, CHANGE_OP_ELEMENT_DEL, SERVICE_NAME_NONE, e);
		}
	}
	change_finish(&changes);
	if (image_apply(image, &changes, &err))
		fail_msg("%s", err.text);
	change_done(&changes);
}

/* A chain that is new has no rules yet for a packet that began its walk before. */
static void empty_lb_chains(void)
{
	struct lb_chain lb = { .table = FAMILY_IPV4, .protocol = PROTOCOL_TCP, .n_slots = N_ENDPOINTS };
	struct changes changes;
	struct err err = { 0 };

	change_init(&changes, state_skeleton(installed));
	for (lb.kind = 0; lb.kind < _LB_CHAIN_KIND_MAX; lb.kind++) {
		struct chain *chain = arena_alloc(arena, sizeof(*chain));

		lb_chain_build(&lb, arena, chain);
		chain->n_rules = 0;
		change_add_chain(&changes, CHANGE_OP_CHAIN_REFILL, SERVICE_NAME_NONE, chain);
	}
	change_finish(&changes);
	if (image_apply(image, &changes, &err))
		fail_msg("%s", err.text);
	change_done(&changes);
}

static void test_fewer_endpoints(void **state)
{
	static const uint32_t timeouts[] = { 0, 10800 };
	size_t i, n_node_addresses;

	(void)state;
	for (n_node_addresses = 0; n_node_addresses < 3; n_node_addresses++)
		for (i = 0; i < ARRAY_SIZE(timeouts); i++) {
			install(n_node_addresses, timeouts[i]);
			delete_endpoints(1, UINT32_MAX);
			expect("one endpoint is left", 0);
			delete_endpoints(0, 1);
			expect("no endpoint is left", -1);
			uninstall();
		}
}

/* Kernels up to 6.1 can miss an element while it is being replaced. If it is number 0, half of the others try number 1. */
static void test_replaced_endpoint(void **state)
{
	struct trace_result result;
	size_t i;

	(void)state;
	install(1, 0);
	delete_endpoints(0, 1);
	for (i = 0; i < ARRAY_SIZE(targets); i++) {
		walk(i, NODE, 1 * N_ENDPOINTS, &result);
		assert_true(result.translated);
		assert_int_equal(result.daddr.bytes[3], 2);
		walk(i, NODE, 2 * N_ENDPOINTS, &result);
		assert_false(result.translated);
		assert_int_equal(result.verdict, TRACE_VERDICT_DROP);
	}
	uninstall();
}

static void test_new_chain(void **state)
{
	static const uint32_t timeouts[] = { 0, 10800 };
	size_t i, n_node_addresses;

	(void)state;
	for (n_node_addresses = 0; n_node_addresses < 3; n_node_addresses++)
		for (i = 0; i < ARRAY_SIZE(timeouts); i++) {
			install(n_node_addresses, timeouts[i]);
			empty_lb_chains();
			expect("the chain is empty", -1);
			uninstall();
		}
}

/* As for a packet that has passed the rules which ask for front ends with endpoints, when there were none yet. */
static void pass_services(void)
{
	const struct skeleton *skeleton = state_skeleton(installed);
	const struct element *e = NULL;
	struct changes changes;
	struct err err = { 0 };
	size_t i;

	change_init(&changes, skeleton);
	while ((e = image_each_element(image, FAMILY_IPV4, LAYOUT_SET_SERVICES, e)))
		change_add_element(&changes, CHANGE_OP_ELEMENT_DEL, SERVICE_NAME_NONE, e);
	for (i = 0; i < skeleton->n_chains; i++) {
		struct chain *chain = arena_alloc(arena, sizeof(*chain));

		*chain = skeleton->chains[i];
		if (chain->table != FAMILY_IPV4 || strcmp(chain->name, "external") != 0)
			continue;
		assert_true(chain->n_rules > 2);
		chain->rules += 2;
		chain->n_rules -= 2;
		change_add_chain(&changes, CHANGE_OP_CHAIN_REFILL, SERVICE_NAME_NONE, chain);
	}
	change_finish(&changes);
	if (image_apply(image, &changes, &err))
		fail_msg("%s", err.text);
	change_done(&changes);
}

/* S16: an address without endpoints is asked for after node ports. Meanwhile it got some. */
static void test_first_endpoint(void **state)
{
	struct trace_result result;
	size_t i, n_node_addresses;

	(void)state;
	for (n_node_addresses = 0; n_node_addresses < 3; n_node_addresses++) {
		install(n_node_addresses, 0);
		pass_services();
		for (i = 0; i < ARRAY_SIZE(targets); i++) {
			if (targets[i].addr == CLUSTER_IP)
				continue;
			walk(i, 99, 0, &result);
			assert_int_equal(result.translated, targets[i].addr == NODE);
			if (!result.translated)
				assert_int_equal(result.verdict, TRACE_VERDICT_DROP);
		}
		uninstall();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fewer_endpoints),
		cmocka_unit_test(test_replaced_endpoint),
		cmocka_unit_test(test_new_chain),
		cmocka_unit_test(test_first_endpoint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
