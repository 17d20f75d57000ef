/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

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
		cmocka_unit_test(test_new_versions),
		cmocka_unit_test(test_others_are_not_concerned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
