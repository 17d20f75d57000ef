/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "sync/sync_log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <systemd/sd-event.h>

#include "backend/ctflush.h"
#include "base/alloc.h"
#include "base/log.h"
#include "base/monotonic.h"
#include "sync/service_names.h"

/** struct sync_failures - In a row: @n of them since @since_ms; the last line of the log was about @error, at @told_ms. */
struct sync_failures {
	unsigned int n;
	uint64_t since_ms;
	uint64_t told_ms;
	char error[ERR_TEXT_SIZE];
};

/** struct sync_log - @elements: set elements in the tables; @stale: for sync_log_stale(). */
struct sync_log {
	bool each;
	struct sync_summary summary;
	sd_event_source *timer;
	size_t elements;
	struct log_ratelimit stale;
	struct sync_failures failures;
};

static void sync_log_arm(struct sync_log *log)
{
	uint64_t due_us = sync_summary_due_us(&log->summary);

	if (due_us != UINT64_MAX)
		(void)sd_event_source_set_time(log->timer, due_us);
	(void)sd_event_source_set_enabled(log->timer, due_us != UINT64_MAX ? SD_EVENT_ONESHOT : SD_EVENT_OFF);
}

static void sync_log_end(struct sync_log *log, uint64_t now_us)
{
	struct sync_summary_sums sums;

	if (!sync_summary_end(&log->summary, now_us, &sums))
		return;
	log_info("sync", "summary", LOG_NUMBER("seconds", (now_us - sums.begin_us) / 1000000),
		 LOG_NUMBER("syncs", sums.syncs), LOG_NUMBER("repairs", sums.repairs),
		 LOG_NUMBER("services", sums.services), LOG_NUMBER("added", sums.added),
		 LOG_NUMBER("deleted", sums.deleted), LOG_NUMBER("steps", sums.steps),
		 LOG_NUMBER("bytes", sums.bytes), LOG_NUMBER("elements", log->elements),
		 LOG_NUMBER("flows", sums.flows), LOG_MS("median_ms", sums.median_us),
		 LOG_MS("longest_ms", sums.longest_us));
}

static int sync_log_on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
	(void)source;
	(void)usec;
	sync_log_end(userdata, monotonic_us());
	sync_log_arm(userdata);
	return 0;
}

int sync_log_new(struct sd_event *event, int64_t verbosity, struct sync_log **ret, struct err *reterr)
{
	_cleanup_(sync_log_freep) struct sync_log *log = alloc_zeroed(1, sizeof(*log));
	int r = sd_event_add_time(event, &log->timer, CLOCK_MONOTONIC, 0, 0, sync_log_on_timer, log);

	if (r >= 0)
		r = sd_event_source_set_enabled(log->timer, SD_EVENT_OFF);
	if (r < 0)
		return err_set(reterr, r, "cannot make a timer: %s", strerror(-r));
	log->each = verbosity >= SYNC_LOG_VERBOSITY;
	*ret = TAKE_PTR(log);
	return 0;
}

struct sync_log *sync_log_free(struct sync_log *log)
{
	if (!log)
		return NULL;
	sync_log_end(log, monotonic_us());
	sd_event_source_disable_unref(log->timer);
	free(log);
	return NULL;
}

static void sync_log_line(const struct sync_log_sync *sync, enum log_level level)
{
	char service[SERVICE_NAME_TEXT_SIZE] = "-", changed[SERVICE_NAME_TEXT_SIZE + 32];
	const struct sync_summary_sync *sums = &sync->sums;

	if (sums->services)
		(void)service_name_print(sync->planned->list[0], service);
	if (sums->services > 1)
		(void)snprintf(changed, sizeof(changed), "%s and %zu more", service, sums->services - 1);
	log_write(level, "sync", sync->msg, LOG_NUMBER("services", sums->services),
		  LOG_TEXT("changed", sums->services > 1 ? changed : service),
		  LOG_NUMBER("added", sums->added), LOG_NUMBER("deleted", sums->deleted),
		  LOG_NUMBER("steps", sums->steps), LOG_NUMBER("bytes", sums->bytes),
		  LOG_NUMBER("elements", sync->elements), LOG_NUMBER("refused", sync->refused),
		  LOG_MS("kernel_ms", sync->kernel_us), LOG_MS("total_ms", sums->total_us));
}

void sync_log_succeeded(struct sync_log *log, const struct sync_log_sync *sync)
{
	enum log_level level =
		sync->sums.kind == SYNC_SUMMARY_KIND_CHANGE ? LOG_LEVEL_INFO : LOG_LEVEL_NOTICE;

	log->elements = sync->elements;
	if (sync->sums.kind != SYNC_SUMMARY_KIND_FIRST && !sync->sums.steps)
		level = LOG_LEVEL_DEBUG;
	else if (!log->each && !sync_summary_add(&log->summary, &sync->sums, monotonic_us()))
		level = LOG_LEVEL_DEBUG;
	sync_log_line(sync, level);
	sync_log_arm(log);
}

void sync_log_failed(struct sync_log *log, const struct err *err, uint64_t retry_ms, uint64_t now_ms)
{
	struct sync_failures *failures = &log->failures;
	bool is_new = !failures->n || strcmp(failures->error, err->text) != 0;
	enum log_level level = LOG_LEVEL_ERROR;

	if (!failures->n++)
		failures->since_ms = now_ms;
	if (!is_new && now_ms - failures->told_ms < SYNC_LOG_FAILURES_MS)
		level = LOG_LEVEL_DEBUG;
	else
		failures->told_ms = now_ms;
	memcpy(failures->error, err->text, sizeof(failures->error));
	if (is_new)
		log_write(level, "sync", "sync failed, the old rules are kept; trying again",
			  LOG_NUMBER("retry_ms", retry_ms), LOG_TEXT("err", err->text));
	else
		log_write(level, "sync", "sync still fails, the old rules are kept; trying again",
			  LOG_NUMBER("failures", failures->n),
			  LOG_NUMBER("seconds", (now_ms - failures->since_ms) / 1000),
			  LOG_NUMBER("retry_ms", retry_ms), LOG_TEXT("err", err->text));
}

void sync_log_works(struct sync_log *log, uint64_t now_ms)
{
	struct sync_failures *failures = &log->failures;

	if (failures->n)
		log_notice("sync", "syncs succeed again", LOG_NUMBER("failures", failures->n),
			   LOG_NUMBER("seconds", (now_ms - failures->since_ms) / 1000));
	failures->n = 0;
}

void sync_log_stale(struct sync_log *log, const struct err *err)
{
	bool may_say = log_ratelimit_may_say(&log->stale, "our tables", "stale", monotonic_ms());

	log_write(may_say ? LOG_LEVEL_WARN : LOG_LEVEL_DEBUG, "sync",
		  "our tables are not as last committed, reading them back", LOG_TEXT("err", err->text));
}

void sync_log_flows(struct sync_log *log, const struct ctflush_report *report, size_t n_services,
		    uint64_t total_us)
{
	bool now =
		report->n_deleted && (log->each || sync_summary_add_flows(&log->summary, report->n_deleted));

	log_write(now ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG, "flows",
		  report->n_deleted ? "stale UDP flows removed" : "no stale UDP flows",
		  LOG_NUMBER("flows", report->n_deleted), LOG_NUMBER("read", report->n_flows),
		  LOG_NUMBER("services", n_services), LOG_MS("total_ms", total_us));
}
