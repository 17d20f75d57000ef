/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "sync/leftovers_chains.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backend/nfnl_chain.h"
#include "backend/nfnl_dump.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "render/state_walk.h"
#include "ruleset/change.h"
#include "ruleset/snapshot.h"
#include "sync/part_list.h"

#define LEFTOVERS_CHAINS_MAX 200 /* of a transaction */

enum leftovers_chains_phase {
	LEFTOVERS_CHAINS_PHASE_IDLE,
	LEFTOVERS_CHAINS_PHASE_READ,  /* their names, into @found */
	LEFTOVERS_CHAINS_PHASE_MARK,  /* those of @found that are installed */
	LEFTOVERS_CHAINS_PHASE_EMPTY, /* the others */
	LEFTOVERS_CHAINS_PHASE_DELETE,
};

/**
 * struct leftovers_chains
 * @tables:	by table: its chains are to be listed; @listed: they are in @found
 * @reading:	the list of chains, which is being read, has more
 * @disturbed:	a transaction was sent since leftovers_chains_find()
 * @interrupted: the list of chains may be incomplete
 * @lacking:	an installed chain is not in the list
 * @parts:	to be looked up
 * @shared:	names of the chains that no port owns, to be looked up from @next_shared on
 * @at:		position of the next chain in @found that is to be deleted
 */
struct leftovers_chains {
	struct leftovers_target *target;
	const struct state *state;
	struct nfnl_dump *dump;
	enum leftovers_chains_phase phase;
	bool tables[_FAMILY_MAX];
	bool listed[_FAMILY_MAX];
	bool reading;
	bool disturbed;
	bool interrupted;
	bool lacking;
	struct snapshot found;
	struct part_list parts;
	size_t n_shared;
	struct state_walk_shared *shared;
	size_t next_shared;
	size_t at;
	struct arena *arena;
};

struct leftovers_chains *leftovers_chains_new(struct leftovers_target *target, const struct state *state)
{
	struct leftovers_chains *chains = alloc_zeroed(1, sizeof(*chains));

	chains->target = target;
	chains->state = state;
	chains->dump = nfnl_dump_new(target->nfnl);
	chains->arena = arena_new();
	snapshot_init(&chains->found);
	return chains;
}

struct leftovers_chains *leftovers_chains_free(struct leftovers_chains *chains)
{
	if (!chains)
		return NULL;
	nfnl_dump_free(chains->dump);
	snapshot_done(&chains->found);
	part_list_done(&chains->parts);
	free(chains->shared);
	arena_free(chains->arena);
	free(chains);
	return NULL;
}

static size_t leftovers_chains_n_missing(const struct leftovers_chains *chains, int family)
{
	return chains->target->missing ? chains->target->missing->chains[family] : 0;
}

bool leftovers_chains_find(struct leftovers_chains *chains, const struct snapshot *frame)
{
	size_t n_chains[_FAMILY_MAX], n_rules;
	bool any = false;
	int family;

	chains->disturbed = chains->interrupted = chains->lacking = false;
	state_walk_count_chains(chains->state, n_chains, &n_rules);
	for (family = 0; family < _FAMILY_MAX; family++) {
		chains->tables[family] =
			frame->table[family] == SNAPSHOT_TABLE_OURS &&
			frame->n_chains_in[family] + leftovers_chains_n_missing(chains, family) !=
				n_chains[family];
		any |= chains->tables[family];
	}
	if (any)
		chains->phase = LEFTOVERS_CHAINS_PHASE_READ;
	return any;
}

/* The next table whose chains are listed; -1: all are. */
static int leftovers_chains_next_table(struct leftovers_chains *chains)
{
	int family;

	for (family = 0; family < _FAMILY_MAX; family++)
		if (chains->tables[family]) {
			chains->tables[family] = false;
			return family;
		}
	return -1;
}

static void leftovers_chains_start_marking(struct leftovers_chains *chains)
{
	snapshot_seal(&chains->found);
	part_list_fill(&chains->parts, chains->state);
	free(chains->shared);
	chains->n_shared = state_walk_list_shared(chains->state, &chains->shared);
	chains->next_shared = 0;
	chains->phase = LEFTOVERS_CHAINS_PHASE_MARK;
}

/* One datagram of names. */
static enum leftovers_result leftovers_chains_read(struct leftovers_chains *chains)
{
	bool foreign = false;
	int family, r;

	if (chains->reading) {
		r = nfnl_dump_step_chains(chains->dump, &chains->found, &foreign, NULL);
		chains->reading = r > 0;
		chains->interrupted |= nfnl_dump_interrupted(chains->dump);
	} else {
		family = leftovers_chains_next_table(chains);
		if (family < 0) {
			leftovers_chains_start_marking(chains);
			return LEFTOVERS_RESULT_MORE;
		}
		r = nfnl_dump_start_chains(chains->dump, (enum family)family, NULL);
		chains->reading = !r;
		chains->listed[family] = true;
	}
	return r < 0 || foreign ? LEFTOVERS_RESULT_UNKNOWN : LEFTOVERS_RESULT_MORE;
}

static void leftovers_chains_mark_one(void *ctx, const struct chain *chain)
{
	struct leftovers_chains *chains = ctx;
	struct snapshot_chain *found = snapshot_find_chain(&chains->found, chain->table, chain->name);

	if (found)
		found->seen = true;
	else if (chains->listed[chain->table])
		chains->lacking = true;
}

