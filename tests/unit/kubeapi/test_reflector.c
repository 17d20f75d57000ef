/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Each cell of the table in reflector.h, then the notes below it. */
#include "config.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "kubeapi/reflector.h"

#define START_MS 1000000

#define CLOSE	  REFLECTOR_ACTION_CLOSE
#define ABORT	  REFLECTOR_ACTION_REPLACE_ABORT
#define BEGIN	  REFLECTOR_ACTION_REPLACE_BEGIN
#define END	  REFLECTOR_ACTION_REPLACE_END
#define SYNCED	  REFLECTOR_ACTION_SYNCED
#define OPEN	  REFLECTOR_ACTION_OPEN
#define DEGRADED  REFLECTOR_ACTION_DEGRADED
#define RECOVERED REFLECTOR_ACTION_RECOVERED
#define ABSENT	  REFLECTOR_ACTION_ABSENT
#define BEHIND	  REFLECTOR_ACTION_BEHIND

#define STREAMING REFLECTOR_STATE_STREAMING
#define LISTING	  REFLECTOR_STATE_LISTING
#define WATCHING  REFLECTOR_STATE_WATCHING
#define BACKOFF	  REFLECTOR_STATE_BACKOFF
#define IDLE	  REFLECTOR_STATE_IDLE
#define DONE	  REFLECTOR_STATE_DONE

static unsigned int give(struct reflector *reflector, enum reflector_event_type type, int64_t now_ms)
{
	const struct reflector_event event = { .type = type, .resource_version = "7" };

	return reflector_handle(reflector, &event, now_ms);
}

static unsigned int give_status(struct reflector *reflector, int code, unsigned int retry_after_s,
				int64_t now_ms)
{
	const struct reflector_event event = {
		.type = REFLECTOR_EVENT_ERROR_STATUS,
		.code = code,
		.retry_after_s = retry_after_s,
	};

	return reflector_handle(reflector, &event, now_ms);
}

static unsigned int give_page(struct reflector *reflector, const char *token, int64_t now_ms)
{
	const struct reflector_event event = {
		.type = REFLECTOR_EVENT_PAGE_END,
		.resource_version = "9",
		.continue_token = token,
	};

	return reflector_handle(reflector, &event, now_ms);
}

/* Ways into each state. All of them happen at START_MS. */
static void to_idle(struct reflector *reflector)
{
	reflector_init(reflector, REFLECTOR_SELECTOR_NONE, true, 42);
}

static void to_streaming(struct reflector *reflector)
{
	to_idle(reflector);
	assert_int_equal(give(reflector, REFLECTOR_EVENT_START, START_MS), OPEN);
	assert_int_equal(reflector->state, STREAMING);
}

static void to_streaming_begun(struct reflector *reflector)
{
	to_streaming(reflector);
	assert_int_equal(give(reflector, REFLECTOR_EVENT_RESPONSE, START_MS), BEGIN);
}

static void to_listing(struct reflector *reflector)
{
	to_streaming(reflector);
	assert_int_equal(give_status(reflector, 422, 0, START_MS), CLOSE | OPEN);
	assert_int_equal(reflector->state, LISTING);
}

static void to_listing_begun(struct reflector *reflector)
{
	to_listing(reflector);
	assert_int_equal(give(reflector, REFLECTOR_EVENT_RESPONSE, START_MS), BEGIN);
	assert_int_equal(give(reflector, REFLECTOR_EVENT_OBJECT, START_MS), 0);
}

/* The rest of a streaming list. */
static void to_watching_streamed(struct reflector *reflector)
{
	to_streaming_begun(reflector);
	assert_int_equal(give(reflector, REFLECTOR_EVENT_OBJECT, START_MS), 0);
	assert_int_equal(give(reflector, REFLECTOR_EVENT_INITIAL_END, START_MS), END | SYNCED);
	assert_int_equal(reflector->state, WATCHING);
}

/* It breaks and is opened again, as if at once. */
static void watch_again(struct reflector *reflector)
{
	assert_int_equal(give(reflector, REFLECTOR_EVENT_STREAM_END, START_MS), CLOSE);
	assert_in_range(reflector->deadline_ms, START_MS, START_MS + BACKOFF_SPREAD_MS - 1);
	reflector->deadline_ms = START_MS;
	assert_int_equal(give(reflector, REFLECTOR_EVENT_TIMER, START_MS), OPEN);
}

/* A watch of its own, without an answer yet. */
static void to_watching(struct reflector *reflector)
{
	to_watching_streamed(reflector);
	watch_again(reflector);
	assert_int_equal(reflector->state, WATCHING);
	assert_string_equal(reflector->resource_version, "7");
}

static void to_watching_answered(struct reflector *reflector)
{
	to_watching(reflector);
	assert_int_equal(give(reflector, REFLECTOR_EVENT_RESPONSE, START_MS), 0);
}

static void to_watching_busy(struct reflector *reflector)
{
	to_watching_answered(reflector);
	assert_int_equal(give(reflector, REFLECTOR_EVENT_OBJECT, START_MS), 0);
}

static void to_backoff(struct reflector *reflector)
{
	to_streaming(reflector);
	assert_int_equal(give(reflector, REFLECTOR_EVENT_TRANSPORT_ERROR, START_MS), CLOSE | DEGRADED);
	assert_int_equal(reflector->state, BACKOFF);
}

static void to_backoff_watch(struct reflector *reflector)
{
	to_watching(reflector);
	assert_int_equal(give(reflector, REFLECTOR_EVENT_TRANSPORT_ERROR, START_MS), CLOSE | DEGRADED);
	assert_int_equal(reflector->state, BACKOFF);
}

static void to_done(struct reflector *reflector)
{
	reflector_init(reflector, REFLECTOR_SELECTOR_NONE, false, 42);
	assert_int_equal(give(reflector, REFLECTOR_EVENT_START, START_MS), OPEN);
	assert_int_equal(reflector->state, LISTING);
	assert_int_equal(give(reflector, REFLECTOR_EVENT_RESPONSE, START_MS), BEGIN);
	assert_int_equal(give_page(reflector, NULL, START_MS), CLOSE | END | SYNCED);
	assert_int_equal(reflector->state, DONE);
	assert_int_equal(reflector->deadline_ms, -1);
}

/**
 * struct cell - One event in one state
 * @to:		brings the reflector into the state
 * @after_ms:	from then to the event
 * @next:	for BACKOFF: the state after it
 */
struct cell {
	void (*to)(struct reflector *reflector);
	enum reflector_event_type event;
	int64_t after_ms;
	unsigned int actions;
	enum reflector_state state;
	enum reflector_state next;
};

#define EVENT(name) REFLECTOR_EVENT_##name
#define FULL_MS	    (1000 * REFLECTOR_WATCH_MAX_S) /* a watch has lasted as long as it may */
#define LATE	    100000000			   /* after every deadline */

