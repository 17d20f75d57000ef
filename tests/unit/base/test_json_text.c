/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The output is JSON, whatever the strings are. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/duration.h"
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
		/* Characters that a terminal obeys, or that nobody sees. */
		{ "\xc2\x9b\xe2\x80\xae\xf3\xa0\x80\x81", "\"\\u009b\\u202e\\udb40\\udc01\"" },
		/* Truncated, overlong, a surrogate, beyond Unicode, a lone continuation byte. */
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

/* The same as blocks of YAML: quotes where a reader would not take the value for a string. */
static void test_yaml(void **state)
{
	struct buf text = BUF_INIT;
	struct json_text yaml = JSON_TEXT_INIT(&text, JSON_TEXT_YAML);

	(void)state;
	json_text_begin(&yaml, NULL, '{');
	json_text_string(&yaml, "plain", "v1.2/x-y");
	json_text_string(&yaml, "number", "1.5e3");
	json_text_string(&yaml, "word", "Yes");
	json_text_string(&yaml, "empty", "");
	json_text_string(&yaml, "colon", "a: b");
	json_text_begin(&yaml, "section", '{');
	json_text_number(&yaml, "count", -7);
	json_text_thousandths(&yaml, "t", -1234);
	json_text_begin(&yaml, "list", '[');
	json_text_string(&yaml, NULL, "one");
	json_text_begin(&yaml, NULL, '{');
	json_text_bool(&yaml, "ok", true);
	json_text_end(&yaml, '}');
	json_text_end(&yaml, ']');
	json_text_begin(&yaml, "nothing", '[');
	json_text_end(&yaml, ']');
	json_text_end(&yaml, '}');
	json_text_null(&yaml, "last");
	json_text_end(&yaml, '}');
	assert_string_equal(buf_text(&text), "plain: v1.2/x-y\n"
					     "number: \"1.5e3\"\n"
					     "word: \"Yes\"\n"
					     "empty: \"\"\n"
					     "colon: \"a: b\"\n"
					     "section:\n"
					     "  count: -7\n"
					     "  t: -1.234\n"
					     "  list:\n"
					     "    - one\n"
					     "    -\n"
					     "      ok: true\n"
					     "  nothing: []\n"
					     "last: null\n");
	buf_done(&text);
}

static void test_durations(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
		const char *printed;
	} cases[] = {
		{ "0", 0, "0s" },
		{ "0s", 0, "0s" },
		{ "500ms", 500, "500ms" },
		{ "1.5s", 1500, "1.5s" },
		{ "1m30s", 90000, "1m30s" },
		{ "24h", 86400000, "24h0m0s" },
		{ "1h0m0.25s", 3600250, "1h0m0.25s" },
		{ "-1s", -1000, "-1s" },
		{ "90s", 90000, "1m30s" },
		{ "2000us", 2, "2ms" },
	};
	static const char *const bad[] = { "",	   "1",	  "s",	".s",	"-",	      "1e3s",
					   "0x1s", "1s2", "1d", "nans", "1000000000h" };
	char text[DURATION_TEXT_SIZE];
	int64_t ms;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_true(duration_parse(cases[i].text, &ms));
		assert_int_equal(ms, cases[i].ms);
		assert_string_equal(duration_print(ms, text), cases[i].printed);
	}
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(duration_parse(bad[i], &ms));
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
		cmocka_unit_test(test_line), cmocka_unit_test(test_indented),  cmocka_unit_test(test_strings),
		cmocka_unit_test(test_yaml), cmocka_unit_test(test_durations), cmocka_unit_test(test_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
