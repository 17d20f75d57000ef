/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "sync/first_sync.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "backend/nfnl.h"
#include "backend/nfnl_empty.h"
#include "backend/nfnl_lookup.h"
#include "backend/nfnl_tables.h"
#include "base/arena.h"
#include "base/log.h"
#include "base/monotonic.h"
#include "model/store.h"
#include "render/layout.h"
#include "render/state.h"
#include "render/state_walk.h"
#include "ruleset/reconcile.h"
#include "sync/first_sync_frame.h"
#include "sync/kept_lookup.h"
#include "sync/leftovers.h"
#include "sync/node_view.h"
#include "sync/other_tables.h"
#include "sync/refusals.h"
#include "sync/service_estimate.h"
#include "sync/survey.h"
#include "sync/sync_attempt.h"
#include "sync/sync_internal.h"

#define FIRST_SYNC_CLAIM_US 10000
/* How often the tables are taken over anew because another process has changed them. */
#define FIRST_SYNC_ANEW_MAX 3
/* Each time the claims and the steps so far are made again. One refusal may name many Services. */
#define FIRST_SYNC_REFUSED_MAX 8

bool first_sync_is_under_way(const struct sync *sync)
{
	return sync->first.phase != FIRST_SYNC_PHASE_START && sync->first.phase != FIRST_SYNC_PHASE_OVER;
}

bool first_sync_has_all(const struct sync *sync)
{
	return sync->first.has_all;
}

void first_sync_done(struct sync *sync)
{
	if (first_sync_is_under_way(sync))
		snapshot_done(&sync->first.frame);
	sync->first.unclaimed = leftovers_free(sync->first.unclaimed);
	sync->first.leftovers = leftovers_free(sync->first.leftovers);
	sync->first.emptied = nfnl_empty_free(sync->first.emptied);
	service_names_done(&sync->first.unseen);
	state_know_ports(sync->state, NULL, NULL);
	current_ports_forget(&sync->current_ports);
	sync->planner.large_waits = false;
	sync->planner.holds_refused = false;
	sync->first.beside = false;
	sync->first.phase = FIRST_SYNC_PHASE_OVER;
}

static bool first_sync_is_unhooked(const struct first_sync *first)
{
	return first->unhooked[FAMILY_IPV4] || first->unhooked[FAMILY_IPV6];
}

/* Elements of a front end beside its endpoints, about: its verdict, its address, its port. */
#define FIRST_SYNC_FRONTEND_SIZE 3

static void first_sync_add_size(void *ctx, const struct store_group *group)
{
	struct service_estimate estimate = service_estimate(group);
	size_t *n = ctx;

	*n += estimate.n_frontends * (FIRST_SYNC_FRONTEND_SIZE + estimate.n_port_endpoints);
}

/* About as many elements as one transaction, and one step, may have. */
static bool first_sync_is_large(const struct sync *sync)
{
	size_t n = 0;

	store_each_group(sync->store, first_sync_add_size, &n);
	return n > SYNC_ONE_STEP_MAX;
}

/* Tables of another version, or that cannot be taken over, are in force. Fill others with the second name. Return: as first_sync_frame_look(). */
static int first_sync_use_second(struct sync *sync, const struct sync_addresses *addresses)
{
	if (sync->first.replaces || nfnl_tables_belong_to_other(sync->nfnl) ||
	    (!sync->first.beside && !first_sync_is_large(sync)))
		return 0;
	log_debug("sync",
		  "the tables are of another version, or cannot be taken over: filling others beside them");
	nfnl_tables_use(sync->nfnl, true);
	sync->first.replaces = true;
	return first_sync_frame_look(sync, addresses);
}

/* Decide how to go on. Return: as first_sync_step(). */
static enum first_sync_result first_sync_start(struct sync *sync, const struct sync_addresses *addresses)
{
	struct first_sync *first = &sync->first;
	int r;

