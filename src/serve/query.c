/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "serve/query.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/json_text.h"
#include "base/monotonic.h"
#include "base/plain_text.h"
#include "config/settings.h"
#include "intake/intake.h"
#include "intake/offline_start.h"
#include "intake/rejected_objects.h"
#include "kubeapi/kubeapi.h"
#include "model/service.h"
#include "model/store.h"
#include "plan/build.h"
#include "render/frontend_owners.h"
#include "report/explain_json.h"
#include "report/explain_text.h"
#include "report/explain_verdict.h"
#include "report/list.h"
#include "report/page.h"
#include "report/status.h"
#include "report/status_json.h"
#include "report/status_text.h"
#include "report/words.h"
#include "serve/explainer.h"
#include "serve/explainer_truth.h"
#include "serve/finder.h"
#include "serve/lister.h"
#include "sync/node_view.h"
#include "sync/verification.h"
#include "sync/waiting_services.h"

enum query_form_kind {
	QUERY_FORM_TEXT,
	QUERY_FORM_COLOUR,
	QUERY_FORM_JSON,
};

/** struct query_form - @rules, @all: as in struct explain_style; @columns: as words_set_columns() */
struct query_form {
	enum query_form_kind kind;
	bool rules;
	bool all;
	size_t columns;
};

#define QUERY_PARTS 6

/* --- status ---------------------------------------------------------------------------------------------
 */

static double query_since_s(uint64_t since_ms, uint64_t now_ms)
{
	return (double)(now_ms - since_ms) / 1e3;
}

static void query_rejected(const struct query_context *context, uint64_t now_ms, struct arena *arena,
			   struct status *status)
{
	size_t i;

	status->n_rejected = rejected_objects_count(context->rejected);
	status->rejected = arena_array(arena, status->n_rejected, sizeof(*status->rejected));
	for (i = 0; i < status->n_rejected; i++) {
		const struct rejected_object *rejected = rejected_objects_at(context->rejected, i);

		status->rejected[i].object =
			arena_printf(arena, "%s %s%s%s", rejected->kind, rejected->namespace,
				     *rejected->namespace ? "/" : "", rejected->name);
		status->rejected[i].kind =
			strcmp(rejected->kind, REJECTED_OBJECTS_KIND_RULES) == 0 ? "Rules" : rejected->kind;
		status->rejected[i].namespace = rejected->namespace;
		status->rejected[i].name = rejected->name;
		status->rejected[i].reason = rejected->reason;
		status->rejected[i].since_s = query_since_s(rejected->since_ms, now_ms);
	}
}

static void query_syncs(const struct metrics *metrics, uint64_t now_ms, struct status *status)
{
	status->syncs = metrics->sync.n;
	status->failures = metrics->sync_failures;
	status->repairs = metrics->repairs;
	status->pending = metrics->endpoint_changes_pending + metrics->service_changes_pending;
	status->last_sync_ms = metrics->last_sync_ms;
	if (metrics->last_sync_us)
		status->synced_s = query_since_s(metrics->synced_ms, now_ms);
}

/* Why the last sync has failed, and what waits for the next one. */
static void query_failure(const struct query_context *context, uint64_t now_ms, struct arena *arena,
			  struct status *status)
{
	const struct query_tables *tables = context->tables;
	struct service_name *waiting;
	char text[SERVICE_NAME_TEXT_SIZE];
	size_t i;

	status->n_failed = tables->n_failed;
	if (!tables->n_failed)
		return;
	status->failed_s = query_since_s(tables->failed_ms, now_ms);
	status->failure = tables->failure.text;
	status->failure_code = -tables->failure.code;
	waiting = arena_array(arena, STATUS_WAITING_ALL, sizeof(*waiting));
	status->n_waiting = waiting_services_list(context->sync, waiting, STATUS_WAITING_ALL);
	status->waiting = arena_array(arena, STATUS_WAITING_ALL, sizeof(*status->waiting));
	for (i = 0; i < status->n_waiting && i < STATUS_WAITING_ALL; i++)
		status->waiting[i] = arena_printf(arena, "%s", service_name_print(waiting[i], text));
}

