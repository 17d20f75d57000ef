/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/addr.h"
#include "base/cidr.h"

static void expect_addr(const char *text, const char *canonical)
{
	char printed[ADDR_TEXT_SIZE];
	struct addr addr;

	if (!canonical) {
		assert_false(addr_parse_sloppy(text, &addr));
		return;
	}
	assert_true(addr_parse_sloppy(text, &addr));
	assert_string_equal(addr_print(&addr, printed), canonical);
}

static void test_sloppy_addresses(void **state)
{
	(void)state;
	expect_addr("10.96.0.041", "10.96.0.41");
	expect_addr("010.096.000.001", "10.96.0.1");
	expect_addr("fd00:0:0::0001", "fd00::1");
	expect_addr("::ffff:10.0.0.1", "10.0.0.1");
	expect_addr("10.0.0", NULL);
	expect_addr("10.0.0.256", NULL);
	expect_addr("10.0.0.1 ", NULL);
	expect_addr("", NULL);
	expect_addr("fd00::g", NULL);
}

static void test_strict_addresses(void **state)
{
	struct addr addr;

	(void)state;
	assert_true(addr_parse("10.0.0.1", &addr));
	assert_false(addr_parse("10.0.0.01", &addr));
}

static void expect_cidr(const char *text, const char *canonical)
{
	char printed[CIDR_TEXT_SIZE];
	struct cidr cidr;

	if (!canonical) {
		assert_false(cidr_parse(text, &cidr));
		return;
	}
	assert_true(cidr_parse(text, &cidr));
	assert_string_equal(cidr_print(&cidr, printed), canonical);
}

static void test_cidrs(void **state)
{
	struct cidr cidr;
	struct addr addr;

	(void)state;
	expect_cidr("10.1.2.3/8", "10.0.0.0/8");
	expect_cidr("010.1.2.3/30", "10.1.2.0/30");
	expect_cidr("fd00:1::5/64", "fd00:1::/64");
	expect_cidr("0.0.0.0/0", "0.0.0.0/0");
	expect_cidr("::ffff:10.0.0.0/104", "10.0.0.0/8");
	expect_cidr("10.0.0.0", NULL);
	expect_cidr("10.0.0.0/33", NULL);
	expect_cidr("10.0.0.0/", NULL);
	expect_cidr("10.0.0.0/-1", NULL);
	expect_cidr("fd00::/129", NULL);
	assert_true(cidr_parse("192.0.2.128/25", &cidr));
	assert_true(addr_parse("192.0.2.200", &addr));
	assert_true(cidr_contains(&cidr, &addr));
	assert_true(addr_parse("192.0.2.100", &addr));
	assert_false(cidr_contains(&cidr, &addr));
	assert_true(addr_parse("::1", &addr));
	assert_false(cidr_contains(&cidr, &addr));
}

/* @texts, separated by spaces, merge to @merged. */
static void expect_merged(const char *texts, const char *merged)
{
	char copy[256], printed[CIDR_TEXT_SIZE], got[256] = "";
	struct cidr list[8];
	char *word, *state = NULL;
	size_t i, n = 0;

	assert_true(strlen(texts) < sizeof(copy));
	strcpy(copy, texts);
	for (word = strtok_r(copy, " ", &state); word; word = strtok_r(NULL, " ", &state))
		assert_true(cidr_parse(word, &list[n++]));
	n = cidr_merge(list, n);
	for (i = 0; i < n; i++) {
		if (i)
			strcat(got, " ");
		strcat(got, cidr_print(&list[i], printed));
	}
	assert_string_equal(got, merged);
}

static void test_merged_cidrs(void **state)
{
	(void)state;
	expect_merged("", "");
	expect_merged("10.0.0.0/8", "10.0.0.0/8");
	expect_merged("10.0.0.0/8 10.0.0.0/8", "10.0.0.0/8");
	expect_merged("10.1.0.0/16 10.0.0.0/8 10.200.0.0/24", "10.0.0.0/8");
	expect_merged("10.0.0.0/24 10.0.0.0/8 10.0.0.0/16", "10.0.0.0/8");
	expect_merged("10.96.0.0/24 10.96.0.128/25 10.96.1.0/24", "10.96.0.0/24 10.96.1.0/24");
	expect_merged("fd00::/64 10.0.0.0/8 fd00::/32 10.1.0.0/16", "10.0.0.0/8 fd00::/32");
	expect_merged("::/0 fd00::/32 0.0.0.0/0 192.0.2.1/32", "0.0.0.0/0 ::/0");
	expect_merged("192.0.2.1/32 192.0.2.0/32 192.0.2.1/32", "192.0.2.0/32 192.0.2.1/32");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sloppy_addresses),
		cmocka_unit_test(test_strict_addresses),
		cmocka_unit_test(test_cidrs),
		cmocka_unit_test(test_merged_cidrs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
