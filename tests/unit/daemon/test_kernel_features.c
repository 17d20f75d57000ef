/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The log lines about missing kernel features, and what is disabled without them. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/kernel_features.h"

/* The log of kernel_features_judge() for a kernel without @missing; _NFNL_PROBE_MAX: nothing is missing. */
static void judge(enum nfnl_probe_feature missing, enum nfnl_probe_feature missing_too,
		  bool family_enabled[_FAMILY_MAX], char text[2048])
{
	struct kernel_features have;
	FILE *file = tmpfile();
	int feature, saved = dup(STDERR_FILENO);
	size_t n;

	assert_non_null(file);
	for (feature = 0; feature < _NFNL_PROBE_MAX; feature++)
		have.available[feature] = feature != (int)missing && feature != (int)missing_too;
	assert_true(dup2(fileno(file), STDERR_FILENO) >= 0);
	kernel_features_judge(&have, family_enabled);
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	(void)close(saved);
	rewind(file);
	n = fread(text, 1, 2047, file);
	text[n] = 0;
	(void)fclose(file);
}

static void test_nothing_missing_says_nothing(void **state)
{
	bool families[_FAMILY_MAX] = { true, true };
	char text[2048];

	(void)state;
	judge(_NFNL_PROBE_MAX, _NFNL_PROBE_MAX, families, text);
	assert_string_equal(text, "");
	assert_true(families[FAMILY_IPV4] && families[FAMILY_IPV6]);
}

static void test_what_can_be_done_without_is_one_line(void **state)
{
	bool families[_FAMILY_MAX] = { true, true };
	char text[2048];

	(void)state;
	judge(NFNL_PROBE_TABLE_OWNER, NFNL_PROBE_LEARNING, families, text);
	assert_non_null(strstr(text, "level=info "));
	assert_non_null(strstr(text, "missing=\"dynamic maps with timeouts, jhash, table flag owner\""));
	assert_non_null(strstr(text, "session affinity; "));
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	assert_true(families[FAMILY_IPV6]);
}

static void test_what_is_needed_is_an_error(void **state)
{
	bool families[_FAMILY_MAX] = { true, true };
	char text[2048];

	(void)state;
	judge(NFNL_PROBE_FIB, _NFNL_PROBE_MAX, families, text);
	assert_non_null(strstr(text, "level=error "));
	assert_non_null(strstr(text, "lost=\"traffic policy Local, and the node's own requests\""));
	assert_null(strstr(text, "level=info "));
}

static void test_without_ipv6_there_is_ipv4(void **state)
{
	bool families[_FAMILY_MAX] = { true, true };
	char text[2048];

	(void)state;
	judge(NFNL_PROBE_IPV6, _NFNL_PROBE_MAX, families, text);
	assert_non_null(strstr(text, "lost=\"the IPv6 addresses of Services\""));
	assert_true(families[FAMILY_IPV4]);
	assert_false(families[FAMILY_IPV6]);
	/* With IPv6 disabled its features do not matter. */
	judge(NFNL_PROBE_IPV6, _NFNL_PROBE_MAX, families, text);
	assert_string_equal(text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_missing_says_nothing),
		cmocka_unit_test(test_what_can_be_done_without_is_one_line),
		cmocka_unit_test(test_what_is_needed_is_an_error),
		cmocka_unit_test(test_without_ipv6_there_is_ipv4),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
