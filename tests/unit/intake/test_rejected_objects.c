/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of the objects that are rejected at the moment. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "intake/rejected_objects.h"

static void put(struct rejected_objects *rejected, const char *kind, const char *name, const char *reason)
{
	rejected_objects_put(rejected, &(struct rejected_object){ .kind = kind,
								  .namespace = "ns",
								  .name = name,
								  .service = { "ns", "web" },
								  .manifest = "",
								  .reason = reason });
}

static void test_put_and_del(void **state)
{
	struct rejected_objects *rejected = rejected_objects_new();
	char name[16];
	int i;

	(void)state;
	put(rejected, "Service", "a", "one");
	put(rejected, "EndpointSlice", "a", "two");
	put(rejected, "Service", "a", "three");
	assert_int_equal(rejected_objects_count(rejected), 2);
	assert_string_equal(rejected_objects_at(rejected, 0)->reason, "three");
	rejected_objects_del(rejected, "Service", "ns", "b", "");
	rejected_objects_del(rejected, "Service", "ns", "a", "");
	assert_int_equal(rejected_objects_count(rejected), 1);
	assert_string_equal(rejected_objects_at(rejected, 0)->kind, "EndpointSlice");
	put(rejected, "Service", "c", "four");
	rejected_objects_del_kind(rejected, "EndpointSlice");
	assert_int_equal(rejected_objects_count(rejected), 1);
	assert_string_equal(rejected_objects_at(rejected, 0)->name, "c");
	for (i = 0; i < 2 * REJECTED_OBJECTS_MAX; i++) {
		(void)snprintf(name, sizeof(name), "%d", i);
		put(rejected, "Service", name, "five");
	}
	assert_int_equal(rejected_objects_count(rejected), REJECTED_OBJECTS_MAX);
	rejected_objects_free(rejected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_put_and_del),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
