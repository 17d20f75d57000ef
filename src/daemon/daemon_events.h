/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * daemon_events.h - what the daemon does when something happens
 *
 * Room:     daemon. For daemon.c.
 */
#ifndef DAEMON_DAEMON_EVENTS_H
#define DAEMON_DAEMON_EVENTS_H

#include "base/err.h"

struct daemon;
struct health;

/** daemon_events_start() - Handle timers, signals, changes of interface addresses and of our tables. Return: 0; negative errno. */
int daemon_events_start(struct daemon *daemon, struct err *reterr) __attribute__((warn_unused_result));
/** daemon_events_watch_files() - Handle changes of the manifests. Return: 0; negative errno. */
int daemon_events_watch_files(struct daemon *daemon, struct err *reterr) __attribute__((warn_unused_result));

/* Callbacks; @ctx is the struct daemon. */

/** daemon_events_request() - Something that the rules depend on may have changed: request a sync. */
void daemon_events_request(void *ctx);
/** daemon_events_refresh_health() - As health_refresh. */
void daemon_events_refresh_health(void *ctx, struct health *health);
/** daemon_events_config_changed() - End the loop, because the configuration file has changed (tests/COVERAGE.md X2). */
void daemon_events_config_changed(void *ctx);

#endif
