/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "report/metrics_gauges.h"

#include <inttypes.h>

#include "base/buf.h"
#include "report/metrics_lines.h"
#include "report/metrics_now.h"

static void metrics_gauges_number(struct buf *to, const char *name, const char *help, uint64_t value)
{
	metrics_lines_number(to, name, "gauge", help, value);
}

/* What is unknown has no line. */
static void metrics_gauges_known(struct buf *to, const char *name, const char *help, int64_t value)
{
	if (value >= 0)
		metrics_gauges_number(to, name, help, (uint64_t)value);
}

static void metrics_gauges_print_verdict(const struct metrics_now *now, struct buf *to)
{
	static const char verdict[] = "kube_nftproxy_verdict", rules[] = "kube_nftproxy_rules_state";
	int i;

	metrics_lines_head(
		to, verdict, "gauge",
		"1 for what is so, 0 for the others: this node serves Services, does not serve them, "
		"or it is unknown whether it does (the first line of 'kube-nftproxy status' says why)");
	for (i = 0; i < _HEALTH_VERDICT_MAX; i++)
		buf_printf(to, "%s{verdict=\"%s\"} %d\n", verdict,
			   health_verdict_name((enum health_verdict)i), (int)now->verdict == i);
	metrics_lines_head(
		to, rules, "gauge",
		"1 for what is in the kernel, 0 for the others: rules that this process has made, rules that "
		"an earlier run has left, none, or unreadable if the kernel could not be asked");
	for (i = 0; i < _HEALTH_RULES_MAX; i++)
		buf_printf(to, "%s{state=\"%s\"} %d\n", rules, health_rules_name((enum health_rules)i),
			   (int)now->made == i);
	metrics_gauges_number(
		to, "kube_nftproxy_healthy",
		"1: this node serves Services with current rules; 0: it does not, or that is unknown",
		now->healthy);
	metrics_gauges_number(
		to, "kube_nftproxy_node_eligible",
		"1: load balancers may use this node, by its Node object; 0: they may not, or the "
		"Node object was not seen yet",
		now->eligible);
}

static void metrics_gauges_print_wrong(const struct metrics_now *now, struct buf *to)
{
	static const char rejected[] = "kube_nftproxy_objects_rejected";
	size_t i;

	metrics_lines_head(
		to, rejected, "gauge",
		"Objects by kind whose newest version cannot be read now, so that their last good version, "
		"if there is one, stays in use; kind \"other\": manifest files");
	for (i = 0; i < METRICS_KINDS_MAX && now->kinds[i].name; i++)
		buf_printf(to, "%s{kind=\"%s\"} %" PRIu64 "\n", rejected, now->kinds[i].name,
			   now->kinds[i].n_rejected);
	buf_printf(to, "%s{kind=\"other\"} %" PRIu64 "\n", rejected, now->n_rejected_other);
	metrics_gauges_number(
		to, "kube_nftproxy_services_not_installed",
		"Services whose newest version was read but is not in the kernel now, because the "
		"kernel refuses it or no rules can be made of it",
		now->n_not_installed);
	metrics_gauges_number(
		to, "kube_nftproxy_frontend_conflicts",
		"Addresses with a port, and node ports, that several Services ask for now; only one "
		"of these Services gets each",
		now->n_conflicts);
	metrics_gauges_number(
		to, "kube_nftproxy_syncs_failed",
		"Syncs that have failed since the last one that succeeded, so that the last changes are not in the kernel; "
		"0: the last one has succeeded",
		now->n_failed);
	metrics_gauges_number(
		to, "kube_nftproxy_config_refused",
		"1: the configuration file has changed, but the new version has an error, so the old settings stay "
		"in force; 0: the file is in force",
		now->config_refused);
}

static void metrics_gauges_print_tables(const struct metrics_now *now, struct buf *to)
{
	metrics_gauges_number(
		to, "kube_nftproxy_tables_owned",
		"1: the kernel lets no other program change the tables of kube-nftproxy; 0: others "
		"can change them, and what they change is repaired",
		now->tables_owned);
	metrics_gauges_number(to, "kube_nftproxy_elements",
			      "Elements of sets and maps that the kernel has in the tables of kube-nftproxy",
			      now->elements);
	metrics_gauges_number(to, "kube_nftproxy_rules",
			      "Rules that the kernel has in the tables of kube-nftproxy", now->rules);
	metrics_gauges_number(to, "kube_nftproxy_chains",
			      "Chains that the kernel has in the tables of kube-nftproxy", now->chains);
	metrics_gauges_known(to, "kube_nftproxy_conntrack_entries",
			     "Connections of all programs in the node's connection tracking table now",
			     now->conntrack_entries);
	metrics_gauges_known(
		to, "kube_nftproxy_conntrack_limit",
		"Connections that the node's connection tracking table may have; when it is full, new "
		"connections are dropped; 0: there is no limit",
		now->conntrack_limit);
}