	first->start_us = monotonic_us();
	first->sums = (struct sync_summary_sync){ .services = 0 };
	first->kernel_us = 0;
	sync->planner.large_waits = true;
	r = other_tables_choose(sync);
	if (r > 0) {
		snapshot_init(&first->frame);
		first->phase = FIRST_SYNC_PHASE_CLEAR;
		return FIRST_SYNC_RESULT_MORE;
	}
	if (!r && (!first->beside || first->replaces))
		r = first_sync_frame_look(sync, addresses);
	if (!r)
		r = first_sync_use_second(sync, addresses);
	if (r <= 0)
		return FIRST_SYNC_RESULT_WHOLE;
	first->phase = first->is_new ? FIRST_SYNC_PHASE_INSTALL : FIRST_SYNC_PHASE_CLAIM;
	/* Their rules may be those of other ranges. */
	if (first->is_changed)
		planner_doubt_ranges(&sync->planner);
	state_take_over(sync->state, !first->is_new);
	state_assume_used(sync->state, first->used);
	state_first(sync->state, true);
	return FIRST_SYNC_RESULT_MORE;
}

/* Tables that are not in force are being deleted, then it starts. */
static enum first_sync_result first_sync_clear(struct sync *sync, const struct sync_addresses *addresses,
					       struct err *reterr)
{
	int r = other_tables_step(sync, reterr);

	if (r > 0)
		return FIRST_SYNC_RESULT_MORE;
	snapshot_done(&sync->first.frame);
	sync->first.phase = FIRST_SYNC_PHASE_START;
	return r < 0 ? FIRST_SYNC_RESULT_WHOLE : first_sync_start(sync, addresses);
}

static bool first_sync_needs(void *ctx, const struct element *verdict)
{
	struct sync *sync = ctx;

	return overlarge_show(&sync->planner.overlarge, verdict);
}

static void first_sync_note_ports(struct sync *sync)
{
	size_t i;

	for (i = 0; i < sync->planned.n; i++)
		current_ports_note(&sync->current_ports, sync->planned.list[i]);
	for (i = 0; i < sync->kept.n; i++)
		current_ports_note(&sync->current_ports, sync->kept.list[i]);
}

/* Some Services claim their front ends. Return: as first_sync_step(). */
static enum first_sync_result first_sync_claim_some(struct sync *sync, const struct sync_addresses *addresses)
{
	struct first_sync *first = &sync->first;
	bool overlarge;

	sync_attempt_begin(sync, addresses, NULL, SYNC_STEP_SIZE);
	first_sync_note_ports(sync);
	state_commit_claims(sync->state);
	planner_end(&sync->planner, true);
	service_names_clear(&sync->retry);
	arena_reset(sync->arena);
	if (!store_has_dirty(sync->store) && !planner_has_more(&sync->planner)) {
		store_mark_all_dirty(sync->store);
		sync->current_ports.is_complete = true;
		first->n_store_changes = store_changes(sync->store);
		overlarge = sync->planner.overlarge.n > 0;
		first->unclaimed = leftovers_new_unclaimed(sync->nfnl, sync->state,
							   overlarge ? first_sync_needs : NULL, sync);
		first->phase = overlarge ? FIRST_SYNC_PHASE_FIND : FIRST_SYNC_PHASE_INSTALL;
	}
	return FIRST_SYNC_RESULT_MORE;
}

/* The kernel is not asked, so it takes less than installing: several steps in one turn. */
static enum first_sync_result first_sync_claim(struct sync *sync, const struct sync_addresses *addresses)
{
	uint64_t end_us = monotonic_us() + FIRST_SYNC_CLAIM_US;
	enum first_sync_result result;

	do {
		result = first_sync_claim_some(sync, addresses);
	} while (result == FIRST_SYNC_RESULT_MORE && sync->first.phase == FIRST_SYNC_PHASE_CLAIM &&
		 monotonic_us() < end_us);
	return result;
}

/* Which of the chains that @changes add exist. */
static int first_sync_read_chains(struct sync *sync, const struct changes *changes, struct err *reterr)
{
	/* Chains that nothing needed may have been deleted since they were read. */
	if (sync->first.leftovers)
		snapshot_drop_unseen_chains(&sync->first.frame);
	return first_sync_frame_read_added_chains(sync, changes, reterr);
}

