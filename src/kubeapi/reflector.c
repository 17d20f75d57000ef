/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "kubeapi/reflector.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/*
 * DOC: how to read this file
 *
 * One function per column of the table in the header; a comment names the note that a function implements.
 * The helpers are shared by several cells: drop the open request, wait, open.
 */

void reflector_init(struct reflector *reflector, enum reflector_selector field_selector, bool follow,
		    uint64_t seed)
{
	*reflector = (struct reflector){
		.state = REFLECTOR_STATE_IDLE,
		.next = REFLECTOR_STATE_IDLE,
		.follow = follow,
		.field_selector = field_selector,
		.resource_version = alloc_string(""),
		.paged = true,
		.deadline_ms = -1,
		.last_answer_ms = -1,
		.stream_refused_ms = -1,
	};
	backoff_init(&reflector->backoff, seed);
}

void reflector_done(struct reflector *reflector)
{
	free(reflector->resource_version);
	free(reflector->continue_token);
	free(reflector->known_version);
	list_doubt_done(&reflector->doubt);
	memset(reflector, 0, sizeof(*reflector));
}

static void reflector_set(char **text, const char *value)
{
	char *copy = value ? alloc_string(value) : NULL;

	free(*text);
	*text = copy;
}

static void reflector_learn_version(struct reflector *reflector, const char *resource_version)
{
	if (resource_version && *resource_version)
		reflector_set(&reflector->known_version, resource_version);
}

/* End the open request and the unfinished replacement. */
static unsigned int reflector_drop(struct reflector *reflector)
{
	unsigned int actions = 0;

	switch (reflector->state) {
	case REFLECTOR_STATE_STREAMING:
	case REFLECTOR_STATE_LISTING:
	case REFLECTOR_STATE_WATCHING:
		actions |= REFLECTOR_ACTION_CLOSE;
		break;
	case REFLECTOR_STATE_IDLE:
	case REFLECTOR_STATE_BACKOFF:
	case REFLECTOR_STATE_DONE:
	case _REFLECTOR_STATE_MAX:
		break;
	}
	if (reflector->replacing)
		actions |= REFLECTOR_ACTION_REPLACE_ABORT;
	reflector->replacing = false;
	return actions;
}

static void reflector_set_deadline(struct reflector *reflector)
{
	int64_t silence_ms = (int64_t)reflector->timeout_s * 1000 + REFLECTOR_SLACK_MS;

	switch (reflector->state) {
	case REFLECTOR_STATE_STREAMING:
		reflector->deadline_ms = reflector->active_ms +
					 (reflector->answered ? REFLECTOR_INITIAL_MS : REFLECTOR_RESPONSE_MS);
		break;
	case REFLECTOR_STATE_LISTING:
		reflector->deadline_ms = reflector->active_ms + REFLECTOR_RESPONSE_MS;
		break;
	case REFLECTOR_STATE_WATCHING:
		if (!reflector->answered)
			silence_ms = REFLECTOR_RESPONSE_MS;
		else if (reflector->bookmarks)
			silence_ms = REFLECTOR_SILENCE_MS;
		reflector->deadline_ms = reflector->active_ms + silence_ms;
		break;
	case REFLECTOR_STATE_BACKOFF:
		break;
	case REFLECTOR_STATE_IDLE:
	case REFLECTOR_STATE_DONE:
	case _REFLECTOR_STATE_MAX:
		reflector->deadline_ms = -1;
		break;
	}
}

static void reflector_active(struct reflector *reflector, int64_t now_ms)
{
	reflector->active_ms = now_ms;
	reflector_set_deadline(reflector);
}

static unsigned int reflector_open(struct reflector *reflector, enum reflector_state state, int64_t now_ms)
{
	reflector->state = state;
	reflector->answered = false;
	reflector->after_failure = reflector->failing;
	reflector->opened_ms = now_ms;
	reflector->n_events = 0;
	reflector->timeout_s =
		REFLECTOR_WATCH_MIN_S +
		(unsigned int)backoff_random(&reflector->backoff,
					     REFLECTOR_WATCH_MAX_S - REFLECTOR_WATCH_MIN_S + 1);
	reflector_active(reflector, now_ms);
	return REFLECTOR_ACTION_OPEN;
}

