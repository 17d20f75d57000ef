/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Slots (plan/plan.h) as elements: an endpoint with several of them, and one with none. */
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
#include "render/port_chains.h"
#include "render/state.h"
#include "ruleset/image.h"
#include "ruleset/trace.h"

#define N_ENDPOINTS 3
#define N_MANY	    256

static struct arena *arena;
static struct state *installed;
static struct image *image;
static struct changes changes;
static struct state_expiry expiry; /* the first one of the last transaction */
static struct buf text;

/* The second endpoint has three slots, the first one, and the third none. */
static const uint32_t weighted[] = { 0, 1, 1, 1 };
static const uint32_t in_order[] = { 0, 1, 2 };

static int setup(void **state)
{
	(void)state;
	arena = arena_new();
	installed = state_new();
	image = image_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	state_free(installed);
	image_free(image);
	arena_free(arena);
	buf_done(&text);
	return 0;
}

static struct addr make_addr(uint8_t a, uint8_t b, uint8_t d)
{
	return (struct addr){ .family = FAMILY_IPV4, .bytes = { a, b, 0, d } };
}

/* A ClusterIP and a node port; @slots NULL: one for each endpoint. */
static struct plan *make_plan(const uint32_t *slots, size_t n_slots, uint32_t affinity_timeout_s,
			      bool own_lists)
{
	struct pool_endpoint *endpoints = arena_array(arena, N_ENDPOINTS, sizeof(*endpoints));
	struct frontend *f = arena_array(arena, 2, sizeof(*f));
	struct plan *plan = arena_alloc(arena, sizeof(*plan));
	struct pool *pool = arena_alloc(arena, sizeof(*pool));
	uint8_t i;

	for (i = 0; i < N_ENDPOINTS; i++)
		endpoints[i] =
			(struct pool_endpoint){ .addr = make_addr(10, 244, (uint8_t)(i + 1)), .port = 8080 };
	*pool = (struct pool){
		.n_endpoints = N_ENDPOINTS, .endpoints = endpoints, .n_slots = n_slots, .slots = slots
	};
	for (i = 0; i < 2; i++)
		f[i] = (struct frontend){ .kind = i ? FRONTEND_KIND_NODE_PORT : FRONTEND_KIND_CLUSTER_IP,
					  .addr = i ? (struct addr){ .family = FAMILY_IPV4 }
						    : make_addr(10, 96, 1),
					  .protocol = PROTOCOL_TCP,
					  .port = i ? 30080 : 80,
					  .port_name = "http",
					  .target = { .verdict = PLAN_VERDICT_POOL },
					  .lists = { 0, PLAN_NO_POOL },
					  .affinity_timeout_s = affinity_timeout_s,
					  .own_lists = own_lists };
	*plan = (struct plan){
		.service = { "shop", "web" }, .n_frontends = 2, .frontends = f, .n_pools = 1, .pools = pool
	};
	return plan;
}

static void install(const struct plan *plan)
{
	const struct layout_node node = { .family = { { .enabled = true, .node_ports_everywhere = true },
						      { .enabled = false } } };
	const struct service_elements nothing = { .n = 0 };
	struct skeleton skeleton;
	struct err err = { 0 };

	layout_skeleton(&node, arena, &skeleton);
	state_begin(installed, &skeleton, &nothing);
	state_plan(installed, plan);
	change_init(&changes, state_skeleton(installed));
	state_changes(installed, &changes);
	expiry = (struct state_expiry){ .lost = false };
	(void)state_next_expiry(installed, &expiry);
	if (image_apply(image, &changes, &err))
		fail_msg("%s", err.text);
	state_commit(installed);
}

static void install_only(const struct plan *plan)
{
	install(plan);
	change_done(&changes);
}

/* The text of @e without the first @skip fields of its key. */
static void print_element(const struct element *e, size_t skip)
{
	struct buf one = BUF_INIT;
	const char *rest;

	set_element_print(&one, &layout_sets()[e->set], e);
	for (rest = buf_text(&one); skip; skip--)
		rest = strstr(rest, " . ") + 3;
	buf_printf(&text, "%s%s", text.size ? "; " : "", rest);
	buf_done(&one);
}

