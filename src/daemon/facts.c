/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "daemon/facts.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/json_text.h"
#include "base/monotonic.h"
#include "base/wall.h"
#include "daemon/explainer.h"
#include "daemon/intake.h"
#include "daemon/node_view.h"
#include "daemon/process.h"
#include "daemon/refusals.h"
#include "daemon/standin.h"
#include "daemon/sync.h"
#include "model/store.h"
#include "report/health.h"
#include "report/status.h"
#include "report/words.h"
#include "source/ifaddr.h"
#include "source/kubeapi.h"

enum facts_form {
	FACTS_FORM_TEXT,
	FACTS_FORM_COLOUR,
	FACTS_FORM_JSON,
};

#define FACTS_PARTS 6

static struct sync_addresses facts_addresses(const struct facts *facts)
{
	struct sync_addresses addresses = { NULL, 0 };

	if (facts->ifaddr)
		addresses.list = ifaddr_list(facts->ifaddr, &addresses.n);
	return addresses;
}

void facts_now(const struct facts *facts, struct metrics_now *ret)
{
	size_t elements, chains, rules;
	int kind;

	if (facts->refresh)
		facts->refresh(facts->ctx, facts->health);
	sync_count(facts->sync, &elements, &chains, &rules);
	*ret = (struct metrics_now){
		.version = PACKAGE_VERSION,
		.api_server = facts->kubeapi ? kubeapi_server(facts->kubeapi) : NULL,
		.healthy = facts->health && health_healthy(facts->health, monotonic_ms()),
		.eligible = facts->health && health_eligible(facts->health),
		.tables_owned = facts->owned,
		.elements = elements,
		.rules = rules,
		.chains = chains,
	};
	for (kind = 0; kind < _OBJECT_KIND_MAX; kind++) {
		struct kubeapi_kind_status status = { .age_ms = -1 };

		if (facts->kubeapi)
			kubeapi_kind_status(facts->kubeapi, kind, &status);
		ret->kinds[kind] = (struct metrics_kind){
			.name = store_kind_name(kind),
			.n = store_count(facts->store, kind),
			.age_ms = !status.followed     ? -1
				  : status.age_ms >= 0 ? status.age_ms
						       : (wall_us() - facts->start_us) / 1000,
			.heard = status.followed && status.age_ms >= 0,
			.trouble = status.trouble,
		};
	}
	process_measure(&ret->process);
}

/* --- status ---------------------------------------------------------------------------------------------
 */

static void facts_refusals(const struct facts *facts, struct arena *arena, struct status *status)
{
	size_t i;

	status->n_refusals = facts->refusals ? refusals_count(facts->refusals) : 0;
	status->refusals = arena_array(arena, status->n_refusals, sizeof(*status->refusals));
	for (i = 0; i < status->n_refusals; i++) {
		struct refusal refusal = refusals_at(facts->refusals, i);
		char object[640];

		(void)snprintf(object, sizeof(object), "%s %s%s%s", refusal.kind, refusal.namespace,
			       *refusal.namespace ? "/" : "", refusal.name);
		status->refusals[i] = (struct status_refusal){ arena_string(arena, object), refusal.reason };
	}
}

static int facts_status(const struct facts *facts, enum facts_form form, struct arena *arena,
			struct buf *body)
{
	const struct metrics *metrics = facts->metrics;
	struct sync_addresses addresses = facts_addresses(facts);
	int64_t wall = wall_us();
	struct metrics_now now;
	struct node_view view;
	struct status status;