static bool reflector_may_stream(struct reflector *reflector, int64_t now_ms)
{
	if (reflector->stream_refused_ms >= 0 &&
	    now_ms - reflector->stream_refused_ms >= REFLECTOR_STREAM_RETRY_MS) {
		reflector->stream_refused_ms = -1;
		reflector->n_broken_streams = 0;
	}
	return reflector->follow && reflector->stream_refused_ms < 0;
}

static unsigned int reflector_open_list(struct reflector *reflector, int64_t now_ms)
{
	const char *version = "";

	list_doubt_begin(&reflector->doubt);
	reflector_set(&reflector->continue_token, NULL);
	if (reflector_may_stream(reflector, now_ms)) {
		/* Without a version it is the newest state, though from the server's cache. */
		reflector_set(&reflector->resource_version, "");
		return reflector_open(reflector, REFLECTOR_STATE_STREAMING, now_ms);
	}
	/*
	 * From the server's cache, which is cheap, but never an older state than we know. A single run asks for
	 * the newest state, because it prints it once.
	 */
	if (reflector->follow && !reflector->newest_only)
		version = reflector->known_version ? reflector->known_version : "0";
	reflector_set(&reflector->resource_version, version);
	return reflector_open(reflector, REFLECTOR_STATE_LISTING, now_ms);
}

static unsigned int reflector_open_watch(struct reflector *reflector, int64_t now_ms)
{
	reflector_set(&reflector->continue_token, NULL);
	reflector_set(&reflector->resource_version, reflector->known_version ? reflector->known_version : "");
	return reflector_open(reflector, REFLECTOR_STATE_WATCHING, now_ms);
}

static unsigned int reflector_list_now(struct reflector *reflector, int64_t now_ms)
{
	unsigned int actions = reflector_drop(reflector);

	return actions | reflector_open_list(reflector, now_ms);
}

static unsigned int reflector_watch_now(struct reflector *reflector, int64_t now_ms)
{
	unsigned int actions = reflector_drop(reflector);

	return actions | reflector_open_watch(reflector, now_ms);
}

/* Until @delay_ms from now nothing is open; then @next begins. STREAMING means any list. */
static unsigned int reflector_wait(struct reflector *reflector, enum reflector_state next, int64_t delay_ms,
				   int64_t now_ms)
{
	unsigned int actions = reflector_drop(reflector);

	reflector->state = REFLECTOR_STATE_BACKOFF;
	reflector->next = next;
	reflector->deadline_ms = now_ms + delay_ms;
	return actions;
}

/* "again" of the table, after a failure. */
static unsigned int reflector_failed(struct reflector *reflector, enum reflector_state next,
				     unsigned int retry_after_s, int64_t now_ms)
{
	int64_t delay_ms = backoff_failed(&reflector->backoff, retry_after_s, now_ms);

	reflector->failing = true;
	return reflector_wait(reflector, next, delay_ms, now_ms) | REFLECTOR_ACTION_DEGRADED;
}

static unsigned int reflector_recovered(struct reflector *reflector)
{
	if (!reflector->failing)
		return 0;
	reflector->failing = false;
	return REFLECTOR_ACTION_RECOVERED;
}

/* Note (1). */
static unsigned int reflector_refuse_stream(struct reflector *reflector, int64_t now_ms)
{
	reflector->stream_refused_ms = now_ms;
	return reflector_list_now(reflector, now_ms);
}

static unsigned int reflector_begin(struct reflector *reflector, int64_t now_ms)
{
	reflector->answered = true;
	reflector_active(reflector, now_ms);
	if (reflector->replacing)
		return 0;
	reflector->replacing = true;
	return REFLECTOR_ACTION_REPLACE_BEGIN;
}

