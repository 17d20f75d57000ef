/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * state.h - what is installed in the kernel, by Service, and what must change
 *
 * Room:     render. Pure: no I/O; the caller hands the changes to a backend.
 * Shapes:   two states. Wanted: the plans of the transaction. Installed: for each part of a Service the elements that
 *           the kernel accepted, packed, and the chains that its ports own; and counts
 *           of the objects that Services share (ClusterIPs, hairpins, lb chains, client maps).
 *           Some lb chains are installed although nothing leads to them: state_ready_is_due().
 *
 * A transaction:
 *   state_begin()         the skeleton and the node's own elements; cheap if they are the same as before
 *   state_plan()          for each Service that changed (an empty plan for a deleted one); or state_plan_part() for some parts of
 *                         a Service that is too large for one transaction (render/state_split.h)
 *   state_keep()          instead, for a Service that must stay as it is installed; or state_keep_part() for some parts of it
 *   state_next_affected() names parts of Services that gained or lost a front end by these plans: plan them, too, until
 *                         it returns false
 *   state_use_snapshot()  only if it is not known what is installed, or a part of it : compare with the snapshot
 *   state_changes()       the changes, relative to what is installed
 *   state_next_expiry()   lists of clients of the planned Services; some may have clients of removed endpoints
 *   then state_commit() after a success, or state_rollback(), which undoes everything
 */
#ifndef RENDER_STATE_H
#define RENDER_STATE_H

#include "base/cleanup.h"
#include "plan/plan.h"
#include "render/lb_chain.h"
#include "render/service_elements.h"
#include "ruleset/change.h"
#include "ruleset/snapshot.h"

#define STATE_FREE_SERVICES 1000

struct frontend_owners_lost;
struct state;

/** struct state_conflict - A front end that @loser asked for and @winner owns. */
struct state_conflict {
	struct service_name winner;
	struct service_name loser;
	const struct frontend *frontend; /* the loser's */
	const char *why;		 /* frontend_owners_why() */
};

struct state *state_new(void);
struct state *state_free(struct state *state);
DEFINE_FREEP(struct state, state_free);
/**
 * state_free_some() - Free STATE_FREE_SERVICES more Services of a state that is not used any more
 *
 * Return: what is left to be freed; NULL: nothing. Freed at once, 30,000 Services with 10 endpoints take 80 ms.
 */
struct state *state_free_some(struct state *state) __attribute__((warn_unused_result));

/**
 * state_begin() - Start a transaction
 * @skeleton:	copied
 * @node:	elements of the node's own (set nodeport-addresses); copied
 */
void state_begin(struct state *state, const struct skeleton *skeleton, const struct service_elements *node);
/**
 * state_begin_unchanged() - Start a transaction in which everything is wanted as it is installed, to compare a snapshot with it
 *
 * Do not plan a Service in it, and roll it back.
 */
void state_begin_unchanged(struct state *state);
/**
 * state_ready_is_due() - Between transactions: whether state_begin_ready() has something to do
 *
 * lb chains for one endpoint more and for one less than those in use are kept ready (render/diff_lb_chains.h).
 */
bool state_ready_is_due(struct state *state);
/**
 * state_begin_ready() - Start a transaction in which everything is wanted as it is installed, but for the chains that are kept ready
 *
 * It makes at most one, and deletes those that are not needed. Do not plan a Service in it, and use no snapshot.
 */
void state_begin_ready(struct state *state);
/**
 * state_plan() - Set the plan of one Service; a later plan in the same transaction replaces it
 * @plan:	must stay valid until state_changes() and the last state_next_conflict() and state_next_expiry()
 *
 * Return: whether it is the first plan of one of its parts in this transaction.
 */
bool state_plan(struct state *state, const struct plan *plan);
/**
 * state_plan_part() - As state_plan() for one part of a Service (render/state_split.h); the other parts are not touched
 *
 * Return: whether it is the part's first plan in this transaction.
 */
