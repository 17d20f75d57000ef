/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The formats in the Accept header, and when it is JSON alone. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "kubeapi/negotiation.h"

static void test_accept(void **state)
{
	struct negotiation negotiation = { 0 };

	(void)state;
	assert_string_equal(negotiation_accept(&negotiation, false, 0),
			    "application/vnd.kubernetes.protobuf,application/json");
	assert_string_equal(negotiation_accept(&negotiation, true, 0),
			    "application/vnd.kubernetes.protobuf;stream=watch,application/json");
	negotiation.json_only = true;
	assert_string_equal(negotiation_accept(&negotiation, true, 0), "application/json");
}

static void test_format(void **state)
{
	(void)state;
	assert_int_equal(negotiation_format("application/vnd.kubernetes.protobuf"),
			 RESPONSE_BODY_FORMAT_PROTOBUF);
	assert_int_equal(negotiation_format("application/json"), RESPONSE_BODY_FORMAT_JSON);
	assert_int_equal(negotiation_format("text/html"), RESPONSE_BODY_FORMAT_JSON);
	assert_int_equal(negotiation_format(""), RESPONSE_BODY_FORMAT_JSON);
}

/* JSON alone after a failure, protobuf again an hour later; an answer that refuses JSON changes nothing. */
static void test_fallback(void **state)
{
	struct negotiation negotiation = { 0 };

	(void)state;
	(void)negotiation_accept(&negotiation, true, 1000);
	assert_false(negotiation_refused(&negotiation, 400));
	assert_false(negotiation_refused(&negotiation, 200));
	assert_true(negotiation_refused(&negotiation, 415));
	assert_true(negotiation_refused(&negotiation, 406));
	negotiation_failed(&negotiation, 1000);
	assert_string_equal(negotiation_accept(&negotiation, true, 1000), "application/json");
	assert_false(negotiation_refused(&negotiation, 406));
	assert_string_equal(negotiation_accept(&negotiation, true, 1000 + NEGOTIATION_JSON_MS - 1),
			    "application/json");
	assert_string_equal(negotiation_accept(&negotiation, false, 1000 + NEGOTIATION_JSON_MS),
			    "application/vnd.kubernetes.protobuf,application/json");
	assert_true(negotiation_refused(&negotiation, 406));
	negotiation_failed(&negotiation, 5000000);
	negotiation_forget(&negotiation);
	assert_string_equal(negotiation_accept(&negotiation, false, 5000000),
			    "application/vnd.kubernetes.protobuf,application/json");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accept),
		cmocka_unit_test(test_format),
		cmocka_unit_test(test_fallback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
