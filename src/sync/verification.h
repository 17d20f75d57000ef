/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verification.h - whether the kernel still has what was installed: the hourly verification, repairs, and `diff`
 *
 * Room:     sync.
 * Rule:     a survey compares what is installed with the kernel in steps (sync/survey.h), between syncs. What one cannot compare or put
 *           right, such as tables that do not exist, is read back whole.
 */
#ifndef SYNC_VERIFICATION_H
#define SYNC_VERIFICATION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "sync/survey.h"

struct sync;
struct sync_addresses;

/** verification_is_due() - verification_step() has something to do: a part of the tables is suspect, or a survey is under way. */
bool verification_is_due(const struct sync *sync);
/**
 * verification_step() - One step of a survey of what is installed (sync/survey.h); begins one if none is under way
 *
 * What differs is put right. After SURVEY_RESULT_UNKNOWN the next sync_run() reads everything back.
 */
enum survey_result verification_step(struct sync *sync);
/**
 * verification_compare() - Compare our tables in the kernel with what the last success installed, in steps
 * @columns:	as diff_text_print()
 * @text:	gets a line for each difference
 *
 * A step asks for some chains and elements (sync/survey.h); syncs may go on between two steps. What differs is put right by a survey
 * after the next sync_run(). If a table does not exist or is another one, the last step reads all of both tables back.
 * Changes of the cluster that are waiting for the next step are no differences. Before the first success there is one step, and the
 * comparison is with the state of the store.
 *
 * Return: 1: another call is due, @text is as it was; 0: done; negative errno. One comparison at a time.
 */
int verification_compare(struct sync *sync, const struct sync_addresses *addresses, size_t columns,
			 struct buf *text, struct err *reterr) __attribute__((warn_unused_result));

#endif
