/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * offline_start.h - uses the saved state while the API server does not answer
 *
 * Room:     intake. Effects: a timer on the loop; reads the saved state, and which tables the kernel has.
 * Rule:     the table in intake/state_saver.h. The API server is silent if a required kind is not listed, the server has sent
 *           nothing about that kind for offline_start_patience_ms(), and no list is in progress. A saved state of another
 *           API server or another node, or one that is too old, is not used. It is loaded in short turns of the loop, while the
 *           server is silent.
 */
#ifndef INTAKE_OFFLINE_START_H
#define INTAKE_OFFLINE_START_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/err.h"

#define OFFLINE_START_SILENCE_MS      5000
#define OFFLINE_START_NO_RULES_MS     1000 /* instead, if no rules are installed: nothing can become worse */
#define OFFLINE_START_CHECK_MS	      500
#define OFFLINE_START_URGENT_CHECK_MS 50

struct intake;
struct kubeapi;
struct nfnl;
struct offline_start;
struct sd_event;
struct state_mark;
struct state_saver;

/**
 * struct offline_start_params - All borrowed
 * @saver:	is told when the store equals the saved file
 * @mark:	tells whether rules are newer than the saved state
 * @dir:	as in intake/state_file.h
 * @max_age_ms:	an older state is not used; 0: no limit
 * @request:	called with @ctx when a sync that was not allowed is allowed now
 */
struct offline_start_params {
	struct sd_event *event;
	struct intake *intake;
	struct state_saver *saver;
	const struct state_mark *mark;
	struct kubeapi *kubeapi;
	struct nfnl *nfnl;
	const char *dir;
	uint64_t max_age_ms;
	const char *node_name;
	void (*request)(void *ctx);
	void *ctx;
};

/** offline_start_new() - Start to wait for the API server. Return: 0; negative errno if there can be no timer. */
int offline_start_new(const struct offline_start_params *params, struct offline_start **ret,
		      struct err *reterr) __attribute__((warn_unused_result));
struct offline_start *offline_start_free(struct offline_start *offline);
DEFINE_FREEP(struct offline_start, offline_start_free);
/** offline_start_may_sync() - Every kind is listed; or saved objects are used, and the API server is silent. */
bool offline_start_may_sync(const struct offline_start *offline);
/** offline_start_age_s() - Age in seconds of the saved state that is used now, at least 0; -1: none is. */
int64_t offline_start_age_s(const struct offline_start *offline);
/** offline_start_trouble() - Why the saved state is not used although the API server is silent; NULL: it is used, or not needed. */
const char *offline_start_trouble(const struct offline_start *offline);

/** enum offline_start_verdict - What to do about a silent API server */
enum offline_start_verdict {
	OFFLINE_START_VERDICT_USE,   /* the saved state */
	OFFLINE_START_VERDICT_LEAVE, /* the rules of the previous run as they are */
};

/**
 * offline_start_judge() - The table in intake/state_saver.h
 * @has_rules:	tables of ours are installed
 * @marked:	none of their rules is newer than the saved state
 */
enum offline_start_verdict offline_start_judge(bool has_rules, bool marked);
/**
 * offline_start_is_too_old() - Whether a state of @time_s is too old at @now_s; one of the future is not: then the clock is wrong
 * @max_age_ms:	0: no limit
 */
bool offline_start_is_too_old(int64_t time_s, int64_t now_s, uint64_t max_age_ms);

/**
 * offline_start_patience_ms() - How long the API server may be silent about a kind before it counts as silent
 * @had_rules:	tables of ours were installed at the start
 * @answered:	the server has answered for some kind since then; errors are no answers
 * @failed:	the last request for this kind failed
 *
 * Return: OFFLINE_START_SILENCE_MS; without rules and without an answer: 0 if a request failed, else
 * OFFLINE_START_NO_RULES_MS.
 */
int64_t offline_start_patience_ms(bool had_rules, bool answered, bool failed);

#endif
