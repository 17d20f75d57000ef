/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "sync/verification.h"

#include <errno.h>
#include <stdint.h>

#include "backend/diff_text.h"
#include "backend/nfnl.h"
#include "backend/nfnl_read.h"
#include "base/log.h"
#include "base/monotonic.h"
#include "render/layout.h"
#include "render/state.h"
#include "render/state_walk.h"
#include "sync/first_sync.h"
#include "sync/sync_attempt.h"
#include "sync/sync_internal.h"
#include "sync/sync_log.h"

bool verification_is_due(const struct sync *sync)
{
	unsigned int n;

	return sync->first_done && nfnl_knowledge(sync->nfnl) == KNOWLEDGE_CURRENT &&
	       (sync->survey || nfnl_is_suspect(sync->nfnl, &n));
}

/* A survey has put right what differed, or what was suspect. */
static void verification_ended(struct sync *sync)
{
	struct service_names none = { .n = 0 };
	struct survey_sums sums;
	struct sync_attempt sum = { .verified = true };
	struct sync_log_sync success = {
		.msg = "verified",
		.planned = &none,
		.elements = state_n_elements(sync->state),
		.refused = sync_n_refused(sync),
	};
	uint64_t total_us = monotonic_us() - sync->survey_start_us;

	survey_sum(sync->survey, &sums);
	success.sums = (struct sync_summary_sync){ .kind = SYNC_SUMMARY_KIND_REPAIR,
						   .added = sums.added,
						   .deleted = sums.deleted,
						   .steps = sums.steps,
						   .bytes = sums.bytes,
						   .total_us = total_us };
	success.kernel_us = sums.kernel_us;
	sum.n_added = sums.added;
	sum.n_deleted = sums.deleted;
	sum.report.bytes = sums.bytes;
	sum.report.kernel_us = sums.kernel_us;
	sync_log_succeeded(sync->log, &success);
	sync_attempt_count(sync, &sum, total_us);
}

enum survey_result verification_step(struct sync *sync)
{
	enum survey_result result = SURVEY_RESULT_UNKNOWN;
	struct survey_sums sums;
	unsigned int n;
	bool suspect = nfnl_is_suspect(sync->nfnl, &n);

	if (!sync->first_done)
		return SURVEY_RESULT_WAIT;
	/* What has become suspect since it began may be behind it. */
	if (sync->survey && suspect && n != sync->survey_suspicions)
		sync->survey = survey_free(sync->survey);
	if (!sync->survey) {
		sync->survey = survey_new(sync->nfnl, sync->state);
		sync->survey_suspicions = n;
		sync->survey_start_us = monotonic_us();
	}
	if (sync->survey)
		result = survey_step(sync->survey);
	if (result == SURVEY_RESULT_END) {
		survey_sum(sync->survey, &sums);
		nfnl_surveyed(sync->nfnl, sync->survey_suspicions);
		if (suspect || sums.steps)
			verification_ended(sync);
	}
	if (result == SURVEY_RESULT_END || result == SURVEY_RESULT_UNKNOWN)
		sync->survey = survey_free(sync->survey);
	if (result == SURVEY_RESULT_UNKNOWN) {
		log_debug("sync", "a survey cannot put the tables right");
		first_sync_put_right(sync);
	}
	return result;
}

/* Read everything back, and print what differs from the open transaction of @sync->state. */
static int verification_compare_all(struct sync *sync, size_t columns, struct buf *text, struct err *reterr)
{
	enum knowledge_state before = nfnl_knowledge(sync->nfnl);
	struct snapshot snapshot;
	struct changes changes;
	int r = nfnl_read(sync->nfnl, layout_sets(), _LAYOUT_SET_MAX, NFNL_READ_ALL, &snapshot, reterr);

	if (r < 0)
		return r;
	state_use_snapshot(sync->state, &snapshot);
	change_init(&changes, NULL);
	state_changes(sync->state, &changes);
	snapshot_done(&snapshot);
	diff_text_print(&changes, columns, text);
	if (!changes.n && (before == KNOWLEDGE_CURRENT || before == KNOWLEDGE_CHANGED))
		nfnl_confirm(sync->nfnl);
	change_done(&changes);
	return 0;
}

/* What tables lack or have too much that a survey cannot compare: themselves, and client maps. */
struct verification_frame {
	struct snapshot snapshot;
	struct changes changes;
};

static void verification_find_client_map(void *ctx, const struct client_map *map)
{
	struct verification_frame *frame = ctx;

	if (frame->snapshot.table[map->table] == SNAPSHOT_TABLE_OURS &&
	    !snapshot_find_client_map(&frame->snapshot, map->table, map->name))
		change_add_client_map(&frame->changes, CHANGE_OP_CLIENT_MAP_ADD, SERVICE_NAME_NONE, map);
}

