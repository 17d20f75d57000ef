/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "report/metrics_print.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/plain_text.h"
#include "report/metrics_gauges.h"
#include "report/metrics_lines.h"

#define METRICS_PRINT_HOST_MAX 260 /* a name with its port */

static const char *const metrics_print_directions[] = {
	[METRICS_DIRECTION_INTERNAL] = "internal",
	[METRICS_DIRECTION_EXTERNAL] = "external",
};

static const char *const metrics_print_codes[] = {
	[METRICS_ANSWER_GOOD] = "200", [METRICS_ANSWER_BAD] = "503"
};

/* @label: "" or a label with its value: a="b" */
static void metrics_print_histogram(struct buf *to, const char *name, const char *label,
				    const struct histogram *histogram)
{
	const char *comma = *label ? "," : "";
	uint64_t below = 0;
	size_t i;

	for (i = 0; i < histogram->n_bounds; i++) {
		below += histogram->counts[i];
		buf_printf(to, "%s_bucket{%s%sle=\"%.10g\"} %" PRIu64 "\n", name, label, comma,
			   histogram->bounds[i], below);
	}
	buf_printf(to, "%s_bucket{%s%sle=\"+Inf\"} %" PRIu64 "\n", name, label, comma, histogram->n);
	buf_printf(to, *label ? "%s_sum{%s} %.9g\n" : "%s_sum%s %.9g\n", name, label, histogram->sum);
	buf_printf(to, *label ? "%s_count{%s} %" PRIu64 "\n" : "%s_count%s %" PRIu64 "\n", name, label,
		   histogram->n);
}

static const char *metrics_print_family_label(int family)
{
	return family == FAMILY_IPV4 ? "ip_family=\"IPv4\"" : "ip_family=\"IPv6\"";
}

/* @step: 1: an array by family; 0: one histogram, which counts for both families. */
static void metrics_print_family_histogram(const struct metrics *metrics, struct buf *to, const char *name,
					   const char *help, const struct histogram *histograms, size_t step)
{
	int family;

	metrics_lines_head(to, name, "histogram", help);
	for (family = 0; family < _FAMILY_MAX; family++)
		if (metrics->family_enabled[family])
			metrics_print_histogram(to, name, metrics_print_family_label(family),
						&histograms[family * step]);
}

static void metrics_print_family_time(const struct metrics *metrics, struct buf *to, const char *name,
				      const char *help, int64_t time_us)
{
	int family;

	metrics_lines_head(to, name, "gauge", help);
	for (family = 0; family < _FAMILY_MAX; family++)
		if (metrics->family_enabled[family])
			buf_printf(to, "%s{%s} %.6f\n", name, metrics_print_family_label(family),
				   (double)time_us / 1e6);
}

static void metrics_print_family_count(const struct metrics *metrics, struct buf *to, const char *name,
				       const char *help, const uint64_t counts[_FAMILY_MAX])
{
	int family;

	metrics_lines_head(to, name, "counter", help);
	for (family = 0; family < _FAMILY_MAX; family++)
		if (metrics->family_enabled[family])
			buf_printf(to, "%s{%s} %" PRIu64 "\n", name, metrics_print_family_label(family),
				   counts[family]);
}

static void metrics_print_no_local(const struct metrics *metrics, struct buf *to)
{
	static const char name[] = "kubeproxy_sync_proxy_rules_no_local_endpoints_total";
	int family, direction;

	metrics_lines_head(to, name, "gauge",
			   "Service ports that have usable endpoints, but none on this node, although "
			   "the traffic policy of the label is Local, so that this node drops their "
			   "packets");
	for (family = 0; family < _FAMILY_MAX; family++)
		for (direction = 0; metrics->family_enabled[family] && direction < _METRICS_DIRECTION_MAX;
		     direction++)
			buf_printf(to, "%s{%s,traffic_policy=\"%s\"} %" PRIu64 "\n", name,
				   metrics_print_family_label(family), metrics_print_directions[direction],
				   metrics->no_local_endpoints[direction][family]);
}

static void metrics_print_answers(struct buf *to, const char *name, const char *help,
				  const uint64_t counts[_METRICS_ANSWER_MAX])
{
	int answer;

	metrics_lines_head(to, name, "counter", help);
	for (answer = 0; answer < _METRICS_ANSWER_MAX; answer++)
		buf_printf(to, "%s{code=\"%s\"} %" PRIu64 "\n", name, metrics_print_codes[answer],
			   counts[answer]);
}

