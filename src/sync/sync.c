/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "sync/sync.h"

#include <assert.h>
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backend/nfnl.h"
#include "backend/nfnl_check.h"
#include "backend/nfnl_commit.h"
#include "backend/nfnl_read.h"
#include "backend/nfnl_tables.h"
#include "backend/text.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/log.h"
#include "base/monotonic.h"
#include "model/store.h"
#include "render/state.h"
#include "render/state_walk.h"
#include "report/metrics.h"
#include "sync/client_expiry.h"
#include "sync/first_sync.h"
#include "sync/no_local_endpoints.h"
#include "sync/node_view.h"
#include "sync/planner.h"
#include "sync/refusals.h"
#include "sync/service_names.h"
#include "sync/service_report.h"
#include "sync/sync_attempt.h"
#include "sync/sync_internal.h"
#include "sync/sync_log.h"
#include "sync/view_warnings.h"

/* So many changes leave megabytes of freed memory behind that the next ones do not need. */
#define SYNC_TRIM_CHANGES 10000
/* A set that was changed and has more elements is surveyed, not read back in one step. */
#define SYNC_READ_SET_MAX 5000

static void sync_unplannable(void *ctx, struct service_name service, bool first, const char *reason)
{
	struct sync *sync = ctx;

	service_report_unplannable(&sync->report, service, first, reason);
}

/* For the client expiry: @service has elements that are not needed without clients of removed endpoints. */
static void sync_clients_expired(void *ctx, struct service_name service, enum family table,
				 const struct set_list_key *list, bool deleted)
{
	struct sync *sync = ctx;

	if (deleted)
		sync_attempt_planned(sync, service);
	if (!state_forget_removed(sync->state, service, table, list))
		return;
	service_names_add(&sync->retry, service);
	sync->request(sync->request_ctx);
}

struct sync *sync_new(const struct sync_params *params)
{
	struct sync *sync = alloc_zeroed(1, sizeof(*sync));

	sync->settings = params->settings;
	sync->store = params->store;
	sync->nfnl = params->nfnl;
	sync->metrics = params->metrics;
	sync->log = params->log;
	sync->state = state_new();
	sync->arena = arena_new();
	sync->client_expiry = client_expiry_new(params->event, params->nfnl, sync_clients_expired, sync);
	sync->request = params->request;
	sync->request_ctx = params->request_ctx;
	if (params->metrics)
		sync->no_local_endpoints = no_local_endpoints_new(
			params->metrics->no_local_endpoints, &params->metrics->services_without_endpoints);
	sync->refusals = refusals_new(params->settings->sync_period_ms);
	sync->current_ports.store = params->store;
	sync->planner = (struct planner){
		.settings = params->settings,
		.store = params->store,
		.state = sync->state,
		.no_affinity = params->no_affinity,
		.no_local_endpoints = sync->no_local_endpoints,
		.refusals = sync->refusals,
		.unplannable = sync_unplannable,
		.ctx = sync,
	};
	memcpy(sync->planner.family_enabled, params->family_enabled, sizeof(sync->planner.family_enabled));
	sync->report.store = params->store;
	sync->report.recorder = params->recorder;
	sync->report.rejected = params->rejected;
	return sync;
}

struct sync *sync_free(struct sync *sync)
{
	if (!sync)
		return NULL;
	first_sync_done(sync);
	service_names_done(&sync->first.named);
	survey_free(sync->survey);
	survey_free(sync->compare);
	no_local_endpoints_free(sync->no_local_endpoints);
	state_free(sync->state);
	state_free(sync->former);
	planner_done(&sync->planner);
	arena_free(sync->arena);
	client_expiry_free(sync->client_expiry);
	service_names_done(&sync->retry);
	service_names_done(&sync->planned);
	service_names_done(&sync->kept);
	refusals_free(sync->refusals);
	free(sync);
	return NULL;
}

