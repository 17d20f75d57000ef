/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of a plan: each front end is in one, those of a Service port are together, and numbers do not change. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/arena.h"
#include "plan/split.h"

#define N_NAMES 50

static struct plan make(struct arena *arena, size_t n, size_t n_names)
{
	struct plan plan = { .service = { "ns", "name" }, .creation_time_s = 7, .n_frontends = n };
	size_t i;

	plan.frontends = arena_array(arena, n, sizeof(*plan.frontends));
	for (i = 0; i < n; i++) {
		plan.frontends[i].port = (uint16_t)i;
		plan.frontends[i].port_name = arena_printf(arena, "port-%zu", i % n_names);
	}
	return plan;
}

static void test_nothing(void **state)
{
	struct arena *arena = arena_new();
	struct plan plan = make(arena, 0, 1);
	struct split_parts parts;

	(void)state;
	split_plan(&plan, arena, &parts);
	assert_int_equal(parts.n, 0);
	arena_free(arena);
}

static void test_one_port_is_not_copied(void **state)
{
	struct arena *arena = arena_new();
	struct plan plan = make(arena, 300, 1);
	struct split_parts parts;

	(void)state;
	split_plan(&plan, arena, &parts);
	assert_int_equal(parts.n, 1);
	assert_int_equal(parts.list[0].n_frontends, 300);
	assert_ptr_equal(parts.list[0].frontends, plan.frontends);
	assert_int_not_equal(parts.list[0].part, 0);
	assert_int_equal(parts.list[0].creation_time_s, 7);
	assert_string_equal(parts.list[0].service.name, "name");
	arena_free(arena);
}

static void test_ports_stay_together(void **state)
{
	struct arena *arena = arena_new();
	struct plan plan = make(arena, 4 * N_NAMES, N_NAMES);
	struct split_parts parts;
	size_t i, k, n = 0;

	(void)state;
	split_plan(&plan, arena, &parts);
	assert_int_equal(parts.n, N_NAMES);
	for (i = 0; i < parts.n; i++) {
		const struct plan *part = &parts.list[i];

		assert_int_equal(part->n_frontends, 4);
		assert_true(!i || part[-1].part < part->part);
		for (k = 0; k < part->n_frontends; k++) {
			assert_string_equal(part->frontends[k].port_name, part->frontends[0].port_name);
			/* In the order of the whole plan. */
			assert_true(!k || part->frontends[k - 1].port < part->frontends[k].port);
			n++;
		}
	}
	assert_int_equal(n, plan.n_frontends);
	arena_free(arena);
}

/* The part of a port has the same number whatever the other ports are. */
static void test_numbers_follow_from_the_name(void **state)
{
	struct arena *arena = arena_new();
	struct plan one = make(arena, 1, 1), many = make(arena, N_NAMES, N_NAMES);
	struct split_parts parts_of_one, parts;
	size_t i, n = 0;

	(void)state;
	split_plan(&one, arena, &parts_of_one);
	split_plan(&many, arena, &parts);
	for (i = 0; i < parts.n; i++)
		if (parts.list[i].part == parts_of_one.list[0].part)
			n += parts.list[i].frontends[0].port == 0;
	assert_int_equal(n, 1);
	arena_free(arena);
}

static void split_addresses(struct arena *arena, uint32_t affinity_timeout_s, struct split_parts *ret)
{
	struct plan plan = make(arena, 1000, 1);
	size_t i;

	for (i = 0; i < plan.n_frontends; i++) {
		plan.frontends[i].kind = i % 2 ? FRONTEND_KIND_EXTERNAL_IP : FRONTEND_KIND_LOAD_BALANCER_IP;
		plan.frontends[i].addr.bytes[2] = (uint8_t)(i >> 8);
		plan.frontends[i].addr.bytes[3] = (uint8_t)i;
		plan.frontends[i].affinity_timeout_s = affinity_timeout_s;
	}
	plan.frontends[0].kind = FRONTEND_KIND_CLUSTER_IP;
	split_plan(&plan, arena, ret);
}

/* External addresses are spread evenly enough; with affinity they stay together. */
static void test_external_addresses(void **state)
{
	struct arena *arena = arena_new();
	struct split_parts parts;
	size_t i;

	(void)state;
	split_addresses(arena, 0, &parts);
	assert_int_equal(parts.n, 65);
	for (i = 0; i < parts.n; i++)
		assert_in_range(parts.list[i].n_frontends, 1, 40);
	split_addresses(arena, 10800, &parts);
	assert_int_equal(parts.n, 1);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_one_port_is_not_copied),
		cmocka_unit_test(test_ports_stay_together),
		cmocka_unit_test(test_numbers_follow_from_the_name),
		cmocka_unit_test(test_external_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
