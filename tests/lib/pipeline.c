/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "lib/pipeline.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "lib/slots.h"
#include "plan/build.h"
#include "plan/split.h"
#include "render/state_split.h"

void pipeline_init(struct pipeline *pipeline, struct fake *fake)
{
	*pipeline = (struct pipeline){
		.store = store_new(),
		.state = state_new(),
		.fake = fake ? fake : fake_new(),
		.arena = arena_new(),
		.use_snapshot = true,
	};
}

static void forget_retry(struct pipeline *pipeline)
{
	while (pipeline->n_retry)
		service_name_free(pipeline->retry[--pipeline->n_retry]);
	free(pipeline->retry);
	pipeline->retry = NULL;
}

/* Of the last transaction, or all. */
static void forget_expired(struct pipeline *pipeline, bool all)
{
	size_t i, n = 0;

	for (i = 0; i < pipeline->n_expired; i++)
		if (pipeline->expired[i].committed && !all)
			pipeline->expired[n++] = pipeline->expired[i];
		else
			service_name_free(pipeline->expired[i].owner);
	pipeline->n_expired = n;
	if (all) {
		free(pipeline->expired);
		pipeline->expired = NULL;
	}
}

void pipeline_done(struct pipeline *pipeline)
{
	forget_retry(pipeline);
	forget_expired(pipeline, true);
	invalidated_done(&pipeline->invalidated);
	store_free(pipeline->store);
	state_free(pipeline->state);
	fake_free(pipeline->fake);
	arena_free(pipeline->arena);
	*pipeline = (struct pipeline){ .store = NULL };
}

static void retry_later(struct pipeline *pipeline, struct service_name service)
{
	*ALLOC_APPEND(pipeline->retry, pipeline->n_retry) = service_name_copy(service);
}

static struct service_name group_name(const struct store_group *group)
{
	return (struct service_name){ group->namespace, group->name };
}

static struct plan *build(const struct store_group *group, const struct generate_config *config,
			  struct arena *arena)
{
	struct plan *plan = arena_alloc(arena, sizeof(*plan));
	struct build_input in = {
		.service = group->service,
		.n_slices = group->n_slices,
		.slices = group->slices,
		.here = { .node_name = GENERATE_NODE_NAME, .zone = config->zone },
	};
	struct err err = { 0 };
	int family;

	for (family = 0; family < _FAMILY_MAX; family++) {
		in.family_enabled[family] = config->node.family[family].enabled;
		in.n_ranges[family] = layout_node_n_ranges(&config->node.family[family]);
		in.ranges[family] = config->node.family[family].service_cidrs;
		in.has_node_addr[family] = generate_node_addr(config, family, &in.node_addr[family]);
	}
	if (build_plan(&in, arena, plan, &err)) {
		fprintf(stderr, "build_plan: %s\n", err.text);
		abort();
	}
	/* A deleted Service is planned, too, so it needs its name. */
	plan->service = service_name_copy_to(arena, group_name(group));
	if (config->slot_seed)
		slots_give(plan, config->slot_seed, arena);
	return plan;
}

static bool is_refused(const struct pipeline *pipeline, struct service_name service)
{
	struct service_name other;
	size_t i;

	for (i = 0; i < GENERATE_SERVICES; i++) {
		generate_service_name(i, &other.namespace, &other.name);
		if (pipeline->refused[i] && service_name_equal(other, service))
			return true;
	}
	return false;
}

/* @part: the only one to be planned, or 0 */
static void plan_parts(struct pipeline *pipeline, const struct plan *plan, uint64_t part)
{
	struct split_parts parts;
	size_t i;

	state_split_parts(pipeline->state, plan, pipeline->arena, &parts);
	for (i = 0; i < parts.n; i++)
		if (part ? parts.list[i].part == part : (parts.list[i].part ^ pipeline->some_parts) % 2)
			state_plan_part(pipeline->state, &parts.list[i]);
}

