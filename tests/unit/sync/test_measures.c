/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Row H23: the sums that follow syncs. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sync/no_local_endpoints.h"

static uint64_t sums[_PLAN_DIRECTION_MAX][_FAMILY_MAX], n_without;

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
	struct no_local_endpoints *no_local = no_local_endpoints_new(sums, &n_without);

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

static void note_frontends(struct no_local_endpoints *no_local, const char *name, size_t n,
			   enum plan_verdict last)
{
	struct frontend frontends[3] = { { .target.verdict = PLAN_VERDICT_REJECT },
					 { .target.verdict = PLAN_VERDICT_REJECT },
					 { .target.verdict = PLAN_VERDICT_REJECT } };
	struct plan plan = { .service = { "ns", name }, .frontends = frontends, .n_frontends = n };

	if (n)
		frontends[n - 1].target.verdict = last;
	no_local_endpoints_note(no_local, &plan);
}

/* Services none of whose front ends has an endpoint. */
static void test_without(void **state)
{
	struct no_local_endpoints *no_local = no_local_endpoints_new(sums, &n_without);

	(void)state;
	note_frontends(no_local, "a", 3, PLAN_VERDICT_REJECT);
	note_frontends(no_local, "b", 2, PLAN_VERDICT_POOL);
	note_frontends(no_local, "c", 1, PLAN_VERDICT_DROP);
	note_frontends(no_local, "headless", 0, PLAN_VERDICT_DROP);
	assert_int_equal(n_without, 0);
	no_local_endpoints_end(no_local, true);
	assert_int_equal(n_without, 2);
	note_frontends(no_local, "a", 3, PLAN_VERDICT_POOL);
	no_local_endpoints_end(no_local, false);
	assert_int_equal(n_without, 2);
	note_frontends(no_local, "a", 3, PLAN_VERDICT_POOL);
	note_frontends(no_local, "b", 2, PLAN_VERDICT_REJECT);
	no_local_endpoints_end(no_local, true);
	assert_int_equal(n_without, 2);
	note_frontends(no_local, "b", 0, PLAN_VERDICT_REJECT); /* deleted */
	note_frontends(no_local, "c", 1, PLAN_VERDICT_POOL);
	no_local_endpoints_end(no_local, true);
	assert_int_equal(n_without, 0);
	no_local_endpoints_free(no_local);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_local),
		cmocka_unit_test(test_without),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
