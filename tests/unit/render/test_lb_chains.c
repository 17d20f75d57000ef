/* SPDX-License-Identifier: GPL-2.0-or-later */
/* lb chains that are in use, and those that are kept ready. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/fake.h"
#include "base/arena.h"
#include "lib/plans.h"
#include "render/diff_lb_chains.h"
#include "render/layout.h"
#include "render/lb_chain.h"
#include "render/state.h"
#include "render/state_internal.h"
#include "render/state_walk.h"

static struct arena *arena;
static struct state *installed;
static struct fake *fake;
static struct snapshot snapshot;

static int setup(void **state)
{
	(void)state;
	arena = arena_new();
	installed = state_new();
	fake = fake_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	state_free(installed);
	fake_free(fake);
	arena_free(arena);
	return 0;
}

/* A Service of one ClusterIP; 0 endpoints: without a front end. */
static struct plan *make_plan(const char *name, uint8_t number, uint32_t n_endpoints)
{
	struct plan *plan = plans_cluster_ip(arena, name, number, n_endpoints, 256u * number + 1);

	plan->n_frontends = n_endpoints ? 1 : 0;
	return plan;
}

static void begin(void)
{
	const struct layout_node node = { .family = { { .enabled = true }, { .enabled = false } } };
	const struct service_elements nothing = { .n = 0 };
	struct skeleton skeleton;

	layout_skeleton(&node, arena, &skeleton);
	state_begin(installed, &skeleton, &nothing);
}

/* The steps about lb chains, "+" made, "-" deleted, "=" written anew; a rollback if @fails. */
static const char *finish_or_fail(bool fails)
{
	static char steps[512];
	struct backend_report report;
	struct err err = { 0 };
	struct changes changes;
	struct lb_chain lb;
	size_t i, size = 0;

	change_init(&changes, state_skeleton(installed));
	state_changes(installed, &changes);
	steps[0] = '\0';
	for (i = 0; i < changes.n; i++) {
		const struct change *change = &changes.list[i];

		if (change->op != CHANGE_OP_CHAIN_ADD && change->op != CHANGE_OP_CHAIN_DEL &&
		    change->op != CHANGE_OP_CHAIN_REFILL)
			continue;
		if (lb_chain_parse(change->table, change->chain->name, &lb))
			size += (size_t)snprintf(steps + size, sizeof(steps) - size, "%s%c%s",
						 size ? " " : "",
						 change->op == CHANGE_OP_CHAIN_ADD   ? '+'
						 : change->op == CHANGE_OP_CHAIN_DEL ? '-'
										     : '=',
						 change->chain->name);
	}
	if (fails) {
		state_rollback(installed);
	} else if (fake_commit(fake, &changes, &report, &err)) {
		fail_msg("%s", err.text);
	} else {
		state_commit(installed);
	}
	change_done(&changes);
	snapshot_done(&snapshot);
	return steps;
}

static const char *finish(void)
{
	return finish_or_fail(false);
}

static const char *plan(const char *name, uint8_t number, uint32_t n_endpoints)
{
	begin();
	state_plan(installed, make_plan(name, number, n_endpoints));
	return finish();
}

static const char *make_ready(void)
{
	assert_true(state_ready_is_due(installed));
	state_begin_ready(installed);
	return finish();
}

/* As if the map of endpoints had so many elements, before a change. */
static const char *plan_among(size_t n_elements, const char *name, uint8_t number, uint32_t n_endpoints)
{
	installed->n_elements[FAMILY_IPV4][LAYOUT_SET_ENDPOINTS] = n_elements;
	return plan(name, number, n_endpoints);
}

static void add_name(void *ctx, const struct chain *chain)
{
	struct lb_chain lb;

	if (lb_chain_parse(chain->table, chain->name, &lb))
		*(unsigned int *)ctx |= 1u << lb.n_slots;
}

/* A bit for each number of which the chain is installed, according to the state and to the backend. */
static unsigned int numbers(void)
{
	struct state_walk_shared *shared;
	const struct chain *chain = NULL;
	unsigned int walked = 0, found = 0;
	size_t n, i;

	n = state_walk_list_shared(installed, &shared);
	for (i = 0; i < n; i++)
		state_walk_shared_chains(installed, &shared[i], add_name, &walked);
	free(shared);
	while ((chain = image_each_chain(fake_image(fake), FAMILY_IPV4, chain)))
		add_name(&found, chain);
	assert_int_equal(walked, found);
	return found;
}

