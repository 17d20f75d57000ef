/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "diagnose/host_settings.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/cleanup.h"

#define HOST_SETTINGS_PATH_SIZE	      512
#define HOST_SETTINGS_FILL_PERCENT    90
#define HOST_SETTINGS_INTERFACES_MAX  4096 /* as many are looked at */
#define HOST_SETTINGS_INTERFACES_NAME 8	   /* as many are named */

static int host_settings_read(const char *root, const char *name, int64_t *ret)
{
	char path[HOST_SETTINGS_PATH_SIZE], text[32], *end;
	_cleanup_close_ int fd = -1;
	ssize_t n;

	if (snprintf(path, sizeof(path), "%s/proc/sys/net/%s", root, name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return n < 0 ? -errno : -EIO;
	text[n] = '\0';
	*ret = strtoll(text, &end, 10);
	return end == text ? -EIO : 0;
}

/* Returns whether the setting could be read; if not, a finding says so. */
static bool host_settings_get(const char *root, const char *name, struct finding *finding,
			      struct findings *findings)
{
	int r = host_settings_read(root, name, &finding->value);

	if (!r) {
		finding->has_value = true;
		return true;
	}
	finding->verdict = FINDING_VERDICT_UNKNOWN;
	finding->reason = "unreadable";
	finding->text =
		arena_printf(findings->arena, "/proc/sys/net/%s cannot be read: %s", name, strerror(-r));
	finding_add(findings, finding);
	return false;
}

/* Return: whether it is on, or that is not known. */
static bool host_settings_ip_forward(const char *root, enum family family, struct findings *findings)
{
	const char *file = family == FAMILY_IPV4 ? "ipv4/ip_forward" : "ipv6/conf/all/forwarding";
	const char *name = family == FAMILY_IPV4 ? "net.ipv4.ip_forward" : "net.ipv6.conf.all.forwarding";
	struct finding finding = { .check = FINDING_CHECK_IP_FORWARD, .family = addr_family_name(family) };

	if (!host_settings_get(root, file, &finding, findings))
		return true;
	if (finding.value) {
		finding.text = arena_printf(findings->arena, "%s is %" PRId64, name, finding.value);
	} else {
		finding.verdict = FINDING_VERDICT_TROUBLE;
		finding.reason = "off";
		finding.text =
			arena_printf(findings->arena,
				     "%s is 0: this node forwards no packet to an endpoint elsewhere", name);
		finding.fix = arena_printf(findings->arena, "sysctl -w %s=1", name);
	}
	finding_add(findings, &finding);
	return finding.value;
}

/* Interfaces whose setting has a value, as a list of names. */
struct host_settings_interfaces {
	struct buf names;
	size_t n;
};

static void host_settings_note(struct host_settings_interfaces *interfaces, const char *name)
{
	if (interfaces->n < HOST_SETTINGS_INTERFACES_NAME)
		buf_printf(&interfaces->names, "%s%s", interfaces->n ? ", " : "", name);
	interfaces->n++;
}

static const char *host_settings_names(struct host_settings_interfaces *interfaces, struct arena *arena)
{
	size_t more = interfaces->n > HOST_SETTINGS_INTERFACES_NAME
			      ? interfaces->n - HOST_SETTINGS_INTERFACES_NAME
			      : 0;

	return more ? arena_printf(arena, "%s and %zu more", buf_text(&interfaces->names), more)
		    : arena_string(arena, buf_text(&interfaces->names));
}

/* "all" and "default" are no interfaces; what arrives on lo is not forwarded. */
static bool host_settings_is_interface(const char *name)
{
	return *name != '.' && strcmp(name, "all") != 0 && strcmp(name, "default") != 0 &&
	       strcmp(name, "lo") != 0;
}

/*
 * The interfaces whose @setting is @wanted. Without @all, what "all" has counts, too: the kernel uses the larger value of
 * rp_filter. Return: 0; negative errno.
 */
static int host_settings_find(const char *root, const char *setting, int64_t wanted, int64_t all,
			      struct host_settings_interfaces *ret)
{
	char path[HOST_SETTINGS_PATH_SIZE];
	struct dirent *entry;
	int64_t value;
	size_t n = 0;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "%s/proc/sys/net/ipv4/conf", root);
	dir = opendir(path);
	if (!dir)
		return -errno;
	while (n < HOST_SETTINGS_INTERFACES_MAX && (entry = readdir(dir))) {
		if (!host_settings_is_interface(entry->d_name))
			continue;
		n++;
		(void)snprintf(path, sizeof(path), "ipv4/conf/%s/%s", entry->d_name, setting);
		/* It may have gone in between. */
		if (host_settings_read(root, path, &value) < 0)
			continue;
		if ((value > all ? value : all) == wanted)
			host_settings_note(ret, entry->d_name);
	}
	(void)closedir(dir);
	return n == HOST_SETTINGS_INTERFACES_MAX ? -E2BIG : 0;
}

static void host_settings_unreadable(enum finding_check check, int r, struct findings *findings)
{
	finding_add(findings,
		    &(struct finding){
			    .check = check,
			    .verdict = FINDING_VERDICT_UNKNOWN,
			    .reason = "unreadable",
			    .family = "IPv4",
			    .text = r == -E2BIG ? "not all interfaces were looked at: there are too many"
						: "/proc/sys/net/ipv4/conf cannot be read" });
}

static void host_settings_not_forwarded(const char *name, struct findings *findings)
{
	finding_add(findings, &(struct finding){
				      .check = FINDING_CHECK_INTERFACE_FORWARDING,
				      .verdict = FINDING_VERDICT_TROUBLE,
				      .reason = "off",
				      .family = "IPv4",
				      .interface = name,
				      .text = arena_printf(findings->arena,
							   "what arrives on %s is not forwarded", name),
				      .fix = arena_printf(findings->arena,
							  "sysctl -w net.ipv4.conf.%s.forwarding=1", name) });
}

static void host_settings_interface_forwarding(const char *root, struct findings *findings)
{
	struct host_settings_interfaces off = { .names = BUF_INIT };
	struct finding finding = { .check = FINDING_CHECK_INTERFACE_FORWARDING, .family = "IPv4" };
	int r = host_settings_find(root, "forwarding", 0, 0, &off);
	char *names = arena_string(findings->arena, buf_text(&off.names)), *name;

	if (r < 0) {
		host_settings_unreadable(finding.check, r, findings);
	} else if (!off.n) {
		finding.text = "each interface forwards IPv4";
		finding_add(findings, &finding);
	}
	while (names && (name = strsep(&names, ",")) && *name)
		host_settings_not_forwarded(name + strspn(name, " "), findings);
	if (off.n > HOST_SETTINGS_INTERFACES_NAME) {
		finding.verdict = FINDING_VERDICT_TROUBLE;
		finding.reason = "off";
		finding.text = arena_printf(findings->arena, "%zu other interfaces do not forward, either",
					    off.n - HOST_SETTINGS_INTERFACES_NAME);
		finding_add(findings, &finding);
	}
	buf_done(&off.names);
}

/* The kernel uses the larger value of the interface and of all. */
bool host_settings_is_strict(const char *root, const char *name)
{
	char path[HOST_SETTINGS_PATH_SIZE];
	int64_t value = 0, all = 0;

	(void)host_settings_read(root, "ipv4/conf/all/rp_filter", &all);
	(void)snprintf(path, sizeof(path), "ipv4/conf/%s/rp_filter", name);
	return host_settings_read(root, path, &value) == 0 && (value > all ? value : all) == 1;
}

/*
 * How many interfaces IPv4's default routes have, from /proc/net/route: 2 stands for several. @ret_strict: whether the filter of one
 * of them is strict. Return: negative errno.
 */
static int host_settings_default_routes(const char *root, bool *ret_strict)
{
	char path[HOST_SETTINGS_PATH_SIZE], line[512], name[32], first[32] = "";
	unsigned int destination, mask;
	FILE *file;
	int n = 0;

	(void)snprintf(path, sizeof(path), "%s/proc/net/route", root);
	file = fopen(path, "re");
	if (!file)
		return -errno;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%31s %x %*x %*x %*d %*d %*d %x", name, &destination, &mask) != 3 ||
		    destination || mask || strcmp(name, first) == 0)
			continue;
		if (!n)
			(void)snprintf(first, sizeof(first), "%s", name);
		n = n ? 2 : 1;
		*ret_strict |= host_settings_is_strict(root, name);
	}
	(void)fclose(file);
	return n;
}

