/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "intake/offline_start.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <systemd/sd-event.h>

#include "backend/nfnl_tables.h"
#include "base/alloc.h"
#include "base/log.h"
#include "base/monotonic.h"
#include "intake/intake.h"
#include "intake/state_file.h"
#include "intake/state_mark.h"
#include "intake/state_saver.h"
#include "kubeapi/kubeapi.h"
#include "model/store.h"
#include "report/words.h"

#define OFFLINE_START_TURN_US 10000

/**
 * struct offline_start
 * @turn:	enabled while the saved state is being loaded; a turn is short, whatever the size of the file
 * @start_ms:	monotonic: when the wait for the API server began
 * @had_rules:	tables of ours were installed then, or it is not known
 * @reader:	the file is being read; else NULL
 * @adding:	the objects of @saved from @next on are not in the store yet; the ones before are done
 * @n_added:	of @saved
 * @changes:	store_changes() after the last turn that added objects
 * @others:	the store has objects that are not from the saved state
 * @used:	all saved objects are in the store
 * @saved_time_s: when they were saved, seconds since 1970
 * @unusable:	there is no saved state, or it cannot be used: do not try again
 * @failed, @left, @too_old: this was logged
 * @trouble:	why the saved state is not used; "": it is, or is not needed
 * @was_silent:	offline_start_is_silent() at the last check, if saved objects are used
 */
struct offline_start {
	struct offline_start_params params;
	sd_event_source *timer;
	sd_event_source *turn;
	int64_t start_ms;
	int64_t saved_time_s;
	bool had_rules;
	struct state_file_reader *reader;
	struct saved_state saved;
	bool adding;
	size_t next;
	size_t n_added;
	uint64_t changes;
	bool others;
	bool used;
	bool unusable;
	bool failed;
	bool left;
	bool too_old;
	bool was_silent;
	char trouble[ERR_TEXT_SIZE];
};

enum offline_start_verdict offline_start_judge(bool has_rules, bool marked)
{
	return has_rules && !marked ? OFFLINE_START_VERDICT_LEAVE : OFFLINE_START_VERDICT_USE;
}

bool offline_start_is_too_old(int64_t time_s, int64_t now_s, uint64_t max_age_ms)
{
	return max_age_ms && now_s > time_s && (uint64_t)(now_s - time_s) > max_age_ms / 1000;
}

int64_t offline_start_patience_ms(bool had_rules, bool answered, bool failed)
{
	if (had_rules || answered)
		return OFFLINE_START_SILENCE_MS;
	return failed ? 0 : OFFLINE_START_NO_RULES_MS;
}

/* Whether the server has answered a request since the start, with anything but errors. */
static bool offline_start_is_answered(const struct offline_start *offline)
{
	int kind;

	for (kind = 0; kind < _OBJECT_KIND_MAX; kind++) {
		struct kubeapi_kind_status status;

		kubeapi_kind_status(offline->params.kubeapi, (enum object_kind)kind, &status);
		if (status.followed && status.age_ms >= 0)
			return true;
	}
	return false;
}

/* True if a required kind is unlisted and no list is in progress; error responses count as silence. */
static bool offline_start_is_silent(const struct offline_start *offline)
{
	int64_t waited_ms = (int64_t)monotonic_ms() - offline->start_ms;
	bool answered = offline_start_is_answered(offline);
	bool silent = false;
	int kind;

	for (kind = 0; kind < _OBJECT_KIND_MAX; kind++) {
		struct kubeapi_kind_status status;
		int64_t silence_ms;

		kubeapi_kind_status(offline->params.kubeapi, (enum object_kind)kind, &status);
		if (!status.followed || offline->params.intake->listed[kind])
			continue;
		if (status.replacing)
			return false;
		silence_ms = status.age_ms < 0 || status.age_ms > waited_ms ? waited_ms : status.age_ms;
		silent |= !status.optional &&
			  silence_ms >= offline_start_patience_ms(offline->had_rules, answered,
								  status.trouble != NULL);
	}
	return silent;
}

bool offline_start_may_sync(const struct offline_start *offline)
{
	return intake_complete(offline->params.intake) || (offline->used && offline_start_is_silent(offline));
}

/* The server has listed everything meanwhile, or all is in the store. */
static void offline_start_end_loading(struct offline_start *offline)
{
	offline->reader = state_file_reader_free(offline->reader);
	saved_state_done(&offline->saved);
	offline->adding = false;
	(void)sd_event_source_set_enabled(offline->turn, SD_EVENT_OFF);
}

