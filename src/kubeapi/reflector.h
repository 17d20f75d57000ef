/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reflector.h - list and watch one kind of object, and recover from failures
 *
 * Room:     kubeapi. A pure state machine: no I/O, no clock, no log; the time is an argument.
 * Shapes:   in: events (what the server did, the time); out: a mask of actions, the request to open and a
 *           deadline.
 * Rule:     client-go's reflector, with its values unless a note says otherwise. Nothing is deleted while a list is
 *           incomplete.
 * Not here: how long to wait (backoff.h), which lists are accepted (list_doubt.h), the text of requests (request.h),
 *           sending (transfer.h), decoding (response_body.h).
 *
 * States and events; "-" is ignored (a late event of a closed request). "again" is a new try after the
 * backoff, "now" a new try without delay. CLOSE and ABORT are done if a request is open and a replacement has
 * begun.
 *
 *                 STREAMING            LISTING              WATCHING             BACKOFF     IDLE
 * START           -                    -                    -                    -           list
 * RESPONSE        begin                begin                healthy              -           -
 * OBJECT          in time (2)          in time (2)          resource version     -           -
 * BOOKMARK        LISTING now (1)      -                    resource version     -           -
 * INITIAL_END     end, WATCHING (2)    -                    resource version     -           -
 * PAGE_END        -                    next page (2), or    -                    -           -
 *                                      end, WATCHING (2)
 * STREAM_END      abort, again (3)     abort, again         watch (8), (4), (10) -           -
 * TRANSPORT_ERROR abort, again (3)     abort, again         watch (8), (4), (10) -           -
 * ERROR_STATUS    abort, (5) or (11)   abort, (5) or (11)   (6) or (11)          -           -
 * TIMER           before RESPONSE:     abort, again         watch again; silent  next now    -
 *                 again; after: (1)                         all along: list
 *                                                           again
 * RESTART         abort, list now      abort, list now      watch now (10)       next now    -
 * WAKE            -                    -                    -                    soon (9)    -
 * BEHIND          -                    -                    list soon (2)        list (2)    -
 *
 * DONE (a single run is complete) ignores everything.
 *
 * (1) The server ignores sendInitialEvents: lists by pages for an hour from now.
 * (2) If the list is not accepted (list_doubt.h): abort, again. A watch from a version of the future is silent, so the
 *     kind that finds the server behind makes the others list, too, if their version is larger than the server's:
 *     REFLECTOR_ACTION_BEHIND, REFLECTOR_EVENT_BEHIND. There the numbers of two kinds are compared. If a server
 *     numbers them separately, this costs one list.
 * (3) Broken twice between begin and end: as (1).
 * (4) Watch again after the backoff if the request never got a RESPONSE, or broke within a second
 *     without an event. If it ended after REFLECTOR_QUIET_MS or more without an event, not even a
 *     bookmark: list (8), because it may have watched a version that the server does not have (yet).
 * (5) 400 with a field selector that not every server knows: now, without it. 400, 405, 406, 415, 422,
 *     501 to a streaming list: as (1). 410, or a version that is too large: the list asks for the newest
 *     state (no resourceVersion), the first time now, then again; 410 a second time: without pages.
 *     403 and 404 for an optional kind: (7). Everything else: again, not before Retry-After has passed.
 * (6) 410: list again, spread over BACKOFF_SPREAD_MS; if it is the first answer after failures, the backoff
 *     starts again, because the server is back. 400, 422, a version that is too large: list again; 500 and
 *     above REFLECTOR_WATCH_TRIES times in a row: list again; 403 and 404 for an optional kind: list again.
 *     Everything else: watch again from the same version, not before Retry-After has passed.
 * (7) Again, REFLECTOR_ABSENT_TRIES times; a first 404 is accepted at once, and a single run accepts every one.
 *     Then the kind is absent: it is asked for once an hour, and counts as complete. Objects that are known
 *     stay.
 * (8) Now if the watch lasted as long as we asked for, which differs between clients. If it ended earlier, the
 *     watches of all nodes may have: backoff_soon().
 * (9) While a server cannot be reached, only the first of its kinds tries again, but more often than client-go:
 *     BACKOFF_UNREACHABLE_MAX_MS. All kinds together then cost about as much as four that try every 30 s. The others
 *     are held (reflector_held_until()). An answer that is no error wakes every kind that has had no answer since its
 *     connection failed: backoff_wake().
 * (10) A cheap kind lists instead of going on with a watch that failed or ended early: the list tells whether the server
 *     is behind (2).
 * (11) A server that starts refuses requests until it has read its rules. 401 and 403 between a failed connection and the
 *     next answer are not taken for lasting, BACKOFF_REFUSAL_TRIES times: they do not count for (7), the other kinds
 *     are still held (9), and at the first one the backoff starts again.
 */
