/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * planner.h - from the store to plans of Services
 *
 * Room:     sync (model/store.h -> plan/build.h -> render/state.h). No effects but the log.
 */
#ifndef SYNC_PLANNER_H
#define SYNC_PLANNER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"
#include "base/cidr.h"
#include "base/err.h"
#include "base/service_name.h"
#include "render/layout.h"
#include "sync/large_service.h"
#include "sync/overlarge.h"
#include "sync/service_names.h"

struct arena;
struct build_input;
struct no_local_endpoints;
struct node_view;
struct plan;
struct refusals;
struct settings;
struct snapshot;
struct state;
struct store;

/** struct planner_node - What plans use of the Node; @is_known: it was asked for */
struct planner_node {
	bool is_known;
	char *zone;
	bool has_addr[_FAMILY_MAX];
	struct addr addr[_FAMILY_MAX];
};

/**
 * struct planner_ranges - Ranges of ClusterIPs, which decide how front ends are rendered (layout_node_n_ranges())
 * @is_known:	some Service may have been planned with them
 * @change:	what is installed may still be that of other ranges
 */
struct planner_ranges {
	bool is_known;
	bool change;
	size_t n[_FAMILY_MAX];
	struct cidr list[_FAMILY_MAX][LAYOUT_RANGES_MAX];
};

/**
 * struct planner - Everything is borrowed, but @large and @node
 * @state:	gets the plans; says which Service owns a front end
 * @no_affinity: this kernel cannot learn clients
 * @no_local_endpoints: notes the plans; NULL: no metrics
 * @refusals:	Services that are left out; gets those that cannot be planned
 * @unplannable: called with @ctx for a Service that cannot be planned; @first: it could be before
 * @large:	a Service that is planned part by part
 * @large_is_next: its parts come first in the next step
 * @large_waits: its parts only come when a step has room beside all other Services
 * @holds_refused: a dirty Service that was refused is not tried before its time
 * @node:	for planner_node_changed()
 * @overlarge:	Services that are left as they are installed, but have too many front ends to list them. Once it is complete, they are
 *		kept like others; before the first commit it may be emptied
 * @reads_back:	before the end of the first sync: the next transaction is compared with a snapshot of both whole tables, so that each kept
 *		Service of it finds all that it has, in one step
 * @unlisted:	those of them that the last step left as they are installed, but did not know their front ends
 * @first_done:	planner_first_done()
 * @ranges:	of planner_take_ranges()
 */
struct planner {
	const struct settings *settings;
	struct store *store;
	struct state *state;
	bool family_enabled[_FAMILY_MAX];
	bool no_affinity;
	struct no_local_endpoints *no_local_endpoints;
	struct refusals *refusals;
	void (*unplannable)(void *ctx, struct service_name service, bool first, const char *reason);
	void *ctx;
	struct large_service large;
	bool large_is_next;
	bool large_waits;
	bool holds_refused;
	struct planner_node node;
	struct overlarge overlarge;
	struct service_names unlisted;
	bool reads_back;
	bool first_done;
	struct planner_ranges ranges;
};

/** planner_view() - How this node treats traffic, from the store and the @n interface @addresses; @arena owns the result. */
void planner_view(const struct planner *planner, const struct addr *addresses, size_t n, struct arena *arena,
		  struct node_view *ret);
/** planner_plan() - As sync_plan_requested(). */
int planner_plan(const struct planner *planner, struct service_name service, struct arena *arena,
		 struct build_input *ret_in, struct plan *ret_plan, struct err *reterr)
	__attribute__((warn_unused_result));
/** planner_plan_owned() - As sync_plan_owned(). */
int planner_plan_owned(const struct planner *planner, struct service_name service, struct arena *arena,
		       struct build_input *ret_in, struct plan *ret_plan, struct err *reterr)
	__attribute__((warn_unused_result));
/**
 * planner_plan_dirty() - Hand the plans of changed Services to @planner->state, after state_begin()
 * @retry:	planned first, all of them, though they may not have changed
 * @max_size:	no further dirty Service is taken once those of this step have this many elements, new or installed; the rest stays
 *		dirty. A Service that is larger is planned part by part (sync/large_service.h), in this step and later ones; another
 *		large one stays dirty meanwhile
 * @arena:	owns the plans
 * @ret_planned: cleared, then each planned Service: @retry, the store's dirty Services, and those that gain or lose
 *		a front end because of them; a large one with its last part
 * @ret_kept:	cleared, then those of them that are left out or cannot be planned: they stay as they are installed
 */
void planner_plan_dirty(struct planner *planner, const struct service_names *retry, struct arena *arena,
			size_t max_size, struct service_names *ret_planned, struct service_names *ret_kept);
/**
 * planner_find_in() - Before the first commit, after planner_plan_dirty(): find what the Services in @planner->overlarge have
 * @snapshot:	of both whole tables
 * @arena:	owns the plans; @ret_planned and @ret_kept as there
 */
void planner_find_in(struct planner *planner, const struct snapshot *snapshot, struct arena *arena,
		     struct service_names *ret_planned, struct service_names *ret_kept);
/**
 * planner_give_up_claims() - After state_use_snapshot() or state_use_kept(): state_give_up_claims(), and plan or keep who has the front ends now
 * @arena:	owns the plans; @ret_planned and @ret_kept as there
 * @cut_at:	of a larger Service only the part is planned that gets a front end
 *
 * Return: whether there are any. Those that are kept now may give up others.
 */
bool planner_give_up_claims(struct planner *planner, struct arena *arena, size_t cut_at,
			    struct service_names *ret_planned, struct service_names *ret_kept);
/** planner_first_done() - The first sync has succeeded: what is installed is known. */
void planner_first_done(struct planner *planner);
/** planner_first_again() - It is not known any more: there will be another first sync. */
void planner_first_again(struct planner *planner);
/** planner_has_more() - Whether a large Service has parts that are not installed. */
bool planner_has_more(const struct planner *planner);
/** planner_end() - The transaction has ended; @ok: what was planned is installed. After state_commit() or state_rollback(). */
void planner_end(struct planner *planner, bool ok);
/**
 * planner_node_changed() - Whether plans use something else of the Node than at the last call
 *
 * Return: true at the first call, too, and at the first one after planner_done().
 */
bool planner_node_changed(struct planner *planner);
/**
 * planner_take_ranges() - Plan with the ranges of ClusterIPs in @layout from now on
 *
 * A front end in a range is in another map than one that is in none. So while what is installed may be that of other ranges, the rules
 * must look for each address in both maps: @layout gets this.
 *
 * Return: whether all Services must be planned, because the ranges have changed.
 */
bool planner_take_ranges(struct planner *planner, struct layout_node *layout);
/** planner_doubt_ranges() - What an earlier run has installed may be that of other ranges. */
void planner_doubt_ranges(struct planner *planner);
/** planner_ranges_are_due() - Whether the rules can be those of the ranges now, if no Service waits to be planned or installed. */
bool planner_ranges_are_due(const struct planner *planner);
/** planner_settle_ranges() - All that is installed is that of the ranges. */
void planner_settle_ranges(struct planner *planner);
/** planner_done() - Forget the large Service, and the Node. */
void planner_done(struct planner *planner);

#endif
