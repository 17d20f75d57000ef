/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "report/status_json.h"

#include "base/buf.h"
#include "base/json_text.h"
#include "report/status.h"

/* Of syncs that fail: nothing if the last one has succeeded. */
static void status_json_failure(const struct status *status, struct json_text *json)
{
	size_t i;

	if (!status->n_failed)
		return;
	json_text_begin(json, "failing", '{');
	json_text_number(json, "times", (int64_t)status->n_failed);
	json_text_thousandths(json, "seconds", (int64_t)(status->failed_s * 1000));
	json_text_number(json, "errno", status->failure_code);
	json_text_string(json, "error", status->failure);
	json_text_number(json, "waitingServices", (int64_t)status->n_waiting);
	json_text_begin(json, "waitingNamed", '[');
	for (i = 0; i < status->n_waiting && i < STATUS_WAITING_ALL; i++)
		json_text_string(json, NULL, status->waiting[i]);
	json_text_end(json, ']');
	json_text_end(json, '}');
}

static void status_json_syncs(const struct status *status, struct json_text *json)
{
	json_text_begin(json, "syncs", '{');
	json_text_number(json, "total", (int64_t)status->syncs);
	json_text_number(json, "failed", (int64_t)status->failures);
	json_text_number(json, "refusedServices", (int64_t)status->n_refused);
	json_text_number(json, "pendingChanges", (int64_t)status->pending);
	if (status->synced_s >= 0) {
		json_text_thousandths(json, "lastSecondsAgo", (int64_t)(status->synced_s * 1000));
		json_text_thousandths(json, "lastMilliseconds", (int64_t)(status->last_sync_ms * 1000));
	}
	status_json_failure(status, json);
	json_text_end(json, '}');
}

static void status_json_tables(const struct status *status, struct json_text *json)
{
	json_text_begin(json, "tables", '{');
	if (status->live)
		json_text_string(json, "rulesMade", health_rules_name(status->made));
	if ((status->made == HEALTH_RULES_EARLIER || status->made == HEALTH_RULES_KEPT) &&
	    status->n_earlier != SIZE_MAX)
		json_text_number(json, "earlierClusterIPs", (int64_t)status->n_earlier);
	json_text_bool(json, "owned", status->owned);
	if (status->live && status->made == HEALTH_RULES_MADE) {
		json_text_number(json, "elements", (int64_t)status->elements);
		json_text_number(json, "chains", (int64_t)status->chains);
		json_text_number(json, "rules", (int64_t)status->rules);
	}
	json_text_number(json, "repairs", (int64_t)status->repairs);
	json_text_string(json, "lastChangedBy", status->changed_by);
	json_text_end(json, '}');
}

static void status_json_kinds(const struct status *status, struct json_text *json)
{
	size_t i;

	json_text_begin(json, "objects", '[');
	for (i = 0; i < METRICS_KINDS_MAX && status->kinds[i].name; i++) {
		json_text_begin(json, NULL, '{');
		json_text_string(json, "kind", status->kinds[i].name);
		json_text_bool(json, "available", !status->kinds[i].absent);
		json_text_bool(json, "known", status_kind_is_known(status, &status->kinds[i]));
		if (status_kind_is_known(status, &status->kinds[i]))
			json_text_number(json, "number", (int64_t)status->kinds[i].n);
		if (status->kinds[i].heard)
			json_text_thousandths(json, "heardSecondsAgo", status->kinds[i].age_ms);
		if (status->kinds[i].trouble) {
			json_text_string(json, "trouble", status->kinds[i].trouble);
			json_text_number(json, "troubleCode", status->kinds[i].trouble_code);
			json_text_thousandths(json, "troubleSeconds", status->kinds[i].trouble_ms);
		}
		json_text_end(json, '}');
	}
	json_text_end(json, ']');
}

