/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "report/events.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/plain_text.h"
#include "base/sha256.h"

/**
 * struct events_entry - An Event, and how much of it the server knows
 * @event:	its strings are ours, except the literals
 * @id:		hash of what happened, and of the node and process unless every node reports it
 * @count:	how often it happened
 * @sent:	how many of @count the server knows; 0: the Event is not created yet
 * @sending:	what @sent becomes if the request succeeds
 * @foreign:	another node created it, and counts its series
 * @first_us, @last_us: wall clock: when it happened first since the Event is to be created, and last
 * @last_ms, @due_ms: monotonic: when it happened last, and no request before
 * @n_failures:	requests that failed in a row
 */
struct events_entry {
	struct event event;
	uint8_t id[SHA256_SIZE];
	unsigned long count;
	unsigned long sent;
	unsigned long sending;
	bool foreign;
	int64_t first_us;
	int64_t last_us;
	uint64_t last_ms;
	uint64_t due_ms;
	unsigned int n_failures;
};

/**
 * struct events
 * @start_us:	wall clock: when this process began
 * @current:	the entry whose request is under way; NULL: none is
 * @tokens:	requests that may be sent now; one more every EVENTS_REFILL_MS, counted from @refilled_ms
 * @open_ms:	monotonic: no request before
 */
struct events {
	char *node_name;
	int64_t start_us;
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

	/* Similar seeds shall give different delays. */
	sha256_of(&seed, sizeof(seed), digest);
	memcpy(&seed, digest, sizeof(seed));
	events->node_name = alloc_string(node_name);
	events->start_us = wall_us;
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
		sha256_add(&sha256, &events->start_us, sizeof(events->start_us));
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

/* It is to be created, or has happened again since. */
static bool events_is_waiting(const struct events_entry *entry)
{
	return entry->count > entry->sent;
}

/* Make room for one more: of the entries that the server knows, drop the one that happened least recently. */
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

/* A copy of at most @max bytes, not cut inside a UTF-8 character. */
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

/* Cleaned before it is cut: cleaning makes it longer. */
static char *events_note(const char *note)
{
	struct buf clean = BUF_INIT;
	char *ret;

	plain_text_add(&clean, note);
	ret = events_cut(buf_text(&clean), EVENT_NOTE_MAX);
	buf_done(&clean);
	return ret;
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
		entry->event.namespace = events_cut(event->namespace, EVENT_NAMESPACE_MAX);
		entry->event.name = alloc_string(event->name);
		entry->event.uid = alloc_string(event->uid);
		entry->event.note = events_note(event->note);
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

/* The server no longer has the Event: create another one for what has happened since. */
static void events_restart(struct events_entry *entry)
{
	entry->count -= entry->sent;
	entry->sent = 0;
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
	ret->patch = entry->sent && !entry->foreign;
	if (!ret->patch && entry->sent)
		events_restart(entry);
	event_print_path(&entry->event, entry->id, ret->patch, &ret->path);
	entry->sending = ret->patch ? entry->count : 1;
	if (ret->patch)
		event_print_series(entry->count, entry->last_us, &ret->body);
	else
		event_print_new(&entry->event, entry->id, events->node_name, entry->first_us, &ret->body);
	return true;
}

static void events_postpone(struct events *events, struct events_entry *entry, unsigned int retry_after_s,
			    uint64_t now_ms)
{
	uint64_t wait_ms = (uint64_t)EVENTS_RETRY_MIN_MS << (entry->n_failures - 1);

	if (wait_ms > EVENTS_RETRY_MAX_MS)
		wait_ms = EVENTS_RETRY_MAX_MS;
	if (retry_after_s * 1000ull > wait_ms)
		wait_ms = retry_after_s * 1000ull;
	/* The same trouble would hit the other Events. */
	events->open_ms = now_ms + wait_ms;
	entry->due_ms = now_ms + wait_ms;
}

enum events_verdict events_answered(struct events *events, int http_code, unsigned int retry_after_s,
				    uint64_t now_ms)
{
	struct events_entry *entry = events->current;
	bool patch = entry->sent && !entry->foreign;
	bool temporary = http_code == 0 || http_code == 401 || http_code == 429 || http_code >= 500;

	events->current = NULL;
	if ((http_code >= 200 && http_code < 300) || (http_code == 409 && !patch)) {
		/* 409: another node has created it, or, if only we report it, the answer to an earlier try was lost. */
		entry->foreign = http_code == 409 && entry->event.from_every_node;
		entry->sent = entry->foreign ? entry->count : entry->sending;
		entry->n_failures = 0;
		entry->due_ms = now_ms + (entry->foreign ? EVENTS_LIFETIME_MS : EVENTS_SERIES_MS);
		return EVENTS_VERDICT_DONE;
	}
	/* Its lifetime at the server was over. */
	if (http_code == 404 && patch) {
		events_restart(entry);
		return EVENTS_VERDICT_LATER;
	}
	if (temporary && ++entry->n_failures < EVENTS_TRIES) {
		events_postpone(events, entry, retry_after_s, now_ms);
		return EVENTS_VERDICT_LATER;
	}
	if (!entry->sent)
		events->dropped++;
	events_forget(events, entry);
	return EVENTS_VERDICT_DROPPED;
}

unsigned long events_dropped(const struct events *events)
{
	return events->dropped;
}