/*
 * A strict filter drops what comes by another way than an answer would take. With one way out this does not happen. What it does to
 * endpoints is asked for with their routes (diagnose/route_check.h).
 */
static void host_settings_rp_filter(const char *root, struct findings *findings)
{
	struct host_settings_interfaces strict = { .names = BUF_INIT };
	struct finding finding = { .check = FINDING_CHECK_RP_FILTER, .family = "IPv4" };
	bool at_default = false;
	const char *names;
	int64_t all = 0;
	int n = 0, r = host_settings_read(root, "ipv4/conf/all/rp_filter", &all);

	if (!r)
		r = host_settings_find(root, "rp_filter", 1, all, &strict);
	if (!r && strict.n)
		n = host_settings_default_routes(root, &at_default);
	if (r < 0 || n < 0) {
		host_settings_unreadable(finding.check, r < 0 ? r : n, findings);
	} else if (!strict.n) {
		finding.text = "rp_filter is strict on no interface";
		finding_add(findings, &finding);
	} else {
		names = host_settings_names(&strict, findings->arena);
		finding.verdict = n > 1 && at_default ? FINDING_VERDICT_TROUBLE : FINDING_VERDICT_OK;
		finding.reason = "strict";
		finding.text =
			n > 1 && at_default
				? arena_printf(findings->arena,
					       "rp_filter is strict on %s, and there are default routes on "
					       "several interfaces: a client that comes by another one than "
					       "its answer leaves by is dropped",
					       names)
				: arena_printf(findings->arena,
					       "rp_filter is strict on %s; there are not several default "
					       "routes",
					       names);
		if (finding.verdict != FINDING_VERDICT_OK)
			finding.fix = "set net.ipv4.conf.all.rp_filter to 2";
		finding_add(findings, &finding);
	}
	buf_done(&strict.names);
}