/* After first_sync_read_chains(). What is noted in the frame cannot be undone. */
static int first_sync_reconcile(struct sync *sync, struct changes *changes, struct err *reterr)
{
	struct snapshot found;
	struct element *keys, *given_up;
	size_t n = state_walk_given_up(sync->state, sync->first.is_changed, sync->arena, &given_up);
	bool foreign = false;
	int r;

	keys = reconcile_keys(changes, given_up, n, sync->arena, &n);
	snapshot_init(&found);
	r = nfnl_lookup(sync->nfnl, layout_sets(), keys, n, &found, &foreign, reterr);
	if (!r && sync->first.leftovers)
		r = first_sync_frame_read_client_maps(sync, changes, reterr);
	if (!r && foreign)
		r = err_set(reterr, -EEXIST, "another program has added elements to our tables");
	if (!r) {
		snapshot_seal(&found);
		reconcile_changes(changes, &sync->first.frame, &found);
		state_postpone_ready(sync->state, changes);
	}
	snapshot_done(&found);
	return r;
}

static void first_sync_sum(struct first_sync *first, const struct sync *sync, const struct sync_attempt *a)
{
	if (!first->named.n && sync->planned.n)
		service_names_add(&first->named, sync->planned.list[0]);
	first->sums.services += sync->planned.n;
	first->sums.added += a->n_added;
	first->sums.deleted += a->n_deleted;
	first->sums.steps += a->n_changes;
	first->sums.bytes += a->report.bytes;
	first->kernel_us += a->report.kernel_us;
}

/* No other process has changed the tables since they were read. */
static bool first_sync_knows_tables(const struct sync *sync)
{
	enum knowledge_state state = nfnl_knowledge(sync->nfnl);

	return state == KNOWLEDGE_CURRENT || state == KNOWLEDGE_READ;
}

/*
 * The kernel refused a transaction with @r. In new tables the next step leaves the named Services out. In others it is
 * not known which chains of the earlier run were meant to change, so they are taken over anew without these Services.
 *
 * Return: 0: there are other steps; negative errno.
 */
static int first_sync_leave_out(struct sync *sync, const struct sync_attempt *a, int r, const struct err *err)
{
	if (r == -ENOENT || r == -EEXIST || !first_sync_knows_tables(sync))
		return r;
	if (sync->first.is_new)
		return sync_attempt_leave_out(sync, a, r, err);
	sync->first.is_refused = !sync_attempt_leave_out(sync, a, r, err);
	return r;
}

/* New tables replace others of this version, in which kept Services have what stays. */
static bool first_sync_copies(const struct first_sync *first)
{
	return first->is_new && first->replaces && (first->beside || first->is_moving);
}

/* Ask the kernel what the kept Services of the step have: it becomes theirs. @found: always set, for snapshot_done() */
static int first_sync_find_kept(struct sync *sync, struct snapshot *found, struct err *reterr)
{
	bool copies = first_sync_copies(&sync->first);
	int r;

	snapshot_init(found);
	if (!sync->kept.n || (sync->first.is_new && !copies))
		return 0;
	state_know_ports(sync->state, current_ports_has, &sync->current_ports);
	do {
		snapshot_done(found);
		nfnl_tables_ask_other(sync->nfnl, copies);
		r = kept_lookup(sync->nfnl, sync->state, found, reterr);
		nfnl_tables_ask_other(sync->nfnl, false);
		if (!r)
			state_use_kept(sync->state, found);
	} while (!r && planner_give_up_claims(&sync->planner, sync->arena, SYNC_STEP_SIZE, &sync->planned,
					      &sync->kept));
	return r;
}

static int first_sync_check_tables(const struct sync *sync, struct err *reterr)
{
	if (nfnl_knowledge(sync->nfnl) != KNOWLEDGE_CURRENT)
		return err_set(reterr, -ESTALE, "our tables were changed by another process");
	return 0;
}

