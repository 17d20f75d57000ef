/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "serve/lister.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/cleanup.h"
#include "intake/rejected_objects.h"
#include "kubeapi/kubeapi.h"
#include "model/store.h"
#include "report/explain.h"
#include "report/list.h"
#include "serve/explainer.h"
#include "serve/explainer_truth.h"
#include "sync/waiting_services.h"

/**
 * struct lister
 * @arena:	reset after each Service
 * @waiting:	@n_waiting Services that wait for a sync, sorted
 * @waits:	why they do
 */
struct lister {
	const struct query_context *context;
	struct list *list;
	struct arena *arena;
	struct explainer explainer;
	size_t n_waiting;
	struct service_name *waiting;
	const char *waits;
};

static int lister_cmp(const void *a, const void *b)
{
	return service_name_cmp(*(const struct service_name *)a, *(const struct service_name *)b);
}

static const char *lister_waits(const struct lister *l, struct service_name service)
{
	const struct rejected_object *refused = explainer_truth_refused(l->context->rejected, service);

	if (!l->context->health)
		return NULL;
	if (refused)
		return refused->reason;
	if (!l->context->tables->installed ||
	    (l->n_waiting && bsearch(&service, l->waiting, l->n_waiting, sizeof(*l->waiting), lister_cmp)))
		return l->waits;
	return NULL;
}

static enum list_verdict lister_verdict(const struct explain_frontend *frontend)
{
	switch (frontend->outcome) {
	case EXPLAIN_OUTCOME_REFUSED:
		return LIST_VERDICT_REFUSED;
	case EXPLAIN_OUTCOME_DROPPED:
		return LIST_VERDICT_DROPPED;
	case EXPLAIN_OUTCOME_LOST:
		return LIST_VERDICT_LOST;
	case EXPLAIN_OUTCOME_SERVED:
	case _EXPLAIN_OUTCOME_MAX:
		break;
	}
	return LIST_VERDICT_SERVED;
}

static const char *lister_why(const struct lister *l, const struct explain_frontend *frontend)
{
	char owner[SERVICE_NAME_TEXT_SIZE];

	switch (frontend->outcome) {
	case EXPLAIN_OUTCOME_REFUSED:
		return "no endpoint on any node";
	case EXPLAIN_OUTCOME_DROPPED:
		return "no endpoint on this node";
	case EXPLAIN_OUTCOME_LOST:
		return arena_printf(l->arena, "Service %s has it: %s",
				    service_name_print(frontend->owner, owner), frontend->why);
	case EXPLAIN_OUTCOME_SERVED:
	case _EXPLAIN_OUTCOME_MAX:
		break;
	}
	return NULL;
}

static void lister_frontend(struct lister *l, const struct explain *explain, const struct explain_port *port,
			    const struct explain_frontend *frontend, const char *waits)
{
	struct list_line line = {
		.service = explain->service,
		.kind = frontend->kind,
		.address = frontend->where,
		.protocol = port->protocol,
		.n_used = frontend->n_endpoints,
		.n_all = port->n_endpoints,
		.verdict = lister_verdict(frontend),
		.drops_outside = frontend->outside == EXPLAIN_OUTCOME_DROPPED &&
				 frontend->outcome == EXPLAIN_OUTCOME_SERVED,
		.why = lister_why(l, frontend),
	};

	if (!explainer_truth_knows(l->context, OBJECT_KIND_ENDPOINT_SLICE)) {
		line.verdict = LIST_VERDICT_UNKNOWN;
		line.why = NULL;
	} else if (waits) {
		line.verdict = LIST_VERDICT_WAITS;
		line.why = waits;
	}
	list_add(l->list, &line);
}

static void lister_service(struct lister *l, struct service_name service)
{
	const struct explainer_question question = { .service = service, .port = "", .from = "" };
	const char *waits = lister_waits(l, service);
	struct explain explain;
	struct err err = { 0 };
	size_t i, k;

	if (explainer_ask(&l->explainer, &question, l->arena, &explain, &err) < 0) {
		list_add(l->list, &(struct list_line){ .service = service,
						       .kind = "",
						       .address = "",
						       .protocol = "",
						       .verdict = LIST_VERDICT_WAITS,
						       .why = err.text });
		return;
	}
	for (i = 0; i < explain.n_ports; i++)
		for (k = 0; k < explain.ports[i].n_frontends; k++)
			lister_frontend(l, &explain, &explain.ports[i], &explain.ports[i].frontends[k],
					waits);
}

/* Services of which there is no good version. */
static bool lister_add_rejected(struct lister *l, size_t at)
{
	const struct rejected_object *rejected = rejected_objects_at(l->context->rejected, at);

	if (strcmp(rejected->kind, store_kind_name(OBJECT_KIND_SERVICE)) != 0 ||
	    store_has(l->context->store, OBJECT_KIND_SERVICE, rejected->namespace, rejected->name))
		return false;
	list_add(l->list, &(struct list_line){ .service = { rejected->namespace, rejected->name },
					       .kind = "",
					       .address = "",
					       .protocol = "",
					       .verdict = LIST_VERDICT_REJECTED,
					       .why = rejected->reason });
	return true;
}

struct lister_names {
	size_t n;
	struct service_name *list;
};

static void lister_add_name(void *ctx, const struct store_group *group)
{
	struct lister_names *names = ctx;

	if (group->service)
		*ALLOC_APPEND(names->list, names->n) = (struct service_name){ group->namespace, group->name };
}

static void lister_find_waiting(struct lister *l)
{
	const struct query_tables *tables = l->context->tables;
	size_t max = waiting_services_list(l->context->sync, NULL, 0);

	l->waiting = alloc_zeroed(max + 1, sizeof(*l->waiting));
	l->n_waiting = waiting_services_list(l->context->sync, l->waiting, max);
	if (l->n_waiting)
		qsort(l->waiting, l->n_waiting, sizeof(*l->waiting), lister_cmp);
	l->waits = tables->n_failed	? tables->failure.text
		   : !tables->installed ? "rules have not been made since the start"
					: "its last change is sent with the next sync";
}

void lister_fill(const struct query_context *context, struct list *list)
{
	struct lister l = { .context = context,
			    .list = list,
			    .arena = arena_new(),
			    .explainer = { .sync = context->sync,
					   .store = context->store,
					   .addresses = query_context_addresses(context),
					   .rejected = context->rejected,
					   .selected = context->kubeapi != NULL,
					   .services_known =
						   explainer_truth_knows(context, OBJECT_KIND_SERVICE),
					   .node_known = explainer_truth_knows(context, OBJECT_KIND_NODE) } };
	struct lister_names names = { .n = 0 };
	struct explain unknown = { .n_unknown = 0 };
	size_t i;

	explainer_truth_unknown(context, l.arena, &unknown);
	for (i = 0; i < unknown.n_unknown; i++)
		list_unknown(list, unknown.unknown[i].why
					   ? arena_printf(l.arena, "%ss unknown (%s)",
							  unknown.unknown[i].kind, unknown.unknown[i].why)
					   : arena_printf(l.arena, "%ss unknown", unknown.unknown[i].kind));
	lister_find_waiting(&l);
	store_each_group(context->store, lister_add_name, &names);
	if (names.n)
		qsort(names.list, names.n, sizeof(*names.list), lister_cmp);
	for (i = 0; i < names.n; i++) {
		lister_service(&l, names.list[i]);
		arena_reset(l.arena);
	}
	for (i = 0; i < rejected_objects_count(context->rejected); i++)
		(void)lister_add_rejected(&l, i);
	free(names.list);
	free(l.waiting);
	arena_free(l.arena);
}