#define BITS(a, b, c) (1u << (a) | 1u << (b) | 1u << (c))

/* New tables get them at once; then a change finds its chain, and the next ones are made and deleted apart from it. */
static void test_ready_chains_follow(void **state)
{
	(void)state;
	assert_string_equal(plan("a", 1, 3), "+lb-tcp-2 +lb-tcp-3 +lb-tcp-4");
	assert_false(state_ready_is_due(installed));
	assert_string_equal(plan("a", 1, 4), "");
	assert_int_equal(numbers(), BITS(2, 3, 4));
	assert_string_equal(make_ready(), "+lb-tcp-5 -lb-tcp-2");
	assert_false(state_ready_is_due(installed));
	assert_int_equal(numbers(), BITS(3, 4, 5));
	/* The way back, as in a rolling update, before anything was made ready and after. */
	assert_string_equal(plan("a", 1, 3), "");
	assert_string_equal(plan("a", 1, 4), "");
	assert_false(state_ready_is_due(installed));
	assert_string_equal(plan("a", 1, 3), "");
	assert_string_equal(make_ready(), "+lb-tcp-2 -lb-tcp-5");
	/* The number 0 has no chain. */
	assert_string_equal(plan("a", 1, 1), "+lb-tcp-1");
	assert_string_equal(make_ready(), "-lb-tcp-3 -lb-tcp-4");
	assert_int_equal(numbers(), BITS(1, 1, 2));
	/* The last one goes. */
	assert_string_equal(plan("a", 1, 0), "");
	assert_string_equal(make_ready(), "-lb-tcp-1 -lb-tcp-2");
	assert_int_equal(numbers(), 0);
	assert_false(state_ready_is_due(installed));
}

/* A transaction makes one chain; others that use the numbers keep their neighbours. */
static void test_one_in_a_transaction(void **state)
{
	(void)state;
	begin();
	state_plan(installed, make_plan("a", 1, 3));
	state_plan(installed, make_plan("b", 2, 5));
	assert_string_equal(finish(), "+lb-tcp-2 +lb-tcp-3 +lb-tcp-4 +lb-tcp-5 +lb-tcp-6");
	assert_string_equal(plan("b", 2, 10), "+lb-tcp-10");
	assert_string_equal(make_ready(), "+lb-tcp-9 -lb-tcp-5 -lb-tcp-6");
	assert_string_equal(make_ready(), "+lb-tcp-11");
	assert_false(state_ready_is_due(installed));
}

/* After a failure the same is due again. */
static void test_rollback(void **state)
{
	(void)state;
	(void)plan("a", 1, 3);
	begin();
	state_plan(installed, make_plan("a", 1, 7));
	assert_string_equal(finish_or_fail(true), "+lb-tcp-7");
	assert_false(state_ready_is_due(installed));
	assert_string_equal(plan("a", 1, 7), "+lb-tcp-7");
	state_begin_ready(installed);
	assert_string_equal(finish_or_fail(true), "+lb-tcp-6 -lb-tcp-2 -lb-tcp-3 -lb-tcp-4");
	assert_string_equal(make_ready(), "+lb-tcp-6 -lb-tcp-2 -lb-tcp-3 -lb-tcp-4");
	assert_string_equal(make_ready(), "+lb-tcp-8");
	assert_false(state_ready_is_due(installed));
}

/* The next transaction compares with all that is installed. */
static void use_snapshot(void)
{
	snapshot_init(&snapshot);
	fake_read(fake, &snapshot);
	snapshot_seal(&snapshot);
	state_use_snapshot(installed, &snapshot);
}

/* Another process deletes, empties or adds chains. */
static void change_chain(enum change_op op, uint32_t n)
{
	struct chain chain = { .table = FAMILY_IPV4 };
	struct err err = { 0 };
	struct changes changes;

	(void)snprintf(chain.name, sizeof(chain.name), "lb-tcp-%u", n);
	change_init(&changes, image_skeleton(fake_image(fake)));
	change_add_chain(&changes, op, SERVICE_NAME_NONE, &chain);
	if (image_apply(fake_image(fake), &changes, &err))
		fail_msg("%s", err.text);
	change_done(&changes);
}

