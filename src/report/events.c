/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "report/events.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/json_text.h"
#include "base/sha256.h"
#include "base/wall.h"

#define EVENTS_CONTROLLER    "kube-nftproxy"
#define EVENTS_INSTANCE_MAX  127 /* bytes, the API's limit */
#define EVENTS_NAME_MAX	     253
#define EVENTS_NAME_HASH     16 /* hexadecimal digits */
#define EVENTS_NAMESPACE_MAX 63

/**
 * struct events_entry - An Event, and how far the server knows it
 * @event:	its texts are ours, but for the literals
 * @id:		of what is said, and where
 * @count:	how often it happened
 * @told:	how much of that the server knows; 0: it is to be created
 * @sending:	how much of it the request that is under way tells
 * @foreign:	it was there when we came, and its series is not ours to count
 * @due_ms:	not before
 * @tries:	that have failed
 */
struct events_entry {
	struct event event;
	uint8_t id[SHA256_SIZE];
	unsigned long count;
	unsigned long told;
	unsigned long sending;
	bool foreign;
	int64_t first_us;
	int64_t last_us;
	uint64_t last_ms;
	uint64_t due_ms;
	unsigned int tries;
};

/**
 * struct events
 * @current:	whose request is under way; NULL: nobody's
 * @tokens, @refilled_ms: requests that may be sent
 * @open_ms:	nothing is sent before
 */
struct events {
	char *node_name;
	int64_t began_us;
	struct events_entry *entries[EVENTS_MAX];
	size_t n;
	struct events_entry *current;
	unsigned int tokens;
	uint64_t refilled_ms;
	uint64_t open_ms;
	unsigned long dropped;
};

struct events *events_new(const char *node_name, uint64_t now_ms, int64_t wall_us, uint64_t seed)
{
	struct events *events = alloc_zeroed(1, sizeof(*events));
	uint8_t digest[SHA256_SIZE];

	/* Seeds that differ little are not to give times that differ little. */
	sha256_of(&seed, sizeof(seed), digest);
	memcpy(&seed, digest, sizeof(seed));
	events->node_name = alloc_string(node_name);
	events->began_us = wall_us;
	events->tokens = EVENTS_BURST;
	events->refilled_ms = now_ms;
	events->open_ms = now_ms + seed % EVENTS_SPREAD_MS;
	return events;
}

static void events_free_entry(struct events_entry *entry)
{
	free((char *)entry->event.namespace);
	free((char *)entry->event.name);
	free((char *)entry->event.uid);
	free((char *)entry->event.note);
	free(entry);
}

struct events *events_free(struct events *events)
{
	size_t i;

	if (!events)
		return NULL;
	for (i = 0; i < events->n; i++)
		events_free_entry(events->entries[i]);
	free(events->node_name);
	free(events);
	return NULL;
}

static void events_hash(struct sha256 *sha256, const char *text)
{
	sha256_add(sha256, text, strlen(text) + 1);
}

static void events_identify(const struct events *events, const struct event *event, uint8_t id[SHA256_SIZE])
{
	struct sha256 sha256;

	sha256_begin(&sha256);
	events_hash(&sha256, event->kind);
	events_hash(&sha256, event->namespace);
	events_hash(&sha256, event->name);
	events_hash(&sha256, event->uid);
	events_hash(&sha256, event->reason);
	events_hash(&sha256, event->note);
	if (!event->from_every_node) {
		events_hash(&sha256, events->node_name);
		sha256_add(&sha256, &events->began_us, sizeof(events->began_us));
	}
	sha256_end(&sha256, id);
}

static struct events_entry *events_find(const struct events *events, const uint8_t id[SHA256_SIZE])
{
	size_t i;

	for (i = 0; i < events->n; i++)
		if (memcmp(events->entries[i]->id, id, SHA256_SIZE) == 0)
			return events->entries[i];
	return NULL;
}

static void events_forget(struct events *events, struct events_entry *entry)
{
	size_t i = 0;

	while (events->entries[i] != entry)
		i++;
	events->entries[i] = events->entries[--events->n];
	if (events->current == entry)
		events->current = NULL;
	events_free_entry(entry);
}

/* For its first telling, or because it happened again since. */
static bool events_is_waiting(const struct events_entry *entry)
{
	return entry->count > entry->told;
}

/* Room for one more: the one that was said least recently goes, of those that the server knows. */
static bool events_make_room(struct events *events)
{
	struct events_entry *oldest = NULL;
	size_t i;

	if (events->n < EVENTS_MAX)
		return true;
	for (i = 0; i < events->n; i++) {
		struct events_entry *entry = events->entries[i];

		if (events_is_waiting(entry) || entry == events->current)
			continue;
		if (!oldest || entry->last_ms < oldest->last_ms)
			oldest = entry;
	}
	if (!oldest)
		return false;
	events_forget(events, oldest);
	return true;
}

