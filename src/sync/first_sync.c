/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "sync/first_sync.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "backend/nfnl.h"
#include "backend/nfnl_chain.h"
#include "backend/nfnl_lookup.h"
#include "backend/nfnl_read.h"
#include "backend/nfnl_tables.h"
#include "base/arena.h"
#include "base/log.h"
#include "base/monotonic.h"
#include "model/service.h"
#include "model/slice.h"
#include "model/store.h"
#include "render/layout.h"
#include "render/state.h"
#include "render/state_walk.h"
#include "ruleset/reconcile.h"
#include "sync/kept_lookup.h"
#include "sync/leftovers.h"
#include "sync/node_view.h"
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
	service_names_done(&sync->first.unseen);
	service_names_done(&sync->first.kept);
	sync->planner.large_waits = false;
	sync->planner.holds_refused = false;
	sync->first.phase = FIRST_SYNC_PHASE_OVER;
}

/* Add those of the chains that exist and are not in the frame yet; a chain that an earlier step has made has none. */
static int first_sync_read_chains(struct sync *sync, const struct chain *const *chains, size_t n,
				  struct err *reterr)
{
	struct snapshot *frame = &sync->first.frame, read;
	size_t i;
	int r = 0;

	snapshot_init(&read);
	for (i = 0; i < n && r >= 0; i++)
		if (!snapshot_find_chain(frame, chains[i]->table, chains[i]->name))
			r = nfnl_chain_read(sync->nfnl, chains[i]->table, chains[i]->name, &read, reterr);
	if (r >= 0) {
		snapshot_seal(&read);
		snapshot_take_chains(frame, &read);
	}
	snapshot_done(&read);
	return r < 0 ? r : 0;
}

static int first_sync_read_skeleton(struct sync *sync, const struct skeleton *skeleton)
{
	const struct chain **chains = arena_array(sync->arena, skeleton->n_chains, sizeof(*chains));
	size_t i, n = 0;

	for (i = 0; i < skeleton->n_chains; i++)
		if (sync->first.frame.table[skeleton->chains[i].table] == SNAPSHOT_TABLE_OURS)
			chains[n++] = &skeleton->chains[i];
	return first_sync_read_chains(sync, chains, n, NULL);
}

/* Chains that an earlier step has added are not added again, unless they were deleted. */
static int first_sync_read_added_chains(struct sync *sync, const struct changes *changes, struct err *reterr)
{
	const struct chain **chains = arena_array(sync->arena, changes->n, sizeof(*chains));
	size_t i, n = 0;

	for (i = 0; i < changes->n; i++)
		if (changes->list[i].op == CHANGE_OP_CHAIN_ADD)
			chains[n++] = changes->list[i].chain;
	return first_sync_read_chains(sync, chains, n, reterr);
}

/* Client maps that nothing used when the steps began may have been deleted as leftovers. */
static int first_sync_read_client_maps(struct sync *sync, const struct changes *changes, struct err *reterr)
{
	struct snapshot now;
	size_t i = 0;
	int r;

	while (i < changes->n && changes->list[i].op != CHANGE_OP_CLIENT_MAP_ADD)
		i++;
	if (i == changes->n)
		return 0;
	r = nfnl_read(sync->nfnl, layout_sets(), _LAYOUT_SET_MAX, NFNL_READ_COMPARE, &now, reterr);
	if (r < 0)
		return r;
	snapshot_use_client_maps(&sync->first.frame, &now);
	snapshot_done(&now);
	return 0;
}

/* How a table is, compared with the skeleton that it shall have. */
enum first_sync_table {
	FIRST_SYNC_TABLE_NONE,	   /* it does not exist, and shall not */
	FIRST_SYNC_TABLE_NEW,	   /* it does not exist */
	FIRST_SYNC_TABLE_UNHOOKED, /* it has no base chains: its first sync did not come to its end */
	FIRST_SYNC_TABLE_SAME,
	FIRST_SYNC_TABLE_CHANGED, /* only rules differ */
	FIRST_SYNC_TABLE_OTHER,	  /* of another version or program */
};

static enum first_sync_table first_sync_judge(struct snapshot *frame, const struct skeleton *skeleton,
					      enum family family)
{
	enum first_sync_table result = FIRST_SYNC_TABLE_SAME;
	const struct snapshot_chain *found;
	bool hooked = false;
	size_t i;

