/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Row H13: the names, labels, types and buckets that dashboards know; and that all of it is well-formed. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "report/metrics_print.h"

static const bool both[_FAMILY_MAX] = { true, true };

static struct buf text;
static struct metrics metrics;
static struct metrics_now now;

static int setup(void **state)
{
	(void)state;
	metrics_init(&metrics, both);
	now = (struct metrics_now){ .version = "1.2.3", .api_server = "https://192.0.2.1:6443/with/a/path" };
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	buf_done(&text);
	text = (struct buf)BUF_INIT;
	return 0;
}

static bool has_line(const char *line)
{
	const char *found = buf_text(&text);
	size_t len = strlen(line);

	while ((found = strstr(found, line))) {
		if ((found == text.data || found[-1] == '\n') && found[len] == '\n')
			return true;
		found += len;
	}
	return false;
}

static void print(void)
{
	buf_reset(&text);
	metrics_print(&metrics, &now, &text);
}

static void says(const char *line)
{
	if (!has_line(line))
		fail_msg("there is no line \"%s\" in\n%s", line, buf_text(&text));
}

/* H13 */
static void test_names(void **state)
{
	static const char *const types[] = {
		"kubeproxy_sync_proxy_rules_duration_seconds histogram",
		"kubeproxy_sync_full_proxy_rules_duration_seconds histogram",
		"kubeproxy_sync_partial_proxy_rules_duration_seconds histogram",
		"kubeproxy_conntrack_reconciler_sync_duration_seconds histogram",
		"kubeproxy_network_programming_duration_seconds histogram",
		"kubeproxy_sync_proxy_rules_last_timestamp_seconds gauge",
		"kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds gauge",
		"kubeproxy_sync_proxy_rules_no_local_endpoints_total gauge",
		"kubeproxy_sync_proxy_rules_endpoint_changes_pending gauge",
		"kubeproxy_sync_proxy_rules_service_changes_pending gauge",
		"kubeproxy_sync_proxy_rules_nftables_sync_failures_total counter",
		"kubeproxy_sync_proxy_rules_nftables_cleanup_failures_total counter",
		"kubeproxy_conntrack_reconciler_deleted_entries_total counter",
		"kubeproxy_sync_proxy_rules_endpoint_changes_total counter",
		"kubeproxy_sync_proxy_rules_service_changes_total counter",
		"kubeproxy_proxy_healthz_total counter",
		"kubeproxy_proxy_livez_total counter",
		"kube_nftproxy_sync_duration_seconds histogram",
		"kube_nftproxy_repairs_total counter",
		"process_cpu_seconds_total counter",
		"process_resident_memory_bytes gauge",
		"rest_client_requests_total counter",
		"rest_client_request_duration_seconds histogram",
	};
	char line[128];
	size_t i;

	(void)state;
	print();
	for (i = 0; i < ARRAY_SIZE(types); i++) {
		(void)snprintf(line, sizeof(line), "# TYPE %s", types[i]);
		says(line);
	}
}

static void test_values(void **state)
{
	(void)state;
	metrics.last_sync_us = 1764066645120000;
	metrics.sync_failures = 3;
	metrics.endpoint_changes = 7;
	metrics.endpoint_changes_pending = 2;
	metrics.no_local_endpoints[METRICS_DIRECTION_EXTERNAL][FAMILY_IPV6] = 5;
	metrics.healthz[METRICS_ANSWER_BAD] = 9;
	metrics.flows_deleted[FAMILY_IPV4] = 11;
	now.kinds[0] = (struct metrics_kind){ .name = "Service", .n = 4, .age_ms = 1250 };
	now.kinds[1] = (struct metrics_kind){ .name = "Node", .n = 1, .age_ms = -1 };
	now.process.cpu_s = 0.25;
	print();
	says("kubeproxy_sync_proxy_rules_last_timestamp_seconds{ip_family=\"IPv4\"} 1764066645.120000");
	says("kubeproxy_sync_proxy_rules_nftables_sync_failures_total{ip_family=\"IPv6\"} 3");
	says("kubeproxy_sync_proxy_rules_endpoint_changes_total 7");
	says("kubeproxy_sync_proxy_rules_endpoint_changes_pending 2");
	says("kubeproxy_sync_proxy_rules_no_local_endpoints_total{ip_family=\"IPv6\",traffic_policy=\"external\"} 5");
	says("kubeproxy_sync_proxy_rules_no_local_endpoints_total{ip_family=\"IPv6\",traffic_policy=\"internal\"} 0");
	says("kubeproxy_proxy_healthz_total{code=\"503\"} 9");
	says("kubeproxy_proxy_livez_total{code=\"200\"} 0");
	says("kubeproxy_conntrack_reconciler_deleted_entries_total{ip_family=\"IPv4\"} 11");
	says("kube_nftproxy_build_info{version=\"1.2.3\"} 1");
	says("kube_nftproxy_objects{kind=\"Service\"} 4");
	says("kube_nftproxy_watch_age_seconds{kind=\"Service\"} 1.250");
	assert_null(strstr(buf_text(&text), "watch_age_seconds{kind=\"Node\"}"));
	says("process_cpu_seconds_total 0.250000");
}

