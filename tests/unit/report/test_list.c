/* SPDX-License-Identifier: GPL-2.0-or-later */
/* list, as text and as JSON: what it counts, and what --problems leaves out. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "report/list.h"

static struct buf text = BUF_INIT;

static int teardown(void **state)
{
	(void)state;
	buf_done(&text);
	return 0;
}

static struct list *make(bool problems)
{
	struct list *list = list_new(problems);
	struct list_line line = { .service = { "shop", "web" },
				  .kind = "ClusterIP",
				  .address = "10.96.0.1:80",
				  .protocol = "tcp",
				  .n_used = 2,
				  .n_all = 3 };

	list_add(list, &line);
	line.kind = "nodePort";
	line.address = "30080";
	line.drops_outside = true;
	list_add(list, &line);
	list_add(list, &(struct list_line){ .service = { "shop", "bad" },
					    .kind = "",
					    .address = "",
					    .protocol = "",
					    .verdict = LIST_VERDICT_REJECTED,
					    .why = "spec.ports: none" });
	return list;
}

static void test_text(void **state)
{
	struct list *list = make(false);

	(void)state;
	list_print_text(list, false, &text);
	assert_string_equal(
		buf_text(&text),
		"3 front ends of 2 Services, 2 served, 1 rejected\n"
		"SERVICE   FRONT END                   ENDPOINTS  VERDICT\n"
		"shop/web  tcp 10.96.0.1:80 ClusterIP        2/3  served\n"
		"shop/web  tcp 30080 nodePort                2/3  served; dropped from outside: no "
		"endpoint is on this node\n"
		"shop/bad                                      -  rejected: spec.ports: none\n");
	assert_true(list_has_problems(list));
	assert_false(list_is_unknown(list));
	list_free(list);
}

static void test_problems(void **state)
{
	struct list *list = make(true);

	(void)state;
	list_unknown(list, "EndpointSlices unknown");
	list_print_text(list, false, &text);
	assert_string_equal(buf_text(&text),
			    "EndpointSlices unknown; 3 front ends of 2 Services, 2 served, 1 rejected\n"
			    "SERVICE   FRONT END  ENDPOINTS  VERDICT\n"
			    "shop/bad                     -  rejected: spec.ports: none\n");
	assert_true(list_is_unknown(list));
	list_free(list);
}

static void test_good(void **state)
{
	struct list *list = list_new(false);

	(void)state;
	list_print_text(list, false, &text);
	assert_string_equal(buf_text(&text), "0 front ends of 0 Services\n");
	assert_false(list_has_problems(list));
	buf_reset(&text);
	list_print_json(list, &text);
	assert_non_null(strstr(buf_text(&text), "\"verdict\": \"good\""));
	list_free(list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_text, teardown),
		cmocka_unit_test_teardown(test_problems, teardown),
		cmocka_unit_test_teardown(test_good, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
