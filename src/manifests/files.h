/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * files.h - manifests: a file, a directory or standard input
 *
 * Room:     manifests.
 * Shapes:   a directory's *.yaml, *.yml and *.json files in name order, without subdirectories and hidden
 *           files. YAML with several documents, JSON values one after another, kind List and the ...List
 *           kinds.
 * Rule:     a file that cannot be read or parsed to its end is reported, and all of its last good objects stay.
 *           If a single object of a file cannot be used, the last good version of that object stays, and the
 *           rest of the file is used. If the name of such an object cannot be read, the file deletes no object.
 *           An object that another file defines already is refused; the reason names both files.
 *           A directory is watched with inotify. Only changed files are read again, when their writer closes
 *           them, or when they are renamed into place. This is done in steps: a file that changes meanwhile does
 *           not wait for all files of a directory that was replaced.
 */
#ifndef MANIFESTS_FILES_H
#define MANIFESTS_FILES_H

#include "decode/object_sink.h"

struct files;

/**
 * files_new() - Prepare to read @path
 * @path:	file, directory, or "-" for standard input (read once)
 * @follow:	watch with inotify; false for a single read
 */
int files_new(const char *path, bool follow, const struct object_sink *sink, struct files **ret,
	      struct err *reterr) __attribute__((warn_unused_result));
struct files *files_free(struct files *files);
DEFINE_FREEP(struct files, files_free);
/**
 * files_read_all() - Read everything at once, then call @synced once for each kind
 *
 * For a start: it takes as long as it takes.
 *
 * Return: 0, also if single files of a directory or single objects cannot be used (the sink is told); negative
 * errno if @path itself cannot be read, or is one file that was never read to its end.
 */
int files_read_all(struct files *files, struct err *reterr) __attribute__((warn_unused_result));
/**
 * files_gap() - A file that may lack objects that it had before the start: it was not read to its end since then
 *
 * Return: its path; NULL: there is none.
 */
const char *files_gap(const struct files *files);
/** files_has_gaps() - There is a file for files_gap(), or an object of a file is refused: files_restore() may have something to do. */
bool files_has_gaps(const struct files *files);
/**
 * files_restore() - Use the version of an object that was good before the start, after files_read_all()
 * @name:	of the file that defined it then
 * @object:	its model object is taken out of it if it is used
 *
 * It is used if no file defines the object, and the file still exists and could not be read to its end or has a bad version of the
 * object. From then on it is an object of the file: it stays until the file can be read, or is removed.
 *
 * Return: whether it was used.
 */
bool files_restore(struct files *files, const char *name, struct object *object);
/** files_manifest_of() - The name of the file that defines an object; NULL: none does. */
const char *files_manifest_of(const struct files *files, enum object_kind kind, const char *namespace,
			      const char *name);
/** files_fd() - The inotify descriptor to poll for input, or -1. */
int files_fd(const struct files *files);
/**
 * files_dispatch() - Handle inotify events and go on reading, for about 20 ms
 * @ret_more:	call it again soon, even without events
 *
 * If events were lost, everything is read again. Errors of reading are for the sink; the result is about the events alone.
 */
int files_dispatch(struct files *files, bool *ret_more, struct err *reterr)
	__attribute__((warn_unused_result));
/** files_is_short() - A file or the directory was not read because descriptors or memory are short: call files_retry() later. */
bool files_is_short(const struct files *files);
/** files_retry() - Read these again, in the next files_dispatch(). */
void files_retry(struct files *files);
/** files_reload() - Read everything again, in the next files_dispatch() and those that follow it. */
void files_reload(struct files *files);
/** files_each_skipped() - Kinds that were skipped, with counts, in name order. */
void files_each_skipped(const struct files *files,
			void (*each)(void *ctx, const char *kind, unsigned int count), void *ctx);

#endif