/* Return: as sync_attempt_commit(). */
static int first_sync_send(struct sync *sync, struct sync_attempt *a, struct err *reterr)
{
	int r = sync->first.is_new ? 0 : first_sync_reconcile(sync, &a->changes, reterr);

	a->n_changes = a->changes.n;
	a->n_added = a->changes.n_elements_added;
	a->n_deleted = a->changes.n_elements_deleted;
	if (!r)
		return sync_attempt_commit(sync, a, reterr);
	change_done(&a->changes);
	return r;
}

/* One transaction; @unhooked as sync_attempt_begin(). Return: -EINPROGRESS: the tables must be taken over anew; as sync_attempt_commit(). */
static int first_sync_transact(struct sync *sync, const struct sync_addresses *addresses,
			       const bool *unhooked, struct err *reterr)
{
	struct sync_attempt a = { .start_us = monotonic_us(), .report = { .failed = SIZE_MAX } };
	struct snapshot kept;
	size_t i;
	int r;

	sync_attempt_begin(sync, addresses, unhooked, SYNC_STEP_SIZE);
	if (!sync->first.is_new && sync->planner.unlisted.n) {
		sync_attempt_roll_back(sync);
		return err_set(reterr, -EINPROGRESS,
			       "a Service got too many front ends to list them: they must be looked for");
	}
	/* What has changed since all ports were noted is planned before what has not. */
	if (sync->current_ports.is_complete && sync->first.n_store_changes != store_changes(sync->store))
		first_sync_note_ports(sync);
	r = first_sync_find_kept(sync, &kept, reterr);
	change_init(&a.changes, NULL);
	state_changes(sync->state, &a.changes);
	snapshot_done(&kept);
	if (sync->first.leftovers)
		leftovers_spare(sync->first.leftovers, &a.changes);
	if (!r && !sync->first.is_new)
		r = first_sync_read_chains(sync, &a.changes, reterr);
	if (r < 0)
		change_done(&a.changes);
	else
		r = sync_attempt_chain_first(sync, &a, sync->first.is_new ? NULL : &sync->first.frame,
					     reterr);
	if (r > 0)
		return first_sync_check_tables(sync, reterr);
	if (!r)
		r = first_sync_send(sync, &a, reterr);
	if (r < 0) {
		sync_attempt_roll_back(sync);
		r = first_sync_leave_out(sync, &a, r, reterr);
		service_names_done(&a.refused);
		return r;
	}
	service_names_done(&a.refused);
	sync_attempt_accept(sync);
	first_sync_sum(&sync->first, sync, &a);
	for (i = 0; i < sync->planned.n; i++)
		if (unhooked && first_sync_is_unhooked(&sync->first))
			service_names_add(&sync->first.unseen, sync->planned.list[i]);
		else
			sync_attempt_planned(sync, sync->planned.list[i]);
	return first_sync_check_tables(sync, reterr);
}

/* Packets meet the tables from now on. */
static void first_sync_hooked(struct sync *sync)
{
	size_t i;

	memset(sync->first.unhooked, 0, sizeof(sync->first.unhooked));
	for (i = 0; i < sync->first.unseen.n; i++)
		sync_attempt_planned(sync, sync->first.unseen.list[i]);
	service_names_clear(&sync->first.unseen);
}

/* All Services are installed, and @result is what follows. */
static enum first_sync_result first_sync_end(struct sync *sync, enum first_sync_result result)
{
	state_take_over(sync->state, false);
	if (sync->first.leftovers) {
		sync->first.sums.deleted += leftovers_n_deleted(sync->first.leftovers);
		sync->first.sums.steps += leftovers_n_deleted(sync->first.leftovers);
	}
	first_sync_done(sync);
	sync->first.has_all = true;
	sync->planner.reads_back = result == FIRST_SYNC_RESULT_LEFTOVERS;
	return result;
}

static void first_sync_begin_anew(struct sync *sync)
{
	snapshot_done(&sync->first.frame);
	sync->first.unclaimed = leftovers_free(sync->first.unclaimed);
	sync->first.leftovers = leftovers_free(sync->first.leftovers);
	sync->first.emptied = nfnl_empty_free(sync->first.emptied);
	service_names_clear(&sync->first.unseen);
	sync->first.phase = FIRST_SYNC_PHASE_START;
	sync_attempt_forget(sync);
}

