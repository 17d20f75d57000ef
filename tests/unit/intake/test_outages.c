/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One failure of a source is one line of the log (Y38), and how often a long list is one (Y39). */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "intake/list_progress.h"
#include "intake/outages.h"

#define API    "https://api"
#define MINUTE 60000ull

static enum outages_line failed(struct outages *outages, enum object_kind kind, int code, uint64_t now_ms)
{
	const struct err err = { .code = code, .text = "services: it failed" };
	uint64_t for_ms;

	return outages_failed(outages, API, kind, &err, now_ms, &for_ms);
}

static bool ended(struct outages *outages, enum object_kind kind, uint64_t now_ms)
{
	uint64_t after_ms;

	return outages_ended(outages, API, kind, now_ms, &after_ms);
}

/* Nothing listens any more, then it answers with 403, then it works. */
static void test_restart(void **state)
{
	struct outages outages = { .told = false };
	uint64_t after_ms;

	(void)state;
	assert_int_equal(failed(&outages, OBJECT_KIND_SERVICE, -ECONNREFUSED, 1000), OUTAGES_LINE_FAILED);
	assert_int_equal(failed(&outages, OBJECT_KIND_NODE, -ECONNREFUSED, 1001), OUTAGES_LINE_NONE);
	assert_int_equal(failed(&outages, OBJECT_KIND_NODE, -EACCES, 1002), OUTAGES_LINE_FAILED);
	assert_int_equal(failed(&outages, OBJECT_KIND_SERVICE, -ECONNREFUSED, 1003), OUTAGES_LINE_NONE);
	assert_int_equal(failed(&outages, OBJECT_KIND_SERVICE, -EACCES, 1004), OUTAGES_LINE_NONE);
	assert_false(ended(&outages, OBJECT_KIND_ENDPOINT_SLICE, 1005)); /* it did not fail */
	assert_false(ended(&outages, OBJECT_KIND_SERVICE, 5000));
	assert_true(outages_ended(&outages, API, OBJECT_KIND_NODE, 6000, &after_ms));
	assert_int_equal(after_ms, 5000);
	assert_false(ended(&outages, OBJECT_KIND_NODE, 6001));
}

/* Services are allowed again, but slices are not: the next line names them. */
static void test_one_kind_is_left(void **state)
{
	struct outages outages = { .told = false };

	(void)state;
	assert_int_equal(failed(&outages, OBJECT_KIND_SERVICE, -EACCES, 0), OUTAGES_LINE_FAILED);
	assert_int_equal(failed(&outages, OBJECT_KIND_ENDPOINT_SLICE, -EACCES, 0), OUTAGES_LINE_NONE);
	assert_false(ended(&outages, OBJECT_KIND_SERVICE, 1000));
	assert_int_equal(failed(&outages, OBJECT_KIND_ENDPOINT_SLICE, -EACCES, 2000), OUTAGES_LINE_FAILED);
	assert_int_equal(failed(&outages, OBJECT_KIND_ENDPOINT_SLICE, -EACCES, 3000), OUTAGES_LINE_NONE);
	assert_true(ended(&outages, OBJECT_KIND_ENDPOINT_SLICE, 4000));
}

/* All is forbidden, and we go on without one kind: this is no news about the others. */
static void test_absent(void **state)
{
	struct outages outages = { .told = false };

	(void)state;
	assert_int_equal(failed(&outages, OBJECT_KIND_SERVICE_CIDR, -EACCES, 0), OUTAGES_LINE_FAILED);
	assert_int_equal(failed(&outages, OBJECT_KIND_SERVICE, -EACCES, 1), OUTAGES_LINE_NONE);
	outages_absent(&outages, OBJECT_KIND_SERVICE_CIDR);
	assert_false(ended(&outages, OBJECT_KIND_SERVICE_CIDR, 2));
	assert_int_equal(failed(&outages, OBJECT_KIND_SERVICE, -EACCES, 3), OUTAGES_LINE_NONE);
	assert_true(ended(&outages, OBJECT_KIND_SERVICE, 4));
}

/* A day: a line every ten minutes. */
static void test_long_outage(void **state)
{
	struct outages outages = { .told = false };
	unsigned int n[3] = { 0 };
	uint64_t now_ms;

	(void)state;
	for (now_ms = 0; now_ms < 24 * 60 * MINUTE; now_ms += 10000)
		n[failed(&outages, now_ms / 10000 % 4, -ECONNREFUSED, now_ms)]++;
	assert_int_equal(n[OUTAGES_LINE_FAILED], 1);
	assert_int_equal(n[OUTAGES_LINE_STILL], 24 * 6 - 1);
}

/* It works and fails in turn, each second: three pairs of lines in ten minutes. */
static void test_flapping(void **state)
{
	struct outages outages = { .told = false };
	unsigned int n_failed = 0, n_ended = 0;
	uint64_t now_ms;

	(void)state;
	for (now_ms = 0; now_ms < 10 * MINUTE; now_ms += 1000) {
		n_failed += failed(&outages, OBJECT_KIND_SERVICE, -ECONNREFUSED, now_ms) != OUTAGES_LINE_NONE;
		n_ended += ended(&outages, OBJECT_KIND_SERVICE, now_ms + 500);
	}
	assert_int_equal(n_failed, 3);
	assert_int_equal(n_ended, 3);
}

