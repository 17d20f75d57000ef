/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * status.h - the state of the daemon, and what is wrong with it
 *
 * Room:     report. Pure. serve/query.c fills the struct; status_text.h and status_json.h print it.
 * Shapes:   ages (_s) are seconds before now; -1: never, or unknown.
 * Rule:     the verdict is that of health_judge(). Beside it there may be troubles, which alone do not keep this node from serving.
 */
#ifndef REPORT_STATUS_H
#define REPORT_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/health.h"
#include "report/metrics_print.h"

#define STATUS_REJECTED_MAX  10	 /* named in text; JSON has all */
#define STATUS_CONFLICTS_MAX 10	 /* named in text */
#define STATUS_CONFLICTS_ALL 100 /* named in JSON */

/** struct status_rejected - An object that is rejected at the moment; see intake/rejected_objects.h. @since_s: age */
struct status_rejected {
	const char *object; /* "Service shop/web" */
	const char *kind;
	const char *namespace; /* "": it has none */
	const char *name;
	const char *reason;
	double since_s;
};

#define STATUS_EARLIER_MAX 10000

#define STATUS_WAITING_MAX 10  /* Services named in text */
#define STATUS_WAITING_ALL 100 /* in JSON */

#define STATUS_EXTERNAL_IPS_MAX 10  /* Services named in text */
#define STATUS_EXTERNAL_IPS_ALL 100 /* in JSON */

/** struct status_conflict - A front end that several Services ask for: that of @loser is not served, for the reason @why */
struct status_conflict {
	const char *frontend; /* "10.96.0.1 tcp 80" */
	const char *address;  /* NULL: it is a node port */
	const char *protocol;
	uint16_t port;
	const char *winner;
	const char *loser;
	const char *why;
};

/**
 * struct status - All strings are borrowed. Without a daemon (@live is false) only what the source tells is known
 * @source:	URL of the API server, or path of the manifests
 * @verdict, @reason: of health_judge(); without a daemon unknown, HEALTH_REASON_NO_DAEMON
 * @made:	what is in the kernel
 * @n_earlier:	HEALTH_RULES_EARLIER, HEALTH_RULES_KEPT: ClusterIPs that it has rules for; STATUS_EARLIER_MAX: that many or more; SIZE_MAX: unknown
 * @eligible:	load balancers may use this node
 * @node_seen:	the Node object was seen since the start
 * @owned:	the kernel lets no other process change our tables
 * @node_unknown: no Node object is known, so node ports are served on every address
 * @node_missing: the API server has none
 * @node_unread:	there is one, but no version of it can be used, so node ports are not served on its addresses
 * @config_problem, @config_s: why the changed configuration file is not in force, and since when; NULL: it is
 * @saved_s:	age of the saved state that is used; -1: none is
 * @not_made:	why no rules are made from what is known; NULL: they are, or that is not needed
 * @up_s:	age of the process
 * @synced_s:	age of the last successful sync
 * @last_sync_ms: its duration
 * @n_refused:	Services whose newest version is not installed: the kernel refuses it, or it cannot be planned
 * @pending:	changes since the last successful sync
 * @n_failed:	syncs that have failed since the last one that succeeded
 * @failed_s, @failure, @failure_code: then: since when, why, and as an errno
 * @n_waiting, @waiting: then: Services whose last change is not in the kernel, and the first STATUS_WAITING_ALL of them
 * @overdue_s:	HEALTH_REASON_SYNC_OVERDUE: how long a change has waited
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
	enum health_verdict verdict;
	enum health_reason reason;
	enum health_rules made;
	size_t n_earlier;
	bool live;
	bool eligible;
	bool node_seen;
	bool owned;
	bool node_unknown;
	bool node_missing;
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
	double overdue_s;
	uint64_t n_failed;
	double failed_s;
	const char *failure;
	int failure_code;
	size_t n_waiting;
	const char **waiting;
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

/** enum status_trouble - What is wrong although this node may serve */
enum status_trouble {
	STATUS_TROUBLE_SYNC_FAILS,    /* the last sync has failed: the kernel has what it had before */
	STATUS_TROUBLE_REQUESTS_FAIL, /* the last request for a kind that is needed has failed */
	STATUS_TROUBLE_DATA_DOUBTED, /* the API server may have lost data, and its lists are not believed yet */
	STATUS_TROUBLE_SAVED_STATE,	/* the rules are from the saved state */
	STATUS_TROUBLE_NODE_INELIGIBLE, /* load balancers may not use this node */
	STATUS_TROUBLE_NODE_MISSING,	/* the API server has no such Node object */
	STATUS_TROUBLE_NODE_UNREAD,	/* no version of the Node object can be used */
	STATUS_TROUBLE_OBJECTS_REFUSED, /* also Services that the kernel refuses */
	STATUS_TROUBLE_CONFLICTS,	/* Services lack front ends, because others have them */
	STATUS_TROUBLE_CONFIG_REFUSED,	/* the changed configuration file is not in force */
	_STATUS_TROUBLE_MAX,
};

/** status_kind_fails() - Its last request has failed. A list that is doubted is no such failure. */
bool status_kind_fails(const struct metrics_kind *kind);
/** status_kind_is_known() - @kind was listed once, or is that of the saved state: how many there are is known. */
bool status_kind_is_known(const struct status *status, const struct metrics_kind *kind);
/** status_has_trouble() - Whether @trouble is there. */
bool status_has_trouble(const struct status *status, enum status_trouble trouble);
/** status_has_troubles() - Whether any is. */
bool status_has_troubles(const struct status *status);
/** status_trouble_name() - "requests-fail" and so on: words for programs, which never change. */
const char *status_trouble_name(enum status_trouble trouble);

#endif