void pipeline_keep(struct state *state, const struct plan *plan)
{
	size_t i;

	for (i = 0; i < plan->n_frontends; i++)
		plan->frontends[i].own_lists = true;
	state_keep(state, plan, false);
}

static void plan_group(struct pipeline *pipeline, const struct generate_config *config,
		       const struct store_group *group, uint64_t part)
{
	const struct plan *plan = build(group, config, pipeline->arena);

	if (is_refused(pipeline, plan->service))
		pipeline_keep(pipeline->state, plan);
	else if (pipeline->some_parts)
		plan_parts(pipeline, plan, part);
	else
		state_plan(pipeline->state, plan);
	retry_later(pipeline, plan->service);
}

/* Plan a Service by name; the store may no longer have it. */
static void plan_named(struct pipeline *pipeline, const struct generate_config *config,
		       struct service_name service, uint64_t part)
{
	const struct store_group nothing = { .namespace = service.namespace, .name = service.name };
	const struct store_group *group = store_find_group(pipeline->store, service.namespace, service.name);

	plan_group(pipeline, config, group ? group : &nothing, part);
}

static void plan_affected(struct pipeline *pipeline, const struct generate_config *config)
{
	struct service_name affected;
	uint64_t part;

	while (state_next_affected(pipeline->state, &affected, &part))
		plan_named(pipeline, config, affected, part);
}

static void plan_changed(struct pipeline *pipeline, const struct generate_config *config)
{
	struct service_name *old = pipeline->retry;
	size_t n_old = pipeline->n_retry, i;
	const struct store_group *group;

	pipeline->retry = NULL;
	pipeline->n_retry = 0;
	while ((group = store_dirty_next(pipeline->store)))
		plan_group(pipeline, config, group, 0);
	for (i = 0; i < n_old; i++) {
		plan_named(pipeline, config, old[i], 0);
		service_name_free(old[i]);
	}
	free(old);
	plan_affected(pipeline, config);
}

/* After a success: only those that were refused are planned again, and those of which a part may be left. */
static void forget_accepted(struct pipeline *pipeline)
{
	size_t i, n = 0;

	if (pipeline->some_parts)
		return;
	for (i = 0; i < pipeline->n_retry; i++)
		if (is_refused(pipeline, pipeline->retry[i]))
			pipeline->retry[n++] = pipeline->retry[i];
		else
			service_name_free(pipeline->retry[i]);
	pipeline->n_retry = n;
}

/* As the daemon does: delete the clients of removed endpoints. */
static void expire_clients(struct pipeline *pipeline, struct changes *changes)
{
	struct state_expiry next;

	while (state_next_expiry(pipeline->state, &next)) {
		struct client_map *map = arena_alloc(pipeline->arena, sizeof(*map));
		const struct pool *in_use = next.pool ? plan_in_use(next.pool, pipeline->arena) : NULL;
		const struct client *client = NULL;

		*map = next.map;
		if (next.lost)
			*ALLOC_APPEND(pipeline->expired, pipeline->n_expired) =
				(struct pipeline_expired){ service_name_copy(next.owner), next.map.table,
							   next.list, false };
		while (next.lost && (client = image_each_client(fake_image(pipeline->fake), map->table,
								map->name, client)))
			if (memcmp(&client->key.list, &next.list, sizeof(next.list)) == 0 &&
			    port_chains_is_stale(in_use, client))
				change_del_client(changes, next.owner, map, client);
	}
	change_finish(changes);
}