/* Cut at @max bytes, but not inside a character of several. */
static char *events_cut(const char *text, size_t max)
{
	size_t len = strnlen(text, max + 1);
	char *copy;

	if (len > max) {
		len = max;
		while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
			len--;
	}
	copy = alloc_zeroed(len + 1, 1);
	memcpy(copy, text, len);
	return copy;
}

void events_add(struct events *events, const struct event *event, uint64_t now_ms, int64_t wall_us)
{
	struct events_entry *entry;
	uint8_t id[SHA256_SIZE];

	events_identify(events, event, id);
	entry = events_find(events, id);
	if (!entry && !events_make_room(events)) {
		events->dropped++;
		return;
	}
	if (!entry) {
		entry = alloc_zeroed(1, sizeof(*entry));
		entry->event = *event;
		entry->event.namespace = events_cut(event->namespace, EVENTS_NAMESPACE_MAX);
		entry->event.name = alloc_string(event->name);
		entry->event.uid = alloc_string(event->uid);
		entry->event.note = events_cut(event->note, EVENTS_NOTE_MAX);
		memcpy(entry->id, id, sizeof(entry->id));
		entry->first_us = wall_us;
		entry->due_ms = now_ms;
		events->entries[events->n++] = entry;
	}
	entry->count++;
	entry->last_us = wall_us;
	entry->last_ms = now_ms;
}

static struct events_entry *events_first(const struct events *events)
{
	struct events_entry *first = NULL;
	size_t i;

	for (i = 0; i < events->n; i++) {
		struct events_entry *entry = events->entries[i];

		if (events_is_waiting(entry) && (!first || entry->due_ms < first->due_ms))
			first = entry;
	}
	return first;
}

uint64_t events_deadline(const struct events *events)
{
	const struct events_entry *first = events_first(events);
	uint64_t due_ms;

	if (!first || events->current)
		return UINT64_MAX;
	due_ms = first->due_ms > events->open_ms ? first->due_ms : events->open_ms;
	if (!events->tokens && due_ms < events->refilled_ms + EVENTS_REFILL_MS)
		due_ms = events->refilled_ms + EVENTS_REFILL_MS;
	return due_ms;
}

static void events_refill(struct events *events, uint64_t now_ms)
{
	uint64_t n = (now_ms - events->refilled_ms) / EVENTS_REFILL_MS;

	events->refilled_ms += n * EVENTS_REFILL_MS;
	events->tokens = n > EVENTS_BURST - events->tokens ? EVENTS_BURST : events->tokens + (unsigned int)n;
}

static const char *events_namespace(const struct event *event)
{
	return *event->namespace ? event->namespace : "default";
}

/* A name that the API takes, from one that it may not: "web.1f0c..." */
static void events_print_name(const struct events_entry *entry, struct buf *to)
{
	char name[EVENTS_NAME_MAX - EVENTS_NAME_HASH];
	size_t i, len = strlen(entry->event.name);

	if (len > sizeof(name) - 1)
		len = sizeof(name) - 1;
	for (i = 0; i < len; i++) {
		char c = entry->event.name[i];
		bool good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.';

		name[i] = good ? c : '-';
	}
	while (len > 0 && (name[len - 1] == '-' || name[len - 1] == '.'))
		len--;
	buf_printf(to, "%.*s.", (int)(len ? len : 1), len ? name : "x");
	for (i = 0; i < EVENTS_NAME_HASH / 2; i++)
		buf_printf(to, "%02x", entry->id[i]);
}

static void events_print_path(const struct events_entry *entry, bool patch, struct buf *to)
{
	const char *p;

	buf_printf(to, "/apis/events.k8s.io/v1/namespaces/");
	for (p = events_namespace(&entry->event); *p; p++)
		buf_printf(to, strchr("/?#% ", *p) ? "%%%02X" : "%c", (unsigned char)*p);
	buf_printf(to, "/events");
	if (!patch)
		return;
	buf_printf(to, "/");
	events_print_name(entry, to);
}

static void events_print_regarding(const struct event *event, struct json_text *json)
{
	json_text_begin(json, "regarding", '{');
	json_text_string(json, "apiVersion", event->api_version);
	json_text_string(json, "kind", event->kind);
	if (*event->namespace)
		json_text_string(json, "namespace", event->namespace);
	json_text_string(json, "name", event->name);
	if (*event->uid)
		json_text_string(json, "uid", event->uid);
	json_text_end(json, '}');
}