void first_sync_prepare_whole(struct sync *sync)
{
	if (nfnl_tables_is_second(sync->nfnl))
		nfnl_tables_use(sync->nfnl, false);
	if (nfnl_tables_replace(sync->nfnl, NULL) < 0)
		nfnl_tables_keep(sync->nfnl);
}

void first_sync_again(struct sync *sync, bool is_moving)
{
	sync->survey = survey_free(sync->survey);
	sync->compare = survey_free(sync->compare);
	first_sync_done(sync);
	service_names_clear(&sync->first.named);
	sync->first.phase = FIRST_SYNC_PHASE_START;
	sync->first.has_all = false;
	sync->first.is_again = true;
	sync->first.is_moving = is_moving;
	sync->first.n_anew = 0;
	sync->first.n_refused = 0;
	sync->first_done = false;
	planner_first_again(&sync->planner);
	sync_attempt_forget(sync);
}

bool first_sync_may_put_right(const struct sync *sync)
{
	return sync->first_done && state_n_elements(sync->state) > SYNC_ONE_STEP_MAX;
}

void first_sync_put_right(struct sync *sync)
{
	if (first_sync_may_put_right(sync)) {
		log_debug("sync", "the tables are not as was thought: taking them over anew");
		first_sync_again(sync, false);
		return;
	}
	log_debug("sync", "the tables are not as was thought: reading everything back");
	sync->read_whole = true;
	nfnl_forget(sync->nfnl);
}

/* A passing error. What a step that failed would have done to the frame is not known: take over the tables from the start. */
static enum first_sync_result first_sync_fail(struct sync *sync)
{
	if (!sync->first.is_new)
		first_sync_begin_anew(sync);
	return FIRST_SYNC_RESULT_FAILED;
}

/* It may only be in the tables in force: a copy would be refused, too, or has too many front ends to list them. */
static bool first_sync_cannot_be_copied(void *ctx, struct service_name service)
{
	const struct sync *sync = ctx;

	return !refusals_is_unplannable(sync->refusals, service) ||
	       overlarge_get(&sync->planner.overlarge, service);
}

bool first_sync_can_copy(const struct sync *sync)
{
	return !refusals_any(sync->refusals, first_sync_cannot_be_copied, (void *)sync);
}

/* Steps cannot take the tables over, or put them right: fill others beside them, in steps, too. Not twice. */
static bool first_sync_begin_beside(struct sync *sync)
{
	if (sync->first.is_new || sync->first.beside)
		return false;
	sync->first.n_anew = 0;
	sync->first.beside = true;
	first_sync_begin_anew(sync);
	return true;
}

/*
 * A step cannot go on. If another process changes the tables, take them over anew, but not again and again: then fill others beside them, or wait
 * if a Service would lose what it has. Return: @otherwise if nothing of that helps.
 */
static enum first_sync_result first_sync_disturbed(struct sync *sync, enum first_sync_result otherwise,
						   struct err *reterr)
{
	bool disturbed = nfnl_knowledge(sync->nfnl) != KNOWLEDGE_CURRENT;

	if (disturbed && sync->first.n_anew < FIRST_SYNC_ANEW_MAX) {
		sync->first.n_anew++;
		log_debug("sync", "another process changed our tables: taking them over anew");
		first_sync_begin_anew(sync);
		return FIRST_SYNC_RESULT_MORE;
	}
	if ((sync->first.is_new ? sync->first.beside : disturbed) && !first_sync_can_copy(sync)) {
		sync->first.n_anew = 0;
		sync->first.beside = false;
		first_sync_begin_anew(sync);
		(void)err_set(reterr, -EAGAIN,
			      "another process changes our tables while they are taken over");
		return FIRST_SYNC_RESULT_FAILED;
	}
	return first_sync_begin_beside(sync) ? FIRST_SYNC_RESULT_MORE : otherwise;
}

