/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "intake/offline_start.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <systemd/sd-event.h>

#include "backend/nfnl.h"
#include "base/alloc.h"
#include "base/log.h"
#include "base/monotonic.h"
#include "intake/intake.h"
#include "intake/state_file.h"
#include "intake/state_saver.h"
#include "kubeapi/kubeapi.h"
#include "model/store.h"

/**
 * struct offline_start - @used: saved objects are in the store; @refused: they never will be; @left: told that the rules
 * stay as they are; @was_quiet: offline_start_quiet() at the last check
 */
struct offline_start {
	struct offline_start_params params;
	sd_event_source *timer;
	int64_t start_ms;
	bool used;
	int64_t saved_time_s;
	bool refused;
	bool left;
	bool was_quiet;
};

enum offline_start_verdict offline_start_judge(bool rules_stand, bool behind)
{
	return rules_stand && behind ? OFFLINE_START_VERDICT_LEAVE : OFFLINE_START_VERDICT_USE;
}

/*
 * Whether something that is needed was not listed and does not come, and nothing else is arriving. A refusal is no
 * word: a server that answers nothing but 503 is as good as none.
 */
static bool offline_start_quiet(const struct offline_start *standin)
{
	int64_t start_ms = (int64_t)monotonic_ms() - standin->start_ms;
	bool quiet = false;
	int kind;

	for (kind = 0; kind < _OBJECT_KIND_MAX; kind++) {
		struct kubeapi_kind_status status;
		int64_t silence_ms;

		kubeapi_kind_status(standin->params.kubeapi, (enum object_kind)kind, &status);
		if (!status.followed || standin->params.intake->synced[kind])
			continue;
		if (status.replacing)
			return false;
		silence_ms = status.age_ms < 0 || status.age_ms > start_ms ? start_ms : status.age_ms;
		quiet |= !status.optional && silence_ms >= OFFLINE_START_SILENCE_MS;
	}
	return quiet;
}

bool offline_start_may_sync(const struct offline_start *standin)
{
	return intake_complete(standin->params.intake) || (standin->used && offline_start_quiet(standin));
}

/* Not to be known counts as yes: then nothing is touched. */
static bool offline_start_rules_stand(const struct offline_start *standin)
{
	struct snapshot snapshot;
	struct err err = { 0 };
	bool stand = false;
	int family;

	if (nfnl_read(standin->params.nfnl, NULL, 0, true, &snapshot, &err) < 0) {
		log_warn("state", "cannot see whether rules stand, leaving them as they are",
			 LOG_TEXT("err", err.text));
		return true;
	}
	for (family = 0; family < _FAMILY_MAX; family++)
		stand |= snapshot.table[family] != SNAPSHOT_TABLE_ABSENT;
	snapshot_done(&snapshot);
	return stand;
}

static int offline_start_check_owner(const struct offline_start *standin, const struct saved_state *saved,
				     struct err *reterr)
{
	const char *server = kubeapi_server(standin->params.kubeapi);

	if (strcmp(saved->node_name, standin->params.node_name) != 0)
		return err_set(reterr, -EINVAL, "it is of node %.253s", saved->node_name);
	if (strcmp(saved->origin, server) != 0)
		return err_set(reterr, -EINVAL, "it is of the API server %.253s", saved->origin);
	return 0;
}

static void offline_start_use(struct offline_start *standin, struct saved_state *saved)
{
	struct intake *intake = standin->params.intake;
	bool alone = store_changes(intake->store) == 0;
	int64_t age_s = (int64_t)time(NULL) - saved->time_s;
	size_t n = intake_saved(intake, saved);

	/* Together with what the server did say it is no state that was ever saved. */
	if (alone)
		state_saver_is_saved(standin->params.keeper);
	standin->saved_time_s = saved->time_s;
	log_warn("state", "the API server does not answer: rules are made from the saved state until it does",
		 LOG_NUMBER("age_s", age_s), LOG_NUMBER("objects", n),
		 LOG_NUMBER("services", store_count(intake->store, OBJECT_KIND_SERVICE)));
}

static void offline_start_load(struct offline_start *standin)
{
	struct saved_state saved = { 0 };
	struct err err = { 0 };
	int r = state_file_read(standin->params.dir, &saved, &err);

	if (r == 0)
		r = offline_start_check_owner(standin, &saved, &err);
	if (r == -ENOENT)
		log_warn("state", "the API server does not answer and no state was saved: waiting for it");
	else if (r < 0)
		log_error("state",
			  "the API server does not answer and the saved state is not used: waiting for it",
			  LOG_TEXT("err", err.text));
	standin->refused = r < 0;
	standin->used = r == 0;
	if (r == 0)
		offline_start_use(standin, &saved);
	saved_state_done(&saved);
}

static void offline_start_decide(struct offline_start *standin)
{
	bool behind = state_file_is_behind(standin->params.dir);
	bool stand = behind && offline_start_rules_stand(standin);

	if (offline_start_judge(stand, behind) == OFFLINE_START_VERDICT_USE) {
		offline_start_load(standin);
		return;
	}
	if (!standin->left)
		log_warn("state",
			 "the API server does not answer: the rules that stand stay as they are, the "
			 "saved state may be older");
	standin->left = true;
}

static int offline_start_on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct offline_start *standin = userdata;
	bool quiet;

	(void)usec;
	if (intake_complete(standin->params.intake)) {
		if (standin->used)
			log_info("state",
				 "the API server has answered, what it says replaces the saved state");
		return sd_event_source_set_enabled(source, SD_EVENT_OFF);
	}
	quiet = offline_start_quiet(standin);
	if (quiet && !standin->used && !standin->refused)
		offline_start_decide(standin);
	/* It was listing for a while and stopped: what waited for its end waits no longer. */
	if (standin->used && quiet && !standin->was_quiet)
		standin->params.request(standin->params.ctx);
	standin->was_quiet = quiet && standin->used;
	(void)sd_event_source_set_time(source,
				       (uint64_t)((int64_t)monotonic_ms() + OFFLINE_START_CHECK_MS) * 1000);
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

int offline_start_new(const struct offline_start_params *params, struct offline_start **ret,
		      struct err *reterr)
{
	_cleanup_(offline_start_freep) struct offline_start *standin = alloc_zeroed(1, sizeof(*standin));
	int r;

	standin->params = *params;
	standin->start_ms = (int64_t)monotonic_ms();
	r = sd_event_add_time(params->event, &standin->timer, CLOCK_MONOTONIC,
			      (uint64_t)(standin->start_ms + OFFLINE_START_SILENCE_MS) * 1000, 1000,
			      offline_start_on_timer, standin);
	if (r < 0)
		return err_set(reterr, r, "cannot make a timer: %s", strerror(-r));
	*ret = TAKE_PTR(standin);
	return 0;
}

int64_t offline_start_saved_s(const struct offline_start *standin)
{
	if (!standin->used || intake_complete(standin->params.intake))
		return -1;
	return (int64_t)time(NULL) > standin->saved_time_s ? (int64_t)time(NULL) - standin->saved_time_s : 0;
}

struct offline_start *offline_start_free(struct offline_start *standin)
{
	if (!standin)
		return NULL;
	sd_event_source_disable_unref(standin->timer);
	free(standin);
	return NULL;
}
