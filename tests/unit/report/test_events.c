/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which Events are sent to the API server, when, and how often. Times are arguments. */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "report/events.h"

#define START_US 1764066645120000 /* 2025-11-25T10:30:45.12Z */
#define OPEN_MS	 EVENTS_SPREAD_MS /* with any seed requests may be sent now */

static struct event event_of(const char *name, const char *note)
{
	return (struct event){
		.type = EVENT_TYPE_WARNING,
		.kind = "Service",
		.api_version = "v1",
		.namespace = "shop",
		.name = name,
		.uid = "u-1",
		.reason = "FrontendConflict",
		.action = "Sync",
		.note = note,
		.from_every_node = true,
	};
}

static void add(struct events *events, const char *name, const char *note, uint64_t now_ms)
{
	struct event event = event_of(name, note);

	events_add(events, &event, now_ms, START_US);
}

/* Returns whether there was a request; keeps it. */
static struct events_request last;

static bool next(struct events *events, uint64_t now_ms)
{
	buf_done(&last.path);
	buf_done(&last.body);
	last = (struct events_request){ .patch = false };
	return events_next(events, now_ms, &last);
}

static void test_words(void **state)
{
	struct events *events = events_new("node-1", 0, START_US, 1);

	(void)state;
	add(events, "web", "\"TCP\" 80", 0);
	assert_true(next(events, OPEN_MS));
	assert_false(last.patch);
	assert_string_equal(buf_text(&last.path), "/apis/events.k8s.io/v1/namespaces/shop/events");
	assert_string_equal(
		buf_text(&last.body),
		"{\"apiVersion\":\"events.k8s.io/v1\",\"kind\":\"Event\",\"metadata\":{\"name\":"
		"\"web.6b5af1a841b7a877\",\"namespace\":\"shop\"},\"eventTime\":\"2025-11-25T10:30:45.120000Z\","
		"\"reportingController\":\"kube-nftproxy\",\"reportingInstance\":\"kube-nftproxy-node-1\","
		"\"action\":\"Sync\",\"reason\":\"FrontendConflict\",\"regarding\":{\"apiVersion\":\"v1\","
		"\"kind\":\"Service\",\"namespace\":\"shop\",\"name\":\"web\",\"uid\":\"u-1\"},"
		"\"note\":\"\\\"TCP\\\" 80\",\"type\":\"Warning\"}");
	events_free(events);
}

/* An object without a namespace, and one whose name the API does not allow. */
static void test_places(void **state)
{
	struct events *events = events_new("node-1", 0, START_US, 1);
	struct event event = {
		.kind = "Node",
		.api_version = "v1",
		.namespace = "",
		.name = "Node_1.-",
		.uid = "",
		.reason = "Starting",
		.action = "StartKubeProxy",
		.note = "",
	};

	(void)state;
	events_add(events, &event, 0, START_US);
	assert_true(next(events, OPEN_MS));
	assert_string_equal(buf_text(&last.path), "/apis/events.k8s.io/v1/namespaces/default/events");
	assert_non_null(strstr(buf_text(&last.body), "\"name\":\"-ode-1."));
	assert_non_null(strstr(buf_text(&last.body), "\"namespace\":\"default\"}"));
	assert_non_null(strstr(buf_text(&last.body), "\"name\":\"Node_1.-\"}"));
	assert_non_null(strstr(buf_text(&last.body), "\"type\":\"Normal\""));
	events_free(events);
}

