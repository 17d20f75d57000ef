/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * health.h - whether this node serves, and whether load balancers may use it
 *
 * Room:     report. Pure: times are arguments. Monotonic milliseconds decide, wall clock microseconds are printed.
 * Rule:     tests/COVERAGE.md H2 to H9, H16, H17. Also, a foreign change of our tables makes us unhealthy until it is repaired. One
 *           transaction writes both families, so they have one state, which is printed for each.
 * Refused:  Services that the kernel refuses, or that cannot be planned, are not as the cluster has them. Healthy means that this node
 *           serves, so such a Service alone does not make it unhealthy: a node that once had everything installed stays healthy. A
 *           node that has never had everything installed since its start is unhealthy; but not longer than @limit_ms after its
 *           first sync, because a Service that is refused on every node must not take all nodes out of all load
 *           balancers. All answers name these Services, with the reason and since when.
 * Verdict:  health_judge() alone decides, for status, /healthz, health check node ports and metrics; so these never disagree. Its
 *           table is below; the first row that fits counts. /livez asks health_works(): a restart makes no rules.
 *
 *           the kernel cannot be asked for our tables               unknown      tables-unreadable
 *           no packet meets a rule of ours                          not-serving  no-rules
 *           another program changed our tables, no repair yet       not-serving  tables-changed
 *           a sync is overdue                                       not-serving  sync-overdue
 *           only the rules of an earlier run                        unknown      earlier-rules
 *           the API server lost its data, and this node with it     not-serving  data-lost
 *           Services are missing since the start, and it is early   not-serving  services-missing
 *           else                                                    serving
 */
#ifndef REPORT_HEALTH_H
#define REPORT_HEALTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/service_name.h"

struct buf;

#define HEALTH_REFUSED_MAX 10 /* named; all are counted */

/** enum health_rules - What is in the kernel */
enum health_rules {
	HEALTH_RULES_UNREADABLE, /* the kernel could not be asked */
	HEALTH_RULES_NONE,	 /* no packet meets a rule of ours */
	HEALTH_RULES_EARLIER,	 /* those that an earlier run has left, perhaps changed in part */
	HEALTH_RULES_KEPT, /* those that this process had made before it executed itself anew a moment ago; it served then */
	HEALTH_RULES_MADE, /* all that was known was installed since the start */
	_HEALTH_RULES_MAX,
};

enum health_verdict {
	HEALTH_VERDICT_SERVING,
	HEALTH_VERDICT_NOT_SERVING,
	HEALTH_VERDICT_UNKNOWN,
	_HEALTH_VERDICT_MAX,
};

enum health_reason {
	HEALTH_REASON_NONE,
	HEALTH_REASON_TABLES_UNREADABLE,
	HEALTH_REASON_NO_RULES,
	HEALTH_REASON_TABLES_CHANGED,
	HEALTH_REASON_SYNC_OVERDUE,
	HEALTH_REASON_EARLIER_RULES,
	HEALTH_REASON_DATA_LOST,
	HEALTH_REASON_SERVICES_MISSING,
	HEALTH_REASON_NO_DAEMON, /* never said by health_judge(): a command has asked no daemon */
	_HEALTH_REASON_MAX,
};

/** struct health_refused - A Service that is not installed as the cluster has it; the strings are borrowed. @since_us: wall clock. */
struct health_refused {
	struct service_name service;
	const char *reason;
	int64_t since_us;
};

/**
 * struct health
 * @rules:	at the start HEALTH_RULES_UNREADABLE
 * @limit_ms:	how long a requested sync may take until we are unhealthy
 * @queued_ms:	monotonic: when the oldest sync that has not succeeded was requested; UINT64_MAX: none is requested
 * @updated_us:	wall clock: when a sync last succeeded; before the first one, when the process began
 * @incomplete_ms: monotonic: when the first sync succeeded without some Services, if all of them have never been installed
 *		since; else UINT64_MAX
 * @n_refused:	Services that are refused now
 * @n_named, @refused: some of them, at most HEALTH_REFUSED_MAX. All three are set before printing
 * @intact:	no foreign change of our tables is known that is not repaired
 * @data_lost:	the API server lost its data: it has no Node object for this node any more, and the rules follow what it has left
 * @node_seen:	the Node object was seen since the start
 * @node_eligible: the last version of the Node allows load balancers to use it
 */
struct health {
	bool family_enabled[_FAMILY_MAX];
	enum health_rules rules;
	uint64_t limit_ms;
	uint64_t queued_ms;
	int64_t updated_us;
	uint64_t incomplete_ms;
	size_t n_refused;
	size_t n_named;
	struct health_refused refused[HEALTH_REFUSED_MAX];
	bool intact;
	bool data_lost;
	bool node_seen;
	bool node_eligible;
};

/** typedef health_refresh - Bring @health up to date, because it is about to be shown. */
typedef void health_refresh(void *ctx, struct health *health);

/** health_init() - @sync_period_ms: a requested sync may take twice that long (tests/COVERAGE.md H2). */
void health_init(struct health *health, const bool family_enabled[_FAMILY_MAX], uint64_t sync_period_ms,
		 int64_t wall_us);
/** health_queued() - A sync is requested; the oldest request counts. */
void health_queued(struct health *health, uint64_t now_ms);
/** health_synced() - A sync has succeeded, and with it all requests. */
void health_synced(struct health *health, int64_t wall_us);
/** health_first() - The first sync has succeeded, but for some Services unless @complete; again until it is complete. */
void health_first(struct health *health, bool complete, uint64_t now_ms);
/** health_node() - The Node has changed. A deleted Node changes nothing (tests/COVERAGE.md H7). */
void health_node(struct health *health, bool eligible);
/** health_judge() - Whether this node serves, and why not; HEALTH_REASON_NONE if it does. */
enum health_verdict health_judge(const struct health *health, uint64_t now_ms,
				 enum health_reason *ret_reason);
/** health_healthy() - Whether health_judge() says that it serves. */
bool health_healthy(const struct health *health, uint64_t now_ms);
/** health_works() - Whether the daemon does its work as far as it can; rules need not have been made yet (tests/COVERAGE.md H3). */
bool health_works(const struct health *health, uint64_t now_ms);
/** health_eligible() - Whether load balancers may send traffic here. */
bool health_eligible(const struct health *health);
/** health_verdict_name() - "serving", "not-serving", "unknown": words for programs, which never change. */
const char *health_verdict_name(enum health_verdict verdict);
/** health_reason_name() - As in the table above; "none". */
const char *health_reason_name(enum health_reason reason);
/** health_rules_name() - "unreadable", "none", "earlier", "kept", "made". */
const char *health_rules_name(enum health_rules rules);

/**
 * health_print() - Append the JSON body of an answer
 * @with_node:	for /healthz: this node serves, and load balancers may use it; else for /livez: the daemon works
 *
 * Return: true: good, status 200; false: status 503.
 */
bool health_print(const struct health *health, bool with_node, uint64_t now_ms, int64_t wall_us,
		  struct buf *to);
/**
 * health_print_service() - Append the JSON body of a health check node port's answer (tests/COVERAGE.md H17)
 * @n_local:	ready endpoints of the Service on this node
 *
 * Return: as health_print().
 */
bool health_print_service(const struct health *health, struct service_name service, size_t n_local,
			  uint64_t now_ms, struct buf *to);

#endif