/* The sink has the object of a list, even if the list never ends. */
static unsigned int reflector_listed(struct reflector *reflector, int64_t now_ms)
{
	if (!list_doubt_accepts_object(&reflector->doubt))
		return reflector_failed(reflector, REFLECTOR_STATE_STREAMING, 0, now_ms);
	reflector_active(reflector, now_ms);
	return 0;
}

/* Note (2): true if the complete list is not accepted. @ret_actions: what to do then */
static bool reflector_doubts(struct reflector *reflector, const struct reflector_event *event, int64_t now_ms,
			     unsigned int *ret_actions)
{
	if (list_doubt_accepts_end(&reflector->doubt, event->resource_version, reflector->known_version,
				   now_ms))
		return false;
	reflector->newest_only = true;
	*ret_actions = reflector_failed(reflector, REFLECTOR_STATE_STREAMING, 0, now_ms);
	if (list_doubt_finds_behind(&reflector->doubt))
		*ret_actions |= REFLECTOR_ACTION_BEHIND;
	return true;
}

/* The list is complete: reset all that counts failures of lists. */
static unsigned int reflector_end(struct reflector *reflector, const struct reflector_event *event)
{
	unsigned int actions = REFLECTOR_ACTION_REPLACE_END;

	reflector->replacing = false;
	reflector->newest_only = false;
	reflector->paged = true;
	reflector->n_expired = 0;
	reflector->n_absent = 0;
	reflector->absent = false;
	reflector->n_broken_streams = 0;
	reflector->n_watch_errors = 0;
	reflector_set(&reflector->known_version, NULL);
	reflector_learn_version(reflector, event->resource_version);
	if (!reflector->synced)
		actions |= REFLECTOR_ACTION_SYNCED;
	reflector->synced = true;
	return actions | reflector_recovered(reflector);
}

/* Note (11). */
static bool reflector_is_early_refusal(const struct reflector *reflector, const struct reflector_event *event)
{
	return reflector->follow && (event->code == 401 || event->code == 403) &&
	       backoff_is_early(&reflector->backoff);
}

static unsigned int reflector_refused_early(struct reflector *reflector, enum reflector_state next,
					    unsigned int retry_after_s, int64_t now_ms)
{
	backoff_refused_early(&reflector->backoff);
	return reflector_failed(reflector, next, retry_after_s, now_ms);
}

static bool reflector_may_be_absent(const struct reflector *reflector, const struct reflector_event *event)
{
	return reflector->optional && (event->code == 403 || event->code == 404);
}

/* Note (7). */
static unsigned int reflector_not_there(struct reflector *reflector, const struct reflector_event *event,
					int64_t now_ms)
{
	bool accepted = !reflector->follow || reflector->absent ||
			(event->code == 404 && !reflector->synced) ||
			++reflector->n_absent > REFLECTOR_ABSENT_TRIES;
	unsigned int actions;
	int64_t delay_ms;

	if (!accepted)
		return reflector_failed(reflector, REFLECTOR_STATE_STREAMING, event->retry_after_s, now_ms);
	delay_ms = REFLECTOR_ABSENT_MS + backoff_delay(&reflector->backoff, 0, 0, now_ms);
	backoff_reset(&reflector->backoff);
	actions = reflector_wait(reflector, REFLECTOR_STATE_STREAMING, delay_ms, now_ms);
	if (!reflector->synced)
		actions |= REFLECTOR_ACTION_SYNCED;
	if (!reflector->absent)
		actions |= REFLECTOR_ACTION_ABSENT;
	reflector->synced = true;
	reflector->absent = true;
	if (!reflector->follow) {
		reflector->state = REFLECTOR_STATE_DONE;
		reflector_set_deadline(reflector);
	}
	/* An absent kind is not a failure. */
	return actions | reflector_recovered(reflector);
}