static const struct cell cells[] = {
	{ to_idle, EVENT(START), 0, OPEN, STREAMING, 0 },
	{ to_idle, EVENT(RESPONSE), 0, 0, IDLE, 0 },
	{ to_idle, EVENT(OBJECT), 0, 0, IDLE, 0 },
	{ to_idle, EVENT(BOOKMARK), 0, 0, IDLE, 0 },
	{ to_idle, EVENT(INITIAL_END), 0, 0, IDLE, 0 },
	{ to_idle, EVENT(PAGE_END), 0, 0, IDLE, 0 },
	{ to_idle, EVENT(STREAM_END), 0, 0, IDLE, 0 },
	{ to_idle, EVENT(TRANSPORT_ERROR), 0, 0, IDLE, 0 },
	{ to_idle, EVENT(ERROR_STATUS), 0, 0, IDLE, 0 },
	{ to_idle, EVENT(TIMER), LATE, 0, IDLE, 0 },
	{ to_idle, EVENT(RESTART), 0, 0, IDLE, 0 },
	{ to_idle, EVENT(WAKE), 0, 0, IDLE, 0 },
	{ to_idle, EVENT(BEHIND), 0, 0, IDLE, 0 },

	{ to_streaming, EVENT(START), 0, 0, STREAMING, 0 },
	{ to_streaming, EVENT(RESPONSE), 0, BEGIN, STREAMING, 0 },
	{ to_streaming_begun, EVENT(OBJECT), 0, 0, STREAMING, 0 },
	{ to_streaming_begun, EVENT(BOOKMARK), 0, CLOSE | ABORT | OPEN, LISTING, 0 },
	{ to_streaming_begun, EVENT(INITIAL_END), 0, END | SYNCED, WATCHING, 0 },
	{ to_streaming_begun, EVENT(PAGE_END), 0, 0, STREAMING, 0 },
	{ to_streaming_begun, EVENT(STREAM_END), 0, CLOSE | ABORT | DEGRADED, BACKOFF, STREAMING },
	{ to_streaming_begun, EVENT(TRANSPORT_ERROR), 0, CLOSE | ABORT | DEGRADED, BACKOFF, STREAMING },
	{ to_streaming, EVENT(STREAM_END), 0, CLOSE | DEGRADED, BACKOFF, STREAMING },
	{ to_streaming, EVENT(TRANSPORT_ERROR), 0, CLOSE | DEGRADED, BACKOFF, STREAMING },
	{ to_streaming, EVENT(ERROR_STATUS), 0, CLOSE | DEGRADED, BACKOFF, STREAMING },
	{ to_streaming_begun, EVENT(ERROR_STATUS), 0, CLOSE | ABORT | DEGRADED, BACKOFF, STREAMING },
	{ to_streaming, EVENT(TIMER), REFLECTOR_RESPONSE_MS - 1, 0, STREAMING, 0 },
	{ to_streaming, EVENT(TIMER), REFLECTOR_RESPONSE_MS, CLOSE | DEGRADED, BACKOFF, STREAMING },
	{ to_streaming_begun, EVENT(TIMER), REFLECTOR_INITIAL_MS - 1, 0, STREAMING, 0 },
	{ to_streaming_begun, EVENT(TIMER), REFLECTOR_INITIAL_MS, CLOSE | ABORT | OPEN, LISTING, 0 },
	{ to_streaming, EVENT(RESTART), 0, CLOSE | OPEN, STREAMING, 0 },
	{ to_streaming_begun, EVENT(RESTART), 0, CLOSE | ABORT | OPEN, STREAMING, 0 },
	{ to_streaming, EVENT(WAKE), 0, 0, STREAMING, 0 },
	{ to_streaming, EVENT(BEHIND), 0, 0, STREAMING, 0 },

	{ to_listing, EVENT(START), 0, 0, LISTING, 0 },
	{ to_listing, EVENT(RESPONSE), 0, BEGIN, LISTING, 0 },
	{ to_listing_begun, EVENT(RESPONSE), 0, 0, LISTING, 0 },
	{ to_listing_begun, EVENT(OBJECT), 0, 0, LISTING, 0 },
	{ to_listing_begun, EVENT(BOOKMARK), 0, 0, LISTING, 0 },
	{ to_listing_begun, EVENT(INITIAL_END), 0, 0, LISTING, 0 },
	{ to_listing_begun, EVENT(PAGE_END), 0, CLOSE | END | SYNCED | OPEN, WATCHING, 0 },
	{ to_listing, EVENT(STREAM_END), 0, CLOSE | DEGRADED, BACKOFF, STREAMING },
	{ to_listing, EVENT(TRANSPORT_ERROR), 0, CLOSE | DEGRADED, BACKOFF, STREAMING },
	{ to_listing, EVENT(ERROR_STATUS), 0, CLOSE | DEGRADED, BACKOFF, STREAMING },
	{ to_listing_begun, EVENT(STREAM_END), 0, CLOSE | ABORT | DEGRADED, BACKOFF, STREAMING },
	{ to_listing_begun, EVENT(TRANSPORT_ERROR), 0, CLOSE | ABORT | DEGRADED, BACKOFF, STREAMING },
	{ to_listing_begun, EVENT(ERROR_STATUS), 0, CLOSE | ABORT | DEGRADED, BACKOFF, STREAMING },
	{ to_listing, EVENT(TIMER), REFLECTOR_RESPONSE_MS - 1, 0, LISTING, 0 },
	{ to_listing, EVENT(TIMER), REFLECTOR_RESPONSE_MS, CLOSE | DEGRADED, BACKOFF, STREAMING },
	{ to_listing_begun, EVENT(TIMER), REFLECTOR_RESPONSE_MS, CLOSE | ABORT | DEGRADED, BACKOFF,
	  STREAMING },
	{ to_listing, EVENT(RESTART), 0, CLOSE | OPEN, LISTING, 0 },
	{ to_listing_begun, EVENT(RESTART), 0, CLOSE | ABORT | OPEN, LISTING, 0 },
	{ to_listing, EVENT(WAKE), 0, 0, LISTING, 0 },
	{ to_listing, EVENT(BEHIND), 0, 0, LISTING, 0 },

	{ to_watching, EVENT(START), 0, 0, WATCHING, 0 },
	{ to_watching, EVENT(RESPONSE), 0, 0, WATCHING, 0 },
	{ to_watching_answered, EVENT(OBJECT), 0, 0, WATCHING, 0 },
	{ to_watching_answered, EVENT(BOOKMARK), 0, 0, WATCHING, 0 },
	{ to_watching_answered, EVENT(INITIAL_END), 0, 0, WATCHING, 0 },
	{ to_watching_answered, EVENT(PAGE_END), 0, 0, WATCHING, 0 },
	{ to_watching_busy, EVENT(STREAM_END), 0, CLOSE, BACKOFF, WATCHING },
	{ to_watching_busy, EVENT(STREAM_END), FULL_MS, CLOSE | OPEN, WATCHING, 0 },
	{ to_watching_answered, EVENT(STREAM_END), REFLECTOR_SHORT_MS - 1, CLOSE | DEGRADED, BACKOFF,
	  WATCHING },
	{ to_watching_answered, EVENT(STREAM_END), REFLECTOR_SHORT_MS, CLOSE, BACKOFF, WATCHING },
	{ to_watching_answered, EVENT(STREAM_END), REFLECTOR_QUIET_MS - 1, CLOSE, BACKOFF, WATCHING },
	{ to_watching_answered, EVENT(STREAM_END), REFLECTOR_QUIET_MS, CLOSE, BACKOFF, STREAMING },
	{ to_watching_answered, EVENT(STREAM_END), FULL_MS, CLOSE | OPEN, STREAMING, 0 },
	{ to_watching_busy, EVENT(TRANSPORT_ERROR), 0, CLOSE, BACKOFF, WATCHING },
	{ to_watching_busy, EVENT(TRANSPORT_ERROR), FULL_MS, CLOSE | OPEN, WATCHING, 0 },
	{ to_watching, EVENT(TRANSPORT_ERROR), LATE, CLOSE | DEGRADED, BACKOFF, WATCHING },
	{ to_watching_answered, EVENT(TRANSPORT_ERROR), 0, CLOSE | DEGRADED, BACKOFF, WATCHING },
	{ to_watching_busy, EVENT(ERROR_STATUS), 0, CLOSE | DEGRADED, BACKOFF, WATCHING },
	{ to_watching, EVENT(TIMER), REFLECTOR_RESPONSE_MS - 1, 0, WATCHING, 0 },
	{ to_watching, EVENT(TIMER), REFLECTOR_RESPONSE_MS, CLOSE | DEGRADED, BACKOFF, WATCHING },
	{ to_watching_answered, EVENT(TIMER), REFLECTOR_SILENCE_MS - 1, 0, WATCHING, 0 },
	{ to_watching_answered, EVENT(TIMER), REFLECTOR_SILENCE_MS, CLOSE | DEGRADED, BACKOFF, STREAMING },
	{ to_watching_busy, EVENT(TIMER), REFLECTOR_SILENCE_MS, CLOSE | DEGRADED, BACKOFF, WATCHING },
	{ to_watching, EVENT(STREAM_END), LATE, CLOSE | DEGRADED, BACKOFF, WATCHING },
	{ to_watching, EVENT(ERROR_STATUS), 0, CLOSE | DEGRADED, BACKOFF, WATCHING },
	{ to_watching, EVENT(RESTART), 0, CLOSE | OPEN, WATCHING, 0 },
	{ to_watching_answered, EVENT(ERROR_STATUS), 0, CLOSE | DEGRADED, BACKOFF, WATCHING },
	{ to_watching_busy, EVENT(RESTART), 0, CLOSE | OPEN, WATCHING, 0 },
	{ to_watching, EVENT(WAKE), 0, 0, WATCHING, 0 },
	{ to_watching, EVENT(BEHIND), 0, 0, WATCHING, 0 },

	/* The rest of a streaming list is a watch that has had a bookmark. */
	{ to_watching_streamed, EVENT(START), 0, 0, WATCHING, 0 },
	{ to_watching_streamed, EVENT(RESPONSE), 0, 0, WATCHING, 0 },
	{ to_watching_streamed, EVENT(OBJECT), 0, 0, WATCHING, 0 },
	{ to_watching_streamed, EVENT(BOOKMARK), 0, 0, WATCHING, 0 },
	{ to_watching_streamed, EVENT(INITIAL_END), 0, 0, WATCHING, 0 },
	{ to_watching_streamed, EVENT(PAGE_END), 0, 0, WATCHING, 0 },
	{ to_watching_streamed, EVENT(STREAM_END), 0, CLOSE, BACKOFF, WATCHING },
	{ to_watching_streamed, EVENT(STREAM_END), FULL_MS, CLOSE | OPEN, WATCHING, 0 },
	{ to_watching_streamed, EVENT(TRANSPORT_ERROR), 0, CLOSE, BACKOFF, WATCHING },
	{ to_watching_streamed, EVENT(ERROR_STATUS), 0, CLOSE | DEGRADED, BACKOFF, WATCHING },
	{ to_watching_streamed, EVENT(TIMER), REFLECTOR_SILENCE_MS - 1, 0, WATCHING, 0 },
	{ to_watching_streamed, EVENT(TIMER), REFLECTOR_SILENCE_MS, CLOSE | DEGRADED, BACKOFF, WATCHING },
	{ to_watching_streamed, EVENT(RESTART), 0, CLOSE | OPEN, WATCHING, 0 },
	{ to_watching_streamed, EVENT(WAKE), 0, 0, WATCHING, 0 },
	{ to_watching_streamed, EVENT(BEHIND), 0, 0, WATCHING, 0 },

	{ to_backoff, EVENT(START), 0, 0, BACKOFF, STREAMING },
	{ to_backoff, EVENT(RESPONSE), 0, 0, BACKOFF, STREAMING },
	{ to_backoff, EVENT(OBJECT), 0, 0, BACKOFF, STREAMING },
	{ to_backoff, EVENT(BOOKMARK), 0, 0, BACKOFF, STREAMING },
	{ to_backoff, EVENT(INITIAL_END), 0, 0, BACKOFF, STREAMING },
	{ to_backoff, EVENT(PAGE_END), 0, 0, BACKOFF, STREAMING },
	{ to_backoff, EVENT(STREAM_END), 0, 0, BACKOFF, STREAMING },
	{ to_backoff, EVENT(TRANSPORT_ERROR), 0, 0, BACKOFF, STREAMING },
	{ to_backoff, EVENT(ERROR_STATUS), 0, 0, BACKOFF, STREAMING },
	{ to_backoff, EVENT(TIMER), BACKOFF_MIN_MS - 1, 0, BACKOFF, STREAMING },
	{ to_backoff, EVENT(TIMER), 2 * BACKOFF_MIN_MS, OPEN, STREAMING, 0 },
	{ to_backoff_watch, EVENT(TIMER), 2 * BACKOFF_MIN_MS, OPEN, WATCHING, 0 },
	{ to_backoff, EVENT(RESTART), 0, OPEN, STREAMING, 0 },
	{ to_backoff_watch, EVENT(RESTART), 0, OPEN, WATCHING, 0 },
	{ to_backoff, EVENT(WAKE), 0, 0, BACKOFF, STREAMING },
	{ to_backoff_watch, EVENT(WAKE), 0, 0, BACKOFF, WATCHING },
	{ to_backoff, EVENT(BEHIND), 0, 0, BACKOFF, STREAMING },
	{ to_backoff_watch, EVENT(BEHIND), 0, 0, BACKOFF, WATCHING },

	{ to_done, EVENT(START), 0, 0, DONE, 0 },
	{ to_done, EVENT(RESPONSE), 0, 0, DONE, 0 },
	{ to_done, EVENT(OBJECT), 0, 0, DONE, 0 },
	{ to_done, EVENT(BOOKMARK), 0, 0, DONE, 0 },
	{ to_done, EVENT(INITIAL_END), 0, 0, DONE, 0 },
	{ to_done, EVENT(PAGE_END), 0, 0, DONE, 0 },
	{ to_done, EVENT(STREAM_END), 0, 0, DONE, 0 },
	{ to_done, EVENT(TRANSPORT_ERROR), 0, 0, DONE, 0 },
	{ to_done, EVENT(ERROR_STATUS), 0, 0, DONE, 0 },
	{ to_done, EVENT(TIMER), LATE, 0, DONE, 0 },
	{ to_done, EVENT(RESTART), 0, 0, DONE, 0 },
	{ to_done, EVENT(WAKE), 0, 0, DONE, 0 },
	{ to_done, EVENT(BEHIND), 0, 0, DONE, 0 },
};

