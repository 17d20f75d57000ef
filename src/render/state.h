/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * state.h - what stands in the kernel, by Service, and what must change
 *
 * Room:     render. Pure: no I/O; the daemon (and tests) move the changes to a backend.
 * Shapes:   two truths. Desired: the plans handed in. Installed: per Service the elements that the
 *           kernel accepted, packed, and what its session affinity owns; plus counts of what Services
 *           share (ClusterIPs, hairpins, the lb-… chains).
 *
 * A transaction:
 *   state_begin()        the skeleton and the node's own elements; same as before is cheap
 *   state_plan()         for each Service that changed (an empty plan for one that went)
 *   state_next_affected() names Services whose claims were won or lost by that: plan those, too, until
 *                        it returns NULL
 *   state_use_snapshot() only if what stands is not known, or a part of it: compare with this instead of `installed`
 *   state_changes()      what to do, relative to what stands
 *   state_next_expiry()   client maps of session affinity that must be looked at for endpoints that went
 *   then state_commit() if the backend took it, or state_rollback(): as if nothing had been begun, but
 *   for claims, which follow the plans: plan all Services of the failed transaction again.
 */
#ifndef RENDER_STATE_H
#define RENDER_STATE_H

#include "base/cleanup.h"
#include "plan/plan.h"
#include "render/service_elements.h"
#include "ruleset/change.h"
#include "ruleset/snapshot.h"

struct state;

/** struct state_conflict - A front end that @loser asked for and @winner has. */
struct state_conflict {
	struct service_name winner;
	struct service_name loser;
	const struct frontend *frontend; /* the loser's */
};

struct state *state_new(void);
struct state *state_free(struct state *state);
DEFINE_FREEP(struct state, state_free);

/**
 * state_begin() - Start a transaction
 * @skeleton:	copied
 * @node:	elements of the node's own (set nodeport-addresses); copied
 */
void state_begin(struct state *state, const struct skeleton *skeleton, const struct service_elements *node);
/**
 * state_plan() - Desired state of one Service; a later plan of the same transaction replaces it
 * @plan:	must stay valid until state_changes() and the last state_next_conflict() and state_next_expiry()
 *
 * Return: whether it is the Service's first plan in this transaction.
 */
bool state_plan(struct state *state, const struct plan *plan);
/**
 * state_next_affected() - A Service not planned in this transaction that gained or lost a front end
 * @ret:	its name, valid until commit or rollback
 *
 * Return: false if there is none.
 */
bool state_next_affected(struct state *state, struct service_name *ret);
/**
 * state_use_snapshot() - @snapshot (sealed) is what stands; borrowed until state_changes() returns
 *
 * What it does not know (it may be narrow) stands as it was installed.
 */
void state_use_snapshot(struct state *state, struct snapshot *snapshot);
/**
 * state_changes() - Append all steps to @changes (initialised), in order
 *
 * Chains and names in @changes are valid until commit or rollback. Cost: follows the Services planned,
 * or with a snapshot everything.
 */
void state_changes(struct state *state, struct changes *changes);
void state_commit(struct state *state);
void state_rollback(struct state *state);

/**
 * struct state_expiry - A client map that may know endpoints which are in its list no longer
 * @pool:	its list now; valid as long as the plan
 */
struct state_expiry {
	struct service_name owner;
	struct client_map map;
	const struct pool *pool;
};

/**
 * state_next_expiry() - After state_changes(): client maps that stand and must be looked at, one a call
 *
 * What they have learnt is not known here: read it, and add what affinity_is_stale() says to the changes of the
 * same transaction (A6).
 */
bool state_next_expiry(struct state *state, struct state_expiry *ret);
/** state_skeleton() - The skeleton of the transaction that is open. */
const struct skeleton *state_skeleton(const struct state *state);
/** state_next_conflict() - Conflicts found while planning in this transaction, one a call. */
bool state_next_conflict(struct state *state, struct state_conflict *ret);
/** state_owner() - The Service that has this front end, or none; valid until the next transaction. */
struct service_name state_owner(const struct state *state, const struct frontend *frontend);
/** state_owns() - Whether @service has the front end that it asked for (S15). */
bool state_owns(const struct state *state, struct service_name service, const struct frontend *frontend);
/** state_count_chains() - Chains that stand, and their rules. O(1) unless something has changed since the last call. */
void state_count_chains(struct state *state, size_t *ret_chains, size_t *ret_rules);
/** state_n_elements() - Elements that stand, by our count. */
size_t state_n_elements(const struct state *state);

#endif