/* What is so now: what is wrong goes up and down, and has a line from the first answer on; what is unknown has none. */
static void test_gauges(void **state)
{
	(void)state;
	now.kinds[0] =
		(struct metrics_kind){ .name = "Service", .age_ms = 5, .listed = true, .watched = true };
	now.kinds[1] = (struct metrics_kind){ .name = "Node", .age_ms = -1, .listed = true };
	now.verdict = HEALTH_VERDICT_SERVING;
	now.made = HEALTH_RULES_MADE;
	now.certificate_expiry_s = now.token_expiry_s = -1;
	now.conntrack_entries = now.conntrack_limit = -1;
	print();
	says("kube_nftproxy_verdict{verdict=\"serving\"} 1");
	says("kube_nftproxy_verdict{verdict=\"not-serving\"} 0");
	says("kube_nftproxy_verdict{verdict=\"unknown\"} 0");
	says("kube_nftproxy_rules_state{state=\"made\"} 1");
	says("kube_nftproxy_rules_state{state=\"none\"} 0");
	says("kube_nftproxy_objects_rejected{kind=\"Service\"} 0");
	says("kube_nftproxy_objects_rejected{kind=\"Node\"} 0");
	says("kube_nftproxy_objects_rejected{kind=\"other\"} 0");
	says("kube_nftproxy_services_not_installed 0");
	says("kube_nftproxy_services_without_endpoints 0");
	says("kube_nftproxy_frontend_conflicts 0");
	says("kube_nftproxy_syncs_failed 0");
	says("kube_nftproxy_watch_connected{kind=\"Service\"} 1");
	says("kube_nftproxy_listed{kind=\"Service\"} 1");
	says("kube_nftproxy_requests_failing{kind=\"Service\"} 0");
	says("kube_nftproxy_requests_failing_code{kind=\"Service\"} 0");
	assert_null(strstr(buf_text(&text), "connected{kind=\"Node\"}"));
	assert_null(strstr(buf_text(&text), "expiry"));
	assert_null(strstr(buf_text(&text), "kube_nftproxy_conntrack"));
	now.verdict = HEALTH_VERDICT_NOT_SERVING;
	now.made = HEALTH_RULES_NONE;
	now.kinds[0] = (struct metrics_kind){
		.name = "Service", .age_ms = 5, .n_rejected = 3, .trouble = "401", .trouble_code = 401
	};
	now.n_rejected_other = 1;
	now.n_not_installed = 4;
	now.n_conflicts = 5;
	now.n_failed = 7;
	metrics.services_without_endpoints = 6;
	now.certificate_expiry_s = 2111416673;
	now.token_expiry_s = 1893456000;
	now.conntrack_entries = 0;
	now.conntrack_limit = 262144;
	print();
	says("kube_nftproxy_verdict{verdict=\"serving\"} 0");
	says("kube_nftproxy_verdict{verdict=\"not-serving\"} 1");
	says("kube_nftproxy_rules_state{state=\"made\"} 0");
	says("kube_nftproxy_rules_state{state=\"none\"} 1");
	says("kube_nftproxy_objects_rejected{kind=\"Service\"} 3");
	says("kube_nftproxy_objects_rejected{kind=\"other\"} 1");
	says("kube_nftproxy_services_not_installed 4");
	says("kube_nftproxy_services_without_endpoints 6");
	says("kube_nftproxy_frontend_conflicts 5");
	says("kube_nftproxy_syncs_failed 7");
	says("kube_nftproxy_watch_connected{kind=\"Service\"} 0");
	says("kube_nftproxy_listed{kind=\"Service\"} 0");
	says("kube_nftproxy_requests_failing{kind=\"Service\"} 1");
	says("kube_nftproxy_requests_failing_code{kind=\"Service\"} 401");
	says("kube_nftproxy_client_certificate_expiry_timestamp_seconds 2111416673");
	says("kube_nftproxy_token_expiry_timestamp_seconds 1893456000");
	says("kube_nftproxy_conntrack_entries 0");
	says("kube_nftproxy_conntrack_limit 262144");
}

