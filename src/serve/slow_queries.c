/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "serve/slow_queries.h"

#include <stdlib.h>
#include <systemd/sd-event.h>

#include "base/alloc.h"
#include "serve/http_server.h"
#include "serve/query.h"
#include "serve/query_child.h"

/** struct slow_query - @head: what the answer begins with */
struct slow_query {
	struct http_server_request *request;
	char *path;
	struct buf head;
	struct slow_query *next;
};

/* @first: being answered; @step: on while there is one, and no @child makes its answer */
struct slow_queries {
	struct sd_event *event;
	const struct query_context *context;
	sd_event_source *step;
	struct query_child *child;
	struct slow_query *first;
	struct slow_query **end;
};

static void slow_queries_remove_first(struct slow_queries *queries)
{
	struct slow_query *first = queries->first;

	queries->first = first->next;
	if (!queries->first)
		queries->end = &queries->first;
	free(first->path);
	buf_done(&first->head);
	free(first);
}

/* The server frees the body of @answer. */
static void slow_queries_answer(struct slow_queries *queries, struct http_server_answer *answer)
{
	struct slow_query *first = queries->first;
	struct buf body = first->head;

	if (body.size) {
		buf_add(&body, answer->body.data, answer->body.size);
		buf_done(&answer->body);
		answer->body = body;
		first->head = (struct buf)BUF_INIT;
	}
	answer->content_type = query_content_type(first->path);
	http_server_answer_later(first->request, answer);
	slow_queries_remove_first(queries);
	if (queries->first)
		(void)sd_event_source_set_enabled(queries->step, SD_EVENT_ONESHOT);
}

static void slow_queries_on_child(void *ctx, int code, struct buf *body)
{
	struct slow_queries *queries = ctx;

	queries->child = query_child_free(queries->child);
	slow_queries_answer(queries,
			    &(struct http_server_answer){ .code = (unsigned int)code, .body = *body });
}

static void slow_queries_start_child(struct slow_queries *queries)
{
	struct http_server_answer answer = { .code = QUERY_CODE_FAILED, .body = BUF_INIT };
	struct err err = { 0 };

	/* The process shares our sockets, so it cannot ask the kernel. */
	query_context_refresh(queries->context);
	if (query_child_new(queries->event, queries->context, queries->first->path, slow_queries_on_child,
			    queries, &queries->child, &err) == 0)
		return;
	buf_printf(&answer.body, "%s\n", err.text);
	slow_queries_answer(queries, &answer);
}

void slow_queries_stop(struct slow_queries *queries)
{
	struct http_server_answer answer = { .code = QUERY_CODE_FAILED, .body = BUF_INIT };

	if (!queries->child)
		return;
	queries->child = query_child_free(queries->child);
	buf_printf(&answer.body, "the daemon begins anew with another configuration: ask again\n");
	slow_queries_answer(queries, &answer);
}

static int slow_queries_on_step(sd_event_source *source, void *userdata)
{
	struct slow_queries *queries = userdata;
	struct http_server_answer answer = { .body = BUF_INIT };

	if (query_takes_long(queries->first->path)) {
		slow_queries_start_child(queries);
		return 0;
	}
	answer.code = (unsigned int)query_step(queries->context, queries->first->path, &answer.body);
	if (answer.code)
		slow_queries_answer(queries, &answer);
	else
		(void)sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
	return 0;
}

struct slow_queries *slow_queries_new(struct sd_event *event, const struct query_context *context)
{
	struct slow_queries *queries = alloc_zeroed(1, sizeof(*queries));

	queries->event = event;
	queries->context = context;
	queries->end = &queries->first;
	if (sd_event_add_defer(event, &queries->step, slow_queries_on_step, queries) < 0 ||
	    sd_event_source_set_priority(queries->step, SD_EVENT_PRIORITY_IDLE) < 0 ||
	    sd_event_source_set_enabled(queries->step, SD_EVENT_OFF) < 0)
		alloc_failed();
	return queries;
}

struct slow_queries *slow_queries_free(struct slow_queries *queries)
{
	if (!queries)
		return NULL;
	query_child_free(queries->child);
	while (queries->first)
		slow_queries_remove_first(queries);
	sd_event_source_disable_unref(queries->step);
	free(queries);
	return NULL;
}

void slow_queries_add(struct slow_queries *queries, const char *path, struct buf *head,
		      struct http_server_request *request)
{
	struct slow_query *query = alloc_zeroed(1, sizeof(*query));

	query->request = request;
	query->path = alloc_string(path);
	if (head)
		query->head = *head;
	*queries->end = query;
	queries->end = &query->next;
	if (!queries->child)
		(void)sd_event_source_set_enabled(queries->step, SD_EVENT_ONESHOT);
}
