/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "sync/verify.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "backend/nfnl.h"
#include "backend/nfnl_chain.h"
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
 * @shared:	names of the chains that no port owns, from @next_shared on
 * @n_chains:	that this step has compared
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
	size_t n_shared;
	struct state_walk_shared *shared;
	size_t next_shared;
	size_t n_chains;
	bool different;
};

#define VERIFY_CHAIN_WEIGHT 8 /* A chain with its rules takes as long as so many elements. */

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
	verify->n_shared = state_walk_list_shared(state, &verify->shared);
	return verify;
}

struct verify *verify_free(struct verify *verify)
{
	if (!verify)
		return NULL;
	service_names_done(&verify->services);
	free(verify->parts);
	free(verify->shared);
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

static void verify_chain(void *ctx, const struct chain *chain)
{
	struct verify *verify = ctx;
	struct snapshot found;

	snapshot_init(&found);
	if (!verify->different &&
	    (nfnl_chain_read(verify->nfnl, chain->table, chain->name, &found, NULL) <= 0 ||
	     !snapshot_same_chain(&found, &found.chains[0], chain)))
		verify->different = true;
	snapshot_done(&found);
	verify->n_chains++;
}

static void verify_elements(struct verify *verify, struct buf *packed)
{
	struct element *elements;
	size_t n;

	elements = set_elements_unpack(packed, verify->arena, &n);
	/* A ClusterIP or a hairpin pair may be an element of several Services. */
	n = set_elements_sort_unique(elements, n);
	if (!verify_has(verify, elements, n))
		verify->different = true;
	arena_reset(verify->arena);
}

/* The node's own, and some parts: their elements, and the chains of their ports. */
static void verify_parts(struct verify *verify)
{
	struct buf packed = BUF_INIT;
	size_t n = 0;

	if (!verify->node_done)
		n = state_walk_node_elements(verify->state, &packed);
	verify->node_done = true;
	verify->n_chains = 0;
	for (;
	     verify->next < verify->n_parts && n + verify->n_chains * VERIFY_CHAIN_WEIGHT < VERIFY_STEP_SIZE;
	     verify->next++) {
		struct service_name service = verify->services.list[verify->next];

		n += state_walk_elements(verify->state, service, verify->parts[verify->next], &packed);
		state_walk_part_chains(verify->state, service, verify->parts[verify->next], verify_chain,
				       verify);
	}
	verify_elements(verify, &packed);
	buf_done(&packed);
}

/* Some chains that no port owns. */
static void verify_shared_chains(struct verify *verify)
{
	verify->n_chains = 0;
	while (verify->next_shared < verify->n_shared &&
	       verify->n_chains * VERIFY_CHAIN_WEIGHT < VERIFY_STEP_SIZE)
		state_walk_shared_chains(verify->state, &verify->shared[verify->next_shared++], verify_chain,
					 verify);
}

/* Client maps are counted only: the kernel does not delete one that a rule uses. */
static bool verify_same_numbers(const struct snapshot *frame, const struct state *state)
{
	size_t n_chains[_FAMILY_MAX];
	int family, set;

	state_walk_count_chains(state, n_chains);
	if (state_walk_count_client_maps(state) != frame->n_client_maps)
		return false;
	for (family = 0; family < _FAMILY_MAX; family++) {
		if (n_chains[family] != frame->n_chains_in[family])
			return false;
		for (set = 0; set < _LAYOUT_SET_MAX; set++)
			if (frame->table[family] == SNAPSHOT_TABLE_OURS &&
			    frame->n_in_set[family][set] != state_n_in_sets(state, (enum family)family)[set])
				return false;
	}
	return true;
}

/* The last step: client maps, and the numbers of chains and elements. */
static void verify_numbers(struct verify *verify)
{
	struct snapshot frame;

	if (nfnl_read(verify->nfnl, layout_sets(), _LAYOUT_SET_MAX, NFNL_READ_COMPARE, &frame, NULL) < 0) {
		verify->different = true;
		return;
	}
	if (!verify_same_numbers(&frame, verify->state))
		verify->different = true;
	snapshot_done(&frame);
}

enum verify_result verify_step(struct verify *verify)
{
	bool last = false;

	if (nfnl_knowledge(verify->nfnl) != KNOWLEDGE_CURRENT)
		return VERIFY_RESULT_UNKNOWN;
	if (!verify->node_done || verify->next < verify->n_parts) {
		verify_parts(verify);
	} else if (verify->next_shared < verify->n_shared) {
		verify_shared_chains(verify);
	} else {
		verify_numbers(verify);
		last = true;
	}
	if (verify->different)
		return VERIFY_RESULT_DIFFERENT;
	return last ? VERIFY_RESULT_SAME : VERIFY_RESULT_MORE;
}
