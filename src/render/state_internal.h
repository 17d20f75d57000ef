/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * state_internal.h - what struct state keeps
 *
 * Room:     render. Internal to state.c, which owns it, and to the diff*.c, which compare.
 */
#ifndef RENDER_STATE_INTERNAL_H
#define RENDER_STATE_INTERNAL_H

#include "base/arena.h"
#include "base/hash_table.h"
#include "render/frontend_owners.h"
#include "render/layout.h"
#include "render/lb_chain.h"
#include "render/state.h"

/** struct state_ports - Sorted by port_chains_cmp() */
struct state_ports {
	size_t n;
	struct port_chains *list;
};

/** struct state_key - A front end that a part of a Service asks for */
struct state_key {
	struct frontend_owners_key key;
	struct frontend_owners_rank rank;
};

/** struct state_claims - What a part asked for before the open transaction */
struct state_claims {
	int64_t creation_time_s;
	struct state_key *keys;
	size_t n_keys;
};

/** struct state_forgotten - A list whose removed endpoints have no clients any more (state_forget_removed()) */
struct state_forgotten {
	uint8_t table;
	struct set_list_key cluster_list;
};

/**
 * struct state_part - A part of a Service (plan/split.h), or the node's own elements (no name)
 * @claimant:	first member
 * @keys:	what it asks for, sorted
 * @installed:	packed elements that the kernel accepted
 * @ports:	Service ports that own chains, as installed
 * @forgotten:	lists whose elements for removed endpoints are not needed any more
 *
 * Of the open transaction:
 * @plan:	NULL: not planned
 * @kept:	it stays as it is installed, whatever @plan has
 * @before:	its claims as committed; NULL: they are unchanged
 * @diffed:	@pending and @pending_ports are what it will have
 * @lost_endpoint: an endpoint of that list went, and clients may have been sent to it
 * @affected:	in the state's list of that name
 */
struct state_part {
	struct frontend_owners_claimant claimant;
	struct state_key *keys;
	size_t n_keys;
	struct buf installed;
	struct state_ports ports;
	size_t n_forgotten;
	struct state_forgotten *forgotten;
	const struct plan *plan;
	struct state_claims *before;
	struct buf pending;
	struct state_ports pending_ports;
	bool lost_endpoint[_FAMILY_MAX][_PLAN_LIST_MAX];
	bool diffed;
	bool affected;
	bool kept;
};

/**
 * struct state_service - A Service that asks for something, or has something installed
 * @name:	one block, owned; the hash key
 * @parts:	one or more, by number
 */
struct state_service {
	struct service_name name;
	size_t n_parts;
	struct state_part **parts;
	UT_hash_handle hh;
};

/** struct state_cursor - Position in the parts of all Services; { state->services, 0 } at first. */
struct state_cursor {
	const struct state_service *service;
	size_t next;
};

/** state_cursor_next() - The next part, or NULL; none may be added or freed meanwhile. */
static inline struct state_part *state_cursor_next(struct state_cursor *cursor)
{
	if (cursor->service && cursor->next == cursor->service->n_parts)
		*cursor = (struct state_cursor){ cursor->service->hh.next, 0 };
	return cursor->service ? cursor->service->parts[cursor->next++] : NULL;
}

/**
 * struct state_count - How many Services need a shared object
 * @count:	as committed; the object is installed unless 0
 * @changed:	in this transaction
 * @delta:	what this transaction adds
 * @owner:	of the Services that changed it in this transaction, the first by name
 */
struct state_count {
	int32_t count;
	bool changed;
	int32_t delta;
	struct service_name owner;
};

/** struct state_element_key - Without holes, so that it can be hashed */
struct state_element_key {
	uint8_t table;
	uint8_t set;
	uint8_t key_size;
	uint8_t key[SET_KEY_SIZE_MAX];
};

/** struct state_shared_element - An element that several Services may need */
struct state_shared_element {
	struct state_element_key key;
	struct state_count count;
	UT_hash_handle hh;
};

/**
 * struct state_lb_chain - A shared chain (render/diff_lb_chains.h); counted are the verdicts and the look-up chains that lead to it
 * @installed:	also of a chain that is kept ready: its count is 0
 *
 * Of the open transaction:
 * @touched:	in the state's @changed_lb_chains
 * @stays:	it is installed afterwards
 */
