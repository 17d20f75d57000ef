/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config_watch.h - does the configuration file still say what it said
 *
 * Room:     daemon.
 * Rule:     tests/COVERAGE.md X2. A file is written, or another one gets its name; a ConfigMap's files are links to links, of which
 *           one is renamed in the file's own directory. What counts is the text: the same once more is no change.
 */
#ifndef DAEMON_CONFIG_WATCH_H
#define DAEMON_CONFIG_WATCH_H

#include "base/cleanup.h"
#include "base/err.h"
#include "config/settings.h"

struct config_watch;
struct sd_event;

/** config_watch_new() - @changed is called, perhaps more than once, when the file of @settings says something else. */
int config_watch_new(struct sd_event *event, const struct settings *settings, void (*changed)(void *ctx),
		     void *ctx, struct config_watch **ret, struct err *reterr)
	__attribute__((warn_unused_result));
struct config_watch *config_watch_free(struct config_watch *watch);
DEFINE_FREEP(struct config_watch, config_watch_free);

#endif
