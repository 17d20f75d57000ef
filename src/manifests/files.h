/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * files.h - manifests: a file, a directory or standard input
 *
 * Room:     manifests.
 * Shapes:   a directory's *.yaml, *.yml and *.json files, not its subdirectories, hidden files left
 *           out; read in name order. YAML with several documents, JSON values one after another,
 *           kind List and the ...List kinds.
 * Rule:     the unit is a file. A file that cannot be read or parsed to its end keeps its last good
 *           objects (all of them) and is named; a good file with a bad object in it keeps the last good
 *           version of that object, the rest of the file goes on. An object that another file
 *           defines already is refused, naming both files. A directory is followed with inotify:
 *           only changed files are read again (written ones when they are closed; renames into place).
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
 * files_read_all() - Read (or re-read) everything, then call @synced once for each kind
 *
 * Return: 0, also where single files of a directory or objects were bad (the sink knows); negative errno if
 * @path itself cannot be read, or is one file that never could be read to its end.
 */
int files_read_all(struct files *files, struct err *reterr) __attribute__((warn_unused_result));
/** files_fd() - The inotify descriptor to poll for input, or -1. */
int files_fd(const struct files *files);
/** files_dispatch() - Handle what inotify says; a lost event queue reads everything again. */
int files_dispatch(struct files *files, struct err *reterr) __attribute__((warn_unused_result));
/** files_each_skipped() - Kinds that were skipped, with counts, in name order. */
void files_each_skipped(const struct files *files,
			void (*each)(void *ctx, const char *kind, unsigned int count), void *ctx);

#endif
