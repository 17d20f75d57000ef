/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * keeper.h - the store is saved now and then, for a start without an API server
 *
 * Room:     daemon.
 * Rule:     saving costs no sync any time: a child of ours, which has the store as it was at its birth, writes
 *           the file and waits for the disk. There is one at a time, not more often than every
 *           KEEPER_PERIOD_MS, and seldomer the larger the file is, so that a large cluster that never rests
 *           wears no disk out. A stop saves what is not saved yet.
 */
#ifndef DAEMON_KEEPER_H
#define DAEMON_KEEPER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/err.h"

#define KEEPER_DELAY_MS	     1000 /* after the first change, for those that come along */
#define KEEPER_PERIOD_MS     10000
#define KEEPER_PERIOD_MAX_MS 300000
#define KEEPER_BYTES_PER_MS  64 /* written, on the average, at most */

struct keeper;
struct sd_event;
struct store;

/**
 * keeper_new() - Nothing is saved yet
 * @dir:	see source/savefile.h; borrowed, as are @store, @origin and @node_name
 *
 * Return: 0; negative errno if the directory cannot be used.
 */
int keeper_new(struct sd_event *event, const struct store *store, const char *dir, const char *origin,
	       const char *node_name, struct keeper **ret, struct err *reterr)
	__attribute__((warn_unused_result));
/** keeper_free() - Waits for a child that is still writing. */
struct keeper *keeper_free(struct keeper *keeper);
DEFINE_FREEP(struct keeper, keeper_free);

/** keeper_is_saved() - The store is what was saved, or read. */
void keeper_is_saved(struct keeper *keeper);
/**
 * keeper_before_sync() - To be called before rules are made of the store
 * @complete:	the store is a whole, good state: save it soon, if it has changed
 */
void keeper_before_sync(struct keeper *keeper, bool complete);
/** keeper_stop() - Save what keeper_before_sync() was told of and is not saved; blocks. */
void keeper_stop(struct keeper *keeper);
/** keeper_period_ms() - How long to wait after having written @size bytes. */
int64_t keeper_period_ms(uint64_t size);

#endif
