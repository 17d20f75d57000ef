/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * survey.h - whether the kernel still has what was installed, and what has to be put right
 *
 * Room:     sync (render/state_walk.h, backend/nfnl_lookup.h, backend/nfnl_chain.h).
 * Rule:     tests/COVERAGE.md Y5, Y7. It asks the kernel for each installed chain by its name and for each installed element by its key,
 *           in steps of SURVEY_STEP_SIZE elements. Then the numbers of chains and elements show whether there are others
 *           (sync/leftovers.h). Syncs go on in between: each step is compared with what is installed at that moment.
 * Two uses: the hourly verification, and the repair of tables of which it is not known where they were changed (backend/knowledge.h),
 *           send what differs at once, one transaction a step. `diff` prints it and changes nothing.
 * Order:    chains that Service ports share first: all packets meet them.
 * Limits:   what cannot be repaired chain by chain and element by element is left to a sync that reads everything back: another
 *           priority of a base chain, chains whose rules are not known, client maps, a transaction that the kernel refuses.
 */
#ifndef SYNC_SURVEY_H
#define SYNC_SURVEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"

struct buf;
struct changes;
struct nfnl;
struct state;
struct survey;

#define SURVEY_STEP_SIZE 2000

enum survey_result {
	SURVEY_RESULT_MORE,  /* another step is due */
	SURVEY_RESULT_END,   /* all is compared, and put right or printed */
	SURVEY_RESULT_WAIT,  /* a sync has to read back what is known to be changed; another step after it */
	SURVEY_RESULT_STALE, /* the same, but no sync is scheduled yet */
	SURVEY_RESULT_UNKNOWN, /* it cannot be done in steps: read everything back */
};

/** struct survey_sums - What was sent */
struct survey_sums {
	size_t steps;
	size_t added;
	size_t deleted;
	size_t bytes;
	uint64_t kernel_us;
};

/** survey_new() - Of what is installed now; both are borrowed. */
struct survey *survey_new(struct nfnl *nfnl, const struct state *state);
/** survey_new_printing() - The same, which prints what differs; @columns as diff_text_print(). */
struct survey *survey_new_printing(struct nfnl *nfnl, const struct state *state, size_t columns);
struct survey *survey_free(struct survey *survey);
DEFINE_FREEP(struct survey, survey_free);
/** survey_step() - Not between state_begin() and the end of the transaction, and not after _END and _UNKNOWN. */
enum survey_result survey_step(struct survey *survey);
/**
 * survey_spare() - A sync is going to send @changes
 * @read_back:	they are relative to a snapshot, so they do not have what was in the kernel already
 */
void survey_spare(struct survey *survey, const struct changes *changes, bool read_back);
/** survey_text() - What was printed so far. */
const struct buf *survey_text(const struct survey *survey);
void survey_sum(const struct survey *survey, struct survey_sums *ret);

#endif