	if (frame->table[family] == SNAPSHOT_TABLE_ABSENT)
		return skeleton->family_enabled[family] ? FIRST_SYNC_TABLE_NEW : FIRST_SYNC_TABLE_NONE;
	if (frame->table[family] != SNAPSHOT_TABLE_OURS || !skeleton->family_enabled[family])
		return FIRST_SYNC_TABLE_OTHER;
	for (i = 0; i < skeleton->n_chains; i++) {
		if (skeleton->chains[i].table != family)
			continue;
		found = snapshot_find_chain(frame, family, skeleton->chains[i].name);
		if (!found || !snapshot_same_chain(frame, found, &skeleton->chains[i]))
			result = FIRST_SYNC_TABLE_CHANGED;
		if (found && !snapshot_same_head(frame, found, &skeleton->chains[i]))
			return FIRST_SYNC_TABLE_OTHER;
		hooked |= found && skeleton->chains[i].hook != RULE_HOOK_NONE;
	}
	return hooked ? result : FIRST_SYNC_TABLE_UNHOOKED;
}

/* Note how the tables are to be filled. Return: false: one is of another version, which cannot be changed in steps. */
static bool first_sync_judge_all(struct first_sync *first, const struct skeleton *skeleton)
{
	int family;

	first->is_new = true;
	first->is_changed = false;
	for (family = 0; family < _FAMILY_MAX; family++) {
		enum first_sync_table table = first_sync_judge(&first->frame, skeleton, (enum family)family);

		if (table == FIRST_SYNC_TABLE_OTHER)
			return false;
		first->unhooked[family] = table == FIRST_SYNC_TABLE_NEW || table == FIRST_SYNC_TABLE_UNHOOKED;
		first->is_new &= table == FIRST_SYNC_TABLE_NEW || table == FIRST_SYNC_TABLE_NONE;
		first->is_changed |= table == FIRST_SYNC_TABLE_CHANGED || table == FIRST_SYNC_TABLE_UNHOOKED;
	}
	return true;
}

static bool first_sync_is_unhooked(const struct first_sync *first)
{
	return first->unhooked[FAMILY_IPV4] || first->unhooked[FAMILY_IPV6];
}

/* Read the frame of the tables in use. Return: 1: they can be filled in steps; 0: one is of another version; negative errno. */
static int first_sync_look(struct sync *sync, const struct sync_addresses *addresses)
{
	struct first_sync *first = &sync->first;
	struct skeleton skeleton;
	struct node_view view;
	int r = nfnl_read(sync->nfnl, layout_sets(), _LAYOUT_SET_MAX, NFNL_READ_FRAME, &first->frame, NULL);

	if (r < 0)
		return r;
	sync_attempt_skeleton(sync, addresses, sync->arena, &view, &skeleton);
	r = first_sync_read_skeleton(sync, &skeleton);
	if (r >= 0)
		r = first_sync_judge_all(first, &skeleton);
	arena_reset(sync->arena);
	if (r <= 0)
		snapshot_done(&first->frame);
	return r;
}

/*
 * Use the tables with the usual name. If those with the second name are in force, an earlier run or phase has not come to its end:
 * they are replaced like those of another version.
 */
static int first_sync_choose(struct sync *sync)
{
	enum nfnl_tables_found usual, second;
	int r = nfnl_tables_find(sync->nfnl, true, LAYOUT_CHAIN_PREROUTING, &second, NULL);

	sync->first.replaces = false;
	if (nfnl_tables_is_second(sync->nfnl))
		nfnl_tables_use(sync->nfnl, false);
	if (r < 0 || second == NFNL_TABLES_FOUND_NONE)
		return r;
	r = nfnl_tables_find(sync->nfnl, false, LAYOUT_CHAIN_PREROUTING, &usual, NULL);
	if (r < 0)
		return r;
	sync->first.replaces = second == NFNL_TABLES_FOUND_HOOKED && usual != NFNL_TABLES_FOUND_HOOKED;
	if (sync->first.replaces && usual == NFNL_TABLES_FOUND_NONE)
		return 0;
	/* Those that are not in force are half filled: they are made anew. */
	return nfnl_tables_delete(sync->nfnl, !sync->first.replaces, NULL);
}

static void first_sync_add_size(void *ctx, const struct store_group *group)
{
	size_t *n = ctx, n_endpoints = 0, i;

	if (!group->service)
		return;
	for (i = 0; i < group->n_slices; i++)
		n_endpoints += group->slices[i]->n_endpoints;
	*n += (size_t)group->service->n_ports * (2 + group->service->n_external_ips + n_endpoints);
}

/* About as many elements as one transaction, and one step, may have. */
static bool first_sync_is_large(const struct sync *sync)
{
	size_t n = 0;

	store_each_group(sync->store, first_sync_add_size, &n);
	return n > SYNC_ONE_STEP_MAX;
}

