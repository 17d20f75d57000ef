/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * metrics.h - what there is to count, and its text for Prometheus
 *
 * Room:     report. Pure: who counts is the daemon, which writes into the struct.
 * Rule:     tests/COVERAGE.md H13, H23, H24: names, labels and buckets with the prefix kubeproxy_ are kube-proxy's; what it does not
 *           have begins with kube_nftproxy_ (process_ and rest_client_ are everybody's). Both families are written in
 *           one transaction, so what is told of a sync is the same for both.
 * Shapes:   Prometheus' text format, version 0.0.4.
 */
#ifndef REPORT_METRICS_H
#define REPORT_METRICS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "report/histogram.h"

struct buf;

#define METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"
#define METRICS_KINDS_MAX    8
#define METRICS_METHODS_MAX  4
#define METRICS_REQUESTS_MAX 64

/** enum metrics_answer - What /healthz or /livez said. */
enum metrics_answer {
	METRICS_ANSWER_GOOD, /* 200 */
	METRICS_ANSWER_BAD,  /* 503 */
	_METRICS_ANSWER_MAX,
};

/** enum metrics_direction - Which traffic policy. */
enum metrics_direction {
	METRICS_DIRECTION_INTERNAL,
	METRICS_DIRECTION_EXTERNAL,
	_METRICS_DIRECTION_MAX,
};

/**
 * struct metrics_kind - One kind of object
 * @name:	"Service", ...; a literal, NULL: the slot is unused
 * @age_ms:	since the API server last said something of it, or since the start if it never has; -1: nobody asks
 * @heard:	it has
 * @trouble:	what goes wrong with it, NULL: nothing
 */
struct metrics_kind {
	const char *name;
	uint64_t n;
	int64_t age_ms;
	bool heard;
	const char *trouble;
};

/**
 * struct metrics_request - Requests to the API server
 * @method:	NULL: the slot is unused
 * @code:	0: there was no answer
 */
struct metrics_request {
	const char *method;
	int code;
	uint64_t n;
};

/** struct metrics_latency - How long answers to a method took to begin; @method: NULL: the slot is unused */
struct metrics_latency {
	const char *method;
	struct histogram histogram;
};

/** struct metrics_process - As /proc/self says; what is not known is 0. */
struct metrics_process {
	double cpu_s;
	double start_s;
	uint64_t resident_bytes;
	uint64_t virtual_bytes;
	uint64_t open_fds;
	uint64_t max_fds;
};

/**
 * struct metrics - Counted as it happens
 * @full, @partial: syncs that read back what stands, and those that send a known difference; @sync is both
 * @fine, @kernel: syncs, and the kernel's part of them, in buckets for milliseconds and less
 * @conntrack:	looking for stale flows
 * @programming: from a change of endpoints in the cluster until our rules have it
 * @last_queued_us, @last_sync_us: wall clock, 0: never
 * @endpoint_changes, @service_changes: all; the _pending ones since the last sync
 * @requests, @latencies: see metrics_count_request()
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
	double last_sync_ms; /* how long it took */
	uint64_t sync_failures;
	uint64_t endpoint_changes;
	uint64_t endpoint_changes_pending;
	uint64_t service_changes;
	uint64_t service_changes_pending;
	uint64_t no_local_endpoints[_METRICS_DIRECTION_MAX][_FAMILY_MAX];
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

/**
 * struct metrics_now - What is so at the moment of asking
 * @api_server:	its URL; NULL: none is followed
 */
struct metrics_now {
	const char *version;
	const char *api_server;
	bool healthy;
	bool eligible;
	bool tables_owned;
	uint64_t elements;
	uint64_t rules;
	uint64_t chains;
	struct metrics_kind kinds[METRICS_KINDS_MAX];
	struct metrics_process process;
};

void metrics_init(struct metrics *metrics, const bool family_enabled[_FAMILY_MAX]);
/**
 * metrics_count_request() - The API server has begun to answer, or it will not
 * @method:	a literal
 * @code:	0: there was no answer
 */
void metrics_count_request(struct metrics *metrics, const char *method, int code, double seconds);
/** metrics_print() - Append all of it. */
void metrics_print(const struct metrics *metrics, const struct metrics_now *now, struct buf *to);

#endif