static void query_conflicts(const struct query_context *context, struct arena *arena, struct status *status)
{
	struct frontend_owners_lost *lost = arena_array(arena, STATUS_CONFLICTS_ALL, sizeof(*lost));
	char service[SERVICE_NAME_TEXT_SIZE], addr[ADDR_TEXT_SIZE];
	struct frontend frontend;
	size_t i;

	status->n_conflicts = sync_lost(context->sync, lost, STATUS_CONFLICTS_ALL);
	status->n_named_conflicts =
		status->n_conflicts < STATUS_CONFLICTS_ALL ? status->n_conflicts : STATUS_CONFLICTS_ALL;
	status->conflicts = arena_array(arena, status->n_named_conflicts, sizeof(*status->conflicts));
	for (i = 0; i < status->n_named_conflicts; i++) {
		struct status_conflict *conflict = &status->conflicts[i];

		frontend_owners_frontend(&lost[i].key, &frontend);
		conflict->frontend =
			arena_printf(arena, "%s %s %u",
				     lost[i].key.node_port ? "nodePort" : addr_print(&frontend.addr, addr),
				     addr_protocol_name(frontend.protocol), frontend.port);
		conflict->address = lost[i].key.node_port
					    ? NULL
					    : arena_printf(arena, "%s", addr_print(&frontend.addr, addr));
		conflict->protocol = addr_protocol_name(frontend.protocol);
		conflict->port = frontend.port;
		conflict->winner = arena_printf(arena, "%s", service_name_print(lost[i].winner, service));
		conflict->loser = arena_printf(arena, "%s", service_name_print(lost[i].loser, service));
		conflict->why = lost[i].why;
	}
}

struct query_external_ips {
	struct arena *arena;
	size_t n;
	size_t room;
	const char **names;
};

/* A Service whose external IPs would be front ends. */
static void query_add_external_ips(void *ctx, const struct store_group *group)
{
	struct query_external_ips *found = ctx;
	const struct service *service = group->service;
	char text[SERVICE_NAME_TEXT_SIZE];
	bool any = false;
	size_t i;

	for (i = 0; build_serves(service) && i < service->n_external_ips; i++)
		any = any || service->has_cluster_ip[service->external_ips[i].family];
	if (any && found->n < found->room)
		found->names[found->n++] = arena_printf(
			found->arena, "%s",
			service_name_print((struct service_name){ group->namespace, group->name }, text));
}

static int query_cmp_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void query_external_ips(const struct query_context *context, struct arena *arena,
			       struct status *status)
{
	struct query_external_ips found = { .arena = arena };

	status->external_ips_off = !context->settings->serve_external_ips;
	if (!status->external_ips_off)
		return;
	found.room = store_count(context->store, OBJECT_KIND_SERVICE);
	found.names = arena_array(arena, found.room, sizeof(*found.names));
	store_each_group(context->store, query_add_external_ips, &found);
	if (found.n)
		qsort(found.names, found.n, sizeof(*found.names), query_cmp_names);
	status->external_ips = found.names;
	status->n_external_ips = found.n;
	status->n_named_external_ips = found.n < STATUS_EXTERNAL_IPS_ALL ? found.n : STATUS_EXTERNAL_IPS_ALL;
}

static const char *query_source(const struct query_context *context)
{
	if (context->kubeapi)
		return kubeapi_server(context->kubeapi);
	return context->settings->manifests ? context->settings->manifests : "";
}

static void query_verdict(const struct query_context *context, uint64_t now_ms, struct status *status)
{
	const struct health *health = context->health;

	status->verdict = health_judge(health, now_ms, &status->reason);
	status->made = health->rules;
	status->node_seen = health->node_seen;
	if (status->reason == HEALTH_REASON_SYNC_OVERDUE)
		status->overdue_s = query_since_s(health->queued_ms, now_ms);
	if (health->rules == HEALTH_RULES_EARLIER || health->rules == HEALTH_RULES_KEPT)
		status->n_earlier = context->n_earlier(context->ctx);
}

static int query_status_code(const struct status *status)
{
	switch (status->verdict) {
	case HEALTH_VERDICT_UNKNOWN:
		return QUERY_CODE_UNKNOWN;
	case HEALTH_VERDICT_NOT_SERVING:
		return QUERY_CODE_TROUBLE;
	case HEALTH_VERDICT_SERVING:
	case _HEALTH_VERDICT_MAX:
		break;
	}
	return status_has_troubles(status) ? QUERY_CODE_TROUBLE : QUERY_CODE_GOOD;
}

static int query_status(const struct query_context *context, enum query_form_kind form, struct arena *arena,
			struct buf *body)
{
	struct sync_addresses addresses = query_context_addresses(context);
	const struct offline_start *offline_start = context->offline_start;
	uint64_t now_ms = monotonic_ms(), config_ms = now_ms;
	struct metrics_now now;
	struct node_view view;
	struct status status;

