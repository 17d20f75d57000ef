/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/plain_text.h"

static void test_characters(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "", "" },
		{ "web \\x \"q\"", "web \\x \"q\"" },
		{ "\033[31mred\007", "\\x1b[31mred\\x07" },
		{ "a\nb\tc\rd\x7f", "a\\x0ab\\x09c\\x0dd\\x7f" },
		/* One-byte and two-byte forms of CSI. */
		{ "\x9b"
		  "31m",
		  "\\x9b31m" },
		{ "\xc2\x9b"
		  "31m",
		  "\\u009b31m" },
		/* Directions, marks without width, separators of lines, a soft hyphen, a mark of the byte order. */
		{ "\xe2\x80\xae"
		  "evil",
		  "\\u202eevil" },
		{ "\xe2\x81\xa6\xe2\x81\xa9", "\\u2066\\u2069" },
		{ "\xd8\x9c\xe2\x80\x8b\xe2\x80\x8f", "\\u061c\\u200b\\u200f" },
		{ "\xe2\x80\xa8\xe2\x80\xa9\xc2\xad\xef\xbb\xbf", "\\u2028\\u2029\\u00ad\\ufeff" },
		/* Tags, which nobody sees, and private use. */
		{ "\xf3\xa0\x80\x81\xee\x80\x80", "\\U000e0001\\ue000" },
		/* All others stay. */
		{ "\xc3\xa9\xe2\x82\xac\xe6\x97\xa5\xf0\x9f\x90\xa7\xd7\x90",
		  "\xc3\xa9\xe2\x82\xac\xe6\x97\xa5\xf0\x9f\x90\xa7\xd7\x90" },
		/* Truncated, overlong, a surrogate, beyond Unicode. */
		{ "\xe2\x82", "\\xe2\\x82" },
		{ "\xc0\x9b", "\\xc0\\x9b" },
		{ "\xed\xa0\x80", "\\xed\\xa0\\x80" },
		{ "\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct buf text = BUF_INIT, again = BUF_INIT;

		plain_text_add(&text, cases[i].in);
		assert_string_equal(buf_text(&text), cases[i].out);
		/* What is clean stays as it is. */
		plain_text_add(&again, buf_text(&text));
		assert_string_equal(buf_text(&again), cases[i].out);
		buf_done(&text);
		buf_done(&again);
	}
}

static void test_a_whole_text(void **state)
{
	static const char *const allowed[] = { "\033[31m", "\033[0m", NULL };
	struct buf text = BUF_INIT;

	(void)state;
	plain_text_clean(&text, 0, allowed);
	assert_int_equal(text.size, 0);
	buf_add(&text, "\033kept\n", 6);
	buf_add(&text, "\033[31mbad\033[0m\t\033[2J\nx\0y\n", 22);
	plain_text_clean(&text, 6, allowed);
	assert_string_equal(buf_text(&text), "\033kept\n"
					     "\033[31mbad\033[0m\t\\x1b[2J\nx\\x00y\n");
	plain_text_clean(&text, 0, NULL);
	assert_string_equal(buf_text(&text), "\\x1bkept\n"
					     "\\x1b[31mbad\\x1b[0m\t\\x1b[2J\nx\\x00y\n");
	buf_reset(&text);
	buf_printf(&text, "a \"q\" \\ \xc3\xa9~\x7f\xc3");
	plain_text_clean(&text, 0, NULL);
	assert_string_equal(buf_text(&text), "a \"q\" \\ \xc3\xa9~\\x7f\\xc3");
	buf_done(&text);
}

static void test_run(void **state)
{
	(void)state;
	assert_int_equal(plain_text_run(""), 0);
	assert_int_equal(plain_text_run(" a~"), 3);
	assert_int_equal(plain_text_run("a\x1f"), 1);
	assert_int_equal(plain_text_run("a\x7f"), 1);
	assert_int_equal(plain_text_run("a\xc3\xa9"), 1);
	assert_int_equal(plain_text_run("a\"b"), 1);
	assert_int_equal(plain_text_run("a\\b"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_characters),
		cmocka_unit_test(test_a_whole_text),
		cmocka_unit_test(test_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
