/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sync_summary.h - which syncs get a line of the log, and the sums of the others
 *
 * Room:     sync; pure: time is an argument (monotonic microseconds).
 * Rule:     the first sync gets a line. A repair gets a line, but as limited by base/log_ratelimit.h. Another sync gets a line
 *           if no minute is under way, and a minute begins with it. All others are summed up until the minute is over. If
 *           there are sums then, they are one line, and the next minute begins. So a busy node has one line a minute, and
 *           the first change on a quiet node is seen at once.
 * Limits:   the memory is fixed. The median is exact up to 31 us, and to 3 percent above.
 */
#ifndef SYNC_SYNC_SUMMARY_H
#define SYNC_SYNC_SUMMARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log_ratelimit.h"

#define SYNC_SUMMARY_PERIOD_US (60 * 1000000ull)
#define SYNC_SUMMARY_BUCKETS   464

enum sync_summary_kind {
	SYNC_SUMMARY_KIND_FIRST,
	SYNC_SUMMARY_KIND_CHANGE,
	SYNC_SUMMARY_KIND_REPAIR, /* the tables differed from what was last committed */
};

/** struct sync_summary_sync - A sync that has changed something; the names are those of the log's fields. */
struct sync_summary_sync {
	enum sync_summary_kind kind;
	size_t services;
	size_t added;
	size_t deleted;
	size_t steps;
	size_t bytes;
	uint64_t total_us;
};

/**
 * struct sync_summary_sums - Of the syncs without a line of their own
 * @begin_us:	begin of the minute
 * @longest_us, @median_us: of @total_us
 */
struct sync_summary_sums {
	uint64_t begin_us;
	uint64_t syncs;
	uint64_t repairs;
	uint64_t services;
	uint64_t added;
	uint64_t deleted;
	uint64_t steps;
	uint64_t bytes;
	uint64_t flows;
	uint64_t longest_us;
	uint64_t median_us;
};

/**
 * struct sync_summary - Zeroed is empty
 * @end_us:	end of the minute under way; 0: none is
 * @buckets:	syncs by @total_us
 */
struct sync_summary {
	uint64_t end_us;
	struct sync_summary_sums sums;
	uint32_t buckets[SYNC_SUMMARY_BUCKETS];
	struct log_ratelimit log_ratelimit;
};

/** sync_summary_add() - Take in one sync. Return: true: it gets a line now; false: it is summed up. */
bool sync_summary_add(struct sync_summary *summary, const struct sync_summary_sync *sync, uint64_t now_us);
/** sync_summary_add_flows() - The same for @n flows deleted after a sync; they begin no minute. */
bool sync_summary_add_flows(struct sync_summary *summary, size_t n);
/** sync_summary_due_us() - When to call sync_summary_end(); UINT64_MAX: never. */
uint64_t sync_summary_due_us(const struct sync_summary *summary);
/**
 * sync_summary_end() - End the minute
 *
 * Return: true: @ret_sums are to be logged, and the next minute begins at @now_us; false: there are none, and no minute begins.
 */
bool sync_summary_end(struct sync_summary *summary, uint64_t now_us, struct sync_summary_sums *ret_sums);

#endif
