/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * events.h - decides which Kubernetes Event is sent to the API server, and when
 *
 * Room:     report. Pure: times are arguments. Monotonic milliseconds (now_ms) decide, wall clock microseconds (wall_us) are
 *           printed. Sending is the caller's part (intake/recorder.h).
 * Shapes:   events_add() takes an Event; events_next() returns a request, one at a time; events_answered() takes its result.
 * Rule:     equal Events (object, reason, note) are one Event with a series, which is patched at most once in
 *           EVENTS_SERIES_MS. At most EVENTS_BURST requests at once, then one in EVENTS_REFILL_MS.
 *           An Event that every node reports has the same name from every node. Only the first node creates it. The others
 *           get 409 and send nothing more for EVENTS_LIFETIME_MS, after which a server deletes an Event. So 5,000 nodes make
 *           one Event of a bad Service.
 * Limits:   EVENTS_MAX Events. If all of them wait to be sent, a new one is dropped and counted.
 */
#ifndef REPORT_EVENTS_H
#define REPORT_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "report/event.h"

#define EVENTS_MAX	   64
#define EVENTS_BURST	   25
#define EVENTS_REFILL_MS   10000
#define EVENTS_SERIES_MS   60000
#define EVENTS_LIFETIME_MS 3600000 /* the default of kube-apiserver's --event-ttl */
#define EVENTS_SPREAD_MS \
	10000 /* the first request is sent within this time, so that nodes do not send at once */
#define EVENTS_TRIES	    6
#define EVENTS_RETRY_MIN_MS 10000
#define EVENTS_RETRY_MAX_MS 300000

/** struct events_request - A PATCH if @patch, else a POST. @body is JSON. */
struct events_request {
	bool patch;
	struct buf path;
	struct buf body;
};

/** enum events_verdict - What events_answered() makes of an answer */
enum events_verdict {
	EVENTS_VERDICT_DONE,
	EVENTS_VERDICT_LATER,	/* events_next() returns the request again */
	EVENTS_VERDICT_DROPPED, /* rejected by the server, or failed EVENTS_TRIES times */
};

struct events;

/**
 * events_new() - No Event yet
 * @node_name:	copied
 * @wall_us:	when this process began; separates its Events from those of the previous run
 * @seed:	for the delay within EVENTS_SPREAD_MS; should differ between nodes
 */
struct events *events_new(const char *node_name, uint64_t now_ms, int64_t wall_us, uint64_t seed);
struct events *events_free(struct events *events);
DEFINE_FREEP(struct events, events_free);
/** events_add() - @event has happened now; copied. */
void events_add(struct events *events, const struct event *event, uint64_t now_ms, int64_t wall_us);
/** events_deadline() - When to call events_next(), as now_ms; UINT64_MAX: after the next events_add() or events_answered(). */
uint64_t events_deadline(const struct events *events);
/**
 * events_next() - The request that is due
 * @ret:	zeroed by the caller, who frees its buffers; set if true is returned
 *
 * Return: false if none is due. After true, false until events_answered() is called.
 */
bool events_next(struct events *events, uint64_t now_ms, struct events_request *ret);
/** events_answered() - @http_code 0: there was no answer; @retry_after_s 0: the answer had no Retry-After */
enum events_verdict events_answered(struct events *events, int http_code, unsigned int retry_after_s,
				    uint64_t now_ms);
/** events_dropped() - How many Events were never sent. */
unsigned long events_dropped(const struct events *events);

#endif
