/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which syncs get a line of the log, and the sums of the others (Y19), with a clock that is an argument. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sync/sync_summary.h"

#define SECOND 1000000ull
#define START  (1000 * SECOND)

static bool add(struct sync_summary *summary, enum sync_summary_kind kind, uint64_t total_us, uint64_t now_us)
{
	const struct sync_summary_sync sync = { .kind = kind,
						.services = 1,
						.added = 2,
						.deleted = 3,
						.steps = 5,
						.bytes = 400,
						.total_us = total_us };

	return sync_summary_add(summary, &sync, now_us);
}

static bool change(struct sync_summary *summary, uint64_t now_us)
{
	return add(summary, SYNC_SUMMARY_KIND_CHANGE, 1000, now_us);
}

static void test_quiet_node_has_a_line_for_each_change(void **state)
{
	struct sync_summary summary = { .end_us = 0 };
	struct sync_summary_sums sums;
	uint64_t now_us = START;
	int i;

	(void)state;
	assert_true(sync_summary_due_us(&summary) == UINT64_MAX);
	for (i = 0; i < 5; i++) {
		assert_true(change(&summary, now_us));
		now_us += SYNC_SUMMARY_PERIOD_US;
		assert_true(sync_summary_due_us(&summary) == now_us);
		assert_false(sync_summary_end(&summary, now_us, &sums));
		assert_true(sync_summary_due_us(&summary) == UINT64_MAX);
	}
}

static void test_further_changes_are_summed_up(void **state)
{
	struct sync_summary summary = { .end_us = 0 };
	struct sync_summary_sums sums;
	uint64_t i;

	(void)state;
	assert_true(change(&summary, START));
	for (i = 1; i <= 200; i++)
		assert_false(change(&summary, START + i * 20000));
	assert_true(sync_summary_due_us(&summary) == START + SYNC_SUMMARY_PERIOD_US);
	/* The timer is late, and a sync comes before it. */
	assert_false(change(&summary, START + SYNC_SUMMARY_PERIOD_US + 1));
	assert_true(sync_summary_end(&summary, START + SYNC_SUMMARY_PERIOD_US + 2, &sums));
	assert_int_equal(sums.begin_us, START);
	assert_int_equal(sums.syncs, 201);
	assert_int_equal(sums.services, 201);
	assert_int_equal(sums.added, 402);
	assert_int_equal(sums.deleted, 603);
	assert_int_equal(sums.steps, 1005);
	assert_int_equal(sums.bytes, 80400);
	assert_int_equal(sums.repairs, 0);
	assert_int_equal(sums.flows, 0);
}

static void test_busy_node_has_a_line_a_minute(void **state)
{
	struct sync_summary summary = { .end_us = 0 };
	struct sync_summary_sums sums;
	unsigned int lines = 0;
	uint64_t now_us;

	(void)state;
	/* 20 changes a second for an hour. */
	for (now_us = START; now_us < START + 3600 * SECOND; now_us += 50000) {
		if (now_us >= sync_summary_due_us(&summary))
			lines += sync_summary_end(&summary, now_us, &sums);
		lines += change(&summary, now_us);
	}
	assert_int_equal(lines, 60);
	/* The last minute's sums, and then it is quiet again. */
	assert_true(sync_summary_end(&summary, now_us, &sums));
	assert_int_equal(sums.syncs, 1200);
	assert_false(sync_summary_end(&summary, now_us + SYNC_SUMMARY_PERIOD_US, &sums));
	assert_true(change(&summary, now_us + SYNC_SUMMARY_PERIOD_US + 1));
}

static void test_first_sync_and_repairs_are_lines_at_once(void **state)
{
	struct sync_summary summary = { .end_us = 0 };
	int i;

	(void)state;
	assert_true(add(&summary, SYNC_SUMMARY_KIND_FIRST, 1000, START));
	assert_true(sync_summary_due_us(&summary) == UINT64_MAX);
	assert_true(change(&summary, START + 1));
	assert_false(change(&summary, START + 2));
	for (i = 0; i < LOG_RATELIMIT_TIMES; i++)
		assert_true(add(&summary, SYNC_SUMMARY_KIND_REPAIR, 1000, START + 3));
}

