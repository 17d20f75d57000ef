/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * query_child.h - the answer to a request that takes long, made in a child process
 *
 * Room:     serve. Effects: a child process, which works on its copy of our memory (base/forked.h).
 * Rule:     the event loop does not wait: explain of a Service with 40,000 front ends takes seconds.
 */
#ifndef SERVE_QUERY_CHILD_H
#define SERVE_QUERY_CHILD_H

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "serve/query_context.h"

struct query_child;
struct sd_event;

/** typedef query_child_done - The answer is there: @code is an enum query_code; the callee frees @body, and may free the child. */
typedef void query_child_done(void *ctx, int code, struct buf *body);

/**
 * query_child_new() - Begin to answer @request (serve/query.h)
 * @event, @context: borrowed
 * @done:	is called once with @ctx, but not after query_child_free()
 *
 * Return: 0; negative errno.
 */
int query_child_new(struct sd_event *event, const struct query_context *context, const char *request,
		    query_child_done *done, void *ctx, struct query_child **ret, struct err *reterr)
	__attribute__((warn_unused_result));
/** query_child_free() - End the process. */
struct query_child *query_child_free(struct query_child *child);
DEFINE_FREEP(struct query_child, query_child_free);

#endif
