/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Two readings of the state
 *
 * Elements are read into @found, and each time that it has LEFTOVERS_CHUNK of them, the installed elements are looked up in it, in
 * turns. Those of @found that are not installed go to @extra. When all is read, the same is done with @extra, since syncs may have
 * installed some of them meanwhile. From then on leftovers_spare() takes out what syncs install.
 */
#include "config.h"
#include "sync/leftovers.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "backend/nfnl.h"
#include "backend/nfnl_dump.h"
#include "backend/nfnl_lookup.h"
#include "backend/nfnl_read.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/monotonic.h"
#include "render/state.h"
#include "render/state_walk.h"
#include "ruleset/change.h"
#include "ruleset/snapshot.h"
#include "sync/leftovers_chains.h"
#include "sync/part_list.h"

enum leftovers_phase {
	LEFTOVERS_PHASE_LOOK,	    /* at the numbers of elements and chains */
	LEFTOVERS_PHASE_READ,	    /* elements, into @found */
	LEFTOVERS_PHASE_MARK,	    /* those of @found that are installed, or @unclaimed: that are claimed */
	LEFTOVERS_PHASE_MARK_EXTRA, /* those of @extra */
	LEFTOVERS_PHASE_DELETE,
	LEFTOVERS_PHASE_CHAINS,
};

/* Elements between two looks at the clock, if a function is called for each: its cost depends on the number of Services. */
#define LEFTOVERS_ASK_SIZE 100

static_assert(_LAYOUT_SET_MAX <= 64, "a bit for each set");

/**
 * struct leftovers
 * @unclaimed, @needs, @ctx: leftovers_new_unclaimed()
 * @round:	how often the numbers were compared
 * @sets:	by table: a bit for each set that may have leftovers and was not read in this round
 * @reading:	@set, which is being read, has more
 * @unsure:	the kernel does not say how many elements a set has
 * @disturbed:	a transaction was sent while sets were read
 * @parts:	to be looked up; @node_done: the node's own are
 * @at:		position of the next element in @extra that is to be deleted; or in @found that is to be marked
 */
struct leftovers {
	struct leftovers_target target;
	const struct state *state;
	bool unclaimed;
	bool (*needs)(void *ctx, const struct element *verdict);
	void *ctx;
	enum leftovers_phase phase;
	unsigned int round;
	uint64_t sets[_FAMILY_MAX];
	bool reading;
	uint8_t set;
	bool unsure;
	bool disturbed;
	struct nfnl_dump *dump;
	struct snapshot found;
	struct snapshot extra;
	struct part_list parts;
	bool node_done;
	size_t at;
	struct leftovers_chains *chains;
	struct arena *arena;
};

struct leftovers *leftovers_new(struct nfnl *nfnl, const struct state *state)
{
	struct leftovers *leftovers = alloc_zeroed(1, sizeof(*leftovers));

	leftovers_target_init(&leftovers->target, nfnl);
	leftovers->state = state;
	leftovers->dump = nfnl_dump_new(nfnl);
	leftovers->arena = arena_new();
	leftovers->chains = leftovers_chains_new(&leftovers->target, state);
	snapshot_init(&leftovers->found);
	snapshot_init(&leftovers->extra);
	return leftovers;
}

struct leftovers *leftovers_new_unclaimed(struct nfnl *nfnl, const struct state *state,
					  bool (*needs)(void *ctx, const struct element *verdict), void *ctx)
{
	struct leftovers *leftovers = leftovers_new(nfnl, state);

	leftovers->unclaimed = true;
	leftovers->needs = needs;
	leftovers->ctx = ctx;
	return leftovers;
}

struct leftovers *leftovers_free(struct leftovers *leftovers)
{
	if (!leftovers)
		return NULL;
	nfnl_dump_free(leftovers->dump);
	snapshot_done(&leftovers->found);
	snapshot_done(&leftovers->extra);
	part_list_done(&leftovers->parts);
	leftovers_chains_free(leftovers->chains);
	arena_free(leftovers->arena);
	free(leftovers);
	return NULL;
}

void leftovers_print(struct leftovers *leftovers, const struct leftovers_missing *missing, size_t columns,
		     struct buf *text)
{
	leftovers->target.missing = missing;
	leftovers->target.columns = columns;
	leftovers->target.text = text;
}