static void events_print_event(const struct events *events, const struct events_entry *entry, struct buf *to)
{
	struct json_text json = JSON_TEXT_INIT(to, 0);
	const struct event *event = &entry->event;
	char time[WALL_TEXT_SIZE], instance[EVENTS_INSTANCE_MAX + 1];
	struct buf name = BUF_INIT;

	events_print_name(entry, &name);
	(void)snprintf(instance, sizeof(instance), EVENTS_CONTROLLER "-%s", events->node_name);
	json_text_begin(&json, NULL, '{');
	json_text_string(&json, "apiVersion", "events.k8s.io/v1");
	json_text_string(&json, "kind", "Event");
	json_text_begin(&json, "metadata", '{');
	json_text_string(&json, "name", buf_text(&name));
	json_text_string(&json, "namespace", events_namespace(event));
	json_text_end(&json, '}');
	json_text_string(&json, "eventTime", wall_print_micro(entry->first_us, time));
	json_text_string(&json, "reportingController", EVENTS_CONTROLLER);
	json_text_string(&json, "reportingInstance", instance);
	json_text_string(&json, "action", event->action);
	json_text_string(&json, "reason", event->reason);
	events_print_regarding(event, &json);
	json_text_string(&json, "note", event->note);
	json_text_string(&json, "type", event->type == EVENT_TYPE_WARNING ? "Warning" : "Normal");
	json_text_end(&json, '}');
	buf_done(&name);
}

static void events_print_series(const struct events_entry *entry, struct buf *to)
{
	struct json_text json = JSON_TEXT_INIT(to, 0);
	char time[WALL_TEXT_SIZE];

	json_text_begin(&json, NULL, '{');
	json_text_begin(&json, "series", '{');
	json_text_number(&json, "count", (int64_t)entry->count);
	json_text_string(&json, "lastObservedTime", wall_print_micro(entry->last_us, time));
	json_text_end(&json, '}');
	json_text_end(&json, '}');
}

/* What the server had of it is over: what happened since is an Event of its own. */
static void events_begin_anew(struct events_entry *entry)
{
	entry->count -= entry->told;
	entry->told = 0;
	entry->first_us = entry->last_us;
}

bool events_next(struct events *events, uint64_t now_ms, struct events_request *ret)
{
	struct events_entry *entry;

	events_refill(events, now_ms);
	if (events_deadline(events) > now_ms)
		return false;
	entry = events_first(events);
	events->tokens--;
	events->current = entry;
	ret->patch = entry->told && !entry->foreign;
	if (!ret->patch && entry->told)
		events_begin_anew(entry);
	events_print_path(entry, ret->patch, &ret->path);
	entry->sending = ret->patch ? entry->count : 1;
	if (ret->patch)
		events_print_series(entry, &ret->body);
	else
		events_print_event(events, entry, &ret->body);
	return true;
}

static void events_postpone(struct events *events, struct events_entry *entry, unsigned int retry_after_s,
			    uint64_t now_ms)
{
	uint64_t wait_ms = (uint64_t)EVENTS_RETRY_MIN_MS << (entry->tries - 1);

	if (wait_ms > EVENTS_RETRY_MAX_MS)
		wait_ms = EVENTS_RETRY_MAX_MS;
	if (retry_after_s * 1000ull > wait_ms)
		wait_ms = retry_after_s * 1000ull;
	/* What keeps one back will keep back the others. */
	events->open_ms = now_ms + wait_ms;
	entry->due_ms = now_ms + wait_ms;
}

enum events_verdict events_answered(struct events *events, int http_code, unsigned int retry_after_s,
				    uint64_t now_ms)
{
	struct events_entry *entry = events->current;
	bool patch = entry->told && !entry->foreign;
	bool passing = http_code == 0 || http_code == 401 || http_code == 429 || http_code >= 500;

	events->current = NULL;
	if ((http_code >= 200 && http_code < 300) || (http_code == 409 && !patch)) {
		/* Ours alone is there already if the answer to an earlier try was lost. */
		entry->foreign = http_code == 409 && entry->event.from_every_node;
		entry->told = entry->foreign ? entry->count : entry->sending;
		entry->tries = 0;
		entry->due_ms = now_ms + (entry->foreign ? EVENTS_LIFETIME_MS : EVENTS_SERIES_MS);
		return EVENTS_VERDICT_DONE;
	}
	/* Its time was over at the server. */
	if (http_code == 404 && patch) {
		events_begin_anew(entry);
		return EVENTS_VERDICT_LATER;
	}
	if (passing && ++entry->tries < EVENTS_TRIES) {
		events_postpone(events, entry, retry_after_s, now_ms);
		return EVENTS_VERDICT_LATER;
	}
	if (!entry->told)
		events->dropped++;
	events_forget(events, entry);
	return EVENTS_VERDICT_DROPPED;
}

unsigned long events_dropped(const struct events *events)
{
	return events->dropped;
}
