/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "sync/verify.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "backend/nfnl.h"
#include "backend/nfnl_lookup.h"
#include "backend/nfnl_read.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "render/layout.h"
#include "render/state.h"
#include "render/state_walk.h"
#include "ruleset/snapshot.h"
#include "sync/service_names.h"

/**
 * struct verify
 * @services, @parts: the parts of Services to be compared, from @next on
 * @node_done:	the elements of the node's own are compared
 */
struct verify {
	struct nfnl *nfnl;
	const struct state *state;
	struct arena *arena;
	struct service_names services;
	size_t n_parts;
	uint64_t *parts;
	size_t next;
	bool node_done;
};

static void verify_add_part(void *ctx, struct service_name service, uint64_t part)
{
	struct verify *verify = ctx;

	service_names_add(&verify->services, service);
	*ALLOC_APPEND(verify->parts, verify->n_parts) = part;
}

struct verify *verify_new(struct nfnl *nfnl, const struct state *state)
{
	struct verify *verify = alloc_zeroed(1, sizeof(*verify));

	verify->nfnl = nfnl;
	verify->state = state;
	verify->arena = arena_new();
	state_walk_parts(state, verify_add_part, verify);
	return verify;
}

struct verify *verify_free(struct verify *verify)
{
	if (!verify)
		return NULL;
	service_names_done(&verify->services);
	free(verify->parts);
	arena_free(verify->arena);
	free(verify);
	return NULL;
}

/* Whether the kernel has these elements, which are sorted. */
static bool verify_has(struct verify *verify, const struct element *elements, size_t n)
{
	struct snapshot found;
	struct element e;
	struct err err = { 0 };
	bool same, foreign = false;
	size_t i;

	snapshot_init(&found);
	same = nfnl_lookup(verify->nfnl, layout_sets(), elements, n, &found, &foreign, &err) == 0 && !foreign;
	snapshot_seal(&found);
	for (i = 0; i < n && same; i++)
		same = snapshot_find_element(&found, &elements[i], &e) != SIZE_MAX &&
		       set_element_same_data(&elements[i], &e);
	snapshot_done(&found);
	return same;
}

static bool verify_some(struct verify *verify)
{
	struct buf packed = BUF_INIT;
	struct element *elements;
	size_t n = 0;
	bool same;

	if (!verify->node_done)
		n = state_walk_node_elements(verify->state, &packed);
	verify->node_done = true;
	for (; verify->next < verify->n_parts && n < VERIFY_STEP_SIZE; verify->next++)
		n += state_walk_elements(verify->state, verify->services.list[verify->next],
					 verify->parts[verify->next], &packed);
	elements = set_elements_unpack(&packed, verify->arena, &n);
	/* A ClusterIP or a hairpin pair may be an element of several Services. */
	n = set_elements_sort_unique(elements, n);
	same = verify_has(verify, elements, n);
	buf_done(&packed);
	arena_reset(verify->arena);
	return same;
}

/* Compares one chain that is installed. */
struct verify_chains {
	struct snapshot *frame;
	size_t n;
	bool same;
};

static void verify_chain(void *ctx, const struct chain *chain)
{
	struct verify_chains *chains = ctx;
	const struct snapshot_chain *found = snapshot_find_chain(chains->frame, chain->table, chain->name);

	chains->n++;
	if (!found || !snapshot_same_chain(chains->frame, found, chain))
		chains->same = false;
}

/* Client maps are counted only: the kernel does not delete one that a rule uses. */
static bool verify_same_frame(struct snapshot *frame, const struct state *state)
{
	struct verify_chains chains = { .frame = frame, .same = true };
	int family, set;

	state_walk_chains(state, verify_chain, &chains);
	if (!chains.same || chains.n != frame->n_chains ||
	    state_walk_count_client_maps(state) != frame->n_client_maps)
		return false;
	for (family = 0; family < _FAMILY_MAX; family++)
		for (set = 0; set < _LAYOUT_SET_MAX; set++)
			if (frame->table[family] == SNAPSHOT_TABLE_OURS &&
			    frame->n_in_set[family][set] != state_n_in_sets(state, (enum family)family)[set])
				return false;
	return true;
}

/* The last step: chains, client maps, and numbers of elements. */
static enum verify_result verify_frame(struct nfnl *nfnl, const struct state *state)
{
	struct snapshot frame;
	struct err err = { 0 };
	bool same;

	if (nfnl_read(nfnl, layout_sets(), _LAYOUT_SET_MAX, NFNL_READ_COMPARE, &frame, &err) < 0)
		return VERIFY_RESULT_DIFFERENT;
	same = verify_same_frame(&frame, state);
	snapshot_done(&frame);
	return same ? VERIFY_RESULT_SAME : VERIFY_RESULT_DIFFERENT;
}

enum verify_result verify_step(struct verify *verify)
{
	if (nfnl_knowledge(verify->nfnl) != KNOWLEDGE_CURRENT)
		return VERIFY_RESULT_UNKNOWN;
	if (!verify->node_done || verify->next < verify->n_parts)
		return verify_some(verify) ? VERIFY_RESULT_MORE : VERIFY_RESULT_DIFFERENT;
	return verify_frame(verify->nfnl, verify->state);
}