static void leftovers_empty(struct snapshot *snapshot)
{
	snapshot_done(snapshot);
	snapshot_init(snapshot);
}

/* --- what differs ------------------------------------------------------------------------------------------
 */

/* A bit for each verdict map. */
static uint64_t leftovers_verdict_maps(void)
{
	uint64_t maps = 0;
	int set;

	for (set = 0; set < _LAYOUT_SET_MAX; set++)
		if (layout_sets()[set].kind == SET_KIND_VERDICT_MAP)
			maps |= 1ull << set;
	return maps;
}

/*
 * Verdict maps come in a round of their own: without its verdicts a front end that is left over has no effect. Not if the kernel does not
 * say how many elements a set has: then all sets must be read in one round; and printing has one round only.
 */
static void leftovers_verdicts_first(struct leftovers *leftovers)
{
	uint64_t verdicts = leftovers_verdict_maps();
	int family;

	if (leftovers->unsure || leftovers->target.text ||
	    !((leftovers->sets[FAMILY_IPV4] | leftovers->sets[FAMILY_IPV6]) & verdicts))
		return;
	for (family = 0; family < _FAMILY_MAX; family++)
		leftovers->sets[family] &= verdicts;
}

/* Which sets have other numbers of elements. Return: whether there is one. */
static bool leftovers_find_sets(struct leftovers *leftovers, const struct snapshot *frame)
{
	bool trusted = leftovers->unsure && !leftovers->disturbed, any = false;
	int family, set;

	leftovers->unsure = false;
	for (family = 0; family < _FAMILY_MAX; family++)
		for (set = 0; set < _LAYOUT_SET_MAX; set++) {
			size_t n = frame->n_in_set[family][set];
			bool unknown = n == SIZE_MAX;

			if (leftovers->target.missing && !unknown)
				n += leftovers->target.missing->elements[family][set];
			if (frame->table[family] != SNAPSHOT_TABLE_OURS || (unknown && trusted) ||
			    n == state_n_in_sets(leftovers->state, (enum family)family)[set])
				continue;
			leftovers->unsure |= unknown;
			leftovers->sets[family] |= 1ull << set;
			any = true;
		}
	leftovers_verdicts_first(leftovers);
	return any;
}

/* Which verdict maps have elements. Return: whether there is one. */
static bool leftovers_find_verdict_maps(struct leftovers *leftovers, const struct snapshot *frame)
{
	uint64_t maps = leftovers_verdict_maps();
	bool any = false;
	int family, set;

	for (family = 0; family < _FAMILY_MAX; family++)
		for (set = 0; set < _LAYOUT_SET_MAX; set++) {
			if (frame->table[family] != SNAPSHOT_TABLE_OURS || !(maps >> set & 1) ||
			    !frame->n_in_set[family][set])
				continue;
			leftovers->sets[family] |= 1ull << set;
			any = true;
		}
	return any;
}

/* There is one round. */
static enum leftovers_result leftovers_look_unclaimed(struct leftovers *leftovers)
{
	struct snapshot frame;

	if (leftovers->round++)
		return LEFTOVERS_RESULT_NONE;
	if (nfnl_read(leftovers->target.nfnl, layout_sets(), _LAYOUT_SET_MAX, NFNL_READ_COMPARE, &frame,
		      NULL) < 0)
		return LEFTOVERS_RESULT_UNKNOWN;
	if (leftovers_find_verdict_maps(leftovers, &frame))
		leftovers->phase = LEFTOVERS_PHASE_READ;
	snapshot_done(&frame);
	return LEFTOVERS_RESULT_MORE;
}

/* How many client maps of @frame are installed. */
static size_t leftovers_count_client_maps(const struct leftovers *leftovers, const struct snapshot *frame)
{
	size_t i, n = 0;

	for (i = 0; i < frame->n_client_maps; i++)
		n += state_walk_has_client_map(leftovers->state, &frame->client_maps[i].map);
	return n;
}