static void metrics_print_syncs(const struct metrics *metrics, struct buf *to)
{
	const uint64_t failures[] = { metrics->sync_failures, metrics->sync_failures };
	static const uint64_t cleanups[_FAMILY_MAX]; /* a sync cleans up, too */

	metrics_print_family_histogram(
		metrics, to, "kubeproxy_sync_proxy_rules_duration_seconds",
		"Seconds that a sync (computing what changed and writing it to the kernel in "
		"one transaction) took, of syncs that succeeded",
		&metrics->sync, 0);
	metrics_print_family_histogram(
		metrics, to, "kubeproxy_sync_full_proxy_rules_duration_seconds",
		"Seconds that a sync took, of those that read all tables back from the "
		"kernel first",
		&metrics->full, 0);
	metrics_print_family_histogram(
		metrics, to, "kubeproxy_sync_partial_proxy_rules_duration_seconds",
		"Seconds that a sync took, of those that only sent a difference to tables "
		"whose content was known",
		&metrics->partial, 0);
	metrics_print_family_histogram(
		metrics, to, "kubeproxy_network_programming_duration_seconds",
		"Seconds from a change of a Service's endpoints in the cluster until the "
		"kernel's rules of this node have it",
		&metrics->programming, 0);
	metrics_print_family_time(
		metrics, to, "kubeproxy_sync_proxy_rules_last_timestamp_seconds",
		"When a sync last succeeded, in seconds since 1970; 0: never since the start",
		metrics->last_sync_us);
	metrics_print_family_time(metrics, to, "kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds",
				  "When a sync was last asked for, in seconds since 1970; 0: never since the "
				  "start",
				  metrics->last_queued_us);
	metrics_print_family_count(metrics, to, "kubeproxy_sync_proxy_rules_nftables_sync_failures_total",
				   "Syncs that failed since the start, so that the kernel kept its previous "
				   "rules",
				   failures);
	metrics_print_family_count(
		metrics, to, "kubeproxy_sync_proxy_rules_nftables_cleanup_failures_total",
		"Always 0: there is no separate cleanup that could fail, as each sync also "
		"removes what is not needed",
		cleanups);
	metrics_print_no_local(metrics, to);
}

static void metrics_print_changes(const struct metrics *metrics, struct buf *to)
{
	metrics_lines_number(to, "kubeproxy_sync_proxy_rules_endpoint_changes_total", "counter",
			     "Changes of EndpointSlices received since the start", metrics->endpoint_changes);
	metrics_lines_number(to, "kubeproxy_sync_proxy_rules_endpoint_changes_pending", "gauge",
			     "Changes of EndpointSlices that were received but are not in the kernel's "
			     "rules yet",
			     metrics->endpoint_changes_pending);
	metrics_lines_number(to, "kubeproxy_sync_proxy_rules_service_changes_total", "counter",
			     "Changes of Services received since the start", metrics->service_changes);
	metrics_lines_number(to, "kubeproxy_sync_proxy_rules_service_changes_pending", "gauge",
			     "Changes of Services that were received but are not in the kernel's rules yet",
			     metrics->service_changes_pending);
}

static void metrics_print_conntrack(const struct metrics *metrics, struct buf *to)
{
	metrics_print_family_histogram(
		metrics, to, "kubeproxy_conntrack_reconciler_sync_duration_seconds",
		"Seconds that it took to find and delete stale UDP flows, which lead to an "
		"endpoint that is gone, in connection tracking",
		metrics->conntrack, 1);
	metrics_print_family_count(metrics, to, "kubeproxy_conntrack_reconciler_deleted_entries_total",
				   "Stale UDP flows deleted from connection tracking since the start",
				   metrics->flows_deleted);
}

static void metrics_print_own(const struct metrics *metrics, struct buf *to)
{
	metrics_lines_head(to, "kube_nftproxy_sync_duration_seconds", "histogram",
			   "Seconds that a sync took, in buckets from 0.1 ms, of syncs that succeeded");
	metrics_print_histogram(to, "kube_nftproxy_sync_duration_seconds", "", &metrics->fine);
	metrics_lines_head(to, "kube_nftproxy_kernel_duration_seconds", "histogram",
			   "Seconds that the kernel needed for the transaction of a sync, in buckets "
			   "from 0.1 ms");
	metrics_print_histogram(to, "kube_nftproxy_kernel_duration_seconds", "", &metrics->kernel);
	metrics_lines_number(to, "kube_nftproxy_sync_bytes_total", "counter",
			     "Bytes of netlink messages sent to the kernel by syncs since the start",
			     metrics->bytes_sent);
	metrics_lines_number(to, "kube_nftproxy_elements_added_total", "counter",
			     "Elements that syncs have added to sets and maps of the kernel since the "
			     "start",
			     metrics->elements_added);
	metrics_lines_number(to, "kube_nftproxy_elements_deleted_total", "counter",
			     "Elements that syncs have deleted from sets and maps of the kernel since the "
			     "start",
			     metrics->elements_deleted);
	metrics_lines_number(
		to, "kube_nftproxy_services_without_endpoints", "gauge",
		"Services of this cluster that refuse or drop every connection now, because they have no endpoint that this "
		"node may use",
		metrics->services_without_endpoints);
	metrics_lines_number(to, "kube_nftproxy_repairs_total", "counter",
			     "How often the tables of kube-nftproxy were repaired since the start, after "
			     "another program had changed them",
			     metrics->repairs);
	metrics_lines_number(to, "kube_nftproxy_objects_refused_total", "counter",
			     "Versions of objects that could not be read since the start; "
			     "kube_nftproxy_objects_rejected says how many are so now",
			     metrics->objects_refused);
}