static void offline_start_unusable(struct offline_start *offline, const struct err *err)
{
	struct err trouble = *err;

	(void)(err->code == -ENOENT ? err_set(&trouble, -ENOENT, "there is no saved state")
				    : err_wrap(&trouble, "the saved state is unusable"));
	memcpy(offline->trouble, trouble.text, sizeof(offline->trouble));
	if (err->code == -ENOENT)
		log_warn("state", "the API server has given no lists and there is no saved state, waiting");
	else if (!offline->failed)
		log_error("state",
			  "the API server has given no lists and the saved state is unusable, waiting",
			  LOG_TEXT("err", err->text));
	offline->failed = true;
	/* Another try may find descriptors or memory. */
	offline->unusable = !err_is_shortage(err->code);
	offline_start_end_loading(offline);
}

static void offline_start_use(struct offline_start *offline)
{
	struct store *store = offline->params.intake->params.store;

	offline->saved_time_s = offline->saved.time_s;
	log_warn("state", "the API server has given no lists, using the saved state until it does",
		 LOG_NUMBER("age_s", (int64_t)time(NULL) - offline->saved_time_s),
		 LOG_NUMBER("objects", offline->n_added),
		 LOG_NUMBER("services", store_count(store, OBJECT_KIND_SERVICE)));
	/* Only with all saved objects and no other does the store equal the saved file. */
	if (!offline->others && offline->n_added == offline->saved.n_objects)
		state_saver_is_saved(offline->params.saver, offline->saved.checksum);
	offline_start_end_loading(offline);
	offline->used = true;
	*offline->trouble = '\0';
	offline->was_silent = true;
	offline->params.request(offline->params.ctx);
}

static void offline_start_read(struct offline_start *offline, uint64_t end_us)
{
	struct err err = { 0 };
	int r;

	do {
		r = state_file_reader_step(offline->reader, &offline->saved, &err);
	} while (r == -EINPROGRESS && monotonic_us() < end_us);
	if (r == -EINPROGRESS)
		return;
	offline->reader = state_file_reader_free(offline->reader);
	if (r == 0)
		r = saved_state_check_owner(&offline->saved, kubeapi_server(offline->params.kubeapi),
					    offline->params.node_name, &err);
	if (r < 0) {
		offline_start_unusable(offline, &err);
		return;
	}
	offline->adding = true;
	offline->changes = 0;
}

static void offline_start_add(struct offline_start *offline, uint64_t end_us)
{
	struct saved_state *saved = &offline->saved;
	struct intake *intake = offline->params.intake;

	offline->others |= store_changes(intake->params.store) != offline->changes;
	while (offline->next < saved->n_objects && monotonic_us() < end_us) {
		struct object *object = &saved->objects[offline->next++];

		offline->n_added += intake_add_saved(intake, object);
		object_done(object);
	}
	offline->changes = store_changes(intake->params.store);
	if (offline->next == saved->n_objects)
		offline_start_use(offline);
}

/* The store must not get objects while a list is in progress. If it is given up, the timer goes on with the loading. */
static int offline_start_on_turn(sd_event_source *source, void *userdata)
{
	struct offline_start *offline = userdata;
	uint64_t end_us = monotonic_us() + OFFLINE_START_TURN_US;

	if (intake_complete(offline->params.intake))
		offline_start_end_loading(offline);
	else if (!offline_start_is_silent(offline))
		return sd_event_source_set_enabled(source, SD_EVENT_OFF);
	else if (offline->reader)
		offline_start_read(offline, end_us);
	else
		offline_start_add(offline, end_us);
	return 0;
}

static void offline_start_load(struct offline_start *offline)
{
	struct err err = { 0 };

	if (state_file_reader_new(offline->params.dir, &offline->reader, &err) < 0)
		offline_start_unusable(offline, &err);
	else
		(void)sd_event_source_set_enabled(offline->turn, SD_EVENT_ON);
}

/* Looked at each time: the clock may be wrong after the machine has started. */
static bool offline_start_refuse_age(struct offline_start *offline, int64_t time_s)
{
	int64_t now_s = (int64_t)time(NULL), limit_s = (int64_t)(offline->params.max_age_ms / 1000);
	char age[24], limit[24];

	if (!offline_start_is_too_old(time_s, now_s, offline->params.max_age_ms))
		return false;
	(void)snprintf(offline->trouble, sizeof(offline->trouble),
		       "the saved state is too old: it was right %s ago, and the limit is %s",
		       words_age((double)(now_s - time_s), age), words_age((double)limit_s, limit));
	if (!offline->too_old)
		log_warn("state", "the API server has given no lists and the saved state is too old, waiting",
			 LOG_NUMBER("age_s", now_s - time_s), LOG_NUMBER("limit_s", limit_s));
	offline->too_old = true;
	return true;
}