/* In one transaction: a table has PORT_CHAINS_CLIENT_MAPS at most, and the kernel frees their clients afterwards. */
static enum leftovers_result leftovers_delete_client_maps(struct leftovers *leftovers,
							  const struct snapshot *frame)
{
	struct changes changes;
	size_t i;

	leftovers_target_begin(&leftovers->target, &changes);
	for (i = 0; i < frame->n_client_maps; i++)
		if (!state_walk_has_client_map(leftovers->state, &frame->client_maps[i].map))
			change_add_client_map(&changes, CHANGE_OP_CLIENT_MAP_DEL, SERVICE_NAME_NONE,
					      &frame->client_maps[i].map);
	return leftovers_target_send(&leftovers->target, &changes, changes.n) < 0 ? LEFTOVERS_RESULT_UNKNOWN
										  : LEFTOVERS_RESULT_MORE;
}

/* Elements first: they may lead to chains that are not needed. Client maps last: chains use them. */
static enum leftovers_result leftovers_look(struct leftovers *leftovers)
{
	enum leftovers_result result = LEFTOVERS_RESULT_MORE;
	size_t n_client_maps = state_walk_count_client_maps(leftovers->state);
	struct snapshot frame;

	if (leftovers->round++ == LEFTOVERS_ROUNDS_MAX ||
	    nfnl_read(leftovers->target.nfnl, layout_sets(), _LAYOUT_SET_MAX, NFNL_READ_COMPARE, &frame,
		      NULL) < 0)
		return LEFTOVERS_RESULT_UNKNOWN;
	if (leftovers_count_client_maps(leftovers, &frame) != n_client_maps ||
	    (leftovers->target.text && frame.n_client_maps != n_client_maps))
		result = LEFTOVERS_RESULT_UNKNOWN;
	else if (!(leftovers->target.text && leftovers->round > 1) && leftovers_find_sets(leftovers, &frame))
		leftovers->phase = LEFTOVERS_PHASE_READ;
	else if (leftovers_chains_find(leftovers->chains, &frame))
		leftovers->phase = LEFTOVERS_PHASE_CHAINS;
	else if (frame.n_client_maps != n_client_maps)
		result = leftovers_delete_client_maps(leftovers, &frame);
	else
		result = LEFTOVERS_RESULT_NONE;
	snapshot_done(&frame);
	leftovers->disturbed = false;
	return result;
}

/* --- elements ----------------------------------------------------------------------------------------------
 */

/* Look all installed elements up in @snapshot, which is complete. */
static void leftovers_start_marking(struct leftovers *leftovers, struct snapshot *snapshot,
				    enum leftovers_phase phase)
{
	snapshot_seal(snapshot);
	part_list_fill(&leftovers->parts, leftovers->state);
	leftovers->node_done = false;
	leftovers->phase = phase;
}

/* The next set, as its number; -1: all are read. */
static int leftovers_next_set(struct leftovers *leftovers, int *ret_family)
{
	int family, set;

	for (family = 0; family < _FAMILY_MAX; family++)
		for (set = 0; set < _LAYOUT_SET_MAX; set++) {
			if (!(leftovers->sets[family] >> set & 1))
				continue;
			leftovers->sets[family] &= ~(1ull << set);
			*ret_family = family;
			return set;
		}
	return -1;
}

/* One datagram. */
static enum leftovers_result leftovers_read(struct leftovers *leftovers)
{
	bool foreign = false;
	int family, set, r;

	if (leftovers->reading) {
		r = nfnl_dump_step_into(leftovers->dump, layout_sets(), leftovers->set, &leftovers->found,
					&foreign, NULL);
		leftovers->reading = r > 0;
	} else {
		set = leftovers_next_set(leftovers, &family);
		if (set < 0) {
			leftovers_start_marking(leftovers, &leftovers->found, LEFTOVERS_PHASE_MARK);
			return LEFTOVERS_RESULT_MORE;
		}
		leftovers->set = (uint8_t)set;
		r = nfnl_dump_start(leftovers->dump, (enum family)family, layout_sets()[set].name, NULL);
		leftovers->reading = !r;
	}
	if (r < 0 || foreign)
		return LEFTOVERS_RESULT_UNKNOWN;
	if (leftovers->found.n_elements >= LEFTOVERS_CHUNK)
		leftovers_start_marking(leftovers, &leftovers->found, LEFTOVERS_PHASE_MARK);
	return LEFTOVERS_RESULT_MORE;
}

static void leftovers_mark(struct snapshot *snapshot, const struct element *e)
{
	struct element found;
	size_t at = snapshot_find_element(snapshot, e, &found);

	if (at != SIZE_MAX)
		snapshot->element_seen[at] = true;
}

