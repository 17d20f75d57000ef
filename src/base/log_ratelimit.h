/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * log_ratelimit.h - the same warning, not over and over
 *
 * Room:     base; pure: time is an argument (monotonic milliseconds).
 * Rule:     the same words about the same object are said LOG_RATELIMIT_TIMES times in LOG_RATELIMIT_PERIOD_MS. What was said
 * is remembered by hash in a small table: a collision forgets the older, which is then said once more.
 */
#ifndef BASE_LOG_RATELIMIT_H
#define BASE_LOG_RATELIMIT_H

#include <stdbool.h>
#include <stdint.h>

#define LOG_RATELIMIT_TIMES	3
#define LOG_RATELIMIT_PERIOD_MS (10 * 60 * 1000)
#define LOG_RATELIMIT_ENTRIES	256

/** struct log_ratelimit - Zeroed is empty. */
struct log_ratelimit {
	struct log_ratelimit_entry {
		uint64_t hash;
		uint64_t since_ms;
		uint32_t times;
	} entries[LOG_RATELIMIT_ENTRIES];
};

/** log_ratelimit_may_say() - Whether to say @what about @who now; counts as said if so. */
bool log_ratelimit_may_say(struct log_ratelimit *quiet, const char *who, const char *what, uint64_t now_ms);

/** log_ratelimit_is_new() - Whether @what about @who is not what is remembered; remembers it. For a struct of its own. */
bool log_ratelimit_is_new(struct log_ratelimit *quiet, const char *who, const char *what);

#endif
