/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * state_internal.h - what state.c keeps and diff.c walks
 *
 * Room:     render. Internal to state.c, diff.c and diff_affinity.c.
 */
#ifndef RENDER_STATE_INTERNAL_H
#define RENDER_STATE_INTERNAL_H

#include "base/alloc.h"
#include "base/arena.h"
#include "render/frontend_owners.h"
#include "render/layout.h"
#include "render/lb_chain.h"
#include "render/state.h"

#define uthash_fatal(msg) alloc_failed()
#include <uthash.h>

/* Sorted by affinity_cmp(). */
struct state_affinities {
	size_t n;
	struct affinity *list;
};

/* One front end that a Service asks for; @answers: it has endpoints there. */
struct state_key {
	struct frontend_owners_key key;
	bool answers;
};

/* A Service, or the node's own part (no name). */
struct state_owner {
	struct frontend_owners_owner claim; /* first member; .service is owned and the hash key */
	struct state_key *keys;
	size_t n_keys;
	struct buf installed;
	struct state_affinities affinities; /* installed */
	/* of the open transaction: */
	const struct plan *plan;
	struct buf pending;
	struct state_affinities pending_affinities;
	bool lost[_FAMILY_MAX][_PLAN_LIST_MAX]; /* an endpoint that clients may have been sent to */
	bool staged;
	bool affected;
	UT_hash_handle hh;
};

struct state_counted_key {
	uint8_t table;
	uint8_t set;
	uint8_t key_size;
	uint8_t key[SET_KEY_SIZE_MAX];
};

/* An element that several Services may contribute. */
struct state_counted {
	struct state_counted_key key;
	bool touched;
	int32_t count;
	int32_t delta;
	struct service_name owner; /* of those who touched it in this transaction, the first by name */
	UT_hash_handle hh;
};

/* An lb-… chain. */
struct state_lb {
	struct lb_chain key;
	bool touched;
	int32_t count;
	int32_t delta;
	struct service_name owner;
	UT_hash_handle hh;
};

/* Pointers that grow. */
struct state_list {
	void **items;
	size_t n;
	size_t allocated;
};

struct state {
	struct frontend_owners *claims;
	struct state_owner *owners;
	struct state_owner node;
	struct state_counted *counted;
	struct state_lb *lbs;
	struct skeleton skeleton; /* installed */
	struct arena *skeleton_arena;
	size_t n_elements;
	bool counted_chains; /* the next two are right */
	size_t n_chains;
	size_t n_rules;

	bool open;
	struct skeleton next_skeleton;
	struct arena *next_arena;
	struct arena *arena;   /* of the transaction */
	struct arena *scratch; /* of one Service */
	struct service_elements next_node;
	struct state_list planned;  /* state_owner */
	struct state_list affected; /* state_owner */
	struct state_list touched_counted;
	struct state_list touched_lbs;
	struct state_conflict *conflicts;
	size_t n_conflicts;
	size_t conflicts_allocated;
	size_t next_conflict;
	struct state_purge *purges;
	size_t n_purges;
	size_t purges_allocated;
	size_t next_purge;
	struct snapshot *snapshot;
	struct changes *changes;
	size_t n_elements_after;
};

/* Who asks whether a front end is its own. */
struct state_winning {
	struct state *state;
	struct state_owner *owner;
};

void state_list_add(struct state_list *list, void *item);
/** state_wins() - For service_elements_of_plan(): @ctx is a struct state_winning; notes the conflicts. */
bool state_wins(void *ctx, const struct frontend *frontend);

/** diff_all() - All steps into state->changes, and the counts that go with them. */
void diff_all(struct state *state);
/** diff_count_lb() - @by more ways lead to that lb-… chain. */
void diff_count_lb(struct state *state, struct service_name owner, const struct lb_chain *key, int32_t by);
/** diff_knows_chain() - There is a snapshot, and it says whether that chain stands. */
bool diff_knows_chain(const struct state *state, enum family table, const char *name);
/** diff_restate_chain() - A snapshot knows it: what to do so that @chain, of the transaction's arena, stands. */
void diff_restate_chain(struct state *state, struct service_name owner, const struct chain *chain);

/** diff_affinity_plan() - What goes, and the counts; with the owner's elements. */
void diff_affinity_plan(struct state *state, struct state_owner *owner,
			const struct service_elements *wanted);
/** diff_affinity_send_map() - A step about @map, which is copied. */
void diff_affinity_send_map(struct state *state, enum change_op op, struct service_name owner,
			    const struct client_map *map);
/** diff_affinity_send() - What comes; once the lb-… chains are settled that it leads to. */
void diff_affinity_send(struct state *state, struct state_owner *owner);

#endif
