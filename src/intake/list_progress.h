/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * list_progress.h - when to log how far a long list is
 *
 * Room:     intake; pure: time is an argument (monotonic milliseconds).
 * Rule:     a line every LIST_PROGRESS_MS while objects arrive, so none for a list that is complete before.
 * Not here: how many objects there will be. An API server does not tell it for a list with a selector.
 */
#ifndef INTAKE_LIST_PROGRESS_H
#define INTAKE_LIST_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LIST_PROGRESS_MS 5000

/** struct list_progress - Of one list; @n: objects so far */
struct list_progress {
	uint64_t begin_ms;
	uint64_t said_ms;
	size_t n;
};

/** list_progress_begin() - A list begins, perhaps anew. */
void list_progress_begin(struct list_progress *progress, uint64_t now_ms);
/** list_progress_add() - One object more. Return: true: log it now; the list lasts for @ret_ms. */
bool list_progress_add(struct list_progress *progress, uint64_t now_ms, uint64_t *ret_ms);

#endif