/* Note (5). */
static unsigned int reflector_list_refused(struct reflector *reflector, const struct reflector_event *event,
					   int64_t now_ms)
{
	bool streaming = reflector->state == REFLECTOR_STATE_STREAMING;

	if (reflector_is_early_refusal(reflector, event))
		return reflector_refused_early(reflector, REFLECTOR_STATE_STREAMING, event->retry_after_s,
					       now_ms);
	if (event->code == 400 && reflector->field_selector == REFLECTOR_SELECTOR_OPTIONAL &&
	    !reflector->continue_token) {
		reflector->field_selector = REFLECTOR_SELECTOR_NONE;
		return reflector_list_now(reflector, now_ms);
	}
	if (event->code == 410 || event->version_too_large) {
		reflector->newest_only = true;
		if (reflector->n_expired++ == 0)
			return reflector_list_now(reflector, now_ms);
		reflector->paged = event->code != 410;
		return reflector_failed(reflector, REFLECTOR_STATE_STREAMING, event->retry_after_s, now_ms);
	}
	if (streaming) {
		switch (event->code) {
		case 400:
		case 405:
		case 406:
		case 415:
		case 422:
		case 501:
			return reflector_refuse_stream(reflector, now_ms);
		}
	}
	if (reflector_may_be_absent(reflector, event))
		return reflector_not_there(reflector, event, now_ms);
	return reflector_failed(reflector, REFLECTOR_STATE_STREAMING, event->retry_after_s, now_ms);
}

static unsigned int reflector_stream_broke(struct reflector *reflector, int64_t now_ms)
{
	/* Note (3). */
	if (reflector->answered && ++reflector->n_broken_streams >= 2)
		return reflector_refuse_stream(reflector, now_ms);
	return reflector_failed(reflector, REFLECTOR_STATE_STREAMING, 0, now_ms);
}

static unsigned int reflector_streaming(struct reflector *reflector, const struct reflector_event *event,
					int64_t now_ms)
{
	unsigned int actions;

	switch (event->type) {
	case REFLECTOR_EVENT_RESPONSE:
		return reflector_begin(reflector, now_ms);
	case REFLECTOR_EVENT_OBJECT:
		return reflector_listed(reflector, now_ms);
	case REFLECTOR_EVENT_INITIAL_END:
		if (reflector_doubts(reflector, event, now_ms, &actions))
			return actions;
		reflector->state = REFLECTOR_STATE_WATCHING;
		/* The server has this version and sends bookmarks. */
		reflector->bookmarks = true;
		reflector->n_events = 1;
		reflector_active(reflector, now_ms);
		return reflector_end(reflector, event);
	case REFLECTOR_EVENT_BOOKMARK:
		return reflector_refuse_stream(reflector, now_ms);
	case REFLECTOR_EVENT_STREAM_END:
	case REFLECTOR_EVENT_TRANSPORT_ERROR:
		return reflector_stream_broke(reflector, now_ms);
	case REFLECTOR_EVENT_ERROR_STATUS:
		return reflector_list_refused(reflector, event, now_ms);
	case REFLECTOR_EVENT_TIMER:
		if (now_ms < reflector->deadline_ms)
			return 0;
		if (reflector->answered)
			return reflector_refuse_stream(reflector, now_ms);
		return reflector_failed(reflector, REFLECTOR_STATE_STREAMING, 0, now_ms);
	case REFLECTOR_EVENT_RESTART:
		return reflector_list_now(reflector, now_ms);
	case REFLECTOR_EVENT_START:
	case REFLECTOR_EVENT_PAGE_END:
	case REFLECTOR_EVENT_WAKE:
	case REFLECTOR_EVENT_BEHIND:
	case _REFLECTOR_EVENT_MAX:
		break;
	}
	return 0;
}

static unsigned int reflector_page_end(struct reflector *reflector, const struct reflector_event *event,
				       int64_t now_ms)
{
	unsigned int actions;

	if (event->continue_token && *event->continue_token) {
		if (!list_doubt_accepts_page(&reflector->doubt, event->continue_token))
			return reflector_failed(reflector, REFLECTOR_STATE_STREAMING, 0, now_ms);
		reflector_set(&reflector->continue_token, event->continue_token);
		return REFLECTOR_ACTION_CLOSE | reflector_open(reflector, REFLECTOR_STATE_LISTING, now_ms);
	}
	if (reflector_doubts(reflector, event, now_ms, &actions))
		return actions;
	actions = REFLECTOR_ACTION_CLOSE | reflector_end(reflector, event);
	if (reflector->follow)
		return actions | reflector_open_watch(reflector, now_ms);
	reflector->state = REFLECTOR_STATE_DONE;
	reflector_set_deadline(reflector);
	return actions;
}