static void verification_compare_table(const struct sync *sync, struct verification_frame *frame,
				       enum family family)
{
	enum snapshot_table table = frame->snapshot.table[family];

	if (table == SNAPSHOT_TABLE_FOREIGN)
		change_add_table(&frame->changes, CHANGE_OP_TABLE_DEL, family);
	if (table != SNAPSHOT_TABLE_OURS && sync->planner.family_enabled[family])
		change_add_table(&frame->changes, CHANGE_OP_TABLE_ADD, family);
}

/*
 * Read the frame of the tables, and note what differs in it.
 * @frame:	always set: verification_frame_done()
 */
static int verification_read_frame(const struct sync *sync, struct verification_frame *frame,
				   struct err *reterr)
{
	int r = nfnl_read(sync->nfnl, layout_sets(), _LAYOUT_SET_MAX, NFNL_READ_COMPARE, &frame->snapshot,
			  reterr);
	size_t i;

	change_init(&frame->changes, state_skeleton(sync->state));
	if (r < 0) {
		snapshot_init(&frame->snapshot);
		return r;
	}
	verification_compare_table(sync, frame, FAMILY_IPV4);
	verification_compare_table(sync, frame, FAMILY_IPV6);
	for (i = 0; i < frame->snapshot.n_client_maps; i++)
		if (!state_walk_has_client_map(sync->state, &frame->snapshot.client_maps[i].map))
			change_add_client_map(&frame->changes, CHANGE_OP_CLIENT_MAP_DEL, SERVICE_NAME_NONE,
					      &frame->snapshot.client_maps[i].map);
	state_walk_client_maps(sync->state, verification_find_client_map, frame);
	change_finish(&frame->changes);
	return 0;
}

static void verification_frame_done(struct verification_frame *frame)
{
	change_done(&frame->changes);
	snapshot_done(&frame->snapshot);
}

/*
 * A survey can compare the tables if they have our sets and client maps. Of large tables that do not, only that is printed. Return: 0: printed;
 * 1: it can; -EAGAIN: small tables that it cannot compare; other negative errno.
 */
static int verification_compare_frame(struct sync *sync, size_t columns, struct buf *text, struct err *reterr)
{
	struct verification_frame frame;
	int r = verification_read_frame(sync, &frame, reterr);

	if (!r && !frame.changes.n) {
		r = 1;
	} else if (!r && !first_sync_may_put_right(sync)) {
		r = -EAGAIN;
	} else if (!r) {
		diff_text_print(&frame.changes, columns, text);
		nfnl_forget(sync->nfnl);
	}
	verification_frame_done(&frame);
	return r;
}

/* A step of the survey that prints. Return: as verification_compare(); -EAGAIN: it cannot be done in steps. */
static int verification_compare_step(struct sync *sync, size_t columns, struct buf *text, struct err *reterr)
{
	enum survey_result result;
	const struct buf *lines;
	int r;

	if (!sync->compare) {
		r = verification_compare_frame(sync, columns, text, reterr);
		if (r <= 0)
			return r;
		sync->compare = survey_new_printing(sync->nfnl, sync->state, columns);
	}
	result = survey_step(sync->compare);
	if (result == SURVEY_RESULT_MORE)
		return 1;
	lines = survey_text(sync->compare);
	if (result == SURVEY_RESULT_END && lines->size) {
		buf_add(text, lines->data, lines->size);
		nfnl_forget(sync->nfnl);
	}
	sync->compare = survey_free(sync->compare);
	if (result == SURVEY_RESULT_END)
		return 0;
	return err_set(reterr, -EAGAIN, "another program changed the tables meanwhile");
}

int verification_compare(struct sync *sync, const struct sync_addresses *addresses, size_t columns,
			 struct buf *text, struct err *reterr)
{
	int r;

	if (sync->first_done) {
		r = verification_compare_step(sync, columns, text, reterr);
		/* Small tables are compared in one step. */
		if (r != -EAGAIN || first_sync_may_put_right(sync))
			return r;
		state_begin_unchanged(sync->state);
		r = verification_compare_all(sync, columns, text, reterr);
		state_rollback(sync->state);
		return r;
	}
	if (first_sync_is_under_way(sync) || sync->first.is_again)
		return err_set(reterr, -EAGAIN, "the first sync is under way");
	sync_attempt_begin(sync, addresses, NULL, SIZE_MAX);
	r = verification_compare_all(sync, columns, text, reterr);
	sync_attempt_roll_back(sync);
	return r;
}
