/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * status.h - how the daemon is doing, on one screen
 *
 * Room:     report. Pure.
 * Shapes:   text of at most 80 columns, or JSON. Times are seconds before now; -1: never, or not known.
 */
#ifndef REPORT_STATUS_H
#define REPORT_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/metrics.h"

struct buf;

#define STATUS_REJECTED_MAX 10 /* named in text; JSON has all */

/** struct status_rejected - An object that could not be read, or what a Service needs and the kernel refused */
struct status_rejected {
	const char *object; /* "Service shop/web" */
	const char *reason;
};

/**
 * struct status - What there is to say; strings are borrowed
 * @source:	the API server's URL, or where manifests are
 * @live:	of a daemon that runs; else only what the source says is known
 * @ready:	rules have been made since the start
 * @saved_s:	age of the saved state that stands in for the API server; -1: none does
 * @node_unknown: there is no Node object, and that makes a difference
 * @synced_s:	since the last success
 * @pending:	changes that wait for the next one
 * @changed_by: who was the last to change our tables; "" if nobody is known
 */
struct status {
	const char *version;
	const char *node;
	const char *source;
	bool live;
	bool ready;
	bool healthy;
	bool eligible;
	bool owned;
	bool node_unknown;
	double saved_s;
	double up_s;
	double synced_s;
	double last_sync_ms;
	uint64_t syncs;
	uint64_t failures;
	uint64_t pending;
	uint64_t repairs;
	const char *changed_by;
	uint64_t elements;
	uint64_t chains;
	uint64_t rules;
	uint64_t resident_bytes;
	struct metrics_kind kinds[METRICS_KINDS_MAX];
	size_t n_rejected;
	struct status_rejected *rejected;
};

/** status_print_text() - @colour: with escape sequences of a terminal */
void status_print_text(const struct status *status, bool colour, struct buf *to);
void status_print_json(const struct status *status, struct buf *to);

#endif
