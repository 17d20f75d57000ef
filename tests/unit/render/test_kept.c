/* SPDX-License-Identifier: GPL-2.0-or-later */
/* After a restart: what a Service has that stays as it is installed, and when that is not certain. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "backend/fake.h"
#include "base/arena.h"
#include "lib/plans.h"
#include "render/kept_keys.h"
#include "render/layout.h"
#include "render/state.h"
#include "render/state_walk.h"

static struct arena *arena;
static struct fake *fake;
static struct snapshot found;

/* The only Service port that exists; NULL: that is not known. */
static const char *only_port;

static bool is_only_port(void *ctx, const char *id)
{
	(void)ctx;
	return strcmp(id, only_port) == 0;
}

static int setup(void **state)
{
	(void)state;
	arena = arena_new();
	fake = fake_new();
	snapshot_init(&found);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	only_port = NULL;
	snapshot_done(&found);
	fake_free(fake);
	arena_free(arena);
	return 0;
}

static void begin(struct state *state)
{
	const struct layout_node node = { .family = { { .enabled = true }, { .enabled = false } } };
	const struct service_elements nothing = { .n = 0 };
	struct skeleton skeleton;

	layout_skeleton(&node, arena, &skeleton);
	state_begin(state, &skeleton, &nothing);
}

/* One ClusterIP, 10.96.0.1, with session affinity, and two endpoints. */
static struct plan *affine(const char *name, uint32_t timeout_s)
{
	struct plan *plan = plans_cluster_ip(arena, name, 1, 2, 1);

	plan->frontends[0].affinity_timeout_s = timeout_s;
	plan->frontends[0].lists[PLAN_LIST_CLUSTER] = timeout_s ? 0 : PLAN_NO_POOL;
	plan->frontends[0].lists[PLAN_LIST_LOCAL] = PLAN_NO_POOL;
	return plan;
}

/* An earlier process installs it. */
static void install(const struct plan *plan)
{
	struct state *state = state_new();
	struct backend_report report;
	struct changes changes;
	struct err err = { 0 };

	begin(state);
	state_plan(state, plan);
	change_init(&changes, state_skeleton(state));
	state_changes(state, &changes);
	if (fake_commit(fake, &changes, &report, &err))
		fail_msg("%s", err.text);
	state_commit(state);
	change_done(&changes);
	state_free(state);
	fake_read(fake, &found);
	snapshot_seal(&found);
}

/* The next process keeps it, with @newest as its newest version. Return: its state. */
static struct state *keep(const struct plan *newest, bool unclear)
{
	struct state *state = state_new();
	struct changes changes;

	state_take_over(state, true);
	state_first(state, true);
	begin(state);
	state_keep(state, newest, false);
	if (only_port)
		state_know_ports(state, is_only_port, NULL);
	state_use_kept(state, &found);
	change_init(&changes, NULL);
	state_changes(state, &changes);
	assert_int_equal(state_kept_is_unclear(state), unclear);
	change_done(&changes);
	state_commit(state);
	state_first(state, false);
	return state;
}

static void expect_taken(const struct plan *newest)
{
	struct state *state = keep(newest, false);

	/* Of the front end: the verdict, the address, its port, the learning chain; of each endpoint three elements. */
	assert_int_equal(state_n_elements(state), 4 + 2 * 3);
	assert_true(state_walk_knows_chains(state));
	assert_int_equal(state_walk_count_client_maps(state), 1);
	/* So another Service can be planned without reading everything back. */
	begin(state);
	state_plan(state, plans_cluster_ip(arena, "other", 2, 1, 9));
	assert_false(state_needs_snapshot(state));
	state_rollback(state);
	state_free(state);
}

static void test_taken(void **state)
{
	(void)state;
	install(affine("a", 600));
	expect_taken(affine("a", 600));
}

/* The newest version has no session affinity; what is installed has the default timeout. */
static void test_other_version(void **state)
{
	(void)state;
	install(affine("a", 10800));
	expect_taken(affine("a", 0));
}

static void test_other_timeout(void **state)
{
	(void)state;
	install(affine("a", 600));
	expect_taken(affine("a", 700));
}

static void expect_unclear(const struct plan *newest)
{
	struct state *state = keep(newest, true);

	assert_int_equal(state_n_elements(state), 0);
	assert_int_equal(state_walk_count_client_maps(state), 0);
	state_free(state);
}

/* Another process has changed a chain. */
static void test_changed_chain(void **state)
{
	size_t i;

	(void)state;
	install(affine("a", 600));
	for (i = 0; i < found.n_chains; i++)
		if (strncmp(found.chains[i].name, "learn-", 6) == 0)
			found.chains[i].fingerprint[0] = 'x';
	expect_unclear(affine("a", 600));
}

/* The front end has changed hands: its verdict leads to chains of the Service that had it. */
static void test_other_service(void **state)
{
	(void)state;
	install(affine("a", 600));
	expect_unclear(affine("b", 600));
}

