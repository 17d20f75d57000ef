/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pacer.h - when to sync
 *
 * Room:     sync; pure: time is an argument (monotonic milliseconds).
 * Rule:     a request on an idle proxy runs at once (tests/COVERAGE.md Y4). Between the end of a sync and the
 *           start of the next lies the minimum period, and at least as long as the last sync took, but at most 50 ms: so a
 *           storm of small changes takes at most half of the time, and nothing waits twice for an expensive Service. After a failure: 1 s, doubling up to the sync period.
 *           A large change is made in steps; between them there is no wait but for the rest of the loop.
 *           Once an hour a verification is due (Y5), however many syncs there are in between. A foreign
 *           change of our tables is repaired at once. If foreign changes go on (another proxy on the same tables), a repair waits 100 ms, doubling up to 10 s,
 *           until there was no foreign change for a minute.
 */
#ifndef SYNC_PACER_H
#define SYNC_PACER_H

#include <stdbool.h>
#include <stdint.h>

#define PACER_REST_MAX_MS     50
#define PACER_RETRY_FIRST_MS  1000
#define PACER_PERIODIC_MS     (3600 * 1000)
#define PACER_REPAIR_FIRST_MS 100
#define PACER_REPAIR_MAX_MS   10000
#define PACER_REPAIR_QUIET_MS 60000

/**
 * struct pacer
 * @requested:	a sync is requested
 * @earliest_ms: no sync before
 * @periodic_ms: next verification
 * @retry_ms:	delay after the next failure
 * @repair_ms:	next repair; UINT64_MAX: none is due
 * @repair_delay_ms: delay of the last repair
 * @repair_quiet_ms: from then on a repair has no delay again
 * @refused_ms:	when a refused Service is tried again (sync/refusals.h); UINT64_MAX: none is due
 */
struct pacer {
	uint64_t min_period_ms;
	uint64_t retry_max_ms;
	bool requested;
	uint64_t earliest_ms;
	uint64_t periodic_ms;
	uint64_t retry_ms;
	uint64_t repair_ms;
	uint64_t repair_delay_ms;
	uint64_t repair_quiet_ms;
	uint64_t refused_ms;
};

/** pacer_init() - @retry_max_ms: longest delay after a failure. */
void pacer_init(struct pacer *pacer, uint64_t min_period_ms, uint64_t retry_max_ms, uint64_t now_ms);
/** pacer_request() - Request a sync. */
void pacer_request(struct pacer *pacer);
/** pacer_repair() - Request a repair after a foreign change. Return: milliseconds until then. */
uint64_t pacer_repair(struct pacer *pacer, uint64_t now_ms);
/** pacer_retry_at() - Request a sync for then, instead of the one that the last call requested; UINT64_MAX: none. */
void pacer_retry_at(struct pacer *pacer, uint64_t refused_ms);
/** pacer_due() - When to start the next sync; it may be in the past. */
uint64_t pacer_due(const struct pacer *pacer);
/** pacer_is_periodic() - Whether the sync that is due now is the hourly one. */
bool pacer_is_periodic(const struct pacer *pacer, uint64_t now_ms);
enum pacer_result {
	PACER_RESULT_DONE,
	PACER_RESULT_MORE, /* another step is due at once */
	PACER_RESULT_FAILED,
};

/** pacer_ran() - A sync that started at @start_ms ended at @now_ms. A failed one is requested again. */
void pacer_ran(struct pacer *pacer, uint64_t start_ms, uint64_t now_ms, enum pacer_result result);

#endif