int pipeline_sync(struct pipeline *pipeline, const struct generate_config *config, struct err *reterr)
{
	struct backend_report report;
	struct service_elements node;
	struct snapshot snapshot;
	struct skeleton skeleton;
	struct changes changes;
	bool partial;
	size_t i;
	int r;

	if (!pipeline->synced || memcmp(config, &pipeline->config, sizeof(*config)) != 0)
		store_mark_all_dirty(pipeline->store);
	pipeline->config = *config;
	layout_skeleton(&config->node, pipeline->arena, &skeleton);
	service_elements_of_node(&config->node, config->node_port_addresses, config->n_node_port_addresses,
				 pipeline->arena, &node);
	state_begin(pipeline->state, &skeleton, &node);
	plan_changed(pipeline, config);
	snapshot_init(&snapshot);
	partial = !pipeline->use_snapshot && invalidated_is_any(&pipeline->invalidated);
	if (partial)
		snapshot_set_partial(&snapshot, &pipeline->invalidated);
	if (partial || pipeline->use_snapshot) {
		fake_read(pipeline->fake, &snapshot);
		snapshot_seal(&snapshot);
		state_use_snapshot(pipeline->state, &snapshot);
	}
	pipeline->current_ports.store = pipeline->store;
	state_know_ports(pipeline->state, current_ports_has, &pipeline->current_ports);
	while (state_give_up_claims(pipeline->state))
		plan_affected(pipeline, config);
	change_init(&changes, state_skeleton(pipeline->state));
	state_changes(pipeline->state, &changes);
	state_know_ports(pipeline->state, NULL, NULL);
	current_ports_forget(&pipeline->current_ports);
	expire_clients(pipeline, &changes);
	r = fake_commit(pipeline->fake, &changes, &report, reterr);
	if (r) {
		state_rollback(pipeline->state);
		forget_expired(pipeline, false);
	} else {
		for (i = 0; i < pipeline->n_expired; i++)
			pipeline->expired[i].committed = true;
		state_commit(pipeline->state);
		forget_accepted(pipeline);
		pipeline->use_snapshot = false;
		invalidated_done(&pipeline->invalidated);
		pipeline->synced = true;
	}
	change_done(&changes);
	snapshot_done(&snapshot);
	arena_reset(pipeline->arena);
	return r;
}

bool pipeline_forget_removed(struct pipeline *pipeline)
{
	bool any = false;
	size_t i;

	for (i = 0; i < pipeline->n_expired; i++) {
		const struct pipeline_expired *expired = &pipeline->expired[i];

		if (!state_forget_removed(pipeline->state, expired->owner, expired->table, &expired->list))
			continue;
		retry_later(pipeline, expired->owner);
		any = true;
	}
	forget_expired(pipeline, true);
	return any;
}

int pipeline_make_ready(struct pipeline *pipeline, struct err *reterr)
{
	struct backend_report report;
	struct changes changes;
	int r = 0;

	while (!r && !pipeline->use_snapshot && !invalidated_is_any(&pipeline->invalidated) &&
	       state_ready_is_due(pipeline->state)) {
		state_begin_ready(pipeline->state);
		change_init(&changes, state_skeleton(pipeline->state));
		state_changes(pipeline->state, &changes);
		r = fake_commit(pipeline->fake, &changes, &report, reterr);
		if (r)
			state_rollback(pipeline->state);
		else
			state_commit(pipeline->state);
		change_done(&changes);
	}
	return r;
}

static int cmp_plans(const void *a, const void *b)
{
	const struct plan *x = a, *y = b;

	if (x->creation_time_s != y->creation_time_s) {
		if (!x->creation_time_s || !y->creation_time_s)
			return x->creation_time_s ? -1 : 1;
		return x->creation_time_s < y->creation_time_s ? -1 : 1;
	}
	return service_name_cmp(x->service, y->service);
}

void pipeline_plan_all(const struct pipeline *pipeline, const struct generate_config *config,
		       struct arena *arena, struct pipeline_plans *ret)
{
	const struct store_group *group;
	const char *namespace, *name;
	size_t i;

	*ret = (struct pipeline_plans){ .plans = arena_array(arena, GENERATE_SERVICES, sizeof(struct plan)) };
	for (i = 0; i < GENERATE_SERVICES; i++) {
		generate_service_name(i, &namespace, &name);
		group = store_find_group(pipeline->store, namespace, name);
		if (group)
			ret->plans[ret->n++] = *build(group, config, arena);
	}
	qsort(ret->plans, ret->n, sizeof(*ret->plans), cmp_plans);
}