bool sync_intact(const struct sync *sync)
{
	unsigned int n;

	if (!sync->first_done)
		return !sync->first.is_again || sync->first.is_moving;
	return nfnl_knowledge(sync->nfnl) == KNOWLEDGE_CURRENT && !nfnl_is_suspect(sync->nfnl, &n);
}

void sync_check(struct sync *sync)
{
	const size_t *n_in_sets[_FAMILY_MAX];
	int family;

	/* Until then the state has only a part of what is in the tables. */
	if (!sync->first_done)
		return;
	for (family = 0; family < _FAMILY_MAX; family++)
		n_in_sets[family] = state_n_in_sets(sync->state, (enum family)family);
	nfnl_check(sync->nfnl, n_in_sets);
}

bool sync_first_done(const struct sync *sync)
{
	return sync->first_done;
}

/* The first sync has filled tables with the second name. As long as a Service would lose what it has there, it keeps them. */
static bool sync_moves(const struct sync *sync)
{
	return sync->first_done && nfnl_tables_is_second(sync->nfnl) && first_sync_can_copy(sync);
}

bool sync_has_more(const struct sync *sync)
{
	return store_has_dirty(sync->store) || planner_has_more(&sync->planner) || sync->retry.n ||
	       first_sync_is_under_way(sync) || sync_attempt_ranges_are_due(sync) || sync_moves(sync);
}

void sync_on_planned(struct sync *sync, sync_planned *planned, void *ctx)
{
	assert(sync->n_listeners < SYNC_LISTENERS_MAX);
	sync->listeners[sync->n_listeners].planned = planned;
	sync->listeners[sync->n_listeners++].ctx = ctx;
}

void sync_off_planned(struct sync *sync, const void *ctx)
{
	size_t i, n = 0;

	for (i = 0; i < sync->n_listeners; i++)
		if (sync->listeners[i].ctx != ctx)
			sync->listeners[n++] = sync->listeners[i];
	sync->n_listeners = n;
}

void sync_on_committed(struct sync *sync, sync_committed *committed, void *ctx)
{
	nfnl_commit_listen(sync->nfnl, committed, ctx);
}

size_t sync_n_refused(const struct sync *sync)
{
	return refusals_count(sync->refusals);
}

uint64_t sync_retry_ms(const struct sync *sync)
{
	return refusals_next_ms(sync->refusals);
}

void sync_count(const struct sync *sync, size_t *ret_elements, size_t *ret_chains, size_t *ret_rules)
{
	size_t n_chains[_FAMILY_MAX];
	int family;

	*ret_elements = state_n_elements(sync->state);
	state_walk_count_chains(sync->state, n_chains, ret_rules);
	*ret_chains = 0;
	for (family = 0; family < _FAMILY_MAX; family++)
		*ret_chains += n_chains[family];
}

void sync_view(const struct sync *sync, const struct sync_addresses *addresses, struct arena *arena,
	       struct node_view *ret)
{
	planner_view(&sync->planner, addresses->list, addresses->n, arena, ret);
}

int sync_plan_requested(const struct sync *sync, struct service_name service, struct arena *arena,
			struct build_input *ret_in, struct plan *ret_plan, struct err *reterr)
{
	return planner_plan(&sync->planner, service, arena, ret_in, ret_plan, reterr);
}

int sync_plan_owned(const struct sync *sync, struct service_name service, struct arena *arena,
		    struct build_input *ret_in, struct plan *ret_plan, struct err *reterr)
{
	return planner_plan_owned(&sync->planner, service, arena, ret_in, ret_plan, reterr);
}

struct service_name sync_frontend_owner(const struct sync *sync, const struct frontend *frontend)
{
	return state_owner(sync->state, frontend);
}

bool sync_yields(const struct sync *sync, const struct frontend *frontend)
{
	return state_yields(sync->state, frontend);
}

const char *sync_why_owned(const struct sync *sync, const struct frontend *frontend)
{
	return state_why_owned(sync->state, frontend);
}