/* Up to what is no part of a host, or would break the label or a terminal. */
static int metrics_print_host_size(const char *host)
{
	size_t len = 0;

	while (host[len] && !strchr("/\"\\", host[len])) {
		struct plain_text_character character = plain_text_read(host + len);

		if (!character.plain || len + character.size > METRICS_PRINT_HOST_MAX)
			break;
		len += character.size;
	}
	return (int)len;
}

/* The names are client-go's. The host is that of the URL. */
static void metrics_print_requests(const struct metrics *metrics, const char *server, struct buf *to)
{
	static const char total[] = "rest_client_requests_total";
	static const char duration[] = "rest_client_request_duration_seconds";
	const char *host = strstr(server, "://");
	char label[METRICS_PRINT_HOST_MAX + 64];
	int len;
	size_t i;

	host = host ? host + 3 : server;
	len = metrics_print_host_size(host);
	metrics_lines_head(to, total, "counter",
			   "Requests to the API server since the start, by host, method and HTTP "
			   "status; code <error>: there was no answer");
	for (i = 0; i < METRICS_REQUESTS_MAX && metrics->requests[i].method; i++) {
		char code[16] = "<error>";

		if (metrics->requests[i].code)
			(void)snprintf(code, sizeof(code), "%d", metrics->requests[i].code);
		buf_printf(to, "%s{code=\"%s\",host=\"%.*s\",method=\"%s\"} %" PRIu64 "\n", total, code, len,
			   host, metrics->requests[i].method, metrics->requests[i].n);
	}
	metrics_lines_head(to, duration, "histogram",
			   "Seconds from a request to the API server until its answer begins, by host "
			   "and method (verb)");
	for (i = 0; i < METRICS_METHODS_MAX && metrics->latencies[i].method; i++) {
		(void)snprintf(label, sizeof(label), "host=\"%.*s\",verb=\"%s\"", len, host,
			       metrics->latencies[i].method);
		metrics_print_histogram(to, duration, label, &metrics->latencies[i].histogram);
	}
}

static void metrics_print_process(const struct metrics_process *process, struct buf *to)
{
	metrics_lines_seconds(to, "process_cpu_seconds_total", "counter",
			      "Seconds of processor time, user and system, that kube-nftproxy has used "
			      "since its start",
			      process->cpu_s);
	metrics_lines_seconds(to, "process_start_time_seconds", "gauge",
			      "When kube-nftproxy was started, in seconds since 1970", process->start_s);
	metrics_lines_number(to, "process_resident_memory_bytes", "gauge",
			     "Bytes of memory that kube-nftproxy has in RAM now", process->resident_bytes);
	metrics_lines_number(to, "process_virtual_memory_bytes", "gauge",
			     "Bytes of address space that kube-nftproxy has now", process->virtual_bytes);
	metrics_lines_number(to, "process_open_fds", "gauge",
			     "File descriptors, such as files and sockets, that kube-nftproxy has open now",
			     process->open_fds);
	metrics_lines_number(to, "process_max_fds", "gauge",
			     "File descriptors that kube-nftproxy may have open at most", process->max_fds);
}

void metrics_print(const struct metrics *metrics, const struct metrics_now *now, struct buf *to)
{
	metrics_print_syncs(metrics, to);
	metrics_print_changes(metrics, to);
	metrics_print_conntrack(metrics, to);
	metrics_print_answers(to, "kubeproxy_proxy_healthz_total",
			      "Answers of /healthz since the start by HTTP status: 200 if this node serves "
			      "and load balancers may use it, else 503",
			      metrics->healthz);
	metrics_print_answers(to, "kubeproxy_proxy_livez_total",
			      "Answers of /livez since the start by HTTP status: 200 if kube-nftproxy does "
			      "its work, 503 if it should be restarted",
			      metrics->livez);
	metrics_print_own(metrics, to);
	metrics_gauges_print(now, to);
	if (now->api_server)
		metrics_print_requests(metrics, now->api_server, to);
	metrics_print_process(&now->process, to);
}