	query_context_now(context, &now);
	sync_view(context->sync, &addresses, arena, &view);
	status = (struct status){
		.version = PACKAGE_VERSION,
		.node = context->settings->hostname,
		.source = query_source(context),
		.live = context->health != NULL,
		.made = HEALTH_RULES_UNREADABLE,
		.verdict = HEALTH_VERDICT_UNKNOWN,
		.reason = HEALTH_REASON_NO_DAEMON,
		.eligible = now.eligible,
		.owned = now.tables_owned,
		.node_unknown = view.unknown && context->intake->listed[OBJECT_KIND_NODE],
		.node_missing = view.unknown && context->kubeapi && context->intake->listed[OBJECT_KIND_NODE],
		.node_unread = view.unread,
		.config_problem = query_context_config_problem(context, &config_ms),
		.saved_s = offline_start ? (double)offline_start_age_s(offline_start) : -1,
		.not_made = context->not_made ? context->not_made(context->ctx) : NULL,
		.up_s = query_since_s(context->start_ms, now_ms),
		.synced_s = -1,
		.n_refused = sync_n_refused(context->sync),
		.changed_by = context->tables->changed_by,
		.elements = now.elements,
		.chains = now.chains,
		.rules = now.rules,
		.resident_bytes = now.process.resident_bytes,
	};
	status.config_s = query_since_s(config_ms, now_ms);
	if (context->health)
		query_verdict(context, now_ms, &status);
	if (context->metrics)
		query_syncs(context->metrics, now_ms, &status);
	memcpy(status.kinds, now.kinds, sizeof(status.kinds));
	query_failure(context, now_ms, arena, &status);
	query_conflicts(context, arena, &status);
	query_external_ips(context, arena, &status);
	query_rejected(context, now_ms, arena, &status);
	if (form == QUERY_FORM_JSON)
		status_json_print(&status, body);
	else
		status_text_print(&status, form == QUERY_FORM_COLOUR, body);
	return query_status_code(&status);
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
	case -ENOTUNIQ:
	case -EINVAL:
		return QUERY_CODE_BAD_REQUEST;
	}
	return QUERY_CODE_FAILED;
}

static int query_explain_code(enum explain_verdict verdict)
{
	switch (verdict) {
	case EXPLAIN_VERDICT_SERVES:
	case EXPLAIN_VERDICT_NOT_SERVED:
		return QUERY_CODE_GOOD;
	case EXPLAIN_VERDICT_UNKNOWN:
		return QUERY_CODE_UNKNOWN;
	case EXPLAIN_VERDICT_SERVES_PARTLY:
	case EXPLAIN_VERDICT_REFUSES:
	case EXPLAIN_VERDICT_DROPS:
	case EXPLAIN_VERDICT_WAITS:
	case EXPLAIN_VERDICT_REJECTED:
	case _EXPLAIN_VERDICT_MAX:
		break;
	}
	return QUERY_CODE_TROUBLE;
}

static int query_explain(const struct query_context *context, struct query_form form, char *const *parts,
			 struct arena *arena, struct buf *body)
{
	const struct explainer explainer = {
		.sync = context->sync,
		.store = context->store,
		.addresses = query_context_addresses(context),
		.rejected = context->rejected,
		.selected = context->kubeapi != NULL,
		.services_known = explainer_truth_knows(context, OBJECT_KIND_SERVICE),
		.node_known = explainer_truth_knows(context, OBJECT_KIND_NODE),
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
	explainer_truth_fill(context, question.service, arena, &explain);
	if (form.kind == QUERY_FORM_JSON)
		explain_json_print(&explain, body);
	else
		explain_text_print(&explain,
				   (struct explain_style){ .colour = form.kind == QUERY_FORM_COLOUR,
							   .rules = form.rules,
							   .all = form.all },
				   body);
	return query_explain_code(explain_verdict(&explain));
}

/* --- find: explain of the Service that has an address or a node port -----------------------------------------
 */

static int query_find(const struct query_context *context, struct query_form form, char *const *parts,
		      struct arena *arena, struct buf *body)
{
	const char *address = query_part(parts, 2), *number = query_part(parts, 3);
	struct finder_question question = { .port = (uint16_t)strtoul(number, NULL, 10) };
	char *of_service[QUERY_PARTS] = { NULL };
	struct service_name service;
	struct err err = { 0 };
	const char *port;
	struct addr addr;
	int r;