bool state_plan_part(struct state *state, const struct plan *plan);
/**
 * state_keep() - Leave a Service as it is installed, because it cannot be planned or the kernel refuses its plan
 * @plan:	its front ends; valid as for state_plan(). Used only before the first commit, when it is not known which of the
 *		elements in the kernel are this Service's: then the Service claims these front ends, and the elements of
 *		the snapshot that belong to them are kept, with all that they need
 * @answers:	claim all front ends as if they had endpoints
 *
 * After the first commit the Service keeps its claims and its installed elements, but for those that the snapshot
 * lacks, and those of a front end that it loses to another Service in this transaction.
 * Not for a Service that is planned in this transaction.
 *
 * Return: whether it is kept for the first time in this transaction.
 */
bool state_keep(struct state *state, const struct plan *plan, bool answers);
/** state_keep_part() - As state_keep() for one part of a Service. Return: whether it is kept for the first time in this transaction. */
bool state_keep_part(struct state *state, const struct plan *plan, bool answers);
/**
 * state_next_affected() - A part not planned in this transaction that gained or lost a front end
 * @ret:	its Service, valid until commit or rollback
 *
 * Return: false if there is none.
 */
bool state_next_affected(struct state *state, struct service_name *ret, uint64_t *ret_part);
/**
 * state_use_snapshot() - @snapshot (sealed) was read from the kernel; borrowed until state_changes() returns
 *
 * Objects that a partial snapshot does not cover are assumed to be as last installed.
 */
void state_use_snapshot(struct state *state, struct snapshot *snapshot);
/**
 * state_use_kept() - What the kernel has of the kept Services that have nothing installed, while tables are taken over without a snapshot
 * @found:	elements that begin with the front ends of their plans, and what belongs to these (render/kept_keys.h); the chains of their
 *		ports. Sealed; borrowed until state_changes() returns
 *
 * They have these elements and chains from now on. The changes are as if none of them were in the kernel.
 */
void state_use_kept(struct state *state, struct snapshot *found);
/**
 * state_give_up_claims() - After one of these two: kept Services do not claim front ends that lead to chains of another one's port
 *
 * They have changed hands while no daemon ran, and the Service that is kept has not had them yet. So the one that has them may keep them.
 *
 * Return: whether there are any: call state_next_affected() again.
 */
bool state_give_up_claims(struct state *state);
/** typedef state_is_port - Whether there is a Service port with this id now (port_chains_id()). */
typedef bool state_is_port(void *ctx, const char *id);
/**
 * state_know_ports() - While tables are taken over: how to ask for ports; NULL: there may be any
 *
 * A front end of a kept Service may lead to chains of another port than its own, which nobody has any more: the newest version has other
 * names of ports. They become the kept Service's.
 */
void state_know_ports(struct state *state, state_is_port *is_port, void *ctx);
/**
 * state_next_not_kept() - After state_changes(): the next Service of whose front ends some are not kept
 * @ret:	valid until commit or rollback
 *
 * They lead to chains of another Service's port, to source ranges that are not known, or to a list without endpoints.
 *
 * Return: false: there is no other.
 */
bool state_next_not_kept(struct state *state, struct service_name *ret);
/**
 * state_take_over() - While the tables of an earlier run are taken over without a snapshot (ruleset/reconcile.h)
 *
 * A client map that a transaction adds may exist then, with clients of removed endpoints (state_next_expiry()).
 */
void state_take_over(struct state *state, bool take_over);
/**
 * state_assume_used() - While they are taken over, these sets may have elements that are not known yet, so rules for them stay
 * @sets:	by family, a bit for each set
 */
void state_assume_used(struct state *state, const uint64_t sets[_FAMILY_MAX]);
/** state_stop_assuming() - All that shall be installed is. Return: some of these sets are empty, so another transaction is due. */
bool state_stop_assuming(struct state *state);
/** state_postpone_ready() - Before the commit of @changes: chains that they would make to keep them ready are made later. */
void state_postpone_ready(struct state *state, struct changes *changes);
/**
 * state_chain_first() - Before the commit of @changes: whether a new lb chain must be made before all others, in a transaction of its own
 * @frame:	of the tables that are taken over, with those of the chains that exist; or NULL
 * @changes:	if so, only this chain is left of them. Commit them, roll the state back, tell state_chain_made(), and plan again
 *
 * For each lb chain the kernel walks over all endpoints (render/diff_lb_chains.h), 23 ms for 100,000. So what many of them, and their
 * Services, need together could take longer than a step may.
 */
