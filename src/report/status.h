/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * status.h - prints the state of the daemon, as text for one screen or as JSON
 *
 * Room:     report. Pure. serve/query.c fills the struct.
 * Shapes:   text of at most WORDS_COLUMNS columns, or JSON. Ages (_s) are seconds before now; -1: never, or unknown.
 */
#ifndef REPORT_STATUS_H
#define REPORT_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/metrics_print.h"

struct buf;

#define STATUS_REJECTED_MAX  10	 /* named in text; JSON has all */
#define STATUS_CONFLICTS_MAX 10	 /* named in text */
#define STATUS_CONFLICTS_ALL 100 /* named in JSON */

/** struct status_rejected - An object that is rejected at the moment; see intake/rejected_objects.h. @since_s: age */
struct status_rejected {
	const char *object; /* "Service shop/web" */
	const char *reason;
	double since_s;
};

#define STATUS_EXTERNAL_IPS_MAX 10  /* Services named in text */
#define STATUS_EXTERNAL_IPS_ALL 100 /* in JSON */

/** struct status_conflict - A front end that several Services ask for: that of @loser is not served, for the reason @why */
struct status_conflict {
	const char *frontend; /* "10.96.0.1 tcp 80" */
	const char *winner;
	const char *loser;
	const char *why;
};

/**
 * struct status - All strings are borrowed. Without a daemon (@live is false) only what the source tells is known
 * @source:	URL of the API server, or path of the manifests
 * @ready:	a sync has succeeded since the start
 * @eligible:	load balancers may use this node
 * @owned:	the kernel lets no other process change our tables
 * @node_unknown: there is no Node object, so node ports are served on every address
 * @node_unread:	there is one, but no version of it can be used, so node ports are not served on its addresses
 * @config_problem, @config_s: why the changed configuration file is not in force, and since when; NULL: it is
 * @saved_s:	age of the saved state that is used; -1: none is
 * @not_made:	why no rules are made from what is known; NULL: they are, or that is not needed
 * @up_s:	age of the process
 * @synced_s:	age of the last successful sync
 * @last_sync_ms: its duration
 * @n_refused:	Services whose newest version is not installed: the kernel refuses it, or it cannot be planned
 * @pending:	changes since the last successful sync
 * @changed_by:	the last process that changed our tables; "" if there was none or it is unknown
 * @kinds:	used from the front
 * @external_ips_off: external IPs are not served
 * @n_external_ips, @n_named_external_ips: then: how many Services have some, and how many of them @external_ips names
 * @n_conflicts, @n_named_conflicts: how many there are, and how many of them @conflicts has
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
	bool node_unread;
	const char *config_problem;
	double config_s;
	double saved_s;
	const char *not_made;
	double up_s;
	double synced_s;
	double last_sync_ms;
	uint64_t syncs;
	uint64_t failures;
	uint64_t n_refused;
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
	bool external_ips_off;
	size_t n_external_ips;
	size_t n_named_external_ips;
	const char **external_ips;
	size_t n_conflicts;
	size_t n_named_conflicts;
	struct status_conflict *conflicts;
};

/** status_print_text() - @colour: with escape sequences of a terminal */
void status_print_text(const struct status *status, bool colour, struct buf *to);
void status_print_json(const struct status *status, struct buf *to);

#endif
