/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "report/explain_json.h"

#include "base/buf.h"
#include "base/json_text.h"
#include "report/explain.h"
#include "report/explain_verdict.h"

static void explain_strings_json(struct json_text *json, const char *key, const char *const *list, size_t n)
{
	size_t i;

	json_text_begin(json, key, '[');
	for (i = 0; i < n; i++)
		json_text_string(json, NULL, list[i]);
	json_text_end(json, ']');
}

static void explain_walk_json(const struct explain_walk *walk, struct json_text *json)
{
	const char *rest = walk->steps;
	char rule[EXPLAIN_STEP_SIZE];

	json_text_begin(json, "packet", '{');
	json_text_string(json, "outcome", walk->outcome);
	json_text_string(json, "to", walk->to);
	json_text_string(json, "source", walk->source);
	json_text_string(json, "masqueraded", walk->masqueraded);
	json_text_begin(json, "rules", '[');
	while (explain_next_step(&rest, rule))
		json_text_string(json, NULL, rule);
	json_text_end(json, ']');
	json_text_end(json, '}');
}

static void explain_frontend_json(const struct explain_frontend *frontend, struct json_text *json)
{
	char owner[SERVICE_NAME_TEXT_SIZE];

	json_text_begin(json, NULL, '{');
	json_text_string(json, "kind", frontend->kind);
	json_text_string(json, "address", frontend->where);
	json_text_string(json, "verdict", explain_outcome_name(frontend->outcome));
	json_text_number(json, "endpoints", (int64_t)frontend->n_endpoints);
	if (service_name_is_set(frontend->owner)) {
		json_text_string(json, "conflictsWith", service_name_print(frontend->owner, owner));
		json_text_string(json, "conflictReason", frontend->why);
	} else {
		if (frontend->on)
			json_text_string(json, "addresses", frontend->on);
		if (frontend->local_verdict) {
			json_text_string(json, "verdictForOthers", explain_outcome_name(frontend->outside));
			json_text_number(json, "endpointsForOthers", (int64_t)frontend->n_outside);
		}
		json_text_string(json, "masqueraded", frontend->masquerade);
		json_text_string(json, "sourceRanges", frontend->source_ranges);
		json_text_number(json, "affinityTimeoutSeconds", frontend->affinity_timeout_s);
		if (frontend->walk)
			explain_walk_json(frontend->walk, json);
	}
	json_text_end(json, '}');
}

static void explain_slots_json(struct json_text *json, const struct explain_slots *slots, const char *key,
			       const char *key_of)
{
	if (!explain_says_slots(slots))
		return;
	json_text_number(json, key, (int64_t)slots->n);
	json_text_number(json, key_of, (int64_t)slots->n_all);
}

static void explain_port_json(const struct explain_port *port, struct json_text *json)
{
	size_t i;

	json_text_begin(json, NULL, '{');
	json_text_string(json, "name", port->name);
	json_text_string(json, "protocol", port->protocol);
	json_text_number(json, "port", port->port);
	json_text_string(json, "family", port->family);
	json_text_string(json, "topology", port->topology);
	explain_strings_json(json, "notes", port->notes, port->n_notes);
	json_text_begin(json, "endpoints", '[');
	for (i = 0; i < port->n_endpoints; i++) {
		const struct explain_endpoint *endpoint = &port->endpoints[i];

		json_text_begin(json, NULL, '{');
		json_text_string(json, "address", endpoint->where);
		json_text_string(json, "node", endpoint->node);
		json_text_bool(json, "onThisNode", endpoint->here);
		json_text_bool(json, "usedForCluster", endpoint->in_cluster);
		json_text_string(json, "clusterReason", endpoint->cluster);
		explain_slots_json(json, &endpoint->cluster_slots, "clusterSlots", "clusterSlotsOf");
		json_text_bool(json, "usedForLocal", endpoint->in_local);
		json_text_string(json, "localReason", endpoint->local);
		explain_slots_json(json, &endpoint->local_slots, "localSlots", "localSlotsOf");
		json_text_end(json, '}');
	}
	json_text_end(json, ']');
	json_text_begin(json, "frontends", '[');
	for (i = 0; i < port->n_frontends; i++)
		explain_frontend_json(&port->frontends[i], json);
	json_text_end(json, ']');
	json_text_end(json, '}');
}

static void explain_unknown_json(const struct explain *explain, struct json_text *json)
{
	size_t i;

	json_text_begin(json, "unknown", '[');
	for (i = 0; i < explain->n_unknown; i++) {
		json_text_begin(json, NULL, '{');
		json_text_string(json, "kind", explain->unknown[i].kind);
		json_text_string(json, "error", explain->unknown[i].why);
		json_text_end(json, '}');
	}
	json_text_end(json, ']');
}

static void explain_waiting_json(const struct explain_waiting *waiting, struct json_text *json)
{
	if (!waiting->why)
		return;
	json_text_begin(json, "waiting", '{');
	json_text_string(json, "error", waiting->why);
	if (waiting->since_s >= 0)
		json_text_thousandths(json, "seconds", (int64_t)(waiting->since_s * 1000));
	explain_strings_json(json, "installedEndpoints", waiting->installed, waiting->n_installed);
	json_text_end(json, '}');
}

void explain_json_print(const struct explain *explain, struct buf *to)
{
	struct json_text json = JSON_TEXT_INIT(to, 2);
	size_t i;

	json_text_begin(&json, NULL, '{');
	json_text_string(&json, "namespace", explain->service.namespace);
	json_text_string(&json, "name", explain->service.name);
	json_text_string(&json, "verdict", explain_verdict_name(explain_verdict(explain)));
	explain_unknown_json(explain, &json);
	explain_waiting_json(&explain->waiting, &json);
	json_text_string(&json, "type", explain->type);
	json_text_string(&json, "internalTrafficPolicy", explain->internal_policy);
	json_text_string(&json, "externalTrafficPolicy", explain->external_policy);
	json_text_number(&json, "endpointSlices", (int64_t)explain->n_slices);
	json_text_string(&json, "notServed", explain->not_served);
	explain_strings_json(&json, "notes", explain->notes, explain->n_notes);
	if (explain->from) {
		json_text_string(&json, "from", explain->from);
		json_text_string(&json, "fromIs", explain->from_is);
		json_text_string(&json, "fromFamily", explain->from_family);
	}
	json_text_begin(&json, "ports", '[');
	for (i = 0; i < explain->n_ports; i++)
		explain_port_json(&explain->ports[i], &json);
	json_text_end(&json, ']');
	json_text_end(&json, '}');
	buf_add(to, "\n", 1);
}
