/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When to sync (Y2, Y4 to Y6 and the backoff), with a clock that is an argument. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "sync/pacer.h"

#define RETRY_MAX_MS 30000

#define START 1000000

static void test_idle_reacts_at_once(void **state)
{
	struct pacer pacer;

	(void)state;
	pacer_init(&pacer, 1000, RETRY_MAX_MS, START);
	assert_int_equal(pacer_due(&pacer), START + PACER_PERIODIC_MS);
	pacer_request(&pacer);
	assert_true(pacer_due(&pacer) <= START);

	pacer_ran(&pacer, START, START + 5, PACER_RESULT_DONE);
	assert_int_equal(pacer_due(&pacer), START + PACER_PERIODIC_MS);
	/* Long after the minimum period, the next request does not wait either. */
	pacer_request(&pacer);
	assert_true(pacer_due(&pacer) <= START + 5 + 1000);
}

static void test_min_period_from_end_to_start(void **state)
{
	struct pacer pacer;

	(void)state;
	pacer_init(&pacer, 1000, RETRY_MAX_MS, START);
	pacer_request(&pacer);
	pacer_ran(&pacer, START, START + 400, PACER_RESULT_DONE);
	pacer_request(&pacer);
	assert_int_equal(pacer_due(&pacer), START + 400 + 1000);
	/* Requests in between coalesce: they move nothing. */
	pacer_request(&pacer);
	assert_int_equal(pacer_due(&pacer), START + 400 + 1000);
	pacer_ran(&pacer, START + 1400, START + 1410, PACER_RESULT_DONE);
	assert_false(pacer.requested);
}

static void test_pause_after_a_sync(void **state)
{
	struct pacer pacer;

	(void)state;
	pacer_init(&pacer, 0, RETRY_MAX_MS, START);
	pacer_request(&pacer);
	pacer_ran(&pacer, START, START, PACER_RESULT_DONE);
	pacer_request(&pacer);
	assert_int_equal(pacer_due(&pacer), START);
	pacer_ran(&pacer, START, START + 20, PACER_RESULT_DONE);
	pacer_request(&pacer);
	assert_int_equal(pacer_due(&pacer), START + 40);
	/* Nothing waits twice for an expensive Service. */
	pacer_ran(&pacer, START + 40, START + 740, PACER_RESULT_DONE);
	pacer_request(&pacer);
	assert_int_equal(pacer_due(&pacer), START + 740 + PACER_REST_MAX_MS);
}

static void test_periodic(void **state)
{
	struct pacer pacer;
	uint64_t now = START + PACER_PERIODIC_MS;

	(void)state;
	pacer_init(&pacer, 0, RETRY_MAX_MS, START);
	assert_false(pacer_is_periodic(&pacer, now - 1));
	assert_true(pacer_is_periodic(&pacer, now));
	pacer_ran(&pacer, now, now + 10, PACER_RESULT_DONE);
	assert_false(pacer_is_periodic(&pacer, now + 10));
	/* Other syncs do not put it off. */
	pacer_request(&pacer);
	pacer_ran(&pacer, now + 5000, now + 5010, PACER_RESULT_DONE);
	assert_int_equal(pacer_due(&pacer), now + 10 + PACER_PERIODIC_MS);
	assert_true(pacer_is_periodic(&pacer, now + 10 + PACER_PERIODIC_MS));
}

static void test_periodic_comes_every_hour_however_many_syncs_there_are(void **state)
{
	struct pacer pacer;
	uint64_t now = START, end = START + 24 * (uint64_t)PACER_PERIODIC_MS;
	unsigned int n = 0;

	(void)state;
	pacer_init(&pacer, 0, RETRY_MAX_MS, now);
	while (now < end) {
		pacer_request(&pacer);
		n += pacer_is_periodic(&pacer, now);
		pacer_ran(&pacer, now, now + 20, PACER_RESULT_DONE);
		now += 977;
	}
	assert_int_equal(n, 23);
}

static void test_steps_of_a_large_change_do_not_wait(void **state)
{
	struct pacer pacer;

	(void)state;
	pacer_init(&pacer, 1000, RETRY_MAX_MS, START);
	pacer_request(&pacer);
	pacer_ran(&pacer, START, START + 40, PACER_RESULT_MORE);
	assert_true(pacer.requested);
	assert_int_equal(pacer_due(&pacer), START + 40);
	pacer_ran(&pacer, START + 40, START + 80, PACER_RESULT_DONE);
	assert_false(pacer.requested);
	pacer_request(&pacer);
	assert_int_equal(pacer_due(&pacer), START + 80 + 1000);
}

