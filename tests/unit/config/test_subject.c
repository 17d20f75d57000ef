/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a command asks about: names, addresses and node ports, and what is none of them. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "config/subject.h"

static void test_subjects(void **state)
{
	static const struct {
		const char *text;
		enum subject_kind kind;
		const char *namespace;
		const char *name; /* or the address */
		const char *port;
	} cases[] = {
		{ "web", SUBJECT_KIND_SERVICE, "", "web", "" },
		{ "shop/web", SUBJECT_KIND_SERVICE, "shop", "web", "" },
		{ "shop/web:http", SUBJECT_KIND_SERVICE, "shop", "web", "http" },
		{ "web:80", SUBJECT_KIND_SERVICE, "", "web", "80" },
		{ "web:", SUBJECT_KIND_SERVICE, "", "web", "" },
		{ "shop/30080", SUBJECT_KIND_SERVICE, "shop", "30080", "" },
		{ "70000", SUBJECT_KIND_SERVICE, "", "70000", "" },
		{ "30080", SUBJECT_KIND_NODE_PORT, "", "", "30080" },
		{ "10.96.1.1", SUBJECT_KIND_ADDRESS, "", "10.96.1.1", "" },
		{ "10.96.1.1:80", SUBJECT_KIND_ADDRESS, "", "10.96.1.1", "80" },
		{ "fd00::1", SUBJECT_KIND_ADDRESS, "", "fd00::1", "" },
		{ "[fd00::1]", SUBJECT_KIND_ADDRESS, "", "fd00::1", "" },
		{ "[fd00::1]:80", SUBJECT_KIND_ADDRESS, "", "fd00::1", "80" },
	};
	char addr[ADDR_TEXT_SIZE];
	struct subject subject;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_true(subject_parse(cases[i].text, &subject));
		assert_int_equal(subject.kind, cases[i].kind);
		assert_string_equal(subject.namespace, cases[i].namespace);
		assert_string_equal(subject.kind == SUBJECT_KIND_ADDRESS ? addr_print(&subject.addr, addr)
									 : subject.name,
				    cases[i].name);
		assert_string_equal(subject.port, cases[i].port);
	}
}

static void test_no_subjects(void **state)
{
	static const char *const texts[] = { "",	 "/",	      "shop/",		"/web",
					     "a/b/c",	 ":80",	      "10.96.1.1:",	"10.96.1.1:0",
					     "web:a:b",	 "web:a/b",   "[10.96.1.1]:80", "[fd00::1]:99999",
					     "[fd00::1", "[fd00::1]x" };
	struct subject subject;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (subject_parse(texts[i], &subject) && subject.kind != SUBJECT_KIND_SERVICE)
			fail_msg("%s is taken for an address", texts[i]);
	for (i = 0; i < 6; i++)
		assert_false(subject_parse(texts[i], &subject));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_subjects),
		cmocka_unit_test(test_no_subjects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
