/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which lists are accepted: their pages, and their ends. test_reflector.c has what follows from it. */
#include "config.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "kubeapi/list_doubt.h"

#define START_MS 1000000

/* Circles of any length that begin at any page. */
static void test_pages_in_circles(void **state)
{
	struct list_doubt doubt = { 0 };
	unsigned int start, length, page;
	char token[32];

	(void)state;
	for (start = 0; start < 20; start++) {
		for (length = 1; length < 20; length++) {
			list_doubt_begin(&doubt);
			for (page = 0; page < 1000; page++) {
				(void)snprintf(token, sizeof(token), "%u",
					       page < start ? page : start + (page - start) % length);
				if (!list_doubt_accepts_page(&doubt, token))
					break;
			}
			assert_int_equal(doubt.reason, LIST_DOUBT_PAGES_REPEAT);
			assert_in_range(page, start + length, 3 * (start + length));
		}
	}
	list_doubt_done(&doubt);
}

/* Objects and pages count together, and from the beginning of each list. */
static void test_lists_without_end(void **state)
{
	struct list_doubt doubt = { 0 };
	char token[32];
	uint64_t i;

	(void)state;
	list_doubt_begin(&doubt);
	for (i = 0; i < LIST_DOUBT_SIZE_MAX / 2; i++) {
		(void)snprintf(token, sizeof(token), "%" PRIu64, i);
		assert_true(list_doubt_accepts_page(&doubt, token));
		assert_true(list_doubt_accepts_object(&doubt));
	}
	assert_int_equal(doubt.reason, LIST_DOUBT_NONE);
	assert_false(list_doubt_accepts_object(&doubt));
	assert_int_equal(doubt.reason, LIST_DOUBT_ENDLESS);
	assert_false(list_doubt_accepts_page(&doubt, "last"));
	list_doubt_begin(&doubt);
	assert_true(list_doubt_accepts_page(&doubt, "0"));
	assert_true(list_doubt_accepts_object(&doubt));
	assert_true(list_doubt_accepts_end(&doubt, "1", NULL, START_MS));
	assert_int_equal(doubt.reason, LIST_DOUBT_NONE);
	list_doubt_done(&doubt);
}

/* Whether a list of @n_objects is accepted. */
static bool ends(struct list_doubt *doubt, unsigned int n_objects, const char *version, const char *known,
		 int64_t now_ms)
{
	list_doubt_begin(doubt);
	while (n_objects--)
		assert_true(list_doubt_accepts_object(doubt));
	return list_doubt_accepts_end(doubt, version, known, now_ms);
}

static void test_ends(void **state)
{
	struct list_doubt doubt = { 0 };
	unsigned int i;

	(void)state;
	/* At the start, and again, an empty list is accepted; not behind objects of a watch. */
	assert_true(ends(&doubt, 0, "1", NULL, START_MS));
	assert_true(ends(&doubt, 0, "2", "1", START_MS));
	list_doubt_watched(&doubt);
	for (i = 0; i < LIST_DOUBT_TRIES; i++) {
		assert_false(ends(&doubt, 0, "3", "2", START_MS));
		assert_int_equal(doubt.reason, LIST_DOUBT_EMPTY);
		assert_false(list_doubt_finds_behind(&doubt));
	}
	assert_true(ends(&doubt, 0, "3", "2", START_MS));
	assert_true(ends(&doubt, 0, "3", "3", START_MS));
	/* Behind: found once. */
	for (i = 0; i < LIST_DOUBT_TRIES; i++) {
		assert_false(ends(&doubt, 1, "2", "3", START_MS));
		assert_int_equal(doubt.reason, LIST_DOUBT_BEHIND);
		assert_int_equal(list_doubt_finds_behind(&doubt), i == 0);
	}
	/* A good list in between ends the row. */
	assert_true(ends(&doubt, 1, "4", "3", START_MS));
	for (i = 0; i < LIST_DOUBT_TRIES; i++)
		assert_false(ends(&doubt, 1, "2", "4", START_MS));
	assert_true(ends(&doubt, 1, "2", "4", START_MS));
	/* Behind and empty: not before LIST_DOUBT_MS, however often. */
	for (i = 0; i < 10 * LIST_DOUBT_TRIES; i++) {
		assert_false(ends(&doubt, 0, "1", "2", START_MS + i));
		assert_int_equal(doubt.reason, LIST_DOUBT_BEHIND_AND_EMPTY);
	}
	assert_false(ends(&doubt, 0, "1", "2", START_MS + LIST_DOUBT_MS - 1));
	assert_true(ends(&doubt, 0, "1", "2", START_MS + LIST_DOUBT_MS));
	assert_int_equal(doubt.reason, LIST_DOUBT_NONE);
	list_doubt_done(&doubt);
}

/* An older list without objects means that the server has lost them, until one comes; believed or not. */
static void test_lost(void **state)
{
	struct list_doubt doubt = { 0 };

	(void)state;
	assert_true(ends(&doubt, 1, "10", NULL, START_MS));
	assert_false(doubt.lost);
	assert_false(list_doubt_is_pending(&doubt));
	/* It is empty, or older: it may be what the cluster wants. */
	assert_false(ends(&doubt, 0, "11", "10", START_MS));
	assert_false(doubt.lost);
	assert_true(list_doubt_is_pending(&doubt));
	assert_false(ends(&doubt, 1, "9", "10", START_MS));
	assert_false(doubt.lost);
	assert_true(ends(&doubt, 1, "11", "10", START_MS));
	assert_false(list_doubt_is_pending(&doubt));
	/* Both. */
	assert_false(ends(&doubt, 0, "1", "10", START_MS));
	assert_true(doubt.lost);
	assert_false(ends(&doubt, 0, "1", "10", START_MS));
	assert_true(ends(&doubt, 0, "1", "10", START_MS + LIST_DOUBT_MS));
	assert_true(doubt.lost);
	assert_false(list_doubt_is_pending(&doubt));
	assert_true(ends(&doubt, 0, "2", "1", START_MS + LIST_DOUBT_MS));
	assert_true(doubt.lost);
	list_doubt_watched(&doubt);
	assert_false(doubt.lost);
	list_doubt_done(&doubt);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pages_in_circles),
		cmocka_unit_test(test_lists_without_end),
		cmocka_unit_test(test_ends),
		cmocka_unit_test(test_lost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
