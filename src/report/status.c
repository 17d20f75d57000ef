/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "report/status.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/json_text.h"
#include "report/words.h"

#define STATUS_LABEL 12 /* columns */

static void status_line(struct buf *to, const char *label, const char *text)
{
	char padded[STATUS_LABEL + 1];

	(void)snprintf(padded, sizeof(padded), "%-*s", STATUS_LABEL, label);
	words_labelled(to, padded, STATUS_LABEL, text);
}

/* "1 time", "2 times" */
static const char *status_count(uint64_t n, const char *thing, char text[48])
{
	(void)snprintf(text, 48, "%" PRIu64 " %s%s", n, thing, n == 1 ? "" : "s");
	return text;
}

static void status_print_tables(const struct status *status, struct buf *to)
{
	char text[256], elements[48], rules[48], chains[48];

	(void)snprintf(
		text, sizeof(text), "%s, %s in %s%s", status_count(status->elements, "element", elements),
		status_count(status->rules, "rule", rules), status_count(status->chains, "chain", chains),
		status->owned ? "; only we can change them" : "");
	if (!status->ready)
		(void)snprintf(text, sizeof(text), "%s",
			       status->owned ? "those of an earlier run; only we can change them"
					     : "those of an earlier run, if it left any");
	status_line(to, "Tables", text);
	if (!status->repairs)
		(void)snprintf(text, sizeof(text), "%s",
			       status->ready ? "none: no change by another program was found"
					     : "none before rules are made");
	else
		(void)snprintf(text, sizeof(text), "%" PRIu64 "%s%s", status->repairs,
			       *status->changed_by ? ", the last after " : "", status->changed_by);
	status_line(to, "Repairs", text);
}

static void status_print_rules(const struct status *status, struct buf *to)
{
	char text[256], age[24], times[48];

	if (!status->ready) {
		status_line(to, "Rules", "not made yet; what an earlier run left stays in force");
	} else {
		(void)snprintf(text, sizeof(text), "last made %s ago, in %.1f ms; %s, %" PRIu64 " failed",
			       words_age(status->synced_s, age), status->last_sync_ms,
			       status_count(status->syncs, "time", times), status->failures);
		status_line(to, "Rules", text);
	}
	if (status->n_refused) {
		(void)snprintf(text, sizeof(text), "without the newest version of %s, see below",
			       status_count(status->n_refused, "Service", times));
		status_line(to, "", text);
	}
	if (status->saved_s >= 0) {
		(void)snprintf(text, sizeof(text), "from what was saved %s ago, until the API server answers",
			       words_age(status->saved_s, age));
		status_line(to, "", text);
	}
	if (status->not_made)
		status_line(to, "", status->not_made);
	if (status->pending) {
		(void)snprintf(text, sizeof(text), "%" PRIu64 " change%s", status->pending,
			       status->pending == 1 ? " waits" : "s wait");
		status_line(to, "", text);
	}
	status_print_tables(status, to);
}

static void status_print_kinds(const struct status *status, struct buf *to)
{
	char age[24];
	size_t i;

	for (i = 0; i < METRICS_KINDS_MAX && status->kinds[i].name; i++) {
		const struct metrics_kind *kind = &status->kinds[i];

		buf_printf(to, "%-*s%7" PRIu64 " ", STATUS_LABEL, i ? "" : "Objects", kind->n);
		if (kind->heard)
			buf_printf(to, "%-14s heard of %s ago\n", kind->name,
				   words_age((double)kind->age_ms / 1e3, age));
		else
			buf_printf(to, kind->age_ms >= 0 ? "%-14s never heard of\n" : "%s\n", kind->name);
		if (kind->trouble)
			words_labelled(to, "                    ", STATUS_LABEL + 8, kind->trouble);
	}
}

static void status_print_rejected(const struct status *status, bool colour, struct buf *to)
{
	struct buf line = BUF_INIT;
	char text[64], age[24];
	size_t i;

	if (!status->n_rejected)
		return;
	(void)snprintf(text, sizeof(text), "%zu", status->n_rejected);
	buf_printf(to, "%-*s", STATUS_LABEL, "Refused");
	words_colour(to, colour, WORDS_COLOUR_BAD, text);
	buf_add(to, "\n", 1);
	for (i = 0; i < status->n_rejected && i < STATUS_REJECTED_MAX; i++) {
		buf_reset(&line);
		buf_printf(&line, "%s", status->rejected[i].object);
		if (status->rejected[i].since_s >= 0)
			buf_printf(&line, " (for %s)", words_age(status->rejected[i].since_s, age));
		words_labelled(to, "  ", 4, buf_text(&line));
		words_labelled(to, "    ", 4, status->rejected[i].reason);
	}
	if (i < status->n_rejected)
		buf_printf(to, "  and %zu more (--output json has all)\n", status->n_rejected - i);
	buf_done(&line);
}

