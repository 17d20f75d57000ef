/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * files_watch.h - inotify events of one directory and of the targets of its links
 *
 * Room:     manifests. Effects: inotify.
 * Rule:     a file has changed when its writer closes it, or when it is renamed or linked into place, not
 *           while it is written. If the directory is deleted or moved, its nearest ancestor that exists is
 *           watched until it is back.
 */
#ifndef MANIFESTS_FILES_WATCH_H
#define MANIFESTS_FILES_WATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/err.h"

struct files_watch;

/**
 * struct files_watch_sink - Called for events; all are set
 * @name:	the directory entry @name was changed, created or deleted
 * @attribute:	only its attributes changed: it may have become readable; @name: NULL: the directory itself
 * @link:	the target of a link changed; @target: from files_watch_link()
 * @all:	any file may have changed: events were lost, the whole set of files was replaced (a ConfigMap's
 *		"..data"), or the directory is back
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
/** files_watch_dispatch() - Read pending events, at most some thousands, and call the sink. */
int files_watch_dispatch(struct files_watch *watch, struct err *reterr) __attribute__((warn_unused_result));
/** files_watch_retry() - If the directory is gone, try to watch it again; calls the sink if this works. */
int files_watch_retry(struct files_watch *watch, struct err *reterr) __attribute__((warn_unused_result));
/**
 * files_watch_link() - Watch the target of the link @path
 *
 * Return: a number of this target, the same for all links to it; or a negative errno.
 */
int files_watch_link(struct files_watch *watch, const char *path, struct err *reterr)
	__attribute__((warn_unused_result));
/** files_watch_unlink() - End that; the target need not exist any more. */
void files_watch_unlink(struct files_watch *watch, int target);

#endif