/* Look up the chains of one part, or some that no port owns. Return: whether there are others. */
static bool leftovers_chains_mark(struct leftovers_chains *chains)
{
	struct service_name service;
	uint64_t part;

	if (chains->next_shared < chains->n_shared) {
		state_walk_shared_chains(chains->state, &chains->shared[chains->next_shared++],
					 leftovers_chains_mark_one, chains);
		return true;
	}
	if (!part_list_next(&chains->parts, &service, &part))
		return false;
	state_walk_part_chains(chains->state, service, part, leftovers_chains_mark_one, chains);
	return true;
}

/* From @at on: the first chain that is not needed. @found->n_chains: none. */
static size_t leftovers_chains_unneeded(const struct snapshot *found, size_t at)
{
	while (at < found->n_chains && found->chains[at].seen)
		at++;
	return at;
}

static void leftovers_chains_end(struct leftovers_chains *chains)
{
	snapshot_done(&chains->found);
	snapshot_init(&chains->found);
	chains->at = 0;
	chains->phase = LEFTOVERS_CHAINS_PHASE_IDLE;
}

/* All chains are looked up. */
static enum leftovers_result leftovers_chains_judge(struct leftovers_chains *chains)
{
	chains->at = leftovers_chains_unneeded(&chains->found, 0);
	memset(chains->listed, 0, sizeof(chains->listed));
	if (chains->at < chains->found.n_chains) {
		chains->phase =
			chains->target->text ? LEFTOVERS_CHAINS_PHASE_DELETE : LEFTOVERS_CHAINS_PHASE_EMPTY;
		return LEFTOVERS_RESULT_MORE;
	}
	leftovers_chains_end(chains);
	if (chains->disturbed || chains->interrupted)
		return LEFTOVERS_RESULT_MORE;
	/* What the kernel counts beside our chains is none, and does no harm. */
	return chains->lacking && !chains->target->text ? LEFTOVERS_RESULT_UNKNOWN : LEFTOVERS_RESULT_NONE;
}

/* Empty or delete some of the chains that nothing needs, if they exist. */
static enum leftovers_result leftovers_chains_delete(struct leftovers_chains *chains)
{
	bool empties = chains->phase == LEFTOVERS_CHAINS_PHASE_EMPTY;
	const struct snapshot *found = &chains->found;
	struct changes changes;
	struct snapshot read;
	int r = 0;

	leftovers_target_begin(chains->target, &changes);
	snapshot_init(&read);
	/* A sync may need some of them now. */
	chains->at = leftovers_chains_unneeded(found, chains->at);
	while (r >= 0 && changes.n < LEFTOVERS_CHAINS_MAX && chains->at < found->n_chains) {
		const struct snapshot_chain *extra = &found->chains[chains->at];
		struct chain *chain = arena_alloc(chains->arena, sizeof(*chain));

		*chain = (struct chain){ .table = extra->table };
		memcpy(chain->name, extra->name, sizeof(chain->name));
		r = nfnl_chain_read(chains->target->nfnl, chain->table, chain->name, &read, NULL);
		if (r > 0)
			change_add_chain(&changes, empties ? CHANGE_OP_CHAIN_REFILL : CHANGE_OP_CHAIN_DEL,
					 SERVICE_NAME_NONE, chain);
		chains->at = leftovers_chains_unneeded(found, chains->at + 1);
	}
	snapshot_done(&read);
	if (r >= 0)
		r = leftovers_target_send(chains->target, &changes, empties ? 0 : changes.n);
	else
		change_done(&changes);
	arena_reset(chains->arena);
	if (r < 0)
		return LEFTOVERS_RESULT_UNKNOWN;
	if (chains->at < found->n_chains)
		return LEFTOVERS_RESULT_MORE;
	if (empties) {
		chains->at = leftovers_chains_unneeded(found, 0);
		chains->phase = LEFTOVERS_CHAINS_PHASE_DELETE;
		return LEFTOVERS_RESULT_MORE;
	}
	leftovers_chains_end(chains);
	return chains->target->text ? LEFTOVERS_RESULT_NONE : LEFTOVERS_RESULT_MORE;
}

void leftovers_chains_spare(struct leftovers_chains *chains, const struct changes *changes)
{
	struct snapshot_chain *found;
	size_t i;

	chains->disturbed = true;
	if (chains->phase < LEFTOVERS_CHAINS_PHASE_MARK)
		return;
	for (i = 0; i < changes->n; i++) {
		const struct change *change = &changes->list[i];

		if (change->op != CHANGE_OP_CHAIN_ADD && change->op != CHANGE_OP_CHAIN_REFILL)
			continue;
		found = snapshot_find_chain(&chains->found, change->table, change->chain->name);
		if (found)
			found->seen = true;
	}
}

enum leftovers_result leftovers_chains_go_on(struct leftovers_chains *chains, bool *ret_done)
{
	enum leftovers_result result = LEFTOVERS_RESULT_MORE;

	if (chains->phase == LEFTOVERS_CHAINS_PHASE_READ)
		result = leftovers_chains_read(chains);
	else if (chains->phase != LEFTOVERS_CHAINS_PHASE_MARK)
		result = leftovers_chains_delete(chains);
	else if (!leftovers_chains_mark(chains))
		result = leftovers_chains_judge(chains);
	*ret_done = chains->phase == LEFTOVERS_CHAINS_PHASE_IDLE;
	return result;
}
