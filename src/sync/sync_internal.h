/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sync_internal.h - struct sync
 *
 * Room:     sync. Internal to sync.c, which owns it, and to sync_attempt.c, first_sync.c, ready_chains.c and verification.c.
 */
#ifndef SYNC_SYNC_INTERNAL_H
#define SYNC_SYNC_INTERNAL_H

#include <stdbool.h>

#include "backend/backend.h"
#include "ruleset/snapshot.h"
#include "sync/current_ports.h"
#include "sync/planner.h"
#include "sync/service_names.h"
#include "sync/service_report.h"
#include "sync/sync.h"
#include "sync/sync_summary.h"
#include "sync/view_warnings.h"

struct client_expiry;
struct leftovers;
struct nfnl_empty;
struct survey;

enum first_sync_phase {
	FIRST_SYNC_PHASE_START,
	FIRST_SYNC_PHASE_CLEAR,
	FIRST_SYNC_PHASE_CLAIM,
	FIRST_SYNC_PHASE_FIND,
	FIRST_SYNC_PHASE_INSTALL,
	FIRST_SYNC_PHASE_LEFTOVERS,
	FIRST_SYNC_PHASE_REPLACED,
	FIRST_SYNC_PHASE_OVER,
};

/**
 * struct first_sync - The first sync in steps (sync/first_sync.h)
 * @is_again:	it is done anew, because another process has deleted tables
 * @is_moving:	likewise, because the tables that are in force have the second name
 * @beside:	the tables in force cannot be taken over: others are filled beside them, whatever these are
 * @replaces:	the tables with the other name are in force, until those that are filled have base chains
 * @is_new:	the tables did not exist
 * @unhooked:	these tables did not exist, or have no base chains: these come when all Services are installed
 * @is_changed:	not @is_new: the rules of the skeleton are others than those of the earlier run, so its front ends may be in other maps
 * @used:	sets, by family, for which the earlier run had rules that are left out while they are empty
 * @frame:	not @is_new: what existed before the first step, without elements, and of the chains only those that a step has needed so far;
 *		valid until FIRST_SYNC_PHASE_OVER
 * @unclaimed:	in FIRST_SYNC_PHASE_FIND and _INSTALL, until the verdicts that no Service claims are deleted
 * @leftovers:	in FIRST_SYNC_PHASE_LEFTOVERS
 * @emptied:	in FIRST_SYNC_PHASE_CLEAR and _REPLACED: the tables that are being deleted; NULL: that cannot be done
 * @unseen:	with @unhooked: Services that are in the tables, which no packet meets yet
 * @has_all:	FIRST_SYNC_PHASE_OVER: all Services were installed
 * @named:	the first Service that was planned, for the log
 * @n_anew:	how often the tables were taken over anew because another process had changed them
 * @is_refused: the kernel refused some Services in the last step; @n_refused: how often that was
 * @n_store_changes: store_changes() when all Services had claimed their front ends
 * @start_us, @sums, @kernel_us: of all steps
 */
struct first_sync {
	enum first_sync_phase phase;
	bool is_again;
	bool is_moving;
	bool beside;
	bool replaces;
	bool is_new;
	bool unhooked[_FAMILY_MAX];
	bool is_changed;
	bool has_all;
	uint64_t n_store_changes;
	uint64_t used[_FAMILY_MAX];
	struct snapshot frame;
	struct leftovers *unclaimed;
	struct leftovers *leftovers;
	struct nfnl_empty *emptied;
	struct service_names unseen;
	struct service_names named;
	unsigned int n_anew;
	bool is_refused;
	unsigned int n_refused;
	uint64_t start_us;
	struct sync_summary_sync sums;
	uint64_t kernel_us;
};

/**
 * struct sync
 * @former:	the state of before sync_attempt_forget(), to be freed in steps; or NULL
 * @arena:	plans of the attempt under way
 * @current_ports: for the first sync
 * @first:	the first sync
 * @survey:	the hourly verification, or the repair of what is suspect (backend/knowledge.h); under way, or NULL
 * @survey_suspicions: of nfnl_is_suspect(), when @survey began
 * @survey_start_us: when that was
 * @compare:	the same for verification_compare()
 * @read_whole:	small tables that are not as was thought are to be read back in one step
 * @first_done:	it has succeeded
 * @n_in_a_row:	changes of the syncs that follow each other without a pause, because there is more
 * @retry:	Services to plan again: the last attempt failed, or elements for removed endpoints can go
 * @request, @request_ctx: as in struct sync_params
 * @planned:	Services of the last attempt
 * @kept:	Services that the last attempt left as they are installed
 * @refusals:	Services whose newest version is not installed
 */
struct sync {
	const struct settings *settings;
	struct store *store;
	struct nfnl *nfnl;
	struct metrics *metrics;
	struct sync_log *log;
	struct state *state;
	struct state *former;
	struct planner planner;
	struct arena *arena;
	struct current_ports current_ports;
	struct first_sync first;
	struct survey *survey;
	unsigned int survey_suspicions;
	uint64_t survey_start_us;
	struct survey *compare;
	bool read_whole;
	bool first_done;
	size_t n_in_a_row;
	struct view_warnings warnings;
	struct service_report report;
	struct service_names retry;
	struct service_names planned;
	struct service_names kept;
	struct refusals *refusals;
	struct client_expiry *client_expiry;
	void (*request)(void *ctx);
	void *request_ctx;
	struct no_local_endpoints *no_local_endpoints;
	size_t n_listeners;
	struct {
		sync_planned *planned;
		void *ctx;
	} listeners[SYNC_LISTENERS_MAX];
};

/**
 * struct sync_attempt - One attempt
 * @read_back:	the changes are relative to a snapshot, not to the last commit
 * @verified:	the snapshot covers a whole table
 * @doubted:	the kernel refused them, and their objects are named to be read back
 * @changes:	from sync_run() until sync_commit()
 * @refused:	Services whose rules the kernel refused
 */
struct sync_attempt {
	uint64_t start_us;
	bool read_back;
	bool verified;
	bool doubted;
	struct changes changes;
	size_t n_changes;
	size_t n_added;
	size_t n_deleted;
	struct backend_report report;
	struct service_names refused;
};

#endif
