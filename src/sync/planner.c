/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "sync/planner.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "config/settings.h"
#include "model/node.h"
#include "model/service.h"
#include "model/service_cidr.h"
#include "model/slice.h"
#include "model/store.h"
#include "plan/build.h"
#include "plan/split.h"
#include "render/state.h"
#include "render/state_split.h"
#include "render/state_walk.h"
#include "sync/kept_frontends.h"
#include "sync/no_local_endpoints.h"
#include "sync/node_view.h"
#include "sync/refusals.h"
#include "sync/service_estimate.h"
#include "sync/service_names.h"

static void planner_add_service_cidr(void *ctx, const struct service_cidr *service_cidr)
{
	buf_add(ctx, service_cidr->cidrs, service_cidr->n_cidrs * sizeof(*service_cidr->cidrs));
}

/* The ranges of all ServiceCIDRs; they may overlap. */
static size_t planner_service_cidrs(const struct planner *planner, struct arena *arena,
				    const struct cidr **ret)
{
	struct buf bytes = BUF_INIT;
	struct cidr *cidrs;
	size_t n;

	store_each_service_cidr(planner->store, planner_add_service_cidr, &bytes);
	n = bytes.size / sizeof(*cidrs);
	cidrs = arena_array(arena, n, sizeof(*cidrs));
	if (n)
		memcpy(cidrs, bytes.data, bytes.size);
	buf_done(&bytes);
	*ret = cidrs;
	return n;
}

static void planner_mark_change(const struct planner *planner, struct layout_node *layout)
{
	int family;

	for (family = 0; family < _FAMILY_MAX; family++)
		layout->family[family].ranges_change = planner->ranges.change;
}

void planner_view(const struct planner *planner, const struct addr *addresses, size_t n, struct arena *arena,
		  struct node_view *ret)
{
	struct node_view_input in = {
		.settings = planner->settings,
		.node = store_find_node(planner->store, planner->settings->hostname),
		.node_unread = store_is_unread_node(planner->store, planner->settings->hostname),
		.addresses = addresses,
		.n_addresses = n,
	};

	memcpy(in.family_enabled, planner->family_enabled, sizeof(in.family_enabled));
	in.n_service_cidrs = planner_service_cidrs(planner, arena, &in.service_cidrs);
	node_view_compute(&in, arena, ret);
	planner_mark_change(planner, &ret->layout);
}

/* @group is NULL if the Service was deleted. */
static void planner_input(const struct planner *planner, const struct store_group *group,
			  struct build_input *ret)
{
	const struct node *node = store_find_node(planner->store, planner->settings->hostname);
	int family;

	*ret = (struct build_input){
		.here = { .node_name = planner->settings->hostname, .zone = node ? node->zone : "" },
		.no_affinity = planner->no_affinity,
		.no_external_ips = !planner->settings->serve_external_ips,
	};
	memcpy(ret->family_enabled, planner->family_enabled, sizeof(ret->family_enabled));
	for (family = 0; family < _FAMILY_MAX; family++) {
		const struct addr *addr = settings_node_addr(planner->settings, family,
							     node ? node_primary_addr(node, family) : NULL);

		ret->has_node_addr[family] = addr != NULL;
		if (addr)
			ret->node_addr[family] = *addr;
		ret->n_ranges[family] = planner->ranges.n[family];
		ret->ranges[family] = planner->ranges.list[family];
	}
	if (group) {
		ret->service = group->service;
		ret->n_slices = group->n_slices;
		ret->slices = group->slices;
	}
}

int planner_plan(const struct planner *planner, struct service_name service, struct arena *arena,
		 struct build_input *ret_in, struct plan *ret_plan, struct err *reterr)
{
	planner_input(planner, store_find_group(planner->store, service.namespace, service.name), ret_in);
	return build_plan(ret_in, arena, ret_plan, reterr);
}

