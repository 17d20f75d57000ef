/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * state_file.h - the last good objects in a directory of ours
 *
 * Room:     intake. Effects: files.
 * Shapes:   DIR/state is what intake/saved_state.h says; DIR/state.new is one in the making; DIR/state.behind is
 *           there while objects have changed, or rules may have been made of them, that DIR/state lacks.
 * Rule:     DIR/state is replaced atomically and only by a complete one.
 */
#ifndef INTAKE_STATE_FILE_H
#define INTAKE_STATE_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "intake/saved_state.h"

struct store;

/**
 * state_file_prepare() - Make the directory if only its last part is missing
 *
 * Return: 0; negative errno if it cannot be made or is none.
 */
int state_file_prepare(const char *dir, struct err *reterr) __attribute__((warn_unused_result));
/**
 * state_file_write() - Save what @store has: all groups, the Node @node_name, all ServiceCIDRs
 * @ret_size:	bytes written
 *
 * Blocks until the disk has it. Slices that serve nobody are left out.
 */
int state_file_write(const char *dir, const struct store *store, int64_t time_s, const char *origin,
		     const char *node_name, uint64_t *ret_size, struct err *reterr)
	__attribute__((warn_unused_result));
/**
 * state_file_read() - Read it back
 *
 * Return: 0; -ENOENT: nothing was saved; other negative errno: it cannot be used, see saved_state_read().
 */
int state_file_read(const char *dir, struct saved_state *ret, struct err *reterr)
	__attribute__((warn_unused_result));
/** state_file_mark_behind() - From now on DIR/state is not the newest. */
int state_file_mark_behind(const char *dir, struct err *reterr) __attribute__((warn_unused_result));
/** state_file_clear_behind() - It is again. */
int state_file_clear_behind(const char *dir, struct err *reterr) __attribute__((warn_unused_result));
/** state_file_is_behind() - Whether that mark is there, or cannot be looked for. */
bool state_file_is_behind(const char *dir);

#endif
