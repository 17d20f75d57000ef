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
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backend/diff_text.h"
#include "backend/nfnl.h"
#include "backend/nfnl_chain.h"
#include "backend/nfnl_commit.h"
#include "backend/nfnl_dump.h"
#include "backend/nfnl_lookup.h"
#include "backend/nfnl_read.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/monotonic.h"
#include "render/layout.h"
#include "render/state.h"
#include "render/state_walk.h"
#include "ruleset/change.h"
#include "ruleset/snapshot.h"
#include "sync/service_names.h"

enum leftovers_phase {
	LEFTOVERS_PHASE_LOOK,	    /* at the numbers of elements */
	LEFTOVERS_PHASE_READ,	    /* elements, into @found */
	LEFTOVERS_PHASE_MARK,	    /* those of @found that are installed */
	LEFTOVERS_PHASE_MARK_EXTRA, /* those of @extra */
	LEFTOVERS_PHASE_DELETE,
	LEFTOVERS_PHASE_READ_CHAINS,  /* their names, into @found */
	LEFTOVERS_PHASE_MARK_CHAINS,  /* those of @found that are installed */
	LEFTOVERS_PHASE_EMPTY_CHAINS, /* the others */
	LEFTOVERS_PHASE_DELETE_CHAINS,
};

static_assert(_LAYOUT_SET_MAX <= 64, "a bit for each set");

/**
 * struct leftovers
 * @round:	how often the numbers were compared
 * @sets:	by table: a bit for each set that may have leftovers and was not read in this round
 * @chains:	the table's chains are to be listed; @listed: they are in @found
 * @reading:	@set, or the list of chains, which is being read, has more
 * @unsure:	the kernel does not say how many elements a set has
 * @disturbed:	a transaction was sent while sets or chains were read
 * @interrupted: the list of chains may be incomplete
 * @lacking:	an installed chain is not in the list
 * @services, @parts: the parts of Services to be looked up, from @next on; @node_done: the node's own are
 * @shared:	names of the chains that no port owns, to be looked up from @next_shared on
 * @at:		position of the next element in @extra, or chain in @found, that is to be deleted
 * @text:	leftovers_print(), with @missing and @columns; or NULL
 */
struct leftovers {
	struct nfnl *nfnl;
	const struct state *state;
	enum leftovers_phase phase;
	unsigned int round;
	uint64_t sets[_FAMILY_MAX];
	bool chains[_FAMILY_MAX];
	bool listed[_FAMILY_MAX];
	bool reading;
	uint8_t set;
	bool unsure;
	bool disturbed;
	bool interrupted;
	bool lacking;
	struct nfnl_dump *dump;
	struct snapshot found;
	struct snapshot extra;
	struct service_names services;
	size_t n_parts;
	uint64_t *parts;
	size_t next;
	bool node_done;
	size_t n_shared;
	struct state_walk_shared *shared;
	size_t next_shared;
	size_t at;
	size_t n_deleted;
	const struct leftovers_missing *missing;
	size_t columns;
	struct buf *text;
	struct arena *arena;
};

struct leftovers *leftovers_new(struct nfnl *nfnl, const struct state *state)
{
	struct leftovers *leftovers = alloc_zeroed(1, sizeof(*leftovers));

	leftovers->nfnl = nfnl;
	leftovers->state = state;
	leftovers->dump = nfnl_dump_new(nfnl);
	leftovers->arena = arena_new();
	snapshot_init(&leftovers->found);
	snapshot_init(&leftovers->extra);
	return leftovers;
}

struct leftovers *leftovers_free(struct leftovers *leftovers)
{
	if (!leftovers)
		return NULL;
	nfnl_dump_free(leftovers->dump);
	snapshot_done(&leftovers->found);
	snapshot_done(&leftovers->extra);
	service_names_done(&leftovers->services);
	free(leftovers->parts);
	free(leftovers->shared);
	arena_free(leftovers->arena);
	free(leftovers);
	return NULL;
}

