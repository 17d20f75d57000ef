/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * quiet.h - the same warning, not over and over
 *
 * Room:     daemon; pure: time is an argument (monotonic milliseconds).
 * Rule:     the same words about the same object are said QUIET_TIMES times in QUIET_PERIOD_MS. What was said
 * is remembered by hash in a small table: a collision forgets the older, which is then said once more.
 */
#ifndef DAEMON_QUIET_H
#define DAEMON_QUIET_H

#include <stdbool.h>
#include <stdint.h>

#define QUIET_TIMES	3
#define QUIET_PERIOD_MS (10 * 60 * 1000)
#define QUIET_ENTRIES	256

/** struct quiet - Zeroed is empty. */
struct quiet {
	struct quiet_entry {
		uint64_t hash;
		uint64_t since_ms;
		uint32_t times;
	} entries[QUIET_ENTRIES];
};

/** quiet_may_say() - Whether to say @what about @who now; counts as said if so. */
bool quiet_may_say(struct quiet *quiet, const char *who, const char *what, uint64_t now_ms);

/** quiet_is_new() - Whether @what about @who is not what is remembered; remembers it. For a struct of its own. */
bool quiet_is_new(struct quiet *quiet, const char *who, const char *what);

#endif
