/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "report/status_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "report/status.h"
#include "report/status_verdict.h"
#include "report/words.h"

#define STATUS_TEXT_LABEL 12 /* columns */

static void status_text_line(struct buf *to, const char *label, const char *text)
{
	char padded[STATUS_TEXT_LABEL + 1];

	(void)snprintf(padded, sizeof(padded), "%-*s", STATUS_TEXT_LABEL, label);
	words_labelled(to, padded, STATUS_TEXT_LABEL, text);
}

/* "1 time", "2 times" */
static const char *status_text_count(uint64_t n, const char *thing, char text[48])
{
	(void)snprintf(text, 48, "%" PRIu64 " %s%s", n, thing, n == 1 ? "" : "s");
	return text;
}

static void status_text_unmade_tables(const struct status *status, char *text, size_t size)
{
	char number[48];

	if (status->made == HEALTH_RULES_NONE)
		(void)snprintf(text, size, "none that packets meet");
	else if (status->made == HEALTH_RULES_UNREADABLE)
		(void)snprintf(text, size, "unknown: the kernel cannot be asked");
	else
		(void)snprintf(text, size, "those of an earlier run, with %s%s%s",
			       status->n_earlier == STATUS_EARLIER_MAX ? "at least " : "",
			       status->n_earlier == SIZE_MAX
				       ? "an unknown number of ClusterIPs"
				       : status_text_count(status->n_earlier, "ClusterIP", number),
			       status->owned ? "; only we can change them" : "");
}

static void status_text_tables(const struct status *status, struct buf *to)
{
	char text[256], elements[48], rules[48], chains[48];

	(void)snprintf(text, sizeof(text), "%s, %s in %s%s",
		       status_text_count(status->elements, "element", elements),
		       status_text_count(status->rules, "rule", rules),
		       status_text_count(status->chains, "chain", chains),
		       status->owned ? "; only we can change them" : "");
	if (status->made != HEALTH_RULES_MADE)
		status_text_unmade_tables(status, text, sizeof(text));
	status_text_line(to, "Tables", text);
	if (!status->repairs)
		(void)snprintf(text, sizeof(text), "%s",
			       status->made == HEALTH_RULES_MADE
				       ? "none: no change by another program was found"
				       : "none before rules are made");
	else
		(void)snprintf(text, sizeof(text), "%" PRIu64 "%s%s", status->repairs,
			       *status->changed_by ? ", the last after " : "", status->changed_by);
	status_text_line(to, "Repairs", text);
}

static void status_text_rules(const struct status *status, struct buf *to)
{
	char text[256], age[24], times[48];

	if (status->made != HEALTH_RULES_MADE) {
		status_text_line(to, "Rules",
				 status->made == HEALTH_RULES_EARLIER || status->made == HEALTH_RULES_KEPT
					 ? "not made since the start; those of an earlier run are in force"
					 : "not made since the start");
	} else {
		(void)snprintf(text, sizeof(text), "last made %s ago, in %.1f ms; %s, %" PRIu64 " failed",
			       words_age(status->synced_s, age), status->last_sync_ms,
			       status_text_count(status->syncs, "time", times), status->failures);
		status_text_line(to, "Rules", text);
	}
	if (status->n_refused) {
		(void)snprintf(text, sizeof(text), "without the newest version of %s, see below",
			       status_text_count(status->n_refused, "Service", times));
		status_text_line(to, "", text);
	}
	if (status->saved_s >= 0) {
		(void)snprintf(text, sizeof(text), "from what was saved %s ago, until the API server answers",
			       words_age(status->saved_s, age));
		status_text_line(to, "", text);
	}
	if (status->pending) {
		(void)snprintf(text, sizeof(text), "%" PRIu64 " change%s", status->pending,
			       status->pending == 1 ? " waits" : "s wait");
		status_text_line(to, "", text);
	}
	status_text_tables(status, to);
}

/* "EndpointSlice": how many there are, and when it was last heard of. Unknown is not none. */
static void status_text_kind(const struct status *status, const struct metrics_kind *kind, const char *label,
			     struct buf *to)
{
	char age[24];

	buf_printf(to, "%-*s", STATUS_TEXT_LABEL, label);
	if (status_kind_is_known(status, kind))
		buf_printf(to, "%7" PRIu64 " ", kind->n);
	else
		buf_printf(to, "unknown ");
	if (kind->absent)
		buf_printf(to, "%-14s not there: the server lacks it, or refuses it\n", kind->name);
	else if (kind->heard)
		buf_printf(to, "%-14s heard of %s ago\n", kind->name,
			   words_age((double)kind->age_ms / 1e3, age));
	else
		buf_printf(to, kind->age_ms >= 0 ? "%-14s never heard of\n" : "%s\n", kind->name);
}

/* Of "list services: HTTP 401: Unauthorized": what comes behind the request. */
static const char *status_text_cause(const struct metrics_kind *kind)
{
	const char *colon = strstr(kind->trouble, ": ");

	return colon ? colon : "";
}

/* Whether an earlier kind has the same error. */
static bool status_text_is_said(const struct status *status, size_t i)
{
	size_t j;

	for (j = 0; j < i; j++)
		if (status->kinds[j].trouble &&
		    strcmp(status_text_cause(&status->kinds[j]), status_text_cause(&status->kinds[i])) == 0)
			return true;
	return false;
}

