/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "serve/query.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/json_text.h"
#include "base/monotonic.h"
#include "base/wall.h"
#include "intake/intake.h"
#include "intake/offline_start.h"
#include "intake/rejected_objects.h"
#include "kubeapi/kubeapi.h"
#include "model/store.h"
#include "report/health.h"
#include "report/status.h"
#include "report/words.h"
#include "serve/explainer.h"
#include "serve/process.h"
#include "sync/ifaddr.h"
#include "sync/node_view.h"
#include "sync/sync.h"

enum query_form {
	QUERY_FORM_TEXT,
	QUERY_FORM_COLOUR,
	QUERY_FORM_JSON,
};

#define QUERY_PARTS 6

static struct sync_addresses query_addresses(const struct query_context *query)
{
	struct sync_addresses addresses = { NULL, 0 };

	if (query->ifaddr)
		addresses.list = ifaddr_list(query->ifaddr, &addresses.n);
	return addresses;
}

void query_now(const struct query_context *query, struct metrics_now *ret)
{
	size_t elements, chains, rules;
	int kind;

	if (query->refresh)
		query->refresh(query->ctx, query->health);
	sync_count(query->sync, &elements, &chains, &rules);
	*ret = (struct metrics_now){
		.version = PACKAGE_VERSION,
		.api_server = query->kubeapi ? kubeapi_server(query->kubeapi) : NULL,
		.healthy = query->health && health_healthy(query->health, monotonic_ms()),
		.eligible = query->health && health_eligible(query->health),
		.tables_owned = query->owned,
		.elements = elements,
		.rules = rules,
		.chains = chains,
	};
	for (kind = 0; kind < _OBJECT_KIND_MAX; kind++) {
		struct kubeapi_kind_status status = { .age_ms = -1 };

		if (query->kubeapi)
			kubeapi_kind_status(query->kubeapi, kind, &status);
		ret->kinds[kind] = (struct metrics_kind){
			.name = store_kind_name(kind),
			.n = store_count(query->store, kind),
			.age_ms = !status.followed     ? -1
				  : status.age_ms >= 0 ? status.age_ms
						       : (wall_us() - query->start_us) / 1000,
			.heard = status.followed && status.age_ms >= 0,
			.trouble = status.trouble,
		};
	}
	process_measure(&ret->process);
}

/* --- status ---------------------------------------------------------------------------------------------
 */

static void query_refusals(const struct query_context *query, struct arena *arena, struct status *status)
{
	size_t i;

	status->n_refusals = query->refusals ? rejected_objects_count(query->refusals) : 0;
	status->refusals = arena_array(arena, status->n_refusals, sizeof(*status->refusals));
	for (i = 0; i < status->n_refusals; i++) {
		struct refusal refusal = rejected_objects_at(query->refusals, i);
		char object[640];

		(void)snprintf(object, sizeof(object), "%s %s%s%s", refusal.kind, refusal.namespace,
			       *refusal.namespace ? "/" : "", refusal.name);
		status->refusals[i] = (struct status_refusal){ arena_string(arena, object), refusal.reason };
	}
}

static int query_status(const struct query_context *query, enum query_form form, struct arena *arena,
			struct buf *body)
{
	const struct metrics *metrics = query->metrics;
	struct sync_addresses addresses = query_addresses(query);
	int64_t wall = wall_us();
	struct metrics_now now;
	struct node_view view;
	struct status status;

	query_now(query, &now);
	sync_view(query->sync, &addresses, arena, &view);
	status = (struct status){
		.version = PACKAGE_VERSION,
		.node = query->settings->hostname,
		.source = query->kubeapi	       ? kubeapi_server(query->kubeapi)
			  : query->settings->manifests ? query->settings->manifests
						       : "",
		.live = query->health != NULL,
		.ready = query->ready,
		.healthy = now.healthy,
		.eligible = now.eligible,
		.owned = now.tables_owned,
		.node_unknown = view.unknown,
		.saved_s = query->standin ? (double)offline_start_saved_s(query->standin) : -1,
		.up_s = (double)(wall - query->start_us) / 1e6,
		.synced_s = -1,
		.repaired_by = query->repaired_by,
		.elements = now.elements,
		.chains = now.chains,
		.rules = now.rules,
		.resident_bytes = now.process.resident_bytes,
	};
	if (metrics) {
		status.syncs = metrics->sync.n;
		status.failures = metrics->sync_failures;
		status.repairs = metrics->repairs;
		status.pending = metrics->endpoint_changes_pending + metrics->service_changes_pending;
		status.last_sync_ms = metrics->last_sync_ms;
		if (metrics->last_sync_us)
			status.synced_s = (double)(wall - metrics->last_sync_us) / 1e6;
	}
	memcpy(status.kinds, now.kinds, sizeof(status.kinds));
	query_refusals(query, arena, &status);
	if (form == QUERY_FORM_JSON)
		status_print_json(&status, body);
	else
		status_print_text(&status, form == QUERY_FORM_COLOUR, body);
	return now.healthy || !query->health ? QUERY_CODE_GOOD : QUERY_CODE_UNHEALTHY;
}

