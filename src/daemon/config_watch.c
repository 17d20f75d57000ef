/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "daemon/config_watch.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>

#include <systemd/sd-event.h>

#include "base/alloc.h"

/* Watches the directory of the file, and the file itself, which may be in another directory if the name is a link. */
struct config_watch {
	struct sd_event *event;
	const char *path;
	void (*changed)(void *ctx);
	void *ctx;
	sd_event_source *directory;
	sd_event_source *file;
};

static int config_watch_on_event(sd_event_source *source, const struct inotify_event *event, void *userdata);

/* The path may lead to another file since the last time. */
static int config_watch_file(struct config_watch *watch)
{
	watch->file = sd_event_source_disable_unref(watch->file);
	return sd_event_add_inotify(watch->event, &watch->file, watch->path,
				    IN_CLOSE_WRITE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF,
				    config_watch_on_event, watch);
}

static int config_watch_on_event(sd_event_source *source, const struct inotify_event *event, void *userdata)
{
	struct config_watch *watch = userdata;

	(void)source;
	(void)event;
	/* If the file is missing, the directory tells when it is there again. */
	(void)config_watch_file(watch);
	watch->changed(watch->ctx);
	return 0;
}

int config_watch_new(struct sd_event *event, const char *path, void (*changed)(void *ctx), void *ctx,
		     struct config_watch **ret, struct err *reterr)
{
	_cleanup_(config_watch_freep) struct config_watch *watch = alloc_zeroed(1, sizeof(*watch));
	char dir[PATH_MAX], *slash;
	int r;

	watch->event = event;
	watch->path = path;
	watch->changed = changed;
	watch->ctx = ctx;
	(void)snprintf(dir, sizeof(dir), "%s", path);
	slash = strrchr(dir, '/');
	if (slash)
		slash[slash == dir] = '\0';
	r = sd_event_add_inotify(event, &watch->directory, slash ? dir : ".",
				 IN_CLOSE_WRITE | IN_CREATE | IN_MOVED_TO, config_watch_on_event, watch);
	if (r < 0)
		return err_set(reterr, r, "cannot watch %s: %s", path, strerror(-r));
	/* If the file is missing in this moment, the directory tells when it is there again. */
	(void)config_watch_file(watch);
	*ret = TAKE_PTR(watch);
	return 0;
}

struct config_watch *config_watch_free(struct config_watch *watch)
{
	if (!watch)
		return NULL;
	sd_event_source_disable_unref(watch->directory);
	sd_event_source_disable_unref(watch->file);
	free(watch);
	return NULL;
}