/* Look up the elements of one part. Return: whether there are others. */
static bool leftovers_mark_part(struct leftovers *leftovers, struct snapshot *snapshot)
{
	struct buf packed = BUF_INIT;
	struct service_name service;
	struct element e;
	uint64_t part;
	size_t offset;

	if (!leftovers->node_done)
		(void)state_walk_node_elements(leftovers->state, &packed);
	else if (part_list_next(&leftovers->parts, &service, &part))
		(void)state_walk_elements(leftovers->state, service, part, &packed);
	else
		return false;
	leftovers->node_done = true;
	for (offset = 0; offset < packed.size;) {
		offset = set_element_unpack(packed.data, offset, &e);
		leftovers_mark(snapshot, &e);
	}
	buf_done(&packed);
	return true;
}

/* Mark some of the elements that a Service claims or needs. Return: whether there are others. */
static bool leftovers_mark_claimed(struct leftovers *leftovers)
{
	struct snapshot *found = &leftovers->found;
	size_t end = leftovers->at + (leftovers->needs ? LEFTOVERS_ASK_SIZE : LEFTOVERS_STEP_SIZE);
	struct element e;

	for (; leftovers->at < found->n_elements && leftovers->at < end; leftovers->at++) {
		snapshot_element(found, leftovers->at, &e);
		if (state_walk_is_claimed(leftovers->state, &e) ||
		    (leftovers->needs && leftovers->needs(leftovers->ctx, &e)))
			found->element_seen[leftovers->at] = true;
	}
	if (leftovers->at < found->n_elements)
		return true;
	leftovers->at = 0;
	return false;
}

/* From @at on: the first element that is not marked; one that was read twice is marked once. @snapshot->n_elements: none. */
static size_t leftovers_unmarked(const struct snapshot *snapshot, size_t at)
{
	size_t end, i;

	for (; at < snapshot->n_elements; at = end) {
		struct element e, other;
		bool seen = false;

		snapshot_element(snapshot, at, &e);
		for (end = at; end < snapshot->n_elements; end++) {
			snapshot_element(snapshot, end, &other);
			if (set_element_cmp(&e, &other) != 0)
				break;
		}
		for (i = at; i < end; i++)
			seen |= snapshot->element_seen[i];
		if (!seen)
			return end - 1;
	}
	return snapshot->n_elements;
}

/* What is not marked goes to @extra. */
static void leftovers_keep_unmarked(struct leftovers *leftovers)
{
	struct snapshot *found = &leftovers->found;
	struct element e;
	size_t at;

	for (at = leftovers_unmarked(found, 0); at < found->n_elements;
	     at = leftovers_unmarked(found, at + 1)) {
		snapshot_element(found, at, &e);
		snapshot_add_element(&leftovers->extra, &e);
	}
	leftovers_empty(found);
	leftovers->phase = LEFTOVERS_PHASE_READ;
	if (leftovers->reading || leftovers->sets[FAMILY_IPV4] || leftovers->sets[FAMILY_IPV6])
		return;
	if (!leftovers->extra.n_elements) {
		leftovers->phase = LEFTOVERS_PHASE_LOOK;
	} else if (leftovers->unclaimed) {
		snapshot_seal(&leftovers->extra);
		leftovers->phase = LEFTOVERS_PHASE_DELETE;
	} else {
		leftovers_start_marking(leftovers, &leftovers->extra, LEFTOVERS_PHASE_MARK_EXTRA);
	}
}

/* Delete those of the elements that exist. Return: 0; negative errno. */
static int leftovers_delete_some(struct leftovers *leftovers, const struct element *elements, size_t n)
{
	struct changes changes;
	struct snapshot found;
	bool foreign = false;
	struct element e;
	size_t i;
	int r;

	snapshot_init(&found);
	r = nfnl_lookup(leftovers->target.nfnl, layout_sets(), elements, n, &found, &foreign, NULL);
	snapshot_seal(&found);
	leftovers_target_begin(&leftovers->target, &changes);
	for (i = 0; i < n; i++)
		if (snapshot_find_element(&found, &elements[i], &e) != SIZE_MAX)
			change_add_element(&changes, CHANGE_OP_ELEMENT_DEL, SERVICE_NAME_NONE, &e);
	snapshot_done(&found);
	if (!r)
		return leftovers_target_send(&leftovers->target, &changes, changes.n);
	change_done(&changes);
	return r;
}

