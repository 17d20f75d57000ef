/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * metrics_now.h - what is so at the moment of an answer, and is not counted
 *
 * Room:     report. Data only; serve/query_context.c fills it.
 */
#ifndef REPORT_METRICS_NOW_H
#define REPORT_METRICS_NOW_H

#include <stdbool.h>
#include <stdint.h>

#include "report/health.h"

#define METRICS_KINDS_MAX 8

/**
 * struct metrics_kind - One kind of object
 * @name:	"Service", ...; a literal, NULL: the slot is unused
 * @n:		objects in the store
 * @age_ms:	since the API server last sent something about it, or since the start if it never has; -1: not followed
 * @heard:	the API server has sent something about it
 * @listed:	all of it was listed once since the start, or the source does not have this kind
 * @absent:	the source does not have this kind, or does not let us list it; we go on without it
 * @doubted:	what the API server lists is not believed yet, because it may have lost data
 * @watched:	a watch is open, and its last request did not fail
 * @n_rejected:	objects whose newest version cannot be read
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
	bool watched;
	uint64_t n_rejected;
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
 * @verdict:	of health_judge()
 * @made:	what is in the kernel
 * @n_rejected_other: manifests, or parts of them, that cannot be read at all
 * @n_not_installed: Services whose newest version is not installed: the kernel refuses it, or it cannot be planned
 * @n_failed:	syncs that have failed since the last one that succeeded
 * @n_conflicts: front ends that several Services ask for
 * @certificate_expiry_s, @token_expiry_s: seconds since 1970; -1: there is none, or it is unknown
 * @conntrack_entries, @conntrack_limit: of the node's connection tracking; -1: unknown. Limit 0: there is none
 * @elements, @rules, @chains: in the kernel since the last successful sync
 */
struct metrics_now {
	const char *version;
	const char *api_server;
	bool healthy;
	bool eligible;
	bool tables_owned;
	bool config_refused;
	enum health_verdict verdict;
	enum health_rules made;
	uint64_t n_rejected_other;
	uint64_t n_not_installed;
	uint64_t n_failed;
	uint64_t n_conflicts;
	int64_t certificate_expiry_s;
	int64_t token_expiry_s;
	int64_t conntrack_entries;
	int64_t conntrack_limit;
	uint64_t elements;
	uint64_t rules;
	uint64_t chains;
	struct metrics_kind kinds[METRICS_KINDS_MAX];
	struct metrics_process process;
};

#endif