size_t sync_lost(const struct sync *sync, struct frontend_owners_lost *ret, size_t max)
{
	return state_lost(sync->state, ret, max);
}

size_t sync_n_lost(const struct sync *sync)
{
	return state_n_lost(sync->state);
}

static bool sync_has_whole_table(const struct snapshot *snapshot)
{
	int family;

	for (family = 0; family < _FAMILY_MAX; family++)
		if (!snapshot->partial[family])
			return true;
	return false;
}

/* Whether a set of @table is too large to be read back in one step. */
static bool sync_is_large(const struct sync *sync, const struct snapshot *frame, int table, size_t set)
{
	size_t installed = state_n_in_sets(sync->state, (enum family)table)[set],
	       n = frame->n_in_set[table][set];

	return installed > SYNC_READ_SET_MAX || (n != SIZE_MAX && n > SYNC_READ_SET_MAX);
}

/*
 * Another process has deleted a table that is large, or has made one of it that is not ours. In this case a refused Service would lose what
 * it has, if the table was made anew in steps.
 */
static bool sync_is_gone(const struct sync *sync, const struct snapshot *frame)
{
	size_t n, set;
	int family;

	for (family = 0; family < _FAMILY_MAX; family++) {
		for (n = set = 0; set < _LAYOUT_SET_MAX; set++)
			n += state_n_in_sets(sync->state, (enum family)family)[set];
		if (n > SYNC_ONE_STEP_MAX &&
		    (frame->table[family] == SNAPSHOT_TABLE_ABSENT ||
		     (frame->table[family] == SNAPSHOT_TABLE_FOREIGN && !sync_n_refused(sync))))
			return true;
	}
	return false;
}

/* What a survey of @frame can be about: it has all that is installed, but for elements and chains. */
static bool sync_is_comparable(const struct sync *sync, const struct snapshot *frame)
{
	return state_walk_count_client_maps(sync->state) == frame->n_client_maps;
}

/* Sets of a table, a bit for each, that were changed, but are too large to be read back in one step. */
static uint64_t sync_large_sets(const struct sync *sync, const struct snapshot *frame, int table,
				uint64_t sets)
{
	uint64_t large = 0;
	size_t set;

	for (set = 0; set < _LAYOUT_SET_MAX; set++)
		if (sets >> set & 1 && sync_is_large(sync, frame, table, set))
			large |= UINT64_C(1) << set;
	return large;
}

/*
 * Whole tables and large sets that are not known, but exist, are not read back in one step: a survey will put them right. A
 * small table that does not exist, or that is another one, is made anew at once.
 *
 * Return: true: a large table does not exist or is another one, or a survey cannot put it right.
 */
static bool sync_suspect(struct sync *sync)
{
	uint64_t sets[_FAMILY_MAX], large;
	bool whole[_FAMILY_MAX], any = false, anew;
	struct snapshot frame;
	int family;

	if (!sync->first_done || sync->read_whole || nfnl_knowledge(sync->nfnl) == KNOWLEDGE_CURRENT)
		return false;
	/* Else nfnl_read() would meet what they name, and read it at once. */
	nfnl_drain(sync->nfnl);
	for (family = 0; family < _FAMILY_MAX; family++) {
		whole[family] = nfnl_unknown(sync->nfnl, (enum family)family, &sets[family]);
		any |= whole[family] || sets[family];
	}
	if (!any ||
	    nfnl_read(sync->nfnl, layout_sets(), _LAYOUT_SET_MAX, NFNL_READ_COMPARE, &frame, NULL) < 0)
		return false;
	anew = sync_is_gone(sync, &frame);
	for (family = 0; family < _FAMILY_MAX; family++) {
		if (frame.table[family] != SNAPSHOT_TABLE_OURS)
			continue;
		large = sync_large_sets(sync, &frame, family, sets[family]);
		if ((whole[family] || large) && sync_is_comparable(sync, &frame))
			nfnl_suspect(sync->nfnl, (enum family)family, whole[family], large);
		else if (whole[family] || large)
			anew |= first_sync_may_put_right(sync);
	}
	snapshot_done(&frame);
	return anew;
}

