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

#include "backend/diff_text.h"
#include "backend/fake.h"
#include "base/arena.h"
#include "lib/plans.h"
#include "render/kept_keys.h"
#include "render/layout.h"
#include "render/port_chains.h"
#include "render/state.h"
#include "render/state_walk.h"
#include "ruleset/reconcile.h"

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

/*
 * The next process keeps it, with @newest as its newest version
 * @all:	whether all of it is kept
 * @n_changes:	then: how many put the kernel right
 *
 * Return: its state.
 */
static struct state *keep(const struct plan *newest, bool all, size_t n_changes)
{
	struct state *state = state_new();
	struct service_name service;
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
	assert_int_equal(!state_next_not_kept(state, &service), all);
	/* This changes @found. */
	if (all)
		reconcile_changes(&changes, &found, &found);
	state_postpone_ready(state, &changes);
	if (all && changes.n != n_changes) {
		struct buf text = BUF_INIT;

		diff_text_print(&changes, 200, &text);
		fail_msg("%zu changes:\n%s", changes.n, buf_text(&text));
	}
	change_done(&changes);
	state_commit(state);
	state_first(state, false);
	return state;
}

static void expect_taken_with(const struct plan *newest, size_t n_changes)
{
	struct state *state = keep(newest, true, n_changes);

	/* Of the front end: the verdict, the address, its port, the learning chain; of each endpoint three elements. */
	assert_int_equal(state_n_elements(state), 4 + 2 * 3);
	assert_int_equal(state_walk_count_client_maps(state), 1);
	state_free(state);
}

static void expect_taken(const struct plan *newest)
{
	expect_taken_with(newest, 0);
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

/* Another process has changed a chain: it is put right. */
static void test_changed_chain(void **state)
{
	size_t i;

	(void)state;
	install(affine("a", 600));
	for (i = 0; i < found.n_chains; i++)
		if (strncmp(found.chains[i].name, "learn-", 6) == 0)
			found.chains[i].fingerprint[0] = 'x';
	expect_taken_with(affine("a", 600), 1);
}

/* Another process has changed the rule with the timeout: the one of the newest version is used. */
static void test_lost_timeout(void **state)
{
	size_t i;

	(void)state;
	install(affine("a", 600));
	for (i = 0; i < found.n_chains; i++)
		found.chains[i].timeout_s = 0;
	expect_taken(affine("a", 600));
}

static void expect_not_kept(const struct plan *newest)
{
	struct state *state = keep(newest, false, 0);

	assert_int_equal(state_n_elements(state), 0);
	assert_int_equal(state_walk_count_client_maps(state), 0);
	state_free(state);
}

/* The front end has changed hands: its verdict leads to chains of the Service that had it. */
static void test_other_service(void **state)
{
	(void)state;
	install(affine("a", 600));
	expect_not_kept(affine("b", 600));
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
	expect_not_kept(newest);
	only_port = new;
	expect_taken(newest);
}

/* The front ends of two kept Services lead to a port that no Service has any more. Only one of them can have it. */
static void test_former_port_of_two(void **state)
{
	struct plan *before = affine("a", 600), *first = affine("b", 600), *second = affine("c", 600);
	struct frontend *both = arena_array(arena, 2, sizeof(*both));
	struct state *new = state_new();
	struct service_name service;
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
	assert_true(state_next_not_kept(new, &service));
	assert_string_equal(service.name, "c");
	assert_false(state_next_not_kept(new, &service));
	change_done(&changes);
	state_rollback(new);
	state_free(new);
}

/* One ClusterIP, 10.96.0.1, with @n source ranges, and two endpoints. */
static struct plan *restricted(size_t n)
{
	struct plan *plan = plans_cluster_ip(arena, "a", 1, 2, 1);
	struct cidr *ranges = arena_array(arena, n + 1, sizeof(*ranges));
	char text[CIDR_TEXT_SIZE];
	size_t i;

	for (i = 0; i < n; i++) {
		/* Of whole bytes, and not; the kernel's rules differ. */
		(void)snprintf(text, sizeof(text), i % 2 ? "192.0.%zu.0/24" : "192.0.%zu.0/25", i);
		assert_true(cidr_parse(text, &ranges[i]));
	}
	plan->frontends[0].source_ranges = ranges;
	plan->frontends[0].n_source_ranges = (uint32_t)n;
	return plan;
}

/* The newest version has no source ranges: those that are installed are read back. */
static void test_source_ranges(void **state)
{
	struct state *new;
	size_t chains[_FAMILY_MAX], n_rules, n;

	(void)state;
	for (n = 1; n < 200; n += 33) {
		install(restricted(n));
		new = keep(restricted(0), true, 0);
		state_walk_count_chains(new, chains, &n_rules);
		assert_true(n_rules > n);
		assert_int_equal(state_n_elements(new), 3 + 2);
		state_free(new);
		snapshot_done(&found);
		fake_free(fake);
		fake = fake_new();
		snapshot_init(&found);
	}
}

/* Another process has changed one of them. Nobody may be admitted who was not before. */
static void test_changed_source_range(void **state)
{
	struct state *new;
	size_t i;

	(void)state;
	install(restricted(20));
	for (i = 0; i < found.n_chains; i++)
		if (found.chains[i].n_sources)
			break;
	assert_true(i < found.n_chains);
	found.chains[i].sources[0].prefix_len = 8;
	new = keep(restricted(0), false, 0);
	assert_int_equal(state_n_elements(new), 0);
	state_free(new);
}

/* Another process has deleted an endpoint of a list of the port's own: the last one takes its place. */
static void test_gap_in_own_list(void **state)
{
	struct plan *plan = plans_cluster_ip(arena, "a", 1, 7, 1);
	struct snapshot rest;
	struct element e;
	struct state *new;
	size_t i, n = 0;

	(void)state;
	plan->frontends[0].own_lists = true;
	install(plan);
	snapshot_init(&rest);
	for (i = 0; i < found.n_elements; i++) {
		snapshot_element(&found, i, &e);
		/* The third endpoint. */
		if (port_chains_is_listed(e.set) && n++ == 2)
			continue;
		snapshot_add_element(&rest, &e);
	}
	snapshot_seal(&rest);
	snapshot_take_chains(&rest, &found);
	memcpy(rest.table, found.table, sizeof(rest.table));
	rest.fingerprint = found.fingerprint;
	rest.ctx = found.ctx;
	snapshot_done(&found);
	found = rest;
	/* The last one moves, and the chain counts one less. */
	new = keep(plan, true, 2 + 1);
	assert_int_equal(state_n_elements(new), 3 + 6);
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
		cmocka_unit_test_setup_teardown(test_lost_timeout, setup, teardown),
		cmocka_unit_test_setup_teardown(test_other_service, setup, teardown),
		cmocka_unit_test_setup_teardown(test_source_ranges, setup, teardown),
		cmocka_unit_test_setup_teardown(test_changed_source_range, setup, teardown),
		cmocka_unit_test_setup_teardown(test_gap_in_own_list, setup, teardown),
		cmocka_unit_test_setup_teardown(test_number_of_keys, setup, teardown),
		cmocka_unit_test_setup_teardown(test_number_of_keys_of_own_lists, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