	facts_now(facts, &now);
	sync_view(facts->sync, &addresses, arena, &view);
	status = (struct status){
		.version = PACKAGE_VERSION,
		.node = facts->opts->hostname,
		.source = facts->kubeapi	   ? kubeapi_server(facts->kubeapi)
			  : facts->opts->manifests ? facts->opts->manifests
						   : "",
		.live = facts->health != NULL,
		.ready = facts->ready,
		.healthy = now.healthy,
		.eligible = now.eligible,
		.owned = now.tables_owned,
		.node_unknown = view.unknown,
		.saved_s = facts->standin ? (double)standin_saved_s(facts->standin) : -1,
		.up_s = (double)(wall - facts->start_us) / 1e6,
		.synced_s = -1,
		.repaired_by = facts->repaired_by,
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
	facts_refusals(facts, arena, &status);
	if (form == FACTS_FORM_JSON)
		status_print_json(&status, body);
	else
		status_print_text(&status, form == FACTS_FORM_COLOUR, body);
	return now.healthy || !facts->health ? FACTS_CODE_GOOD : FACTS_CODE_UNHEALTHY;
}

/* --- explain --------------------------------------------------------------------------------------------
 */

static const char *facts_part(char *const *parts, size_t i)
{
	return parts[i] && strcmp(parts[i], "-") != 0 ? parts[i] : "";
}

static int facts_fail(const struct err *err, struct buf *body)
{
	buf_printf(body, "%s\n", err->text);
	switch (err->code) {
	case -ENOENT:
		return FACTS_CODE_NOT_FOUND;
	case -EINVAL:
		return FACTS_CODE_BAD_REQUEST;
	}
	return FACTS_CODE_FAILED;
}

static int facts_explain(const struct facts *facts, enum facts_form form, char *const *parts,
			 struct arena *arena, struct buf *body)
{
	const struct explainer explainer = {
		.sync = facts->sync,
		.store = facts->store,
		.addresses = facts_addresses(facts),
		.refusals = facts->refusals,
		.selected = facts->kubeapi != NULL,
		.listed = !facts->kubeapi || intake_complete(facts->intake) ||
			  (facts->standin && standin_saved_s(facts->standin) >= 0),
	};
	const struct explainer_question question = {
		.namespace = facts_part(parts, 2),
		.name = facts_part(parts, 3),
		.port = facts_part(parts, 4),
		.from = facts_part(parts, 5),
	};
	struct err err = { 0 };
	struct explain explain;
	int r = explainer_ask(&explainer, &question, arena, &explain, &err);

	if (r < 0) {
		err.code = r;
		return facts_fail(&err, body);
	}
	if (form == FACTS_FORM_JSON)
		explain_print_json(&explain, body);
	else
		explain_print_text(&explain, form == FACTS_FORM_COLOUR, body);
	return FACTS_CODE_GOOD;
}

/* --- diff -----------------------------------------------------------------------------------------------
 */

static void facts_lines_json(struct buf *lines, struct buf *body)
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

static int facts_diff(const struct facts *facts, enum facts_form form, struct buf *body)
{
	struct sync_addresses addresses = facts_addresses(facts);
	struct buf lines = BUF_INIT;
	struct err err = { 0 };
	bool same;
	int r;

	if (!facts->ready) {
		buf_printf(body,
			   "what should be is not known yet: no rules have been made since the start\n");
		return FACTS_CODE_FAILED;
	}
	/* What others did and we have heard of is put right by itself, and named. */
	if (facts->refresh)
		facts->refresh(facts->ctx, facts->health);
	r = sync_compare(facts->sync, &addresses, form == FACTS_FORM_JSON ? 0 : WORDS_COLUMNS, &lines, &err);
	same = lines.size == 0;
	if ((r < 0 || !same) && facts->differs)
		facts->differs(facts->ctx);
	if (r < 0) {
		err.code = r == -ENOENT ? -EIO : r;
		r = facts_fail(&err, body);
	} else {
		r = same ? FACTS_CODE_GOOD : FACTS_CODE_DIFFERS;
		(void)buf_text(&lines);
		if (form == FACTS_FORM_JSON)
			facts_lines_json(&lines, body);
		else
			buf_add(body, lines.data ? lines.data : "", lines.size);
	}
	buf_done(&lines);
	return r;
}

/* --- requests -------------------------------------------------------------------------------------------
 */

bool facts_is_json(const char *request)
{
	return strncmp(request, "/json/", 6) == 0;
}

int facts_answer(const struct facts *facts, const char *request, struct buf *body)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	char *parts[FACTS_PARTS] = { NULL }, *rest = arena_string(arena, request + (*request == '/'));
	enum facts_form form = FACTS_FORM_TEXT;
	size_t n = 0;

	while (n < FACTS_PARTS && (parts[n] = strsep(&rest, "/")))
		n++;
	if (n > 1 && strcmp(parts[0], "json") == 0)
		form = FACTS_FORM_JSON;
	else if (n > 1 && strcmp(parts[0], "colour") == 0)
		form = FACTS_FORM_COLOUR;
	if (n == 2 && strcmp(parts[1], "status") == 0)
		return facts_status(facts, form, arena, body);
	if (n == 2 && strcmp(parts[1], "diff") == 0)
		return facts_diff(facts, form, body);
	if (n == FACTS_PARTS && strcmp(parts[1], "explain") == 0)
		return facts_explain(facts, form, parts, arena, body);
	buf_printf(body, "there is no such thing to ask\n");
	return FACTS_CODE_NOT_FOUND;
}
