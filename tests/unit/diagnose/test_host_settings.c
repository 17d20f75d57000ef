/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Settings of a kernel, as files below a directory: which of them are trouble, and what cannot be read is unknown. */
#include "config.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/arena.h"
#include "diagnose/finding.h"
#include "diagnose/foreign_check.h"
#include "diagnose/host_settings.h"

static struct arena *arena;
static struct findings findings;
static char root[64];

#define PATH_SIZE 256

/* @path: below proc; its directories are made */
static void put(const char *path, const char *text)
{
	char full[PATH_SIZE];
	FILE *file;
	char *slash;

	(void)snprintf(full, sizeof(full), "%s/proc/%s", root, path);
	for (slash = strchr(full + strlen(root) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(full, 0700);
		*slash = '/';
	}
	file = fopen(full, "we");
	assert_non_null(file);
	(void)fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static int setup(void **state)
{
	(void)state;
	arena = arena_new();
	findings = (struct findings){ .arena = arena };
	(void)snprintf(root, sizeof(root), "/tmp/test_host_settings-XXXXXX");
	assert_non_null(mkdtemp(root));
	put("sys/net/ipv4/ip_forward", "1\n");
	put("sys/net/ipv6/conf/all/forwarding", "1\n");
	put("sys/net/ipv4/conf/all/forwarding", "0\n");
	put("sys/net/ipv4/conf/all/rp_filter", "0\n");
	put("sys/net/ipv4/conf/lo/forwarding", "0\n");
	put("sys/net/ipv4/conf/eth0/forwarding", "1\n");
	put("sys/net/ipv4/conf/eth0/rp_filter", "0\n");
	put("sys/net/ipv4/conf/eth1/forwarding", "1\n");
	put("sys/net/ipv4/conf/eth1/rp_filter", "0\n");
	put("sys/net/netfilter/nf_conntrack_count", "899\n");
	put("sys/net/netfilter/nf_conntrack_max", "1000\n");
	put("sys/net/netfilter/nf_conntrack_tcp_loose", "1\n");
	put("sys/net/netfilter/nf_conntrack_tcp_be_liberal", "0\n");
	put("net/route", "Iface\tDestination\tGateway\n");
	return 0;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
	(void)status;
	(void)type;
	(void)place;
	return remove(path);
}

static int teardown(void **state)
{
	(void)state;
	arena = arena_free(arena);
	return nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* The worst finding of @check; NULL: it is fine. */
static const struct finding *worst(enum finding_check check)
{
	const bool family_used[_FAMILY_MAX] = { true, true };
	size_t i;

	findings.n = 0;
	host_settings_check(root, family_used, &findings);
	for (i = 0; i < findings.n; i++)
		if (findings.list[i].check == check && findings.list[i].verdict != FINDING_VERDICT_OK)
			return &findings.list[i];
	return NULL;
}

static void expect(enum finding_check check, enum finding_verdict verdict, const char *reason)
{
	const struct finding *finding = worst(check);

	assert_non_null(finding);
	assert_int_equal(finding->verdict, verdict);
	assert_string_equal(finding->reason, reason);
	assert_int_equal(finding_verdict(&findings), verdict);
	assert_int_equal(finding_status(finding_verdict(&findings)),
			 verdict == FINDING_VERDICT_TROUBLE ? 1 : 2);
}

static void test_fine(void **state)
{
	(void)state;
	assert_null(worst(FINDING_CHECK_IP_FORWARD));
	assert_int_equal(finding_verdict(&findings), FINDING_VERDICT_OK);
	assert_int_equal(finding_status(FINDING_VERDICT_OK), 0);
}

static void test_forwarding(void **state)
{
	(void)state;
	put("sys/net/ipv4/conf/eth1/forwarding", "0\n");
	expect(FINDING_CHECK_INTERFACE_FORWARDING, FINDING_VERDICT_TROUBLE, "off");
	assert_string_equal(worst(FINDING_CHECK_INTERFACE_FORWARDING)->interface, "eth1");
	put("sys/net/ipv4/ip_forward", "0\n");
	expect(FINDING_CHECK_IP_FORWARD, FINDING_VERDICT_TROUBLE, "off");
	/* One cause is one trouble. */
	assert_null(worst(FINDING_CHECK_INTERFACE_FORWARDING));
	put("sys/net/ipv4/conf/eth1/forwarding", "1\n");
	put("sys/net/ipv4/ip_forward", "");
	expect(FINDING_CHECK_IP_FORWARD, FINDING_VERDICT_UNKNOWN, "unreadable");
}

static void test_rp_filter(void **state)
{
	(void)state;
	put("sys/net/ipv4/conf/all/rp_filter", "1\n");
	assert_null(worst(FINDING_CHECK_RP_FILTER));
	put("net/route", "Iface\tDestination\n"
			 "eth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
			 "eth0\t00000000\t0201A8C0\t0003\t0\t0\t9\t00000000\t0\t0\t0\n"
			 "eth1\t0000A8C0\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n");
	assert_null(worst(FINDING_CHECK_RP_FILTER));
	put("net/route", "Iface\tDestination\n"
			 "eth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
			 "eth1\t00000000\t0102A8C0\t0003\t0\t0\t9\t00000000\t0\t0\t0\n");
	expect(FINDING_CHECK_RP_FILTER, FINDING_VERDICT_TROUBLE, "strict");
	/* The larger value is used, and 2 is loose. */
	put("sys/net/ipv4/conf/eth0/rp_filter", "2\n");
	put("sys/net/ipv4/conf/eth1/rp_filter", "2\n");
	assert_null(worst(FINDING_CHECK_RP_FILTER));
}

static void test_conntrack(void **state)
{
	(void)state;
	put("sys/net/netfilter/nf_conntrack_count", "900\n");
	expect(FINDING_CHECK_CONNTRACK_FILL, FINDING_VERDICT_TROUBLE, "nearly-full");
	put("sys/net/netfilter/nf_conntrack_count", "1000\n");
	expect(FINDING_CHECK_CONNTRACK_FILL, FINDING_VERDICT_TROUBLE, "full");
	put("sys/net/netfilter/nf_conntrack_max", "0\n");
	assert_null(worst(FINDING_CHECK_CONNTRACK_FILL));
	put("sys/net/netfilter/nf_conntrack_max", "\n");
	expect(FINDING_CHECK_CONNTRACK_FILL, FINDING_VERDICT_UNKNOWN, "unreadable");
	put("sys/net/netfilter/nf_conntrack_max", "10000\n");
	put("sys/net/netfilter/nf_conntrack_tcp_loose", "0\n");
	expect(FINDING_CHECK_TCP_LOOSE, FINDING_VERDICT_TROUBLE, "off");
}

static void test_legacy(void **state)
{
	(void)state;
	foreign_check_legacy(root, &findings);
	assert_int_equal(findings.n, 0);
	put("net/ip_tables_names", "security\nnat\nraw\n");
	put("net/ip6_tables_names", "filter\n");
	foreign_check_legacy(root, &findings);
	assert_int_equal(findings.n, 3);
	assert_int_equal(findings.list[0].check, FINDING_CHECK_FOREIGN_NAT);
	assert_int_equal(findings.list[1].check, FINDING_CHECK_NOTRACK);
	assert_int_equal(findings.list[2].check, FINDING_CHECK_FOREIGN_DROP);
	assert_int_equal(finding_verdict(&findings), FINDING_VERDICT_UNKNOWN);
}

/* What was not looked at is not known to be fine. */
static void test_nothing(void **state)
{
	(void)state;
	assert_int_equal(finding_verdict(&findings), FINDING_VERDICT_UNKNOWN);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)
	const struct CMUnitTest tests[] = { TEST(fine),	     TEST(forwarding), TEST(rp_filter),
					    TEST(conntrack), TEST(legacy),     TEST(nothing) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
