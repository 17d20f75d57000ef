/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * query.h - whatever can be asked of the daemon, and the answers
 *
 * Room:     serve (everything -> report). A daemon that runs is asked over its control socket and by HTTP; without one, a
 *           command gathers the same query from manifests or an API server.
 * Requests: "/FORM/status", "/FORM/explain/NAMESPACE/NAME/PORT/FROM" and "/FORM/diff", where FORM is text, colour or json, and a
 *           part that is not said is "-".
 */
#ifndef SERVE_QUERY_H
#define SERVE_QUERY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "report/metrics.h"
#include "serve/healthz.h"

struct ifaddr;
struct intake;
struct kubeapi;
struct rejected_objects;
struct offline_start;
struct store;
struct sync;

/** enum query_code - As HTTP has them. */
enum query_code {
	QUERY_CODE_GOOD = 200, /* and for status and diff: all is well, nothing differs */
	QUERY_CODE_BAD_REQUEST = 400,
	QUERY_CODE_NOT_FOUND = 404,
	QUERY_CODE_DIFFERS = 409, /* diff */
	QUERY_CODE_FAILED = 500,
	QUERY_CODE_UNHEALTHY = 503, /* status */
};

/**
 * struct query_context - Where they are. All borrowed
 * @health, @refresh, @ctx: NULL without a daemon
 * @differs:	called with @ctx when diff has found something, or may have missed it: it is to be put right; NULL likewise
 * @kubeapi:	NULL: there is none
 * @intake:	whether all was listed
 * @standin:	NULL: no saved state stands in
 * @ready:	rules have been made: there is something to compare with
 * @owned:	nobody else can change our tables
 * @repaired_by: who was the last to change our tables
 * @start_us:	wall clock
 */
struct query_context {
	const struct settings *settings;
	struct store *store;
	struct sync *sync;
	const struct ifaddr *ifaddr;
	const struct rejected_objects *refusals;
	const struct kubeapi *kubeapi;
	const struct intake *intake;
	const struct offline_start *standin;
	const struct metrics *metrics;
	struct health *health;
	healthz_refresh *refresh;
	void (*differs)(void *ctx);
	void *ctx;
	bool ready;
	bool owned;
	char repaired_by[64];
	int64_t start_us;
};

/** query_now() - For metrics; @ret is overwritten. */
void query_now(const struct query_context *query, struct metrics_now *ret);
/** query_answer() - The body for @request, or one line that says what is wrong; returns an enum query_code. */
int query_answer(const struct query_context *query, const char *request, struct buf *body);
/** query_is_json() - Whether the answer to @request is JSON. */
bool query_is_json(const char *request);

#endif
