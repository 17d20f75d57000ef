/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is written is JSON, whatever it is written from. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json_text.h"
#include "base/wall.h"

static void write_all(struct json_text *json)
{
	json_text_begin(json, NULL, '{');
	json_text_string(json, "a", "x");
	json_text_begin(json, "b", '[');
	json_text_number(json, NULL, -1);
	json_text_number(json, NULL, INT64_MIN);
	json_text_begin(json, NULL, '{');
	json_text_end(json, '}');
	json_text_end(json, ']');
	json_text_bool(json, "c", true);
	json_text_null(json, "d");
	json_text_string(json, "e", NULL);
	json_text_end(json, '}');
}

static void test_line(void **state)
{
	struct buf text = BUF_INIT;
	struct json_text json = JSON_TEXT_INIT(&text, 0);

	(void)state;
	write_all(&json);
	assert_string_equal(buf_text(&text), "{\"a\":\"x\",\"b\":[-1,-9223372036854775808,{}],\"c\":true,"
					     "\"d\":null,\"e\":null}");
	buf_done(&text);
}

static void test_indented(void **state)
{
	struct buf text = BUF_INIT;
	struct json_text json = JSON_TEXT_INIT(&text, 2);

	(void)state;
	write_all(&json);
	assert_string_equal(buf_text(&text), "{\n"
					     "  \"a\": \"x\",\n"
					     "  \"b\": [\n"
					     "    -1,\n"
					     "    -9223372036854775808,\n"
					     "    {}\n"
					     "  ],\n"
					     "  \"c\": true,\n"
					     "  \"d\": null,\n"
					     "  \"e\": null\n"
					     "}");
	buf_done(&text);
}

static void test_strings(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "", "\"\"" },
		{ "\"\\/", "\"\\\"\\\\/\"" },
		{ "a\nb\tc\rd\x1f\x7f", "\"a\\nb\\tc\\u000dd\\u001f\\u007f\"" },
		{ "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xa7", "\"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\xa7\"" },
		/* cut short, overlong, a surrogate, beyond Unicode, a lone byte of the middle */
		{ "\xe2\x82", "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
		{ "\xc0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
		{ "\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
		{ "\xf4\x90\x80\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
		{ "\x80x", "\"\xef\xbf\xbdx\"" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct buf text = BUF_INIT;
		struct json_text json = JSON_TEXT_INIT(&text, 0);

		json_text_string(&json, NULL, cases[i].in);
		assert_string_equal(buf_text(&text), cases[i].out);
		buf_done(&text);
	}
}

static void test_times(void **state)
{
	char text[WALL_TEXT_SIZE];

	(void)state;
	assert_string_equal(wall_print(1764066645000000, text), "2025-11-25T10:30:45Z");
	assert_string_equal(wall_print(1764066645120000, text), "2025-11-25T10:30:45.12Z");
	assert_string_equal(wall_print(1764066645000001, text), "2025-11-25T10:30:45.000001Z");
	assert_string_equal(wall_print_micro(1764066645000000, text), "2025-11-25T10:30:45.000000Z");
	assert_string_equal(wall_print_micro(1764066645120000, text), "2025-11-25T10:30:45.120000Z");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line),
		cmocka_unit_test(test_indented),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
