/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * metrics.h - the counters and histograms of this process
 *
 * Room:     report. Pure. The rooms where something happens count it: they write into the struct.
 * Rule:     tests/COVERAGE.md H13, H23, H24. One transaction writes both families, so a sync is counted once for both.
 * Not here: their text for Prometheus (report/metrics_print.h).
 */
#ifndef REPORT_METRICS_H
#define REPORT_METRICS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "report/histogram.h"

#define METRICS_METHODS_MAX  4
#define METRICS_REQUESTS_MAX 64

/** enum metrics_answer - An answer of /healthz or /livez */
enum metrics_answer {
	METRICS_ANSWER_GOOD, /* 200 */
	METRICS_ANSWER_BAD,  /* 503 */
	_METRICS_ANSWER_MAX,
};

/** enum metrics_direction - Which traffic policy: internalTrafficPolicy or externalTrafficPolicy */
enum metrics_direction {
	METRICS_DIRECTION_INTERNAL,
	METRICS_DIRECTION_EXTERNAL,
	_METRICS_DIRECTION_MAX,
};

/**
 * struct metrics_request - Number of requests to the API server with one method and status code
 * @method:	NULL: the slot is unused
 * @code:	0: there was no answer
 */
struct metrics_request {
	const char *method;
	int code;
	uint64_t n;
};

/** struct metrics_latency - Time from a request with @method until its answer begins; @method NULL: the slot is unused */
struct metrics_latency {
	const char *method;
	struct histogram histogram;
};

/**
 * struct metrics - Initialized by metrics_init()
 * @sync:	duration of each successful sync
 * @full, @partial: of those that read back tables, and of those that sent a difference to a known state
 * @fine, @kernel: of each successful sync, and of the kernel's part of it; with buckets from 0.1 ms
 * @conntrack:	of the search for stale flows
 * @programming: from a change of an EndpointSlice in the cluster until the rules have it
 * @last_queued_us, @last_sync_us: wall clock, microseconds since 1970; 0: never
 * @synced_ms:	monotonic clock: when @last_sync_us was
 * @last_sync_ms: duration of the last successful sync
 * @endpoint_changes, @service_changes: since the start; the _pending ones: since the last successful sync
 * @no_local_endpoints: gauge, see sync/no_local_endpoints.h
 * @services_without_endpoints: gauge, likewise: Services with front ends, none of which has a usable endpoint
 * @repairs:	foreign changes of our tables
 * @requests, @latencies: see metrics_count_request(); used from the front
 */
struct metrics {
	bool family_enabled[_FAMILY_MAX];
	struct histogram sync;
	struct histogram full;
	struct histogram partial;
	struct histogram fine;
	struct histogram kernel;
	struct histogram conntrack[_FAMILY_MAX];
	struct histogram programming;
	int64_t last_queued_us;
	int64_t last_sync_us;
	uint64_t synced_ms;
	double last_sync_ms;
	uint64_t sync_failures;
	uint64_t endpoint_changes;
	uint64_t endpoint_changes_pending;
	uint64_t service_changes;
	uint64_t service_changes_pending;
	uint64_t no_local_endpoints[_METRICS_DIRECTION_MAX][_FAMILY_MAX];
	uint64_t services_without_endpoints;
	uint64_t healthz[_METRICS_ANSWER_MAX];
	uint64_t livez[_METRICS_ANSWER_MAX];
	uint64_t flows_deleted[_FAMILY_MAX];
	uint64_t repairs;
	uint64_t objects_refused;
	uint64_t bytes_sent;
	uint64_t elements_added;
	uint64_t elements_deleted;
	struct metrics_request requests[METRICS_REQUESTS_MAX];
	struct metrics_latency latencies[METRICS_METHODS_MAX];
};

/** metrics_init() - All zero; @family_enabled: the families that are printed. */
void metrics_init(struct metrics *metrics, const bool family_enabled[_FAMILY_MAX]);
/**
 * metrics_count_request() - The API server has begun to answer, or it will not
 * @method:	a literal
 * @code:	0: there was no answer
 * @seconds:	since the request was sent
 */
void metrics_count_request(struct metrics *metrics, const char *method, int code, double seconds);

#endif