/* The kernel refused some Services: take the tables over anew without them. Return: false: it did not, or this was done too often. */
static bool first_sync_is_refused(struct sync *sync)
{
	bool is_refused = sync->first.is_refused && sync->first.n_refused < FIRST_SYNC_REFUSED_MAX;

	sync->first.is_refused = false;
	if (!is_refused)
		return false;
	sync->first.n_refused++;
	sync->planner.holds_refused = true;
	first_sync_begin_anew(sync);
	return true;
}

static void first_sync_end_unclaimed(struct first_sync *first)
{
	first->sums.deleted += leftovers_n_deleted(first->unclaimed);
	first->sums.steps += leftovers_n_deleted(first->unclaimed);
	first->unclaimed = leftovers_free(first->unclaimed);
}

/* A step, after a transaction. What is not deleted now is a leftover at the end. */
static void first_sync_delete_unclaimed(struct first_sync *first)
{
	if (first->unclaimed && leftovers_step(first->unclaimed) != LEFTOVERS_RESULT_MORE)
		first_sync_end_unclaimed(first);
}

/* Nothing is installed meanwhile, so that no verdict is missed. */
static enum first_sync_result first_sync_find(struct sync *sync, struct err *reterr)
{
	struct first_sync *first = &sync->first;
	enum leftovers_result result = leftovers_step(first->unclaimed);

	if (result == LEFTOVERS_RESULT_MORE)
		return FIRST_SYNC_RESULT_MORE;
	if (result == LEFTOVERS_RESULT_UNKNOWN)
		return first_sync_disturbed(sync, FIRST_SYNC_RESULT_WHOLE, reterr);
	sync->planner.overlarge.is_complete = true;
	first_sync_end_unclaimed(first);
	first->phase = FIRST_SYNC_PHASE_INSTALL;
	return FIRST_SYNC_RESULT_MORE;
}

/* All is installed: now packets may meet the tables, and no other ones any more. */
static int first_sync_hook(struct sync *sync, const struct sync_addresses *addresses, struct err *reterr)
{
	int r = sync->first.replaces ? nfnl_tables_unhook(sync->nfnl, reterr) : 0;

	if (!r)
		r = first_sync_transact(sync, addresses, NULL, reterr);
	if (!r && !sync->retry.n)
		first_sync_hooked(sync);
	else
		nfnl_tables_keep(sync->nfnl);
	return r;
}

static enum first_sync_result first_sync_install(struct sync *sync, const struct sync_addresses *addresses,
						 struct err *reterr)
{
	int r = first_sync_transact(sync, addresses, sync->first.unhooked, reterr);
	bool more = store_has_dirty(sync->store) || planner_has_more(&sync->planner) || sync->retry.n;

	/* One more transaction takes out conditional rules whose set has turned out to be empty. */
	if (!r && !more && state_stop_assuming(sync->state))
		return FIRST_SYNC_RESULT_MORE;
	if (!r && !more && first_sync_is_unhooked(&sync->first)) {
		r = first_sync_hook(sync, addresses, reterr);
		more = sync->retry.n > 0;
	}
	if (r == -EINPROGRESS) {
		log_debug("sync", "taking the tables over anew", LOG_TEXT("err", reterr->text));
		first_sync_begin_anew(sync);
		return FIRST_SYNC_RESULT_MORE;
	}
	if (sync_attempt_is_passing(r))
		return first_sync_fail(sync);
	if (r < 0 && first_sync_is_refused(sync))
		return FIRST_SYNC_RESULT_MORE;
	if (r < 0) {
		log_debug("sync", "a step of the first sync failed", LOG_TEXT("err", reterr->text));
		return first_sync_disturbed(sync, FIRST_SYNC_RESULT_WHOLE, reterr);
	}
	if (!more && sync->first.replaces) {
		if (sync->first.phase != FIRST_SYNC_PHASE_REPLACED)
			other_tables_replaced(sync);
		sync->first.phase = FIRST_SYNC_PHASE_REPLACED;
		return FIRST_SYNC_RESULT_MORE;
	}
	if (!more && sync->first.is_new)
		return first_sync_end(sync, FIRST_SYNC_RESULT_DONE);
	first_sync_delete_unclaimed(&sync->first);
	if (!more && !sync->first.leftovers) {
		sync->first.unclaimed = leftovers_free(sync->first.unclaimed);
		sync->first.leftovers = leftovers_new(sync->nfnl, sync->state);
		sync->first.phase = FIRST_SYNC_PHASE_LEFTOVERS;
	}
	return FIRST_SYNC_RESULT_MORE;
}

