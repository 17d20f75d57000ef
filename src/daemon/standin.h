/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * standin.h - rules from the saved state while no API server can be had
 *
 * Room:     daemon.
 * Rule:     a start waits for the API server. When for STANDIN_SILENCE_MS nothing that is needed has come,
 *           the saved objects take the place of those that could not be listed, until they can:
 *             - no rules of ours stand (the machine has started): use them;
 *             - rules of a previous run stand, and the saved state is the newest that it had: use them, which
 *               changes no rule, but follows this node's addresses and repairs what others break;
 *             - rules stand that may be newer than what was saved: leave them as they are.
 *           When the server begins to answer, syncs wait until everything is listed, and then one commit
 *           replaces it all. A state of another API server or another node is not used.
 */
#ifndef DAEMON_STANDIN_H
#define DAEMON_STANDIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/err.h"

#define STANDIN_SILENCE_MS 5000
#define STANDIN_CHECK_MS   500

struct intake;
struct keeper;
struct kubeapi;
struct nfnl;
struct sd_event;
struct standin;

/**
 * struct standin_params - All borrowed
 * @dir:	of the saved state
 * @request:	called when a sync that was not allowed may be now
 */
struct standin_params {
	struct sd_event *event;
	struct intake *intake;
	struct keeper *keeper;
	struct kubeapi *kubeapi;
	struct nfnl *nfnl;
	const char *dir;
	const char *node_name;
	void (*request)(void *ctx);
	void *ctx;
};

/** standin_new() - Begin to watch for silence. */
int standin_new(const struct standin_params *params, struct standin **ret, struct err *reterr)
	__attribute__((warn_unused_result));
struct standin *standin_free(struct standin *standin);
DEFINE_FREEP(struct standin, standin_free);
/** standin_may_sync() - Everything is listed, or saved objects stand in and no list is arriving. */
bool standin_may_sync(const struct standin *standin);
/** standin_saved_s() - How old the state is that stands in just now, seconds; -1: none does. */
int64_t standin_saved_s(const struct standin *standin);

/** enum standin_verdict - What the third rule above says. */
enum standin_verdict {
	STANDIN_VERDICT_USE,
	STANDIN_VERDICT_LEAVE,
};

/** standin_judge() - Whether a saved state is used, which @behind says may not be the newest. */
enum standin_verdict standin_judge(bool rules_stand, bool behind);

#endif
