/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/special.h"

struct special_case {
	const char *text;
	const char *word; /* in the reason; NULL: it can be used */
};

static void expect(const char *text, const char *why, const char *word)
{
	if (!why != !word || (why && !strstr(why, word)))
		fail_msg("%s: \"%s\", expected \"%s\"", text, why ? why : "", word ? word : "");
}

/* S18 */
static void test_addr(void **state)
{
	static const struct special_case cases[] = {
		{ "10.0.0.1", NULL },
		{ "0.0.0.0", "unspecified" },
		{ "0.0.0.1", NULL },
		{ "126.255.255.255", NULL },
		{ "127.0.0.1", "loopback" },
		{ "127.255.255.255", "loopback" },
		{ "128.0.0.1", NULL },
		{ "169.253.255.255", NULL },
		{ "169.254.0.1", "link-local" },
		{ "169.255.0.1", NULL },
		{ "223.255.255.255", NULL },
		{ "224.0.0.1", "multicast" },
		{ "239.1.1.1", "multicast" },
		{ "240.0.0.1", NULL },
		{ "255.255.255.254", NULL },
		{ "255.255.255.255", "broadcast" },
		{ "::", "unspecified" },
		{ "::1", "loopback" },
		{ "::2", NULL },
		{ "fe7f::1", NULL },
		{ "fe80::1", "link-local" },
		{ "febf::1", "link-local" },
		{ "fec0::1", NULL },
		{ "fd00::1", NULL },
		{ "feff::1", NULL },
		{ "ff02::1", "multicast" },
		{ "ff0e::1", "multicast" },
		{ "::ffff:127.0.0.1", "loopback" },
		{ "2001:db8::1", NULL },
	};
	struct addr addr;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_true(addr_parse(cases[i].text, &addr));
		expect(cases[i].text, special_addr(&addr), cases[i].word);
	}
}

/* U11 */
static void test_range(void **state)
{
	static const struct special_case cases[] = {
		{ "10.96.0.0/12", NULL },
		{ "10.0.0.0/8", NULL },
		{ "10.0.0.0/7", "/8" },
		{ "0.0.0.0/0", "/8" },
		{ "127.0.0.0/8", "loopback" },
		{ "127.1.0.0/16", "loopback" },
		{ "169.254.20.0/24", "link" },
		{ "169.0.0.0/8", "link" },
		{ "224.0.0.0/24", "multicast" },
		{ "0.0.0.0/8", "unspecified" },
		{ "255.0.0.0/8", "broadcast" },
		{ "fd00:10:96::/112", NULL },
		{ "fd00:10::/48", NULL },
		{ "fd00::/47", "/48" },
		{ "::/0", "/48" },
		{ "::/112", "unspecified" },
		{ "fe80::/64", "link-local" },
		{ "ff0e:1::/64", "multicast" },
	};
	struct cidr cidr;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_true(cidr_parse(cases[i].text, &cidr));
		expect(cases[i].text, special_range(&cidr), cases[i].word);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addr),
		cmocka_unit_test(test_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