static unsigned int reflector_listing(struct reflector *reflector, const struct reflector_event *event,
				      int64_t now_ms)
{
	switch (event->type) {
	case REFLECTOR_EVENT_RESPONSE:
		return reflector_begin(reflector, now_ms);
	case REFLECTOR_EVENT_OBJECT:
		return reflector_listed(reflector, now_ms);
	case REFLECTOR_EVENT_PAGE_END:
		return reflector_page_end(reflector, event, now_ms);
	case REFLECTOR_EVENT_STREAM_END:
	case REFLECTOR_EVENT_TRANSPORT_ERROR:
		return reflector_failed(reflector, REFLECTOR_STATE_STREAMING, 0, now_ms);
	case REFLECTOR_EVENT_ERROR_STATUS:
		return reflector_list_refused(reflector, event, now_ms);
	case REFLECTOR_EVENT_TIMER:
		if (now_ms < reflector->deadline_ms)
			return 0;
		return reflector_failed(reflector, REFLECTOR_STATE_STREAMING, 0, now_ms);
	case REFLECTOR_EVENT_RESTART:
		return reflector_list_now(reflector, now_ms);
	case REFLECTOR_EVENT_START:
	case REFLECTOR_EVENT_BOOKMARK:
	case REFLECTOR_EVENT_INITIAL_END:
	case REFLECTOR_EVENT_WAKE:
	case REFLECTOR_EVENT_BEHIND:
	case _REFLECTOR_EVENT_MAX:
		break;
	}
	return 0;
}

/* Note (8): @next, but not together with all nodes. It is not a failure, so the backoff does not grow. */
static unsigned int reflector_soon(struct reflector *reflector, enum reflector_state next, int64_t now_ms)
{
	return reflector_wait(reflector, next, backoff_soon(&reflector->backoff), now_ms);
}

/* Note (10): how to go on after a watch that failed. */
static enum reflector_state reflector_resumption(const struct reflector *reflector)
{
	return reflector->cheap ? REFLECTOR_STATE_STREAMING : REFLECTOR_STATE_WATCHING;
}

/* Notes (4) and (8). */
static unsigned int reflector_watch_ended(struct reflector *reflector, int64_t now_ms)
{
	int64_t open_ms = now_ms - reflector->opened_ms;
	bool quiet = reflector->n_events == 0 && open_ms >= REFLECTOR_QUIET_MS;

	if (!reflector->answered || (reflector->n_events == 0 && open_ms < REFLECTOR_SHORT_MS))
		return reflector_failed(reflector, reflector_resumption(reflector), 0, now_ms);
	if (open_ms < (int64_t)reflector->timeout_s * 1000)
		return reflector_soon(reflector,
				      quiet ? REFLECTOR_STATE_STREAMING : reflector_resumption(reflector),
				      now_ms);
	return quiet ? reflector_list_now(reflector, now_ms) : reflector_watch_now(reflector, now_ms);
}