static void test_foreign_changes(void **state)
{
	(void)state;
	(void)plan("a", 1, 3);
	change_chain(CHANGE_OP_CHAIN_DEL, 2);
	change_chain(CHANGE_OP_CHAIN_REFILL, 4);
	change_chain(CHANGE_OP_CHAIN_ADD, 9);
	begin();
	use_snapshot();
	assert_string_equal(finish(), "+lb-tcp-2 =lb-tcp-4 -lb-tcp-9");
	/* A comparison does not show what is still to be made and deleted. */
	(void)plan("a", 1, 5);
	begin();
	use_snapshot();
	assert_string_equal(finish(), "");
	assert_int_equal(numbers(), BITS(2, 3, 4) | 1u << 5);
	assert_string_equal(make_ready(), "+lb-tcp-6 -lb-tcp-2 -lb-tcp-3");
	/* Another process deleted a chain that is not needed any more. */
	(void)plan("a", 1, 7);
	change_chain(CHANGE_OP_CHAIN_DEL, 4);
	begin();
	use_snapshot();
	assert_string_equal(finish(), "");
	assert_string_equal(make_ready(), "+lb-tcp-8 -lb-tcp-5");
	assert_int_equal(numbers(), BITS(6, 7, 8));
}

/* Another state takes the tables over with a snapshot: what it needs stays, what it lacks is made later. */
static void test_restart(void **state)
{
	(void)state;
	(void)plan("a", 1, 3);
	state_free(installed);
	installed = state_new();
	begin();
	state_plan(installed, make_plan("a", 1, 4));
	use_snapshot();
	assert_string_equal(finish(), "-lb-tcp-2");
	assert_string_equal(make_ready(), "+lb-tcp-5");
	assert_false(state_ready_is_due(installed));
	assert_int_equal(numbers(), BITS(3, 4, 5));
}

/* A step of a first sync that takes tables over: it computes its changes from nothing, and what exists is not made again. */
static void take_over(const char *name, uint8_t number, uint32_t n_endpoints)
{
	struct changes changes;
	size_t i, n = 0;

	begin();
	state_plan(installed, make_plan(name, number, n_endpoints));
	change_init(&changes, state_skeleton(installed));
	state_changes(installed, &changes);
	for (i = 0; i < changes.n; i++) {
		const struct change *change = &changes.list[i];

		if (change->op != CHANGE_OP_CHAIN_ADD ||
		    !image_find_chain(fake_image(fake), change->table, change->chain->name))
			changes.list[n++] = *change;
	}
	changes.n = n;
	state_postpone_ready(installed, &changes);
	for (i = 0; i < changes.n; i++)
		assert_int_not_equal(changes.list[i].op, CHANGE_OP_CHAIN_ADD);
	state_commit(installed);
	change_done(&changes);
}

/* Ready chains that are missing after a first sync in steps are made later. */
static void test_take_over(void **state)
{
	(void)state;
	(void)plan("a", 1, 3);
	(void)plan("b", 2, 7);
	change_chain(CHANGE_OP_CHAIN_DEL, 2);
	state_free(installed);
	installed = state_new();
	state_take_over(installed, true);
	state_first(installed, true);
	take_over("a", 1, 3);
	take_over("b", 2, 7);
	state_take_over(installed, false);
	state_first(installed, false);
	assert_int_equal(numbers(), BITS(3, 4, 7));
	assert_string_equal(make_ready(), "+lb-tcp-2");
	assert_string_equal(make_ready(), "+lb-tcp-6");
	assert_string_equal(make_ready(), "+lb-tcp-8");
	assert_false(state_ready_is_due(installed));
	assert_int_equal(numbers(), BITS(2, 3, 4) | BITS(6, 7, 8));
}

