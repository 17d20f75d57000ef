/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * health.h - whether the rules are up to date, and whether load balancers may use this node
 *
 * Room:     report. Pure: times are arguments. Monotonic milliseconds decide, wall clock microseconds are printed.
 * Rule:     tests/COVERAGE.md H2 to H9, H16, H17. Also, a foreign change of our tables makes us unhealthy until it is repaired. One
 *           transaction writes both families, so they have one state, which is printed for each.
 * Refused:  Services that the kernel refuses, or that cannot be planned, are not as the cluster has them. Healthy means that this node
 *           serves, so such a Service alone does not make it unhealthy: a node that once had everything installed stays healthy. A
 *           node that has never had everything installed since its start is unhealthy; but not longer than @limit_ms after its
 *           first sync, because a Service that is refused on every node must not take all nodes out of all load
 *           balancers. All answers name these Services, with the reason and since when.
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

/** struct health_refused - A Service that is not installed as the cluster has it; the strings are borrowed. @since_us: wall clock. */
struct health_refused {
	struct service_name service;
	const char *reason;
	int64_t since_us;
};

/**
 * struct health
 * @limit_ms:	how long a requested sync may take until we are unhealthy
 * @queued_ms:	monotonic: when the oldest sync that has not succeeded was requested; UINT64_MAX: none is requested
 * @updated_us:	wall clock: when a sync last succeeded; before the first one, when the process began
 * @incomplete_ms: monotonic: when the first sync succeeded without some Services, if all of them have never been installed
 *		since; else UINT64_MAX
 * @n_refused:	Services that are refused now
 * @n_named, @refused: some of them, at most HEALTH_REFUSED_MAX. All three are set before printing
 * @intact:	no foreign change of our tables is known that is not repaired
 * @node_seen:	the Node object was seen since the start
 * @node_eligible: the last version of the Node allows load balancers to use it
 */
struct health {
	bool family_enabled[_FAMILY_MAX];
	uint64_t limit_ms;
	uint64_t queued_ms;
	int64_t updated_us;
	uint64_t incomplete_ms;
	size_t n_refused;
	size_t n_named;
	struct health_refused refused[HEALTH_REFUSED_MAX];
	bool intact;
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
/** health_healthy() - Whether the rules are up to date. */
bool health_healthy(const struct health *health, uint64_t now_ms);
/** health_eligible() - Whether load balancers may send traffic here. */
bool health_eligible(const struct health *health);

/**
 * health_print() - Append the JSON body of an answer
 * @with_node:	for /healthz, which depends on the Node, too; else for /livez
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