/* Note (6). */
static unsigned int reflector_watch_refused(struct reflector *reflector, const struct reflector_event *event,
					    int64_t now_ms)
{
	int64_t delay_ms;

	if (reflector_is_early_refusal(reflector, event))
		return reflector_refused_early(reflector, reflector_resumption(reflector),
					       event->retry_after_s, now_ms);
	/* A version that is too old is not a failure of the server, and it happens to all nodes at once. */
	if (event->code == 410) {
		/* The first answer after an outage: the server is back, the long delays are over. */
		if (reflector->after_failure && !reflector->n_events)
			backoff_reset(&reflector->backoff);
		delay_ms =
			backoff_delay(&reflector->backoff, event->retry_after_s, BACKOFF_SPREAD_MS, now_ms);
		return reflector_wait(reflector, REFLECTOR_STATE_STREAMING, delay_ms, now_ms);
	}
	if (event->code == 400 || event->code == 422 || event->version_too_large) {
		reflector->newest_only = event->version_too_large;
		return reflector_failed(reflector, REFLECTOR_STATE_STREAMING, event->retry_after_s, now_ms);
	}
	if (reflector_may_be_absent(reflector, event))
		return reflector_failed(reflector, REFLECTOR_STATE_STREAMING, event->retry_after_s, now_ms);
	if (event->code >= 500 && ++reflector->n_watch_errors >= REFLECTOR_WATCH_TRIES) {
		reflector->n_watch_errors = 0;
		return reflector_failed(reflector, REFLECTOR_STATE_STREAMING, event->retry_after_s, now_ms);
	}
	return reflector_failed(reflector, REFLECTOR_STATE_WATCHING, event->retry_after_s, now_ms);
}

static unsigned int reflector_watch_timer(struct reflector *reflector, int64_t now_ms)
{
	if (now_ms < reflector->deadline_ms)
		return 0;
	if (reflector->answered && !reflector->n_events)
		return reflector_failed(reflector, REFLECTOR_STATE_STREAMING, 0, now_ms);
	return reflector_failed(reflector, reflector_resumption(reflector), 0, now_ms);
}

static unsigned int reflector_watching(struct reflector *reflector, const struct reflector_event *event,
				       int64_t now_ms)
{
	switch (event->type) {
	case REFLECTOR_EVENT_RESPONSE:
		reflector->answered = true;
		reflector_active(reflector, now_ms);
		return reflector_recovered(reflector);
	case REFLECTOR_EVENT_OBJECT:
	case REFLECTOR_EVENT_BOOKMARK:
	case REFLECTOR_EVENT_INITIAL_END:
		if (event->type == REFLECTOR_EVENT_OBJECT)
			list_doubt_watched(&reflector->doubt);
		reflector->bookmarks |= event->type != REFLECTOR_EVENT_OBJECT;
		reflector->n_events++;
		reflector->n_watch_errors = 0;
		reflector_learn_version(reflector, event->resource_version);
		reflector_active(reflector, now_ms);
		return 0;
	case REFLECTOR_EVENT_STREAM_END:
	case REFLECTOR_EVENT_TRANSPORT_ERROR:
		return reflector_watch_ended(reflector, now_ms);
	case REFLECTOR_EVENT_ERROR_STATUS:
		return reflector_watch_refused(reflector, event, now_ms);
	case REFLECTOR_EVENT_TIMER:
		return reflector_watch_timer(reflector, now_ms);
	case REFLECTOR_EVENT_RESTART:
		return reflector->cheap ? reflector_list_now(reflector, now_ms)
					: reflector_watch_now(reflector, now_ms);
	case REFLECTOR_EVENT_BEHIND:
		if (!list_doubt_is_older(event->resource_version, reflector->known_version))
			return 0;
		return reflector_soon(reflector, REFLECTOR_STATE_STREAMING, now_ms);
	case REFLECTOR_EVENT_START:
	case REFLECTOR_EVENT_PAGE_END:
	case REFLECTOR_EVENT_WAKE:
	case _REFLECTOR_EVENT_MAX:
		break;
	}
	return 0;
}

static unsigned int reflector_waiting(struct reflector *reflector, const struct reflector_event *event,
				      int64_t now_ms)
{
	bool due = event->type == REFLECTOR_EVENT_RESTART ||
		   (event->type == REFLECTOR_EVENT_TIMER && now_ms >= reflector->deadline_ms);

	if (event->type == REFLECTOR_EVENT_WAKE)
		reflector->deadline_ms = backoff_wake(&reflector->backoff, reflector->deadline_ms, now_ms);
	if (event->type == REFLECTOR_EVENT_BEHIND &&
	    list_doubt_is_older(event->resource_version, reflector->known_version))
		reflector->next = REFLECTOR_STATE_STREAMING;
	if (!due)
		return 0;
	if (reflector->next == REFLECTOR_STATE_WATCHING)
		return reflector_open_watch(reflector, now_ms);
	return reflector_open_list(reflector, now_ms);
}