/* New tables get ready chains at once, while the walk is short; later ones are made one by one, when nothing else changes. */
static void test_new_tables(void **state)
{
	(void)state;
	state_first(installed, true);
	assert_string_equal(plan("a", 1, 3), "+lb-tcp-2 +lb-tcp-3 +lb-tcp-4");
	assert_string_equal(plan_among(DIFF_LB_CHAINS_AT_ONCE_MAX, "b", 2, 7),
			    "+lb-tcp-6 +lb-tcp-7 +lb-tcp-8");
	assert_string_equal(plan_among(DIFF_LB_CHAINS_AT_ONCE_MAX + 1, "c", 3, 12), "+lb-tcp-12");
	state_first(installed, false);
	assert_string_equal(make_ready(), "+lb-tcp-11");
	assert_string_equal(make_ready(), "+lb-tcp-13");
	assert_false(state_ready_is_due(installed));
}

/* In a very large map, a walk takes too long for any chain that may not be needed. */
static void test_large_map(void **state)
{
	(void)state;
	(void)plan("a", 1, 3);
	assert_string_equal(plan_among(DIFF_LB_CHAINS_ELEMENTS_MAX - 3, "b", 2, 3), "");
	assert_false(state_ready_is_due(installed));
	assert_string_equal(plan_among(DIFF_LB_CHAINS_ELEMENTS_MAX - 2, "c", 3, 3), "");
	assert_string_equal(make_ready(), "-lb-tcp-2 -lb-tcp-4");
	assert_false(state_ready_is_due(installed));
	assert_string_equal(plan("c", 3, 5), "+lb-tcp-5");
	assert_false(state_ready_is_due(installed));
	assert_string_equal(plan("c", 3, 0), "");
	assert_string_equal(make_ready(), "+lb-tcp-2 -lb-tcp-5");
	assert_string_equal(make_ready(), "+lb-tcp-4");
	assert_false(state_ready_is_due(installed));
}

/* Plan two Services until no chain must be made before them. Return: the chains that were, one in each transaction. */
static const char *plan_both(uint32_t a, uint32_t b)
{
	static char made[256];
	struct backend_report report;
	struct changes changes;
	struct err err = { 0 };
	struct lb_chain lb;
	size_t size = 0;
	bool first;

	made[0] = '\0';
	do {
		begin();
		state_plan(installed, make_plan("a", 1, a));
		state_plan(installed, make_plan("b", 2, b));
		change_init(&changes, state_skeleton(installed));
		state_changes(installed, &changes);
		first = state_chain_first(installed, NULL, &changes, &lb);
		if (first) {
			assert_int_equal(changes.n, 1);
			if (fake_commit(fake, &changes, &report, &err))
				fail_msg("%s", err.text);
			size += (size_t)snprintf(made + size, sizeof(made) - size, "+lb-tcp-%u ", lb.n_slots);
		}
		change_done(&changes);
		state_rollback(installed);
		if (first)
			state_chain_made(installed, &lb);
	} while (first);
	return made;
}

/* Walks that take long together are made in transactions of their own, before what needs them. */
static void test_long_walks(void **state)
{
	const size_t max = DIFF_LB_CHAINS_WALK_MAX;
	size_t *n = &installed->n_elements[FAMILY_IPV4][LAYOUT_SET_ENDPOINTS];

	(void)state;
	(void)plan("c", 3, 3);
	*n = max / 2;
	assert_string_equal(plan_both(7, 12), "");
	*n = max / 2 + 1;
	assert_string_equal(plan_both(17, 22), "+lb-tcp-17 ");
	assert_true(state_ready_is_due(installed));
	*n = max + 1;
	assert_string_equal(plan_both(27, 32), "+lb-tcp-27 +lb-tcp-32 ");
	assert_string_equal(plan_both(27, 32), "");
	/* Nothing needs them after all. */
	assert_string_equal(make_ready(), "-lb-tcp-17 -lb-tcp-27 -lb-tcp-32");
	assert_false(state_ready_is_due(installed));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_ready_chains_follow, setup, teardown),
		cmocka_unit_test_setup_teardown(test_one_in_a_transaction, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rollback, setup, teardown),
		cmocka_unit_test_setup_teardown(test_foreign_changes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_restart, setup, teardown),
		cmocka_unit_test_setup_teardown(test_take_over, setup, teardown),
		cmocka_unit_test_setup_teardown(test_large_map, setup, teardown),
		cmocka_unit_test_setup_teardown(test_long_walks, setup, teardown),
		cmocka_unit_test_setup_teardown(test_new_tables, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