static void test_cells(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cells); i++) {
		const struct cell *cell = &cells[i];
		struct reflector reflector;
		unsigned int actions;

		cell->to(&reflector);
		actions = give(&reflector, cell->event, START_MS + cell->after_ms);
		if (actions != cell->actions || reflector.state != cell->state ||
		    (cell->state == BACKOFF && reflector.next != cell->next))
			fail_msg("cell %zu: actions 0x%x instead of 0x%x, state %s instead of %s", i, actions,
				 cell->actions, reflector_state_name(reflector.state),
				 reflector_state_name(cell->state));
		/* A replacement cannot both begin and be aborted. */
		if (actions & (ABORT | END))
			assert_false(reflector_replacing(&reflector));
		reflector_done(&reflector);
	}
}

static void test_every_event_has_a_cell(void **state)
{
	bool seen[_REFLECTOR_STATE_MAX][_REFLECTOR_EVENT_MAX] = { { false } };
	size_t i, from, event;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cells); i++) {
		struct reflector reflector;

		cells[i].to(&reflector);
		seen[reflector.state][cells[i].event] = true;
		reflector_done(&reflector);
	}
	for (from = 0; from < _REFLECTOR_STATE_MAX; from++)
		for (event = 0; event < _REFLECTOR_EVENT_MAX; event++)
			if (!seen[from][event])
				fail_msg("no cell for event %zu in state %s", event,
					 reflector_state_name((enum reflector_state)from));
}

/* Note (1): pages for an hour, then the streaming list is tried again. */
static void test_streaming_comes_back(void **state)
{
	struct reflector reflector;

	(void)state;
	to_listing_begun(&reflector);
	assert_string_equal(reflector.resource_version, "0");
	assert_int_equal(give_page(&reflector, NULL, START_MS), CLOSE | END | SYNCED | OPEN);
	assert_string_equal(reflector.resource_version, "9");
	assert_int_equal(give_status(&reflector, 410, 0, START_MS), CLOSE);
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_TIMER, reflector.deadline_ms), OPEN);
	assert_int_equal(reflector.state, LISTING);
	assert_string_equal(reflector.resource_version, "9");
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_RESPONSE, START_MS), BEGIN);
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_OBJECT, START_MS), 0);
	assert_int_equal(give_page(&reflector, NULL, START_MS), CLOSE | END | OPEN);
	assert_int_equal(give_status(&reflector, 410, 0, START_MS + REFLECTOR_STREAM_RETRY_MS), CLOSE);
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_TIMER, reflector.deadline_ms), OPEN);
	assert_int_equal(reflector.state, STREAMING);
	assert_string_equal(reflector.resource_version, "");
	reflector_done(&reflector);
}

static void test_codes_that_refuse_streaming(void **state)
{
	static const int refusals[] = { 400, 405, 406, 415, 422, 501 };
	static const int failures[] = { 301, 401, 403, 404, 429, 500, 502, 503, 504 };
	struct reflector reflector;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(refusals); i++) {
		to_streaming(&reflector);
		assert_int_equal(give_status(&reflector, refusals[i], 0, START_MS), CLOSE | OPEN);
		assert_int_equal(reflector.state, LISTING);
		reflector_done(&reflector);
	}
	for (i = 0; i < ARRAY_SIZE(failures); i++) {
		to_streaming(&reflector);
		assert_int_equal(give_status(&reflector, failures[i], 0, START_MS), CLOSE | DEGRADED);
		assert_int_equal(reflector.state, BACKOFF);
		assert_int_equal(give(&reflector, REFLECTOR_EVENT_TIMER, reflector.deadline_ms), OPEN);
		assert_int_equal(reflector.state, STREAMING);
		reflector_done(&reflector);
	}
}

/* Note (2). */
static void test_sudden_emptiness_is_doubted(void **state)
{
	struct reflector reflector;
	int64_t now_ms = START_MS;
	int i;

	(void)state;
	to_watching_streamed(&reflector);
	for (i = 0; i < LIST_DOUBT_TRIES; i++) {
		(void)give_status(&reflector, 410, 0, now_ms);
		now_ms = reflector.deadline_ms;
		assert_int_equal(give(&reflector, REFLECTOR_EVENT_TIMER, now_ms), OPEN);
		assert_int_equal(give(&reflector, REFLECTOR_EVENT_RESPONSE, now_ms), BEGIN);
		assert_int_equal(give(&reflector, REFLECTOR_EVENT_INITIAL_END, now_ms),
				 CLOSE | ABORT | DEGRADED);
	}
	now_ms = reflector.deadline_ms;
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_TIMER, now_ms), OPEN);
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_RESPONSE, now_ms), BEGIN);
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_INITIAL_END, now_ms), END | RECOVERED);
	reflector_done(&reflector);
	/* Objects of a list that broke count, too. */
	to_listing_begun(&reflector);
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_TRANSPORT_ERROR, START_MS),
			 CLOSE | ABORT | DEGRADED);
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_TIMER, reflector.deadline_ms), OPEN);
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_RESPONSE, START_MS), BEGIN);
	assert_int_equal(give_page(&reflector, NULL, START_MS), CLOSE | ABORT | DEGRADED);
	reflector_done(&reflector);
	/* At the start, and if it was empty before, an empty list is accepted. */
	to_listing(&reflector);
	(void)give(&reflector, REFLECTOR_EVENT_RESPONSE, START_MS);
	assert_int_equal(give_page(&reflector, NULL, START_MS), CLOSE | END | SYNCED | OPEN);
	reflector_done(&reflector);
}