/* Keep what @event says about the connection of the open request. */
static void reflector_note_connection(struct reflector *reflector, const struct reflector_event *event,
				      int64_t now_ms)
{
	if (reflector->state != REFLECTOR_STATE_STREAMING && reflector->state != REFLECTOR_STATE_LISTING &&
	    reflector->state != REFLECTOR_STATE_WATCHING)
		return;
	switch (event->type) {
	case REFLECTOR_EVENT_RESPONSE:
	case REFLECTOR_EVENT_OBJECT:
	case REFLECTOR_EVENT_BOOKMARK:
	case REFLECTOR_EVENT_INITIAL_END:
	case REFLECTOR_EVENT_PAGE_END:
		reflector->last_answer_ms = now_ms;
		backoff_answered(&reflector->backoff);
		break;
	case REFLECTOR_EVENT_ERROR_STATUS:
		if (!reflector_is_early_refusal(reflector, event))
			backoff_reached(&reflector->backoff);
		break;
	case REFLECTOR_EVENT_TIMER:
		if (now_ms < reflector->deadline_ms)
			break;
		/* fall through */
	case REFLECTOR_EVENT_STREAM_END:
	case REFLECTOR_EVENT_TRANSPORT_ERROR:
		backoff_lost(&reflector->backoff, reflector->answered);
		break;
	case REFLECTOR_EVENT_START:
	case REFLECTOR_EVENT_RESTART:
	case REFLECTOR_EVENT_WAKE:
	case REFLECTOR_EVENT_BEHIND:
	case _REFLECTOR_EVENT_MAX:
		break;
	}
}

unsigned int reflector_handle(struct reflector *reflector, const struct reflector_event *event,
			      int64_t now_ms)
{
	reflector_note_connection(reflector, event, now_ms);
	switch (reflector->state) {
	case REFLECTOR_STATE_IDLE:
		if (event->type != REFLECTOR_EVENT_START)
			return 0;
		return reflector_open_list(reflector, now_ms);
	case REFLECTOR_STATE_STREAMING:
		return reflector_streaming(reflector, event, now_ms);
	case REFLECTOR_STATE_LISTING:
		return reflector_listing(reflector, event, now_ms);
	case REFLECTOR_STATE_WATCHING:
		return reflector_watching(reflector, event, now_ms);
	case REFLECTOR_STATE_BACKOFF:
		return reflector_waiting(reflector, event, now_ms);
	case REFLECTOR_STATE_DONE:
		return 0;
	case _REFLECTOR_STATE_MAX:
		break;
	}
	assert(!"a reflector without a state");
	return 0;
}

int64_t reflector_held_until(const struct reflector *reflector, const struct reflector *before)
{
	if (reflector->state != REFLECTOR_STATE_BACKOFF || !reflector->backoff.unreachable ||
	    !before->backoff.unreachable)
		return -1;
	return (before->state == REFLECTOR_STATE_BACKOFF ? before->deadline_ms : before->opened_ms) +
	       REFLECTOR_HOLD_MS;
}

void reflector_sent(struct reflector *reflector, int64_t now_ms)
{
	reflector->opened_ms = now_ms;
	reflector_active(reflector, now_ms);
}

bool reflector_replacing(const struct reflector *reflector)
{
	return reflector->replacing;
}

const char *reflector_state_name(enum reflector_state state)
{
	static const char *const names[_REFLECTOR_STATE_MAX] = {
		[REFLECTOR_STATE_IDLE] = "idle",       [REFLECTOR_STATE_STREAMING] = "streaming",
		[REFLECTOR_STATE_LISTING] = "listing", [REFLECTOR_STATE_WATCHING] = "watching",
		[REFLECTOR_STATE_BACKOFF] = "backoff", [REFLECTOR_STATE_DONE] = "done",
	};

	return state < _REFLECTOR_STATE_MAX ? names[state] : "unknown";
}
