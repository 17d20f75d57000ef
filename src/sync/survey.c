/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "sync/survey.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backend/diff_text.h"
#include "backend/nfnl.h"
#include "backend/nfnl_chain.h"
#include "backend/nfnl_commit.h"
#include "backend/nfnl_lookup.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "render/layout.h"
#include "render/state.h"
#include "render/state_walk.h"
#include "ruleset/change.h"
#include "ruleset/snapshot.h"
#include "sync/leftovers.h"
#include "sync/part_list.h"

#define SURVEY_CHAIN_WEIGHT 8 /* a chain with its rules takes as long as so many elements */

/** struct survey_element - One that is installed; @owner: of the first part that has it, borrowed */
struct survey_element {
	struct element e;
	struct service_name owner;
};

/** struct survey_place - How far it is before the parts of Services: the chains from @shared on, then the node's own elements */
struct survey_place {
	size_t shared;
	bool node_done;
};

/**
 * struct survey
 * @prints:	into @text, with @columns; else it sends what differs
 * @parts:	of Services; @shared: names of the chains that no port owns
 * @place:	what is next, before @parts
 * @missing:	while it prints: what installed objects the kernel does not have
 * @leftovers:	the second half of the survey, when @place is at the end
 *
 * Of a step:
 * @changes:	what differs; @arena owns what they point to
 * @n_chains:	that were compared
 * @cannot:	something cannot be repaired in steps
 */
struct survey {
	struct nfnl *nfnl;
	const struct state *state;
	bool prints;
	size_t columns;
	struct buf text;
	struct part_list parts;
	size_t n_shared;
	struct state_walk_shared *shared;
	struct survey_place place;
	struct leftovers_missing missing;
	struct leftovers *leftovers;
	struct survey_sums sums;
	struct changes changes;
	struct arena *arena;
	size_t n_chains;
	bool cannot;
};

static const struct skeleton survey_skeleton = { .table_name = LAYOUT_TABLE_NAME, .n_sets = _LAYOUT_SET_MAX };

struct survey *survey_new(struct nfnl *nfnl, const struct state *state)
{
	struct survey *survey = alloc_zeroed(1, sizeof(*survey));

	survey->nfnl = nfnl;
	survey->state = state;
	survey->arena = arena_new();
	part_list_fill(&survey->parts, state);
	survey->n_shared = state_walk_list_shared(state, &survey->shared);
	return survey;
}

struct survey *survey_new_printing(struct nfnl *nfnl, const struct state *state, size_t columns)
{
	struct survey *survey = survey_new(nfnl, state);

	survey->prints = true;
	survey->columns = columns;
	return survey;
}

struct survey *survey_free(struct survey *survey)
{
	if (!survey)
		return NULL;
	leftovers_free(survey->leftovers);
	part_list_done(&survey->parts);
	free(survey->shared);
	buf_done(&survey->text);
	arena_free(survey->arena);
	free(survey);
	return NULL;
}

/* --- chains ----------------------------------------------------------------------------------------------
 */

static void survey_add_chain(struct survey *survey, enum change_op op, struct service_name owner,
			     const struct chain *chain)
{
	struct chain *copy = arena_alloc(survey->arena, sizeof(*copy));

	*copy = *chain;
	copy->rules = arena_array(survey->arena, chain->n_rules, sizeof(*copy->rules));
	if (chain->n_rules)
		memcpy(copy->rules, chain->rules, chain->n_rules * sizeof(*copy->rules));
	change_add_chain(&survey->changes, op, owner, copy);
}

static void survey_chain(void *ctx, const struct chain *chain)
{
	struct survey *survey = ctx;
	struct service_name owner = SERVICE_NAME_NONE;
	struct snapshot found;
	int r;

	survey->n_chains++;
	snapshot_init(&found);
	r = nfnl_chain_read(survey->nfnl, chain->table, chain->name, &found, NULL);
	if (r < 0 || (r && !snapshot_same_head(&found, &found.chains[0], chain))) {
		survey->cannot = true;
	} else if (!r) {
		survey_add_chain(survey, CHANGE_OP_CHAIN_ADD, owner, chain);
		survey->missing.chains[chain->table] += survey->prints;
	} else if (!snapshot_same_chain(&found, &found.chains[0], chain)) {
		survey_add_chain(survey, CHANGE_OP_CHAIN_REFILL, owner, chain);
	}
	snapshot_done(&found);
}