/* Before the first commit: what the kept Services have is in @snapshot. */
static void sync_find_kept(struct sync *sync, const struct snapshot *snapshot)
{
	state_know_ports(sync->state, current_ports_has, &sync->current_ports);
	planner_find_in(&sync->planner, snapshot, sync->arena, &sync->planned, &sync->kept);
	while (planner_give_up_claims(&sync->planner, sync->arena, SIZE_MAX, &sync->planned, &sync->kept))
		continue;
}

/*
 * Compute what to send. Opens a transaction of @sync->state, which the caller commits or rolls back, and reads back what
 * is not known.
 *
 * Return: 0: change_done(&@a->changes) later; negative errno of nfnl_read(): there are no changes.
 */
static int sync_compute(struct sync *sync, const struct sync_addresses *addresses, struct sync_attempt *a,
			struct err *reterr)
{
	struct snapshot snapshot;
	int r;

	*a = (struct sync_attempt){ .start_us = monotonic_us(), .report = { .failed = SIZE_MAX } };
	/* What the first sync does not plan it would delete as a leftover of an earlier run. */
	sync_attempt_begin(sync, addresses, NULL,
			   sync->first_done || first_sync_has_all(sync) ? SYNC_STEP_SIZE : SIZE_MAX);
	a->read_back = sync->nfnl && nfnl_knowledge(sync->nfnl) != KNOWLEDGE_CURRENT;
	if (a->read_back) {
		r = nfnl_read(sync->nfnl, layout_sets(), _LAYOUT_SET_MAX, NFNL_READ_UNKNOWN, &snapshot,
			      reterr);
		if (r < 0)
			return r;
		state_use_snapshot(sync->state, &snapshot);
		a->verified = sync_has_whole_table(&snapshot);
		if (!sync->first_done)
			sync_find_kept(sync, &snapshot);
	}
	change_init(&a->changes, NULL);
	state_changes(sync->state, &a->changes);
	if (a->read_back)
		snapshot_done(&snapshot);
	if (sync->survey)
		survey_spare(sync->survey, &a->changes, a->read_back);
	if (sync->compare)
		survey_spare(sync->compare, &a->changes, a->read_back);
	a->n_changes = a->changes.n;
	a->n_added = a->changes.n_elements_added;
	a->n_deleted = a->changes.n_elements_deleted;
	return 0;
}

/* Name the first sync, or the one that made deleted tables anew. */
static void sync_name_first(const struct sync *sync, struct sync_log_sync *success)
{
	success->msg = sync->first.is_moving  ? "tables replaced"
		       : sync->first.is_again ? "put right"
					      : "first sync";
	success->sums.kind = sync->first.is_again ? SYNC_SUMMARY_KIND_REPAIR : SYNC_SUMMARY_KIND_FIRST;
}

static void sync_log_success(const struct sync *sync, const struct sync_attempt *a, uint64_t total_us)
{
	struct sync_log_sync success = {
		.planned = &sync->planned,
		.sums = { .services = sync->planned.n,
			  .added = a->n_added,
			  .deleted = a->n_deleted,
			  .steps = a->n_changes,
			  .bytes = a->report.bytes,
			  .total_us = total_us },
		.elements = state_n_elements(sync->state),
		.refused = sync_n_refused(sync),
		.kernel_us = a->report.kernel_us,
	};

	if (!sync->first_done) {
		success.sums.services += sync->first.sums.services;
		success.sums.added += sync->first.sums.added;
		success.sums.deleted += sync->first.sums.deleted;
		success.sums.steps += sync->first.sums.steps;
		success.sums.bytes += sync->first.sums.bytes;
		success.kernel_us += sync->first.kernel_us;
		if (!success.planned->n)
			success.planned = &sync->first.named;
		sync_name_first(sync, &success);
	} else if (a->read_back) {
		success.msg = a->verified ? "verified" : "put right";
		success.sums.kind = SYNC_SUMMARY_KIND_REPAIR;
	} else {
		success.msg = "synced";
		success.sums.kind = SYNC_SUMMARY_KIND_CHANGE;
	}
	sync_log_succeeded(sync->log, &success);
}

