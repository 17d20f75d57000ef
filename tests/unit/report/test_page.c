/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The page for browsers: what comes from objects and requests is escaped, and it has an end. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "report/list.h"
#include "report/page.h"

#define EVIL "<u a=\"1\">&'"

static void test_escaped(void **state)
{
	struct list *list = list_new(false);
	struct buf text = BUF_INIT;

	(void)state;
	list_add(list, &(struct list_line){ .service = { "shop", EVIL },
					    .kind = "ClusterIP",
					    .address = EVIL,
					    .protocol = "tcp",
					    .verdict = LIST_VERDICT_WAITS,
					    .why = EVIL });
	page_begin(EVIL, EVIL "\n" EVIL, PAGE_MOOD_BAD, &text);
	page_explain(EVIL, EVIL, &text);
	page_list(list, "", false, &text);
	page_list(list, EVIL, true, &text);
	page_end(&text);
	assert_null(strstr(buf_text(&text), "<u"));
	assert_null(strstr(buf_text(&text), "a=\"1"));
	assert_non_null(
		strstr(buf_text(&text), "<h1 class=\"bad\">&lt;u a=&quot;1&quot;&gt;&amp;&#39;</h1>"));
	assert_non_null(strstr(buf_text(&text), "?service=shop/%3Cu%20a%3D%221%22%3E%26%27"));
	buf_done(&text);
	list_free(list);
}

static void test_many(void **state)
{
	struct list *list = list_new(false);
	struct buf text = BUF_INIT;
	char name[24];
	size_t i, n = 0;
	const char *p;

	(void)state;
	for (i = 0; i < PAGE_LINES_MAX + 7; i++) {
		(void)snprintf(name, sizeof(name), "s%zu", i);
		list_add(list, &(struct list_line){ .service = { "shop", name },
						    .kind = "ClusterIP",
						    .address = "10.96.0.1:80",
						    .protocol = "tcp" });
	}
	page_list(list, "", false, &text);
	for (p = buf_text(&text); (p = strstr(p, "<tr><td>")); p++)
		n++;
	assert_int_equal(n, PAGE_LINES_MAX);
	assert_non_null(strstr(buf_text(&text), "and 7 more"));
	buf_reset(&text);
	page_list(list, "s506", false, &text);
	assert_non_null(strstr(buf_text(&text), ">shop/s506<"));
	assert_null(strstr(buf_text(&text), "more"));
	buf_reset(&text);
	page_list(list, "nothing has this", false, &text);
	assert_non_null(strstr(buf_text(&text), "<p>none</p>"));
	buf_done(&text);
	list_free(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_escaped),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
