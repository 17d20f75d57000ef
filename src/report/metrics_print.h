/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * metrics_print.h - the text of /metrics for Prometheus
 *
 * Room:     report. Pure.
 * Rule:     tests/COVERAGE.md H13, H23, H24. Names, labels and buckets of metrics kubeproxy_* are those of kube-proxy, process_* and
 *           rest_client_* those of all components of Kubernetes; kube_nftproxy_* are our own. A value that counts for both
 *           families is printed for each.
 * Shapes:   Prometheus' text format, version 0.0.4.
 */
#ifndef REPORT_METRICS_PRINT_H
#define REPORT_METRICS_PRINT_H

#include "report/metrics.h"

struct buf;

#define METRICS_PRINT_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"
#define METRICS_KINDS_MAX	   8

/**
 * struct metrics_kind - One kind of object
 * @name:	"Service", ...; a literal, NULL: the slot is unused
 * @n:		objects in the store
 * @age_ms:	since the API server last sent something about it, or since the start if it never has; -1: not followed
 * @heard:	the API server has sent something about it
 * @listed:	all of it was listed once since the start, or the source does not have this kind
 * @absent:	the source does not have this kind, or does not let us list it; we go on without it
 * @doubted:	what the API server lists is not believed yet, because it may have lost data
 * @trouble:	what goes wrong with it, NULL: nothing
 * @not_believed: that is a list which is @doubted
 * @trouble_code: HTTP status of that; 0: there is none
 * @trouble_ms:	how long this has been so; -1: nothing goes wrong
 */
struct metrics_kind {
	const char *name;
	uint64_t n;
	int64_t age_ms;
	bool heard;
	bool listed;
	bool absent;
	bool doubted;
	const char *trouble;
	bool not_believed;
	int trouble_code;
	int64_t trouble_ms;
};

/** struct metrics_process - From /proc/self; a value that cannot be read is 0. @start_s: seconds since 1970 */
struct metrics_process {
	double cpu_s;
	double start_s;
	uint64_t resident_bytes;
	uint64_t virtual_bytes;
	uint64_t open_fds;
	uint64_t max_fds;
};

/**
 * struct metrics_now - Values of the moment, which are not counted
 * @api_server:	URL; NULL: the source is manifests
 * @elements, @rules, @chains: in the kernel since the last successful sync
 */
struct metrics_now {
	const char *version;
	const char *api_server;
	bool healthy;
	bool eligible;
	bool tables_owned;
	bool config_refused;
	uint64_t elements;
	uint64_t rules;
	uint64_t chains;
	struct metrics_kind kinds[METRICS_KINDS_MAX];
	struct metrics_process process;
};

/** metrics_print() - Append all metrics. */
void metrics_print(const struct metrics *metrics, const struct metrics_now *now, struct buf *to);

#endif