/* Each help text stands by itself: a sentence, its own for each metric, with the unit of what is not a count. */
static void check_help(const char *name, const char *help, const char *all)
{
	static const struct {
		const char *end;
		const char *unit;
	} units[] = { { "_timestamp_seconds", "in seconds since 1970" },
		      { "_start_time_seconds", "in seconds since 1970" },
		      { "_duration_seconds", "Seconds" },
		      { "_seconds_total", "Seconds" },
		      { "_age_seconds", "Seconds" },
		      { "_bytes", "Bytes" },
		      { "_bytes_total", "Bytes" } };
	char line[1024];
	size_t i;

	if (strlen(help) < 30)
		fail_msg("the help of %s is too short to stand by itself: %s", name, help);
	for (i = 0; i < ARRAY_SIZE(units); i++) {
		size_t len = strlen(units[i].end);

		if (strlen(name) > len && strcmp(name + strlen(name) - len, units[i].end) == 0) {
			if (!strstr(help, units[i].unit))
				fail_msg("the help of %s does not say \"%s\": %s", name, units[i].unit, help);
			break;
		}
	}
	/* Counters say since when. */
	(void)snprintf(line, sizeof(line), "\n# TYPE %s counter\n", name);
	if (strstr(all, line) && !strstr(help, "since") && !strstr(help, "Always 0"))
		fail_msg("the help of the counter %s does not say since when: %s", name, help);
	(void)snprintf(line, sizeof(line), " %s\n# TYPE ", help);
	if (strstr(strstr(all, line) + 1, line))
		fail_msg("two metrics have the help \"%s\"", help);
}

static void test_help(void **state)
{
	const char *at;
	size_t n = 0;

	(void)state;
	now.kinds[0] = (struct metrics_kind){ .name = "Service", .age_ms = 5 };
	now.certificate_expiry_s = now.token_expiry_s = 2000000000;
	print();
	for (at = buf_text(&text); (at = strstr(at, "# HELP ")); n++) {
		char name[128], help[512];

		assert_int_equal(sscanf(at, "# HELP %127s %511[^\n]", name, help), 2);
		check_help(name, help, text.data);
		at += strlen("# HELP ");
	}
	assert_true(n > 50);
}

/* H13: the metrics rest_client_* of all components of Kubernetes. */
static void test_requests(void **state)
{
	int code;

	(void)state;
	metrics_count_request(&metrics, "GET", 200, 0.003);
	metrics_count_request(&metrics, "GET", 200, 0.005);
	metrics_count_request(&metrics, "GET", 0, 10);
	metrics_count_request(&metrics, "POST", 201, 0.2);
	print();
	says("rest_client_requests_total{code=\"200\",host=\"192.0.2.1:6443\",method=\"GET\"} 2");
	says("rest_client_requests_total{code=\"<error>\",host=\"192.0.2.1:6443\",method=\"GET\"} 1");
	says("rest_client_requests_total{code=\"201\",host=\"192.0.2.1:6443\",method=\"POST\"} 1");
	says("rest_client_request_duration_seconds_bucket{host=\"192.0.2.1:6443\",verb=\"GET\",le=\"0.005\"} 2");
	says("rest_client_request_duration_seconds_bucket{host=\"192.0.2.1:6443\",verb=\"GET\",le=\"60\"} 3");
	says("rest_client_request_duration_seconds_count{host=\"192.0.2.1:6443\",verb=\"POST\"} 1");
	/* The table of status codes is limited. */
	for (code = 100; code < 100 + 2 * METRICS_REQUESTS_MAX; code++)
		metrics_count_request(&metrics, "PATCH", code, 1);
	metrics_count_request(&metrics, "GET", 200, 1);
	metrics_count_request(&metrics, "DELETE", 200, 1);
	metrics_count_request(&metrics, "PUT", 200, 1);
	print();
	says("rest_client_requests_total{code=\"200\",host=\"192.0.2.1:6443\",method=\"GET\"} 3");
	assert_null(strstr(buf_text(&text), "verb=\"PUT\""));
	/* With manifests there are no requests. */
	now.api_server = NULL;
	print();
	assert_null(strstr(buf_text(&text), "rest_client_"));
}

