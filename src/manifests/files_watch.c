/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "manifests/files_watch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"

#define DIR_EVENTS                                                                                           \
	(IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE | IN_ATTRIB | IN_DELETE_SELF | \
	 IN_MOVE_SELF | IN_ONLYDIR)
#define ANCESTOR_EVENTS (IN_CREATE | IN_ATTRIB | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)
#define LINK_EVENTS	(IN_CLOSE_WRITE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF)
#define SELF_EVENTS	(IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED)

#define READS_MAX 8 /* of pending events at once; the descriptor stays readable if there are more */

struct files_watch {
	struct files_watch_sink sink;
	char *dir;
	int fd;
	int dir_target;	     /* -1 while the directory is gone */
	int ancestor_target; /* the nearest ancestor that exists; -1 while the directory exists */
	char *awaited;	     /* in this ancestor; the directory may be back when it appears */
};

/* "a/b" is "b" in "a", "b" is "b" in "."; "." and "/" have no name in a parent, so they are not found again. */
static void split_path(const char *path, char **ret_parent, char **ret_base)
{
	size_t len = strlen(path), start;

	while (len > 1 && path[len - 1] == '/')
		len--;
	for (start = len; start && path[start - 1] != '/';)
		start--;
	*ret_base = alloc_string(path + start);
	(*ret_base)[len - start] = '\0';
	while (start > 1 && path[start - 1] == '/')
		start--;
	*ret_parent = alloc_string(start ? path : ".");
	(*ret_parent)[start ? start : 1] = '\0';
}

int files_watch_new(const char *dir, const struct files_watch_sink *sink, struct files_watch **ret,
		    struct err *reterr)
{
	_cleanup_(files_watch_freep) struct files_watch *watch = alloc_zeroed(1, sizeof(*watch));

	watch->sink = *sink;
	watch->dir = alloc_string(dir);
	watch->ancestor_target = -1;
	watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (watch->fd < 0)
		return err_set(reterr, -errno, "inotify: %s", strerror(errno));
	watch->dir_target = inotify_add_watch(watch->fd, dir, DIR_EVENTS);
	if (watch->dir_target < 0)
		return err_set(reterr, -errno, "%s: cannot be watched: %s", dir, strerror(errno));
	*ret = TAKE_PTR(watch);
	return 0;
}

struct files_watch *files_watch_free(struct files_watch *watch)
{
	if (!watch)
		return NULL;
	closep(&watch->fd);
	free(watch->dir);
	free(watch->awaited);
	free(watch);
	return NULL;
}

int files_watch_fd(const struct files_watch *watch)
{
	return watch->fd;
}

int files_watch_link(struct files_watch *watch, const char *path, struct err *reterr)
{
	/* It may lead to the directory itself, whose events are not to be replaced. */
	int target = inotify_add_watch(watch->fd, path, LINK_EVENTS | IN_MASK_ADD);

	if (target < 0)
		return err_set(reterr, -errno, "the target of the link cannot be watched: %s",
			       strerror(errno));
	return target;
}

void files_watch_unlink(struct files_watch *watch, int target)
{
	if (target != watch->dir_target && target != watch->ancestor_target)
		(void)inotify_rm_watch(watch->fd, target);
}

static void unwatch_ancestor(struct files_watch *watch)
{
	if (watch->ancestor_target >= 0)
		(void)inotify_rm_watch(watch->fd, watch->ancestor_target);
	watch->ancestor_target = -1;
	free(watch->awaited);
	watch->awaited = NULL;
}

/* Watch the nearest ancestor that exists. Return: whether it is another one than before. */
static bool watch_ancestor(struct files_watch *watch)
{
	char *path = alloc_string(watch->dir), *parent, *base;
	bool top, other;
	int target;

	for (;;) {
		split_path(path, &parent, &base);
		target = inotify_add_watch(watch->fd, parent, ANCESTOR_EVENTS | IN_MASK_ADD);
		top = strcmp(parent, path) == 0;
		free(path);
		path = parent;
		if (target >= 0 || top)
			break;
		free(base);
	}
	free(path);
	other = target != watch->ancestor_target;
	if (other)
		unwatch_ancestor(watch);
	watch->ancestor_target = target;
	free(watch->awaited);
	watch->awaited = base;
	return other;
}