/* Another program that changes our tables all the time. */
static void test_many_repairs_are_summed_up(void **state)
{
	struct sync_summary summary = { .end_us = 0 };
	struct sync_summary_sums sums;
	int i;

	(void)state;
	for (i = 0; i < LOG_RATELIMIT_TIMES; i++)
		assert_true(add(&summary, SYNC_SUMMARY_KIND_REPAIR, 1000, START));
	for (i = 0; i < 10; i++)
		assert_false(add(&summary, SYNC_SUMMARY_KIND_REPAIR, 1000, START + 1));
	assert_true(sync_summary_due_us(&summary) == START + 1 + SYNC_SUMMARY_PERIOD_US);
	assert_true(sync_summary_end(&summary, START + 1 + SYNC_SUMMARY_PERIOD_US, &sums));
	assert_int_equal(sums.syncs, 10);
	assert_int_equal(sums.repairs, 10);
	assert_true(add(&summary, SYNC_SUMMARY_KIND_REPAIR, 1000, START + LOG_RATELIMIT_PERIOD_MS * 1000ull));
}

static void test_flows(void **state)
{
	struct sync_summary summary = { .end_us = 0 };
	struct sync_summary_sums sums;

	(void)state;
	assert_true(sync_summary_add_flows(&summary, 7));
	assert_true(sync_summary_add_flows(&summary, 7));
	assert_true(change(&summary, START));
	assert_false(sync_summary_add_flows(&summary, 3));
	assert_false(sync_summary_add_flows(&summary, 4));
	assert_true(sync_summary_end(&summary, START + SYNC_SUMMARY_PERIOD_US, &sums));
	assert_int_equal(sums.flows, 7);
	assert_int_equal(sums.syncs, 0);
	assert_int_equal(sums.median_us, 0);
}

static void median_is(const uint64_t *times_us, size_t n, uint64_t median_us, uint64_t longest_us)
{
	struct sync_summary summary = { .end_us = 0 };
	struct sync_summary_sums sums;
	size_t i;

	assert_true(change(&summary, START));
	for (i = 0; i < n; i++)
		assert_false(add(&summary, SYNC_SUMMARY_KIND_CHANGE, times_us[i], START + 1));
	assert_true(sync_summary_end(&summary, START + SYNC_SUMMARY_PERIOD_US, &sums));
	assert_int_equal(sums.longest_us, longest_us);
	assert_in_range(sums.median_us, median_us - median_us / 32, median_us + median_us / 32);
}

static void test_median_and_longest(void **state)
{
	static const uint64_t one[] = { 500 }, some[] = { 90000, 450, 500, 1, 7 },
			      equal[] = { 31, 32, 33, 32 }, zero[] = { 0, 0 }, two[] = { 1000, 3000 },
			      huge[] = { UINT64_MAX, 0xffffffff, 3000000000 };
	struct sync_summary_sums sums;
	uint64_t us;

	(void)state;
	median_is(one, 1, 500, 500);
	median_is(some, 5, 450, 90000);
	median_is(equal, 4, 32, 33);
	median_is(zero, 2, 0, 0);
	median_is(two, 2, 1000, 3000);
	median_is(huge, 3, 0xffffffff, UINT64_MAX);
	/* All buckets. */
	for (us = 1; us < 0xffffffff; us += 1 + us / 40) {
		struct sync_summary summary = { .end_us = 0 };

		assert_true(change(&summary, START));
		assert_false(add(&summary, SYNC_SUMMARY_KIND_CHANGE, us, START));
		assert_false(add(&summary, SYNC_SUMMARY_KIND_CHANGE, UINT64_MAX, START));
		assert_true(sync_summary_end(&summary, START, &sums));
		assert_in_range(sums.median_us, us - us / 32, us + us / 32);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_quiet_node_has_a_line_for_each_change),
		cmocka_unit_test(test_further_changes_are_summed_up),
		cmocka_unit_test(test_busy_node_has_a_line_a_minute),
		cmocka_unit_test(test_first_sync_and_repairs_are_lines_at_once),
		cmocka_unit_test(test_many_repairs_are_summed_up),
		cmocka_unit_test(test_flows),
		cmocka_unit_test(test_median_and_longest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