static void test_backoff_doubles_up_to_a_limit(void **state)
{
	static const uint64_t delays[] = { 1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000 };
	struct pacer pacer;
	uint64_t now = START;
	size_t i;

	(void)state;
	pacer_init(&pacer, 0, RETRY_MAX_MS, now);
	pacer_request(&pacer);
	for (i = 0; i < sizeof(delays) / sizeof(delays[0]); i++) {
		pacer_ran(&pacer, now, now + 3, PACER_RESULT_FAILED);
		/* Without a further request. */
		assert_true(pacer.requested);
		assert_int_equal(pacer_due(&pacer), now + 3 + delays[i]);
		now = pacer_due(&pacer);
	}
}

static void test_backoff_is_not_cut_short(void **state)
{
	struct pacer pacer;

	(void)state;
	pacer_init(&pacer, 0, RETRY_MAX_MS, START);
	pacer_request(&pacer);
	pacer_ran(&pacer, START, START, PACER_RESULT_FAILED);
	pacer_request(&pacer);
	assert_int_equal(pacer_due(&pacer), START + PACER_RETRY_FIRST_MS);
}

static void test_success_ends_the_backoff(void **state)
{
	struct pacer pacer;

	(void)state;
	pacer_init(&pacer, 0, RETRY_MAX_MS, START);
	pacer_request(&pacer);
	pacer_ran(&pacer, START, START, PACER_RESULT_FAILED);
	pacer_ran(&pacer, START, START, PACER_RESULT_FAILED);
	pacer_ran(&pacer, START, START, PACER_RESULT_DONE);
	assert_false(pacer.requested);
	pacer_request(&pacer);
	assert_int_equal(pacer_due(&pacer), START);
	pacer_ran(&pacer, START, START, PACER_RESULT_FAILED);
	assert_int_equal(pacer_due(&pacer), START + PACER_RETRY_FIRST_MS);
}

/* At once, unless there are foreign changes again and again: two proxies must not take the machine's time. */
static void test_repair(void **state)
{
	static const uint64_t delays[] = { 0, 100, 200, 400, 800, 1600, 3200, 6400, 10000, 10000 };
	uint64_t now = START;
	struct pacer pacer;
	size_t i;

	(void)state;
	pacer_init(&pacer, 0, RETRY_MAX_MS, now);
	for (i = 0; i < ARRAY_SIZE(delays); i++) {
		assert_int_equal(pacer_repair(&pacer, now), delays[i]);
		assert_int_equal(pacer_due(&pacer), now + delays[i]);
		now = pacer_due(&pacer);
		pacer_ran(&pacer, now, now, PACER_RESULT_DONE);
		assert_int_equal(pacer_due(&pacer), START + PACER_PERIODIC_MS);
	}
	/* A change of the cluster does not wait for that. */
	(void)pacer_repair(&pacer, now);
	pacer_request(&pacer);
	assert_int_equal(pacer_due(&pacer), now);
	pacer_ran(&pacer, now, now, PACER_RESULT_DONE);
	now += PACER_REPAIR_MAX_MS + PACER_REPAIR_QUIET_MS;
	assert_int_equal(pacer_repair(&pacer, now), 0);
}

static void test_refused_services_are_tried_again(void **state)
{
	struct pacer pacer;

	(void)state;
	pacer_init(&pacer, 1000, RETRY_MAX_MS, START);
	pacer_request(&pacer);
	pacer_ran(&pacer, START, START, PACER_RESULT_DONE);
	pacer_retry_at(&pacer, START + 2000);
	assert_int_equal(pacer_due(&pacer), START + 2000);
	pacer_request(&pacer);
	assert_int_equal(pacer_due(&pacer), START + 1000);
	/* Not before the minimum period, nor before the retry after a failure. */
	pacer_retry_at(&pacer, START + 500);
	assert_int_equal(pacer_due(&pacer), START + 1000);
	pacer_ran(&pacer, START + 1000, START + 1000, PACER_RESULT_FAILED);
	assert_int_equal(pacer_due(&pacer), START + 2000);
	pacer_ran(&pacer, START + 2000, START + 2000, PACER_RESULT_DONE);
	pacer_retry_at(&pacer, UINT64_MAX);
	assert_int_equal(pacer_due(&pacer), START + PACER_PERIODIC_MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_idle_reacts_at_once),
		cmocka_unit_test(test_min_period_from_end_to_start),
		cmocka_unit_test(test_pause_after_a_sync),
		cmocka_unit_test(test_periodic),
		cmocka_unit_test(test_periodic_comes_every_hour_however_many_syncs_there_are),
		cmocka_unit_test(test_steps_of_a_large_change_do_not_wait),
		cmocka_unit_test(test_backoff_doubles_up_to_a_limit),
		cmocka_unit_test(test_backoff_is_not_cut_short),
		cmocka_unit_test(test_success_ends_the_backoff),
		cmocka_unit_test(test_repair),
		cmocka_unit_test(test_refused_services_are_tried_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
