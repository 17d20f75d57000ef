/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * query.h - answers the requests status, explain and diff
 *
 * Room:     serve. Asked by the control socket (serve/serve.c), by /statusz (serve/metrics_handler.c) and by a command that
 *           runs without a daemon (daemon/oneshot.c). An answer has two stages: collect the facts (status here, explain in
 *           serve/explainer.h, diff in sync/sync.h), then print them (report/status_text.h, report/status_json.h, report/explain.h).
 * Requests: "/FORM/status", "/FORM/explain/NAMESPACE/NAME/PORT/FROM", "/FORM/find/ADDRESS/PORT/FROM", "/FORM/list/all", "/FORM/list/problems" and "/FORM/diff"; and query_request_page(). FORM is text, colour or json, with "+rules" or "+all" as in struct explain_style, or "+w" and a width; "-" stands
 *           for a part that is not given.
 * Rule:     no request changes anything, but diff may start a repair.
 */
#ifndef SERVE_QUERY_H
#define SERVE_QUERY_H

#include <stdbool.h>

#include "base/buf.h"
#include "serve/query_context.h"

/** enum query_code - The values are those of HTTP. daemon/query_command.c makes the exit status of them */
enum query_code {
	QUERY_CODE_GOOD = 200,
	QUERY_CODE_BAD_REQUEST = 400,
	QUERY_CODE_NOT_FOUND = 404,
	QUERY_CODE_TROUBLE = 409, /* the answer names something that is wrong; diff: a difference */
	QUERY_CODE_FAILED = 500,
	QUERY_CODE_UNKNOWN = 503, /* the answer says that what was asked for is not known */
};

/** query_answer() - Append the answer to @request to @body, or one line with the error; returns an enum query_code. */
int query_answer(const struct query_context *context, const char *request, struct buf *body);
/**
 * query_step() - The same, but an answer that takes long is made in steps
 *
 * Return: 0: another call with this request is due, and no other request of that kind may come in between; else as query_answer().
 */
int query_step(const struct query_context *context, const char *request, struct buf *body);
/** query_takes_steps() - Whether query_step() may return 0. */
bool query_takes_steps(const char *request);
/** query_takes_long() - Whether the time of query_answer() grows with the size of a Service. It only reads our memory then. */
bool query_takes_long(const char *request);
/**
 * query_request_page() - Append the request for the page in HTML, without its beginning (page_begin())
 * @service:	"shop/web": with what explain says of it; "": none
 * @problems, @filter: as page_list()
 */
void query_request_page(const char *service, bool problems, const char *filter, struct buf *request);
/** query_content_type() - That of the answer to @request, if it succeeds. */
const char *query_content_type(const char *request);

#endif
