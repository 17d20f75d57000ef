/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "serve/query_context.h"

#include <string.h>

#include "base/monotonic.h"
#include "intake/intake.h"
#include "intake/rejected_objects.h"
#include "kubeapi/kubeapi.h"
#include "model/store.h"
#include "serve/conntrack_table.h"
#include "serve/process.h"
#include "sync/ifaddr.h"

void query_context_refresh(const struct query_context *context)
{
	if (context->refresh)
		context->refresh(context->ctx, context->health);
}

struct sync_addresses query_context_addresses(const struct query_context *context)
{
	struct sync_addresses addresses;

	addresses.list = ifaddr_list(context->ifaddr, &addresses.n);
	return addresses;
}

/* The age of a followed kind counts from our start until the API server has sent something about it. */
static struct metrics_kind query_context_kind(const struct query_context *context, enum object_kind kind)
{
	struct kubeapi_kind_status status = { .age_ms = -1, .trouble_ms = -1 };
	struct metrics_kind ret = {
		.name = store_kind_name(kind),
		.n = store_count(context->store, kind),
		.age_ms = -1,
	};

	if (context->kubeapi)
		kubeapi_kind_status(context->kubeapi, kind, &status);
	ret.heard = status.followed && status.age_ms >= 0;
	if (status.followed)
		ret.age_ms = ret.heard ? status.age_ms : (int64_t)(monotonic_ms() - context->start_ms);
	ret.listed = context->intake->listed[kind];
	ret.absent = status.absent;
	ret.doubted = status.doubted;
	ret.watched = status.watching;
	ret.trouble = status.trouble;
	ret.not_believed = status.not_believed;
	ret.trouble_code = status.code;
	ret.trouble_ms = status.trouble_ms;
	return ret;
}

const char *query_context_config_problem(const struct query_context *context, uint64_t *ret_since_ms)
{
	return context->config_problem ? context->config_problem(context->ctx, ret_since_ms) : NULL;
}

/* At most REJECTED_OBJECTS_MAX. Rules are counted by sync_n_refused(). */
static void query_context_rejected(const struct query_context *context, struct metrics_now *ret)
{
	size_t i, kind;

	for (i = 0; i < rejected_objects_count(context->rejected); i++) {
		const struct rejected_object *rejected = rejected_objects_at(context->rejected, i);

		if (strcmp(rejected->kind, REJECTED_OBJECTS_KIND_RULES) == 0)
			continue;
		for (kind = 0; kind < _OBJECT_KIND_MAX; kind++)
			if (strcmp(rejected->kind, store_kind_name((enum object_kind)kind)) == 0)
				break;
		if (kind < _OBJECT_KIND_MAX)
			ret->kinds[kind].n_rejected++;
		else
			ret->n_rejected_other++;
	}
}

/* Without a daemon it is unknown. */
static void query_context_verdict(const struct health *health, struct metrics_now *ret)
{
	enum health_reason reason;

	ret->verdict = HEALTH_VERDICT_UNKNOWN;
	ret->made = HEALTH_RULES_UNREADABLE;
	if (!health)
		return;
	ret->verdict = health_judge(health, monotonic_ms(), &reason);
	ret->made = health->rules;
}

static void query_context_expiry(const struct kubeapi *kubeapi, struct metrics_now *ret)
{
	struct kubeapi_expiry expiry = { -1, -1 };

	if (kubeapi)
		expiry = kubeapi_expiry(kubeapi);
	ret->certificate_expiry_s = expiry.certificate_s;
	ret->token_expiry_s = expiry.token_s;
}

void query_context_now(const struct query_context *context, struct metrics_now *ret)
{
	size_t elements, chains, rules;
	uint64_t since_ms;
	int kind;

	query_context_refresh(context);
	sync_count(context->sync, &elements, &chains, &rules);
	*ret = (struct metrics_now){
		.version = PACKAGE_VERSION,
		.api_server = context->kubeapi ? kubeapi_server(context->kubeapi) : NULL,
		.healthy = context->health && health_healthy(context->health, monotonic_ms()),
		.eligible = context->health && health_eligible(context->health),
		.tables_owned = context->tables->owned,
		.config_refused = query_context_config_problem(context, &since_ms) != NULL,
		.elements = elements,
		.rules = rules,
		.chains = chains,
	};
	for (kind = 0; kind < _OBJECT_KIND_MAX; kind++)
		ret->kinds[kind] = query_context_kind(context, (enum object_kind)kind);
	ret->n_not_installed = sync_n_refused(context->sync);
	ret->n_failed = context->tables->n_failed;
	ret->n_conflicts = sync_n_lost(context->sync);
	query_context_rejected(context, ret);
	query_context_verdict(context->health, ret);
	query_context_expiry(context->kubeapi, ret);
	conntrack_table_measure(&ret->conntrack_entries, &ret->conntrack_limit);
	process_measure(&ret->process);
}
