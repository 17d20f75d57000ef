/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/quiet.h"

static void test_three_times_in_ten_minutes(void **state)
{
	struct quiet quiet = { .entries = { { .times = 0 } } };
	int i;

	(void)state;
	for (i = 0; i < QUIET_TIMES; i++)
		assert_true(quiet_may_say(&quiet, "Service a/b", "bad port", 1000));
	assert_false(quiet_may_say(&quiet, "Service a/b", "bad port", 1000));
	assert_false(quiet_may_say(&quiet, "Service a/b", "bad port", 1000 + QUIET_PERIOD_MS - 1));
	assert_true(quiet_may_say(&quiet, "Service a/b", "bad port", 1000 + QUIET_PERIOD_MS));
}

static void test_others_are_not_concerned(void **state)
{
	struct quiet quiet = { .entries = { { .times = 0 } } };
	int i;

	(void)state;
	for (i = 0; i < QUIET_TIMES; i++)
		assert_true(quiet_may_say(&quiet, "Service a/b", "bad port", 1000));
	assert_true(quiet_may_say(&quiet, "Service a/c", "bad port", 1000));
	assert_true(quiet_may_say(&quiet, "Service a/b", "bad name", 1000));
	/* where one text ends and the other begins matters */
	assert_true(quiet_may_say(&quiet, "Service a/bbad", " port", 1000));
}

static void test_new_versions(void **state)
{
	struct quiet quiet = { .entries = { { .times = 0 } } };

	(void)state;
	assert_true(quiet_is_new(&quiet, "Service a/b", "1 bad range"));
	assert_false(quiet_is_new(&quiet, "Service a/b", "1 bad range"));
	assert_true(quiet_is_new(&quiet, "Service a/c", "1 bad range"));
	assert_true(quiet_is_new(&quiet, "Service a/b", "2 bad range"));
	assert_false(quiet_is_new(&quiet, "Service a/b", "2 bad range"));
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
