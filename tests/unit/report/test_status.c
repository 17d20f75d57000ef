/* SPDX-License-Identifier: GPL-2.0-or-later */
/* status as text and as JSON; lines of text are short. H28. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "report/status.h"
#include "report/status_json.h"
#include "report/status_text.h"
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

static bool starts_with(const char *lines)
{
	return strncmp(buf_text(&text), lines, strlen(lines)) == 0;
}

static struct status_rejected rejected[12];

static struct status status_of_a_daemon(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(rejected); i++)
		rejected[i] = (struct status_rejected){ "Service shop/web",
							"Service",
							"shop",
							"web",
							"spec.ports[0].port: 80000 is not in 1..65535",
							5 };
	return (struct status){
		.version = "1.2.3",
		.node = "node-1",
		.source = "https://10.0.0.1:6443",
		.live = true,
		.verdict = HEALTH_VERDICT_SERVING,
		.made = HEALTH_RULES_MADE,
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
		.kinds = { { .name = "Service",
			     .n = 7,
			     .age_ms = 1500,
			     .heard = true,
			     .listed = true,
			     .trouble_ms = -1 },
			   { .name = "Node", .n = 1, .age_ms = -1, .listed = true, .trouble_ms = -1 } },
		.n_rejected = 1,
		.rejected = rejected,
	};
}

static void test_status(void **state)
{
	struct status status = status_of_a_daemon();

	(void)state;
	status_text_print(&status, false, &text);
	assert_string_equal(buf_text(&text),
			    "Serving, but load balancers may not use this node; 1 object is refused\n"
			    "kube-nftproxy 1.2.3 on node-1, up 2 h\n"
			    "Source      https://10.0.0.1:6443\n"
			    "Objects           7 Service        heard of 2 s ago\n"
			    "                  1 Node\n"
			    "Health      healthy; load balancers may not use this node\n"
			    "            its Node object was not seen since the start\n"
			    "Rules       last made 3 s ago, in 0.5 ms; 12 times, 1 failed\n"
			    "            2 changes wait\n"
			    "Tables      100 elements, 84 rules in 25 chains; only we can change them\n"
			    "Repairs     1, the last after nft (pid 12)\n"
			    "Memory      12.3 MB\n"
			    "Refused     1\n"
			    "  Service shop/web (for 5 s)\n"
			    "    spec.ports[0].port: 80000 is not in 1..65535\n");
	fits();
	buf_reset(&text);
	status_text_print(&status, true, &text);
	assert_non_null(strstr(buf_text(&text), "\033[32mhealthy\033[0m"));
	buf_reset(&text);
	status_json_print(&status, &text);
	assert_non_null(strstr(buf_text(&text), "\"lastSecondsAgo\": 3.000"));
	assert_non_null(strstr(buf_text(&text), "\"heardSecondsAgo\": 1.500"));
	assert_non_null(strstr(buf_text(&text), "\"forSeconds\": 5.000"));
	assert_non_null(strstr(buf_text(&text), "\"kind\": \"Service\",\n      \"namespace\": \"shop\",\n"
						"      \"name\": \"web\""));
}

static void test_status_in_trouble(void **state)
{
	struct status status = status_of_a_daemon();

	(void)state;
	status.syncs = status.pending = 1;
	status.saved_s = 180;
	status.node_unknown = true;
	status.node_seen = true;
	status.kinds[0].heard = false;
	status.kinds[0].trouble = "list services: HTTP 401: Unauthorized";
	status.kinds[0].trouble_code = 401;
	status.kinds[0].trouble_ms = 120000;
	status.config_problem = "/etc/config.conf: nftables.syncPeriod: \"soon\" is not a duration";
	status.config_s = 60;
	status.n_rejected = 12;
	status.n_refused = 2;
	status_text_print(&status, false, &text);
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
	assert_non_null(
		strstr(buf_text(&text),
		       "            its Node object is being deleted, or the autoscaler has marked it\n"));
	assert_non_null(strstr(buf_text(&text),
			       "Objects           7 Service        never heard of\n"
			       "                  1 Node\n"
			       "Errors      for 2 min: list services: HTTP 401: Unauthorized\n"));
	assert_true(starts_with("Serving, but requests to the API server have failed for 2 min (401); the "));
	assert_non_null(strstr(buf_text(&text), "  and 2 more (--output json has all)\n"));
	fits();
	buf_reset(&text);
	status_json_print(&status, &text);
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
	status.verdict = HEALTH_VERDICT_UNKNOWN;
	status.reason = HEALTH_REASON_EARLIER_RULES;
	status.made = HEALTH_RULES_EARLIER;
	status.n_earlier = 12;
	status.kinds[0].listed = false;
	status.kinds[0].heard = false;
	status.not_made = "the saved state is too old";
	status_text_print(&status, false, &text);
	assert_true(starts_with("Unknown: only rules of an earlier run are in force\n"
				"Why         Service: not listed yet, see below\n"
				"            the saved state is too old\n"
				"kube-nftproxy"));
	assert_non_null(
		strstr(buf_text(&text),
		       "Rules       not made since the start; those of an earlier run are in force\n"));
	assert_non_null(
		strstr(buf_text(&text),
		       "Tables      those of an earlier run, with 12 ClusterIPs; only we can change them\n"));
	fits();
	buf_reset(&text);
	status_json_print(&status, &text);
	assert_non_null(strstr(buf_text(&text), "\"notMadeBecause\": \"the saved state is too old\""));
	assert_non_null(strstr(buf_text(&text), "\"verdict\": \"unknown\""));
	assert_non_null(strstr(buf_text(&text), "\"reason\": \"earlier-rules\""));
	assert_non_null(strstr(buf_text(&text), "\"earlierClusterIPs\": 12"));
	assert_non_null(
		strstr(buf_text(&text),
		       "\"kind\": \"Service\",\n      \"available\": true,\n      \"known\": false\n"));
	buf_reset(&text);
	status.n_earlier = STATUS_EARLIER_MAX;
	status_text_print(&status, false, &text);
	assert_non_null(strstr(buf_text(&text), "an earlier run, with at least 10000 ClusterIPs; only we"));
	fits();
	buf_reset(&text);
	status.verdict = HEALTH_VERDICT_NOT_SERVING;
	status.reason = HEALTH_REASON_NO_RULES;
	status.made = HEALTH_RULES_NONE;
	status.kinds[0].listed = status.kinds[0].absent = true;
	status_text_print(&status, false, &text);
	assert_true(starts_with("NOT SERVING: there are no rules on this node\n"));
	assert_non_null(strstr(buf_text(&text), "Rules       not made since the start\n"));
	assert_non_null(strstr(buf_text(&text), "Tables      none that packets meet\n"));
	assert_null(strstr(buf_text(&text), "in force"));
	assert_non_null(
		strstr(buf_text(&text),
		       "Objects     unknown Service        not there: the server lacks it, or refuses it\n"));
	fits();
	buf_reset(&text);
	status.live = false;
	status.verdict = HEALTH_VERDICT_UNKNOWN;
	status.reason = HEALTH_REASON_NO_DAEMON;
	status_text_print(&status, false, &text);
	assert_null(strstr(buf_text(&text), "Health"));
	assert_null(strstr(buf_text(&text), "Rules"));
}

/* Each verdict and each trouble has its words, and all fit. */
static void test_status_first_line(void **state)
{
	static const struct {
		enum health_reason reason;
		const char *line;
	} rows[] = {
		{ HEALTH_REASON_NO_RULES, "NOT SERVING: there are no rules on this node\n" },
		{ HEALTH_REASON_TABLES_CHANGED,
		  "NOT SERVING: nft (pid 12) changed our tables, and they are not repaired yet\n" },
		{ HEALTH_REASON_SYNC_OVERDUE, "NOT SERVING: no change has reached the kernel for 70 s\n" },
		{ HEALTH_REASON_SERVICES_MISSING,
		  "NOT SERVING: 2 Services were never installed since the start\n" },
		{ HEALTH_REASON_TABLES_UNREADABLE, "Unknown: the kernel cannot be asked for our tables\n" },
		{ HEALTH_REASON_EARLIER_RULES, "Unknown: only rules of an earlier run are in force\n" },
		{ HEALTH_REASON_NO_DAEMON, "Unknown: no daemon was asked, this is what the source has\n" },
	};
	const char *waiting[] = { "shop/a", "shop/b" };
	struct status status = status_of_a_daemon();
	size_t i;

	(void)state;
	status.overdue_s = 70;
	status.n_refused = 2;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		status.verdict = rows[i].line[0] == 'U' ? HEALTH_VERDICT_UNKNOWN : HEALTH_VERDICT_NOT_SERVING;
		status.reason = rows[i].reason;
		status_text_print(&status, false, &text);
		assert_true(starts_with(rows[i].line));
		fits();
		buf_reset(&text);
	}
	status = status_of_a_daemon();
	status.eligible = true;
	status.n_rejected = 0;
	assert_false(status_has_troubles(&status));
	status_text_print(&status, false, &text);
	assert_true(starts_with("Serving\nkube-nftproxy"));
	buf_reset(&text);
	status.n_failed = 3;
	status.failed_s = 5;
	status.failure = "no memory";
	status.failure_code = 12;
	status.n_waiting = 2;
	status.waiting = waiting;
	status_text_print(&status, false, &text);
	assert_true(
		starts_with("Serving, but syncs have failed for 5 s\n"
			    "Why         3 syncs have failed, the last one because no memory\n"
			    "            2 Services wait, and the kernel has what it had before: shop/a,\n"
			    "            shop/b\n"
			    "kube-nftproxy"));
	buf_reset(&text);
	status_json_print(&status, &text);
	assert_non_null(strstr(buf_text(&text), "\"sync-fails\""));
	assert_non_null(strstr(buf_text(&text),
			       "\"errno\": 12,\n      \"error\": \"no memory\",\n"
			       "      \"waitingServices\": 2,\n      \"waitingNamed\": [\n"));
	buf_reset(&text);
	status.verdict = HEALTH_VERDICT_NOT_SERVING;
	status.reason = HEALTH_REASON_SYNC_OVERDUE;
	status.overdue_s = 61;
	status.n_waiting = 1;
	status_text_print(&status, false, &text);
	assert_true(starts_with("NOT SERVING: no change has reached the kernel for 61 s\n"
				"Why         3 syncs have failed, the last one because no memory\n"
				"            a Service waits, and the kernel has what it had before: shop/a\n"
				"kube-nftproxy"));
	buf_reset(&text);
	status.verdict = HEALTH_VERDICT_SERVING;
	status.reason = HEALTH_REASON_NONE;
	status.n_failed = 0;
	status.config_problem = "x";
	status.n_conflicts = 1;
	status.node_missing = status.node_unread = true;
	status.kinds[0].trouble = "list services: HTTP 401: Unauthorized";
	status.kinds[0].trouble_code = 401;
	status.kinds[0].trouble_ms = 20000;
	status.kinds[1].doubted = status.kinds[1].not_believed = true;
	status.kinds[1].trouble = "nodes: the list is empty and older than one before";
	status.kinds[1].trouble_ms = 30000;
	status.saved_s = 7200;
	status_text_print(&status, false, &text);
	assert_true(starts_with(
		"Serving, but requests to the API server have failed for 20 s (401); the API\n"
		"  server may have lost its data; the rules are from what was saved 2 h ago;\n"
		"  there is no Node object node-1; the Node object cannot be read; 1 front end is\n"
		"  lost to other Services; the changed configuration file is refused\n"
		"kube-nftproxy"));
	buf_reset(&text);
	status_json_print(&status, &text);
	assert_non_null(strstr(
		buf_text(&text),
		"\"troubles\": [\n    \"requests-fail\",\n    \"data-doubted\",\n    \"saved-state\",\n"
		"    \"node-missing\",\n    \"node-unread\",\n    \"conflicts\",\n"
		"    \"config-refused\"\n  ]"));
}