/* The elements of @set, each without the first @skip fields of its key. */
static void expect_set(uint8_t set, size_t skip, const char *expected)
{
	struct element sorted[N_MANY];
	const struct element *e = NULL;
	size_t n = 0, i;

	while ((e = image_each_element(image, FAMILY_IPV4, set, e)))
		sorted[n++] = *e;
	set_elements_sort(sorted, n);
	buf_reset(&text);
	for (i = 0; i < n; i++)
		print_element(&sorted[i], skip);
	assert_string_equal(buf_text(&text), expected);
}

static bool is_local(void *ctx, const struct addr *addr)
{
	const struct addr node = make_addr(10, 9, 1);

	(void)ctx;
	return addr_equal(addr, &node);
}

/* The endpoint that a packet to the ClusterIP or the node port reaches, by its last byte. */
static uint8_t reached(bool node_port, uint32_t random)
{
	struct trace_packet packet = {
		.saddr = make_addr(10, 9, 9),
		.daddr = node_port ? make_addr(10, 9, 1) : make_addr(10, 96, 1),
		.protocol = PROTOCOL_TCP,
		.sport = 1000,
		.dport = node_port ? 30080 : 80,
		.iifname = "eth0",
		.random = random,
		.is_local = is_local,
	};
	struct trace_result result;

	trace_walk(image, &packet, &result, NULL);
	assert_true(result.translated);
	return result.daddr.bytes[3];
}

#define EXPECTED(KEY)                                                                                 \
	KEY "0 : 10.244.0.1 . 8080; " KEY "1 : 10.244.0.2 . 8080; " KEY "2 : 10.244.0.2 . 8080; " KEY \
	    "3 : 10.244.0.2 . 8080"

/* Each slot is an element, and the lb chain is that of the number of slots. */
static void test_weights(void **state)
{
	static const uint8_t expected[] = { 1, 2, 2, 2 };
	uint32_t random;

	(void)state;
	install_only(make_plan(weighted, ARRAY_SIZE(weighted), 0, false));
	expect_set(LAYOUT_SET_SERVICES, 0, "10.96.0.1 . tcp . 80 : jump lb-tcp-4");
	expect_set(LAYOUT_SET_NODEPORTS, 0, "tcp . 30080 : jump nodeport-tcp-4");
	expect_set(LAYOUT_SET_ENDPOINTS, 0, EXPECTED("10.96.0.1 . tcp . 80 . "));
	expect_set(LAYOUT_SET_NODEPORT_ENDPOINTS, 0, EXPECTED("tcp . 30080 . "));
	for (random = 0; random < 3 * ARRAY_SIZE(expected); random++) {
		assert_int_equal(reached(false, random), expected[random % ARRAY_SIZE(expected)]);
		assert_int_equal(reached(true, random), expected[random % ARRAY_SIZE(expected)]);
	}
}

static void test_own_list(void **state)
{
	static const uint8_t expected[] = { 1, 2, 2, 2 };
	uint32_t random;
	int i;

	(void)state;
	install_only(make_plan(weighted, ARRAY_SIZE(weighted), 0, true));
	expect_set(LAYOUT_SET_ENDPOINTS, 0, "");
	for (i = 0; i < LAYOUT_POOLS; i++)
		if (image_each_element(image, FAMILY_IPV4, (uint8_t)(LAYOUT_SET_POOLS + i), NULL))
			break;
	expect_set((uint8_t)(LAYOUT_SET_POOLS + i), 2, EXPECTED(""));
	for (random = 0; random < 3 * ARRAY_SIZE(expected); random++) {
		assert_int_equal(reached(false, random), expected[random % ARRAY_SIZE(expected)]);
		assert_int_equal(reached(true, random), expected[random % ARRAY_SIZE(expected)]);
	}
}

