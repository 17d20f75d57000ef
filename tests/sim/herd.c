/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * 5,000 nodes and one API server: when do their requests arrive after it has restarted?
 *
 * The clients are the real reflectors, four for each node; the server is a model, which answers, refuses or
 * is away. Each case prints its arrivals, second by second, and has bounds on them.
 */
#include "config.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "kubeapi/reflector.h"

#define NODES	  5000
#define KINDS	  4
#define CLIENTS	  (NODES * KINDS)
#define STEP_MS	  10
#define SECONDS	  180
#define BEFORE_MS 100000 /* when the clients started, all in good time */
#define TRIP_MS	  50	 /* a request is underway for up to so long */

/**
 * struct scenario - What the server does from 0 on
 * @cold:	nobody was there before: all start at 0
 * @away_ms:	connections are refused for so long
 * @forgotten:	versions from before are 410
 * @capacity:	requests a second that it serves, then 429 with Retry-After: 1; 0: all
 * @refuses_ms:	after that, everything is 403 for so long
 * @most_at_once: bound: arrivals in one second, after @from_s
 * @all_back_s: bound: everybody is served by then
 */
struct scenario {
	const char *name;
	bool cold;
	int64_t away_ms;
	int64_t refuses_ms;
	bool forgotten;
	unsigned int capacity;
	unsigned int from_s;
	unsigned int most_at_once;
	unsigned int all_back_s;
};

/* The watches of all nodes break in the same moment; unspread, all 20,000 would come within one second. */
static const struct scenario scenarios[] = {
	{ "the server restarts and is back at once", false, 0, 0, false, 0, 0, 7500, 4 },
	{ "it has forgotten all versions: everybody lists", false, 0, 0, true, 0, 0, 11000, 8 },
	{ "it is away for 20 seconds", false, 20000, 0, false, 0, 20, 3300, 40 },
	{ "it is away for 20 seconds and serves 1,000 a second", false, 20000, 0, true, 1000, 20, 3300, 150 },
	{ "it is away for 20 seconds and refuses for 5 more", false, 20000, 5000, false, 0, 20, 5000, 45 },
	{ "all nodes start in one moment, it serves 2,000 a second", true, 0, 0, false, 2000, 1, 7500, 30 },
};

/** struct client - One reflector; @arrives_ms: when its request reaches the server, -1: none is underway */
struct client {
	struct reflector reflector;
	int64_t arrives_ms;
	bool served;
};

struct simulation {
	const struct scenario *scenario;
	struct client *clients;
	uint64_t random;
	unsigned int arrivals[SECONDS];
	unsigned int lists[SECONDS]; /* of the arrivals */
	unsigned int taken[SECONDS]; /* of the capacity */
	int64_t served_ms[CLIENTS];
	size_t n_served;
};

static uint64_t random_number(struct simulation *s)
{
	s->random = s->random * 6364136223846793005u + 1442695040888963407u;
	return s->random >> 33;
}

static void give(struct simulation *s, struct client *client, const struct reflector_event *event,
		 int64_t now_ms)
{
	if (reflector_handle(&client->reflector, event, now_ms) & REFLECTOR_ACTION_OPEN)
		client->arrives_ms = now_ms + 1 + (int64_t)(random_number(s) % TRIP_MS);
}

static void give_type(struct simulation *s, struct client *client, enum reflector_event_type type,
		      int64_t now_ms)
{
	const struct reflector_event event = { .type = type, .resource_version = "7" };

	give(s, client, &event, now_ms);
}

static void give_status(struct simulation *s, struct client *client, int code, unsigned int retry_after_s,
			int64_t now_ms)
{
	const struct reflector_event event = {
		.type = REFLECTOR_EVENT_ERROR_STATUS,
		.code = code,
		.retry_after_s = retry_after_s,
	};

	give(s, client, &event, now_ms);
}

static void serve(struct simulation *s, struct client *client, int64_t now_ms)
{
	bool list = client->reflector.state == REFLECTOR_STATE_STREAMING;
	size_t i, node = (size_t)(client - s->clients) / KINDS;

	give_type(s, client, REFLECTOR_EVENT_RESPONSE, now_ms);
	for (i = 0; i < KINDS; i++)
		if (&s->clients[node * KINDS + i] != client)
			give_type(s, &s->clients[node * KINDS + i], REFLECTOR_EVENT_WAKE, now_ms);
	if (list) {
		give_type(s, client, REFLECTOR_EVENT_OBJECT, now_ms);
		give_type(s, client, REFLECTOR_EVENT_INITIAL_END, now_ms);
	}
	give_type(s, client, REFLECTOR_EVENT_BOOKMARK, now_ms);
	if (now_ms < 0 || client->served)
		return;
	client->served = true;
	s->served_ms[s->n_served++] = now_ms;
}