/* An Event that every node reports has one name; others have a name for each node and process. */
static void test_names(void **state)
{
	struct events *one = events_new("node-1", 0, START_US, 1);
	struct events *two = events_new("node-2", 0, START_US + 1, 2);
	struct event event = event_of("web", "x");
	char name[512];
	const char *p;

	(void)state;
	events_add(one, &event, 0, START_US);
	events_add(two, &event, 0, START_US);
	assert_true(next(one, OPEN_MS));
	p = strstr(buf_text(&last.body), "\"name\":\"web.");
	assert_non_null(p);
	(void)snprintf(name, sizeof(name), "%.28s", p);
	assert_true(next(two, OPEN_MS));
	assert_non_null(strstr(buf_text(&last.body), name));
	(void)events_answered(two, 201, 0, OPEN_MS);
	event.from_every_node = false;
	events_add(two, &event, 0, START_US);
	assert_true(next(two, OPEN_MS));
	assert_null(strstr(buf_text(&last.body), name));
	events_free(one);
	events_free(two);
}

static void test_series(void **state)
{
	struct events *events = events_new("node-1", 0, START_US, 1);
	uint64_t now_ms = OPEN_MS;

	(void)state;
	add(events, "web", "x", 0);
	add(events, "web", "x", 1);
	assert_true(next(events, now_ms));
	assert_false(next(events, now_ms)); /* one at a time */
	assert_int_equal(events_deadline(events), UINT64_MAX);
	assert_int_equal(events_answered(events, 201, 0, now_ms), EVENTS_VERDICT_DONE);
	/* The second request comes after a minute, and counts everything since. */
	assert_int_equal(events_deadline(events), now_ms + EVENTS_SERIES_MS);
	assert_false(next(events, now_ms + EVENTS_SERIES_MS - 1));
	add(events, "web", "x", now_ms + 5);
	assert_true(next(events, now_ms + EVENTS_SERIES_MS));
	assert_true(last.patch);
	assert_non_null(strstr(buf_text(&last.path), "/namespaces/shop/events/web."));
	assert_string_equal(
		buf_text(&last.body),
		"{\"series\":{\"count\":3,\"lastObservedTime\":\"2025-11-25T10:30:45.120000Z\"}}");
	assert_int_equal(events_answered(events, 200, 0, now_ms), EVENTS_VERDICT_DONE);
	assert_int_equal(events_deadline(events), UINT64_MAX);
	/* The server has deleted the Event before the next request. */
	add(events, "web", "x", now_ms);
	now_ms += EVENTS_SERIES_MS;
	assert_true(next(events, now_ms));
	assert_true(last.patch);
	assert_int_equal(events_answered(events, 404, 0, now_ms), EVENTS_VERDICT_LATER);
	assert_true(next(events, now_ms));
	assert_false(last.patch);
	assert_int_equal(events_answered(events, 201, 0, now_ms), EVENTS_VERDICT_DONE);
	assert_int_equal(events_deadline(events), UINT64_MAX);
	events_free(events);
}

/* Another node was first: nothing more is sent. */
static void test_exists(void **state)
{
	struct events *events = events_new("node-1", 0, START_US, 1);

	(void)state;
	add(events, "web", "x", 0);
	add(events, "web", "x", 0);
	assert_true(next(events, OPEN_MS));
	assert_int_equal(events_answered(events, 409, 0, OPEN_MS), EVENTS_VERDICT_DONE);
	assert_int_equal(events_deadline(events), UINT64_MAX);
	assert_int_equal(events_dropped(events), 0);
	/* It happens again: sent as a new Event when the lifetime of the first one is over. */
	add(events, "web", "x", OPEN_MS + 1);
	assert_int_equal(events_deadline(events), OPEN_MS + EVENTS_LIFETIME_MS);
	assert_true(next(events, OPEN_MS + EVENTS_LIFETIME_MS));
	assert_false(last.patch);
	assert_int_equal(events_answered(events, 201, 0, OPEN_MS + EVENTS_LIFETIME_MS), EVENTS_VERDICT_DONE);
	assert_int_equal(events_deadline(events), UINT64_MAX);
	/* We created it, so we count its series. */
	add(events, "web", "x", OPEN_MS + EVENTS_LIFETIME_MS);
	assert_true(next(events, OPEN_MS + EVENTS_LIFETIME_MS + EVENTS_SERIES_MS));
	assert_true(last.patch);
	events_free(events);
}

