/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "serve/explainer_truth.h"

#include <string.h>

#include "base/arena.h"
#include "base/monotonic.h"
#include "intake/intake.h"
#include "intake/offline_start.h"
#include "intake/rejected_objects.h"
#include "kubeapi/kubeapi.h"
#include "report/explain.h"
#include "sync/waiting_services.h"

bool explainer_truth_knows(const struct query_context *context, enum object_kind kind)
{
	return !context->kubeapi || context->intake->listed[kind] ||
	       (context->offline_start && offline_start_age_s(context->offline_start) >= 0);
}

/* The error of the last request for @kind, or NULL. */
static const char *explainer_truth_error(const struct query_context *context, enum object_kind kind,
					 struct arena *arena)
{
	struct kubeapi_kind_status status = { .trouble = NULL };

	kubeapi_kind_status(context->kubeapi, kind, &status);
	return status.trouble ? arena_string(arena, status.trouble) : NULL;
}

void explainer_truth_unknown(const struct query_context *context, struct arena *arena,
			     struct explain *explain)
{
	static const enum object_kind kinds[] = { OBJECT_KIND_SERVICE, OBJECT_KIND_ENDPOINT_SLICE };
	size_t i;

	explain->unknown = arena_array(arena, sizeof(kinds) / sizeof(*kinds), sizeof(*explain->unknown));
	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (explainer_truth_knows(context, kinds[i]))
			continue;
		explain->unknown[explain->n_unknown++] = (struct explain_unknown){
			.kind = store_kind_name(kinds[i]),
			.why = explainer_truth_error(context, kinds[i], arena),
		};
	}
}

/* Before the first sync has succeeded. */
static const char *explainer_truth_in_force(const struct query_context *context)
{
	if (!context->health || context->tables->installed)
		return NULL;
	switch (context->health->rules) {
	case HEALTH_RULES_NONE:
		return "there are no rules on this node";
	case HEALTH_RULES_EARLIER:
	case HEALTH_RULES_KEPT:
		return "rules of an earlier run are in force";
	case HEALTH_RULES_UNREADABLE:
		return "the kernel cannot be asked for our tables";
	case HEALTH_RULES_MADE:
	case _HEALTH_RULES_MAX:
		break;
	}
	return NULL;
}

static double explainer_truth_since_s(uint64_t since_ms)
{
	return (double)(monotonic_ms() - since_ms) / 1e3;
}

const struct rejected_object *explainer_truth_refused(const struct rejected_objects *list,
						      struct service_name service)
{
	size_t i;

	for (i = 0; i < rejected_objects_count(list); i++) {
		const struct rejected_object *rejected = rejected_objects_at(list, i);

		if (strcmp(rejected->kind, REJECTED_OBJECTS_KIND_RULES) == 0 &&
		    service_name_equal(rejected->service, service))
			return rejected;
	}
	return NULL;
}

static void explainer_truth_waits(const struct query_context *context, struct service_name service,
				  struct explain_waiting *waiting)
{
	const struct query_tables *tables = context->tables;
	const struct rejected_object *refused = explainer_truth_refused(context->rejected, service);

	waiting->since_s = -1;
	if (refused) {
		waiting->why = refused->reason;
		waiting->since_s = explainer_truth_since_s(refused->since_ms);
	} else if (tables->n_failed && (!tables->installed || waiting_services_has(context->sync, service))) {
		waiting->why = tables->failure.text;
		waiting->since_s = explainer_truth_since_s(tables->failed_ms);
	} else if (!tables->installed) {
		waiting->why = context->not_made ? context->not_made(context->ctx) : NULL;
		if (!waiting->why)
			waiting->why = "rules have not been made since the start";
	} else if (waiting_services_has(context->sync, service)) {
		waiting->why = "its last change is sent with the next sync";
	}
}

struct explainer_truth_installed {
	struct arena *arena;
	size_t room;
	struct explain_waiting *waiting;
};

static void explainer_truth_add_installed(void *ctx, const struct addr *addr, uint16_t port)
{
	struct explainer_truth_installed *installed = ctx;
	struct explain_waiting *waiting = installed->waiting;
	char text[ADDR_TEXT_SIZE];
	const char **list;

	if (waiting->n_installed == installed->room) {
		installed->room = 2 * installed->room + 16;
		list = arena_array(installed->arena, installed->room, sizeof(*list));
		if (waiting->n_installed)
			memcpy(list, waiting->installed, waiting->n_installed * sizeof(*list));
		waiting->installed = list;
	}
	waiting->installed[waiting->n_installed++] =
		arena_printf(installed->arena, addr->family == FAMILY_IPV6 ? "[%s]:%u" : "%s:%u",
			     addr_print(addr, text), port);
}

void explainer_truth_fill(const struct query_context *context, struct service_name service,
			  struct arena *arena, struct explain *explain)
{
	struct explainer_truth_installed installed = { .arena = arena, .waiting = &explain->waiting };

	explainer_truth_unknown(context, arena, explain);
	explain->in_force = explainer_truth_in_force(context);
	if (explain->n_unknown || !context->health || explain->not_served)
		return;
	explainer_truth_waits(context, service, &explain->waiting);
	if (explain->waiting.why)
		waiting_services_installed(context->sync, service, explainer_truth_add_installed, &installed);
}