/* Only if they are not served: a Service that relies on them looks good to everybody else. */
static void status_print_external_ips(const struct status *status, bool colour, struct buf *to)
{
	struct buf names = BUF_INIT;
	char text[64];
	size_t i;

	if (!status->external_ips_off)
		return;
	buf_printf(to, "%-*s", STATUS_LABEL, "ExternalIPs");
	if (!status->n_external_ips) {
		buf_printf(to, "not served; no Service has any\n");
		return;
	}
	(void)snprintf(text, sizeof(text), "not served, but %zu Service%s", status->n_external_ips,
		       status->n_external_ips == 1 ? " has some:" : "s have some:");
	words_colour(to, colour, WORDS_COLOUR_BAD, text);
	buf_add(to, "\n", 1);
	for (i = 0; i < status->n_named_external_ips && i < STATUS_EXTERNAL_IPS_MAX; i++)
		buf_printf(&names, "%s%s", i ? ", " : "", status->external_ips[i]);
	if (i < status->n_external_ips)
		buf_printf(&names, " and %zu more", status->n_external_ips - i);
	words_labelled(to, "  ", 4, buf_text(&names));
	buf_done(&names);
}

static void status_print_conflicts(const struct status *status, bool colour, struct buf *to)
{
	struct buf line = BUF_INIT;
	char text[64];
	size_t i;

	if (!status->n_conflicts)
		return;
	(void)snprintf(text, sizeof(text), "%zu", status->n_conflicts);
	buf_printf(to, "%-*s", STATUS_LABEL, "Conflicts");
	words_colour(to, colour, WORDS_COLOUR_BAD, text);
	buf_add(to, "\n", 1);
	for (i = 0; i < status->n_named_conflicts && i < STATUS_CONFLICTS_MAX; i++) {
		const struct status_conflict *conflict = &status->conflicts[i];

		buf_reset(&line);
		buf_printf(&line, "%s of Service %s is Service %s's: %s", conflict->frontend, conflict->loser,
			   conflict->winner, conflict->why);
		words_labelled(to, "  ", 4, buf_text(&line));
	}
	if (i < status->n_conflicts)
		buf_printf(to, "  and %zu more\n", status->n_conflicts - i);
	buf_done(&line);
}

static void status_print_config(const struct status *status, bool colour, struct buf *to)
{
	char text[64], age[24];

	if (!status->config_problem)
		return;
	(void)snprintf(text, sizeof(text), "refused %s ago", words_age(status->config_s, age));
	buf_printf(to, "%-*s", STATUS_LABEL, "Settings");
	words_colour(to, colour, WORDS_COLOUR_BAD, text);
	buf_printf(to, "; those before the change are in force\n");
	status_line(to, "", status->config_problem);
}

static void status_print_live(const struct status *status, bool colour, struct buf *to)
{
	char text[64];

	buf_printf(to, "%-*s", STATUS_LABEL, "Health");
	words_colour(to, colour, status->healthy ? WORDS_COLOUR_GOOD : WORDS_COLOUR_BAD,
		     status->healthy ? "healthy" : "not healthy");
	buf_printf(to, "; load balancers %s use this node\n", status->eligible ? "may" : "may not");
	status_print_rules(status, to);
	(void)snprintf(text, sizeof(text), "%.1f MB", (double)status->resident_bytes / 1e6);
	status_line(to, "Memory", text);
}

void status_print_text(const struct status *status, bool colour, struct buf *to)
{
	char text[400], age[24];

	words_colour(to, colour, WORDS_COLOUR_HEAD, "kube-nftproxy ");
	(void)snprintf(text, sizeof(text), "%s on %s", status->version, status->node);
	if (status->live)
		(void)snprintf(text, sizeof(text), "%s on %s, up %s", status->version, status->node,
			       words_age(status->up_s, age));
	words_wrap(to, 14, STATUS_LABEL, text);
	status_line(to, "Source", status->source);
	status_print_config(status, colour, to);
	if (status->node_unknown)
		status_line(
			to, "Node",
			"there is no such Node object: node ports are on every address, zones do not count");
	if (status->node_unread)
		status_line(
			to, "Node",
			"it cannot be read, see below, and no good version of it was seen: node ports are "
			"not served on its addresses, zones do not count");
	if (status->live)
		status_print_live(status, colour, to);
	status_print_kinds(status, to);
	status_print_rejected(status, colour, to);
	status_print_conflicts(status, colour, to);
	status_print_external_ips(status, colour, to);
}

/* --- JSON ------------------------------------------------------------------------------------------------
 */

static void status_print_syncs_json(const struct status *status, struct json_text *json)
{
	json_text_begin(json, "syncs", '{');
	json_text_number(json, "total", (int64_t)status->syncs);
	json_text_number(json, "failed", (int64_t)status->failures);
	json_text_number(json, "refusedServices", (int64_t)status->n_refused);
	json_text_number(json, "pendingChanges", (int64_t)status->pending);
	json_text_thousandths(json, "lastSecondsAgo", (int64_t)(status->synced_s * 1000));
	json_text_thousandths(json, "lastMilliseconds", (int64_t)(status->last_sync_ms * 1000));
	json_text_end(json, '}');
}

