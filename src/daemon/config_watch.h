/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config_watch.h - detects changes of the configuration file
 *
 * Room:     daemon.
 * Rule:     tests/COVERAGE.md X2. The file may be written, or replaced; in a ConfigMap it is a link to a link, and the second link in
 *           the same directory is replaced.
 * Not here: whether the content is another one, and what follows from it (daemon/config_change.h).
 */
#ifndef DAEMON_CONFIG_WATCH_H
#define DAEMON_CONFIG_WATCH_H

#include "base/cleanup.h"
#include "base/err.h"

struct config_watch;
struct sd_event;

/** config_watch_new() - Call @changed when the content of the file @path, which is borrowed, may have changed. */
int config_watch_new(struct sd_event *event, const char *path, void (*changed)(void *ctx), void *ctx,
		     struct config_watch **ret, struct err *reterr) __attribute__((warn_unused_result));
struct config_watch *config_watch_free(struct config_watch *watch);
DEFINE_FREEP(struct config_watch, config_watch_free);

#endif