void leftovers_print(struct leftovers *leftovers, const struct leftovers_missing *missing, size_t columns,
		     struct buf *text)
{
	leftovers->missing = missing;
	leftovers->columns = columns;
	leftovers->text = text;
}

static void leftovers_empty(struct snapshot *snapshot)
{
	snapshot_done(snapshot);
	snapshot_init(snapshot);
}

/* --- what differs ------------------------------------------------------------------------------------------
 */

/*
 * Verdict maps come in a round of their own: without its verdicts a front end that is left over has no effect. Not if the kernel does not
 * say how many elements a set has: then all sets must be read in one round; and printing has one round only.
 */
static void leftovers_verdicts_first(struct leftovers *leftovers)
{
	uint64_t verdicts = 0;
	int family, set;

	for (set = 0; set < _LAYOUT_SET_MAX; set++)
		if (layout_sets()[set].kind == SET_KIND_VERDICT_MAP)
			verdicts |= 1ull << set;
	if (leftovers->unsure || leftovers->text ||
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

			if (leftovers->missing && !unknown)
				n += leftovers->missing->elements[family][set];
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

static size_t leftovers_n_missing(const struct leftovers *leftovers, int family)
{
	return leftovers->missing ? leftovers->missing->chains[family] : 0;
}

/* Which tables have other numbers of chains. Return: whether there is one. */
static bool leftovers_find_chains(struct leftovers *leftovers, const struct snapshot *frame)
{
	size_t n_chains[_FAMILY_MAX], n_rules;
	bool any = false;
	int family;

	state_walk_count_chains(leftovers->state, n_chains, &n_rules);
	for (family = 0; family < _FAMILY_MAX; family++) {
		leftovers->chains[family] =
			frame->table[family] == SNAPSHOT_TABLE_OURS &&
			frame->n_chains_in[family] + leftovers_n_missing(leftovers, family) !=
				n_chains[family];
		any |= leftovers->chains[family];
	}
	return any;
}

/* Elements first: they may lead to chains that are not needed. */
static enum leftovers_result leftovers_look(struct leftovers *leftovers)
{
	enum leftovers_result result = LEFTOVERS_RESULT_MORE;
	struct snapshot frame;

	if (leftovers->round++ == LEFTOVERS_ROUNDS_MAX ||
	    nfnl_read(leftovers->nfnl, layout_sets(), _LAYOUT_SET_MAX, NFNL_READ_COMPARE, &frame, NULL) < 0)
		return LEFTOVERS_RESULT_UNKNOWN;
	if (state_walk_count_client_maps(leftovers->state) != frame.n_client_maps)
		result = LEFTOVERS_RESULT_UNKNOWN;
	else if (!(leftovers->text && leftovers->round > 1) && leftovers_find_sets(leftovers, &frame))
		leftovers->phase = LEFTOVERS_PHASE_READ;
	else if (leftovers_find_chains(leftovers, &frame))
		leftovers->phase = LEFTOVERS_PHASE_READ_CHAINS;
	else
		result = LEFTOVERS_RESULT_NONE;
	snapshot_done(&frame);
	leftovers->disturbed = leftovers->interrupted = leftovers->lacking = false;
	return result;
}

/* --- elements ----------------------------------------------------------------------------------------------
 */

static void leftovers_add_part(void *ctx, struct service_name service, uint64_t part)
{
	struct leftovers *leftovers = ctx;

	service_names_add(&leftovers->services, service);
	*ALLOC_APPEND(leftovers->parts, leftovers->n_parts) = part;
}

/* Look all installed elements up in @snapshot, which is complete. */
static void leftovers_start_marking(struct leftovers *leftovers, struct snapshot *snapshot,
				    enum leftovers_phase phase)
{
	snapshot_seal(snapshot);
	service_names_clear(&leftovers->services);
	leftovers->n_parts = leftovers->next = 0;
	state_walk_parts(leftovers->state, leftovers_add_part, leftovers);
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
	struct element e;
	size_t offset;

	if (!leftovers->node_done) {
		(void)state_walk_node_elements(leftovers->state, &packed);
	} else if (leftovers->next == leftovers->n_parts) {
		return false;
	} else {
		(void)state_walk_elements(leftovers->state, leftovers->services.list[leftovers->next],
					  leftovers->parts[leftovers->next], &packed);
		leftovers->next++;
	}
	leftovers->node_done = true;
	for (offset = 0; offset < packed.size;) {
		offset = set_element_unpack(packed.data, offset, &e);
		leftovers_mark(snapshot, &e);
	}
	buf_done(&packed);
	return true;
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
	if (!leftovers->extra.n_elements)
		leftovers->phase = LEFTOVERS_PHASE_LOOK;
	else
		leftovers_start_marking(leftovers, &leftovers->extra, LEFTOVERS_PHASE_MARK_EXTRA);
}

/* --- chains ------------------------------------------------------------------------------------------------
 */

/* The next table whose chains are listed; -1: all are. */
static int leftovers_next_table(struct leftovers *leftovers)
{
	int family;

	for (family = 0; family < _FAMILY_MAX; family++)
		if (leftovers->chains[family]) {
			leftovers->chains[family] = false;
			return family;
		}
	return -1;
}

static void leftovers_start_marking_chains(struct leftovers *leftovers)
{
	leftovers_start_marking(leftovers, &leftovers->found, LEFTOVERS_PHASE_MARK_CHAINS);
	free(leftovers->shared);
	leftovers->n_shared = state_walk_list_shared(leftovers->state, &leftovers->shared);
	leftovers->next_shared = 0;
}

/* One datagram of names. */
static enum leftovers_result leftovers_read_chains(struct leftovers *leftovers)
{
	bool foreign = false;
	int family, r;

	if (leftovers->reading) {
		r = nfnl_dump_step_chains(leftovers->dump, &leftovers->found, &foreign, NULL);
		leftovers->reading = r > 0;
		leftovers->interrupted |= nfnl_dump_interrupted(leftovers->dump);
	} else {
		family = leftovers_next_table(leftovers);
		if (family < 0) {
			leftovers_start_marking_chains(leftovers);
			return LEFTOVERS_RESULT_MORE;
		}
		r = nfnl_dump_start_chains(leftovers->dump, (enum family)family, NULL);
		leftovers->reading = !r;
		leftovers->listed[family] = true;
	}
	return r < 0 || foreign ? LEFTOVERS_RESULT_UNKNOWN : LEFTOVERS_RESULT_MORE;
}

static void leftovers_mark_chain(void *ctx, const struct chain *chain)
{
	struct leftovers *leftovers = ctx;
	struct snapshot_chain *found = snapshot_find_chain(&leftovers->found, chain->table, chain->name);

	if (found)
		found->seen = true;
	else if (leftovers->listed[chain->table])
		leftovers->lacking = true;
}

/* Look up the chains of one part, or some that no port owns. Return: whether there are others. */
static bool leftovers_mark_chains(struct leftovers *leftovers)
{
	if (leftovers->next_shared < leftovers->n_shared) {
		state_walk_shared_chains(leftovers->state, &leftovers->shared[leftovers->next_shared++],
					 leftovers_mark_chain, leftovers);
		return true;
	}
	if (leftovers->next == leftovers->n_parts)
		return false;
	state_walk_part_chains(leftovers->state, leftovers->services.list[leftovers->next],
			       leftovers->parts[leftovers->next], leftovers_mark_chain, leftovers);
	leftovers->next++;
	return true;
}

/* From @at on: the first chain that is not needed. @found->n_chains: none. */
static size_t leftovers_unneeded(const struct snapshot *found, size_t at)
{
	while (at < found->n_chains && found->chains[at].seen)
		at++;
	return at;
}

/* All chains are looked up. */
static enum leftovers_result leftovers_judge_chains(struct leftovers *leftovers)
{
	leftovers->at = leftovers_unneeded(&leftovers->found, 0);
	memset(leftovers->listed, 0, sizeof(leftovers->listed));
	if (leftovers->at < leftovers->found.n_chains) {
		leftovers->phase =
			leftovers->text ? LEFTOVERS_PHASE_DELETE_CHAINS : LEFTOVERS_PHASE_EMPTY_CHAINS;
		return LEFTOVERS_RESULT_MORE;
	}
	leftovers_empty(&leftovers->found);
	leftovers->at = 0;
	leftovers->phase = LEFTOVERS_PHASE_LOOK;
	if (leftovers->disturbed || leftovers->interrupted)
		return LEFTOVERS_RESULT_MORE;
	/* What the kernel counts beside our chains is none, and does no harm. */
	return leftovers->lacking && !leftovers->text ? LEFTOVERS_RESULT_UNKNOWN : LEFTOVERS_RESULT_NONE;
}

/* --- deleting ----------------------------------------------------------------------------------------------
 */

static struct skeleton leftovers_skeleton(void)
{
	return (struct skeleton){ .table_name = LAYOUT_TABLE_NAME,
				  .sets = layout_sets(),
				  .n_sets = _LAYOUT_SET_MAX };
}

/* Send or print @changes, and free them. Return: 0; negative errno. */
static int leftovers_finish(struct leftovers *leftovers, struct changes *changes, size_t n_deleted)
{
	struct backend_report report;
	int r = 0;

	change_finish(changes);
	if (leftovers->text)
		diff_text_print(changes, leftovers->columns, leftovers->text);
	else
		r = nfnl_commit(leftovers->nfnl, changes, &report, NULL);
	if (!r)
		leftovers->n_deleted += n_deleted;
	change_done(changes);
	return r;
}

/* Delete those of the elements that exist. Return: 0; negative errno. */
static int leftovers_delete_some(struct leftovers *leftovers, const struct element *elements, size_t n)
{
	const struct skeleton skeleton = leftovers_skeleton();
	struct changes changes;
	struct snapshot found;
	bool foreign = false;
	struct element e;
	size_t i;
	int r;

	snapshot_init(&found);
	r = nfnl_lookup(leftovers->nfnl, layout_sets(), elements, n, &found, &foreign, NULL);
	snapshot_seal(&found);
	change_init(&changes, &skeleton);
	for (i = 0; i < n; i++)
		if (snapshot_find_element(&found, &elements[i], &e) != SIZE_MAX)
			change_add_element(&changes, CHANGE_OP_ELEMENT_DEL, SERVICE_NAME_NONE, &e);
	snapshot_done(&found);
	if (!r)
		return leftovers_finish(leftovers, &changes, changes.n);
	change_done(&changes);
	return r;
}

/* Empty or delete some of the chains that nothing needs, if they exist. */
static enum leftovers_result leftovers_delete_chains(struct leftovers *leftovers)
{
	bool empties = leftovers->phase == LEFTOVERS_PHASE_EMPTY_CHAINS;
	const struct skeleton skeleton = leftovers_skeleton();
	const struct snapshot *found = &leftovers->found;
	struct changes changes;
	struct snapshot read;
	int r = 0;

	change_init(&changes, &skeleton);
	snapshot_init(&read);
	/* A sync may need some of them now. */
	leftovers->at = leftovers_unneeded(found, leftovers->at);
	while (r >= 0 && changes.n < LEFTOVERS_CHAINS_MAX && leftovers->at < found->n_chains) {
		const struct snapshot_chain *extra = &found->chains[leftovers->at];
		struct chain *chain = arena_alloc(leftovers->arena, sizeof(*chain));

		*chain = (struct chain){ .table = extra->table };
		memcpy(chain->name, extra->name, sizeof(chain->name));
		r = nfnl_chain_read(leftovers->nfnl, chain->table, chain->name, &read, NULL);
		if (r > 0)
			change_add_chain(&changes, empties ? CHANGE_OP_CHAIN_REFILL : CHANGE_OP_CHAIN_DEL,
					 SERVICE_NAME_NONE, chain);
		leftovers->at = leftovers_unneeded(found, leftovers->at + 1);
	}
	snapshot_done(&read);
	if (r >= 0)
		r = leftovers_finish(leftovers, &changes, empties ? 0 : changes.n);
	else
		change_done(&changes);
	arena_reset(leftovers->arena);
	if (r < 0)
		return LEFTOVERS_RESULT_UNKNOWN;
	if (leftovers->at < found->n_chains)
		return LEFTOVERS_RESULT_MORE;
	if (empties) {
		leftovers->at = leftovers_unneeded(found, 0);
		leftovers->phase = LEFTOVERS_PHASE_DELETE_CHAINS;
		return LEFTOVERS_RESULT_MORE;
	}
	leftovers_empty(&leftovers->found);
	leftovers->at = 0;
	leftovers->phase = LEFTOVERS_PHASE_LOOK;
	return leftovers->text ? LEFTOVERS_RESULT_NONE : LEFTOVERS_RESULT_MORE;
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
		snapshot_element(extra, leftovers->at++, &elements[n++]);
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

static void leftovers_spare_chains(struct leftovers *leftovers, const struct changes *changes)
{
	struct snapshot_chain *found;
	size_t i;

	if (leftovers->phase != LEFTOVERS_PHASE_MARK_CHAINS &&
	    leftovers->phase != LEFTOVERS_PHASE_EMPTY_CHAINS &&
	    leftovers->phase != LEFTOVERS_PHASE_DELETE_CHAINS)
		return;
	for (i = 0; i < changes->n; i++) {
		const struct change *change = &changes->list[i];

		if (change->op != CHANGE_OP_CHAIN_ADD && change->op != CHANGE_OP_CHAIN_REFILL)
			continue;
		found = snapshot_find_chain(&leftovers->found, change->table, change->chain->name);
		if (found)
			found->seen = true;
	}
}

void leftovers_spare(struct leftovers *leftovers, const struct changes *changes)
{
	struct element e;
	size_t i;

	leftovers->disturbed = true;
	leftovers_spare_chains(leftovers, changes);
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
	switch (leftovers->phase) {
	case LEFTOVERS_PHASE_LOOK:
		return leftovers_look(leftovers);
	case LEFTOVERS_PHASE_READ:
		return leftovers_read(leftovers);
	case LEFTOVERS_PHASE_MARK:
		if (!leftovers_mark_part(leftovers, &leftovers->found))
			leftovers_keep_unmarked(leftovers);
		break;
	case LEFTOVERS_PHASE_MARK_EXTRA:
		if (!leftovers_mark_part(leftovers, &leftovers->extra))
			leftovers->phase = LEFTOVERS_PHASE_DELETE;
		break;
	case LEFTOVERS_PHASE_DELETE:
		return leftovers_delete(leftovers);
	case LEFTOVERS_PHASE_READ_CHAINS:
		return leftovers_read_chains(leftovers);
	case LEFTOVERS_PHASE_MARK_CHAINS:
		if (!leftovers_mark_chains(leftovers))
			return leftovers_judge_chains(leftovers);
		break;
	case LEFTOVERS_PHASE_EMPTY_CHAINS:
	case LEFTOVERS_PHASE_DELETE_CHAINS:
		return leftovers_delete_chains(leftovers);
	}
	return LEFTOVERS_RESULT_MORE;
}

enum leftovers_result leftovers_step(struct leftovers *leftovers)
{
	uint64_t end_us = monotonic_us() + LEFTOVERS_TURN_US;
	enum leftovers_result result;

	do {
		if (!leftovers->text && nfnl_knowledge(leftovers->nfnl) != KNOWLEDGE_CURRENT)
			return LEFTOVERS_RESULT_UNKNOWN;
		result = leftovers_go_on(leftovers);
	} while (result == LEFTOVERS_RESULT_MORE && monotonic_us() < end_us);
	return result;
}

size_t leftovers_n_deleted(const struct leftovers *leftovers)
{
	return leftovers->n_deleted;
}