/* Note (3). */
static void test_broken_streams_end_streaming(void **state)
{
	struct reflector reflector;

	(void)state;
	to_streaming_begun(&reflector);
	(void)give(&reflector, REFLECTOR_EVENT_TRANSPORT_ERROR, START_MS);
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_TIMER, reflector.deadline_ms), OPEN);
	/* Without an answer it says nothing about streaming. */
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_TRANSPORT_ERROR, START_MS), CLOSE | DEGRADED);
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_TIMER, reflector.deadline_ms), OPEN);
	assert_int_equal(reflector.state, STREAMING);
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_RESPONSE, START_MS), BEGIN);
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_STREAM_END, START_MS), CLOSE | ABORT | OPEN);
	assert_int_equal(reflector.state, LISTING);
	reflector_done(&reflector);
}

/* Note (5): an optional selector is dropped, a required one is kept. */
static void test_field_selector_is_dropped(void **state)
{
	struct reflector reflector;

	(void)state;
	reflector_init(&reflector, REFLECTOR_SELECTOR_OPTIONAL, true, 1);
	(void)give(&reflector, REFLECTOR_EVENT_START, START_MS);
	assert_int_equal(give_status(&reflector, 400, 0, START_MS), CLOSE | OPEN);
	assert_int_equal(reflector.state, STREAMING);
	assert_int_equal(reflector.field_selector, REFLECTOR_SELECTOR_NONE);
	assert_int_equal(give_status(&reflector, 400, 0, START_MS), CLOSE | OPEN);
	assert_int_equal(reflector.state, LISTING);
	assert_int_equal(give_status(&reflector, 400, 0, START_MS), CLOSE | DEGRADED);
	reflector_done(&reflector);
	reflector_init(&reflector, REFLECTOR_SELECTOR_REQUIRED, false, 1);
	(void)give(&reflector, REFLECTOR_EVENT_START, START_MS);
	assert_int_equal(give_status(&reflector, 400, 0, START_MS), CLOSE | DEGRADED);
	assert_int_equal(reflector.field_selector, REFLECTOR_SELECTOR_REQUIRED);
	reflector_done(&reflector);
}

/* Note (5): 410 between two pages. */
static void test_expired_pages(void **state)
{
	struct reflector reflector;

	(void)state;
	to_listing_begun(&reflector);
	assert_int_equal(give_page(&reflector, "more", START_MS), CLOSE | OPEN);
	assert_string_equal(reflector.continue_token, "more");
	assert_true(reflector_replacing(&reflector));
	assert_int_equal(give_status(&reflector, 410, 0, START_MS), CLOSE | ABORT | OPEN);
	assert_int_equal(reflector.state, LISTING);
	assert_null(reflector.continue_token);
	assert_string_equal(reflector.resource_version, "");
	assert_true(reflector.paged);
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_RESPONSE, START_MS), BEGIN);
	assert_int_equal(give_page(&reflector, "other", START_MS), CLOSE | OPEN);
	assert_int_equal(give_status(&reflector, 410, 0, START_MS), CLOSE | ABORT | DEGRADED);
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_TIMER, reflector.deadline_ms), OPEN);
	assert_false(reflector.paged);
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_RESPONSE, START_MS), BEGIN);
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_OBJECT, START_MS), 0);
	assert_int_equal(give_page(&reflector, "", START_MS), CLOSE | END | SYNCED | OPEN | RECOVERED);
	assert_true(reflector.paged);
	reflector_done(&reflector);
}

/* Note (2): a list is given up in its middle. */
static void test_lists_without_end(void **state)
{
	struct reflector reflector;
	char token[32];
	uint64_t i;

	(void)state;
	/* Pages, each with a token of its own. */
	to_listing_begun(&reflector);
	for (i = 1; i < LIST_DOUBT_SIZE_MAX; i++) {
		(void)snprintf(token, sizeof(token), "%" PRIu64, i);
		assert_int_equal(give_page(&reflector, token, START_MS), CLOSE | OPEN);
	}
	assert_int_equal(give_page(&reflector, "last", START_MS), CLOSE | ABORT | DEGRADED);
	assert_int_equal(reflector.doubt.reason, LIST_DOUBT_ENDLESS);
	/* It is counted from the beginning again. */
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_TIMER, reflector.deadline_ms), OPEN);
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_RESPONSE, START_MS), BEGIN);
	assert_int_equal(give_page(&reflector, "last", START_MS), CLOSE | OPEN);
	reflector_done(&reflector);

	/* Objects of a streaming list. */
	to_streaming(&reflector);
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_RESPONSE, START_MS), BEGIN);
	for (i = 0; i < LIST_DOUBT_SIZE_MAX; i++)
		assert_int_equal(give(&reflector, REFLECTOR_EVENT_OBJECT, START_MS), 0);
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_OBJECT, START_MS), CLOSE | ABORT | DEGRADED);
	assert_int_equal(reflector.doubt.reason, LIST_DOUBT_ENDLESS);
	reflector_done(&reflector);
}

static void test_pages_in_a_circle(void **state)
{
	struct reflector reflector;

	(void)state;
	to_listing_begun(&reflector);
	assert_int_equal(give_page(&reflector, "more", START_MS), CLOSE | OPEN);
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_RESPONSE, START_MS), 0);
	assert_int_equal(give_page(&reflector, "more", START_MS), CLOSE | ABORT | DEGRADED);
	assert_int_equal(reflector.doubt.reason, LIST_DOUBT_PAGES_REPEAT);
	reflector_done(&reflector);
}

/* A request that waited before it was sent, for credentials, is measured from there on. */
static void test_a_request_that_waited(void **state)
{
	const int64_t sent_ms = START_MS + 20000;
	struct reflector reflector;

	(void)state;
	to_watching(&reflector);
	reflector_sent(&reflector, sent_ms);
	assert_int_equal(reflector.deadline_ms, sent_ms + REFLECTOR_RESPONSE_MS);
	/* A very short watch, note (4). */
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_RESPONSE, sent_ms), 0);
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_STREAM_END, sent_ms + REFLECTOR_SHORT_MS - 1),
			 CLOSE | DEGRADED);
	reflector_done(&reflector);
	/* A silent server. */
	to_listing(&reflector);
	reflector_sent(&reflector, sent_ms);
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_TIMER, START_MS + REFLECTOR_RESPONSE_MS), 0);
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_TIMER, sent_ms + REFLECTOR_RESPONSE_MS),
			 CLOSE | DEGRADED);
	reflector_done(&reflector);
	/* Note (9): how long it holds the others. */
	to_backoff(&reflector);
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_TIMER, reflector.deadline_ms), OPEN);
	reflector_sent(&reflector, sent_ms);
	assert_int_equal(reflector.opened_ms, sent_ms);
	reflector_done(&reflector);
}

/* A version that the server does not have: ask for the newest state. */
static void test_version_too_large(void **state)
{
	const struct reflector_event event = {
		.type = REFLECTOR_EVENT_ERROR_STATUS,
		.code = 504,
		.retry_after_s = 1,
		.version_too_large = true,
	};
	struct reflector reflector;

	(void)state;
	to_listing_begun(&reflector);
	assert_int_equal(give_page(&reflector, NULL, START_MS), CLOSE | END | SYNCED | OPEN);
	assert_int_equal(reflector_handle(&reflector, &event, START_MS), CLOSE | DEGRADED);
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_TIMER, reflector.deadline_ms), OPEN);
	assert_int_equal(reflector.state, LISTING);
	assert_string_equal(reflector.resource_version, "");
	reflector_done(&reflector);
	/* The same if a list gets the error. */
	to_listing_begun(&reflector);
	assert_int_equal(reflector_handle(&reflector, &event, START_MS), CLOSE | ABORT | OPEN);
	assert_string_equal(reflector.resource_version, "");
	assert_int_equal(reflector_handle(&reflector, &event, START_MS), CLOSE | DEGRADED);
	reflector_done(&reflector);
}

