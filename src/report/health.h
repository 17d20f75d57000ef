/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * health.h - are the rules up to date, and may load balancers use this node
 *
 * Room:     report. Pure: times are arguments, monotonic ones for judging and the wall clock's for showing.
 * Rule:     tests/COVERAGE.md H2 to H9, H16, H17, and beyond them: what stands in the kernel is what we put there. The two families are
 *           written in one transaction, so they are judged as one and shown as two.
 */
#ifndef REPORT_HEALTH_H
#define REPORT_HEALTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

struct buf;

/**
 * struct health - What there is to know
 * @limit_ms:	how long a sync may be overdue
 * @queued_ms:	monotonic: since when one is asked for; UINT64_MAX: none is
 * @updated_us:	wall clock: when the rules were last right, or when we began
 * @intact:	nobody else has changed them since
 * @node_seen, @node_eligible: the Node object, as it was last
 */
struct health {
	bool family_enabled[_FAMILY_MAX];
	uint64_t limit_ms;
	uint64_t queued_ms;
	int64_t updated_us;
	bool intact;
	bool node_seen;
	bool node_eligible;
};

/** typedef health_refresh - Bring @health up to date, because it is about to be shown. */
typedef void health_refresh(void *ctx, struct health *health);

/** health_init() - @sync_period_ms: a sync that is overdue for twice that long is not healthy (H2). */
void health_init(struct health *health, const bool family_enabled[_FAMILY_MAX], uint64_t sync_period_ms,
		 int64_t wall_us);
/** health_queued() - A sync is asked for; the oldest request counts. */
void health_queued(struct health *health, uint64_t now_ms);
/** health_synced() - One has succeeded: all requests are served. */
void health_synced(struct health *health, int64_t wall_us);
/** health_node() - What the Node says; a Node that is gone says nothing (H7). */
void health_node(struct health *health, bool eligible);
bool health_healthy(const struct health *health, uint64_t now_ms);
/** health_eligible() - Whether load balancers may send traffic here. */
bool health_eligible(const struct health *health);

/**
 * health_print() - The body of an answer
 * @with_node:	/healthz; else /livez
 *
 * Return: whether it is a good one (200), else 503.
 */
bool health_print(const struct health *health, bool with_node, uint64_t now_ms, int64_t wall_us,
		  struct buf *to);
/**
 * health_print_service() - The body of a health check node port's answer (H17)
 * @n_local:	ready endpoints on this node
 *
 * Return: as health_print().
 */
bool health_print_service(const struct health *health, const char *namespace, const char *name,
			  size_t n_local, uint64_t now_ms, struct buf *to);

#endif
