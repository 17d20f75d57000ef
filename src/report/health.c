/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "report/health.h"

#include "base/buf.h"
#include "base/json_text.h"
#include "base/wall.h"

void health_init(struct health *health, const bool family_enabled[_FAMILY_MAX], uint64_t sync_period_ms,
		 int64_t wall_us)
{
	int family;

	*health = (struct health){
		.limit_ms = 2 * sync_period_ms,
		.queued_ms = UINT64_MAX,
		.updated_us = wall_us,
		.incomplete_ms = UINT64_MAX,
		.intact = true,
	};
	for (family = 0; family < _FAMILY_MAX; family++)
		health->family_enabled[family] = family_enabled[family];
}

void health_queued(struct health *health, uint64_t now_ms)
{
	if (health->queued_ms == UINT64_MAX)
		health->queued_ms = now_ms;
}

void health_synced(struct health *health, int64_t wall_us)
{
	health->queued_ms = UINT64_MAX;
	health->updated_us = wall_us;
}

void health_first(struct health *health, bool complete, uint64_t now_ms)
{
	if (complete)
		health->incomplete_ms = UINT64_MAX;
	else if (health->incomplete_ms == UINT64_MAX)
		health->incomplete_ms = now_ms;
}

void health_node(struct health *health, bool eligible)
{
	health->node_seen = true;
	health->node_eligible = eligible;
}

static bool health_is_overdue(const struct health *health, uint64_t now_ms)
{
	return health->queued_ms != UINT64_MAX && now_ms - health->queued_ms >= health->limit_ms;
}

static bool health_lacks_services(const struct health *health, uint64_t now_ms)
{
	return health->incomplete_ms != UINT64_MAX && now_ms - health->incomplete_ms < health->limit_ms;
}

bool health_works(const struct health *health, uint64_t now_ms)
{
	return health->intact && !health_is_overdue(health, now_ms) && !health_lacks_services(health, now_ms);
}

static enum health_reason health_find_reason(const struct health *health, uint64_t now_ms)
{
	if (health->rules == HEALTH_RULES_UNREADABLE)
		return HEALTH_REASON_TABLES_UNREADABLE;
	if (health->rules == HEALTH_RULES_NONE)
		return HEALTH_REASON_NO_RULES;
	if (!health->intact)
		return HEALTH_REASON_TABLES_CHANGED;
	if (health_is_overdue(health, now_ms))
		return HEALTH_REASON_SYNC_OVERDUE;
	if (health->rules == HEALTH_RULES_EARLIER)
		return HEALTH_REASON_EARLIER_RULES;
	if (health->data_lost)
		return HEALTH_REASON_DATA_LOST;
	return health_lacks_services(health, now_ms) ? HEALTH_REASON_SERVICES_MISSING : HEALTH_REASON_NONE;
}

enum health_verdict health_judge(const struct health *health, uint64_t now_ms, enum health_reason *ret_reason)
{
	*ret_reason = health_find_reason(health, now_ms);
	switch (*ret_reason) {
	case HEALTH_REASON_NONE:
		return HEALTH_VERDICT_SERVING;
	case HEALTH_REASON_TABLES_UNREADABLE:
	case HEALTH_REASON_EARLIER_RULES:
	case HEALTH_REASON_NO_DAEMON:
		return HEALTH_VERDICT_UNKNOWN;
	case HEALTH_REASON_NO_RULES:
	case HEALTH_REASON_TABLES_CHANGED:
	case HEALTH_REASON_SYNC_OVERDUE:
	case HEALTH_REASON_DATA_LOST:
	case HEALTH_REASON_SERVICES_MISSING:
	case _HEALTH_REASON_MAX:
		break;
	}
	return HEALTH_VERDICT_NOT_SERVING;
}

bool health_healthy(const struct health *health, uint64_t now_ms)
{
	enum health_reason reason;

	return health_judge(health, now_ms, &reason) == HEALTH_VERDICT_SERVING;
}

bool health_eligible(const struct health *health)
{
	return health->node_seen && health->node_eligible;
}

const char *health_verdict_name(enum health_verdict verdict)
{
	static const char *const names[_HEALTH_VERDICT_MAX] = {
		[HEALTH_VERDICT_SERVING] = "serving",
		[HEALTH_VERDICT_NOT_SERVING] = "not-serving",
		[HEALTH_VERDICT_UNKNOWN] = "unknown",
	};

	return names[verdict];
}