/* More errors than are remembered. */
static void test_many_errors(void **state)
{
	struct outages outages = { .told = false };
	unsigned int n = 0;
	int i;

	(void)state;
	for (i = 0; i < 1000; i++)
		n += failed(&outages, i % 4, -(i % 50) - 1, (uint64_t)i) != OUTAGES_LINE_NONE;
	assert_int_equal(n, OUTAGES_CODES_MAX);
}

static void test_manifests(void **state)
{
	const struct err cut = { .code = -EINVAL, .text = "line 3: cut" },
			 other = { .code = -EINVAL, .text = "line 4" };
	struct outages outages = { .told = false };
	uint64_t ms;

	(void)state;
	assert_int_equal(outages_failed(&outages, "a.yaml", _OBJECT_KIND_MAX, &cut, 0, &ms),
			 OUTAGES_LINE_FAILED);
	assert_int_equal(outages_failed(&outages, "b.yaml", _OBJECT_KIND_MAX, &cut, 0, &ms),
			 OUTAGES_LINE_FAILED);
	assert_int_equal(outages_failed(&outages, "a.yaml", _OBJECT_KIND_MAX, &other, 0, &ms),
			 OUTAGES_LINE_FAILED);
	assert_int_equal(outages_failed(&outages, "a.yaml", _OBJECT_KIND_MAX, &other, 0, &ms),
			 OUTAGES_LINE_NONE);
	assert_false(outages_ended(&outages, "c.yaml", _OBJECT_KIND_MAX, 1, &ms));
	assert_true(outages_ended(&outages, "a.yaml", _OBJECT_KIND_MAX, 1, &ms));
	assert_false(outages_ended(&outages, "a.yaml", _OBJECT_KIND_MAX, 2, &ms));
	/* It is broken in the same way again: this is news. */
	assert_int_equal(outages_failed(&outages, "a.yaml", _OBJECT_KIND_MAX, &cut, 3, &ms),
			 OUTAGES_LINE_FAILED);
	assert_true(outages_ended(&outages, "a.yaml", _OBJECT_KIND_MAX, 4, &ms));
}

/* Y41. More names than there are places: a line may be written once more, but is never lost. */
static void test_last_lines(void **state)
{
	struct last_lines lines = { .n = 0 };
	unsigned int n = 0;
	char name[16];
	int i;

	(void)state;
	assert_false(last_lines_forget(&lines, "a"));
	last_lines_note(&lines, "a", "one");
	assert_true(last_lines_has(&lines, "a", "one"));
	assert_false(last_lines_has(&lines, "a", "two"));
	assert_false(last_lines_has(&lines, "b", "one"));
	last_lines_note(&lines, "a", "two");
	assert_false(last_lines_has(&lines, "a", "one"));
	assert_int_equal(lines.n, 1);
	assert_true(last_lines_forget(&lines, "a"));
	assert_false(last_lines_has(&lines, "a", "two"));
	assert_int_equal(lines.n, 0);
	for (i = 0; i < 10000; i++) {
		(void)snprintf(name, sizeof(name), "%d", i);
		assert_false(last_lines_has(&lines, name, "one"));
		last_lines_note(&lines, name, "one");
		assert_true(last_lines_has(&lines, name, "one"));
	}
	assert_int_equal(lines.n, LAST_LINES_MAX);
	for (i = 0; i < 10000; i++) {
		(void)snprintf(name, sizeof(name), "%d", i);
		n += last_lines_forget(&lines, name);
	}
	assert_int_equal(n, LAST_LINES_MAX);
	assert_int_equal(lines.n, 0);
}

/* 100,000 objects in 20 s, and 1,000 in 4 s. */
static void test_progress(void **state)
{
	struct list_progress progress;
	unsigned int n = 0;
	uint64_t i, for_ms;

	(void)state;
	list_progress_begin(&progress, 50);
	for (i = 1; i <= 100000; i++)
		if (list_progress_add(&progress, 50 + i / 5, &for_ms)) {
			n++;
			assert_int_equal(progress.n, n * 25000);
			assert_int_equal(for_ms, n * LIST_PROGRESS_MS);
		}
	assert_int_equal(n, 4);
	list_progress_begin(&progress, 100000);
	for (i = 1; i <= 1000; i++)
		assert_false(list_progress_add(&progress, 100000 + i * 4, &for_ms));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_restart),	    cmocka_unit_test(test_one_kind_is_left),
		cmocka_unit_test(test_long_outage), cmocka_unit_test(test_flapping),
		cmocka_unit_test(test_many_errors), cmocka_unit_test(test_manifests),
		cmocka_unit_test(test_progress),    cmocka_unit_test(test_absent),
		cmocka_unit_test(test_last_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
