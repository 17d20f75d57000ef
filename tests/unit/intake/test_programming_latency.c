/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Row H24: the times from changes in the cluster to the rules. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "intake/programming_latency.h"
#include "report/histogram.h"

static void test_observed_times(void **state)
{
	static const double bounds[] = { 1, 10 };
	struct programming_latency *latency = programming_latency_new(1000000);
	struct histogram histogram;
	int i;

	(void)state;
	histogram_init(&histogram, bounds, 2);
	programming_latency_note(latency, "ns", "old", 1000000); /* began before this process */
	programming_latency_note(latency, "ns", "no-annotation", 0);
	programming_latency_observe(latency, 2000000, &histogram);
	assert_int_equal(histogram.n, 0);
	programming_latency_note(latency, "ns", "a", 2000000);
	programming_latency_note(latency, "ns", "a", 7000000);
	programming_latency_note(latency, "ns", "gone", 2000000);
	programming_latency_forget(latency, "ns", "gone");
	programming_latency_forget(latency, "ns", "unknown");
	programming_latency_observe(latency, 8000000, &histogram);
	assert_int_equal(histogram.n, 2);
	assert_int_equal(histogram.counts[0], 1);
	assert_int_equal(histogram.counts[1], 1);
	programming_latency_observe(latency, 9000000, &histogram);
	assert_int_equal(histogram.n, 2);
	/* A time in the future counts as 0 s. */
	programming_latency_note(latency, "ns", "a", 20000000);
	programming_latency_observe(latency, 9000000, &histogram);
	assert_int_equal(histogram.counts[0], 2);
	for (i = 0; i < 2 * PROGRAMMING_LATENCY_TIMES_MAX; i++)
		programming_latency_note(latency, "ns", "a", 9000000);
	programming_latency_observe(latency, 9000000, &histogram);
	assert_int_equal(histogram.n, 3 + PROGRAMMING_LATENCY_TIMES_MAX);
	programming_latency_note(latency, "ns", "left", 9000000);
	programming_latency_free(latency);
}

/* Our clock is set back: changes from then on count. */
static void test_clock_is_set_back(void **state)
{
	static const double bounds[] = { 1, 10 };
	struct programming_latency *latency = programming_latency_new(86400000000);
	struct histogram histogram;

	(void)state;
	histogram_init(&histogram, bounds, 2);
	programming_latency_note(latency, "ns", "a", 1000000);
	programming_latency_observe(latency, 2000000, &histogram);
	assert_int_equal(histogram.n, 0);
	programming_latency_note(latency, "ns", "a", 2000000);
	programming_latency_note(latency, "ns", "a", 3000000);
	programming_latency_observe(latency, 4000000, &histogram);
	assert_int_equal(histogram.n, 1);
	programming_latency_free(latency);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_observed_times),
		cmocka_unit_test(test_clock_is_set_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