/* The answer was lost: our own Event exists already, and we count its series. */
static void test_lost_answer(void **state)
{
	struct events *events = events_new("node-1", 0, START_US, 1);
	struct event event = event_of("web", "x");
	uint64_t now_ms = OPEN_MS;

	(void)state;
	event.from_every_node = false;
	events_add(events, &event, 0, START_US);
	assert_true(next(events, now_ms));
	assert_int_equal(events_answered(events, 0, 0, now_ms), EVENTS_VERDICT_LATER);
	now_ms += EVENTS_RETRY_MIN_MS;
	assert_true(next(events, now_ms));
	assert_int_equal(events_answered(events, 409, 0, now_ms), EVENTS_VERDICT_DONE);
	events_add(events, &event, now_ms, START_US);
	assert_true(next(events, now_ms + EVENTS_SERIES_MS));
	assert_true(last.patch);
	events_free(events);
}

static void test_trouble(void **state)
{
	static const int final[] = { 400, 403, 404, 422 };
	struct events *events = events_new("node-1", 0, START_US, 1);
	uint64_t now_ms = OPEN_MS, wait_ms = EVENTS_RETRY_MIN_MS;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(final) / sizeof(*final); i++) {
		add(events, "web", "x", 0);
		assert_true(next(events, now_ms));
		assert_int_equal(events_answered(events, final[i], 0, now_ms), EVENTS_VERDICT_DROPPED);
		assert_false(next(events, now_ms));
		assert_int_equal(events_dropped(events), i + 1);
	}
	/* A temporary error is tried again, after a longer time each time. */
	add(events, "web", "x", 0);
	for (i = 1; i < EVENTS_TRIES; i++) {
		assert_true(next(events, now_ms));
		assert_int_equal(events_answered(events, i % 2 ? 0 : 503, 0, now_ms), EVENTS_VERDICT_LATER);
		assert_int_equal(events_deadline(events), now_ms + wait_ms);
		assert_false(next(events, now_ms + wait_ms - 1));
		now_ms += wait_ms;
		wait_ms = wait_ms * 2 < EVENTS_RETRY_MAX_MS ? wait_ms * 2 : EVENTS_RETRY_MAX_MS;
	}
	assert_true(next(events, now_ms));
	assert_int_equal(events_answered(events, 0, 0, now_ms), EVENTS_VERDICT_DROPPED);
	/* The other Events wait, too. */
	add(events, "web", "x", now_ms);
	assert_true(next(events, now_ms));
	add(events, "other", "x", now_ms);
	assert_int_equal(events_answered(events, 503, 0, now_ms), EVENTS_VERDICT_LATER);
	assert_int_equal(events_deadline(events), now_ms + EVENTS_RETRY_MIN_MS);
	events_free(events);
}

static void test_retry_after(void **state)
{
	struct events *events = events_new("node-1", 0, START_US, 1);

	(void)state;
	add(events, "web", "x", 0);
	assert_true(next(events, OPEN_MS));
	assert_int_equal(events_answered(events, 429, 400, OPEN_MS), EVENTS_VERDICT_LATER);
	assert_int_equal(events_deadline(events), OPEN_MS + 400000);
	events_free(events);
}

