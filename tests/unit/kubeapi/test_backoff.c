/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long a kind waits before its next request, with a clock that is an argument. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "kubeapi/backoff.h"

#define START_MS 1000000
#define SEEDS	 200

/* Check a pause of @base_ms and a random part, and return its end. */
static int64_t fail_once(struct backoff *backoff, int64_t base_ms, int64_t now_ms)
{
	int64_t delay_ms = backoff_failed(backoff, 0, now_ms);

	assert_in_range(delay_ms, base_ms, 2 * base_ms - 1);
	return now_ms + delay_ms;
}

/* The pauses double from the shortest to @max_ms and stay there. */
static int64_t fail_up_to(struct backoff *backoff, int64_t max_ms, int64_t now_ms)
{
	int64_t base_ms = BACKOFF_MIN_MS;
	int i;

	for (i = 0; i < 12; i++) {
		now_ms = fail_once(backoff, base_ms, now_ms);
		base_ms = 2 * base_ms < max_ms ? 2 * base_ms : max_ms;
	}
	assert_int_equal(base_ms, max_ms);
	return now_ms;
}

static void test_pauses_double_up_to_a_limit(void **state)
{
	struct backoff backoff;
	int64_t now_ms;

	(void)state;
	backoff_init(&backoff, 1);
	(void)fail_up_to(&backoff, BACKOFF_MAX_MS, 0);
	/* The limit is lower as long as the server is unreachable. */
	backoff_init(&backoff, 1);
	backoff_lost(&backoff, false);
	assert_true(backoff.unreachable);
	now_ms = fail_up_to(&backoff, BACKOFF_UNREACHABLE_MAX_MS, START_MS);
	backoff_reached(&backoff);
	assert_false(backoff.unreachable);
	now_ms = fail_once(&backoff, 6400, now_ms);
	now_ms = fail_once(&backoff, 12800, now_ms);
	backoff_lost(&backoff, false);
	now_ms = fail_once(&backoff, BACKOFF_UNREACHABLE_MAX_MS, now_ms);
	backoff_answered(&backoff);
	assert_false(backoff.unreachable);
	(void)fail_once(&backoff, 25600, now_ms);
	/* A request that was answered before its connection broke has reached the server. */
	backoff_init(&backoff, 1);
	backoff_lost(&backoff, true);
	assert_false(backoff.unreachable);
	(void)fail_up_to(&backoff, BACKOFF_MAX_MS, START_MS);
}

static void test_pauses_start_again(void **state)
{
	struct backoff backoff;

	(void)state;
	backoff_init(&backoff, 2);
	(void)fail_once(&backoff, BACKOFF_MIN_MS, START_MS);
	(void)fail_once(&backoff, 2 * BACKOFF_MIN_MS, START_MS + BACKOFF_RESET_MS);
	(void)fail_once(&backoff, BACKOFF_MIN_MS, START_MS + 2 * BACKOFF_RESET_MS + 1);
	(void)fail_once(&backoff, 2 * BACKOFF_MIN_MS, START_MS + 2 * BACKOFF_RESET_MS + 1);
	backoff_reset(&backoff);
	(void)fail_once(&backoff, BACKOFF_MIN_MS, START_MS + 2 * BACKOFF_RESET_MS + 1);
}

/* The random parts of many seeds are in every quarter of @from_ms to @from_ms + @spread_ms - 1, and nowhere else. */
static void check_spread(unsigned int retry_after_s, int64_t spread_ms, int64_t from_ms, int64_t in_all_ms)
{
	bool quarters[4] = { false };
	struct backoff backoff, same;
	int64_t delay_ms;
	uint64_t seed;
	size_t i;

	for (seed = 0; seed < SEEDS; seed++) {
		backoff_init(&backoff, seed);
		delay_ms = backoff_delay(&backoff, retry_after_s, spread_ms, START_MS);
		assert_in_range(delay_ms, from_ms, from_ms + in_all_ms - 1);
		quarters[(delay_ms - from_ms) * 4 / in_all_ms] = true;
		backoff_init(&same, seed);
		assert_int_equal(backoff_delay(&same, retry_after_s, spread_ms, START_MS), delay_ms);
	}
	for (i = 0; i < ARRAY_SIZE(quarters); i++)
		assert_true(quarters[i]);
}

static void test_random_part(void **state)
{
	struct backoff backoff;
	uint64_t seed;

	(void)state;
	check_spread(0, 0, BACKOFF_MIN_MS, BACKOFF_MIN_MS);
	check_spread(0, 7000, BACKOFF_MIN_MS, 7000);
	check_spread(17, 0, 17000, BACKOFF_SPREAD_MS);
	check_spread(17, 7000, 17000, 7000);
	check_spread(4000000000u, 0, BACKOFF_RETRY_AFTER_MAX_S * 1000, BACKOFF_SPREAD_MS);
	for (seed = 0; seed < SEEDS; seed++) {
		backoff_init(&backoff, seed);
		assert_in_range(backoff_soon(&backoff), 0, BACKOFF_SPREAD_MS - 1);
		assert_int_equal(backoff_random(&backoff, 1), 0);
		/* It was no failure. */
		(void)fail_once(&backoff, BACKOFF_MIN_MS, START_MS);
	}
}

