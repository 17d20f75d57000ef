/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/hash.h"
#include "base/service_name.h"

static const struct service_name names[] = {
	{ NULL, NULL }, { "a-b", "web" }, { "a", "web" }, { "a", "web2" }, { "a0", "web" }, { "b", "a" },
};

static int sign(int n)
{
	return (n > 0) - (n < 0);
}

static void test_print(void **state)
{
	char text[SERVICE_NAME_TEXT_SIZE];

	(void)state;
	assert_string_equal(service_name_print(names[2], text), "a/web");
	assert_string_equal(service_name_print(names[0], text), "");
}

static void test_order_is_that_of_the_texts(void **state)
{
	char a[SERVICE_NAME_TEXT_SIZE], b[SERVICE_NAME_TEXT_SIZE];
	size_t i, j;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		for (j = 0; j < ARRAY_SIZE(names); j++) {
			assert_int_equal(sign(service_name_cmp(names[i], names[j])),
					 sign(strcmp(service_name_print(names[i], a),
						     service_name_print(names[j], b))));
			assert_int_equal(service_name_equal(names[i], names[j]), i == j);
		}
	}
}

static void test_copy(void **state)
{
	struct service_name copy = service_name_copy(names[3]);

	(void)state;
	assert_true(service_name_equal(copy, names[3]));
	assert_ptr_not_equal(copy.namespace, names[3].namespace);
	/* One block, which can be a hash key. */
	assert_ptr_equal(copy.name, copy.namespace + strlen(copy.namespace) + 1);
	service_name_free(copy);
	assert_false(service_name_is_set(service_name_copy(names[0])));
}

static void test_hash_keeps_strings_apart(void **state)
{
	uint64_t ab_c = hash_add_string(hash_add_string(HASH_START, "ab"), "c");

	(void)state;
	assert_true(ab_c != hash_add_string(hash_add_string(HASH_START, "a"), "bc"));
	assert_true(ab_c == hash_add_string(hash_add_string(HASH_START, "ab"), "c"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_order_is_that_of_the_texts),
		cmocka_unit_test(test_copy),
		cmocka_unit_test(test_hash_keeps_strings_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