/* Note (6). */
static void test_watch_refusals(void **state)
{
	static const struct {
		int code;
		unsigned int actions;
		enum reflector_state next;
	} rows[] = {
		{ 410, CLOSE, STREAMING },
		{ 400, CLOSE | DEGRADED, STREAMING },
		{ 422, CLOSE | DEGRADED, STREAMING },
		{ 401, CLOSE | DEGRADED, WATCHING },
		{ 403, CLOSE | DEGRADED, WATCHING },
		{ 404, CLOSE | DEGRADED, WATCHING },
		{ 429, CLOSE | DEGRADED, WATCHING },
		{ 500, CLOSE | DEGRADED, WATCHING },
		{ 503, CLOSE | DEGRADED, WATCHING },
	};
	struct reflector reflector;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		to_watching(&reflector);
		assert_int_equal(give_status(&reflector, rows[i].code, 0, START_MS), rows[i].actions);
		assert_int_equal(reflector.state, BACKOFF);
		assert_int_equal(reflector.next, rows[i].next);
		assert_int_equal(give(&reflector, REFLECTOR_EVENT_TIMER, reflector.deadline_ms), OPEN);
		if (rows[i].next == WATCHING)
			assert_string_equal(reflector.resource_version, "7");
		reflector_done(&reflector);
	}
	to_watching(&reflector);
	for (i = 1; i < REFLECTOR_WATCH_TRIES; i++) {
		(void)give_status(&reflector, 500, 0, START_MS);
		assert_int_equal(reflector.next, WATCHING);
		(void)give(&reflector, REFLECTOR_EVENT_TIMER, reflector.deadline_ms);
	}
	(void)give_status(&reflector, 500, 0, START_MS);
	assert_int_equal(reflector.next, STREAMING);
	reflector_done(&reflector);
}

/* Any error in any state: nothing is complete, and it is tried again, but not without a delay for ever. */
static void test_every_code(void **state)
{
	static void (*const ways[])(struct reflector *) = { to_streaming,	  to_streaming_begun,
							    to_listing,		  to_listing_begun,
							    to_watching_streamed, to_watching,
							    to_watching_answered, to_watching_busy };
	struct reflector reflector;
	int code, tries;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(ways); i++) {
		for (code = -1; code < 1000; code++) {
			unsigned int actions;

			ways[i](&reflector);
			for (tries = 0; tries < 3 && reflector.state != BACKOFF; tries++) {
				actions = give_status(&reflector, code, 0, START_MS);
				assert_int_equal(actions & (END | SYNCED | BEGIN | ABSENT | RECOVERED), 0);
				assert_true(actions & CLOSE);
				assert_false(reflector_replacing(&reflector));
			}
			assert_int_equal(reflector.state, BACKOFF);
			assert_in_range(reflector.deadline_ms, START_MS + BACKOFF_MIN_MS,
					START_MS + BACKOFF_MAX_MS);
			reflector_done(&reflector);
		}
	}
}

/* In a watch, versions are names: it goes on from the last one, even if its number is smaller. */
static void test_versions_out_of_order(void **state)
{
	static const char *const versions[] = { "12", "9", "x" };
	struct reflector reflector;
	size_t i;

	(void)state;
	to_watching_answered(&reflector);
	for (i = 0; i < ARRAY_SIZE(versions); i++) {
		const struct reflector_event event = { .type = REFLECTOR_EVENT_OBJECT,
						       .resource_version = versions[i] };

		assert_int_equal(reflector_handle(&reflector, &event, START_MS), 0);
	}
	watch_again(&reflector);
	assert_string_equal(reflector.resource_version, "x");
	reflector_done(&reflector);
}

static void test_backoff_grows_and_resets(void **state)
{
	struct reflector reflector;
	int64_t now_ms = START_MS, base_ms = BACKOFF_MIN_MS;
	bool jitter = false;
	int i;

	(void)state;
	to_streaming(&reflector);
	for (i = 0; i < 12; i++) {
		int64_t delay_ms;

		(void)give(&reflector, REFLECTOR_EVENT_TRANSPORT_ERROR, now_ms);
		delay_ms = reflector.deadline_ms - now_ms;
		assert_in_range(delay_ms, base_ms, 2 * base_ms - 1);
		jitter |= delay_ms != base_ms;
		base_ms = base_ms * 2 > BACKOFF_UNREACHABLE_MAX_MS ? BACKOFF_UNREACHABLE_MAX_MS : base_ms * 2;
		now_ms = reflector.deadline_ms;
		assert_int_equal(give(&reflector, REFLECTOR_EVENT_TIMER, now_ms), OPEN);
	}
	assert_true(jitter);
	now_ms += BACKOFF_RESET_MS + 1;
	(void)give(&reflector, REFLECTOR_EVENT_TRANSPORT_ERROR, now_ms);
	assert_in_range(reflector.deadline_ms - now_ms, BACKOFF_MIN_MS, 2 * BACKOFF_MIN_MS - 1);
	reflector_done(&reflector);
}

/* A server that is back, and has forgotten our version, is asked without the long delay of an outage. */
static void test_expired_after_an_outage(void **state)
{
	struct reflector reflector;
	int64_t now_ms = START_MS, delay_ms = 0;
	int i;

	(void)state;
	to_watching(&reflector);
	for (i = 0; i < 8; i++) {
		(void)give(&reflector, REFLECTOR_EVENT_TRANSPORT_ERROR, now_ms);
		now_ms = reflector.deadline_ms;
		assert_int_equal(give(&reflector, REFLECTOR_EVENT_TIMER, now_ms), OPEN);
	}
	assert_int_equal(give_status(&reflector, 410, 0, now_ms), CLOSE);
	assert_in_range(reflector.deadline_ms - now_ms, BACKOFF_MIN_MS, BACKOFF_MIN_MS + BACKOFF_SPREAD_MS);
	/* In practice the error comes in a watch that begins with 200. */
	now_ms = reflector.deadline_ms;
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_TIMER, now_ms), OPEN);
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_RESPONSE, now_ms), BEGIN);
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_OBJECT, now_ms), 0);
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_INITIAL_END, now_ms), END | RECOVERED);
	(void)give(&reflector, REFLECTOR_EVENT_STREAM_END, now_ms);
	for (i = 0; i < 8; i++) {
		now_ms = reflector.deadline_ms;
		assert_int_equal(give(&reflector, REFLECTOR_EVENT_TIMER, now_ms), OPEN);
		(void)give(&reflector, REFLECTOR_EVENT_TRANSPORT_ERROR, now_ms);
	}
	now_ms = reflector.deadline_ms;
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_TIMER, now_ms), OPEN);
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_RESPONSE, now_ms), RECOVERED);
	assert_int_equal(give_status(&reflector, 410, 0, now_ms), CLOSE);
	assert_in_range(reflector.deadline_ms - now_ms, BACKOFF_MIN_MS, BACKOFF_MIN_MS + BACKOFF_SPREAD_MS);
	/* But a server that forgets the version it has just listed is. */
	for (i = 0; i < 8; i++) {
		now_ms = reflector.deadline_ms;
		assert_int_equal(give(&reflector, REFLECTOR_EVENT_TIMER, now_ms), OPEN);
		(void)give(&reflector, REFLECTOR_EVENT_RESPONSE, now_ms);
		(void)give(&reflector, REFLECTOR_EVENT_OBJECT, now_ms);
		(void)give(&reflector, REFLECTOR_EVENT_INITIAL_END, now_ms);
		assert_int_equal(give_status(&reflector, 410, 0, now_ms), CLOSE);
		delay_ms = reflector.deadline_ms - now_ms;
	}
	assert_true(delay_ms >= BACKOFF_MAX_MS);
	reflector_done(&reflector);
}

static void test_retry_after(void **state)
{
	struct reflector reflector;

	(void)state;
	to_streaming(&reflector);
	(void)give_status(&reflector, 429, 17, START_MS);
	assert_in_range(reflector.deadline_ms - START_MS, 17000, 17000 + BACKOFF_SPREAD_MS);
	reflector_done(&reflector);
	to_watching(&reflector);
	(void)give_status(&reflector, 503, 4000000000u, START_MS);
	assert_in_range(reflector.deadline_ms - START_MS, BACKOFF_RETRY_AFTER_MAX_S * 1000,
			BACKOFF_RETRY_AFTER_MAX_S * 1000 + BACKOFF_SPREAD_MS);
	reflector_done(&reflector);
}

