/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: The saved state
 *
 * After a reboot of the node, its Services work again although the API server does not answer. Four files do it:
 *
 *   saved_state.h    the format: objects to bytes and back; pure.
 *   state_file.h     the file DIR/state, replaced atomically.
 *   state_mark.h     the mark in the kernel: no installed rule is newer than this saved state.
 *   state_saver.h    when to save: writes DIR/state after changes, from a child process.
 *   offline_start.h  when to use it: puts the saved objects into the store if the API server is silent.
 *
 * Save: state_saver_before_sync() is called before each sync. If the store differs from DIR/state, it clears the mark, because
 * the kernel is about to have rules that are newer than DIR/state. If the store is complete (every kind was listed) it also
 * starts a timer of STATE_SAVER_DELAY_MS. The timer forks a child, which has the store as it was at fork(), writes DIR/state
 * and reports through a pipe. If the store has not changed since, the parent sets the mark.
 *
 * The time in DIR/state is when its objects were right: when the API server was last heard. So that the state of a quiet cluster
 * does not grow old, it is written again from time to time while the server is heard.
 *
 * Use: the mark survives a crash, so a start knows whether the rules of the previous run may be newer than DIR/state:
 *
 *   rules of ours exist | the mark names DIR/state | without the API server
 *   no                  | any                      | use the saved state, as soon as a request fails or after
 *                       |                          | OFFLINE_START_NO_RULES_MS
 *   yes                 | yes                      | use it after OFFLINE_START_SILENCE_MS: no rule changes
 *   yes                 | no                       | leave the rules as they are
 *
 * A saved state that is older than the limit is not used.
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
 * Room:     intake. Effects: a timer on the loop, a child process, the file of intake/state_file.h.
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
#include "base/sha256.h"
#include "model/store.h"

#define STATE_SAVER_DELAY_MS	  1000 /* from the first change to the write, to save a burst of changes at once */
#define STATE_SAVER_PERIOD_MS	  10000
#define STATE_SAVER_PERIOD_MAX_MS 300000
#define STATE_SAVER_BYTES_PER_MS  64	  /* written at most, on average */
#define STATE_SAVER_REFRESH_MS	  3600000 /* after so long, a state without changes is written with a new time */

struct sd_event;
struct state_saver;

/**
 * struct state_saver_params - All borrowed
 * @dir:	as in intake/state_file.h
 * @origin:	URL of the API server, or the manifests
 * @max_age_ms:	a state that is older is of no use; 0: no limit
 * @as_of:	when the store was right, seconds since 1970; NULL: now
 * @manifest_of: as in struct state_file_content
 * @mark:	set the mark to @checksum, or clear it if that is NULL; NULL: there is no mark
 */
struct state_saver_params {
	struct sd_event *event;
	const struct store *store;
	const char *dir;
	const char *origin;
	const char *node_name;
	uint64_t max_age_ms;
	int64_t (*as_of)(void *ctx);
	const char *(*manifest_of)(void *ctx, enum object_kind kind, const char *namespace, const char *name);
	int (*mark)(void *ctx, const uint8_t *checksum, struct err *reterr);
	void *ctx;
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

/** state_saver_is_saved() - Record that the store equals the saved file with this checksum, and that no rule is newer. */
void state_saver_is_saved(struct state_saver *saver, const uint8_t checksum[SHA256_SIZE]);
/**
 * state_saver_before_sync() - Call before each sync; see the DOC comment
 * @complete:	every kind was listed: save the store soon if it has changed
 *
 * Return: 0; negative errno: the mark cannot be cleared, so no rule may be changed.
 */
int state_saver_before_sync(struct state_saver *saver, bool complete, struct err *reterr)
	__attribute__((warn_unused_result));
/** state_saver_stop() - If a write is due, write now; blocks. @saver may be NULL. */
void state_saver_stop(struct state_saver *saver);
/** state_saver_period_ms() - How long to wait after having written @size bytes. */
int64_t state_saver_period_ms(uint64_t size);
/** state_saver_refresh_ms() - After which time a state without changes is written anew, at least STATE_SAVER_PERIOD_MS. */
int64_t state_saver_refresh_ms(uint64_t max_age_ms);

#endif