/* --- elements --------------------------------------------------------------------------------------------
 */

static int survey_element_cmp(const void *a, const void *b)
{
	const struct survey_element *x = a, *y = b;

	return set_element_cmp(&x->e, &y->e);
}

/* A ClusterIP or a hairpin pair may be an element of several Services. */
static size_t survey_sort_unique(struct survey_element *list, size_t n)
{
	size_t i, kept = 0;

	if (n > 1)
		qsort(list, n, sizeof(*list), survey_element_cmp);
	for (i = 0; i < n; i++)
		if (!kept || survey_element_cmp(&list[kept - 1], &list[i]) != 0)
			list[kept++] = list[i];
	return kept;
}

static void survey_compare_element(struct survey *survey, const struct survey_element *wanted,
				   struct snapshot *found)
{
	struct element e;
	size_t at = snapshot_find_element(found, &wanted->e, &e);

	if (at != SIZE_MAX) {
		found->element_seen[at] = true;
		if (set_element_same_data(&wanted->e, &e))
			return;
		change_add_element(&survey->changes, CHANGE_OP_ELEMENT_DEL, wanted->owner, &e);
	} else {
		survey->missing.elements[wanted->e.table][wanted->e.set] += survey->prints;
	}
	change_add_element(&survey->changes, CHANGE_OP_ELEMENT_ADD, wanted->owner, &wanted->e);
}

/* @list is sorted. Instead of a range that does not exist, the kernel may have another one that contains its first address. */
static void survey_compare_elements(struct survey *survey, const struct survey_element *list, size_t n)
{
	struct element *elements = arena_array(survey->arena, n, sizeof(*elements)), e;
	struct snapshot found;
	bool foreign = false;
	size_t i;

	for (i = 0; i < n; i++)
		elements[i] = list[i].e;
	snapshot_init(&found);
	if (nfnl_lookup(survey->nfnl, layout_sets(), elements, n, &found, &foreign, NULL) < 0 || foreign)
		survey->cannot = true;
	snapshot_seal(&found);
	for (i = 0; i < n; i++)
		survey_compare_element(survey, &list[i], &found);
	for (i = 0; i < found.n_elements; i++) {
		snapshot_element(&found, i, &e);
		if (!found.element_seen[i])
			change_add_element(&survey->changes, CHANGE_OP_ELEMENT_DEL, SERVICE_NAME_NONE, &e);
	}
	snapshot_done(&found);
}

static void survey_unpack(struct survey_element **list, size_t *n, const struct buf *packed,
			  struct service_name owner)
{
	size_t offset;

	for (offset = 0; offset < packed->size;) {
		struct survey_element *item = ALLOC_APPEND(*list, *n);

		item->owner = owner;
		offset = set_element_unpack(packed->data, offset, &item->e);
	}
}

/* --- steps -----------------------------------------------------------------------------------------------
 */

static bool survey_is_full(const struct survey *survey, size_t n_elements)
{
	return n_elements + survey->n_chains * SURVEY_CHAIN_WEIGHT >= SURVEY_STEP_SIZE;
}

/* The node's own elements, and some parts: their elements, and the chains of their ports. */
static void survey_parts(struct survey *survey)
{
	struct survey_element *list = NULL;
	struct buf packed = BUF_INIT;
	struct service_name service;
	uint64_t part;
	size_t n = 0;

	if (!survey->place.node_done)
		(void)state_walk_node_elements(survey->state, &packed);
	survey->place.node_done = true;
	survey_unpack(&list, &n, &packed, SERVICE_NAME_NONE);
	while (!survey_is_full(survey, n) && part_list_next(&survey->parts, &service, &part)) {
		buf_reset(&packed);
		(void)state_walk_elements(survey->state, service, part, &packed);
		survey_unpack(&list, &n, &packed, service);
		state_walk_part_chains(survey->state, service, part, survey_chain, survey);
	}
	buf_done(&packed);
	n = survey_sort_unique(list, n);
	survey_compare_elements(survey, list, n);
	free(list);
}

/* Return: whether there was one. */
static bool survey_shared_chains(struct survey *survey)
{
	bool any = survey->place.shared < survey->n_shared;

	for (; survey->place.shared < survey->n_shared && !survey_is_full(survey, 0); survey->place.shared++)
		state_walk_shared_chains(survey->state, &survey->shared[survey->place.shared], survey_chain,
					 survey);
	return any;
}