static void test_versions_and_deadlines_move(void **state)
{
	const struct reflector_event bookmark = { .type = REFLECTOR_EVENT_BOOKMARK,
						  .resource_version = "12" };
	const struct reflector_event unknown = { .type = REFLECTOR_EVENT_OBJECT, .resource_version = "" };
	struct reflector reflector;

	(void)state;
	to_watching_answered(&reflector);
	assert_in_range(reflector.timeout_s, REFLECTOR_WATCH_MIN_S, REFLECTOR_WATCH_MAX_S);
	(void)reflector_handle(&reflector, &bookmark, START_MS + 5000);
	assert_int_equal(reflector.deadline_ms, START_MS + 5000 + REFLECTOR_SILENCE_MS);
	(void)reflector_handle(&reflector, &unknown, START_MS + 6000);
	assert_int_equal(reflector.deadline_ms, START_MS + 6000 + REFLECTOR_SILENCE_MS);
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_STREAM_END, START_MS + 7000), CLOSE);
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_TIMER, reflector.deadline_ms), OPEN);
	assert_string_equal(reflector.resource_version, "12");
	reflector_done(&reflector);
	/* A server that has sent no bookmark may be silent as long as the watch may last. */
	to_listing_begun(&reflector);
	(void)give_page(&reflector, NULL, START_MS);
	(void)give(&reflector, REFLECTOR_EVENT_RESPONSE, START_MS);
	assert_int_equal(reflector.deadline_ms,
			 START_MS + (int64_t)reflector.timeout_s * 1000 + REFLECTOR_SLACK_MS);
	reflector_done(&reflector);
}

/* A failure and its end are reported once each. */
static void test_recovery(void **state)
{
	struct reflector reflector;

	(void)state;
	to_backoff_watch(&reflector);
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_TIMER, reflector.deadline_ms), OPEN);
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_RESPONSE, START_MS), RECOVERED);
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_OBJECT, START_MS), 0);
	reflector_done(&reflector);
}

/* Note (7): a 404 is accepted at once, tried again each hour and reported once. */
static void test_a_kind_that_is_not_there(void **state)
{
	struct reflector reflector;
	int64_t now_ms;

	(void)state;
	to_idle(&reflector);
	reflector.optional = true;
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_START, START_MS), OPEN);
	assert_int_equal(give_status(&reflector, 404, 0, START_MS), CLOSE | SYNCED | ABSENT);
	assert_int_equal(reflector.state, BACKOFF);
	assert_in_range(reflector.deadline_ms - START_MS, REFLECTOR_ABSENT_MS,
			REFLECTOR_ABSENT_MS + 2 * BACKOFF_MIN_MS);
	now_ms = reflector.deadline_ms;
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_TIMER, now_ms), OPEN);
	/* A failure in between is reported, and is over at the next 404. */
	assert_int_equal(give_status(&reflector, 503, 0, now_ms), CLOSE | DEGRADED);
	now_ms = reflector.deadline_ms;
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_TIMER, now_ms), OPEN);
	assert_int_equal(give_status(&reflector, 404, 0, now_ms), CLOSE | RECOVERED);
	now_ms = reflector.deadline_ms;
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_TIMER, now_ms), OPEN);
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_RESPONSE, now_ms), BEGIN);
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_INITIAL_END, now_ms), END);
	assert_int_equal(reflector.state, WATCHING);
	reflector_done(&reflector);
}

/* Known objects are kept at the first 404, and after 403 the kind is tried a few times. */
static void test_a_kind_that_cannot_be_had(void **state)
{
	struct reflector reflector;
	int64_t now_ms = START_MS;
	int i, code;

	(void)state;
	for (code = 403; code <= 404; code++) {
		to_streaming(&reflector);
		reflector.optional = true;
		if (code == 404) {
			assert_int_equal(give(&reflector, REFLECTOR_EVENT_RESPONSE, now_ms), BEGIN);
			assert_int_equal(give(&reflector, REFLECTOR_EVENT_OBJECT, now_ms), 0);
			assert_int_equal(give(&reflector, REFLECTOR_EVENT_INITIAL_END, now_ms), END | SYNCED);
			watch_again(&reflector);
			assert_int_equal(give_status(&reflector, code, 0, now_ms), CLOSE | DEGRADED);
			assert_int_equal(reflector.next, STREAMING);
			now_ms = reflector.deadline_ms;
			assert_int_equal(give(&reflector, REFLECTOR_EVENT_TIMER, now_ms), OPEN);
		}
		for (i = 0; i < REFLECTOR_ABSENT_TRIES; i++) {
			assert_int_equal(give_status(&reflector, code, 0, now_ms), CLOSE | DEGRADED);
			now_ms = reflector.deadline_ms;
			assert_int_equal(give(&reflector, REFLECTOR_EVENT_TIMER, now_ms), OPEN);
		}
		assert_int_equal(give_status(&reflector, code, 0, now_ms),
				 CLOSE | ABSENT | RECOVERED | (code == 403 ? SYNCED : 0));
		assert_true(reflector.deadline_ms - now_ms >= REFLECTOR_ABSENT_MS);
		reflector_done(&reflector);
	}
}

/* A single run accepts the first answer; a required kind is tried for ever. */
static void test_absence_in_a_single_run(void **state)
{
	struct reflector reflector;

	(void)state;
	reflector_init(&reflector, REFLECTOR_SELECTOR_NONE, false, 42);
	reflector.optional = true;
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_START, START_MS), OPEN);
	assert_int_equal(give_status(&reflector, 403, 0, START_MS), CLOSE | SYNCED | ABSENT);
	assert_int_equal(reflector.state, DONE);
	assert_int_equal(reflector.deadline_ms, -1);
	reflector_done(&reflector);
	to_streaming(&reflector);
	assert_int_equal(give_status(&reflector, 404, 0, START_MS), CLOSE | DEGRADED);
	reflector_done(&reflector);
}

/* The age of the last good answer: errors, silence and late events do not count. */
static void test_heard(void **state)
{
	static const struct {
		enum reflector_event_type event;
		bool heard;
	} rows[] = {
		{ EVENT(RESPONSE), true },	   { EVENT(OBJECT), true },
		{ EVENT(BOOKMARK), true },	   { EVENT(INITIAL_END), true },
		{ EVENT(PAGE_END), true },	   { EVENT(STREAM_END), false },
		{ EVENT(TRANSPORT_ERROR), false }, { EVENT(ERROR_STATUS), false },
		{ EVENT(TIMER), false },	   { EVENT(RESTART), false },
	};
	struct reflector reflector;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		to_streaming(&reflector);
		assert_int_equal(reflector.last_answer_ms, -1);
		(void)give(&reflector, rows[i].event, START_MS + 5);
		assert_int_equal(reflector.last_answer_ms, rows[i].heard ? START_MS + 5 : -1);
		reflector_done(&reflector);
	}
	to_backoff(&reflector);
	(void)give(&reflector, REFLECTOR_EVENT_OBJECT, START_MS + 5);
	assert_int_equal(reflector.last_answer_ms, -1);
	reflector_done(&reflector);
	to_watching_busy(&reflector);
	assert_int_equal(reflector.last_answer_ms, START_MS);
	reflector_done(&reflector);
}

/* Fail until the backoff is as long as it gets. */
static int64_t fail_for_long(struct reflector *reflector, int64_t now_ms)
{
	int i;

	for (i = 0; i < 8; i++) {
		assert_int_equal(give(reflector, REFLECTOR_EVENT_TRANSPORT_ERROR, now_ms), CLOSE | DEGRADED);
		if (i == 7)
			break;
		now_ms = reflector->deadline_ms;
		assert_int_equal(give(reflector, REFLECTOR_EVENT_TIMER, now_ms), OPEN);
	}
	assert_true(reflector->deadline_ms - now_ms >= BACKOFF_UNREACHABLE_MAX_MS);
	return now_ms;
}

/* Whether another kind that cannot reach the server, either, waits for this one. */
static bool is_unreachable(const struct reflector *reflector)
{
	struct reflector other;
	int64_t until_ms;

	to_backoff(&other);
	until_ms = reflector_held_until(&other, reflector);
	assert_true(until_ms < 0 || until_ms == reflector->deadline_ms + REFLECTOR_HOLD_MS);
	reflector_done(&other);
	return until_ms >= 0;
}

