/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The size of the connection tracking table. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "daemon/sysctls.h"

/* C14 */
static void test_conntrack_max(void **state)
{
	static const struct {
		int64_t max_per_core, min, n_processors, expected;
	} cases[] = {
		{ 32768, 131072, 2, 131072 },	 { 32768, 131072, 8, 262144 },
		{ 32768, 131072, 64, 1048576 },	 { 0, 131072, 2, 0 },
		{ 600000, 2000000, 2, 1048576 }, { 500000, 2000000, 2, 2000000 },
		{ 32768, 0, 1, 32768 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct settings_conntrack conntrack = { .max_per_core = cases[i].max_per_core,
							.min = cases[i].min };

		assert_int_equal(sysctls_conntrack_max(&conntrack, cases[i].n_processors), cases[i].expected);
	}
}

/* C14 */
static void test_never_lower(void **state)
{
	(void)state;
	assert_true(sysctls_is_enough(131072, 131072));
	assert_true(sysctls_is_enough(1048577, 131072));
	assert_false(sysctls_is_enough(131071, 131072));
	assert_true(sysctls_is_enough(0, 131072));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_conntrack_max),
					    cmocka_unit_test(test_never_lower) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