#ifndef KUBEAPI_REFLECTOR_H
#define KUBEAPI_REFLECTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "kubeapi/backoff.h"
#include "kubeapi/list_doubt.h"

#define REFLECTOR_RESPONSE_MS	  65000 /* an API server gives up after 60 s itself */
#define REFLECTOR_INITIAL_MS	  20000 /* silence within the initial events */
#define REFLECTOR_WATCH_MIN_S	  300	/* timeoutSeconds is between these two */
#define REFLECTOR_WATCH_MAX_S	  600
#define REFLECTOR_SLACK_MS	  30000	 /* over timeoutSeconds */
#define REFLECTOR_SILENCE_MS	  180000 /* of a server that sends bookmarks, about one a minute */
#define REFLECTOR_SHORT_MS	  1000	 /* "very short watch" */
#define REFLECTOR_QUIET_MS	  180000
#define REFLECTOR_STREAM_RETRY_MS 3600000 /* after it streaming lists are tried again */
#define REFLECTOR_HOLD_MS	  2000
#define REFLECTOR_WATCH_TRIES	  5
#define REFLECTOR_PAGE_SIZE	  500
#define REFLECTOR_ABSENT_TRIES	  3
#define REFLECTOR_ABSENT_MS	  3600000 /* after it an absent kind is asked for again */

enum reflector_state {
	REFLECTOR_STATE_IDLE,
	REFLECTOR_STATE_STREAMING, /* a streaming list is open, its initial events are not complete */
	REFLECTOR_STATE_LISTING,   /* a page of a list is open */
	REFLECTOR_STATE_WATCHING,  /* a watch is open, or the rest of a streaming list */
	REFLECTOR_STATE_BACKOFF,   /* nothing is open; at the deadline @next begins */
	REFLECTOR_STATE_DONE,
	_REFLECTOR_STATE_MAX,
};

enum reflector_event_type {
	REFLECTOR_EVENT_START,
	REFLECTOR_EVENT_RESPONSE,	 /* the server answered 2xx; its body follows */
	REFLECTOR_EVENT_OBJECT,		 /* an object, of a list or a watch; refused ones too */
	REFLECTOR_EVENT_BOOKMARK,	 /* a bookmark that does not end the initial events */
	REFLECTOR_EVENT_INITIAL_END,	 /* a bookmark that does */
	REFLECTOR_EVENT_PAGE_END,	 /* the body is complete and was a list */
	REFLECTOR_EVENT_STREAM_END,	 /* the body ended where it may end, without PAGE_END */
	REFLECTOR_EVENT_TRANSPORT_ERROR, /* no connection, a broken one, or an ill-formed body */
	REFLECTOR_EVENT_ERROR_STATUS,	 /* the server answered with an error, or sent an ERROR event */
	REFLECTOR_EVENT_TIMER,		 /* time has passed; may come too early */
	REFLECTOR_EVENT_RESTART,	 /* ask again with other credentials */
	REFLECTOR_EVENT_WAKE,		 /* another kind of the same server got an answer that is no error */
	REFLECTOR_EVENT_BEHIND, /* another kind found that the server's version is only resource_version */
	_REFLECTOR_EVENT_MAX,
};

/** enum reflector_selector - Whether a kind has a field selector, and whether we need it. */
enum reflector_selector {
	REFLECTOR_SELECTOR_NONE,
	REFLECTOR_SELECTOR_OPTIONAL, /* not every server knows it; the other objects do no harm */
	REFLECTOR_SELECTOR_REQUIRED,
};

/**
 * struct reflector_event - One thing that happened
 * @code:	ERROR_STATUS: HTTP code; 410 also where only the reason says "Expired" or "Gone"
 * @retry_after_s: ERROR_STATUS: Retry-After; 0: none
 * @version_too_large: ERROR_STATUS: the server does not have the requested version yet
 * @resource_version: OBJECT, BOOKMARK, INITIAL_END, PAGE_END, BEHIND; NULL or "": unknown
 * @continue_token: PAGE_END: NULL or "" on the last page
 */
struct reflector_event {
	enum reflector_event_type type;
	int code;
	unsigned int retry_after_s;
	bool version_too_large;
	const char *resource_version;
	const char *continue_token;
};

