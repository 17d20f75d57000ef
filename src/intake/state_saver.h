/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * state_saver.h - the store is saved now and then, for a start without an API server
 *
 * Room:     intake.
 * Rule:     saving costs no sync any time: a child of ours, which has the store as it was at its birth, writes
 *           the file and waits for the disk. There is one at a time, not more often than every
 *           STATE_SAVER_PERIOD_MS, and seldomer the larger the file is, so that a large cluster that never rests
 *           wears no disk out. A stop saves what is not saved yet.
 */
#ifndef INTAKE_STATE_SAVER_H
#define INTAKE_STATE_SAVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/err.h"

#define STATE_SAVER_DELAY_MS	  1000 /* after the first change, for those that come along */
#define STATE_SAVER_PERIOD_MS	  10000
#define STATE_SAVER_PERIOD_MAX_MS 300000
#define STATE_SAVER_BYTES_PER_MS  64 /* written, on the average, at most */

struct state_saver;
struct sd_event;
struct store;

/**
 * state_saver_new() - Nothing is saved yet
 * @dir:	see intake/state_file.h; borrowed, as are @store, @origin and @node_name
 *
 * Return: 0; negative errno if the directory cannot be used.
 */
int state_saver_new(struct sd_event *event, const struct store *store, const char *dir, const char *origin,
		    const char *node_name, struct state_saver **ret, struct err *reterr)
	__attribute__((warn_unused_result));
/** state_saver_free() - Waits for a child that is still writing. */
struct state_saver *state_saver_free(struct state_saver *keeper);
DEFINE_FREEP(struct state_saver, state_saver_free);

/** state_saver_is_saved() - The store is what was saved, or read. */
void state_saver_is_saved(struct state_saver *keeper);
/**
 * state_saver_before_sync() - To be called before rules are made of the store
 * @complete:	the store is a whole, good state: save it soon, if it has changed
 */
void state_saver_before_sync(struct state_saver *keeper, bool complete);
/** state_saver_stop() - Save what state_saver_before_sync() was told of and is not saved; blocks. */
void state_saver_stop(struct state_saver *keeper);
/** state_saver_period_ms() - How long to wait after having written @size bytes. */
int64_t state_saver_period_ms(uint64_t size);

#endif