static void test_rate(void **state)
{
	struct events *events = events_new("node-1", 0, START_US, 1);
	uint64_t now_ms = 0;
	char name[16];
	int i, n = 0;

	(void)state;
	for (i = 0; i < EVENTS_MAX; i++) {
		(void)snprintf(name, sizeof(name), "web-%d", i);
		add(events, name, "x", 0);
	}
	/* All entries wait to be sent: there is no room. */
	add(events, "one-more", "x", 0);
	assert_int_equal(events_dropped(events), 1);
	now_ms = events_deadline(events);
	assert_true(now_ms < EVENTS_SPREAD_MS);
	while (next(events, now_ms)) {
		assert_int_equal(events_answered(events, 201, 0, now_ms), EVENTS_VERDICT_DONE);
		n++;
	}
	assert_int_equal(n, EVENTS_BURST);
	now_ms = events_deadline(events);
	assert_true(now_ms <= 2 * EVENTS_REFILL_MS);
	assert_true(next(events, now_ms));
	assert_int_equal(events_answered(events, 201, 0, now_ms), EVENTS_VERDICT_DONE);
	assert_false(next(events, now_ms));
	/* Now there is room. */
	add(events, "one-more", "x", now_ms);
	assert_int_equal(events_dropped(events), 1);
	/* Hours later there is one burst, not more. */
	now_ms += 36000000;
	for (n = 0; next(events, now_ms); n++)
		assert_int_equal(events_answered(events, 201, 0, now_ms), EVENTS_VERDICT_DONE);
	assert_int_equal(n, EVENTS_BURST);
	events_free(events);
}

static void test_long_note(void **state)
{
	struct events *events = events_new("node-1", 0, START_US, 1);
	char note[2000];
	const char *p;
	size_t i;

	(void)state;
	for (i = 0; i + 2 < sizeof(note); i += 2)
		memcpy(note + i, "\xc3\xa9", 2);
	note[i] = '\0';
	add(events, "web", note, 0);
	assert_true(next(events, OPEN_MS));
	p = strstr(buf_text(&last.body), "\"note\":\"");
	assert_non_null(p);
	/* The 1,023rd byte is the first half of a character. */
	assert_int_equal(strcspn(p + strlen("\"note\":\""), "\""), 1022);
	events_free(events);
}

/* Y34: a note of others' text is cleaned, and still not too long for the API server. */
static void test_hostile_note(void **state)
{
	struct events *events = events_new("node-1", 0, START_US, 1);
	char note[1000];
	const char *p;

	(void)state;
	memset(note, '\033', sizeof(note) - 1);
	note[sizeof(note) - 1] = '\0';
	add(events, "web", note, 0);
	assert_true(next(events, OPEN_MS));
	p = strstr(buf_text(&last.body), "\"note\":\"");
	assert_non_null(p);
	p += strlen("\"note\":\"");
	assert_memory_equal(p, "\\\\x1b\\\\x1b", 10);
	/* JSON doubles each backslash: the note has 4 bytes for each 5 of these. */
	assert_int_equal(strcspn(p, "\"") / 5 * 4, EVENT_NOTE_MAX / 4 * 4);
	events_free(events);
}

/* A thousand processes that start at the same time send at different times. */
static void test_spread(void **state)
{
	unsigned int seconds[EVENTS_SPREAD_MS / 1000] = { 0 };
	uint64_t seed;
	size_t i;

	(void)state;
	for (seed = 0; seed < 1000; seed++) {
		struct events *events = events_new("node-1", 0, START_US, seed);

		add(events, "web", "x", 0);
		assert_true(events_deadline(events) < EVENTS_SPREAD_MS);
		seconds[events_deadline(events) / 1000]++;
		events_free(events);
	}
	for (i = 0; i < sizeof(seconds) / sizeof(*seconds); i++)
		assert_in_range(seconds[i], 60, 140);
}

static int forget_last(void **state)
{
	(void)state;
	buf_done(&last.path);
	buf_done(&last.body);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),	     cmocka_unit_test(test_places),
		cmocka_unit_test(test_names),	     cmocka_unit_test(test_series),
		cmocka_unit_test(test_exists),	     cmocka_unit_test(test_lost_answer),
		cmocka_unit_test(test_trouble),	     cmocka_unit_test(test_retry_after),
		cmocka_unit_test(test_rate),	     cmocka_unit_test(test_long_note),
		cmocka_unit_test(test_hostile_note), cmocka_unit_test(test_spread),
	};

	return cmocka_run_group_tests(tests, NULL, forget_last);
}
