/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: The saved state
 *
 * After a reboot of the node, its Services work again although the API server does not answer. Four files do it:
 *
 *   saved_state.h    the format: objects to bytes and back; pure.
 *   state_file.h     the files: DIR/state, replaced atomically, and the mark DIR/state.behind.
 *   state_saver.h    when to save: writes DIR/state after changes, from a child process.
 *   offline_start.h  when to use it: puts the saved objects into the store if the API server is silent.
 *
 * Save: state_saver_before_sync() is called before each sync. If the store differs from DIR/state, it makes the mark
 * DIR/state.behind, because the kernel is about to have rules that are newer than DIR/state. If the store is complete (every
 * kind was listed) it also starts a timer of STATE_SAVER_DELAY_MS. The timer forks a child, which has the store as it was at
 * fork(), writes DIR/state and reports through a pipe. If the store has not changed since, the parent removes the mark.
 *
 * Use: the mark survives a crash, so a start knows whether the rules of the previous run may be newer than DIR/state:
 *
 *   rules of ours exist | DIR/state.behind exists | without the API server
 *   no                  | any                     | use the saved state, as soon as a request fails or after
 *                       |                         | OFFLINE_START_NO_RULES_MS
 *   yes                 | no                      | use it after OFFLINE_START_SILENCE_MS: no rule changes
 *   yes                 | yes                     | leave the rules as they are
 *
 * The file is decoded, and its objects are put into the store, in turns of some ms. Nothing is put before the whole file was
 * checked and decoded, nor while the server lists something.
 *
 * Saved objects are ordinary objects of the store (intake_add_saved()): the list of the API server replaces them, and its end
 * deletes those that it lacks. offline_start_may_sync() holds syncs back from the server's first answer until every kind is
 * listed, so that one transaction replaces the saved state.
 */
/*
 * state_saver.h - saves the store from time to time, for a start without an API server
 *
 * Room:     intake. Effects: a timer on the loop, a child process, the files of intake/state_file.h.
 * Rule:     saving delays no sync: a child writes the file and waits for the disk. There is one child at a time. Two writes
 *           are at least STATE_SAVER_PERIOD_MS apart, more for a large file (state_saver_period_ms()), so that the changes
 *           of a large cluster do not wear the disk out.
 */
#ifndef INTAKE_STATE_SAVER_H
#define INTAKE_STATE_SAVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/err.h"

#define STATE_SAVER_DELAY_MS	  1000 /* from the first change to the write, to save a burst of changes at once */
#define STATE_SAVER_PERIOD_MS	  10000
#define STATE_SAVER_PERIOD_MAX_MS 300000
#define STATE_SAVER_BYTES_PER_MS  64 /* written at most, on average */

struct sd_event;
struct state_saver;
struct store;

/**
 * struct state_saver_params - All borrowed
 * @dir:	as in intake/state_file.h
 * @origin:	URL of the API server
 */
struct state_saver_params {
	struct sd_event *event;
	const struct store *store;
	const char *dir;
	const char *origin;
	const char *node_name;
};

/**
 * state_saver_new() - Make the directory; nothing is saved yet
 *
 * Return: 0; negative errno if the directory cannot be used.
 */
int state_saver_new(const struct state_saver_params *params, struct state_saver **ret, struct err *reterr)
	__attribute__((warn_unused_result));
/** state_saver_free() - Waits for a child that is still writing. */
struct state_saver *state_saver_free(struct state_saver *saver);
DEFINE_FREEP(struct state_saver, state_saver_free);

/** state_saver_is_saved() - Record that the store equals the saved file. */
void state_saver_is_saved(struct state_saver *saver);
/**
 * state_saver_before_sync() - Call before each sync; see the DOC comment
 * @complete:	every kind was listed: save the store soon if it has changed
 */
void state_saver_before_sync(struct state_saver *saver, bool complete);
/** state_saver_stop() - If a write is due, write now; blocks. @saver may be NULL. */
void state_saver_stop(struct state_saver *saver);
/** state_saver_period_ms() - How long to wait after having written @size bytes. */
int64_t state_saver_period_ms(uint64_t size);

#endif
