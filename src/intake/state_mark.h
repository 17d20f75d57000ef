/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * state_mark.h - the mark that no installed rule is newer than a saved state
 *
 * Room:     intake. Effects: nf_tables.
 * Shapes:   the mark names the saved state by its checksum, and is in the kernel, beside the rules (backend/nfnl_mark.h).
 * Rule:     it is cleared before rules become newer, and a sync that cannot clear it does not run. It is set when a saved state has
 *           everything. So a lost mark is safe: then the rules count as newer. The file system cannot disturb it: if the rules can
 *           be changed, so can the mark.
 */
#ifndef INTAKE_STATE_MARK_H
#define INTAKE_STATE_MARK_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/nfnl_mark.h"
#include "base/err.h"
#include "base/sha256.h"

struct nfnl;

/** struct state_mark - @text: in the kernel now; "": none. There is nothing to free. */
struct state_mark {
	struct nfnl *nfnl;
	bool unknown;
	char text[NFNL_MARK_SIZE];
};

/** state_mark_init() - Read it. If that is not possible, it counts as another mark. */
void state_mark_init(struct state_mark *mark, struct nfnl *nfnl);
/** state_mark_covers() - Whether no installed rule is newer than DIR/state, which has this checksum, also none of an older version. */
bool state_mark_covers(const struct state_mark *mark, const char *dir, const uint8_t checksum[SHA256_SIZE]);
/** state_mark_set() - No installed rule is newer than the saved state with this checksum. */
int state_mark_set(struct state_mark *mark, const uint8_t checksum[SHA256_SIZE], struct err *reterr)
	__attribute__((warn_unused_result));
/** state_mark_clear() - Rules may become newer. Costs nothing if there is no mark. */
int state_mark_clear(struct state_mark *mark, struct err *reterr) __attribute__((warn_unused_result));

#endif
