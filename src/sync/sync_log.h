/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sync_log.h - the lines of the log about syncs
 *
 * Room:     sync.
 * Rule:     with verbosity SYNC_LOG_VERBOSITY and above, each sync that has changed something is a line. Below, a line is
 *           a sync that sync/sync_summary.h chooses, or the sums of a minute. A sync that has changed nothing is a debug line,
 *           unless it is the first. A failure is a line at once; if it repeats, one a minute.
 */
#ifndef SYNC_SYNC_LOG_H
#define SYNC_SYNC_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "sync/sync_summary.h"

#define SYNC_LOG_VERBOSITY   2
#define SYNC_LOG_FAILURES_MS (60 * 1000)

struct ctflush_report;
struct sd_event;
struct service_names;
struct sync_log;

/**
 * struct sync_log_sync - A sync that succeeded
 * @msg:	message of its own line
 * @planned:	its Services
 * @elements:	set elements in the tables after it
 * @refused:	Services that were left out, or are not installed
 */
struct sync_log_sync {
	const char *msg;
	const struct service_names *planned;
	struct sync_summary_sync sums;
	size_t elements;
	size_t refused;
	uint64_t kernel_us;
};

/** sync_log_new() - @verbosity: of the settings. */
int sync_log_new(struct sd_event *event, int64_t verbosity, struct sync_log **ret, struct err *reterr)
	__attribute__((warn_unused_result));
/** sync_log_free() - Logs the sums of the minute under way. */
struct sync_log *sync_log_free(struct sync_log *log);
DEFINE_FREEP(struct sync_log, sync_log_free);
/** sync_log_succeeded() - Log a sync, or sum it up. */
void sync_log_succeeded(struct sync_log *log, const struct sync_log_sync *sync);
/**
 * sync_log_failed() - Log a failed sync, which is tried again in @retry_ms
 *
 * The first failure and each other error is a line at once. The same error again is a line after SYNC_LOG_FAILURES_MS, else a debug line.
 */
void sync_log_failed(struct sync_log *log, const struct err *err, uint64_t retry_ms, uint64_t now_ms);
/** sync_log_works() - A sync has succeeded. The first one after failures is a line. */
void sync_log_works(struct sync_log *log, uint64_t now_ms);
/** sync_log_stale() - The kernel did not accept a sync, because our tables have changed. Rate-limited, else a debug line. */
void sync_log_stale(struct sync_log *log, const struct err *err);
/** sync_log_flows() - Log a round of sync/stale_flows.h for @n_services, or sum it up. */
void sync_log_flows(struct sync_log *log, const struct ctflush_report *report, size_t n_services,
		    uint64_t total_us);

#endif
