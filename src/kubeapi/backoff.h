/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * backoff.h - when to ask a server again that failed, refused, or lost its clients
 *
 * Room:     kubeapi. Pure: no I/O, no clock, no log; the time is an argument, in milliseconds from any origin, not negative.
 * Shapes:   in: what became of a request, and the time; out: a delay or a deadline, in milliseconds.
 * Rule:     client-go's backoff, with its values unless a comment says otherwise: the pauses double from BACKOFF_MIN_MS to
 *           BACKOFF_MAX_MS, and a random part spreads the requests of many nodes. One struct for each kind of object. The
 *           random numbers depend on the seed alone, so that a test can repeat them.
 * Not here: what to request then (reflector.h); which kind tries first (reflector_held_until()).
 *
 * The connection is lost from backoff_lost() to backoff_answered(). The server is unreachable if the last backoff_lost() was
 * about a request without any answer, until backoff_answered(), backoff_reached() or backoff_wake(). The pauses are then
 * BACKOFF_UNREACHABLE_MAX_MS at most, which is shorter than client-go's, because only one kind tries.
 */
#ifndef KUBEAPI_BACKOFF_H
#define KUBEAPI_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

#define BACKOFF_MIN_MS		   800
#define BACKOFF_MAX_MS		   30000
#define BACKOFF_UNREACHABLE_MAX_MS 6400 /* instead, if the server is unreachable */
#define BACKOFF_RESET_MS	   120000 /* so long after the last pause began, the next is the shortest again */
#define BACKOFF_RETRY_AFTER_MAX_S  300 /* a longer Retry-After is cut */
#define BACKOFF_SPREAD_MS	   3000 /* clients that lost their server together spread their requests over it */
#define BACKOFF_WAKE_MS		   2000 /* the kinds of all nodes whose server is back spread their requests over it */
#define BACKOFF_WAKE_STEP	   3 /* the backoff of a woken kind goes on from here: 6.4 s */
#define BACKOFF_REFUSAL_TRIES	   4 /* in about 20 s */

/**
 * struct backoff - One kind's backoff; made by backoff_init(), owns nothing
 * @unreachable: read only outside: see above
 * The rest is private.
 */
struct backoff {
	bool unreachable;

	uint64_t random;
	unsigned int step; /* the next pause is BACKOFF_MIN_MS << step or the longest; 0 to 6 */
	int64_t pause_ms;  /* when the last pause began, -1: never */
	bool lost;
	bool wakeable;		 /* backoff_wake() may shorten the last pause */
	unsigned int n_refusals; /* early ones since the last answer; 0 to BACKOFF_REFUSAL_TRIES */
};

/** backoff_init() - No pause yet; @seed is for the random parts, any value. */
void backoff_init(struct backoff *backoff, uint64_t seed);
/** backoff_random() - A random number from 0 to @below - 1; @below is at least 1. */
uint64_t backoff_random(struct backoff *backoff, uint64_t below);

/**
 * backoff_delay() - A pause begins, and the next one will be longer
 * @retry_after_s: the server's Retry-After in seconds, cut at BACKOFF_RETRY_AFTER_MAX_S; 0: none
 * @spread_ms:	the random part is below this or the pause, whichever is longer; 0 or more. With a Retry-After it is at
 *		least BACKOFF_SPREAD_MS, because the server has sent it to all nodes.
 *
 * Return: the pause, which is at least as long as Retry-After, and the random part: BACKOFF_MIN_MS or more. Without
 * @retry_after_s and @spread_ms it is less than twice the longest pause.
 */
int64_t backoff_delay(struct backoff *backoff, unsigned int retry_after_s, int64_t spread_ms, int64_t now_ms);
/** backoff_failed() - As backoff_delay() without a spread; if the connection is lost, backoff_wake() may shorten it. */
int64_t backoff_failed(struct backoff *backoff, unsigned int retry_after_s, int64_t now_ms);
/** backoff_soon() - A pause that is no failure, so the next one is no longer. Return: 0 to BACKOFF_SPREAD_MS - 1. */
int64_t backoff_soon(struct backoff *backoff);
/**
 * backoff_wake() - Within a pause: the server has answered another kind
 * @deadline_ms: end of the pause
 *
 * A failed connection is tried again after a random part of BACKOFF_WAKE_MS, but not within BACKOFF_MIN_MS of its failure.
 * After a Retry-After, and after backoff_delay() and backoff_soon(), the pause stays.
 *
 * Return: the new end of the pause, which is not later than @deadline_ms unless that is over.
 */
int64_t backoff_wake(struct backoff *backoff, int64_t deadline_ms, int64_t now_ms);

/** backoff_reset() - The next pause is the shortest. */
void backoff_reset(struct backoff *backoff);
/** backoff_answered() - The server sent something other than an error. */
void backoff_answered(struct backoff *backoff);
/** backoff_reached() - The server sent an error, not an early refusal. */
void backoff_reached(struct backoff *backoff);
/** backoff_lost() - The connection failed; @answered: after the server had answered this request. */
void backoff_lost(struct backoff *backoff, bool answered);
/**
 * backoff_is_early() - Whether a refusal may pass, because the server starts and has not read its rules yet
 *
 * These are the first BACKOFF_REFUSAL_TRIES while the connection is lost. The caller decides what is a refusal.
 */
bool backoff_is_early(const struct backoff *backoff);
/** backoff_refused_early() - It was one. The first one resets the backoff, so that the tries are soon. */
void backoff_refused_early(struct backoff *backoff);

#endif
