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
	buf_printf(to, "%-*s", STATUS_LABEL, label);
	words_wrap(to, STATUS_LABEL, STATUS_LABEL, text);
}

static void status_print_rules(const struct status *status, struct buf *to)
{
	char text[256], age[24];

	if (!status->ready) {
		status_line(to, "Rules", "not made yet; those of an earlier run stay in force");
	} else {
		(void)snprintf(text, sizeof(text),
			       "last made %s ago, in %.1f ms; %" PRIu64 " times, %" PRIu64 " failed",
			       words_age(status->synced_s, age), status->last_sync_ms, status->syncs,
			       status->failures);
		status_line(to, "Rules", text);
	}
	if (status->pending) {
		(void)snprintf(text, sizeof(text), "%" PRIu64 " changes wait", status->pending);
		status_line(to, "", text);
	}
	(void)snprintf(text, sizeof(text), "%" PRIu64 " elements, %" PRIu64 " rules in %" PRIu64 " chains%s",
		       status->elements, status->rules, status->chains,
		       status->owned ? "; nobody else can change them" : "");
	status_line(to, "Tables", text);
	if (!status->repairs)
		(void)snprintf(text, sizeof(text), "none: nobody else has changed them");
	else
		(void)snprintf(text, sizeof(text), "%" PRIu64 "%s%s", status->repairs,
			       *status->repaired_by ? ", the last after " : "", status->repaired_by);
	status_line(to, "Repairs", text);
}

static void status_print_kinds(const struct status *status, struct buf *to)
{
	char age[24];
	size_t i;

	for (i = 0; i < METRICS_KINDS_MAX && status->kinds[i].name; i++) {
		const struct metrics_kind *kind = &status->kinds[i];

		buf_printf(to, "%-*s%7" PRIu64 " ", STATUS_LABEL, i ? "" : "Objects", kind->n);
		if (kind->age_ms >= 0)
			buf_printf(to, "%-14s heard of %s ago\n", kind->name,
				   words_age((double)kind->age_ms / 1e3, age));
		else
			buf_printf(to, "%s\n", kind->name);
	}
}

static void status_print_refusals(const struct status *status, bool colour, struct buf *to)
{
	char text[64];
	size_t i;

	if (!status->n_refusals)
		return;
	(void)snprintf(text, sizeof(text), "%zu", status->n_refusals);
	buf_printf(to, "%-*s", STATUS_LABEL, "Refused");
	words_colour(to, colour, WORDS_COLOUR_BAD, text);
	buf_add(to, "\n", 1);
	for (i = 0; i < status->n_refusals_named; i++) {
		buf_printf(to, "  ");
		words_wrap(to, 2, 4, status->refusals[i].object);
		buf_printf(to, "    ");
		words_wrap(to, 4, 4, status->refusals[i].reason);
	}
	if (status->n_refusals_named < status->n_refusals)
		buf_printf(to, "  and %zu more\n", status->n_refusals - status->n_refusals_named);
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
	if (status->live)
		status_print_live(status, colour, to);
	status_print_kinds(status, to);
	status_print_refusals(status, colour, to);
}

void status_print_json(const struct status *status, struct buf *to)
{
	struct json_text json = JSON_TEXT_INIT(to, 2);
	size_t i;

	json_text_begin(&json, NULL, '{');
	json_text_string(&json, "version", status->version);
	json_text_string(&json, "node", status->node);
	json_text_string(&json, "source", status->source);
	json_text_bool(&json, "live", status->live);
	json_text_bool(&json, "ready", status->ready);
	json_text_bool(&json, "healthy", status->healthy);
	json_text_bool(&json, "nodeEligible", status->eligible);
	json_text_thousandths(&json, "upSeconds", (int64_t)(status->up_s * 1000));
	json_text_begin(&json, "syncs", '{');
	json_text_number(&json, "total", (int64_t)status->syncs);
	json_text_number(&json, "failed", (int64_t)status->failures);
	json_text_number(&json, "pendingChanges", (int64_t)status->pending);
	json_text_thousandths(&json, "lastSecondsAgo", (int64_t)(status->synced_s * 1000));
	json_text_thousandths(&json, "lastMilliseconds", (int64_t)(status->last_sync_ms * 1000));
	json_text_end(&json, '}');
	json_text_begin(&json, "tables", '{');
	json_text_bool(&json, "owned", status->owned);
	json_text_number(&json, "elements", (int64_t)status->elements);
	json_text_number(&json, "chains", (int64_t)status->chains);
	json_text_number(&json, "rules", (int64_t)status->rules);
	json_text_number(&json, "repairs", (int64_t)status->repairs);
	json_text_string(&json, "lastChangedBy", status->repaired_by);
	json_text_end(&json, '}');
	json_text_begin(&json, "objects", '[');
	for (i = 0; i < METRICS_KINDS_MAX && status->kinds[i].name; i++) {
		json_text_begin(&json, NULL, '{');
		json_text_string(&json, "kind", status->kinds[i].name);
		json_text_number(&json, "number", (int64_t)status->kinds[i].n);
		if (status->kinds[i].age_ms >= 0)
			json_text_thousandths(&json, "heardSecondsAgo", status->kinds[i].age_ms);
		json_text_end(&json, '}');
	}
	json_text_end(&json, ']');
	json_text_number(&json, "residentBytes", (int64_t)status->resident_bytes);
	json_text_number(&json, "refused", (int64_t)status->n_refusals);
	json_text_begin(&json, "refusals", '[');
	for (i = 0; i < status->n_refusals_named; i++) {
		json_text_begin(&json, NULL, '{');
		json_text_string(&json, "object", status->refusals[i].object);
		json_text_string(&json, "reason", status->refusals[i].reason);
		json_text_end(&json, '}');
	}
	json_text_end(&json, ']');
	json_text_end(&json, '}');
	buf_add(to, "\n", 1);
}