/* Note (9): errors grow the backoff to its full length. Answers end being unreachable, except for early refusals. */
static void test_unreachable(void **state)
{
	struct reflector reflector, other;
	int64_t now_ms = START_MS;
	int i;

	(void)state;
	to_streaming(&reflector);
	for (i = 0; i < 8; i++) {
		(void)give_status(&reflector, 500, 0, now_ms);
		assert_false(is_unreachable(&reflector));
		assert_true(i < 7 || reflector.deadline_ms - now_ms >= BACKOFF_MAX_MS);
		now_ms = reflector.deadline_ms;
		assert_int_equal(give(&reflector, REFLECTOR_EVENT_TIMER, now_ms), OPEN);
	}
	(void)give(&reflector, REFLECTOR_EVENT_TRANSPORT_ERROR, now_ms);
	assert_true(is_unreachable(&reflector));
	(void)give(&reflector, REFLECTOR_EVENT_WAKE, now_ms);
	assert_false(is_unreachable(&reflector));
	now_ms = reflector.deadline_ms;
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_TIMER, now_ms), OPEN);
	assert_false(is_unreachable(&reflector));
	now_ms += REFLECTOR_RESPONSE_MS;
	(void)give(&reflector, REFLECTOR_EVENT_TIMER, now_ms);
	assert_true(is_unreachable(&reflector));
	now_ms = reflector.deadline_ms;
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_TIMER, now_ms), OPEN);
	(void)give_status(&reflector, 403, 0, now_ms);
	assert_true(is_unreachable(&reflector));
	now_ms = reflector.deadline_ms;
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_TIMER, now_ms), OPEN);
	(void)give_status(&reflector, 500, 0, now_ms);
	assert_false(is_unreachable(&reflector));
	reflector_done(&reflector);
	/* An open request holds for a while only. */
	to_backoff(&reflector);
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_TIMER, reflector.deadline_ms), OPEN);
	to_backoff(&other);
	assert_int_equal(reflector_held_until(&other, &reflector), reflector.opened_ms + REFLECTOR_HOLD_MS);
	assert_int_equal(reflector_held_until(&reflector, &other), -1);
	reflector_done(&reflector);
	reflector_done(&other);
	/* A connection that breaks after the answer was one. */
	to_streaming_begun(&reflector);
	(void)give(&reflector, REFLECTOR_EVENT_TRANSPORT_ERROR, START_MS);
	assert_int_equal(reflector.state, BACKOFF);
	assert_false(is_unreachable(&reflector));
	reflector_done(&reflector);
}

/* Note (9). */
/* A server that ends one kind's watch at once and serves the others: no tight loop, whatever number is drawn. */
static void test_another_kind_does_not_wake_at_once(void **state)
{
	struct reflector reflector;
	int64_t now_ms = START_MS;
	int i;

	(void)state;
	to_watching(&reflector);
	for (i = 0; i < 50; i++) {
		(void)give(&reflector, REFLECTOR_EVENT_STREAM_END, now_ms);
		assert_int_equal(reflector.state, BACKOFF);
		assert_int_equal(give(&reflector, REFLECTOR_EVENT_WAKE, now_ms + 1), 0);
		assert_true(reflector.deadline_ms >= now_ms + BACKOFF_MIN_MS);
		now_ms = reflector.deadline_ms;
		assert_int_equal(give(&reflector, REFLECTOR_EVENT_TIMER, now_ms), OPEN);
	}
	reflector_done(&reflector);
}

static void test_another_kind_wakes(void **state)
{
	struct reflector reflector;
	int64_t now_ms, deadline_ms;

	(void)state;
	to_watching(&reflector);
	now_ms = fail_for_long(&reflector, START_MS);
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_WAKE, now_ms), 0);
	deadline_ms = reflector.deadline_ms;
	assert_in_range(deadline_ms, now_ms, now_ms + BACKOFF_WAKE_MS - 1);
	/* Never later than it would be anyway. */
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_WAKE, deadline_ms), 0);
	assert_int_equal(reflector.deadline_ms, deadline_ms);
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_TIMER, deadline_ms), OPEN);
	assert_int_equal(reflector.state, WATCHING);
	/* If it was held until after its deadline, it does not come at once. */
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_TRANSPORT_ERROR, now_ms), CLOSE | DEGRADED);
	now_ms = reflector.deadline_ms + 10000;
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_WAKE, now_ms), 0);
	deadline_ms = reflector.deadline_ms;
	assert_in_range(deadline_ms, now_ms + 1, now_ms + BACKOFF_WAKE_MS - 1);
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_TIMER, deadline_ms), OPEN);
	/* If it fails again, the backoff is as long as before. */
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_TRANSPORT_ERROR, deadline_ms), CLOSE | DEGRADED);
	assert_true(reflector.deadline_ms - deadline_ms >= BACKOFF_UNREACHABLE_MAX_MS);
	/* The server is there, but it has sent Retry-After. */
	now_ms = reflector.deadline_ms;
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_TIMER, now_ms), OPEN);
	assert_int_equal(give_status(&reflector, 503, 20, now_ms), CLOSE | DEGRADED);
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_WAKE, now_ms), 0);
	assert_true(reflector.deadline_ms - now_ms >= 20000);
	reflector_done(&reflector);
	/* What failed for another reason is not woken: an error, a doubted list, the spread after a lost watch. */
	to_streaming(&reflector);
	(void)give_status(&reflector, 500, 0, START_MS);
	deadline_ms = reflector.deadline_ms;
	(void)give(&reflector, REFLECTOR_EVENT_WAKE, START_MS - BACKOFF_WAKE_MS);
	assert_int_equal(reflector.deadline_ms, deadline_ms);
	reflector_done(&reflector);
	to_watching_busy(&reflector);
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_STREAM_END, START_MS), CLOSE);
	deadline_ms = reflector.deadline_ms;
	(void)give(&reflector, REFLECTOR_EVENT_WAKE, START_MS - BACKOFF_WAKE_MS);
	assert_int_equal(reflector.deadline_ms, deadline_ms);
	reflector_done(&reflector);
}

/* Note (11). */
static void test_refusals_of_a_server_that_starts(void **state)
{
	static const int codes[] = { 401, 403 };
	struct reflector reflector;
	int64_t now_ms, base_ms;
	size_t i, k;

	(void)state;
	for (i = 0; i < 2 * ARRAY_SIZE(codes); i++) {
		base_ms = BACKOFF_MIN_MS;
		to_watching(&reflector);
		reflector.optional = true;
		reflector.cheap = i >= ARRAY_SIZE(codes);
		now_ms = fail_for_long(&reflector, START_MS);
		for (k = 0; k < BACKOFF_REFUSAL_TRIES; k++, base_ms *= 2) {
			now_ms = reflector.deadline_ms;
			assert_int_equal(give(&reflector, REFLECTOR_EVENT_TIMER, now_ms), OPEN);
			assert_int_equal(reflector.state, reflector.cheap ? STREAMING : WATCHING);
			assert_int_equal(give_status(&reflector, codes[i % ARRAY_SIZE(codes)], 0, now_ms),
					 CLOSE | DEGRADED);
			assert_in_range(reflector.deadline_ms - now_ms, base_ms, 2 * base_ms - 1);
		}
		assert_int_equal(reflector.n_absent, 0);
		assert_true(is_unreachable(&reflector));
		/* A connection that fails in between does not begin the short tries anew. */
		now_ms = reflector.deadline_ms;
		assert_int_equal(give(&reflector, REFLECTOR_EVENT_TIMER, now_ms), OPEN);
		(void)give(&reflector, REFLECTOR_EVENT_TRANSPORT_ERROR, now_ms);
		now_ms = reflector.deadline_ms;
		assert_int_equal(give(&reflector, REFLECTOR_EVENT_TIMER, now_ms), OPEN);
		(void)give_status(&reflector, codes[i % ARRAY_SIZE(codes)], 0, now_ms);
		assert_true(reflector.deadline_ms - now_ms >= BACKOFF_UNREACHABLE_MAX_MS);
		assert_false(is_unreachable(&reflector));
		reflector_done(&reflector);
	}
	/* A single run accepts the refusal of an optional kind. */
	reflector_init(&reflector, REFLECTOR_SELECTOR_NONE, false, 42);
	reflector.optional = true;
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_START, START_MS), OPEN);
	(void)give(&reflector, REFLECTOR_EVENT_TRANSPORT_ERROR, START_MS);
	assert_int_equal(give(&reflector, REFLECTOR_EVENT_TIMER, reflector.deadline_ms), OPEN);
	assert_int_equal(give_status(&reflector, 403, 0, START_MS), CLOSE | SYNCED | ABSENT | RECOVERED);
	reflector_done(&reflector);
}

/* Note (10): a cheap kind lists wherever another one goes on with its watch, except after a full one. */
static void test_a_cheap_kind_lists(void **state)
{
	static const struct {
		void (*to)(struct reflector *reflector);
		enum reflector_event_type event;
		int64_t after_ms;
		enum reflector_state state;
	} rows[] = {
		{ to_watching, EVENT(TRANSPORT_ERROR), 0, STREAMING },
		{ to_watching, EVENT(TIMER), REFLECTOR_RESPONSE_MS, STREAMING },
		{ to_watching_answered, EVENT(STREAM_END), 0, STREAMING },
		{ to_watching_busy, EVENT(STREAM_END), 0, STREAMING },
		{ to_watching_busy, EVENT(TRANSPORT_ERROR), REFLECTOR_QUIET_MS, STREAMING },
		{ to_watching_busy, EVENT(TIMER), REFLECTOR_SILENCE_MS, STREAMING },
		{ to_watching_busy, EVENT(RESTART), 0, STREAMING },
		{ to_watching_busy, EVENT(STREAM_END), FULL_MS, WATCHING },
	};
	struct reflector reflector;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		rows[i].to(&reflector);
		reflector.cheap = true;
		(void)give(&reflector, rows[i].event, START_MS + rows[i].after_ms);
		if (reflector.state == BACKOFF)
			(void)give(&reflector, REFLECTOR_EVENT_TIMER, reflector.deadline_ms);
		assert_int_equal(reflector.state, rows[i].state);
		reflector_done(&reflector);
	}
}