/** enum reflector_action - A bit mask; to be done in this order. */
enum reflector_action {
	REFLECTOR_ACTION_CLOSE = 1 << 0,	 /* drop the open request */
	REFLECTOR_ACTION_REPLACE_ABORT = 1 << 1, /* sink: the replacement is cancelled */
	REFLECTOR_ACTION_REPLACE_BEGIN = 1 << 2, /* sink: a complete list follows */
	REFLECTOR_ACTION_REPLACE_END = 1 << 3,	 /* sink: it is complete */
	REFLECTOR_ACTION_SYNCED = 1 << 4,	 /* sink: for the first time */
	REFLECTOR_ACTION_OPEN = 1 << 5,		 /* open the request that the members describe */
	REFLECTOR_ACTION_DEGRADED = 1 << 6,	 /* a failure; tried again at the deadline */
	REFLECTOR_ACTION_RECOVERED = 1 << 7,	 /* it works again after a failure */
	REFLECTOR_ACTION_ABSENT = 1 << 8,	 /* the server does not have the kind, or forbids it */
	REFLECTOR_ACTION_BEHIND =
		1 << 9, /* give BEHIND with the event's resource_version to the other kinds */
};

/**
 * struct reflector - One kind's state machine; made by reflector_init()
 * @state, @next: read only outside; @next is the state that follows BACKOFF
 * @follow:	false: one list by pages, then DONE
 * @optional:	the kind may be absent; set it after reflector_init(), which sets false
 * @cheap:	lists of the kind cost little, see (10); set it as @optional
 * @field_selector: what is sent; an optional one becomes NONE when the server refuses it
 * @resource_version: WATCHING: start after it; LISTING: at least this one, "" the newest. Never NULL
 * @continue_token: LISTING: NULL on the first page
 * @paged:	LISTING: send limit=REFLECTOR_PAGE_SIZE
 * @timeout_s:	STREAMING, WATCHING: timeoutSeconds
 * @deadline_ms: when TIMER is due; -1: never
 * @doubt:	whether lists are accepted; read only outside
 * @absent:	(7); read only outside
 * @last_answer_ms:	when the server last sent something about the kind other than an error; -1: never
 * The rest is private.
 */
struct reflector {
	enum reflector_state state;
	enum reflector_state next;
	bool follow;
	bool optional;
	bool cheap;
	enum reflector_selector field_selector;
	char *resource_version;
	char *continue_token;
	bool paged;
	unsigned int timeout_s;
	int64_t deadline_ms;
	struct list_doubt doubt;
	bool absent;
	int64_t last_answer_ms;

	struct backoff backoff;
	char *known_version; /* the last one that the server sent, NULL: none */
	bool newest_only; /* lists ask for the newest state, because the server does not have the known version */
	bool replacing;
	bool synced;
	bool failing;
	bool answered;		   /* the open request got its RESPONSE */
	bool after_failure;	   /* it follows a failure */
	bool bookmarks;		   /* this server sends bookmarks */
	int64_t stream_refused_ms; /* when note (1) last applied, -1: never */
	uint64_t n_events;	   /* of the open watch */
	unsigned int n_broken_streams;
	unsigned int n_expired;
	unsigned int n_absent; /* errors in a row that may mean so */
	unsigned int n_watch_errors;
	int64_t opened_ms; /* when the open request was sent */
	int64_t active_ms; /* likewise, or when it last received something */
};

/** reflector_init() - The state is IDLE; @seed is for the jitter. */
void reflector_init(struct reflector *reflector, enum reflector_selector field_selector, bool follow,
		    uint64_t seed);
/** reflector_done() - Free what it owns. */
void reflector_done(struct reflector *reflector);
/** reflector_handle() - Take one event; returns a mask of enum reflector_action. */
unsigned int reflector_handle(struct reflector *reflector, const struct reflector_event *event,
			      int64_t now_ms);
/**
 * reflector_sent() - The request of the last OPEN is only sent now, because it had to wait
 *
 * Without this call it was sent at OPEN. Between the two @deadline_ms means nothing.
 */
void reflector_sent(struct reflector *reflector, int64_t now_ms);
/**
 * reflector_held_until() - Until when TIMER is not to be given to @reflector, because @before tries to reach the server
 * @before:	of another kind; for each pair of kinds, always the same one holds the other
 *
 * A request of @before that gets no answer holds the others for REFLECTOR_HOLD_MS, because only it may hang.
 *
 * Return: a time, in the past or not; -1: it is not held.
 */
int64_t reflector_held_until(const struct reflector *reflector, const struct reflector *before);
/** reflector_replacing() - Whether a replacement has begun and not ended. */
bool reflector_replacing(const struct reflector *reflector);
/** reflector_state_name() - For debug lines. */
const char *reflector_state_name(enum reflector_state state);

#endif