int planner_plan_owned(const struct planner *planner, struct service_name service, struct arena *arena,
		       struct build_input *ret_in, struct plan *ret_plan, struct err *reterr)
{
	size_t i, n = 0;
	int r = planner_plan(planner, service, arena, ret_in, ret_plan, reterr);

	if (r < 0)
		return r;
	for (i = 0; i < ret_plan->n_frontends; i++) {
		if (state_owns(planner->state, service, &ret_plan->frontends[i]))
			ret_plan->frontends[n++] = ret_plan->frontends[i];
	}
	ret_plan->n_frontends = n;
	return 0;
}

/**
 * struct planner_step - The plans of one step
 * @size:	so far, of planner_size()
 * @max_size:	no other Service is taken from this size on
 * @cut_at:	a Service that is larger is planned part by part
 * @left:	the first one that was left for another step
 * @later:	the first one that was put back behind the others that have changed; @n_later: how many were, or SIZE_MAX: all others
 *		are planned
 * @affected, @affected_parts: the last Service of which single parts were planned or kept, and all its parts: many of them may be
 *		affected; @affected_way: which of both
 */
struct planner_step {
	struct arena *arena;
	struct service_names *planned;
	struct service_names *kept;
	size_t size;
	size_t max_size;
	size_t cut_at;
	struct service_name left;
	struct service_name later;
	size_t n_later;
	struct service_name affected;
	struct split_parts affected_parts;
	enum large_service_way affected_way;
};

/* Elements of a front end beside its verdict and endpoints: to which set of front ends it belongs, how it is masqueraded. */
#define PLANNER_FRONTEND_SIZE 2

/*
 * About how many elements change at most. What is installed, @installed elements, may have to be deleted; and a plan without
 * elements costs time, too.
 */
static size_t planner_size(const struct plan *plan, size_t installed)
{
	size_t wanted = plan_size(plan) + PLANNER_FRONTEND_SIZE * plan->n_frontends;

	return 1 + (wanted > installed ? wanted : installed);
}

/* Elements of one front end that has no endpoint: its verdict, and what planner_size() adds. */
#define PLANNER_SIZE_MIN (1 + PLANNER_FRONTEND_SIZE)

/*
 * About how many elements a Service, or a part of it, has. What an earlier run has left of the front ends that it has claimed may have to be
 * deleted, too.
 */
static size_t planner_installed(const struct planner *planner, struct service_name service, uint64_t part)
{
	size_t n = part ? state_walk_part_size(planner->state, service, part)
			: state_walk_size(planner->state, service);

	return n + PLANNER_SIZE_MIN * state_walk_n_claims(planner->state, service, part);
}

static void planner_planned(struct planner *planner, const struct plan *plan, struct planner_step *step)
{
	if (planner->no_local_endpoints)
		no_local_endpoints_note(planner->no_local_endpoints, plan);
	service_names_add(step->planned, plan->service);
}

static struct service_estimate planner_estimate(const struct planner *planner, struct service_name service)
{
	return service_estimate(store_find_group(planner->store, service.namespace, service.name));
}

/* Another Service is being planned part by part, so this one, which is larger than a step, must wait. */
static bool planner_waits_for_large(const struct planner *planner, struct service_name service)
{
	return large_service_is_set(&planner->large) && !large_service_is(&planner->large, service);
}

/* Planning so many front ends takes about 25 ms with 40,000, and finding their parts as long again: each is a step without other work. */
#define PLANNER_CUT_ALONE 10000

/* Its parts follow, in this step or in later ones. */
static void planner_begin_parts(struct planner *planner, struct planner_step *step)
{
	if (planner->large.plan.n_frontends > PLANNER_CUT_ALONE)
		step->size = step->max_size;
	else
		large_service_split(&planner->large, planner->state);
}

/* Plan the Service part by part from now on. @plan may be in @own, which is taken over; if @own is NULL, it is made again. */
static void planner_cut(struct planner *planner, const struct plan *plan, struct arena *own,
			struct planner_step *step)
{
	struct plan again = *plan;
	struct build_input in;