/* --- explain --------------------------------------------------------------------------------------------
 */

static const char *query_part(char *const *parts, size_t i)
{
	return parts[i] && strcmp(parts[i], "-") != 0 ? parts[i] : "";
}

static int query_fail(const struct err *err, struct buf *body)
{
	buf_printf(body, "%s\n", err->text);
	switch (err->code) {
	case -ENOENT:
		return QUERY_CODE_NOT_FOUND;
	case -EINVAL:
		return QUERY_CODE_BAD_REQUEST;
	}
	return QUERY_CODE_FAILED;
}

static int query_explain(const struct query_context *query, enum query_form form, char *const *parts,
			 struct arena *arena, struct buf *body)
{
	const struct explainer explainer = {
		.sync = query->sync,
		.store = query->store,
		.addresses = query_addresses(query),
		.refusals = query->refusals,
		.selected = query->kubeapi != NULL,
		.listed = !query->kubeapi || intake_complete(query->intake) ||
			  (query->standin && offline_start_saved_s(query->standin) >= 0),
	};
	const struct explainer_question question = {
		.service = { query_part(parts, 2), query_part(parts, 3) },
		.port = query_part(parts, 4),
		.from = query_part(parts, 5),
	};
	struct err err = { 0 };
	struct explain explain;
	int r = explainer_ask(&explainer, &question, arena, &explain, &err);

	if (r < 0) {
		err.code = r;
		return query_fail(&err, body);
	}
	if (form == QUERY_FORM_JSON)
		explain_print_json(&explain, body);
	else
		explain_print_text(&explain, form == QUERY_FORM_COLOUR, body);
	return QUERY_CODE_GOOD;
}

/* --- diff -----------------------------------------------------------------------------------------------
 */

static void query_lines_json(struct buf *lines, struct buf *body)
{
	struct json_text json = JSON_TEXT_INIT(body, 2);
	char *rest = lines->size ? lines->data : NULL, *line;

	json_text_begin(&json, NULL, '{');
	json_text_bool(&json, "same", lines->size == 0);
	json_text_begin(&json, "differences", '[');
	while (rest && (line = strsep(&rest, "\n")))
		if (*line)
			json_text_string(&json, NULL, line);
	json_text_end(&json, ']');
	json_text_end(&json, '}');
	buf_add(body, "\n", 1);
}

static int query_diff(const struct query_context *query, enum query_form form, struct buf *body)
{
	struct sync_addresses addresses = query_addresses(query);
	struct buf lines = BUF_INIT;
	struct err err = { 0 };
	bool same;
	int r;

	if (!query->ready) {
		buf_printf(body,
			   "what should be is not known yet: no rules have been made since the start\n");
		return QUERY_CODE_FAILED;
	}
	/* What others did and we have heard of is put right by itself, and named. */
	if (query->refresh)
		query->refresh(query->ctx, query->health);
	r = sync_compare(query->sync, &addresses, form == QUERY_FORM_JSON ? 0 : WORDS_COLUMNS, &lines, &err);
	same = lines.size == 0;
	if ((r < 0 || !same) && query->differs)
		query->differs(query->ctx);
	if (r < 0) {
		err.code = r == -ENOENT ? -EIO : r;
		r = query_fail(&err, body);
	} else {
		r = same ? QUERY_CODE_GOOD : QUERY_CODE_DIFFERS;
		(void)buf_text(&lines);
		if (form == QUERY_FORM_JSON)
			query_lines_json(&lines, body);
		else
			buf_add(body, lines.data ? lines.data : "", lines.size);
	}
	buf_done(&lines);
	return r;
}

/* --- requests -------------------------------------------------------------------------------------------
 */

bool query_is_json(const char *request)
{
	return strncmp(request, "/json/", 6) == 0;
}

int query_answer(const struct query_context *query, const char *request, struct buf *body)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	char *parts[QUERY_PARTS] = { NULL }, *rest = arena_string(arena, request + (*request == '/'));
	enum query_form form = QUERY_FORM_TEXT;
	size_t n = 0;

	while (n < QUERY_PARTS && (parts[n] = strsep(&rest, "/")))
		n++;
	if (n > 1 && strcmp(parts[0], "json") == 0)
		form = QUERY_FORM_JSON;
	else if (n > 1 && strcmp(parts[0], "colour") == 0)
		form = QUERY_FORM_COLOUR;
	if (n == 2 && strcmp(parts[1], "status") == 0)
		return query_status(query, form, arena, body);
	if (n == 2 && strcmp(parts[1], "diff") == 0)
		return query_diff(query, form, body);
	if (n == QUERY_PARTS && strcmp(parts[1], "explain") == 0)
		return query_explain(query, form, parts, arena, body);
	buf_printf(body, "there is no such thing to ask\n");
	return QUERY_CODE_NOT_FOUND;
}