/* The port has another name in the newest version. If there is no port with the old name, its chains can only be this Service's. */
static void test_other_port_name(void **state)
{
	struct plan *newest = affine("a", 600);
	char old[PORT_CHAINS_ID_SIZE], new[PORT_CHAINS_ID_SIZE];

	(void)state;
	install(affine("a", 600));
	port_chains_id(newest->service, newest->frontends[0].port_name, PROTOCOL_TCP, old);
	newest->frontends[0].port_name = "renamed";
	port_chains_id(newest->service, newest->frontends[0].port_name, PROTOCOL_TCP, new);
	only_port = old;
	expect_unclear(newest);
	only_port = new;
	expect_taken(newest);
}

/* The front ends of two kept Services lead to a port that no Service has any more. Only one of them can have it. */
static void test_former_port_of_two(void **state)
{
	struct plan *before = affine("a", 600), *first = affine("b", 600), *second = affine("c", 600);
	struct frontend *both = arena_array(arena, 2, sizeof(*both));
	struct state *new = state_new();
	struct changes changes;

	(void)state;
	both[0] = both[1] = before->frontends[0];
	both[1].port = 81;
	before->frontends = both;
	before->n_frontends = 2;
	install(before);
	second->frontends[0].port = 81;
	only_port = "none";
	state_take_over(new, true);
	state_first(new, true);
	begin(new);
	state_know_ports(new, is_only_port, NULL);
	state_keep(new, first, false);
	state_keep(new, second, false);
	state_use_kept(new, &found);
	change_init(&changes, NULL);
	state_changes(new, &changes);
	assert_true(state_kept_is_unclear(new));
	change_done(&changes);
	state_rollback(new);
	state_free(new);
}

/* One Service with @n_ports ports on its ClusterIP, all with session affinity, and ten endpoints of its own each. */
static struct plan *many_ports(size_t n_ports)
{
	struct plan *plan = affine("a", 600);
	struct frontend first = plan->frontends[0];
	size_t i;

	plan->n_frontends = plan->n_pools = n_ports;
	plan->frontends = arena_array(arena, n_ports, sizeof(*plan->frontends));
	plan->pools = arena_array(arena, n_ports, sizeof(*plan->pools));
	for (i = 0; i < n_ports; i++) {
		char *name = arena_alloc(arena, 24);

		(void)snprintf(name, 24, "p%zu", i);
		plan->frontends[i] = first;
		plan->frontends[i].port = (uint16_t)(i + 1);
		plan->frontends[i].port_name = name;
		plan->frontends[i].target.pool = plan->frontends[i].lists[PLAN_LIST_CLUSTER] = (uint32_t)i;
		plan->pools[i] = plans_cluster_ip(arena, "a", 1, 10, 10 * i)->pools[0];
	}
	return plan;
}

/* How many elements the kernel is asked for. */
static size_t count_keys(const struct plan *plan)
{
	struct kept_keys *keys = kept_keys_new();
	const struct element *asked;
	struct snapshot answer;
	struct element e;
	size_t n, i, sum = 0;

	kept_keys_add_plan(keys, plan);
	while ((n = kept_keys_next(keys, &asked))) {
		sum += n;
		snapshot_init(&answer);
		for (i = 0; i < n; i++)
			if (snapshot_find_element(&found, &asked[i], &e) != SIZE_MAX)
				snapshot_add_element(&answer, &e);
		snapshot_seal(&answer);
		kept_keys_found(keys, &answer);
		snapshot_done(&answer);
	}
	kept_keys_free(keys);
	return sum;
}

/* A port is asked for its own endpoints, not for those of all ports. */
static void test_number_of_keys(void **state)
{
	const size_t n_ports = 300;
	size_t n;

	(void)state;
	install(many_ports(n_ports));
	n = count_keys(many_ports(n_ports));
	assert_true(n > n_ports * 10 * 3);
	assert_true(n < n_ports * (10 * 10 + 200));
}

/* One port on many addresses, with lists of its own: the endpoints are not asked for at each front end. */
static void test_number_of_keys_of_own_lists(void **state)
{
	const size_t n_frontends = 200;
	struct plan *plan = plans_cluster_ip(arena, "a", 1, 10, 1);
	struct frontend first = plan->frontends[0];
	size_t i;

	(void)state;
	plan->n_frontends = n_frontends;
	plan->frontends = arena_array(arena, n_frontends, sizeof(*plan->frontends));
	for (i = 0; i < n_frontends; i++) {
		plan->frontends[i] = first;
		plan->frontends[i].own_lists = true;
		plan->frontends[i].addr.bytes[3] = (uint8_t)(i + 1);
	}
	install(plan);
	assert_true(count_keys(plan) < n_frontends * 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_taken, setup, teardown),
		cmocka_unit_test_setup_teardown(test_other_version, setup, teardown),
		cmocka_unit_test_setup_teardown(test_other_timeout, setup, teardown),
		cmocka_unit_test_setup_teardown(test_other_port_name, setup, teardown),
		cmocka_unit_test_setup_teardown(test_former_port_of_two, setup, teardown),
		cmocka_unit_test_setup_teardown(test_changed_chain, setup, teardown),
		cmocka_unit_test_setup_teardown(test_other_service, setup, teardown),
		cmocka_unit_test_setup_teardown(test_number_of_keys, setup, teardown),
		cmocka_unit_test_setup_teardown(test_number_of_keys_of_own_lists, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
