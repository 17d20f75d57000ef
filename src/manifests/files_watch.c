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
#define PARENT_EVENTS (IN_CREATE | IN_MOVED_TO | IN_ONLYDIR)
#define LINK_EVENTS   (IN_CLOSE_WRITE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF)

#define READS_MAX 8 /* of pending events at once; the descriptor stays readable if there are more */

struct files_watch {
	struct files_watch_sink sink;
	char *dir;
	char *parent;
	char *base; /* of @dir in @parent */
	int fd;
	int dir_target;	   /* -1 while the directory is gone */
	int parent_target; /* -1 while it exists */
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
	split_path(dir, &watch->parent, &watch->base);
	watch->parent_target = -1;
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
	free(watch->parent);
	free(watch->base);
	free(watch);
	return NULL;
}

int files_watch_fd(const struct files_watch *watch)
{
	return watch->fd;
}

int files_watch_link(struct files_watch *watch, const char *path, struct err *reterr)
{
	int target = inotify_add_watch(watch->fd, path, LINK_EVENTS);

	if (target < 0)
		return err_set(reterr, -errno, "the target of the link cannot be watched: %s",
			       strerror(errno));
	return target;
}

void files_watch_unlink(struct files_watch *watch, int target)
{
	(void)inotify_rm_watch(watch->fd, target);
}

/* Watch the directory again, if it is back or was replaced at once. */
static bool watch_again(struct files_watch *watch)
{
	watch->dir_target = inotify_add_watch(watch->fd, watch->dir, DIR_EVENTS);
	if (watch->dir_target < 0)
		return false;
	if (watch->parent_target >= 0)
		(void)inotify_rm_watch(watch->fd, watch->parent_target);
	watch->parent_target = -1;
	watch->sink.all(watch->sink.ctx);
	return true;
}

static void dir_lost(struct files_watch *watch)
{
	/* If it was moved, its watch has moved, too. */
	(void)inotify_rm_watch(watch->fd, watch->dir_target);
	watch->dir_target = -1;
	watch->parent_target = inotify_add_watch(watch->fd, watch->parent, PARENT_EVENTS);
	if (!watch_again(watch))
		watch->sink.lost(watch->sink.ctx);
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

	if (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED)) {
		dir_lost(watch);
		return;
	}
	if (!event->len)
		return;
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
	} else if (event->wd == watch->parent_target) {
		if (event->len && strcmp(event->name, watch->base) == 0)
			(void)watch_again(watch);
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
