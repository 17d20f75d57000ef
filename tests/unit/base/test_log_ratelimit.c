/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/log_ratelimit.h"

static void test_three_times_in_ten_minutes(void **state)
{
	struct log_ratelimit ratelimit = { .entries = { { .times = 0 } } };
	int i;

	(void)state;
	for (i = 0; i < LOG_RATELIMIT_TIMES; i++)
		assert_true(log_ratelimit_may_say(&ratelimit, "Service a/b", "bad port", 1000));
	assert_false(log_ratelimit_may_say(&ratelimit, "Service a/b", "bad port", 1000));
	assert_false(log_ratelimit_may_say(&ratelimit, "Service a/b", "bad port",
					   1000 + LOG_RATELIMIT_PERIOD_MS - 1));
	assert_true(
		log_ratelimit_may_say(&ratelimit, "Service a/b", "bad port", 1000 + LOG_RATELIMIT_PERIOD_MS));
}

static void test_others_are_not_concerned(void **state)
{
	struct log_ratelimit ratelimit = { .entries = { { .times = 0 } } };
	int i;

	(void)state;
	for (i = 0; i < LOG_RATELIMIT_TIMES; i++)
		assert_true(log_ratelimit_may_say(&ratelimit, "Service a/b", "bad port", 1000));
	assert_true(log_ratelimit_may_say(&ratelimit, "Service a/c", "bad port", 1000));
	assert_true(log_ratelimit_may_say(&ratelimit, "Service a/b", "bad name", 1000));
	/* It matters where the first text ends and the second begins. */
	assert_true(log_ratelimit_may_say(&ratelimit, "Service a/bbad", " port", 1000));
}

/* A mistake in 10,000 objects, each of which is changed again and again for a day. */
static void test_many_objects(void **state)
{
	struct log_ratelimit ratelimit = { .entries = { { .times = 0 } } };
	unsigned int n = 0, used_up = 0, i;
	char name[32];

	(void)state;
	for (i = 0; i < 500000; i++) {
		(void)snprintf(name, sizeof(name), "Service a/%u", i % 10000);
		if (!log_ratelimit_may_say(&ratelimit, name, "bad port", 1000 + i * 86400000ull / 500000))
			continue;
		n++;
		used_up += log_ratelimit_is_used_up(&ratelimit);
	}
	assert_int_equal(n, 144 * LOG_RATELIMIT_MESSAGES);
	assert_int_equal(used_up, 144);
	assert_true(log_ratelimit_may_say(&ratelimit, "Service a/b", "bad port", 2 * 86400000ull));
}

static void test_new_versions(void **state)
{
	struct log_ratelimit ratelimit = { .entries = { { .times = 0 } } };

	(void)state;
	assert_true(log_ratelimit_is_new(&ratelimit, "Service a/b", "1 bad range"));
	assert_false(log_ratelimit_is_new(&ratelimit, "Service a/b", "1 bad range"));
	assert_true(log_ratelimit_is_new(&ratelimit, "Service a/c", "1 bad range"));
	assert_true(log_ratelimit_is_new(&ratelimit, "Service a/b", "2 bad range"));
	assert_false(log_ratelimit_is_new(&ratelimit, "Service a/b", "2 bad range"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_three_times_in_ten_minutes),
		cmocka_unit_test(test_many_objects),
		cmocka_unit_test(test_new_versions),
		cmocka_unit_test(test_others_are_not_concerned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