/* Tables of another version are in force. Fill others with the second name. Return: as first_sync_look(). */
static int first_sync_use_second(struct sync *sync, const struct sync_addresses *addresses)
{
	if (sync->first.replaces || nfnl_tables_belong_to_other(sync->nfnl) || !first_sync_is_large(sync))
		return 0;
	log_debug("sync", "the tables are of another version: filling others beside them");
	nfnl_tables_use(sync->nfnl, true);
	sync->first.replaces = true;
	return first_sync_look(sync, addresses);
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
	r = first_sync_choose(sync);
	if (!r)
		r = first_sync_look(sync, addresses);
	if (!r)
		r = first_sync_use_second(sync, addresses);
	if (r <= 0)
		return FIRST_SYNC_RESULT_WHOLE;
	first->phase = first->is_new ? FIRST_SYNC_PHASE_INSTALL : FIRST_SYNC_PHASE_CLAIM;
	/* Their rules may be those of other ranges. */
	if (first->is_changed)
		planner_doubt_ranges(&sync->planner);
	state_take_over(sync->state, !first->is_new);
	state_first(sync->state, true);
	return FIRST_SYNC_RESULT_MORE;
}

static bool first_sync_needs(void *ctx, const struct element *verdict)
{
	struct sync *sync = ctx;

	return overlarge_show(&sync->planner.overlarge, verdict);
}

/* Some Services claim their front ends. Return: as first_sync_step(). */
static enum first_sync_result first_sync_claim_some(struct sync *sync, const struct sync_addresses *addresses)
{
	struct first_sync *first = &sync->first;
	bool overlarge;