	if (!own) {
		own = arena_new();
		/* It could be planned a moment ago. */
		if (planner_plan(planner, plan->service, own, &in, &again, NULL) < 0)
			again = (struct plan){ .n_frontends = 0 };
		again.service = plan->service;
	}
	large_service_set(&planner->large, &again, own);
	planner_begin_parts(planner, step);
}

static void planner_add_name(struct service_names *names, struct service_name service)
{
	if (!names->n || !service_name_equal(names->list[names->n - 1], service))
		service_names_add(names, service);
}

/* Return: whether it is the first time in this transaction. */
static bool planner_hand_over(struct planner *planner, const struct plan *part, enum large_service_way way)
{
	if (way == LARGE_SERVICE_WAY_PLAN)
		return state_plan_part(planner->state, part);
	return state_keep_part(planner->state, part, way == LARGE_SERVICE_WAY_KEEP_ANSWERS);
}

/* One of @parts, because it gained or lost a front end. Many parts of one Service may follow each other. */
static void planner_plan_affected(struct planner *planner, const struct split_parts *parts,
				  enum large_service_way way, uint64_t part, struct planner_step *step)
{
	size_t i;

	for (i = 0; i < parts->n; i++)
		if (parts->list[i].part == part)
			(void)planner_hand_over(planner, &parts->list[i], way);
	planner_add_name(way == LARGE_SERVICE_WAY_PLAN ? step->planned : step->kept, parts->list[0].service);
}

/* Of a Service that is larger than a step only this part must be planned, or kept. */
static void planner_split_affected(struct planner *planner, const struct plan *plan,
				   enum large_service_way way, uint64_t part, struct planner_step *step)
{
	state_split_parts(planner->state, plan, step->arena, &step->affected_parts);
	step->affected = plan->service;
	step->affected_way = way;
	planner_plan_affected(planner, &step->affected_parts, way, part, step);
}

static void planner_keep_all(struct planner *planner, const struct plan *plan, bool answers, size_t size,
			     struct planner_step *step)
{
	if (large_service_is(&planner->large, plan->service))
		large_service_done(&planner->large);
	step->size += size;
	if (state_keep(planner->state, plan, answers))
		service_names_add(step->kept, plan->service);
}

static enum large_service_way planner_way(bool unplannable)
{
	return unplannable ? LARGE_SERVICE_WAY_KEEP_ANSWERS : LARGE_SERVICE_WAY_KEEP;
}

/* The front ends of a Service of which it is not known what it has. If they are too many, there is none: they will be looked for. */
static void planner_plan_kept(struct planner *planner, struct service_name service, bool *unplannable,
			      struct arena *arena, struct plan *ret)
{
	struct build_input in;

	planner_input(planner, store_find_group(planner->store, service.namespace, service.name), &in);
	if (!kept_frontends_plan(&in, &planner->overlarge, unplannable, arena, ret))
		service_names_add(&planner->unlisted, service);
	ret->service = service_name_copy_to(arena, service);
}

/* The large Service is only named: plan its front ends. Without any it is not large. */
static void planner_plan_named(struct planner *planner, struct planner_step *step)
{
	struct large_service *large = &planner->large;
	bool unplannable = large->way == LARGE_SERVICE_WAY_KEEP_ANSWERS;
	struct plan *plan = arena_alloc(step->arena, sizeof(*plan));
	_cleanup_(arena_freep) struct arena *own = arena_new();
	size_t part_size = large->part_size;

	planner_plan_kept(planner, large->plan.service, &unplannable, own, plan);
	if (!plan->n_frontends) {
		*plan = (struct plan){ .service = service_name_copy_to(step->arena, plan->service) };
		planner_keep_all(planner, plan, unplannable, planner_size(plan, 0), step);
		return;
	}
	large_service_set(large, plan, TAKE_PTR(own));
	large_service_keep(large, planner_way(unplannable), part_size);
	planner_begin_parts(planner, step);
}

