/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * event.h - one Kubernetes Event, and the requests of events.k8s.io/v1 that send it
 *
 * Room:     report. Pure. When a request is sent is decided by report/events.h.
 * Shapes:   the path and the JSON body of a request, appended to a buffer. Times are wall clock, microseconds since 1970.
 */
#ifndef REPORT_EVENT_H
#define REPORT_EVENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/sha256.h"

struct buf;

#define EVENT_NOTE_MAX	    1023 /* bytes, the API's limit */
#define EVENT_NAMESPACE_MAX 63	 /* bytes, the API's limit */

enum event_type {
	EVENT_TYPE_NORMAL,
	EVENT_TYPE_WARNING,
};

/**
 * struct event - Something that happened to an object
 * @kind, @api_version, @reason, @action: literals, in Kubernetes' words
 * @namespace:	"" if the object has none
 * @uid:	"" if it is not known
 * @note:	a sentence for people; events_add() cleans it (base/plain_text.h) and cuts it at EVENT_NOTE_MAX
 * @from_every_node: every node reports the same, so one Event for the cluster is enough
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

/**
 * event_print_path() - The path of the request
 * @id:		distinguishes Events about one object; becomes a part of the name
 * @patch:	of a PATCH of this Event; else of a POST to its collection
 */
void event_print_path(const struct event *event, const uint8_t id[SHA256_SIZE], bool patch, struct buf *to);
/** event_print_new() - The body of the POST; @time_us: when it happened. */
void event_print_new(const struct event *event, const uint8_t id[SHA256_SIZE], const char *node_name,
		     int64_t time_us, struct buf *to);
/** event_print_series() - The body of the PATCH: it has happened @count times, the last time at @time_us. */
void event_print_series(uint64_t count, int64_t time_us, struct buf *to);

#endif
