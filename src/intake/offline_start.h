/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * offline_start.h - rules from the saved state while no API server can be had
 *
 * Room:     intake.
 * Rule:     a start waits for the API server. When for OFFLINE_START_SILENCE_MS nothing that is needed has come,
 *           the saved objects take the place of those that could not be listed, until they can:
 *             - no rules of ours stand (the machine has started): use them;
 *             - rules of a previous run stand, and the saved state is the newest that it had: use them, which
 *               changes no rule, but follows this node's addresses and repairs what others break;
 *             - rules stand that may be newer than what was saved: leave them as they are.
 *           When the server begins to answer, syncs wait until everything is listed, and then one commit
 *           replaces it all. A state of another API server or another node is not used.
 */
#ifndef INTAKE_OFFLINE_START_H
#define INTAKE_OFFLINE_START_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/err.h"

#define OFFLINE_START_SILENCE_MS 5000
#define OFFLINE_START_CHECK_MS	 500

struct intake;
struct state_saver;
struct kubeapi;
struct nfnl;
struct sd_event;
struct offline_start;

/**
 * struct offline_start_params - All borrowed
 * @dir:	of the saved state
 * @request:	called when a sync that was not allowed may be now
 */
struct offline_start_params {
	struct sd_event *event;
	struct intake *intake;
	struct state_saver *keeper;
	struct kubeapi *kubeapi;
	struct nfnl *nfnl;
	const char *dir;
	const char *node_name;
	void (*request)(void *ctx);
	void *ctx;
};

/** offline_start_new() - Begin to watch for silence. */
int offline_start_new(const struct offline_start_params *params, struct offline_start **ret,
		      struct err *reterr) __attribute__((warn_unused_result));
struct offline_start *offline_start_free(struct offline_start *standin);
DEFINE_FREEP(struct offline_start, offline_start_free);
/** offline_start_may_sync() - Everything is listed, or saved objects stand in and no list is arriving. */
bool offline_start_may_sync(const struct offline_start *standin);
/** offline_start_saved_s() - How old the state is that stands in just now, seconds; -1: none does. */
int64_t offline_start_saved_s(const struct offline_start *standin);

/** enum offline_start_verdict - What the third rule above says. */
enum offline_start_verdict {
	OFFLINE_START_VERDICT_USE,
	OFFLINE_START_VERDICT_LEAVE,
};

/** offline_start_judge() - Whether a saved state is used, which @behind says may not be the newest. */
enum offline_start_verdict offline_start_judge(bool rules_stand, bool behind);

#endif
