/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "serve/query_context.h"

#include "base/monotonic.h"
#include "intake/intake.h"
#include "kubeapi/kubeapi.h"
#include "model/store.h"
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
	process_measure(&ret->process);
}