bool state_chain_first(const struct state *state, struct snapshot *frame, struct changes *changes,
		       struct lb_chain *ret);
/** state_chain_made() - Between transactions: that chain is installed now. If nothing needs it after all, it is due to be deleted. */
void state_chain_made(struct state *state, const struct lb_chain *lb);
/**
 * state_first() - While a first sync is made in several transactions
 *
 * state_keep() of a Service that has nothing installed is as before the first commit. With a snapshot of both whole tables, all kept
 * Services have what it has for their front ends.
 */
void state_first(struct state *state, bool first);
/**
 * state_changes() - Append all steps to @changes (initialised), in order
 *
 * Chains and names in @changes are valid until commit or rollback. Cost: follows the Services planned,
 * or with a snapshot everything.
 */
void state_changes(struct state *state, struct changes *changes);
void state_commit(struct state *state);
/** state_commit_claims() - Without state_changes(): the planned Services claim their front ends; nothing was installed. */
void state_commit_claims(struct state *state);
void state_rollback(struct state *state);

/**
 * struct state_expiry - The clients of a list of a Service that was planned
 * @owner:	the Service
 * @map, @list:	where they are
 * @pool:	the list as it is now, NULL: empty; valid as long as the plan
 * @lost:	the map may have clients of endpoints that are no longer in the list
 */
struct state_expiry {
	struct service_name owner;
	struct client_map map;
	struct set_list_key list;
	const struct pool *pool;
	bool lost;
};

/**
 * state_next_expiry() - After state_changes(): the next list of clients; false if there is no other
 *
 * Only the kernel has the clients. If @ret->lost: read them, and delete those for which port_chains_is_stale() is true with
 * plan_in_use() of @ret->pool (tests/COVERAGE.md A6). Else the map needs no reading; one that is being read is judged by the new list.
 */
bool state_next_expiry(struct state *state, struct state_expiry *ret);
/**
 * state_forget_removed() - Between two transactions: no client of this list is bound to a removed endpoint any more
 *
 * Return: whether the tables have elements for this (render/diff_removed.h): plan @service again, which deletes them.
 */
bool state_forget_removed(struct state *state, struct service_name service, enum family table,
			  const struct set_list_key *list);
/** state_skeleton() - The skeleton of the open transaction. */
const struct skeleton *state_skeleton(const struct state *state);
/** state_next_conflict() - After state_changes(): a conflict of this transaction; false if there is no other. */
bool state_next_conflict(struct state *state, struct state_conflict *ret);
/** state_owner() - The Service that owns this front end, or none; valid until the next transaction. */
struct service_name state_owner(const struct state *state, const struct frontend *frontend);
/** state_owns() - Whether @service owns the front end that it asked for (tests/COVERAGE.md S15). */
bool state_owns(const struct state *state, struct service_name service, const struct frontend *frontend);
/** state_yields() - The owner of @frontend, an external IP or load balancer IP, has no endpoint there: plan_yields(). */
bool state_yields(const struct state *state, const struct frontend *frontend);
/** state_why_owned() - Why another Service owns @frontend, which a Service asked for: frontend_owners_why(). */
const char *state_why_owned(const struct state *state, const struct frontend *frontend);
/** state_lost() - frontend_owners_lost(); the names are valid until the next transaction. */
size_t state_lost(const struct state *state, struct frontend_owners_lost *ret, size_t max);
/** state_n_lost() - frontend_owners_n_lost(). */
size_t state_n_lost(const struct state *state);
/** state_n_elements() - Number of installed elements. */
size_t state_n_elements(const struct state *state);
/** state_n_in_sets() - The same for each set of a table, by enum layout_set. */
const size_t *state_n_in_sets(const struct state *state, enum family family);

#endif