/* One transaction. */
static enum leftovers_result leftovers_delete(struct leftovers *leftovers)
{
	const struct snapshot *extra = &leftovers->extra;
	struct element *elements = arena_array(leftovers->arena, LEFTOVERS_STEP_SIZE, sizeof(*elements));
	size_t n = 0;
	int r = 0;

	while (n < LEFTOVERS_STEP_SIZE) {
		leftovers->at = leftovers_unmarked(extra, leftovers->at);
		if (leftovers->at == extra->n_elements)
			break;
		snapshot_element(extra, leftovers->at++, &elements[n]);
		/* A Service may have claimed it meanwhile. */
		if (!leftovers->unclaimed || !state_walk_is_claimed(leftovers->state, &elements[n]))
			n++;
	}
	if (n)
		r = leftovers_delete_some(leftovers, elements, n);
	arena_reset(leftovers->arena);
	if (r < 0)
		return LEFTOVERS_RESULT_UNKNOWN;
	if (leftovers->at < extra->n_elements)
		return LEFTOVERS_RESULT_MORE;
	leftovers_empty(&leftovers->extra);
	leftovers->at = 0;
	leftovers->phase = LEFTOVERS_PHASE_LOOK;
	return LEFTOVERS_RESULT_MORE;
}

void leftovers_spare(struct leftovers *leftovers, const struct changes *changes)
{
	struct element e;
	size_t i;

	leftovers->disturbed = true;
	leftovers_chains_spare(leftovers->chains, changes);
	if (leftovers->phase != LEFTOVERS_PHASE_MARK_EXTRA && leftovers->phase != LEFTOVERS_PHASE_DELETE)
		return;
	for (i = 0; i < changes->n; i++) {
		if (changes->list[i].op != CHANGE_OP_ELEMENT_ADD)
			continue;
		change_element(changes, &changes->list[i], &e);
		leftovers_mark(&leftovers->extra, &e);
	}
}

/* One short piece of work; all but a transaction fit several times into a turn. */
static enum leftovers_result leftovers_go_on(struct leftovers *leftovers)
{
	enum leftovers_result result;
	bool done;

	switch (leftovers->phase) {
	case LEFTOVERS_PHASE_LOOK:
		return leftovers->unclaimed ? leftovers_look_unclaimed(leftovers) : leftovers_look(leftovers);
	case LEFTOVERS_PHASE_READ:
		return leftovers_read(leftovers);
	case LEFTOVERS_PHASE_MARK:
		if (!(leftovers->unclaimed ? leftovers_mark_claimed(leftovers)
					   : leftovers_mark_part(leftovers, &leftovers->found)))
			leftovers_keep_unmarked(leftovers);
		break;
	case LEFTOVERS_PHASE_MARK_EXTRA:
		if (!leftovers_mark_part(leftovers, &leftovers->extra))
			leftovers->phase = LEFTOVERS_PHASE_DELETE;
		break;
	case LEFTOVERS_PHASE_DELETE:
		return leftovers_delete(leftovers);
	case LEFTOVERS_PHASE_CHAINS:
		result = leftovers_chains_go_on(leftovers->chains, &done);
		if (done)
			leftovers->phase = LEFTOVERS_PHASE_LOOK;
		return result;
	}
	return LEFTOVERS_RESULT_MORE;
}

/* Another process has changed the tables. Before the first transaction of this process they are only read. */
static bool leftovers_is_disturbed(const struct leftovers *leftovers)
{
	enum knowledge_state state = nfnl_knowledge(leftovers->target.nfnl);

	return !leftovers->target.text && state != KNOWLEDGE_CURRENT &&
	       !(leftovers->unclaimed && state == KNOWLEDGE_READ);
}

enum leftovers_result leftovers_step(struct leftovers *leftovers)
{
	uint64_t end_us = monotonic_us() + LEFTOVERS_TURN_US;
	enum leftovers_result result;

	do {
		if (leftovers_is_disturbed(leftovers))
			return LEFTOVERS_RESULT_UNKNOWN;
		result = leftovers_go_on(leftovers);
	} while (result == LEFTOVERS_RESULT_MORE && monotonic_us() < end_us);
	return result;
}

size_t leftovers_n_deleted(const struct leftovers *leftovers)
{
	return leftovers->target.n_deleted;
}
