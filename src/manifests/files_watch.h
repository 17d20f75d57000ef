/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * files_watch.h - what inotify says about one directory and what its links lead to
 *
 * Room:     manifests. Effects: inotify.
 * Rule:     a file counts as changed when its writer closes it, or when it is renamed or linked into
 *           place; one that is still being written does not. A directory that goes away is waited for
 *           in its parent.
 */
#ifndef MANIFESTS_FILES_WATCH_H
#define MANIFESTS_FILES_WATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/err.h"

struct files_watch;

/**
 * struct files_watch_sink - What happened; all are set
 * @name:	a directory entry of this name changed, came or went
 * @attribute:	only its attributes did: it may have become readable
 * @link:	what a link leads to changed; @target is as files_watch_link() returned it
 * @all:	anything may have changed: events were lost, a whole set of files was swapped (a ConfigMap's
 *		"..data"), or the directory came back
 * @lost:	the directory itself is gone
 */
struct files_watch_sink {
	void (*name)(void *ctx, const char *name);
	void (*attribute)(void *ctx, const char *name);
	void (*link)(void *ctx, int target);
	void (*all)(void *ctx);
	void (*lost)(void *ctx);
	void *ctx;
};

/** files_watch_new() - Watch directory @dir. */
int files_watch_new(const char *dir, const struct files_watch_sink *sink, struct files_watch **ret,
		    struct err *reterr) __attribute__((warn_unused_result));
struct files_watch *files_watch_free(struct files_watch *watch);
DEFINE_FREEP(struct files_watch, files_watch_free);
int files_watch_fd(const struct files_watch *watch);
/** files_watch_dispatch() - Read what there is to read and tell the sink. */
int files_watch_dispatch(struct files_watch *watch, struct err *reterr) __attribute__((warn_unused_result));
/**
 * files_watch_link() - Watch what the link @path leads to as well
 *
 * Return: a number for this target, the same for the same target; or a negative errno.
 */
int files_watch_link(struct files_watch *watch, const char *path, struct err *reterr)
	__attribute__((warn_unused_result));
/** files_watch_unlink() - No longer; a target that is gone is fine. */
void files_watch_unlink(struct files_watch *watch, int target);

#endif