	sync_attempt_begin(sync, addresses, NULL, SYNC_STEP_SIZE);
	state_commit_claims(sync->state);
	planner_end(&sync->planner, true);
	service_names_clear(&sync->retry);
	arena_reset(sync->arena);
	if (!store_has_dirty(sync->store) && !planner_has_more(&sync->planner)) {
		store_mark_all_dirty(sync->store);
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
	/* Chains that nothing needed may have been deleted since they were read. */
	if (sync->first.leftovers)
		snapshot_drop_unseen_chains(&sync->first.frame);
	if (!r && sync->first.leftovers)
		r = first_sync_read_client_maps(sync, changes, reterr);
	if (!r)
		r = first_sync_read_added_chains(sync, changes, reterr);
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

/* Ask the kernel what the kept Services of the step have: it becomes theirs. @found: always set, for snapshot_done(). */
static int first_sync_find_kept(struct sync *sync, struct snapshot *found, struct err *reterr)
{
	int r;

	if (sync->first.is_new || !sync->kept.n) {
		snapshot_init(found);
		return 0;
	}
	r = kept_lookup(sync->nfnl, sync->state, found, reterr);
	if (!r)
		state_use_kept(sync->state, found);
	return r;
}

/* If it is not certain what the kept Services of the step have, a snapshot must tell, after the steps. */
static void first_sync_note_kept(struct sync *sync)
{
	size_t i;

	if (!state_kept_is_unclear(sync->state) && !sync->planner.unlisted.n)
		return;
	for (i = 0; i < sync->kept.n; i++)
		service_names_add(&sync->first.kept, sync->kept.list[i]);
}

/* One transaction; @unhooked as sync_attempt_begin(). */
static int first_sync_transact(struct sync *sync, const struct sync_addresses *addresses,
			       const bool *unhooked, struct err *reterr)
{
	struct sync_attempt a = { .start_us = monotonic_us(), .report = { .failed = SIZE_MAX } };
	struct snapshot kept;
	size_t i;
	int r;

	sync_attempt_begin(sync, addresses, unhooked, SYNC_STEP_SIZE);
	r = first_sync_find_kept(sync, &kept, reterr);
	change_init(&a.changes, NULL);
	state_changes(sync->state, &a.changes);
	snapshot_done(&kept);
	first_sync_note_kept(sync);
	if (sync->first.leftovers)
		leftovers_spare(sync->first.leftovers, &a.changes);
	if (!r && !sync->first.is_new)
		r = first_sync_reconcile(sync, &a.changes, reterr);
	a.n_changes = a.changes.n;
	a.n_added = a.changes.n_elements_added;
	a.n_deleted = a.changes.n_elements_deleted;
	if (!r)
		r = sync_attempt_commit(sync, &a, reterr);
	else
		change_done(&a.changes);
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
	if (nfnl_knowledge(sync->nfnl) != KNOWLEDGE_CURRENT)
		return err_set(reterr, -ESTALE, "our tables were changed by another process");
	return 0;
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
	return result;
}

static void first_sync_begin_anew(struct sync *sync)
{
	snapshot_done(&sync->first.frame);
	sync->first.unclaimed = leftovers_free(sync->first.unclaimed);
	sync->first.leftovers = leftovers_free(sync->first.leftovers);
	service_names_clear(&sync->first.kept);
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

/* A passing error. What a step that failed would have done to the frame is not known: take over the tables from the start. */
static enum first_sync_result first_sync_fail(struct sync *sync)
{
	if (!sync->first.is_new)
		first_sync_begin_anew(sync);
	return FIRST_SYNC_RESULT_FAILED;
}

/* Another process changed the tables meanwhile. Return: whether they are taken over anew; not again and again. */
static bool first_sync_is_disturbed(struct sync *sync)
{
	if (nfnl_knowledge(sync->nfnl) == KNOWLEDGE_CURRENT || sync->first.n_anew == FIRST_SYNC_ANEW_MAX)
		return false;
	sync->first.n_anew++;
	log_debug("sync", "another process changed our tables: taking them over anew");
	first_sync_begin_anew(sync);
	return true;
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

/* Nothing is installed meanwhile, so that no verdict is missed. If it does not succeed, everything is read back in the end. */
static enum first_sync_result first_sync_find(struct first_sync *first, struct planner *planner)
{
	enum leftovers_result result = leftovers_step(first->unclaimed);

	if (result == LEFTOVERS_RESULT_MORE)
		return FIRST_SYNC_RESULT_MORE;
	if (result == LEFTOVERS_RESULT_NONE)
		planner->overlarge.is_complete = true;
	first_sync_end_unclaimed(first);
	first->phase = FIRST_SYNC_PHASE_INSTALL;
	return FIRST_SYNC_RESULT_MORE;
}

/* All is installed: now packets may meet the tables, and other ones go. */
static int first_sync_hook(struct sync *sync, const struct sync_addresses *addresses, struct err *reterr)
{
	int r = sync->first.replaces ? nfnl_tables_replace(sync->nfnl, reterr) : 0;

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
	size_t i;

	if (!r && !more && first_sync_is_unhooked(&sync->first)) {
		r = first_sync_hook(sync, addresses, reterr);
		more = sync->retry.n > 0;
	}
	if (sync_attempt_is_passing(r))
		return first_sync_fail(sync);
	if (r < 0 && first_sync_is_refused(sync))
		return FIRST_SYNC_RESULT_MORE;
	if (r < 0) {
		log_debug("sync", "a step of the first sync failed", LOG_TEXT("err", reterr->text));
		return first_sync_is_disturbed(sync) ? FIRST_SYNC_RESULT_MORE : FIRST_SYNC_RESULT_WHOLE;
	}
	if (!more && sync->first.is_new)
		return first_sync_end(sync, FIRST_SYNC_RESULT_DONE);
	/* Only a snapshot tells what these have, and what is left over. */
	if (!more && sync->first.kept.n) {
		log_debug("sync", "it is not certain what a kept Service has: reading everything back");
		nfnl_forget(sync->nfnl);
		for (i = 0; i < sync->first.kept.n; i++)
			service_names_add(&sync->retry, sync->first.kept.list[i]);
		return first_sync_end(sync, FIRST_SYNC_RESULT_LEFTOVERS);
	}
	first_sync_delete_unclaimed(&sync->first);
	if (!more && !sync->first.leftovers) {
		sync->first.unclaimed = leftovers_free(sync->first.unclaimed);
		sync->first.leftovers = leftovers_new(sync->nfnl, sync->state);
		sync->first.phase = FIRST_SYNC_PHASE_LEFTOVERS;
	}
	return FIRST_SYNC_RESULT_MORE;
}

static enum first_sync_result first_sync_delete_leftovers(struct sync *sync)
{
	switch (leftovers_step(sync->first.leftovers)) {
	case LEFTOVERS_RESULT_MORE:
		return FIRST_SYNC_RESULT_MORE;
	case LEFTOVERS_RESULT_NONE:
		return first_sync_end(sync, FIRST_SYNC_RESULT_DONE);
	case LEFTOVERS_RESULT_UNKNOWN:
		if (first_sync_is_disturbed(sync))
			return FIRST_SYNC_RESULT_MORE;
		log_debug("sync", "the tables have more than is installed: reading everything back");
		nfnl_forget(sync->nfnl);
	}
	return first_sync_end(sync, FIRST_SYNC_RESULT_LEFTOVERS);
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
	return first_sync_delete_leftovers(sync);
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
	case FIRST_SYNC_PHASE_CLAIM:
		return first_sync_claim(sync, addresses);
	case FIRST_SYNC_PHASE_FIND:
		return first_sync_find(&sync->first, &sync->planner);
	case FIRST_SYNC_PHASE_INSTALL:
		return first_sync_install(sync, addresses, reterr);
	case FIRST_SYNC_PHASE_LEFTOVERS:
		return first_sync_finish(sync, addresses, reterr);
	case FIRST_SYNC_PHASE_START:
	case FIRST_SYNC_PHASE_OVER:
		break;
	}
	return result;
}