/*
 * What the Service has installed is not known, so its front ends are needed. What must be looked for grows with its endpoints and source
 * ranges, too: their number may have been another one, but not often a very different one.
 *
 * @part, return: as planner_plan_service()
 */
static bool planner_keep_frontends(struct planner *planner, struct service_name service, uint64_t part,
				   bool unplannable, struct planner_step *step)
{
	struct service_estimate estimate = planner_estimate(planner, service);
	size_t cut_at = planner->reads_back ? SIZE_MAX : step->cut_at,
	       size = 1 + PLANNER_SIZE_MIN * estimate.n_frontends + estimate.n_endpoints +
		      estimate.n_source_ranges;
	struct plan *plan;

	if (!part && size > cut_at) {
		if (planner_waits_for_large(planner, service))
			return false;
		large_service_name(&planner->large, service, planner_way(unplannable),
				   estimate.n_port_endpoints);
		if (estimate.n_frontends > PLANNER_CUT_ALONE)
			step->size = step->max_size;
		return true;
	}
	plan = arena_alloc(step->arena, sizeof(*plan));
	planner_plan_kept(planner, service, &unplannable, step->arena, plan);
	if (part && size > cut_at)
		planner_split_affected(planner, plan, planner_way(unplannable), part, step);
	else
		planner_keep_all(planner, plan, unplannable, size, step);
	return true;
}

/*
 * Leave the Service as it is installed. After a restart it is not known what it has, until its parts have been taken over.
 *
 * @part, return: as planner_plan_service()
 */
static bool planner_keep(struct planner *planner, struct service_name service, uint64_t part,
			 bool unplannable, struct planner_step *step)
{
	struct plan *plan;

	if (!planner->first_done && (planner->reads_back || !state_walk_size(planner->state, service) ||
				     large_service_is(&planner->large, service)))
		return planner_keep_frontends(planner, service, part, unplannable, step);
	plan = arena_alloc(step->arena, sizeof(*plan));
	plan->service = service_name_copy_to(step->arena, service);
	planner_keep_all(planner, plan, unplannable, planner_size(plan, 0), step);
	return true;
}

/* @part: the only one that must be planned, or 0. Return: false: the Service is left for another step. */
static bool planner_plan_service(struct planner *planner, struct service_name service, uint64_t part,
				 struct planner_step *step)
{
	struct service_estimate estimate = planner_estimate(planner, service);
	bool waits = !part && planner_waits_for_large(planner, service);
	struct plan *plan = arena_alloc(step->arena, sizeof(*plan));
	_cleanup_(arena_freep) struct arena *own = NULL;
	struct build_input in;
	struct err err = { 0 };
	size_t size;

	if (waits && estimate.n_frontends > step->cut_at / PLANNER_SIZE_MIN)
		return false;
	/* A plan that will be cut is made in an arena that stays, because planning takes long. */
	if (!part && estimate.n_frontends + estimate.n_endpoints > step->cut_at)
		own = arena_new();
	if (planner_plan(planner, service, own ? own : step->arena, &in, plan, &err) < 0) {
		planner->unplannable(planner->ctx, service,
				     refusals_put_unplannable(planner->refusals, service), err.text);
		return planner_keep(planner, service, part, true, step);
	}
	plan->service = service_name_copy_to(step->arena, service);
	size = planner_size(plan, planner_installed(planner, service, 0));
	if (size > step->cut_at) {
		if (part)
			planner_split_affected(planner, plan, LARGE_SERVICE_WAY_PLAN, part, step);
		else if (!waits)
			planner_cut(planner, plan, TAKE_PTR(own), step);
		return !waits;
	}
	/* It is smaller than it seemed. */
	if (own) {
		if (planner_plan(planner, service, step->arena, &in, plan, NULL) < 0)
			*plan = (struct plan){ .n_frontends = 0 };
		plan->service = service_name_copy_to(step->arena, service);
	}
	if (large_service_is(&planner->large, service))
		large_service_done(&planner->large);
	/* Once each: a Service that changes while attempts fail is both dirty and in @retry. */
	if (!state_plan(planner->state, plan))
		return true;
	planner_planned(planner, plan, step);
	step->size += size;
	return true;
}