	if (*address && !addr_parse(address, &addr)) {
		buf_printf(body, "%s: no address\n", address);
		return QUERY_CODE_BAD_REQUEST;
	}
	question.addr = *address ? &addr : NULL;
	if (!explainer_truth_knows(context, OBJECT_KIND_SERVICE)) {
		buf_printf(body, "Services are unknown: they were never listed\n");
		return QUERY_CODE_FAILED;
	}
	r = finder_find(context->sync, context->store, &question, arena, &service, &port, &err);
	if (r < 0) {
		err.code = r;
		return query_fail(&err, body);
	}
	of_service[2] = arena_string(arena, service.namespace);
	of_service[3] = arena_string(arena, service.name);
	of_service[4] = arena_string(arena, port);
	of_service[5] = arena_string(arena, query_part(parts, 4));
	return query_explain(context, form, of_service, arena, body);
}

/* --- list -----------------------------------------------------------------------------------------------
 */

static int query_list(const struct query_context *context, enum query_form_kind form, bool problems,
		      struct buf *body)
{
	_cleanup_(list_freep) struct list *list = list_new(problems);

	lister_fill(context, list);
	if (form == QUERY_FORM_JSON)
		list_print_json(list, body);
	else
		list_print_text(list, form == QUERY_FORM_COLOUR, body);
	if (list_is_unknown(list))
		return QUERY_CODE_UNKNOWN;
	return list_has_problems(list) ? QUERY_CODE_TROUBLE : QUERY_CODE_GOOD;
}

/* --- the page ---------------------------------------------------------------------------------------------
 */

#define QUERY_PAGE "/html/page/"

void query_request_page(const char *service, bool problems, const char *filter, struct buf *request)
{
	const char *slash = strchr(service, '/');
	bool is_service = slash && slash != service && slash[1] && !strchr(slash + 1, '/');

	buf_printf(request, QUERY_PAGE "%s/%s/%s", is_service ? service : "-/-",
		   problems ? "problems" : "all", filter);
}

/* "NAMESPACE/NAME/problems/FILTER"; the filter is the rest, whatever it has. */
static int query_page(const struct query_context *context, char *rest, struct arena *arena, struct buf *body)
{
	char *parts[QUERY_PARTS] = { NULL };
	const char *what;
	_cleanup_(list_freep) struct list *list = NULL;
	struct buf text = BUF_INIT;
	bool problems;

	parts[2] = strsep(&rest, "/");
	parts[3] = strsep(&rest, "/");
	what = strsep(&rest, "/");
	if (!what || !rest)
		return QUERY_CODE_BAD_REQUEST;
	if (*query_part(parts, 2)) {
		(void)query_explain(context, (struct query_form){ .kind = QUERY_FORM_TEXT }, parts, arena,
				    &text);
		plain_text_clean(&text, 0, NULL);
		page_explain(arena_printf(arena, "%s/%s", parts[2], parts[3]), buf_text(&text), body);
		buf_done(&text);
	}
	problems = strcmp(what, "problems") == 0;
	list = list_new(problems);
	lister_fill(context, list);
	page_list(list, rest, problems, body);
	page_end(body);
	return QUERY_CODE_GOOD;
}

/* --- diff -----------------------------------------------------------------------------------------------
 */

static void query_print_lines_json(struct buf *lines, struct buf *body)
{
	struct json_text json = JSON_TEXT_INIT(body, 2);
	char *rest = lines->size ? lines->data : NULL, *line;

	json_text_begin(&json, NULL, '{');
	json_text_string(&json, "verdict", lines->size == 0 ? "same" : "different");
	json_text_bool(&json, "same", lines->size == 0);
	json_text_begin(&json, "differences", '[');
	while (rest && (line = strsep(&rest, "\n")))
		if (*line)
			json_text_string(&json, NULL, line);
	json_text_end(&json, ']');
	json_text_end(&json, '}');
	buf_add(body, "\n", 1);
}

/* Return: 0: another step is due; else an enum query_code. */
static int query_diff(const struct query_context *context, enum query_form_kind form, struct buf *body)
{
	struct sync_addresses addresses = query_context_addresses(context);
	struct buf lines = BUF_INIT;
	struct err err = { 0 };
	bool same;
	int r;

	if (!context->tables->installed) {
		buf_printf(body,
			   "what should be is not known yet: no rules have been made since the start\n");
		return QUERY_CODE_FAILED;
	}
	/* First take in the notifications: a foreign change that we know of is attributed to its process and repaired. */
	query_context_refresh(context);
	r = verification_compare(context->sync, &addresses, form == QUERY_FORM_JSON ? 0 : words_columns(),
				 &lines, &err);
	if (r > 0)
		return 0;
	same = lines.size == 0;
	/* Not intact: another process changed our tables while they were read, and the notification is consumed. */
	if ((r < 0 || !same || !sync_intact(context->sync)) && context->on_difference)
		context->on_difference(context->ctx);
	if (r < 0) {
		err.code = r == -ENOENT ? -EIO : r;
		r = query_fail(&err, body);
	} else {
		r = same ? QUERY_CODE_GOOD : QUERY_CODE_TROUBLE;
		(void)buf_text(&lines);
		if (form == QUERY_FORM_JSON)
			query_print_lines_json(&lines, body);
		else
			buf_add(body, lines.data ? lines.data : "", lines.size);
	}
	buf_done(&lines);
	return r;
}

/* --- requests -------------------------------------------------------------------------------------------
 */

bool query_takes_steps(const char *request)
{
	const char *last = strrchr(request, '/');

	return last && strcmp(last, "/diff") == 0;
}

bool query_takes_long(const char *request)
{
	const char *what = *request ? strchr(request + 1, '/') : NULL;

	return what && (strncmp(what, "/explain/", 9) == 0 || strncmp(what, "/list/", 6) == 0 ||
			strncmp(what, "/find/", 6) == 0 || strncmp(what, "/page/", 6) == 0);
}

const char *query_content_type(const char *request)
{
	if (strncmp(request, "/html/", 6) == 0)
		return "text/html; charset=utf-8";
	return strncmp(request, "/json/", 6) == 0 ? "application/json" : "text/plain; charset=utf-8";
}

int query_answer(const struct query_context *context, const char *request, struct buf *body)
{
	int code;

	do
		code = query_step(context, request, body);
	while (!code);
	return code;
}

/* "text", "colour" or "json", and what is added with "+". */
static void query_read_form(char *text, struct query_form *ret)
{
	const char *word = strsep(&text, "+");

	if (strcmp(word, "json") == 0)
		ret->kind = QUERY_FORM_JSON;
	else if (strcmp(word, "colour") == 0)
		ret->kind = QUERY_FORM_COLOUR;
	while ((word = strsep(&text, "+"))) {
		ret->rules |= strcmp(word, "rules") == 0;
		ret->all |= strcmp(word, "all") == 0;
		if (*word == 'w')
			ret->columns = strtoul(word + 1, NULL, 10);
	}
}

static int query_do(const struct query_context *context, const char *request, struct query_form *ret_form,
		    struct buf *body)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	char *parts[QUERY_PARTS] = { NULL }, *rest = arena_string(arena, request + (*request == '/'));
	size_t n = 0;

