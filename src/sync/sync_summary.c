/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Buckets of the median
 *
 * Durations below 32 us have a bucket each. From there on, each power of two has 16 buckets of the same width.
 */
#include "config.h"
#include "sync/sync_summary.h"

#include <string.h>

static unsigned int sync_summary_bucket(uint64_t us)
{
	uint32_t value = us > UINT32_MAX ? UINT32_MAX : (uint32_t)us;
	unsigned int shift = 0;

	while (value >> shift >= 32)
		shift++;
	return 16 * shift + (value >> shift);
}

/* The middle of the bucket. */
static uint64_t sync_summary_bucket_us(unsigned int bucket)
{
	unsigned int shift = bucket < 32 ? 0 : bucket / 16 - 1;

	return ((uint64_t)(bucket - 16 * shift) << shift) + ((1ull << shift) >> 1);
}

static uint64_t sync_summary_median_us(const struct sync_summary *summary)
{
	uint64_t n = 0, rank = (summary->sums.syncs + 1) / 2, median_us;
	unsigned int bucket;

	for (bucket = 0; bucket < SYNC_SUMMARY_BUCKETS; bucket++) {
		n += summary->buckets[bucket];
		if (n >= rank)
			break;
	}
	median_us = sync_summary_bucket_us(bucket);
	return median_us < summary->sums.longest_us ? median_us : summary->sums.longest_us;
}

static void sync_summary_begin(struct sync_summary *summary, uint64_t now_us)
{
	summary->end_us = now_us + SYNC_SUMMARY_PERIOD_US;
	summary->sums = (struct sync_summary_sums){ .begin_us = now_us };
	memset(summary->buckets, 0, sizeof(summary->buckets));
}

/* Whether @sync gets a line now. */
static bool sync_summary_may_say(struct sync_summary *summary, enum sync_summary_kind kind, uint64_t now_us)
{
	switch (kind) {
	case SYNC_SUMMARY_KIND_FIRST:
		return true;
	case SYNC_SUMMARY_KIND_REPAIR:
		return log_ratelimit_may_say(&summary->log_ratelimit, "our tables", "repaired",
					     now_us / 1000);
	case SYNC_SUMMARY_KIND_CHANGE:
		return !summary->end_us;
	}
	return true;
}

bool sync_summary_add(struct sync_summary *summary, const struct sync_summary_sync *sync, uint64_t now_us)
{
	struct sync_summary_sums *sums = &summary->sums;
	bool may_say = sync_summary_may_say(summary, sync->kind, now_us);

	if (!summary->end_us && (!may_say || sync->kind == SYNC_SUMMARY_KIND_CHANGE))
		sync_summary_begin(summary, now_us);
	if (may_say)
		return true;
	sums->syncs++;
	sums->repairs += sync->kind == SYNC_SUMMARY_KIND_REPAIR;
	sums->services += sync->services;
	sums->added += sync->added;
	sums->deleted += sync->deleted;
	sums->steps += sync->steps;
	sums->bytes += sync->bytes;
	if (sums->longest_us < sync->total_us)
		sums->longest_us = sync->total_us;
	summary->buckets[sync_summary_bucket(sync->total_us)]++;
	return false;
}

bool sync_summary_add_flows(struct sync_summary *summary, size_t n)
{
	if (!summary->end_us)
		return true;
	summary->sums.flows += n;
	return false;
}

uint64_t sync_summary_due_us(const struct sync_summary *summary)
{
	return summary->end_us ? summary->end_us : UINT64_MAX;
}

bool sync_summary_end(struct sync_summary *summary, uint64_t now_us, struct sync_summary_sums *ret_sums)
{
	*ret_sums = summary->sums;
	if (!summary->end_us || (!ret_sums->syncs && !ret_sums->flows)) {
		summary->end_us = 0;
		return false;
	}
	ret_sums->median_us = ret_sums->syncs ? sync_summary_median_us(summary) : 0;
	sync_summary_begin(summary, now_us);
	return true;
}
