/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows H23 and H24: the sums that follow syncs, the times of changes; and what is refused at the moment. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "intake/programming_latency.h"
#include "intake/rejected_objects.h"
#include "report/histogram.h"
#include "sync/no_local_endpoints.h"

static uint64_t sums[_PLAN_DIRECTION_MAX][_FAMILY_MAX];

static void note(struct no_local_endpoints *no_local, const char *name, uint32_t internal, uint32_t external)
{
	struct plan plan = { .service = { "ns", name } };

	plan.n_without_local[PLAN_DIRECTION_INTERNAL][FAMILY_IPV4] = internal;
	plan.n_without_local[PLAN_DIRECTION_EXTERNAL][FAMILY_IPV6] = external;
	no_local_endpoints_note(no_local, &plan);
}

static void sums_are(uint64_t internal, uint64_t external)
{
	assert_int_equal(sums[PLAN_DIRECTION_INTERNAL][FAMILY_IPV4], internal);
	assert_int_equal(sums[PLAN_DIRECTION_EXTERNAL][FAMILY_IPV6], external);
	assert_int_equal(sums[PLAN_DIRECTION_INTERNAL][FAMILY_IPV6], 0);
}

static void test_no_local(void **state)
{
	struct no_local_endpoints *no_local = no_local_endpoints_new(sums);

	(void)state;
	note(no_local, "a", 2, 0);
	note(no_local, "b", 1, 3);
	note(no_local, "c", 0, 0);
	sums_are(0, 0); /* not before it has succeeded */
	no_local_endpoints_end(no_local, true);
	sums_are(3, 3);
	note(no_local, "a", 0, 0);
	no_local_endpoints_end(no_local, false);
	sums_are(3, 3);
	note(no_local, "a", 1, 1);
	no_local_endpoints_end(no_local, true);
	sums_are(2, 4);
	note(no_local, "a", 0, 0);
	note(no_local, "b", 0, 0);
	no_local_endpoints_end(no_local, true);
	sums_are(0, 0);
	note(no_local, "b", 1, 0);
	no_local_endpoints_end(no_local, false);
	sums_are(0, 0);
	no_local_endpoints_free(no_local);
}

static void test_programming(void **state)
{
	static const double bounds[] = { 1, 10 };
	struct programming_latency *programming = programming_latency_new(1000000);
	struct histogram histogram;
	int i;

	(void)state;
	histogram_init(&histogram, bounds, 2);
	programming_latency_note(programming, "ns", "old", 1000000); /* began before we did */
	programming_latency_note(programming, "ns", "unsaid", 0);
	programming_latency_done(programming, 2000000, &histogram);
	assert_int_equal(histogram.n, 0);
	programming_latency_note(programming, "ns", "a", 2000000);
	programming_latency_note(programming, "ns", "a", 7000000);
	programming_latency_note(programming, "ns", "gone", 2000000);
	programming_latency_forget(programming, "ns", "gone");
	programming_latency_forget(programming, "ns", "unknown");
	programming_latency_done(programming, 8000000, &histogram);
	assert_int_equal(histogram.n, 2);
	assert_int_equal(histogram.counts[0], 1);
	assert_int_equal(histogram.counts[1], 1);
	programming_latency_done(programming, 9000000, &histogram);
	assert_int_equal(histogram.n, 2);
	/* From the future: as good as at once. */
	programming_latency_note(programming, "ns", "a", 20000000);
	programming_latency_done(programming, 9000000, &histogram);
	assert_int_equal(histogram.counts[0], 2);
	for (i = 0; i < 2 * PROGRAMMING_LATENCY_TIMES_MAX; i++)
		programming_latency_note(programming, "ns", "a", 9000000);
	programming_latency_done(programming, 9000000, &histogram);
	assert_int_equal(histogram.n, 3 + PROGRAMMING_LATENCY_TIMES_MAX);
	programming_latency_note(programming, "ns", "left", 9000000);
	programming_latency_free(programming);
}

static void put(struct rejected_objects *refusals, const char *kind, const char *name, const char *reason)
{
	rejected_objects_put(refusals, &(struct refusal){ .kind = kind,
							  .namespace = "ns",
							  .name = name,
							  .service = "",
							  .origin = "",
							  .reason = reason });
}

static void test_refusals(void **state)
{
	struct rejected_objects *refusals = rejected_objects_new();
	char name[16];
	int i;

	(void)state;
	put(refusals, "Service", "a", "one");
	put(refusals, "EndpointSlice", "a", "two");
	put(refusals, "Service", "a", "three");
	assert_int_equal(rejected_objects_count(refusals), 2);
	assert_string_equal(rejected_objects_at(refusals, 0).reason, "three");
	rejected_objects_del(refusals, "Service", "ns", "b", "");
	rejected_objects_del(refusals, "Service", "ns", "a", "");
	assert_int_equal(rejected_objects_count(refusals), 1);
	assert_string_equal(rejected_objects_at(refusals, 0).kind, "EndpointSlice");
	put(refusals, "Service", "c", "four");
	rejected_objects_del_kind(refusals, "EndpointSlice");
	assert_int_equal(rejected_objects_count(refusals), 1);
	assert_string_equal(rejected_objects_at(refusals, 0).name, "c");
	for (i = 0; i < 2 * REJECTED_OBJECTS_MAX; i++) {
		(void)snprintf(name, sizeof(name), "%d", i);
		put(refusals, "Service", name, "five");
	}
	assert_int_equal(rejected_objects_count(refusals), REJECTED_OBJECTS_MAX);
	rejected_objects_free(refusals);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_local),
		cmocka_unit_test(test_programming),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
