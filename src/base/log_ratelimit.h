/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * log_ratelimit.h - limit how often the same warning is logged
 *
 * Room:     base; pure: time is an argument (monotonic milliseconds).
 * Rule:     a message about an object is logged at most LOG_RATELIMIT_TIMES times in LOG_RATELIMIT_PERIOD_MS. A small table
 *           keeps hashes of message and object. A collision drops the older entry, whose message is then logged again.
 *           Of all messages together at most LOG_RATELIMIT_MESSAGES are logged in this time: a mistake may concern
 *           thousands of objects.
 */
#ifndef BASE_LOG_RATELIMIT_H
#define BASE_LOG_RATELIMIT_H

#include <stdbool.h>
#include <stdint.h>

#define LOG_RATELIMIT_TIMES	3
#define LOG_RATELIMIT_PERIOD_MS (10 * 60 * 1000)
#define LOG_RATELIMIT_ENTRIES	256
#define LOG_RATELIMIT_MESSAGES	500

/** struct log_ratelimit - Zeroed is empty; @messages were logged since @since_ms. */
struct log_ratelimit {
	struct log_ratelimit_entry {
		uint64_t hash;
		uint64_t since_ms;
		uint32_t times;
	} entries[LOG_RATELIMIT_ENTRIES];
	uint64_t since_ms;
	uint32_t messages;
};

/** log_ratelimit_may_say() - Whether to log the message @what about the object @who now; if so, it is counted. */
bool log_ratelimit_may_say(struct log_ratelimit *log_ratelimit, const char *who, const char *what,
			   uint64_t now_ms);

/** log_ratelimit_is_used_up() - After a message that was allowed: it is the last one of this time, whatever the object. */
bool log_ratelimit_is_used_up(const struct log_ratelimit *log_ratelimit);

/**
 * log_ratelimit_is_new() - Whether the last message about @who was another one than @what, which is stored
 *
 * Needs a struct of its own, which no log_ratelimit_may_say() uses.
 */
bool log_ratelimit_is_new(struct log_ratelimit *log_ratelimit, const char *who, const char *what);

#endif