static void offline_start_leave(struct offline_start *offline)
{
	(void)snprintf(offline->trouble, sizeof(offline->trouble),
		       "the saved state may be older than the rules: they stay as they are");
	if (!offline->left)
		log_warn("state",
			 "the API server has given no lists, leaving the rules as they are: the saved state "
			 "may be older");
	offline->left = true;
}

static void offline_start_decide(struct offline_start *offline)
{
	const char *dir = offline->params.dir;
	struct state_file_stamp stamp;
	struct err err = { 0 };
	bool marked, has_rules;

	if (state_file_peek(dir, &stamp, &err) < 0) {
		offline_start_unusable(offline, &err);
		return;
	}
	if (offline_start_refuse_age(offline, stamp.time_s))
		return;
	marked = state_mark_covers(offline->params.mark, dir, stamp.checksum);
	has_rules = !marked && nfnl_tables_exist(offline->params.nfnl, &err);
	if (err.code)
		log_warn("state", "cannot read the installed rules, leaving them as they are",
			 LOG_TEXT("err", err.text));
	if (offline_start_judge(has_rules, marked) == OFFLINE_START_VERDICT_USE)
		offline_start_load(offline);
	else
		offline_start_leave(offline);
}

static uint64_t offline_start_next_check_us(const struct offline_start *offline)
{
	bool urgent = !offline->had_rules && !offline->used && !offline->unusable;

	return (uint64_t)((int64_t)monotonic_ms() +
			  (urgent ? OFFLINE_START_URGENT_CHECK_MS : OFFLINE_START_CHECK_MS)) *
	       1000;
}

static int offline_start_on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	struct offline_start *offline = userdata;
	bool silent;

	(void)usec;
	if (intake_complete(offline->params.intake)) {
		offline_start_end_loading(offline);
		if (offline->used)
			log_notice("state",
				   "the API server has answered, its objects replace the saved state");
		return sd_event_source_set_enabled(source, SD_EVENT_OFF);
	}
	silent = offline_start_is_silent(offline);
	if (silent && (offline->reader || offline->adding))
		(void)sd_event_source_set_enabled(offline->turn, SD_EVENT_ON);
	else if (silent && !offline->used && !offline->unusable)
		offline_start_decide(offline);
	/* The list was given up: allow syncs again. */
	if (offline->used && silent && !offline->was_silent)
		offline->params.request(offline->params.ctx);
	offline->was_silent = silent && offline->used;
	(void)sd_event_source_set_time(source, offline_start_next_check_us(offline));
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

int offline_start_new(const struct offline_start_params *params, struct offline_start **ret,
		      struct err *reterr)
{
	_cleanup_(offline_start_freep) struct offline_start *offline = alloc_zeroed(1, sizeof(*offline));
	struct err err = { 0 };
	int r;

	offline->params = *params;
	offline->start_ms = (int64_t)monotonic_ms();
	offline->had_rules = nfnl_tables_exist(params->nfnl, &err);
	r = sd_event_add_time(params->event, &offline->timer, CLOCK_MONOTONIC,
			      offline_start_next_check_us(offline), 1000, offline_start_on_timer, offline);
	if (r >= 0)
		r = sd_event_add_defer(params->event, &offline->turn, offline_start_on_turn, offline);
	if (r >= 0)
		r = sd_event_source_set_enabled(offline->turn, SD_EVENT_OFF);
	/* Of sources with one priority, the one that is always due would always be the first. */
	if (r >= 0)
		r = sd_event_source_set_priority(offline->turn, SD_EVENT_PRIORITY_IDLE);
	if (r < 0)
		return err_set(reterr, r, "cannot make a timer: %s", strerror(-r));
	*ret = TAKE_PTR(offline);
	return 0;
}

int64_t offline_start_age_s(const struct offline_start *offline)
{
	if (!offline->used || intake_complete(offline->params.intake))
		return -1;
	return (int64_t)time(NULL) > offline->saved_time_s ? (int64_t)time(NULL) - offline->saved_time_s : 0;
}

const char *offline_start_trouble(const struct offline_start *offline)
{
	return *offline->trouble && !intake_complete(offline->params.intake) ? offline->trouble : NULL;
}

struct offline_start *offline_start_free(struct offline_start *offline)
{
	if (!offline)
		return NULL;
	sd_event_source_disable_unref(offline->timer);
	sd_event_source_disable_unref(offline->turn);
	state_file_reader_free(offline->reader);
	saved_state_done(&offline->saved);
	free(offline);
	return NULL;
}