struct state_lb_chain {
	struct lb_chain key;
	struct state_count count;
	bool installed;
	bool touched;
	bool stays;
	UT_hash_handle hh;
};

/**
 * struct state_source_list - The chains of a list of source ranges; counted are the verdicts that lead to it
 * @ranges:	owned
 */
struct state_source_list {
	struct source_list key;
	struct cidr *ranges;
	struct state_count count;
	UT_hash_handle hh;
};

/** struct state_admit_key - Padded with zeros, so that it can be hashed */
struct state_admit_key {
	uint8_t table;
	char name[RULE_NAME_MAX + 1];
};

/** struct state_admit - An admitting chain (render/source_list.h); counted are the verdicts that lead to it */
struct state_admit {
	struct state_admit_key key;
	struct state_count count;
	UT_hash_handle hh;
};

/** struct state_former - A port that no Service has any more, whose chains a kept Service has. @now: the id of that Service's port */
struct state_former {
	struct state_former_key {
		uint8_t table;
		char id[PORT_CHAINS_ID_SIZE];
	} key;
	char now[PORT_CHAINS_ID_SIZE];
	UT_hash_handle hh;
};

/** struct state_client_map - A client map; counted are the Service ports with session affinity that use it */
struct state_client_map {
	struct client_map key;
	struct state_count count;
	UT_hash_handle hh;
};

/**
 * struct state
 * @skeleton:	installed; @skeleton_arena owns it
 * @committed:	a transaction has succeeded
 * @ready_checked: @ready_is_due is right
 * @takes_over:	state_take_over()
 * @first:	state_first()
 * @assumed_used: state_assume_used()
 * @adopted:	client maps of an earlier run were taken over: they may have clients of ports that are not known
 * @is_port, @is_port_ctx: state_know_ports(); @formers: what kept Services have, since it was called
 * @new_table:	the table was made in this transaction, or in this first sync: it gets its ready chains at once
 *
 * Of the transaction:
 * @arena:	owns what the changes point to
 * @scratch:	reset after each part
 * @planned:	parts that are planned or kept
 * @affected, @changed_elements, @changed_lb_chains, @changed_client_maps, @changed_source_lists, @changed_admits: those with that
 *		mark
 * @snapshot:	NULL: what is installed is known
 * @kept_snapshot: state_use_kept(), or NULL
 * @not_kept:	for state_next_not_kept()
 * @makes_ready: state_begin_ready()
 */
struct state {
	struct frontend_owners *frontend_owners;
	struct state_service *services;
	struct state_part node;
	struct state_shared_element *elements;
	struct state_lb_chain *lb_chains;
	struct state_source_list *source_lists;
	struct state_admit *admits;
	struct state_client_map *client_maps;
	struct skeleton skeleton;
	struct arena *skeleton_arena;
	size_t n_elements[_FAMILY_MAX][_LAYOUT_SET_MAX];
	bool committed;
	bool takes_over;
	bool first;
	uint64_t assumed_used[_FAMILY_MAX];
	bool adopted;
	state_is_port *is_port;
	void *is_port_ctx;
	struct state_former *formers;
	bool ready_checked;
	bool ready_is_due;
	bool new_table[_FAMILY_MAX];

	bool open;
	bool makes_ready;
	struct skeleton next_skeleton;
	struct arena *next_arena;
	struct arena *arena;
	struct arena *scratch;
	struct service_elements next_node;
	size_t n_planned;
	struct state_part **planned;
	size_t n_affected;
	struct state_part **affected;
	size_t n_changed_elements;
	struct state_shared_element **changed_elements;
	size_t n_changed_lb_chains;
	struct state_lb_chain **changed_lb_chains;
	size_t n_changed_source_lists;
	struct state_source_list **changed_source_lists;
	size_t n_changed_admits;
	struct state_admit **changed_admits;
	size_t n_changed_client_maps;
	struct state_client_map **changed_client_maps;
	size_t n_conflicts;
	struct state_conflict *conflicts;
	size_t next_conflict;
	size_t n_expiries;
	struct state_expiry *expiries;
	size_t next_expiry;
	struct snapshot *snapshot;
	struct snapshot *kept_snapshot;
	size_t n_not_kept;
	struct service_name *not_kept;
	size_t next_not_kept;
	struct changes *changes;
	size_t n_elements_after[_FAMILY_MAX][_LAYOUT_SET_MAX];
};

#endif
