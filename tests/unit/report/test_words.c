/* SPDX-License-Identifier: GPL-2.0-or-later */
/* status and explain, as text and as JSON; lines of text are short. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "report/explain.h"
#include "report/status.h"
#include "report/words.h"

static struct buf text;

static int teardown(void **state)
{
	(void)state;
	buf_done(&text);
	text = (struct buf)BUF_INIT;
	return 0;
}

static void fits(void)
{
	const char *line = buf_text(&text);

	while (*line) {
		size_t len = strcspn(line, "\n");

		if (len > WORDS_COLUMNS)
			fail_msg("%zu columns: %.*s", len, (int)len, line);
		line += len + (line[len] == '\n');
	}
}

static void test_wrap(void **state)
{
	(void)state;
	words_wrap(&text, 70, 4, "one two three");
	assert_string_equal(buf_text(&text), "one two\n    three\n");
	buf_reset(&text);
	words_wrap(&text, 0, 4, "");
	assert_string_equal(buf_text(&text), "\n");
}

static void test_age(void **state)
{
	static const struct {
		double seconds;
		const char *text;
	} cases[] = { { -1, "never" },	{ 0, "0 s" },	 { 99, "99 s" },
		      { 120, "2 min" }, { 7200, "2 h" }, { 300000, "3 days" } };
	char age[24];
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++)
		assert_string_equal(words_age(cases[i].seconds, age), cases[i].text);
}

static struct status_rejected rejected[12];

static struct status status_of_a_daemon(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rejected); i++)
		rejected[i] = (struct status_rejected){ "Service shop/web",
							"spec.ports[0].port: 80000 is not in 1..65535", 5 };
	return (struct status){
		.version = "1.2.3",
		.node = "node-1",
		.source = "https://10.0.0.1:6443",
		.live = true,
		.ready = true,
		.healthy = true,
		.eligible = false,
		.owned = true,
		.up_s = 7200,
		.synced_s = 3,
		.last_sync_ms = 0.5,
		.syncs = 12,
		.failures = 1,
		.pending = 2,
		.repairs = 1,
		.changed_by = "nft (pid 12)",
		.elements = 100,
		.chains = 25,
		.rules = 84,
		.resident_bytes = 12300000,
		.saved_s = -1,
		.kinds = { { .name = "Service", .n = 7, .age_ms = 1500, .heard = true },
			   { .name = "Node", .n = 1, .age_ms = -1 } },
		.n_rejected = 1,
		.rejected = rejected,
	};
}

static void test_status(void **state)
{
	struct status status = status_of_a_daemon();

	(void)state;
	status_print_text(&status, false, &text);
	assert_string_equal(buf_text(&text),
			    "kube-nftproxy 1.2.3 on node-1, up 2 h\n"
			    "Source      https://10.0.0.1:6443\n"
			    "Health      healthy; load balancers may not use this node\n"
			    "Rules       last made 3 s ago, in 0.5 ms; 12 times, 1 failed\n"
			    "            2 changes wait\n"
			    "Tables      100 elements, 84 rules in 25 chains; only we can change them\n"
			    "Repairs     1, the last after nft (pid 12)\n"
			    "Memory      12.3 MB\n"
			    "Objects           7 Service        heard of 2 s ago\n"
			    "                  1 Node\n"
			    "Refused     1\n"
			    "  Service shop/web (for 5 s)\n"
			    "    spec.ports[0].port: 80000 is not in 1..65535\n");
	fits();
	buf_reset(&text);
	status_print_text(&status, true, &text);
	assert_non_null(strstr(buf_text(&text), "\033[32mhealthy\033[0m"));
	buf_reset(&text);
	status_print_json(&status, &text);
	assert_non_null(strstr(buf_text(&text), "\"lastSecondsAgo\": 3.000"));
	assert_non_null(strstr(buf_text(&text), "\"heardSecondsAgo\": 1.500"));
	assert_non_null(strstr(buf_text(&text), "\"forSeconds\": 5.000"));
}

static void test_status_in_trouble(void **state)
{
	struct status status = status_of_a_daemon();

	(void)state;
	status.syncs = status.pending = 1;
	status.saved_s = 180;
	status.node_unknown = true;
	status.kinds[0].heard = false;
	status.kinds[0].trouble = "list services: HTTP 401: Unauthorized";
	status.config_problem = "/etc/config.conf: nftables.syncPeriod: \"soon\" is not a duration";
	status.config_s = 60;
	status.n_rejected = 12;
	status.n_refused = 2;
	status_print_text(&status, false, &text);
	assert_non_null(
		strstr(buf_text(&text),
		       "Settings    refused 60 s ago; those before the change are in force\n"
		       "            /etc/config.conf: nftables.syncPeriod: \"soon\" is not a duration\n"));
	assert_non_null(strstr(buf_text(&text), "; 1 time, 1 failed\n"));
	assert_non_null(strstr(buf_text(&text), "            1 change waits\n"));
	assert_non_null(
		strstr(buf_text(&text), "            without the newest version of 2 Services, see below\n"));
	assert_non_null(strstr(buf_text(&text),
			       "            from what was saved 3 min ago, until the API server answers\n"));
	assert_non_null(strstr(buf_text(&text), "Node        there is no such Node object:"));
	assert_non_null(strstr(buf_text(&text),
			       "Objects           7 Service        never heard of\n"
			       "                    list services: HTTP 401: Unauthorized\n"));
	assert_non_null(strstr(buf_text(&text), "  and 2 more (--output json has all)\n"));
	fits();
	buf_reset(&text);
	status_print_json(&status, &text);
	assert_non_null(strstr(buf_text(&text), "\"fromStateSavedSecondsAgo\": 180.000"));
	assert_non_null(strstr(buf_text(&text), "\"trouble\": \"list services: HTTP 401: Unauthorized\""));
	assert_non_null(
		strstr(buf_text(&text), "\"configProblem\": \"/etc/config.conf: nftables.syncPeriod: "));
	assert_non_null(strstr(buf_text(&text), "\"configProblemSecondsAgo\": 60.000"));
	assert_null(strstr(buf_text(&text), "heardSecondsAgo"));
	assert_non_null(strstr(buf_text(&text), "\"nodeUnknown\": true"));
}

static void test_status_before(void **state)
{
	struct status status = status_of_a_daemon();

	(void)state;
	status.ready = false;
	status.not_made = "the saved state is too old";
	status_print_text(&status, false, &text);
	assert_non_null(strstr(buf_text(&text),
			       "Rules       not made yet; what an earlier run left stays in force\n"
			       "            the saved state is too old\n"));
	assert_non_null(
		strstr(buf_text(&text), "Tables      those of an earlier run; only we can change them\n"));
	buf_reset(&text);
	status_print_json(&status, &text);
	assert_non_null(strstr(buf_text(&text), "\"notMadeBecause\": \"the saved state is too old\""));
	buf_reset(&text);
	status.live = false;
	status_print_text(&status, false, &text);
	assert_null(strstr(buf_text(&text), "Health"));
	assert_null(strstr(buf_text(&text), "Rules"));
}

/* The longest addresses. */
static void test_explain(void **state)
{
	static const struct explain_walk walk = {
		"translated", "one of 2 endpoints", "admitted by fd00::/16", "no",
		"ip6 dispatch: a rule that is long enough to be broken "
		"somewhere in the middle of it, twice over if need be, for it "
		"goes on and on\nip6 lb-tcp-2: another\n"
	};
	struct explain_endpoint endpoints[] = {
		{ .where = "[fd00:1111:2222:3333:4444:5555:6666:7777]:65535",
		  .here = true,
		  .in_cluster = true,
		  .in_local = true,
		  .cluster = "ready",
		  .local = "terminating-fallback",
		  .cluster_slots = { 100, 128 },
		  .local_slots = { 1, 1 } },
		{ .where = "10.0.0.1:80",
		  .in_cluster = true,
		  .cluster = "ready",
		  .local = "other-node",
		  .cluster_slots = { 0, 128 } },
		{ .where = "10.0.0.2:80", .cluster = "not-ready", .local = "other-node" },
	};
	struct explain_frontend frontends[] = {
		{ .kind = "loadBalancerIP",
		  .where = "[fd00:1111:2222:3333:4444:5555:6666:7777]:65535",
		  .verdict = "the list for Cluster, 2 endpoints",
		  .local_verdict = "dropped: there are endpoints, but none on this node",
		  .masquerade = "always (externalTrafficPolicy Cluster)",
		  .source_ranges =
			  "10.0.0.0/8 11.0.0.0/8 12.0.0.0/8 13.0.0.0/8 14.0.0.0/8 15.0.0.0/8 16.0.0.0/8",
		  .affinity_timeout_s = 10800,
		  .walk = &walk },
		{ .kind = "nodePort", .where = "30080", .owner = { "other", "one" } },
	};
	const char *notes[] = { "EndpointSlice web-1 has 3 endpoints, but no tcp port named \"http\"" };
	struct explain_port port = { .name = "http",
				     .protocol = "tcp",
				     .family = "IPv6",
				     .port = 80,
				     .topology = "hints for zones decide; this node is in \"z1\"",
				     .n_frontends = 2,
				     .frontends = frontends,
				     .n_endpoints = 3,
				     .endpoints = endpoints,
				     .n_notes = 1,
				     .notes = notes };
	struct explain explain = { .service = { "shop", "web" },
				   .type = "LoadBalancer",
				   .internal_policy = "Cluster",
				   .external_policy = "Local",
				   .n_slices = 2,
				   .from = "fd00:1111:2222:3333:4444:5555:6666:8888",
				   .from_family = "IPv6",
				   .from_is = "one from outside",
				   .n_ports = 1,
				   .ports = &port };

	(void)state;
	explain_print_text(&explain, false, &text);
	fits();
	assert_non_null(
		strstr(buf_text(&text),
		       "\n  * [fd00:1111:2222:3333:4444:5555:6666:7777]:65535\n"
		       "                           used                       used: terminating-fallback\n"
		       "      100 of 128 slots for Cluster\n"
		       "    10.0.0.1:80            used                       other-node\n"
		       "      0 of 128 slots for Cluster: no new connections\n"
		       "    10.0.0.2:80            not-ready                  other-node\n"));
	assert_non_null(strstr(buf_text(&text),
			       "      all others: dropped: there are endpoints, but none on this node\n"));
	assert_non_null(strstr(buf_text(&text), "conflict: Service other/one has it"));
	assert_non_null(strstr(buf_text(&text), "admitted by fd00::/16"));
	assert_non_null(strstr(buf_text(&text), "\nnot checked: whether endpoints listen on these ports\n"));
	assert_null(strstr(buf_text(&text), "reaches no front end"));
	buf_reset(&text);
	explain.from_family = "IPv4";
	explain_print_text(&explain, false, &text);
	assert_non_null(strstr(buf_text(&text), ": it is IPv4, and"));
	buf_reset(&text);
	explain_print_json(&explain, &text);
	assert_non_null(strstr(buf_text(&text), "\"conflictsWith\": \"other/one\""));
	assert_non_null(strstr(buf_text(&text), "\"ip6 lb-tcp-2: another\""));
	assert_non_null(strstr(buf_text(&text), "\"clusterSlots\": 100"));
	assert_non_null(strstr(buf_text(&text), "\"clusterSlotsOf\": 128"));
	assert_null(strstr(buf_text(&text), "localSlots"));
}