/* Return: 0; negative errno of nfnl_commit(). */
static int survey_send(struct survey *survey)
{
	struct backend_report report;
	int r = nfnl_commit(survey->nfnl, &survey->changes, &report, NULL);

	survey->sums.bytes += report.bytes;
	survey->sums.kernel_us += report.kernel_us;
	if (r < 0)
		return r;
	survey->sums.steps += survey->changes.n;
	survey->sums.added += survey->changes.n_elements_added;
	survey->sums.deleted += survey->changes.n_elements_deleted;
	return 0;
}

/* Compare some objects, and send or print what differs. */
static enum survey_result survey_some(struct survey *survey)
{
	struct skeleton skeleton = survey_skeleton;
	struct survey_place before = survey->place;
	size_t next = survey->parts.next;
	enum survey_result result = SURVEY_RESULT_MORE;
	int r = 0;

	skeleton.sets = layout_sets();
	change_init(&survey->changes, &skeleton);
	survey->n_chains = 0;
	if (!survey_shared_chains(survey))
		survey_parts(survey);
	change_finish(&survey->changes);
	if (survey->cannot)
		result = SURVEY_RESULT_UNKNOWN;
	else if (survey->prints)
		diff_text_print(&survey->changes, survey->columns, &survey->text);
	else if (survey->changes.n)
		r = survey_send(survey);
	if (r == -ESTALE || (r < 0 && nfnl_knowledge(survey->nfnl) != KNOWLEDGE_CURRENT)) {
		survey->place = before;
		survey->parts.next = next;
		result = SURVEY_RESULT_STALE;
	} else if (!r && survey->changes.n && !survey->prints &&
		   nfnl_knowledge(survey->nfnl) != KNOWLEDGE_CURRENT) {
		/* Another process changed the tables in the same moment: its notification was taken in here, so nobody else reports it. */
		result = SURVEY_RESULT_STALE;
	} else if (r < 0) {
		result = SURVEY_RESULT_UNKNOWN;
	}
	change_done(&survey->changes);
	arena_reset(survey->arena);
	return result;
}

static enum survey_result survey_others(struct survey *survey)
{
	if (!survey->leftovers) {
		survey->leftovers = leftovers_new(survey->nfnl, survey->state);
		if (survey->prints)
			leftovers_print(survey->leftovers, &survey->missing, survey->columns, &survey->text);
	}
	switch (leftovers_step(survey->leftovers)) {
	case LEFTOVERS_RESULT_MORE:
		return SURVEY_RESULT_MORE;
	case LEFTOVERS_RESULT_NONE:
		return SURVEY_RESULT_END;
	case LEFTOVERS_RESULT_UNKNOWN:
		break;
	}
	/* Was it another process that changed the tables? Then this half begins anew. */
	if (survey->prints || nfnl_knowledge(survey->nfnl) == KNOWLEDGE_CURRENT)
		return SURVEY_RESULT_UNKNOWN;
	survey->sums.deleted += leftovers_n_deleted(survey->leftovers);
	survey->leftovers = leftovers_free(survey->leftovers);
	return SURVEY_RESULT_STALE;
}

enum survey_result survey_step(struct survey *survey)
{
	if (!survey->prints && nfnl_knowledge(survey->nfnl) != KNOWLEDGE_CURRENT)
		return SURVEY_RESULT_WAIT;
	if (survey->place.shared < survey->n_shared || !survey->place.node_done ||
	    survey->parts.next < survey->parts.n)
		return survey_some(survey);
	return survey_others(survey);
}

void survey_spare(struct survey *survey, const struct changes *changes, bool read_back)
{
	if (!survey->leftovers)
		return;
	if (!read_back) {
		leftovers_spare(survey->leftovers, changes);
		return;
	}
	/* Something that it takes for a leftover may be wanted now, without a change that says so. */
	survey->sums.deleted += leftovers_n_deleted(survey->leftovers);
	survey->leftovers = leftovers_free(survey->leftovers);
}

const struct buf *survey_text(const struct survey *survey)
{
	return &survey->text;
}

void survey_sum(const struct survey *survey, struct survey_sums *ret)
{
	size_t n = survey->leftovers ? leftovers_n_deleted(survey->leftovers) : 0;

	*ret = survey->sums;
	ret->deleted += n;
	ret->steps += n;
}