static void status_json_rejected(const struct status *status, struct json_text *json)
{
	size_t i;

	json_text_number(json, "refused", (int64_t)status->n_rejected);
	json_text_begin(json, "refusals", '[');
	for (i = 0; i < status->n_rejected; i++) {
		json_text_begin(json, NULL, '{');
		json_text_string(json, "object", status->rejected[i].object);
		json_text_string(json, "kind", status->rejected[i].kind);
		if (*status->rejected[i].namespace)
			json_text_string(json, "namespace", status->rejected[i].namespace);
		json_text_string(json, "name", status->rejected[i].name);
		json_text_string(json, "reason", status->rejected[i].reason);
		json_text_thousandths(json, "forSeconds", (int64_t)(status->rejected[i].since_s * 1000));
		json_text_end(json, '}');
	}
	json_text_end(json, ']');
}

static void status_json_external_ips(const struct status *status, struct json_text *json)
{
	size_t i;

	json_text_bool(json, "externalIPsServed", !status->external_ips_off);
	json_text_number(json, "servicesWithUnservedExternalIPs", (int64_t)status->n_external_ips);
	json_text_begin(json, "unservedExternalIPsNamed", '[');
	for (i = 0; i < status->n_named_external_ips; i++)
		json_text_string(json, NULL, status->external_ips[i]);
	json_text_end(json, ']');
}

static void status_json_conflicts(const struct status *status, struct json_text *json)
{
	size_t i;

	json_text_number(json, "conflicts", (int64_t)status->n_conflicts);
	json_text_begin(json, "conflictsNamed", '[');
	for (i = 0; i < status->n_named_conflicts; i++) {
		json_text_begin(json, NULL, '{');
		json_text_string(json, "frontend", status->conflicts[i].frontend);
		if (status->conflicts[i].address)
			json_text_string(json, "address", status->conflicts[i].address);
		json_text_string(json, "protocol", status->conflicts[i].protocol);
		json_text_number(json, "port", status->conflicts[i].port);
		json_text_string(json, "service", status->conflicts[i].loser);
		json_text_string(json, "owner", status->conflicts[i].winner);
		json_text_string(json, "reason", status->conflicts[i].why);
		json_text_end(json, '}');
	}
	json_text_end(json, ']');
}

static void status_json_verdict(const struct status *status, struct json_text *json)
{
	int trouble;

	json_text_string(json, "verdict", health_verdict_name(status->verdict));
	json_text_string(json, "reason", health_reason_name(status->reason));
	json_text_begin(json, "troubles", '[');
	for (trouble = 0; trouble < _STATUS_TROUBLE_MAX; trouble++)
		if (status_has_trouble(status, (enum status_trouble)trouble))
			json_text_string(json, NULL, status_trouble_name((enum status_trouble)trouble));
	json_text_end(json, ']');
	if (status->reason == HEALTH_REASON_SYNC_OVERDUE)
		json_text_thousandths(json, "overdueSeconds", (int64_t)(status->overdue_s * 1000));
}

void status_json_print(const struct status *status, struct buf *to)
{
	struct json_text json = JSON_TEXT_INIT(to, 2);

	json_text_begin(&json, NULL, '{');
	status_json_verdict(status, &json);
	json_text_string(&json, "version", status->version);
	json_text_string(&json, "node", status->node);
	json_text_string(&json, "source", status->source);
	json_text_bool(&json, "live", status->live);
	json_text_bool(&json, "ready", status->made == HEALTH_RULES_MADE);
	json_text_bool(&json, "healthy", status->verdict == HEALTH_VERDICT_SERVING);
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
	json_text_bool(&json, "nodeSeen", status->node_seen);
	json_text_thousandths(&json, "upSeconds", (int64_t)(status->up_s * 1000));
	status_json_syncs(status, &json);
	status_json_tables(status, &json);
	status_json_kinds(status, &json);
	json_text_number(&json, "residentBytes", (int64_t)status->resident_bytes);
	status_json_rejected(status, &json);
	status_json_conflicts(status, &json);
	status_json_external_ips(status, &json);
	json_text_end(&json, '}');
	buf_add(to, "\n", 1);
}