static void test_status_without_external_ips(void **state)
{
	const char *names[] = {
		"a/1", "a/2", "a/3", "a/4", "a/5", "a/6", "a/7", "a/8", "a/9", "a/10", "a/11"
	};
	struct status status = { .version = "1", .node = "n", .source = "s", .external_ips_off = true };

	(void)state;
	status_print_text(&status, false, &text);
	assert_non_null(strstr(buf_text(&text), "ExternalIPs not served; no Service has any\n"));
	buf_reset(&text);
	status.external_ips = names;
	status.n_external_ips = status.n_named_external_ips = 1;
	status_print_text(&status, false, &text);
	assert_non_null(strstr(buf_text(&text), "ExternalIPs not served, but 1 Service has some:\n  a/1\n"));
	buf_reset(&text);
	status.n_external_ips = 12;
	status.n_named_external_ips = 11;
	status_print_text(&status, false, &text);
	assert_non_null(strstr(buf_text(&text),
			       "not served, but 12 Services have some:\n"
			       "  a/1, a/2, a/3, a/4, a/5, a/6, a/7, a/8, a/9, a/10 and 2 more\n"));
	buf_reset(&text);
	status_print_json(&status, &text);
	assert_non_null(strstr(buf_text(&text), "\"externalIPsServed\": false"));
	assert_non_null(strstr(buf_text(&text), "\"servicesWithUnservedExternalIPs\": 12"));
	assert_non_null(strstr(buf_text(&text), "\"a/11\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_wrap, teardown),
		cmocka_unit_test_teardown(test_age, teardown),
		cmocka_unit_test_teardown(test_status, teardown),
		cmocka_unit_test_teardown(test_status_in_trouble, teardown),
		cmocka_unit_test_teardown(test_status_before, teardown),
		cmocka_unit_test_teardown(test_status_without_external_ips, teardown),
		cmocka_unit_test_teardown(test_explain, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