const char *health_reason_name(enum health_reason reason)
{
	static const char *const names[_HEALTH_REASON_MAX] = {
		[HEALTH_REASON_NONE] = "none",
		[HEALTH_REASON_TABLES_UNREADABLE] = "tables-unreadable",
		[HEALTH_REASON_NO_RULES] = "no-rules",
		[HEALTH_REASON_TABLES_CHANGED] = "tables-changed",
		[HEALTH_REASON_SYNC_OVERDUE] = "sync-overdue",
		[HEALTH_REASON_EARLIER_RULES] = "earlier-rules",
		[HEALTH_REASON_DATA_LOST] = "data-lost",
		[HEALTH_REASON_SERVICES_MISSING] = "services-missing",
		[HEALTH_REASON_NO_DAEMON] = "no-daemon",
	};

	return names[reason];
}

const char *health_rules_name(enum health_rules rules)
{
	static const char *const names[_HEALTH_RULES_MAX] = {
		[HEALTH_RULES_UNREADABLE] = "unreadable",
		[HEALTH_RULES_NONE] = "none",
		[HEALTH_RULES_EARLIER] = "earlier",
		[HEALTH_RULES_KEPT] = "kept",
		[HEALTH_RULES_MADE] = "made",
	};

	return names[rules];
}

static void health_print_time(struct json_text *json, const char *key, int64_t time_us)
{
	char text[WALL_TEXT_SIZE];

	json_text_string(json, key, wall_print(time_us, text));
}

static void health_print_refused(struct json_text *json, const struct health *health)
{
	char text[SERVICE_NAME_TEXT_SIZE];
	size_t i;

	if (!health->n_refused)
		return;
	json_text_number(json, "refusedServices", (int64_t)health->n_refused);
	json_text_begin(json, "refusals", '[');
	for (i = 0; i < health->n_named; i++) {
		json_text_begin(json, NULL, '{');
		json_text_string(json, "service", service_name_print(health->refused[i].service, text));
		health_print_time(json, "since", health->refused[i].since_us);
		json_text_string(json, "reason", health->refused[i].reason);
		json_text_end(json, '}');
	}
	json_text_end(json, ']');
}

/* As status says it. Of a node that serves the body is exactly kube-proxy's. */
static void health_print_verdict(struct json_text *json, const struct health *health, uint64_t now_ms)
{
	enum health_reason reason;
	enum health_verdict verdict = health_judge(health, now_ms, &reason);

	if (verdict == HEALTH_VERDICT_SERVING)
		return;
	json_text_string(json, "verdict", health_verdict_name(verdict));
	json_text_string(json, "reason", health_reason_name(reason));
}

bool health_print(const struct health *health, bool with_node, uint64_t now_ms, int64_t wall_us,
		  struct buf *to)
{
	bool healthy = with_node ? health_healthy(health, now_ms) : health_works(health, now_ms);
	bool eligible = health_eligible(health);
	bool good = healthy && (!with_node || eligible);
	struct json_text json = JSON_TEXT_INIT(to, 0);
	int family;

	json_text_begin(&json, NULL, '{');
	health_print_time(&json, "lastUpdated", good ? wall_us : health->updated_us);
	health_print_time(&json, "currentTime", wall_us);
	if (with_node)
		json_text_bool(&json, "nodeEligible", eligible);
	json_text_bool(&json, "healthy", healthy);
	json_text_begin(&json, "status", '{');
	for (family = 0; family < _FAMILY_MAX; family++) {
		if (!health->family_enabled[family])
			continue;
		json_text_begin(&json, addr_family_name((enum family)family), '{');
		health_print_time(&json, "lastUpdated", health->updated_us);
		json_text_bool(&json, "healthy", healthy);
		json_text_end(&json, '}');
	}
	json_text_end(&json, '}');
	health_print_verdict(&json, health, now_ms);
	health_print_refused(&json, health);
	json_text_end(&json, '}');
	return good;
}

bool health_print_service(const struct health *health, struct service_name service, size_t n_local,
			  uint64_t now_ms, struct buf *to)
{
	bool healthy = health_healthy(health, now_ms);
	struct json_text json = JSON_TEXT_INIT(to, JSON_TEXT_TABS);

	json_text_begin(&json, NULL, '{');
	json_text_begin(&json, "service", '{');
	json_text_string(&json, "namespace", service.namespace);
	json_text_string(&json, "name", service.name);
	json_text_end(&json, '}');
	json_text_number(&json, "localEndpoints", (int64_t)n_local);
	json_text_bool(&json, "serviceProxyHealthy", healthy);
	json_text_end(&json, '}');
	return healthy && n_local;
}