/* @part: the only one that must be planned, or 0. Return: false: the Service is left for another step. */
static bool planner_plan_one(struct planner *planner, struct service_name service, uint64_t part,
			     struct planner_step *step)
{
	bool is_large = large_service_is(&planner->large, service);

	if (is_large && part && large_service_is_named(&planner->large)) {
		planner_plan_named(planner, step);
		is_large = large_service_is_set(&planner->large);
	}
	if (is_large && part) {
		large_service_split(&planner->large, planner->state);
		planner_plan_affected(planner, &planner->large.parts, planner->large.way, part, step);
		return true;
	}
	if (part && service_name_is_set(step->affected) && service_name_equal(service, step->affected)) {
		planner_plan_affected(planner, &step->affected_parts, step->affected_way, part, step);
		return true;
	}
	/* Parts of it are in this transaction already. */
	if (is_large && large_service_is_open(&planner->large))
		return false;
	if (refusals_waits(planner->refusals, service))
		return planner_keep(planner, service, part,
				    refusals_is_unplannable(planner->refusals, service), step);
	return planner_plan_service(planner, service, part, step);
}

/* About how many elements the next parts change that must be planned together. */
static size_t planner_size_of_group(const struct planner *planner, const struct split_parts *group)
{
	size_t i, size = 0;

	for (i = 0; i < group->n; i++) {
		const struct plan *part = &group->list[i];

		size += planner_size(part, planner_installed(planner, part->service, part->part));
		size += planner->large.part_size;
	}
	return size;
}

/* Plan the large Service if it is only named, and split it. Return: false: there is none any more, or the rest is for another step. */
static bool planner_prepare_parts(struct planner *planner, struct planner_step *step)
{
	struct large_service *large = &planner->large;

	if (step->size < step->max_size && large_service_is_named(large))
		planner_plan_named(planner, step);
	if (step->size >= step->max_size || !large_service_is_set(large))
		return false;
	large_service_split(large, planner->state);
	return true;
}

/* Some parts of the large Service. Return: whether there is a part for which this step has no room. */
static bool planner_plan_parts(struct planner *planner, struct planner_step *step, bool at_least_one)
{
	struct large_service *large = &planner->large;
	struct split_parts group;
	size_t size, i;

	/* It was refused after it began. */
	if (large_service_is_set(large) && !large_service_keeps(large) &&
	    refusals_waits(planner->refusals, large->plan.service))
		large_service_done(large);
	if (large_service_is_set(large) && !large_service_is_split(large)) {
		if (!planner_prepare_parts(planner, step))
			return large_service_is_set(large);
	}
	while (large_service_next(large, &group)) {
		size = planner_size_of_group(planner, &group);
		if (!at_least_one && step->size && step->size + size > step->max_size)
			return true;
		at_least_one = false;
		for (i = 0; i < group.n; i++)
			(void)planner_hand_over(planner, &group.list[i], large->way);
		large_service_planned(large, group.n);
		step->size += size;
		if (large_service_keeps(large))
			planner_add_name(step->kept, large->plan.service);
		else if (!large_service_next(large, &group))
			planner_planned(planner, &large->plan, step);
	}
	return false;
}

/* Of one step: to look at each costs a microsecond. */
#define PLANNER_LATER_MAX 2000

/*
 * Whether the Service that the store has handed out must wait for others. It owns a front end that others ask for, too, and these may have
 * changed as well, for instance because all were deleted. If each in turn gave the front end to the next one, all would have
 * to be planned in one step. Those that do not own it go first.
 */
static bool planner_comes_later(struct planner *planner, struct service_name service,
				struct planner_step *step)
{
	if (!planner->first_done || step->n_later >= PLANNER_LATER_MAX ||
	    !state_walk_is_contested(planner->state, service))
		return false;
	if (service_name_is_set(step->later) && service_name_equal(service, step->later)) {
		step->n_later = SIZE_MAX;
		return false;
	}
	if (!store_dirty_later(planner->store))
		return false;
	if (!step->n_later++)
		step->later = service_name_copy_to(step->arena, service);
	return true;
}

