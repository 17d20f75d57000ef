/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * facts.h - whatever can be asked of the daemon, and the answers
 *
 * Room:     daemon (everything -> report). A daemon that runs is asked over its control socket and by HTTP; without one, a
 *           command gathers the same facts from manifests or an API server.
 * Requests: "/FORM/status", "/FORM/explain/NAMESPACE/NAME/PORT/FROM" and "/FORM/diff", where FORM is text, colour or json, and a
 *           part that is not said is "-".
 */
#ifndef DAEMON_FACTS_H
#define DAEMON_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "daemon/healthz.h"
#include "report/metrics.h"

struct ifaddr;
struct intake;
struct kubeapi;
struct refusals;
struct standin;
struct store;
struct sync;

/** enum facts_code - As HTTP has them. */
enum facts_code {
	FACTS_CODE_GOOD = 200, /* and for status and diff: all is well, nothing differs */
	FACTS_CODE_BAD_REQUEST = 400,
	FACTS_CODE_NOT_FOUND = 404,
	FACTS_CODE_DIFFERS = 409, /* diff */
	FACTS_CODE_FAILED = 500,
	FACTS_CODE_UNHEALTHY = 503, /* status */
};

/**
 * struct facts - Where they are. All borrowed
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
struct facts {
	const struct opts *opts;
	struct store *store;
	struct sync *sync;
	const struct ifaddr *ifaddr;
	const struct refusals *refusals;
	const struct kubeapi *kubeapi;
	const struct intake *intake;
	const struct standin *standin;
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

/** facts_now() - For metrics; @ret is overwritten. */
void facts_now(const struct facts *facts, struct metrics_now *ret);
/** facts_answer() - The body for @request, or one line that says what is wrong; returns an enum facts_code. */
int facts_answer(const struct facts *facts, const char *request, struct buf *body);
/** facts_is_json() - Whether the answer to @request is JSON. */
bool facts_is_json(const char *request);

#endif
