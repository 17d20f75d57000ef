/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * daemon_events.h - what the daemon does when something happens
 *
 * Room:     daemon. Callbacks for daemon.c, which registers them; @ctx and @userdata are the struct daemon.
 */
#ifndef DAEMON_DAEMON_EVENTS_H
#define DAEMON_DAEMON_EVENTS_H

#include <stdint.h>
#include <sys/signalfd.h>

struct health;
struct sd_event_source;

/** daemon_events_request() - Something that the rules depend on may have changed: request a sync. */
void daemon_events_request(void *ctx);
/** daemon_events_refresh_health() - As health_refresh has it. */
void daemon_events_refresh_health(void *ctx, struct health *health);
/** daemon_events_config_changed() - End the loop: the configuration file has changed (tests/COVERAGE.md X2). */
void daemon_events_config_changed(void *ctx);

/* Handlers of the event loop. */

/** daemon_events_on_sync_timer() - The sync that the pacer has planned. */
int daemon_events_on_sync_timer(struct sd_event_source *source, uint64_t usec, void *userdata);
int daemon_events_on_ready_timer(struct sd_event_source *source, uint64_t usec, void *userdata);
/** daemon_events_on_nfnl() - Notifications of nf_tables: foreign changes are repaired. */
int daemon_events_on_nfnl(struct sd_event_source *source, int fd, uint32_t revents, void *userdata);
int daemon_events_on_ifaddr(struct sd_event_source *source, int fd, uint32_t revents, void *userdata);
int daemon_events_on_instance_lock(struct sd_event_source *source, int fd, uint32_t revents, void *userdata);
int daemon_events_on_files(struct sd_event_source *source, int fd, uint32_t revents, void *userdata);
/** daemon_events_on_stop() - SIGTERM and SIGINT */
int daemon_events_on_stop(struct sd_event_source *source, const struct signalfd_siginfo *info,
			  void *userdata);
/** daemon_events_on_reload() - SIGHUP: read manifests or credentials again. */
int daemon_events_on_reload(struct sd_event_source *source, const struct signalfd_siginfo *info,
			    void *userdata);

#endif