/* The same error of several kinds is one paragraph. */
static void test_status_errors(void **state)
{
	struct status status = status_of_a_daemon();
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++)
		status.kinds[i] = (struct metrics_kind){ .name = "Kind", .trouble_ms = -1, .age_ms = 0 };
	status.kinds[0].trouble = "watch services: 403 Forbidden";
	status.kinds[0].trouble_ms = 3000;
	status.kinds[1].trouble = "watch endpointslices: the server is silent";
	status.kinds[1].trouble_ms = 9000;
	status.kinds[2].trouble = "nodes: 403 Forbidden";
	status.kinds[2].trouble_ms = 7000;
	status_text_print(&status, false, &text);
	assert_non_null(strstr(buf_text(&text),
			       "never heard of\n"
			       "Errors      for 7 s: watch services, nodes: 403 Forbidden\n"
			       "            for 9 s: watch endpointslices: the server is silent\n"
			       "Health "));
}

static void test_status_without_external_ips(void **state)
{
	const char *names[] = {
		"a/1", "a/2", "a/3", "a/4", "a/5", "a/6", "a/7", "a/8", "a/9", "a/10", "a/11"
	};
	struct status status = { .version = "1", .node = "n", .source = "s", .external_ips_off = true };

	(void)state;
	status_text_print(&status, false, &text);
	assert_non_null(strstr(buf_text(&text), "ExternalIPs not served; no Service has any\n"));
	buf_reset(&text);
	status.external_ips = names;
	status.n_external_ips = status.n_named_external_ips = 1;
	status_text_print(&status, false, &text);
	assert_non_null(strstr(buf_text(&text), "ExternalIPs not served, but 1 Service has some:\n  a/1\n"));
	buf_reset(&text);
	status.n_external_ips = 12;
	status.n_named_external_ips = 11;
	status_text_print(&status, false, &text);
	assert_non_null(strstr(buf_text(&text),
			       "not served, but 12 Services have some:\n"
			       "  a/1, a/2, a/3, a/4, a/5, a/6, a/7, a/8, a/9, a/10 and 2 more\n"));
	buf_reset(&text);
	status_json_print(&status, &text);
	assert_non_null(strstr(buf_text(&text), "\"externalIPsServed\": false"));
	assert_non_null(strstr(buf_text(&text), "\"servicesWithUnservedExternalIPs\": 12"));
	assert_non_null(strstr(buf_text(&text), "\"a/11\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_status, teardown),
		cmocka_unit_test_teardown(test_status_first_line, teardown),
		cmocka_unit_test_teardown(test_status_in_trouble, teardown),
		cmocka_unit_test_teardown(test_status_before, teardown),
		cmocka_unit_test_teardown(test_status_errors, teardown),
		cmocka_unit_test_teardown(test_status_without_external_ips, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