/* The request is there. */
static void arrive(struct simulation *s, struct client *client, int64_t now_ms)
{
	const struct scenario *scenario = s->scenario;
	size_t second = (size_t)(now_ms / 1000);

	client->arrives_ms = -1;
	s->arrivals[second]++;
	s->lists[second] += client->reflector.state != REFLECTOR_STATE_WATCHING;
	if (now_ms < scenario->away_ms)
		give_type(s, client, REFLECTOR_EVENT_TRANSPORT_ERROR, now_ms);
	else if (now_ms < scenario->away_ms + scenario->refuses_ms)
		give_status(s, client, 403, 0, now_ms);
	else if (scenario->capacity && s->taken[second]++ >= scenario->capacity)
		give_status(s, client, 429, 1, now_ms);
	else if (scenario->forgotten && client->reflector.state == REFLECTOR_STATE_WATCHING)
		give_status(s, client, 410, 0, now_ms);
	else
		serve(s, client, now_ms);
}

static void begin(struct simulation *s)
{
	size_t i;

	for (i = 0; i < CLIENTS; i++) {
		struct client *client = &s->clients[i];
		int64_t start_ms = s->scenario->cold ? 0 : -BEFORE_MS;

		/* What daemon and kubeapi.c make of a node's name is as good as a random number. */
		reflector_init(&client->reflector, REFLECTOR_SELECTOR_NONE, true, random_number(s) << 32 | i);
		client->reflector.cheap = i % KINDS >= KINDS / 2; /* our Node and ServiceCIDRs */
		client->arrives_ms = -1;
		give_type(s, client, REFLECTOR_EVENT_START, start_ms);
		if (s->scenario->cold)
			continue;
		client->arrives_ms = -1;
		serve(s, client, start_ms);
		give_type(s, client, REFLECTOR_EVENT_TRANSPORT_ERROR, 0);
	}
}

/* As kubeapi.c does it. */
static bool is_held(const struct simulation *s, size_t i, int64_t now_ms)
{
	size_t before;

	for (before = i - i % KINDS; before < i; before++)
		if (reflector_held_until(&s->clients[i].reflector, &s->clients[before].reflector) > now_ms)
			return true;
	return false;
}

static void run(struct simulation *s)
{
	int64_t now_ms;
	size_t i;

	for (now_ms = 0; now_ms < SECONDS * 1000; now_ms += STEP_MS) {
		for (i = 0; i < CLIENTS; i++) {
			struct client *client = &s->clients[i];

			if (client->arrives_ms >= 0 && client->arrives_ms <= now_ms)
				arrive(s, client, now_ms);
			else if (!client->served && client->reflector.deadline_ms >= 0 &&
				 client->reflector.deadline_ms <= now_ms && !is_held(s, i, now_ms))
				give_type(s, client, REFLECTOR_EVENT_TIMER, now_ms);
		}
		if (s->n_served == CLIENTS)
			return;
	}
}

static double served_s(const struct simulation *s, unsigned int percent)
{
	size_t n = (size_t)CLIENTS * percent / 100;

	return s->n_served < n ? -1 : (double)s->served_ms[n - 1] / 1000;
}

static void print_curve(const struct simulation *s)
{
	size_t second, last = SECONDS;

	while (last > 1 && !s->arrivals[last - 1])
		last--;
	(void)printf("# %s\n#   requests in each second:", s->scenario->name);
	for (second = 0; second < last; second++)
		(void)printf(" %u", s->arrivals[second]);
	(void)printf("\n#   served: 50 %% after %.1f s, 95 %% after %.1f s, all after %.1f s\n",
		     served_s(s, 50), served_s(s, 95), served_s(s, 100));
}

static bool judge(const struct simulation *s)
{
	const struct scenario *scenario = s->scenario;
	unsigned int most = 0, most_lists = 0;
	bool good = true;
	size_t second;

	for (second = scenario->from_s; second < SECONDS; second++) {
		most = s->arrivals[second] > most ? s->arrivals[second] : most;
		most_lists = s->lists[second] > most_lists ? s->lists[second] : most_lists;
	}
	(void)printf("#   most in one second from %u s on: %u, of them lists: %u\n", scenario->from_s, most,
		     most_lists);
	if (most > scenario->most_at_once) {
		(void)printf("not ok %s: more than %u in one second\n", scenario->name,
			     scenario->most_at_once);
		good = false;
	}
	if (s->n_served < CLIENTS || served_s(s, 100) > scenario->all_back_s) {
		(void)printf("not ok %s: not all are served after %u s\n", scenario->name,
			     scenario->all_back_s);
		good = false;
	}
	if (good)
		(void)printf("ok %s\n", scenario->name);
	return good;
}

int main(void)
{
	bool good = true;
	size_t i, k;

	for (i = 0; i < ARRAY_SIZE(scenarios); i++) {
		struct simulation *s = alloc_zeroed(1, sizeof(*s));

		s->scenario = &scenarios[i];
		s->clients = alloc_zeroed(CLIENTS, sizeof(*s->clients));
		s->random = 1;
		begin(s);
		run(s);
		print_curve(s);
		good &= judge(s);
		for (k = 0; k < CLIENTS; k++)
			reflector_done(&s->clients[k].reflector);
		free(s->clients);
		free(s);
	}
	return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