static void test_wake(void **state)
{
	struct backoff backoff;
	int64_t now_ms, end_ms, wake_ms;
	uint64_t seed;

	(void)state;
	for (seed = 0; seed < SEEDS; seed++) {
		backoff_init(&backoff, seed);
		backoff_lost(&backoff, false);
		now_ms = fail_up_to(&backoff, BACKOFF_UNREACHABLE_MAX_MS, START_MS);
		/* Within the shortest pause: not before its end. */
		end_ms = now_ms + 100000;
		(void)backoff_failed(&backoff, 0, now_ms);
		wake_ms = backoff_wake(&backoff, end_ms, now_ms + 1);
		assert_in_range(wake_ms, now_ms + BACKOFF_MIN_MS,
				now_ms + BACKOFF_MIN_MS + BACKOFF_WAKE_MS - 1);
		assert_false(backoff.unreachable);
		/* After it: soon. */
		wake_ms = backoff_wake(&backoff, end_ms, now_ms + 5000);
		assert_in_range(wake_ms, now_ms + 5000, now_ms + 5000 + BACKOFF_WAKE_MS - 1);
		/* Not later, unless the end is over. */
		assert_int_equal(backoff_wake(&backoff, now_ms + 5000, now_ms + 5000), now_ms + 5000);
		wake_ms = backoff_wake(&backoff, now_ms + 4999, now_ms + 5000);
		assert_in_range(wake_ms, now_ms + 5000, now_ms + 5000 + BACKOFF_WAKE_MS - 1);
		/* If it fails again, that is no time for short tries. */
		backoff_reset(&backoff);
		(void)backoff_wake(&backoff, end_ms, now_ms);
		now_ms = fail_once(&backoff, BACKOFF_MIN_MS << BACKOFF_WAKE_STEP, now_ms);
		(void)fail_once(&backoff, 2 * BACKOFF_MIN_MS << BACKOFF_WAKE_STEP, now_ms);
	}
}

static void test_what_is_not_woken(void **state)
{
	const int64_t end_ms = START_MS + 100000;
	struct backoff backoff;

	(void)state;
	/* An error, not a failed connection. */
	backoff_init(&backoff, 3);
	(void)backoff_failed(&backoff, 0, START_MS);
	assert_int_equal(backoff_wake(&backoff, end_ms, START_MS), end_ms);
	(void)fail_once(&backoff, 2 * BACKOFF_MIN_MS, START_MS);
	/* A connection that failed, and worked again. */
	backoff_lost(&backoff, false);
	backoff_answered(&backoff);
	(void)backoff_failed(&backoff, 0, START_MS);
	assert_int_equal(backoff_wake(&backoff, end_ms, START_MS), end_ms);
	/* Retry-After, and pauses for other reasons. */
	backoff_lost(&backoff, false);
	(void)backoff_failed(&backoff, 1, START_MS);
	assert_int_equal(backoff_wake(&backoff, end_ms, START_MS), end_ms);
	(void)backoff_failed(&backoff, 0, START_MS);
	assert_true(backoff_wake(&backoff, end_ms, START_MS) < end_ms);
	(void)backoff_delay(&backoff, 0, 0, START_MS);
	assert_int_equal(backoff_wake(&backoff, end_ms, START_MS), end_ms);
	(void)backoff_failed(&backoff, 0, START_MS);
	(void)backoff_soon(&backoff);
	assert_int_equal(backoff_wake(&backoff, end_ms, START_MS), end_ms);
}

static void test_early_refusals(void **state)
{
	struct backoff backoff;
	int64_t now_ms, base_ms = BACKOFF_MIN_MS;
	int i;

	(void)state;
	backoff_init(&backoff, 4);
	assert_false(backoff_is_early(&backoff));
	backoff_lost(&backoff, false);
	now_ms = fail_up_to(&backoff, BACKOFF_UNREACHABLE_MAX_MS, START_MS);
	/* The first one starts the pauses again, and the server still counts as unreachable. */
	for (i = 0; i < BACKOFF_REFUSAL_TRIES; i++, base_ms *= 2) {
		assert_true(backoff_is_early(&backoff));
		backoff_refused_early(&backoff);
		assert_true(backoff.unreachable);
		now_ms = fail_once(&backoff, base_ms, now_ms);
	}
	assert_false(backoff_is_early(&backoff));
	/* Another failed connection gives no more of them, an answer does. */
	backoff_lost(&backoff, false);
	assert_false(backoff_is_early(&backoff));
	backoff_answered(&backoff);
	assert_false(backoff_is_early(&backoff));
	backoff_lost(&backoff, true);
	assert_true(backoff_is_early(&backoff));
	/* An error in between does not end them. */
	backoff_reached(&backoff);
	assert_true(backoff_is_early(&backoff));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pauses_double_up_to_a_limit),
		cmocka_unit_test(test_pauses_start_again),
		cmocka_unit_test(test_random_part),
		cmocka_unit_test(test_wake),
		cmocka_unit_test(test_what_is_not_woken),
		cmocka_unit_test(test_early_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
