/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When refused Services are tried again (Y20), with a clock that is an argument. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sync/refusals.h"
#include "sync/service_names.h"

static const struct service_name web = { "shop", "web" }, dns = { "system", "dns" };

static struct refusals *refusals;
static struct service_names due;

static int setup(void **state)
{
	(void)state;
	refusals = refusals_new(5000);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	refusals = refusals_free(refusals);
	service_names_done(&due);
	return 0;
}

static void test_backoff(void **state)
{
	static const uint64_t delays[] = { 1000, 2000, 4000, 5000, 5000 };
	uint64_t now = 100;
	size_t i;

	(void)state;
	assert_int_equal(refusals_next_ms(refusals), UINT64_MAX);
	for (i = 0; i < sizeof(delays) / sizeof(delays[0]); i++) {
		assert_int_equal(refusals_put(refusals, web, now), !i);
		assert_int_equal(refusals_next_ms(refusals), now + delays[i]);
		refusals_try_due(refusals, now + delays[i] - 1, &due);
		assert_int_equal(due.n, 0);
		assert_true(refusals_waits(refusals, web));
		now += delays[i];
		refusals_try_due(refusals, now, &due);
		assert_int_equal(due.n, 1);
		assert_true(service_name_equal(due.list[0], web));
		assert_false(refusals_waits(refusals, web));
		assert_int_equal(refusals_count(refusals), 1);
		service_names_clear(&due);
	}
	assert_true(refusals_del(refusals, web));
	assert_false(refusals_del(refusals, web));
	assert_int_equal(refusals_count(refusals), 0);
	/* The next time it begins anew. */
	assert_true(refusals_put(refusals, web, now));
	assert_int_equal(refusals_next_ms(refusals), now + 1000);
}

static void test_new_version(void **state)
{
	(void)state;
	refusals_put(refusals, web, 0);
	refusals_put(refusals, dns, 500);
	refusals_try(refusals, web);
	assert_false(refusals_waits(refusals, web));
	assert_true(refusals_waits(refusals, dns));
	assert_int_equal(refusals_next_ms(refusals), 1500);
	refusals_try_due(refusals, 2000, &due);
	assert_int_equal(due.n, 1);
	assert_true(service_name_equal(due.list[0], dns));
}

static void test_unplannable(void **state)
{
	(void)state;
	assert_true(refusals_put_unplannable(refusals, web));
	assert_false(refusals_put_unplannable(refusals, web));
	assert_true(refusals_waits(refusals, web));
	assert_int_equal(refusals_next_ms(refusals), UINT64_MAX);
	refusals_try_due(refusals, UINT64_MAX - 1, &due);
	assert_int_equal(due.n, 0);
	refusals_try(refusals, web);
	assert_false(refusals_waits(refusals, web));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_backoff, setup, teardown),
		cmocka_unit_test_setup_teardown(test_new_version, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unplannable, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
