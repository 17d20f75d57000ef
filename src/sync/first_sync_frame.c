/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "sync/first_sync_frame.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "backend/nfnl.h"
#include "backend/nfnl_chain.h"
#include "backend/nfnl_read.h"
#include "base/arena.h"
#include "render/layout.h"
#include "sync/node_view.h"
#include "sync/sync_attempt.h"
#include "sync/sync_internal.h"

/* Add those of the chains that exist and are not in the frame yet; a chain that an earlier step has made has none. */
static int first_sync_frame_read_chains(struct sync *sync, const struct chain *const *chains, size_t n,
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

static int first_sync_frame_read_skeleton(struct sync *sync, const struct skeleton *skeleton)
{
	const struct chain **chains = arena_array(sync->arena, skeleton->n_chains, sizeof(*chains));
	size_t i, n = 0;

	for (i = 0; i < skeleton->n_chains; i++)
		if (sync->first.frame.table[skeleton->chains[i].table] == SNAPSHOT_TABLE_OURS)
			chains[n++] = &skeleton->chains[i];
	return first_sync_frame_read_chains(sync, chains, n, NULL);
}

/* Chains that an earlier step has added are not added again, unless they were deleted. */
int first_sync_frame_read_added_chains(struct sync *sync, const struct changes *changes, struct err *reterr)
{
	const struct chain **chains = arena_array(sync->arena, changes->n, sizeof(*chains));
	size_t i, n = 0;

	for (i = 0; i < changes->n; i++)
		if (changes->list[i].op == CHANGE_OP_CHAIN_ADD)
			chains[n++] = changes->list[i].chain;
	return first_sync_frame_read_chains(sync, chains, n, reterr);
}

/* Client maps that nothing used when the steps began may have been deleted as leftovers. */
int first_sync_frame_read_client_maps(struct sync *sync, const struct changes *changes, struct err *reterr)
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

/* The sets without whose elements some rules are left out. */
static uint64_t first_sync_frame_conditional(const struct skeleton *skeleton)
{
	uint64_t sets = 0;
	size_t i, k;

	for (i = 0; i < skeleton->n_chains; i++)
		for (k = 0; k < skeleton->chains[i].n_rules; k++)
			if (skeleton->chains[i].rules[k].conditional)
				sets |= UINT64_C(1) << skeleton->chains[i].rules[k].set;
	return sets;
}

static bool first_sync_frame_has_chains(struct first_sync *first, const struct skeleton *skeleton,
					enum family family)
{
	const struct snapshot_chain *found;
	size_t i;

	for (i = 0; i < skeleton->n_chains; i++) {
		if (skeleton->chains[i].table != family)
			continue;
		found = snapshot_find_chain(&first->frame, family, skeleton->chains[i].name);
		if (found && !snapshot_same_chain(&first->frame, found, &skeleton->chains[i]))
			return false;
	}
	return true;
}

/*
 * The earlier run has left out rules for sets that were empty. Find out which, so that these rules are not added for the time of
 * the first sync. If others differ, too, all are added, and taken out in the end.
 */
static void first_sync_frame_find_used(struct first_sync *first, const struct skeleton *skeleton,
				       struct arena *arena)
{
	uint64_t conditional = first_sync_frame_conditional(skeleton), tried[_FAMILY_MAX];
	struct skeleton used;
	int family;

	for (family = 0; family < _FAMILY_MAX; family++) {
		memset(tried, 0, sizeof(tried));
		/* All subsets, the empty one first. */
		for (;;) {
			rule_skeleton_use(skeleton, tried, arena, &used);
			if (tried[family] == conditional ||
			    first_sync_frame_has_chains(first, &used, (enum family)family))
				break;
			tried[family] = (tried[family] - conditional) & conditional;
		}
		first->used[family] = tried[family];
	}
}

/* How a table is, compared with the skeleton that it shall have. */
enum first_sync_frame_table {
	FIRST_SYNC_FRAME_TABLE_NONE,	 /* it does not exist, and shall not */
	FIRST_SYNC_FRAME_TABLE_NEW,	 /* it does not exist */
	FIRST_SYNC_FRAME_TABLE_UNHOOKED, /* it has no base chains: its first sync did not come to its end */
	FIRST_SYNC_FRAME_TABLE_SAME,
	FIRST_SYNC_FRAME_TABLE_CHANGED, /* only rules differ */
	FIRST_SYNC_FRAME_TABLE_OTHER,	/* of another version or program */
};

static enum first_sync_frame_table first_sync_frame_judge(struct snapshot *frame,
							  const struct skeleton *skeleton, enum family family)
{
	enum first_sync_frame_table result = FIRST_SYNC_FRAME_TABLE_SAME;
	const struct snapshot_chain *found;
	bool hooked = false;
	size_t i;

	if (frame->table[family] == SNAPSHOT_TABLE_ABSENT)
		return skeleton->family_enabled[family] ? FIRST_SYNC_FRAME_TABLE_NEW
							: FIRST_SYNC_FRAME_TABLE_NONE;
	if (frame->table[family] != SNAPSHOT_TABLE_OURS || !skeleton->family_enabled[family])
		return FIRST_SYNC_FRAME_TABLE_OTHER;
	for (i = 0; i < skeleton->n_chains; i++) {
		if (skeleton->chains[i].table != family)
			continue;
		found = snapshot_find_chain(frame, family, skeleton->chains[i].name);
		if (!found || !snapshot_same_chain(frame, found, &skeleton->chains[i]))
			result = FIRST_SYNC_FRAME_TABLE_CHANGED;
		if (found && !snapshot_same_head(frame, found, &skeleton->chains[i]))
			return FIRST_SYNC_FRAME_TABLE_OTHER;
		hooked |= found && skeleton->chains[i].hook != RULE_HOOK_NONE;
	}
	return hooked ? result : FIRST_SYNC_FRAME_TABLE_UNHOOKED;
}

/* Note how the tables are to be filled. Return: false: one is of another version, which cannot be changed in steps. */
static bool first_sync_frame_judge_all(struct first_sync *first, const struct skeleton *skeleton)
{
	int family;

	first->is_new = true;
	first->is_changed = false;
	for (family = 0; family < _FAMILY_MAX; family++) {
		enum first_sync_frame_table table =
			first_sync_frame_judge(&first->frame, skeleton, (enum family)family);

		if (table == FIRST_SYNC_FRAME_TABLE_OTHER)
			return false;
		first->unhooked[family] =
			table == FIRST_SYNC_FRAME_TABLE_NEW || table == FIRST_SYNC_FRAME_TABLE_UNHOOKED;
		first->is_new &= table == FIRST_SYNC_FRAME_TABLE_NEW || table == FIRST_SYNC_FRAME_TABLE_NONE;
		first->is_changed |=
			table == FIRST_SYNC_FRAME_TABLE_CHANGED || table == FIRST_SYNC_FRAME_TABLE_UNHOOKED;
	}
	return true;
}

/* Read the frame of the tables in use. Return: 1: they can be filled in steps; 0: one is of another version; negative errno. */
int first_sync_frame_look(struct sync *sync, const struct sync_addresses *addresses)
{
	struct first_sync *first = &sync->first;
	struct skeleton skeleton;
	struct node_view view;
	int r = nfnl_read(sync->nfnl, layout_sets(), _LAYOUT_SET_MAX, NFNL_READ_FRAME, &first->frame, NULL);

	if (r < 0)
		return r;
	sync_attempt_skeleton(sync, addresses, sync->arena, &view, &skeleton);
	r = first_sync_frame_read_skeleton(sync, &skeleton);
	if (r >= 0) {
		first_sync_frame_find_used(first, &skeleton, sync->arena);
		rule_skeleton_use(&skeleton, first->used, sync->arena, &skeleton);
		r = first_sync_frame_judge_all(first, &skeleton);
	}
	arena_reset(sync->arena);
	if (r <= 0)
		snapshot_done(&first->frame);
	return r;
}
