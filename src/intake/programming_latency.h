/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * programming_latency.h - how long a change of endpoints takes from the cluster to our rules
 *
 * Room:     intake. Pure: times are arguments, wall clock, microseconds since 1970.
 * Rule:     tests/COVERAGE.md H24. The annotation endpoints.kubernetes.io/last-change-trigger-time of an EndpointSlice tells when a
 *           change began. A change that began before this process is not measured; a deleted slice is not, either.
 * Limits:   PROGRAMMING_LATENCY_TIMES_MAX changes of one slice between two syncs; further ones are not measured.
 */
#ifndef INTAKE_PROGRAMMING_LATENCY_H
#define INTAKE_PROGRAMMING_LATENCY_H

#include <stdint.h>

#include "base/cleanup.h"

#define PROGRAMMING_LATENCY_TIMES_MAX 8

struct histogram;
struct programming_latency;

/** programming_latency_new() - @start_us: when this process began. */
struct programming_latency *programming_latency_new(int64_t start_us);
struct programming_latency *programming_latency_free(struct programming_latency *latency);
DEFINE_FREEP(struct programming_latency, programming_latency_free);
/** programming_latency_note() - A slice has changed; @trigger_us: when the change began, 0: the annotation is missing. */
void programming_latency_note(struct programming_latency *latency, const char *namespace, const char *slice,
			      int64_t trigger_us);
/** programming_latency_forget() - The slice was deleted. */
void programming_latency_forget(struct programming_latency *latency, const char *namespace,
				const char *slice);
/** programming_latency_observe() - A sync at @now_us has installed all noted changes: add them to @to, and forget them. */
void programming_latency_observe(struct programming_latency *latency, int64_t now_us, struct histogram *to);

#endif
