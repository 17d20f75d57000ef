/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * leftovers_chains.h - chains that an earlier run has left in our tables
 *
 * Room:     sync (render/state.h, backend/nfnl_dump.h). Internal to leftovers.c, which says what happens to them.
 */
#ifndef SYNC_LEFTOVERS_CHAINS_H
#define SYNC_LEFTOVERS_CHAINS_H

#include <stdbool.h>

#include "base/cleanup.h"
#include "sync/leftovers_target.h"

struct changes;
struct leftovers_chains;
struct snapshot;
struct state;

/** leftovers_chains_new() - Both are borrowed. */
struct leftovers_chains *leftovers_chains_new(struct leftovers_target *target, const struct state *state);
struct leftovers_chains *leftovers_chains_free(struct leftovers_chains *chains);
DEFINE_FREEP(struct leftovers_chains, leftovers_chains_free);
/** leftovers_chains_find() - Whether a table of @frame has another number of chains. Then leftovers_chains_go_on() is next. */
bool leftovers_chains_find(struct leftovers_chains *chains, const struct snapshot *frame);
/**
 * leftovers_chains_go_on() - One short piece of work
 * @ret_done:	it was the last one; with LEFTOVERS_RESULT_MORE, the numbers are to be compared again
 */
enum leftovers_result leftovers_chains_go_on(struct leftovers_chains *chains, bool *ret_done);
/** leftovers_chains_spare() - As leftovers_spare(). */
void leftovers_chains_spare(struct leftovers_chains *chains, const struct changes *changes);

#endif
