/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * events.h - Kubernetes Events: what the API server is to be told, when, and in which words
 *
 * Room:     report. Pure: times are arguments, monotonic ones for judging and the wall clock's for showing;
 *           sending is the caller's (kubeapi_write()).
 * Shapes:   events_add() takes what happened; events_next() gives a request, one at a time, and
 *           events_answered() hears what came of it. Requests are those of events.k8s.io/v1.
 * Rule:     what is the same (object, reason, note) is one Event, whose series counts it, patched once in
 *           EVENTS_SERIES_MS at most. EVENTS_BURST requests at once, then one in EVENTS_REFILL_MS.
 *           What every node would say alike has the same name from every node: whoever comes second is told
 *           that it exists, and is content for EVENTS_LIFETIME_MS, after which a server forgets an Event; so 5,000
 *           nodes make one Event of a Service that is wrong.
 * Limits:   EVENTS_MAX are remembered. If all of them still wait to be sent, a new one is dropped, and counted.
 */
#ifndef REPORT_EVENTS_H
#define REPORT_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cleanup.h"

#define EVENTS_MAX	    64
#define EVENTS_BURST	    25
#define EVENTS_REFILL_MS    10000
#define EVENTS_SERIES_MS    60000
#define EVENTS_LIFETIME_MS  3600000 /* kube-apiserver's --event-ttl, unless it is told otherwise */
#define EVENTS_SPREAD_MS    10000   /* the first request of a process comes within this time */
#define EVENTS_TRIES	    6
#define EVENTS_RETRY_MIN_MS 10000
#define EVENTS_RETRY_MAX_MS 300000
#define EVENTS_NOTE_MAX	    1023 /* bytes, the API's limit */

enum event_type {
	EVENT_TYPE_NORMAL,
	EVENT_TYPE_WARNING,
};

/**
 * struct event - Something that happened to an object. Copied by who takes it.
 * @kind, @api_version, @reason, @action: literals, in Kubernetes' words
 * @namespace:	"" if the object is in none
 * @uid:	"" if it is not known
 * @note:	for people; cut at EVENTS_NOTE_MAX
 * @from_every_node: every node says the same of it
 */
struct event {
	enum event_type type;
	const char *kind;
	const char *api_version;
	const char *namespace;
	const char *name;
	const char *uid;
	const char *reason;
	const char *action;
	const char *note;
	bool from_every_node;
};

/** struct events_request - @patch: of what is at @path; else to be created there. @body is JSON. */
struct events_request {
	bool patch;
	struct buf path;
	struct buf body;
};

/** enum events_verdict - What events_answered() makes of an answer */
enum events_verdict {
	EVENTS_VERDICT_DONE,
	EVENTS_VERDICT_LATER,	/* it is tried again */
	EVENTS_VERDICT_DROPPED, /* the server will not have it, or it was tried often enough */
};

struct events;

/**
 * events_new() - @node_name is copied
 * @wall_us:	when this process began: what it says of itself is not what the one before said
 * @seed:	processes without one should differ in it
 */
struct events *events_new(const char *node_name, uint64_t now_ms, int64_t wall_us, uint64_t seed);
struct events *events_free(struct events *events);
DEFINE_FREEP(struct events, events_free);
void events_add(struct events *events, const struct event *event, uint64_t now_ms, int64_t wall_us);
/** events_deadline() - When to call events_next(); UINT64_MAX: not before something is added or answered. */
uint64_t events_deadline(const struct events *events);
/**
 * events_next() - What is to be sent now
 * @ret:	zeroed before; its buffers are the caller's. Set if true is returned
 *
 * Return: whether there is something. Then nothing more is, until events_answered().
 */
bool events_next(struct events *events, uint64_t now_ms, struct events_request *ret);
/** events_answered() - @http_code 0: there was no answer; @retry_after_s 0: not told */
enum events_verdict events_answered(struct events *events, int http_code, unsigned int retry_after_s,
				    uint64_t now_ms);
/** events_dropped() - How many were never sent. */
unsigned long events_dropped(const struct events *events);

#endif
