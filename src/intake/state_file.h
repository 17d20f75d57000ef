/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * state_file.h - the files of the saved state
 *
 * Room:     intake. Effects: files. intake/state_saver.h tells how the saved state works.
 * Shapes:   DIR/state has the format of intake/saved_state.h. DIR/state.new is the next DIR/state while it is written.
 *           DIR/state.behind is an empty file that older versions make instead of intake/state_mark.h: the kernel may have
 *           rules that are newer than DIR/state.
 * Rule:     DIR/state is replaced atomically, and only by a complete file. Links are not followed.
 */
#ifndef INTAKE_STATE_FILE_H
#define INTAKE_STATE_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "intake/saved_state.h"

struct store;

/**
 * state_file_prepare() - Make the directory, if only its last component is missing
 *
 * Return: 0; negative errno if it cannot be made, -ENOTDIR if @dir is no directory.
 */
int state_file_prepare(const char *dir, struct err *reterr) __attribute__((warn_unused_result));
/**
 * struct state_file_content - What to save, all borrowed
 * @time_s:	when the store was right, seconds since 1970
 * @origin:	URL of the API server, or the manifests
 * @manifest_of: called with @ctx: the name of the manifest that defines an object, NULL: none; NULL: the API server is the source
 */
struct state_file_content {
	const struct store *store;
	int64_t time_s;
	const char *origin;
	const char *node_name;
	const char *(*manifest_of)(void *ctx, enum object_kind kind, const char *namespace, const char *name);
	void *ctx;
};

/**
 * state_file_write() - Save the store: all Services and their slices, the Node @node_name, all ServiceCIDRs
 * @ret_size:	bytes written
 *
 * Blocks until the disk has the file. A slice that names no Service is left out.
 */
int state_file_write(const char *dir, const struct state_file_content *content, uint64_t *ret_size,
		     uint8_t ret_checksum[SHA256_SIZE], struct err *reterr)
	__attribute__((warn_unused_result));

/** struct state_file_stamp - What tells saved states apart, unchecked. @time_s: when it was right */
struct state_file_stamp {
	int64_t time_s;
	uint8_t checksum[SHA256_SIZE];
};

/** state_file_peek() - Look at DIR/state without reading it. Return: 0; -ENOENT: nothing was saved; other negative errno. */
int state_file_peek(const char *dir, struct state_file_stamp *ret, struct err *reterr)
	__attribute__((warn_unused_result));
struct state_file_reader;

/**
 * state_file_reader_new() - Begin to read DIR/state
 * @dir:	borrowed
 *
 * Return: 0; -ENOENT: nothing was saved; other negative errno: it is unusable.
 */
int state_file_reader_new(const char *dir, struct state_file_reader **ret, struct err *reterr)
	__attribute__((warn_unused_result));
struct state_file_reader *state_file_reader_free(struct state_file_reader *reader);
DEFINE_FREEP(struct state_file_reader, state_file_reader_free);
/**
 * state_file_reader_step() - Read a part of the file, or see saved_state_reader_step()
 * @ret:	set on success only; saved_state_done() frees it
 *
 * Return: -EINPROGRESS: call it again; 0: that is all; other negative errno: it is unusable, see saved_state_read().
 */
int state_file_reader_step(struct state_file_reader *reader, struct saved_state *ret, struct err *reterr)
	__attribute__((warn_unused_result));
/** state_file_is_behind() - Whether DIR/state.behind exists; true, too, if that cannot be found out. */
bool state_file_is_behind(const char *dir);
/** state_file_clear_behind() - Remove it, if it is there. */
int state_file_clear_behind(const char *dir, struct err *reterr) __attribute__((warn_unused_result));

#endif
