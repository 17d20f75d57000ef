/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slow_queries.h - requests whose answers take long: diff is made in steps, explain, list and the page in a child process
 *
 * Room:     serve. Meanwhile the event loop handles everything else that is due. One request after the other is answered.
 */
#ifndef SERVE_SLOW_QUERIES_H
#define SERVE_SLOW_QUERIES_H

#include "serve/query_context.h"

struct buf;
struct http_server_request;
struct sd_event;
struct slow_queries;

/** slow_queries_new() - @event and @context are borrowed. */
struct slow_queries *slow_queries_new(struct sd_event *event, const struct query_context *context);
/** slow_queries_free() - Before the server of the requests is freed; they get no answer. */
struct slow_queries *slow_queries_free(struct slow_queries *queries);
/** slow_queries_stop() - This process is about to execute itself anew: the child ends, and its request gets an error. */
void slow_queries_stop(struct slow_queries *queries);
/** slow_queries_add() - Answer @request for @path later. @head: what the answer begins with, taken over; NULL: nothing */
void slow_queries_add(struct slow_queries *queries, const char *path, struct buf *head,
		      struct http_server_request *request);

#endif