static unsigned int give_version(struct reflector *reflector, enum reflector_event_type type,
				 const char *version, int64_t now_ms)
{
	const struct reflector_event event = { .type = type, .resource_version = version };

	return reflector_handle(reflector, &event, now_ms);
}

/* Open the next list and get it, with @n_objects; returns the actions of its end. */
static unsigned int list_again(struct reflector *reflector, const char *version, int n_objects,
			       int64_t *ret_now_ms)
{
	*ret_now_ms = reflector->deadline_ms;
	assert_int_equal(give(reflector, REFLECTOR_EVENT_TIMER, *ret_now_ms), OPEN);
	assert_int_equal(reflector->state, STREAMING);
	assert_int_equal(give(reflector, REFLECTOR_EVENT_RESPONSE, *ret_now_ms), BEGIN);
	for (; n_objects; n_objects--)
		assert_int_equal(give(reflector, REFLECTOR_EVENT_OBJECT, *ret_now_ms), 0);
	return give_version(reflector, REFLECTOR_EVENT_INITIAL_END, version, *ret_now_ms);
}

/* Note (2): decimal numbers are compared, of any size; anything else is not. */
static void test_older_versions_are_doubted(void **state)
{
	static const struct {
		const char *before, *after;
		bool older;
	} rows[] = {
		{ "10", "9", true },
		{ "9", "10", false },
		{ "10", "10", false },
		{ "10", "", false },
		{ "10", "x", false },
		{ "1x", "9", false },
		{ "10", "-9", false },
		{ "10", "0", false },
		{ "10", "09", false },
		{ "99999999999999999999999999999999", "99999999999999999999999999999998", true },
		{ "100000000000000000000000000000000", "99999999999999999999999999999999", true },
	};
	struct reflector reflector;
	int64_t now_ms;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		to_watching_streamed(&reflector);
		(void)give_version(&reflector, REFLECTOR_EVENT_BOOKMARK, rows[i].before, START_MS);
		assert_int_equal(give_status(&reflector, 410, 0, START_MS), CLOSE);
		assert_int_equal(list_again(&reflector, rows[i].after, 1, &now_ms),
				 rows[i].older ? CLOSE | ABORT | DEGRADED | BEHIND : END);
		reflector_done(&reflector);
	}
}

static void test_a_server_that_is_behind(void **state)
{
	struct reflector reflector;
	int64_t now_ms, start_ms;
	int i;

	(void)state;
	to_watching_streamed(&reflector);
	(void)give_version(&reflector, REFLECTOR_EVENT_BOOKMARK, "100", START_MS);
	(void)give_status(&reflector, 410, 0, START_MS);
	assert_int_equal(list_again(&reflector, "50", 1, &now_ms), CLOSE | ABORT | DEGRADED | BEHIND);
	assert_int_equal(reflector.doubt.reason, LIST_DOUBT_BEHIND);
	for (i = 1; i < LIST_DOUBT_TRIES; i++)
		assert_int_equal(list_again(&reflector, "50", 1, &now_ms), CLOSE | ABORT | DEGRADED);
	assert_int_equal(list_again(&reflector, "50", 1, &now_ms), END | RECOVERED);
	assert_int_equal(reflector.doubt.reason, LIST_DOUBT_NONE);
	assert_string_equal(reflector.known_version, "50");
	/* From now on 50 is the version that counts. */
	(void)give_status(&reflector, 410, 0, now_ms);
	assert_int_equal(list_again(&reflector, "51", 1, &now_ms), END);
	/* Empty, too: the doubts last longer. */
	(void)give_status(&reflector, 410, 0, now_ms);
	assert_int_equal(list_again(&reflector, "3", 0, &now_ms), CLOSE | ABORT | DEGRADED | BEHIND);
	assert_int_equal(reflector.doubt.reason, LIST_DOUBT_BEHIND_AND_EMPTY);
	start_ms = now_ms;
	while (reflector.deadline_ms - start_ms < REFLECTOR_SILENCE_MS)
		assert_int_equal(list_again(&reflector, "3", 0, &now_ms), CLOSE | ABORT | DEGRADED);
	assert_int_equal(list_again(&reflector, "3", 0, &now_ms), END | RECOVERED);
	reflector_done(&reflector);
	/* By pages, too; the first answer is then an error. */
	to_listing_begun(&reflector);
	(void)give_page(&reflector, NULL, START_MS);
	(void)give_status(&reflector, 410, 0, START_MS);
	(void)give(&reflector, REFLECTOR_EVENT_TIMER, reflector.deadline_ms);
	assert_int_equal(reflector.state, LISTING);
	(void)give(&reflector, REFLECTOR_EVENT_RESPONSE, START_MS);
	(void)give(&reflector, REFLECTOR_EVENT_OBJECT, START_MS);
	assert_int_equal(give_version(&reflector, REFLECTOR_EVENT_PAGE_END, "8", START_MS),
			 CLOSE | ABORT | DEGRADED | BEHIND);
	(void)give(&reflector, REFLECTOR_EVENT_TIMER, reflector.deadline_ms);
	assert_string_equal(reflector.resource_version, "");
	reflector_done(&reflector);
}

/* Note (2): what another kind finds. The version here is 7. */
static void test_another_kind_finds_the_server_behind(void **state)
{
	struct reflector reflector;
	int64_t deadline_ms;

	(void)state;
	to_watching_answered(&reflector);
	assert_int_equal(give_version(&reflector, REFLECTOR_EVENT_BEHIND, "x", START_MS), 0);
	assert_int_equal(give_version(&reflector, REFLECTOR_EVENT_BEHIND, "6", START_MS), CLOSE);
	assert_int_equal(reflector.state, BACKOFF);
	assert_int_equal(reflector.next, STREAMING);
	assert_in_range(reflector.deadline_ms, START_MS, START_MS + BACKOFF_SPREAD_MS - 1);
	reflector_done(&reflector);
	to_backoff_watch(&reflector);
	deadline_ms = reflector.deadline_ms;
	assert_int_equal(give_version(&reflector, REFLECTOR_EVENT_BEHIND, "6", START_MS), 0);
	assert_int_equal(reflector.next, STREAMING);
	assert_int_equal(reflector.deadline_ms, deadline_ms);
	reflector_done(&reflector);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_every_event_has_a_cell),
		cmocka_unit_test(test_streaming_comes_back),
		cmocka_unit_test(test_codes_that_refuse_streaming),
		cmocka_unit_test(test_sudden_emptiness_is_doubted),
		cmocka_unit_test(test_broken_streams_end_streaming),
		cmocka_unit_test(test_field_selector_is_dropped),
		cmocka_unit_test(test_expired_pages),
		cmocka_unit_test(test_lists_without_end),
		cmocka_unit_test(test_pages_in_a_circle),
		cmocka_unit_test(test_a_request_that_waited),
		cmocka_unit_test(test_version_too_large),
		cmocka_unit_test(test_watch_refusals),
		cmocka_unit_test(test_every_code),
		cmocka_unit_test(test_versions_out_of_order),
		cmocka_unit_test(test_backoff_grows_and_resets),
		cmocka_unit_test(test_expired_after_an_outage),
		cmocka_unit_test(test_retry_after),
		cmocka_unit_test(test_versions_and_deadlines_move),
		cmocka_unit_test(test_recovery),
		cmocka_unit_test(test_a_kind_that_is_not_there),
		cmocka_unit_test(test_a_kind_that_cannot_be_had),
		cmocka_unit_test(test_absence_in_a_single_run),
		cmocka_unit_test(test_heard),
		cmocka_unit_test(test_unreachable),
		cmocka_unit_test(test_another_kind_does_not_wake_at_once),
		cmocka_unit_test(test_another_kind_wakes),
		cmocka_unit_test(test_refusals_of_a_server_that_starts),
		cmocka_unit_test(test_a_cheap_kind_lists),
		cmocka_unit_test(test_older_versions_are_doubted),
		cmocka_unit_test(test_a_server_that_is_behind),
		cmocka_unit_test(test_another_kind_finds_the_server_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