	if (strncmp(request, QUERY_PAGE, strlen(QUERY_PAGE)) == 0)
		return query_page(context, arena_string(arena, request + strlen(QUERY_PAGE)), arena, body);
	while (n < QUERY_PARTS && (parts[n] = strsep(&rest, "/")))
		n++;
	if (n > 1)
		query_read_form(parts[0], ret_form);
	words_set_columns(ret_form->columns);
	if (n == 2 && strcmp(parts[1], "status") == 0)
		return query_status(context, ret_form->kind, arena, body);
	if (n == 2 && strcmp(parts[1], "diff") == 0)
		return query_diff(context, ret_form->kind, body);
	if (n == 3 && strcmp(parts[1], "list") == 0)
		return query_list(context, ret_form->kind, strcmp(parts[2], "problems") == 0, body);
	if (n == QUERY_PARTS - 1 && strcmp(parts[1], "find") == 0)
		return query_find(context, *ret_form, parts, arena, body);
	if (n == QUERY_PARTS && strcmp(parts[1], "explain") == 0)
		return query_explain(context, *ret_form, parts, arena, body);
	buf_printf(body, "there is no such thing to ask\n");
	return QUERY_CODE_NOT_FOUND;
}

int query_step(const struct query_context *context, const char *request, struct buf *body)
{
	struct query_form form = { .kind = QUERY_FORM_TEXT };
	size_t from = body->size;
	int code = query_do(context, request, &form, body);

	words_set_columns(0);

	/* Strings in JSON are clean already, but an error is text, also if JSON was asked for. */
	if (code)
		plain_text_clean(body, from, form.kind == QUERY_FORM_COLOUR ? words_colours() : NULL);
	return code;
}
