/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words that are almost the same. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/similar.h"

static void test_distance(void **state)
{
	static const struct {
		const char *a;
		const char *b;
		int distance;
	} rows[] = {
		{ "status", "status", 0 },
		{ "statsu", "status", 1 },
		{ "sttaus", "status", 1 },
		{ "stat", "status", -1 },
		{ "statu", "status", 1 },
		{ "tatus", "status", 1 },
		{ "xstatus", "status", 1 },
		{ "statuses", "status", 2 },
		{ "Status", "status", 1 },
		{ "STATUS", "status", -1 },
		{ "explian", "explain", 1 },
		{ "explane", "explain", 2 },
		{ "dif", "diff", 1 },
		{ "fid", "diff", -1 },
		{ "ab", "ba", 1 },
		{ "", "", 0 },
		{ "", "a", 1 },
		{ "", "ab", -1 },
		{ "run", "trace", -1 },
		{ "chekc", "check", 1 },
	};
	char longest[SIMILAR_WORD_MAX + 2], other[SIMILAR_WORD_MAX + 2];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(similar_distance(rows[i].a, rows[i].b), rows[i].distance);
		assert_int_equal(similar_distance(rows[i].b, rows[i].a), rows[i].distance);
	}
	memset(longest, 'a', sizeof(longest));
	longest[SIMILAR_WORD_MAX] = '\0';
	memcpy(other, longest, sizeof(other));
	other[100] = 'b';
	assert_int_equal(similar_distance(longest, other), 1);
	longest[SIMILAR_WORD_MAX] = 'a';
	longest[SIMILAR_WORD_MAX + 1] = '\0';
	assert_int_equal(similar_distance(longest, other), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_distance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
