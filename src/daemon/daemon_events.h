/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * daemon_events.h - what the daemon does when something happens
 *
 * Room:     daemon. For daemon.c.
 */
#ifndef DAEMON_DAEMON_EVENTS_H
#define DAEMON_DAEMON_EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct buf;
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
/** daemon_events_execute() - As execute of struct config_change_params: save the state, tell systemd, and execute anew. */
int daemon_events_execute(void *ctx, const struct buf *text, bool patient, struct err *reterr)
	__attribute__((warn_unused_result));
/** daemon_events_config_refused() - Record an Event: the changed configuration file cannot be used. */
void daemon_events_config_refused(void *ctx, const struct err *err);
/** daemon_events_config_problem() - As config_problem of struct query_context. */
const char *daemon_events_config_problem(void *ctx, uint64_t *ret_since_ms);
/** daemon_events_n_earlier() - As n_earlier of struct query_context. */
size_t daemon_events_n_earlier(void *ctx);
/** daemon_events_not_made() - As not_made of struct query_context. */
const char *daemon_events_not_made(void *ctx);

#endif