/* Give freed memory back to the system after the last of many changes, or after reading everything back. */
static void sync_trim(struct sync *sync, const struct sync_attempt *a)
{
	sync->n_in_a_row += a->n_changes;
	if (a->verified || (sync->n_in_a_row > SYNC_TRIM_CHANGES && !sync_has_more(sync)))
		(void)malloc_trim(0);
	if (!sync_has_more(sync))
		sync->n_in_a_row = 0;
}

static void sync_first_is_done(struct sync *sync)
{
	state_first(sync->state, false);
	state_know_ports(sync->state, NULL, NULL);
	current_ports_forget(&sync->current_ports);
	planner_first_done(&sync->planner);
	sync->first_done = true;
	sync->first.is_again = sync->first.is_moving = false;
}

/* What was planned is installed now. */
static void sync_succeeded(struct sync *sync, const struct sync_attempt *a)
{
	uint64_t total_us;
	size_t i;

	sync_attempt_accept(sync);
	total_us = monotonic_us() - a->start_us;
	sync_log_success(sync, a, total_us);
	sync_attempt_count(sync, a, total_us);
	sync_first_is_done(sync);
	if (a->verified)
		sync->read_whole = false;
	for (i = 0; i < sync->planned.n; i++)
		sync_attempt_planned(sync, sync->planned.list[i]);
	sync_trim(sync, a);
}

/* The kernel refused the transaction with @r. Return: 0: try again; @r: that does not help. */
static int sync_leave_out(struct sync *sync, const struct sync_attempt *a, int r, const struct err *err)
{
	/*
	 * What is to be deleted does not exist, or the reverse: the tables are not as they were last committed. If the objects of the
	 * transaction cannot be named, or do not explain it, everything is read back.
	 */
	if (a->doubted)
		return 0;
	if ((r == -ENOENT || r == -EEXIST) && (!a->read_back || (!a->verified && !sync->read_whole))) {
		first_sync_put_right(sync);
		return 0;
	}
	return sync_attempt_leave_out(sync, a, r, err);
}

/* Commit the transaction of @sync->state if the attempt returned 0 in @r, else roll it back. Return: 0: try again, or done. */
static int sync_settle(struct sync *sync, struct sync_attempt *a, int r, const struct err *err)
{
	if (!r) {
		sync_succeeded(sync, a);
		return 0;
	}
	sync_attempt_roll_back(sync);
	if (r == -ESTALE)
		sync_log_stale(sync->log, err);
	else if (r == -EAGAIN)
		log_debug("sync",
			  "clients could not be deleted in the transaction, trying again without them",
			  LOG_TEXT("err", err->text));
	else
		r = sync_leave_out(sync, a, r, err);
	service_names_done(&a->refused);
	return r == -ESTALE || r == -EAGAIN ? 0 : r;
}

/* Plan the refused Services again whose time has come. As dirty ones, many of them take several steps. */
static void sync_try_due(struct sync *sync)
{
	struct service_names due = { .n = 0 };
	size_t i;

	refusals_try_due(sync->refusals, monotonic_ms(), &due);
	for (i = 0; i < due.n; i++)
		if (store_find_group(sync->store, due.list[i].namespace, due.list[i].name))
			store_mark_dirty(sync->store, due.list[i].namespace, due.list[i].name);
		else
			service_names_add(&sync->retry, due.list[i]);
	service_names_done(&due);
}