static enum first_sync_result first_sync_delete_leftovers(struct sync *sync, struct err *reterr)
{
	enum first_sync_result result;

	switch (leftovers_step(sync->first.leftovers)) {
	case LEFTOVERS_RESULT_MORE:
		return FIRST_SYNC_RESULT_MORE;
	case LEFTOVERS_RESULT_NONE:
		return first_sync_end(sync, FIRST_SYNC_RESULT_DONE);
	case LEFTOVERS_RESULT_UNKNOWN:
		break;
	}
	result = first_sync_disturbed(sync, FIRST_SYNC_RESULT_LEFTOVERS, reterr);
	if (result != FIRST_SYNC_RESULT_LEFTOVERS)
		return result;
	log_debug("sync", "the tables have more than is installed: reading everything back");
	nfnl_forget(sync->nfnl);
	return first_sync_end(sync, result);
}

/* The tables that were replaced are being deleted. What changes meanwhile is installed first. */
static enum first_sync_result first_sync_delete_replaced(struct sync *sync,
							 const struct sync_addresses *addresses,
							 struct err *reterr)
{
	enum first_sync_result result = FIRST_SYNC_RESULT_MORE;
	int r;

	if (store_has_dirty(sync->store) || planner_has_more(&sync->planner) || sync->retry.n)
		result = first_sync_install(sync, addresses, reterr);
	if (result != FIRST_SYNC_RESULT_MORE || sync->first.phase != FIRST_SYNC_PHASE_REPLACED)
		return result;
	r = other_tables_step(sync, reterr);
	if (r > 0)
		return FIRST_SYNC_RESULT_MORE;
	if (r < 0)
		log_warn("sync", "tables that were replaced cannot be deleted; no packet meets them",
			 LOG_TEXT("err", reterr->text));
	sync->first.replaces = false;
	return first_sync_end(sync, FIRST_SYNC_RESULT_DONE);
}

/* What changes meanwhile is installed first. */
static enum first_sync_result first_sync_finish(struct sync *sync, const struct sync_addresses *addresses,
						struct err *reterr)
{
	enum first_sync_result result = FIRST_SYNC_RESULT_MORE;

	if (store_has_dirty(sync->store) || planner_has_more(&sync->planner))
		result = first_sync_install(sync, addresses, reterr);
	/* It may have begun anew. */
	if (result != FIRST_SYNC_RESULT_MORE || sync->first.phase != FIRST_SYNC_PHASE_LEFTOVERS)
		return result;
	return first_sync_delete_leftovers(sync, reterr);
}

enum first_sync_result first_sync_step(struct sync *sync, const struct sync_addresses *addresses,
				       struct err *reterr)
{
	enum first_sync_result result = FIRST_SYNC_RESULT_MORE;

	if (sync->first.phase == FIRST_SYNC_PHASE_START)
		result = first_sync_start(sync, addresses);
	if (result != FIRST_SYNC_RESULT_MORE)
		return result;
	switch (sync->first.phase) {
	case FIRST_SYNC_PHASE_CLEAR:
		return first_sync_clear(sync, addresses, reterr);
	case FIRST_SYNC_PHASE_CLAIM:
		return first_sync_claim(sync, addresses);
	case FIRST_SYNC_PHASE_FIND:
		return first_sync_find(sync, reterr);
	case FIRST_SYNC_PHASE_INSTALL:
		return first_sync_install(sync, addresses, reterr);
	case FIRST_SYNC_PHASE_LEFTOVERS:
		return first_sync_finish(sync, addresses, reterr);
	case FIRST_SYNC_PHASE_REPLACED:
		return first_sync_delete_replaced(sync, addresses, reterr);
	case FIRST_SYNC_PHASE_START:
	case FIRST_SYNC_PHASE_OVER:
		break;
	}
	return result;
}