static void status_print_tables_json(const struct status *status, struct json_text *json)
{
	json_text_begin(json, "tables", '{');
	json_text_bool(json, "owned", status->owned);
	json_text_number(json, "elements", (int64_t)status->elements);
	json_text_number(json, "chains", (int64_t)status->chains);
	json_text_number(json, "rules", (int64_t)status->rules);
	json_text_number(json, "repairs", (int64_t)status->repairs);
	json_text_string(json, "lastChangedBy", status->changed_by);
	json_text_end(json, '}');
}

static void status_print_kinds_json(const struct status *status, struct json_text *json)
{
	size_t i;

	json_text_begin(json, "objects", '[');
	for (i = 0; i < METRICS_KINDS_MAX && status->kinds[i].name; i++) {
		json_text_begin(json, NULL, '{');
		json_text_string(json, "kind", status->kinds[i].name);
		json_text_number(json, "number", (int64_t)status->kinds[i].n);
		if (status->kinds[i].heard)
			json_text_thousandths(json, "heardSecondsAgo", status->kinds[i].age_ms);
		if (status->kinds[i].trouble)
			json_text_string(json, "trouble", status->kinds[i].trouble);
		json_text_end(json, '}');
	}
	json_text_end(json, ']');
}

static void status_print_rejected_json(const struct status *status, struct json_text *json)
{
	size_t i;

	json_text_number(json, "refused", (int64_t)status->n_rejected);
	json_text_begin(json, "refusals", '[');
	for (i = 0; i < status->n_rejected; i++) {
		json_text_begin(json, NULL, '{');
		json_text_string(json, "object", status->rejected[i].object);
		json_text_string(json, "reason", status->rejected[i].reason);
		json_text_thousandths(json, "forSeconds", (int64_t)(status->rejected[i].since_s * 1000));
		json_text_end(json, '}');
	}
	json_text_end(json, ']');
}

static void status_print_external_ips_json(const struct status *status, struct json_text *json)
{
	size_t i;

	json_text_bool(json, "externalIPsServed", !status->external_ips_off);
	json_text_number(json, "servicesWithUnservedExternalIPs", (int64_t)status->n_external_ips);
	json_text_begin(json, "unservedExternalIPsNamed", '[');
	for (i = 0; i < status->n_named_external_ips; i++)
		json_text_string(json, NULL, status->external_ips[i]);
	json_text_end(json, ']');
}

static void status_print_conflicts_json(const struct status *status, struct json_text *json)
{
	size_t i;

	json_text_number(json, "conflicts", (int64_t)status->n_conflicts);
	json_text_begin(json, "conflictsNamed", '[');
	for (i = 0; i < status->n_named_conflicts; i++) {
		json_text_begin(json, NULL, '{');
		json_text_string(json, "frontend", status->conflicts[i].frontend);
		json_text_string(json, "service", status->conflicts[i].loser);
		json_text_string(json, "owner", status->conflicts[i].winner);
		json_text_string(json, "reason", status->conflicts[i].why);
		json_text_end(json, '}');
	}
	json_text_end(json, ']');
}

void status_print_json(const struct status *status, struct buf *to)
{
	struct json_text json = JSON_TEXT_INIT(to, 2);

	json_text_begin(&json, NULL, '{');
	json_text_string(&json, "version", status->version);
	json_text_string(&json, "node", status->node);
	json_text_string(&json, "source", status->source);
	json_text_bool(&json, "live", status->live);
	json_text_bool(&json, "ready", status->ready);
	json_text_bool(&json, "healthy", status->healthy);
	json_text_bool(&json, "nodeUnknown", status->node_unknown);
	json_text_bool(&json, "nodeUnread", status->node_unread);
	if (status->config_problem) {
		json_text_string(&json, "configProblem", status->config_problem);
		json_text_thousandths(&json, "configProblemSecondsAgo", (int64_t)(status->config_s * 1000));
	}
	if (status->saved_s >= 0)
		json_text_thousandths(&json, "fromStateSavedSecondsAgo", (int64_t)(status->saved_s * 1000));
	if (status->not_made)
		json_text_string(&json, "notMadeBecause", status->not_made);
	json_text_bool(&json, "nodeEligible", status->eligible);
	json_text_thousandths(&json, "upSeconds", (int64_t)(status->up_s * 1000));
	status_print_syncs_json(status, &json);
	status_print_tables_json(status, &json);
	status_print_kinds_json(status, &json);
	json_text_number(&json, "residentBytes", (int64_t)status->resident_bytes);
	status_print_rejected_json(status, &json);
	status_print_conflicts_json(status, &json);
	status_print_external_ips_json(status, &json);
	json_text_end(&json, '}');
	buf_add(to, "\n", 1);
}
