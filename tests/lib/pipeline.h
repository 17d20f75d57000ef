/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pipeline.h - the store, the plans, the state and the fake backend, joined as the daemon joins them
 *
 * For tests. The next sync plans the Services of a failed commit again, and those that were refused.
 */
#ifndef TESTS_LIB_PIPELINE_H
#define TESTS_LIB_PIPELINE_H

#include "backend/fake.h"
#include "base/arena.h"
#include "lib/generate.h"
#include "model/store.h"
#include "plan/plan.h"
#include "render/state.h"
#include "sync/current_ports.h"

/** struct pipeline_expired - A list whose clients were deleted; @committed: in a transaction that succeeded */
struct pipeline_expired {
	struct service_name owner;
	uint8_t table;
	struct set_list_key list;
	bool committed;
};

/**
 * struct pipeline
 * @fake:	may be handed on to another pipeline, as a kernel remains for the next process
 * @config:	of the last sync
 * @use_snapshot: the next sync compares with all that is installed, not with what the state has
 * @invalidated:	the next sync compares these objects with the installed ones
 * @some_parts:	not 0: the next sync plans about half of the parts of each changed Service, chosen by this number; the rest is left for
 *		the sync after it. Not for the first sync, which deletes what it does not plan
 * @refused:	Services, by number in generate.h, whose plans are not used: they stay as they are installed
 * @retry:	Services that the next sync must plan, whether the store says so or not: the last one failed, or refused
 *		them
 * @expired:	lists for pipeline_forget_removed()
 */
struct pipeline {
	struct store *store;
	struct state *state;
	struct fake *fake;
	struct arena *arena;
	struct generate_config config;
	bool synced;
	bool use_snapshot;
	struct invalidated invalidated;
	uint64_t some_parts;
	bool refused[GENERATE_SERVICES];
	size_t n_retry;
	struct service_name *retry;
	size_t n_expired;
	struct pipeline_expired *expired;
	struct current_ports current_ports;
};

/** pipeline_init() - Takes @fake over; NULL: a new one. */
void pipeline_init(struct pipeline *pipeline, struct fake *fake);
void pipeline_done(struct pipeline *pipeline);
/** pipeline_sync() - Bring the fake backend up to date; returns what fake_commit() returned. */
int pipeline_sync(struct pipeline *pipeline, const struct generate_config *config, struct err *reterr);

/**
 * pipeline_forget_removed() - Clients of removed endpoints were deleted: the rules for them can go
 *
 * Return: whether there are any; then the next sync deletes them.
 */
bool pipeline_forget_removed(struct pipeline *pipeline);

/**
 * pipeline_make_ready() - What the daemon does when a sync has left it nothing to do: the lb chains that are kept ready
 *
 * Return: what fake_commit() returned.
 */
int pipeline_make_ready(struct pipeline *pipeline, struct err *reterr);

/** struct pipeline_plans - The plans of all Services, sorted by their rank for front ends. */
struct pipeline_plans {
	size_t n;
	struct plan *plans;
};

/** pipeline_keep() - state_keep() as the daemon calls it: the front ends of a port are one part (sync/planner.c). Changes @plan. */
void pipeline_keep(struct state *state, const struct plan *plan);
/** pipeline_plan_all() - Plan all Services of generate.h; @arena owns the plans. */
void pipeline_plan_all(const struct pipeline *pipeline, const struct generate_config *config,
		       struct arena *arena, struct pipeline_plans *ret);

#endif
