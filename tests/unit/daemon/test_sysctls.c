/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The settings of connection tracking, in a directory with files like those of /proc and /sys. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "daemon/sysctls.h"

/* C14 */
static void test_conntrack_max(void **state)
{
	static const struct {
		int64_t max_per_core, min, n_processors, expected;
	} cases[] = {
		{ 32768, 131072, 2, 131072 },	 { 32768, 131072, 8, 262144 },
		{ 32768, 131072, 64, 1048576 },	 { 0, 131072, 2, 0 },
		{ 600000, 2000000, 2, 1048576 }, { 500000, 2000000, 2, 2000000 },
		{ 32768, 0, 1, 32768 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct settings_conntrack conntrack = { .max_per_core = cases[i].max_per_core,
							.min = cases[i].min };

		assert_int_equal(sysctls_conntrack_max(&conntrack, cases[i].n_processors), cases[i].expected);
	}
}

/* C14 */
static void test_never_lower(void **state)
{
	(void)state;
	assert_true(sysctls_is_enough(131072, 131072));
	assert_true(sysctls_is_enough(1048577, 131072));
	assert_false(sysctls_is_enough(131071, 131072));
	assert_true(sysctls_is_enough(0, 131072));
}

#define NETFILTER "/proc/sys/net/netfilter/nf_conntrack_"
#define HASHSIZE  "/sys/module/nf_conntrack/parameters/hashsize"

/* C14, C15: the files before and after; "": there is no such file. */
struct files {
	const char *max, *hashsize, *udp, *liberal;
};

static const char *const names[] = { NETFILTER "max", HASHSIZE, NETFILTER "udp_timeout",
				     NETFILTER "tcp_be_liberal" };

static const char *const *contents(const struct files *files, const char *ret[4])
{
	ret[0] = files->max;
	ret[1] = files->hashsize;
	ret[2] = files->udp;
	ret[3] = files->liberal;
	return ret;
}

static void make_directories(char *path)
{
	char *slash;

	for (slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(path, 0700);
		*slash = '/';
	}
}

static void put(const char *root, const char *name, const char *content)
{
	char path[200];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s%s", root, name);
	make_directories(path);
	(void)unlink(path);
	if (!*content)
		return;
	file = fopen(path, "w");
	assert_non_null(file);
	(void)fputs(content, file);
	(void)fclose(file);
}

static void expect(const char *root, const char *name, const char *content)
{
	char path[200], text[100] = "";
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s%s", root, name);
	file = fopen(path, "r");
	assert_int_equal(!file, !*content);
	if (!file)
		return;
	(void)!fgets(text, sizeof(text), file);
	(void)fclose(file);
	assert_string_equal(text, content);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void test_write(void **state)
{
	static const struct {
		const char *what;
		struct files before, after;
		unsigned int n_failed;
	} cases[] = {
		{ "all is raised",
		  { "65536", "16384", "30", "0" },
		  { "200000\n", "50000\n", "11\n", "1\n" },
		  0 },
		{ "what is larger stays",
		  { "200001", "50001", "11", "1" },
		  { "200001", "50001", "11", "1" },
		  0 },
		{ "enough connections, too few buckets",
		  { "300000", "1024", "11", "1" },
		  { "300000", "50000\n", "11", "1" },
		  0 },
		{ "no limit, and many buckets",
		  { "0", "262144", "11", "1" },
		  { "0", "262144", "11", "1" },
		  0 },
		{ "too few connections, enough buckets",
		  { "199999", "60000", "11", "1" },
		  { "200000\n", "60000", "11", "1" },
		  0 },
		{ "without the first, the second stays",
		  { "", "1024", "11", "" },
		  { "", "1024", "11", "" },
		  2 },
		{ "without buckets", { "1", "", "", "1" }, { "200000\n", "", "", "1" }, 1 },
	};
	const struct settings_conntrack conntrack = {
		.max_per_core = 1, .min = 200000, .udp_ms = 10001, .tcp_be_liberal = true
	};
	char root[] = "/tmp/test_sysctls.XXXXXX";
	const char *before[4], *after[4];
	size_t i, j;

	(void)state;
	assert_non_null(mkdtemp(root));
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		(void)contents(&cases[i].before, before);
		(void)contents(&cases[i].after, after);
		for (j = 0; j < ARRAY_SIZE(names); j++)
			put(root, names[j], before[j]);
		if (sysctls_write(root, &conntrack) != cases[i].n_failed)
			fail_msg("%s", cases[i].what);
		for (j = 0; j < ARRAY_SIZE(names); j++)
			expect(root, names[j], after[j]);
	}
	assert_int_equal(nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_conntrack_max),
					    cmocka_unit_test(test_never_lower),
					    cmocka_unit_test(test_write) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
