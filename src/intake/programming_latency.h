/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * programming_latency.h - how long changes of endpoints take from the cluster to our rules
 *
 * Room:     intake; pure: times are arguments (wall clock, microseconds since 1970).
 * Rule:     tests/COVERAGE.md H24: the annotation endpoints.kubernetes.io/last-change-trigger-time says when a change began. What
 *           began before we did says nothing of us; a slice that is deleted takes its times along.
 * Limits:   PROGRAMMING_LATENCY_TIMES_MAX changes of one slice between two syncs; more are not measured.
 */
#ifndef INTAKE_PROGRAMMING_LATENCY_H
#define INTAKE_PROGRAMMING_LATENCY_H

#include <stdint.h>

#include "base/cleanup.h"

#define PROGRAMMING_LATENCY_TIMES_MAX 8

struct histogram;
struct programming_latency;

/** programming_latency_new() - @start_us: when we began. */
struct programming_latency *programming_latency_new(int64_t start_us);
struct programming_latency *programming_latency_free(struct programming_latency *programming);
DEFINE_FREEP(struct programming_latency, programming_latency_free);
/** programming_latency_note() - A slice has changed; @trigger_us is 0 if it does not say when that began. */
void programming_latency_note(struct programming_latency *programming, const char *namespace,
			      const char *slice, int64_t trigger_us);
/** programming_latency_forget() - It was deleted. */
void programming_latency_forget(struct programming_latency *programming, const char *namespace,
				const char *slice);
/** programming_latency_done() - The rules have everything that was noted. */
void programming_latency_done(struct programming_latency *programming, int64_t now_us, struct histogram *to);

#endif