static void planner_plan_step(struct planner *planner, struct planner_step *step)
{
	const struct store_group *group;
	struct service_name service;

	while (step->size < step->max_size && (group = store_dirty_next(planner->store))) {
		service = (struct service_name){ group->namespace, group->name };
		if (planner_comes_later(planner, service, step))
			continue;
		if (!planner->holds_refused)
			refusals_try(planner->refusals, service);
		if (planner_plan_one(planner, service, 0, step))
			continue;
		store_dirty_again(planner->store);
		if (service_name_equal(service, step->left))
			break;
		if (!service_name_is_set(step->left))
			step->left = service_name_copy_to(step->arena, service);
	}
}

/* A Service of a failed attempt. Nothing may be lost: it is planned now, or stays dirty. */
static void planner_plan_retry(struct planner *planner, struct service_name service,
			       struct planner_step *step)
{
	struct planner_step whole = *step;

	if (planner_plan_one(planner, service, 0, step))
		return;
	if (store_find_group(planner->store, service.namespace, service.name)) {
		store_mark_dirty(planner->store, service.namespace, service.name);
		return;
	}
	whole.cut_at = SIZE_MAX;
	(void)planner_plan_one(planner, service, 0, &whole);
}

static void planner_plan_all_affected(struct planner *planner, struct planner_step *step)
{
	struct service_name service;
	uint64_t part;

	while (state_next_affected(planner->state, &service, &part))
		(void)planner_plan_one(planner, service, part, step);
}

void planner_plan_dirty(struct planner *planner, const struct service_names *retry, struct arena *arena,
			size_t max_size, struct service_names *ret_planned, struct service_names *ret_kept)
{
	struct planner_step all = { .arena = arena,
				    .planned = ret_planned,
				    .kept = ret_kept,
				    .max_size = SIZE_MAX,
				    .cut_at = max_size };
	struct planner_step dirty = all;
	bool large_is_first = planner->large_is_next && !planner->large_waits, has_no_room;
	size_t i;

	dirty.max_size = max_size;
	service_names_clear(ret_planned);
	service_names_clear(ret_kept);
	service_names_clear(&planner->unlisted);
	for (i = 0; i < retry->n; i++)
		if (!refusals_waits(planner->refusals, retry->list[i]))
			planner_plan_retry(planner, retry->list[i], &all);
	dirty.size = all.size;
	/* If one step has no room for both, the large Service and the other ones come first in turn. */
	if (large_is_first)
		(void)planner_plan_parts(planner, &dirty, true);
	planner_plan_step(planner, &dirty);
	has_no_room = planner_plan_parts(planner, &dirty, false);
	planner->large_is_next = has_no_room && !large_is_first;
	/* Not before: a waiting Service that is dirty has a new version, which is tried. */
	for (i = 0; i < retry->n; i++)
		if (refusals_waits(planner->refusals, retry->list[i]))
			planner_plan_retry(planner, retry->list[i], &all);
	planner_plan_all_affected(planner, &all);
}

void planner_find_in(struct planner *planner, const struct snapshot *snapshot, struct arena *arena,
		     struct service_names *ret_planned, struct service_names *ret_kept)
{
	struct planner_step step = { .arena = arena,
				     .planned = ret_planned,
				     .kept = ret_kept,
				     .max_size = SIZE_MAX,
				     .cut_at = SIZE_MAX };
	size_t i;

	if (!planner->unlisted.n)
		return;
	overlarge_show_all(&planner->overlarge, snapshot);
	for (i = 0; i < planner->unlisted.n; i++) {
		struct plan *plan = arena_alloc(arena, sizeof(*plan));

		kept_frontends_found(overlarge_get(&planner->overlarge, planner->unlisted.list[i]), arena,
				     plan);
		(void)state_keep(planner->state, plan, true);
	}
	planner_plan_all_affected(planner, &step);
}