/* Requests with the same error share a paragraph, with the time of the one that has failed longest. */
static void status_text_error(const struct status *status, size_t i, const char *label, struct buf *to)
{
	const char *cause = status_text_cause(&status->kinds[i]);
	int64_t longest_ms = 0;
	struct buf names = BUF_INIT, text = BUF_INIT;
	char age[24];

	for (; i < METRICS_KINDS_MAX && status->kinds[i].name; i++) {
		const struct metrics_kind *kind = &status->kinds[i];

		if (!kind->trouble || strcmp(status_text_cause(kind), cause) != 0)
			continue;
		longest_ms = kind->trouble_ms > longest_ms ? kind->trouble_ms : longest_ms;
		buf_printf(&names, "%s%.*s", names.size ? ", " : "",
			   (int)(strlen(kind->trouble) - strlen(cause)), kind->trouble);
	}
	buf_printf(&text, "for %s: %s%s", words_age((double)longest_ms / 1e3, age), buf_text(&names), cause);
	status_text_line(to, label, buf_text(&text));
	buf_done(&names);
	buf_done(&text);
}

static void status_text_kinds(const struct status *status, struct buf *to)
{
	const char *label = "Errors";
	size_t i;

	for (i = 0; i < METRICS_KINDS_MAX && status->kinds[i].name; i++)
		status_text_kind(status, &status->kinds[i], i ? "" : "Objects", to);
	for (i = 0; i < METRICS_KINDS_MAX && status->kinds[i].name; i++) {
		if (!status->kinds[i].trouble || status_text_is_said(status, i))
			continue;
		status_text_error(status, i, label, to);
		label = "";
	}
}

static void status_text_rejected(const struct status *status, bool colour, struct buf *to)
{
	struct buf line = BUF_INIT;
	char text[64], age[24];
	size_t i;

	if (!status->n_rejected)
		return;
	(void)snprintf(text, sizeof(text), "%zu", status->n_rejected);
	buf_printf(to, "%-*s", STATUS_TEXT_LABEL, "Refused");
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
static void status_text_external_ips(const struct status *status, bool colour, struct buf *to)
{
	struct buf names = BUF_INIT;
	char text[64];
	size_t i;

	if (!status->external_ips_off)
		return;
	buf_printf(to, "%-*s", STATUS_TEXT_LABEL, "ExternalIPs");
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

static void status_text_conflicts(const struct status *status, bool colour, struct buf *to)
{
	struct buf line = BUF_INIT;
	char text[64];
	size_t i;

	if (!status->n_conflicts)
		return;
	(void)snprintf(text, sizeof(text), "%zu", status->n_conflicts);
	buf_printf(to, "%-*s", STATUS_TEXT_LABEL, "Conflicts");
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

static void status_text_config(const struct status *status, bool colour, struct buf *to)
{
	char text[64], age[24];

	if (!status->config_problem)
		return;
	(void)snprintf(text, sizeof(text), "refused %s ago", words_age(status->config_s, age));
	buf_printf(to, "%-*s", STATUS_TEXT_LABEL, "Settings");
	words_colour(to, colour, WORDS_COLOUR_BAD, text);
	buf_printf(to, "; those before the change are in force\n");
	status_text_line(to, "", status->config_problem);
}

static void status_text_live(const struct status *status, bool colour, struct buf *to)
{
	bool healthy = status->verdict == HEALTH_VERDICT_SERVING;
	char text[64];

	buf_printf(to, "%-*s", STATUS_TEXT_LABEL, "Health");
	words_colour(to, colour, healthy ? WORDS_COLOUR_GOOD : WORDS_COLOUR_BAD,
		     healthy ? "healthy" : "not healthy");
	buf_printf(to, "; load balancers %s use this node\n", status->eligible ? "may" : "may not");
	if (!status->eligible)
		status_text_line(to, "",
				 status->node_seen
					 ? "its Node object is being deleted, or the autoscaler has marked it"
					 : "its Node object was not seen since the start");
	status_text_rules(status, to);
	(void)snprintf(text, sizeof(text), "%.1f MB", (double)status->resident_bytes / 1e6);
	status_text_line(to, "Memory", text);
}

void status_text_print(const struct status *status, bool colour, struct buf *to)
{
	char text[400], age[24];

	status_verdict_print(status, colour, to);
	words_colour(to, colour, WORDS_COLOUR_HEAD, "kube-nftproxy ");
	(void)snprintf(text, sizeof(text), "%s on %s", status->version, status->node);
	if (status->live)
		(void)snprintf(text, sizeof(text), "%s on %s, up %s", status->version, status->node,
			       words_age(status->up_s, age));
	words_wrap(to, 14, STATUS_TEXT_LABEL, text);
	status_text_line(to, "Source", status->source);
	status_text_kinds(status, to);
	status_text_config(status, colour, to);
	if (status->node_unknown)
		status_text_line(
			to, "Node",
			"there is no such Node object: node ports are on every address, zones do not count");
	if (status->node_unread)
		status_text_line(
			to, "Node",
			"it cannot be read, see below, and no good version of it was seen: node ports are "
			"not served on its addresses, zones do not count");
	if (status->live)
		status_text_live(status, colour, to);
	status_text_rejected(status, colour, to);
	status_text_conflicts(status, colour, to);
	status_text_external_ips(status, colour, to);
}