static void metrics_gauges_print_followed(const struct metrics_now *now, struct buf *to, const char *name,
					  const char *help,
					  uint64_t (*value)(const struct metrics_kind *kind))
{
	size_t i;

	metrics_lines_head(to, name, "gauge", help);
	for (i = 0; i < METRICS_KINDS_MAX && now->kinds[i].name; i++)
		if (now->kinds[i].age_ms >= 0)
			buf_printf(to, "%s{kind=\"%s\"} %" PRIu64 "\n", name, now->kinds[i].name,
				   value(&now->kinds[i]));
}

static uint64_t metrics_gauges_watched(const struct metrics_kind *kind)
{
	return kind->watched;
}

static uint64_t metrics_gauges_listed(const struct metrics_kind *kind)
{
	return kind->listed;
}

static uint64_t metrics_gauges_code(const struct metrics_kind *kind)
{
	return (uint64_t)kind->trouble_code;
}

static uint64_t metrics_gauges_failing(const struct metrics_kind *kind)
{
	return kind->trouble != NULL;
}

static void metrics_gauges_print_kinds(const struct metrics_now *now, struct buf *to)
{
	static const char objects[] = "kube_nftproxy_objects", ages[] = "kube_nftproxy_watch_age_seconds";
	size_t i;

	metrics_lines_head(to, objects, "gauge", "Objects by kind that kube-nftproxy knows now");
	for (i = 0; i < METRICS_KINDS_MAX && now->kinds[i].name; i++)
		buf_printf(to, "%s{kind=\"%s\"} %" PRIu64 "\n", objects, now->kinds[i].name, now->kinds[i].n);
	metrics_lines_head(
		to, ages, "gauge",
		"Seconds since the API server last sent something about this kind, or since the start of kube-nftproxy if it "
		"never has; a working watch brings something about once a minute");
	for (i = 0; i < METRICS_KINDS_MAX && now->kinds[i].name; i++)
		if (now->kinds[i].age_ms >= 0)
			buf_printf(to, "%s{kind=\"%s\"} %.3f\n", ages, now->kinds[i].name,
				   (double)now->kinds[i].age_ms / 1e3);
	metrics_gauges_print_followed(
		now, to, "kube_nftproxy_watch_connected",
		"1: a watch of this kind is open at the API server; 0: there is none now",
		metrics_gauges_watched);
	metrics_gauges_print_followed(
		now, to, "kube_nftproxy_listed",
		"1: all objects of this kind were listed once since the start of kube-nftproxy; 0: they were "
		"not, so how many there are is unknown",
		metrics_gauges_listed);
	metrics_gauges_print_followed(
		now, to, "kube_nftproxy_requests_failing",
		"1: the last request to the API server for this kind has failed; 0: it has not",
		metrics_gauges_failing);
	metrics_gauges_print_followed(
		now, to, "kube_nftproxy_requests_failing_code",
		"HTTP status of that failed request: 401: the credentials are refused, 403: a permission is "
		"missing; 0: the last request has not failed, or there was no usable answer",
		metrics_gauges_code);
}

static void metrics_gauges_print_expiry(const struct metrics_now *now, struct buf *to)
{
	metrics_gauges_known(to, "kube_nftproxy_client_certificate_expiry_timestamp_seconds",
			     "When the client certificate for the API server expires, in seconds since 1970",
			     now->certificate_expiry_s);
	metrics_gauges_known(
		to, "kube_nftproxy_token_expiry_timestamp_seconds",
		"When the token for the API server expires, in seconds since 1970; it is usually replaced "
		"in time",
		now->token_expiry_s);
}

void metrics_gauges_print(const struct metrics_now *now, struct buf *to)
{
	metrics_lines_head(to, "kube_nftproxy_build_info", "gauge",
			   "Always 1; the label has the version of kube-nftproxy that runs");
	buf_printf(to, "kube_nftproxy_build_info{version=\"%s\"} 1\n", now->version);
	metrics_gauges_print_verdict(now, to);
	metrics_gauges_print_wrong(now, to);
	metrics_gauges_print_tables(now, to);
	metrics_gauges_print_kinds(now, to);
	metrics_gauges_print_expiry(now, to);
}