static void host_settings_conntrack_fill(const char *root, struct findings *findings)
{
	struct finding finding = { .check = FINDING_CHECK_CONNTRACK_FILL };
	int64_t percent;

	if (!host_settings_get(root, "netfilter/nf_conntrack_count", &finding, findings))
		return;
	if (host_settings_read(root, "netfilter/nf_conntrack_max", &finding.limit) < 0) {
		finding.verdict = FINDING_VERDICT_UNKNOWN;
		finding.reason = "unreadable";
		finding.text = "/proc/sys/net/netfilter/nf_conntrack_max cannot be read";
		finding_add(findings, &finding);
		return;
	}
	finding.has_limit = true;
	/* 0: there is no limit. */
	percent = finding.limit ? finding.value * 100 / finding.limit : 0;
	finding.text =
		arena_printf(findings->arena, "connection tracking has %" PRId64 " of %" PRId64 " entries%s",
			     finding.value, finding.limit,
			     percent >= 100			     ? ": new connections are dropped"
			     : percent >= HOST_SETTINGS_FILL_PERCENT ? ": it is nearly full"
								     : "");
	if (percent >= HOST_SETTINGS_FILL_PERCENT) {
		finding.verdict = FINDING_VERDICT_TROUBLE;
		finding.reason = percent >= 100 ? "full" : "nearly-full";
		finding.fix =
			"raise net.netfilter.nf_conntrack_max (--conntrack-max-per-core, --conntrack-min), "
			"or find out who opens so many connections";
	}
	finding_add(findings, &finding);
}

static void host_settings_conntrack_tcp(const char *root, struct findings *findings)
{
	struct finding loose = { .check = FINDING_CHECK_TCP_LOOSE };
	struct finding liberal = { .check = FINDING_CHECK_TCP_BE_LIBERAL };

	if (host_settings_get(root, "netfilter/nf_conntrack_tcp_loose", &loose, findings)) {
		loose.text = "nf_conntrack_tcp_loose is on";
		if (!loose.value) {
			loose.verdict = FINDING_VERDICT_TROUBLE;
			loose.reason = "off";
			loose.text =
				"nf_conntrack_tcp_loose is 0: a connection whose entry was lost is not taken up again, "
				"and its packets pass untranslated";
			loose.fix = "sysctl -w net.netfilter.nf_conntrack_tcp_loose=1";
		}
		finding_add(findings, &loose);
	}
	if (host_settings_get(root, "netfilter/nf_conntrack_tcp_be_liberal", &liberal, findings)) {
		liberal.text =
			liberal.value
				? "nf_conntrack_tcp_be_liberal is on"
				: "nf_conntrack_tcp_be_liberal is 0, the kernel's default; if long connections are reset, "
				  "set it to 1 (--conntrack-tcp-be-liberal)";
		finding_add(findings, &liberal);
	}
}

void host_settings_check(const char *root, const bool family_used[_FAMILY_MAX], struct findings *findings)
{
	/* Of IPv6 only the setting for all interfaces matters. */
	if (family_used[FAMILY_IPV4] && host_settings_ip_forward(root, FAMILY_IPV4, findings))
		host_settings_interface_forwarding(root, findings);
	if (family_used[FAMILY_IPV6])
		(void)host_settings_ip_forward(root, FAMILY_IPV6, findings);
	if (family_used[FAMILY_IPV4])
		host_settings_rp_filter(root, findings);
	host_settings_conntrack_fill(root, findings);
	host_settings_conntrack_tcp(root, findings);
}
