/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pacer.h - when to sync
 *
 * Room:     sync; pure: time is an argument (monotonic milliseconds).
 * Rule:     a request on an idle proxy runs at once (tests/COVERAGE.md Y4). Between the end of a sync and the
 *           start of the next lies the minimum period, and at least as long as the last sync took, so that a
 *           storm of changes leaves half of the time to others. After a failure: 1 s, doubling up to the sync period.
 *           Once an hour a sync is due without a request (Y5). What somebody else broke is mended at once,
 *           but who breaks it again and again (another proxy on the same tables) is answered ever more
 *           slowly: 100 ms, doubling up to 10 s, until a minute was quiet.
 */
#ifndef SYNC_PACER_H
#define SYNC_PACER_H

#include <stdbool.h>
#include <stdint.h>

#define PACER_RETRY_FIRST_MS 1000
#define PACER_PERIODIC_MS    (3600 * 1000)
#define PACER_MEND_FIRST_MS  100
#define PACER_MEND_MAX_MS    10000
#define PACER_MEND_QUIET_MS  60000

/**
 * struct pacer - @requested: something is to be done; @earliest_ms: not before; @periodic_ms: without a
 * request; @retry_ms: delay after the next failure; @mend_ms: when to mend, UINT64_MAX: nothing is broken;
 * @mend_delay_ms: of the last time; @mend_quiet_ms: from then on the next one is at once again
 */
struct pacer {
	uint64_t min_period_ms;
	uint64_t retry_max_ms;
	bool requested;
	uint64_t earliest_ms;
	uint64_t periodic_ms;
	uint64_t retry_ms;
	uint64_t mend_ms;
	uint64_t mend_delay_ms;
	uint64_t mend_quiet_ms;
};

/** pacer_init() - @retry_max_ms: a sync that fails is repeated at least so often. */
void pacer_init(struct pacer *pacer, uint64_t min_period_ms, uint64_t retry_max_ms, uint64_t now_ms);
/** pacer_request() - Something changed. */
void pacer_request(struct pacer *pacer);
/** pacer_mend() - Somebody else changed what stands. Return: milliseconds until it is put right. */
uint64_t pacer_mend(struct pacer *pacer, uint64_t now_ms);
/** pacer_due() - When the next sync is to start: now or earlier means at once. */
uint64_t pacer_due(const struct pacer *pacer);
/** pacer_is_periodic() - Whether the sync that is due now is the hourly one. */
bool pacer_is_periodic(const struct pacer *pacer, uint64_t now_ms);
/** pacer_ran() - A sync that started at @start_ms ended at @now_ms. A failed one is requested again. */
void pacer_ran(struct pacer *pacer, uint64_t start_ms, uint64_t now_ms, bool ok);

#endif
