/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verify.h - whether the kernel still has what was installed
 *
 * Room:     sync (render/state.h, backend/nfnl_lookup.h).
 * Rule:     tests/COVERAGE.md Y5. It goes through the Services in steps of VERIFY_STEP_SIZE elements, and asks the kernel for each
 *           element by its key, and for each chain by its name. Then it compares the numbers of elements and chains. Syncs go on in between: each step is compared
 *           with what is installed at that moment. If the tables are not KNOWLEDGE_CURRENT, it ends: a sync will read back
 *           what is unknown.
 * Finds:    everything on kernels that say how many elements a set has. On others, only a whole reading finds elements
 *           that were added.
 */
#ifndef SYNC_VERIFY_H
#define SYNC_VERIFY_H

#include "base/cleanup.h"

struct nfnl;
struct state;
struct verify;

#define VERIFY_STEP_SIZE 2000

enum verify_result {
	VERIFY_RESULT_MORE,	 /* another step is due */
	VERIFY_RESULT_SAME,	 /* the tables are as they were installed */
	VERIFY_RESULT_DIFFERENT, /* they are not, or this kernel cannot tell: read everything back */
	VERIFY_RESULT_UNKNOWN,	 /* it ended, because a part of the tables is not known */
};

/** verify_new() - Of the Services that are installed now; both are borrowed. */
struct verify *verify_new(struct nfnl *nfnl, const struct state *state);
struct verify *verify_free(struct verify *verify);
DEFINE_FREEP(struct verify, verify_free);
/** verify_step() - Not between state_begin() and the end of the transaction, and not after a result other than VERIFY_RESULT_MORE. */
enum verify_result verify_step(struct verify *verify);

#endif
