/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * daemon_internal.h - the parts of the daemon
 *
 * Room:     daemon. For daemon.c, which makes and frees them, and daemon_events.c, which uses them.
 */
#ifndef DAEMON_DAEMON_INTERNAL_H
#define DAEMON_DAEMON_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/log_ratelimit.h"
#include "config/settings.h"
#include "daemon/instance_lock.h"
#include "daemon/kernel_features.h"
#include "decode/object_sink.h"
#include "intake/intake.h"
#include "intake/saved_state.h"
#include "intake/state_mark.h"
#include "report/health.h"
#include "report/metrics.h"
#include "serve/query_context.h"
#include "sync/pacer.h"

struct sd_event_source;

/**
 * struct daemon - done() in daemon.c frees the parts
 * @reexec:	of this execution of the process; borrowed
 * @start_ms:	monotonic clock
 * @owns_tables: the tables that we make can be changed by no other process
 * @log_ratelimit: of warnings about foreign changes and sources
 * @recorder:	NULL: there is no API server for Events
 * @sink:	fills @intake
 * @sync_timer:	runs when @pacer says
 * @check_timer: checks the tables; NULL: there is no need
 * @ready_timer: tells systemd that we are ready, if no sync has done so
 * @sources:	descriptors and signals on the loop
 * @files:	NULL: objects come from the API server
 * @waits_for_files: rules stay as they are while files_gap() names a file
 * @not_made:	daemon_events_not_made()
 * @origin:	of the saved state, if @files is the source
 * @verify_turn: enabled while the hourly verification is under way
 * @ready_chains_timer: enabled while lb chains are to be kept ready (sync/ready_chains.h)
 * @files_turn:	enabled while @files has more to read
 * @mark:	in the kernel, also if nothing is saved: an earlier run may have set it
 * @files_timer: reads again what could not be read for want of descriptors or memory
 * @saver:	NULL: nothing is saved
 * @offline_start: NULL: the saved state is not used
 * @refused_at_start: NULL: there is no saved state to take last good versions from
 * @config_change, @config_watch: NULL: there is no configuration file
 * @ready:	systemd was told that we are ready
 * @complete:	at least once since the start, no Service was refused
 * @n_refused_notified: refused Services that systemd was last told about; SIZE_MAX: of none yet
 * @finished_err: why the loop ended, if not by a signal
 */
struct daemon {
	const struct settings *settings;
	struct reexec *reexec;
	uint64_t start_ms;
	struct store *store;
	struct loop *loop;
	bool family_enabled[_FAMILY_MAX];
	struct instance_lock instance_lock;
	struct nfnl *nfnl;
	struct kernel_features features;
	bool owns_tables;
	struct query_tables tables;
	struct metrics metrics;
	struct health health;
	struct log_ratelimit log_ratelimit;
	struct recorder *recorder;
	struct rejected_objects *rejected;
	struct programming_latency *latency;
	struct sync_log *sync_log;
	struct sync *sync;
	struct intake intake;
	struct object_sink sink;
	struct pacer pacer;
	struct sd_event_source *sync_timer;
	struct sd_event_source *check_timer;
	struct sd_event_source *ready_timer;
	struct sd_event_source *sources[7];
	size_t n_sources;
	struct ifaddr *ifaddr;
	struct stale_flows *stale_flows;
	struct files *files;
	bool waits_for_files;
	char not_made[512];
	char origin[SAVED_STATE_ORIGIN_MAX];
	struct sd_event_source *verify_turn;
	struct sd_event_source *ready_chains_timer;
	struct sd_event_source *files_turn;
	struct sd_event_source *files_timer;
	struct state_mark mark;
	struct state_saver *saver;
	struct offline_start *offline_start;
	struct refused_at_start *refused_at_start;
	struct query_context query;
	struct serve *serve;
	struct config_change *config_change;
	struct config_watch *config_watch;
	bool ready;
	bool complete;
	size_t n_refused_notified;
	struct err finished_err;
};

#endif