/* One slot for each endpoint, in their order, is what a list without slots is. */
static void test_in_order(void **state)
{
	static const uint32_t timeouts[] = { 0, 10800 };
	size_t i;
	int own;

	(void)state;
	for (own = 0; own < 2; own++)
		for (i = 0; i < ARRAY_SIZE(timeouts); i++) {
			install_only(make_plan(NULL, 0, timeouts[i], own));
			install(make_plan(in_order, ARRAY_SIZE(in_order), timeouts[i], own));
			assert_int_equal(changes.n, 0);
			change_done(&changes);
		}
}

/* An endpoint without a slot is, to clients of session affinity, one that was removed (A6), until it has a slot again. */
static void test_affinity(void **state)
{
	struct client client = { .has_addr = true, .has_port = true, .port = 8080 };
	int own;

	(void)state;
	for (own = 0; own < 2; own++) {
		install_only(make_plan(NULL, 0, 10800, own));
		expect_set(LAYOUT_SET_AFFINITY_ENDPOINTS, 2,
			   "10.244.0.1 . 8080; 10.244.0.2 . 8080; 10.244.0.3 . 8080");
		install(make_plan(weighted, ARRAY_SIZE(weighted), 10800, own));
		expect_set(LAYOUT_SET_AFFINITY_ENDPOINTS, 2, "10.244.0.1 . 8080; 10.244.0.2 . 8080");
		expect_set(LAYOUT_SET_REMOVED_ENDPOINTS, 2, "10.244.0.3 . 8080");
		expect_set(LAYOUT_SET_AFFINITY_ADDRESSES, 0, "10.244.0.1; 10.244.0.2; 10.244.0.3");
		assert_true(expiry.lost);
		client.addr = make_addr(10, 244, 2);
		assert_false(port_chains_is_stale(plan_in_use(expiry.pool, arena), &client));
		client.addr = make_addr(10, 244, 3);
		assert_true(port_chains_is_stale(plan_in_use(expiry.pool, arena), &client));
		change_done(&changes);

		install(make_plan(in_order, ARRAY_SIZE(in_order), 10800, own));
		expect_set(LAYOUT_SET_AFFINITY_ENDPOINTS, 2,
			   "10.244.0.1 . 8080; 10.244.0.2 . 8080; 10.244.0.3 . 8080");
		expect_set(LAYOUT_SET_REMOVED_ENDPOINTS, 2, "");
		assert_false(expiry.lost);
		assert_false(port_chains_is_stale(plan_in_use(expiry.pool, arena), &client));
		change_done(&changes);
	}
}

/* Only the slots that move are sent, for each front end or once. Another number of slots is another chain. */
static void test_moves(void **state)
{
	uint32_t *slots = arena_array(arena, N_MANY, sizeof(*slots));
	size_t i, own;

	(void)state;
	for (own = 0; own < 2; own++) {
		for (i = 0; i < N_MANY; i++)
			slots[i] = (uint32_t)i % N_ENDPOINTS;
		install_only(make_plan(slots, N_MANY, 0, own));
		slots[7] = 2;
		slots[200] = 0;
		install(make_plan(slots, N_MANY, 0, own));
		assert_int_equal(changes.n, own ? 4 : 8);
		for (i = 0; i < changes.n; i++)
			assert_true(changes.list[i].op == CHANGE_OP_ELEMENT_ADD ||
				    changes.list[i].op == CHANGE_OP_ELEMENT_DEL);
		change_done(&changes);
		assert_int_equal(reached(false, 7), 3);
		assert_int_equal(reached(true, 200), 1);
	}
	/* Two slots less: two elements, and a rule's modulus. */
	install(make_plan(slots, N_MANY - 2, 0, true));
	assert_int_equal(changes.n, 3);
	change_done(&changes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_weights, setup, teardown),
		cmocka_unit_test_setup_teardown(test_own_list, setup, teardown),
		cmocka_unit_test_setup_teardown(test_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(test_affinity, setup, teardown),
		cmocka_unit_test_setup_teardown(test_moves, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