bool planner_give_up_claims(struct planner *planner, struct arena *arena, size_t cut_at,
			    struct service_names *ret_planned, struct service_names *ret_kept)
{
	struct planner_step step = { .arena = arena,
				     .planned = ret_planned,
				     .kept = ret_kept,
				     .max_size = SIZE_MAX,
				     .cut_at = cut_at };

	if (!state_give_up_claims(planner->state))
		return false;
	planner_plan_all_affected(planner, &step);
	return true;
}

void planner_first_done(struct planner *planner)
{
	overlarge_done(&planner->overlarge);
	planner->first_done = true;
	planner->reads_back = false;
}

void planner_first_again(struct planner *planner)
{
	planner->first_done = planner->reads_back = false;
}

bool planner_has_more(const struct planner *planner)
{
	return large_service_is_set(&planner->large);
}

void planner_end(struct planner *planner, bool ok)
{
	large_service_end(&planner->large, ok);
}

static bool planner_node_is(const struct planner_node *node, const struct build_input *in)
{
	int family;

	if (!node->is_known || strcmp(node->zone, in->here.zone) != 0)
		return false;
	for (family = 0; family < _FAMILY_MAX; family++) {
		if (node->has_addr[family] != in->has_node_addr[family])
			return false;
		if (node->has_addr[family] && addr_cmp(&node->addr[family], &in->node_addr[family]) != 0)
			return false;
	}
	return true;
}

bool planner_node_changed(struct planner *planner)
{
	struct planner_node *node = &planner->node;
	struct build_input in;

	planner_input(planner, NULL, &in);
	if (planner_node_is(node, &in))
		return false;
	free(node->zone);
	node->is_known = true;
	node->zone = alloc_string(in.here.zone);
	memcpy(node->has_addr, in.has_node_addr, sizeof(node->has_addr));
	memcpy(node->addr, in.node_addr, sizeof(node->addr));
	return true;
}

static bool planner_ranges_equal(const struct planner_ranges *a, const struct planner_ranges *b)
{
	size_t i;
	int family;

	for (family = 0; family < _FAMILY_MAX; family++) {
		if (a->n[family] != b->n[family])
			return false;
		for (i = 0; i < a->n[family]; i++)
			if (!cidr_equal(&a->list[family][i], &b->list[family][i]))
				return false;
	}
	return true;
}

bool planner_take_ranges(struct planner *planner, struct layout_node *layout)
{
	struct planner_ranges now = { .is_known = true, .change = planner->ranges.change };
	bool changed;
	int family;

	for (family = 0; family < _FAMILY_MAX; family++) {
		const struct layout_family *f = &layout->family[family];

		now.n[family] = layout_node_n_ranges(f);
		if (now.n[family])
			memcpy(now.list[family], f->service_cidrs,
			       now.n[family] * sizeof(now.list[family][0]));
	}
	changed = !planner_ranges_equal(&planner->ranges, &now);
	now.change |= changed && planner->ranges.is_known;
	planner->ranges = now;
	planner_mark_change(planner, layout);
	return changed;
}

void planner_doubt_ranges(struct planner *planner)
{
	planner->ranges.change = true;
}

static bool planner_is_installed(void *ctx, struct service_name service)
{
	return state_walk_size(ctx, service) > 0;
}

/* A refused Service stays where it is, which may be the other map. */
bool planner_ranges_are_due(const struct planner *planner)
{
	return planner->ranges.change &&
	       !refusals_any(planner->refusals, planner_is_installed, planner->state);
}

void planner_settle_ranges(struct planner *planner)
{
	planner->ranges.change = false;
}

void planner_done(struct planner *planner)
{
	overlarge_done(&planner->overlarge);
	service_names_done(&planner->unlisted);
	large_service_done(&planner->large);
	free(planner->node.zone);
	planner->node = (struct planner_node){ .is_known = false };
}
