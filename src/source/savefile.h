/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * savefile.h - the last good objects in a directory of ours
 *
 * Room:     source. Effects: files.
 * Shapes:   DIR/state is what decode/saved.h says; DIR/state.new is one in the making; DIR/state.behind is
 *           there while objects have changed, or rules may have been made of them, that DIR/state lacks.
 * Rule:     DIR/state is replaced atomically and only by a complete one.
 */
#ifndef SOURCE_SAVEFILE_H
#define SOURCE_SAVEFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "decode/saved.h"

struct store;

/**
 * savefile_prepare() - Make the directory if only its last part is missing
 *
 * Return: 0; negative errno if it cannot be made or is none.
 */
int savefile_prepare(const char *dir, struct err *reterr) __attribute__((warn_unused_result));
/**
 * savefile_write() - Save what @store has: all groups, the Node @node_name, all ServiceCIDRs
 * @ret_size:	bytes written
 *
 * Blocks until the disk has it. Slices that serve nobody are left out.
 */
int savefile_write(const char *dir, const struct store *store, int64_t time_s, const char *origin,
		   const char *node_name, uint64_t *ret_size, struct err *reterr)
	__attribute__((warn_unused_result));
/**
 * savefile_read() - Read it back
 *
 * Return: 0; -ENOENT: nothing was saved; other negative errno: it cannot be used, see saved_read().
 */
int savefile_read(const char *dir, struct saved *ret, struct err *reterr) __attribute__((warn_unused_result));
/** savefile_mark_behind() - From now on DIR/state is not the newest. */
int savefile_mark_behind(const char *dir, struct err *reterr) __attribute__((warn_unused_result));
/** savefile_clear_behind() - It is again. */
int savefile_clear_behind(const char *dir, struct err *reterr) __attribute__((warn_unused_result));
/** savefile_is_behind() - Whether that mark is there, or cannot be looked for. */
bool savefile_is_behind(const char *dir);

#endif
