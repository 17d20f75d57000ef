/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "base/merge.h"

static int cmp_chars(const void *a, const void *b)
{
	return *(const char *)a - *(const char *)b;
}

/* @expected: each step as two characters, "." for no item. */
static void expect_walk(const char *old, const char *now, const char *expected)
{
	struct merge merge = { .rest_old = old,
			       .n_old = strlen(old),
			       .rest_now = now,
			       .n_now = strlen(now),
			       .size = 1,
			       .cmp = cmp_chars };
	char walk[64];
	size_t n = 0;

	while (merge_next(&merge)) {
		walk[n++] = merge.old ? *(const char *)merge.old : '.';
		walk[n++] = merge.now ? *(const char *)merge.now : '.';
		walk[n++] = ' ';
	}
	walk[n] = '\0';
	assert_string_equal(walk, expected);
}

static void test_walks(void **state)
{
	(void)state;
	expect_walk("", "", "");
	expect_walk("ab", "", "a. b. ");
	expect_walk("", "ab", ".a .b ");
	expect_walk("abc", "abc", "aa bb cc ");
	expect_walk("acd", "bce", "a. .b cc d. .e ");
}

/* Also after items were removed, and after all were. */
static void test_append(void **state)
{
	static const size_t sizes[] = { 1, 7, 8, 9, 33, 1000 };
	uint32_t *list = NULL;
	size_t n = 0, round, i;

	(void)state;
	for (round = 0; round < 2 * ARRAY_SIZE(sizes); round++) {
		while (n < sizes[round % ARRAY_SIZE(sizes)]) {
			uint32_t *item = ALLOC_APPEND(list, n);

			assert_ptr_equal(item, &list[n - 1]);
			*item = (uint32_t)n;
		}
		for (i = 0; i < n; i++)
			assert_int_equal(list[i], i + 1);
		n = round % 3 ? n / 2 : 0;
	}
	free(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_walks),
		cmocka_unit_test(test_append),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