/* A family that is not served has no lines. */
static void test_one_family(void **state)
{
	static const bool one[_FAMILY_MAX] = { [FAMILY_IPV4] = true };

	(void)state;
	metrics_init(&metrics, one);
	print();
	assert_null(strstr(buf_text(&text), "IPv6"));
	assert_non_null(strstr(buf_text(&text), "IPv4"));
}

static void test_histogram(void **state)
{
	(void)state;
	histogram_observe(&metrics.sync, 0.001); /* a bound belongs to its bucket */
	histogram_observe(&metrics.sync, 0.0011);
	histogram_observe(&metrics.sync, 20);
	histogram_observe(&metrics.programming, 117);
	print();
	says("kubeproxy_sync_proxy_rules_duration_seconds_bucket{ip_family=\"IPv4\",le=\"0.001\"} 1");
	says("kubeproxy_sync_proxy_rules_duration_seconds_bucket{ip_family=\"IPv4\",le=\"0.002\"} 2");
	says("kubeproxy_sync_proxy_rules_duration_seconds_bucket{ip_family=\"IPv4\",le=\"16.384\"} 2");
	says("kubeproxy_sync_proxy_rules_duration_seconds_bucket{ip_family=\"IPv4\",le=\"+Inf\"} 3");
	says("kubeproxy_sync_proxy_rules_duration_seconds_count{ip_family=\"IPv6\"} 3");
	says("kubeproxy_sync_proxy_rules_duration_seconds_sum{ip_family=\"IPv6\"} 20.0021");
	says("kubeproxy_network_programming_duration_seconds_bucket{ip_family=\"IPv4\",le=\"0.25\"} 0");
	says("kubeproxy_network_programming_duration_seconds_bucket{ip_family=\"IPv4\",le=\"115\"} 0");
	says("kubeproxy_network_programming_duration_seconds_bucket{ip_family=\"IPv4\",le=\"120\"} 1");
	says("kubeproxy_network_programming_duration_seconds_bucket{ip_family=\"IPv4\",le=\"300\"} 1");
	says("kube_nftproxy_sync_duration_seconds_bucket{le=\"0.0001\"} 0");
	says("kube_nftproxy_sync_duration_seconds_sum 0");
}

/* H13: how many buckets there are, "+Inf" among them. */
static void test_buckets(void **state)
{
	static const struct {
		const char *name;
		size_t n;
	} cases[] = { { "\nkubeproxy_sync_proxy_rules_duration_seconds_bucket{ip_family=\"IPv4\"", 16 },
		      { "\nkubeproxy_conntrack_reconciler_sync_duration_seconds_bucket{ip_family=\"IPv4\"",
			16 },
		      { "\nkubeproxy_network_programming_duration_seconds_bucket{ip_family=\"IPv4\"", 81 } };
	size_t i;

	(void)state;
	print();
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *at = buf_text(&text);
		size_t n = 0;

		while ((at = strstr(at, cases[i].name))) {
			at++;
			n++;
		}
		assert_int_equal(n, cases[i].n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_values, setup, teardown),
		cmocka_unit_test_setup_teardown(test_gauges, setup, teardown),
		cmocka_unit_test_setup_teardown(test_help, setup, teardown),
		cmocka_unit_test_setup_teardown(test_requests, setup, teardown),
		cmocka_unit_test_setup_teardown(test_one_family, setup, teardown),
		cmocka_unit_test_setup_teardown(test_histogram, setup, teardown),
		cmocka_unit_test_setup_teardown(test_buckets, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
