/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * programming.h - how long changes of endpoints take from the cluster to our rules
 *
 * Room:     daemon; pure: times are arguments (wall clock, microseconds since 1970).
 * Rule:     behaviour.md H24: the annotation endpoints.kubernetes.io/last-change-trigger-time says when a change began. What
 *           began before we did says nothing of us; a slice that is deleted takes its times along.
 * Limits:   PROGRAMMING_TIMES_MAX changes of one slice between two syncs; more are not measured.
 */
#ifndef DAEMON_PROGRAMMING_H
#define DAEMON_PROGRAMMING_H

#include <stdint.h>

#include "base/cleanup.h"

#define PROGRAMMING_TIMES_MAX 8

struct histogram;
struct programming;

/** programming_new() - @start_us: when we began. */
struct programming *programming_new(int64_t start_us);
struct programming *programming_free(struct programming *programming);
DEFINE_FREEP(struct programming, programming_free);
/** programming_note() - A slice has changed; @trigger_us is 0 if it does not say when that began. */
void programming_note(struct programming *programming, const char *namespace, const char *slice,
		      int64_t trigger_us);
/** programming_forget() - It was deleted. */
void programming_forget(struct programming *programming, const char *namespace, const char *slice);
/** programming_done() - The rules have everything that was noted. */
void programming_done(struct programming *programming, int64_t now_us, struct histogram *to);

#endif