/* Watch the directory again, if it is back or was replaced at once; if not, wait for it. Return: negative errno */
static int watch_again(struct files_watch *watch)
{
	bool other;
	int r;

	/* A directory can appear below the ancestor before this is watched. */
	do {
		other = watch_ancestor(watch);
		watch->dir_target = inotify_add_watch(watch->fd, watch->dir, DIR_EVENTS | IN_MASK_ADD);
		r = watch->dir_target < 0 ? -errno : 0;
	} while (r < 0 && other);
	if (r < 0)
		return r;
	if (watch->ancestor_target == watch->dir_target) /* "." and "/" */
		watch->ancestor_target = -1;
	unwatch_ancestor(watch);
	watch->sink.all(watch->sink.ctx);
	return 0;
}

int files_watch_retry(struct files_watch *watch, struct err *reterr)
{
	int r = watch->dir_target < 0 ? watch_again(watch) : 0;

	if (r < 0)
		return err_set(reterr, r, "%s: cannot be watched: %s", watch->dir, strerror(-r));
	return 0;
}

static void dir_lost(struct files_watch *watch)
{
	/* If it was moved, its watch has moved, too. */
	(void)inotify_rm_watch(watch->fd, watch->dir_target);
	watch->dir_target = -1;
	if (watch_again(watch) < 0)
		watch->sink.lost(watch->sink.ctx);
}

static void ancestor_event(struct files_watch *watch, const struct inotify_event *event)
{
	if (event->mask & SELF_EVENTS)
		unwatch_ancestor(watch);
	else if (!event->len || strcmp(event->name, watch->awaited) != 0)
		return;
	(void)watch_again(watch);
}

/* A new entry is complete at once only if it is a symbolic or hard link; other files have IN_CLOSE_WRITE later. */
static bool complete_at_once(const struct files_watch *watch, const char *name)
{
	struct buf path = BUF_INIT;
	struct stat st;
	bool complete;

	buf_printf(&path, "%s/%s", watch->dir, name);
	complete = lstat(buf_text(&path), &st) == 0 && (S_ISLNK(st.st_mode) || st.st_nlink > 1);
	buf_done(&path);
	return complete;
}

static void dir_event(struct files_watch *watch, const struct inotify_event *event)
{
	const struct files_watch_sink *sink = &watch->sink;

	if (event->mask & SELF_EVENTS) {
		dir_lost(watch);
		return;
	}
	if (!event->len) {
		if (event->mask & IN_ATTRIB)
			sink->attribute(sink->ctx, NULL);
		return;
	}
	/* The files of a volume of a Pod are links through "..data", which kubelet replaces by a rename. */
	if (strcmp(event->name, "..data") == 0) {
		if (event->mask & (IN_MOVED_TO | IN_CREATE))
			sink->all(sink->ctx);
		return;
	}
	if (event->mask & IN_ISDIR || event->name[0] == '.')
		return;
	if (event->mask & IN_ATTRIB)
		sink->attribute(sink->ctx, event->name);
	else if (!(event->mask & IN_CREATE) || complete_at_once(watch, event->name))
		sink->name(sink->ctx, event->name);
}

static void take_event(struct files_watch *watch, const struct inotify_event *event)
{
	if (event->mask & IN_Q_OVERFLOW) {
		watch->sink.all(watch->sink.ctx);
	} else if (event->wd == watch->dir_target) {
		dir_event(watch, event);
	} else if (event->wd == watch->ancestor_target) {
		ancestor_event(watch, event);
	} else if (!(event->mask & IN_IGNORED)) {
		watch->sink.link(watch->sink.ctx, event->wd);
	}
}

int files_watch_dispatch(struct files_watch *watch, struct err *reterr)
{
	_Alignas(struct inotify_event) char bytes[16 * 1024];
	unsigned int turn;

	for (turn = 0; turn < READS_MAX; turn++) {
		ssize_t n = read(watch->fd, bytes, sizeof(bytes)), at;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n <= 0)
			return err_set(reterr, n < 0 ? -errno : -EIO, "inotify: %s",
				       strerror(n < 0 ? errno : EIO));
		for (at = 0; at < n;) {
			const struct inotify_event *event = (const void *)(bytes + at);

			take_event(watch, event);
			at += (ssize_t)(sizeof(*event) + event->len);
		}
	}
	return 0;
}