/* The first sync was done in steps. */
static void sync_first_succeeded(struct sync *sync)
{
	const struct first_sync *first = &sync->first;
	struct sync_attempt sum = {
		.verified = true,
		.n_changes = first->sums.steps,
		.n_added = first->sums.added,
		.n_deleted = first->sums.deleted,
		.report = { .bytes = first->sums.bytes, .kernel_us = first->kernel_us },
	};
	uint64_t total_us = monotonic_us() - first->start_us;
	struct sync_log_sync success = {
		.planned = &first->named,
		.sums = first->sums,
		.elements = state_n_elements(sync->state),
		.refused = sync_n_refused(sync),
		.kernel_us = first->kernel_us,
	};

	sync_name_first(sync, &success);
	success.sums.total_us = total_us;
	sync_log_succeeded(sync->log, &success);
	sync_attempt_count(sync, &sum, total_us);
	sync_first_is_done(sync);
	(void)malloc_trim(0);
}

int sync_run(struct sync *sync, const struct sync_addresses *addresses, struct err *reterr)
{
	struct sync_attempt a;
	int attempts, r;

	/*
	 *  result of an attempt                what follows
	 *  0, and the tables are current       done
	 *  0, but they were changed since      again: reads back
	 *  -ESTALE: they were changed before   again: reads back
	 *  -EAGAIN: the clients were refused   again: without them
	 *  -ENOMEM and the like                the sync fails
	 *  Services were refused               again: without these Services
	 *  any other error                     the sync fails
	 */
	if (sync->former)
		sync->former = state_free_some(sync->former);
	if (sync_moves(sync))
		first_sync_again(sync, true);
	if (sync->first.phase != FIRST_SYNC_PHASE_OVER) {
		switch (first_sync_step(sync, addresses, reterr)) {
		case FIRST_SYNC_RESULT_MORE:
			return 0;
		case FIRST_SYNC_RESULT_FAILED:
			return -EAGAIN;
		case FIRST_SYNC_RESULT_DONE:
			sync_first_succeeded(sync);
			return 0;
		case FIRST_SYNC_RESULT_LEFTOVERS:
			break;
		case FIRST_SYNC_RESULT_WHOLE:
			log_debug("sync", "the first sync is done in one step");
			first_sync_done(sync);
			first_sync_prepare_whole(sync);
			sync_attempt_forget(sync);
			planner_doubt_ranges(&sync->planner);
		}
	}
	sync_try_due(sync);
	for (attempts = 0; attempts < SYNC_ATTEMPTS_MAX; attempts++) {
		if (sync_suspect(sync)) {
			log_debug("sync",
				  "another process deleted our tables, or parts of them: making them anew");
			first_sync_again(sync, false);
			return 0;
		}
		r = sync_compute(sync, addresses, &a, reterr);
		if (!r)
			r = sync_attempt_chain_first(sync, &a, NULL, reterr);
		if (r > 0)
			return 0;
		if (!r)
			r = sync_attempt_commit(sync, &a, reterr);
		if (sync_settle(sync, &a, r, reterr) < 0)
			return r;
		/* The tables are taken over anew, in the steps that follow. */
		if (sync->first.phase == FIRST_SYNC_PHASE_START)
			return 0;
		if (!r && nfnl_knowledge(sync->nfnl) == KNOWLEDGE_CURRENT)
			return 0;
	}
	return err_set(reterr, -EAGAIN, "our tables were changed or refused %d times in a row", attempts);
}

void sync_print(struct sync *sync, const struct sync_addresses *addresses, struct buf *text)
{
	struct sync_attempt a;
	struct err err = { 0 };
	int r = sync_compute(sync, addresses, &a, &err);

	assert(!r);
	service_report_conflicts(&sync->report, sync->state);
	text_print(&a.changes, text);
	change_done(&a.changes);
	state_commit(sync->state);
	arena_reset(sync->arena);
}
