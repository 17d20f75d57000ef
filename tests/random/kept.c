/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "random/kept.h"

#include <string.h>

#include "backend/diff_text.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "render/kept_keys.h"
#include "render/layout.h"
#include "render/port_chains.h"
#include "render/source_list.h"
#include "render/state_walk.h"
#include "ruleset/reconcile.h"

static void add_plan(void *ctx, const struct plan *plan)
{
	kept_keys_add_plan(ctx, plan);
}

static void look_up_chain(struct snapshot *all, enum family table, const char *name, struct snapshot *ret)
{
	const struct snapshot_chain *chain = snapshot_find_chain(all, table, name);
	struct snapshot_chain *added;
	size_t i;

	if (!chain)
		return;
	added = snapshot_add_chain(ret, table, name, alloc_string(chain->fingerprint));
	added->timeout_s = chain->timeout_s;
	for (i = 0; i < chain->n_sources; i++)
		snapshot_add_source(added, &chain->sources[i]);
}

/* As sync/kept_lookup.c, with @all for the kernel. */
static void look_up(const struct state *state, struct snapshot *all, struct arena *arena,
		    struct snapshot *ret)
{
	struct kept_keys *keys = kept_keys_new();
	struct source_list sources;
	struct chain *chains;
	const struct element *asked;
	char name[RULE_NAME_MAX + 1];
	struct snapshot found;
	enum family table;
	struct element e;
	size_t n, i;

	snapshot_init(ret);
	ret->fingerprint = all->fingerprint;
	ret->ctx = all->ctx;
	state_walk_kept(state, add_plan, keys);
	while ((n = kept_keys_next(keys, &asked))) {
		snapshot_init(&found);
		for (i = 0; i < n; i++)
			if (snapshot_find_element(all, &asked[i], &e) != SIZE_MAX)
				snapshot_add_element(&found, &e);
		snapshot_seal(&found);
		kept_keys_found(keys, &found);
		snapshot_done(&found);
	}
	while (kept_keys_chain(keys, &table, name))
		look_up_chain(all, table, name, ret);
	while (kept_keys_sources(keys, &sources)) {
		n = source_list_build(&sources, NULL, arena, &chains);
		for (i = 0; i < n; i++)
			look_up_chain(all, chains[i].table, chains[i].name, ret);
	}
	kept_keys_result(keys, ret);
	snapshot_seal(ret);
	kept_keys_free(keys);
}

static bool compare(const struct pipeline *pipeline, const struct state *state, const struct changes *changes,
		    struct buf *what)
{
	size_t set, n, expected;
	int family;

	if (changes->n) {
		buf_printf(what, "not found:\n");
		diff_text_print(changes, 200, what);
		return false;
	}
	for (family = 0; family < _FAMILY_MAX; family++)
		for (set = 0; set < _LAYOUT_SET_MAX; set++) {
			n = state_n_in_sets(state, (enum family)family)[set];
			expected = state_n_in_sets(pipeline->state, (enum family)family)[set];
			if (n == expected)
				continue;
			buf_printf(what, "%zu of %zu elements of %s", n, expected, layout_sets()[set].name);
			return false;
		}
	return true;
}

/* Whether one of the Services, a struct pipeline_plans, has a port with this id. */
static bool is_port(void *ctx, const char *id)
{
	const struct pipeline_plans *plans = ctx;
	char other[PORT_CHAINS_ID_SIZE];
	size_t i, k;

	for (i = 0; i < plans->n; i++)
		for (k = 0; k < plans->plans[i].n_frontends; k++) {
			const struct frontend *f = &plans->plans[i].frontends[k];

			port_chains_id(plans->plans[i].service, f->port_name, f->protocol, other);
			if (strcmp(id, other) == 0)
				return true;
		}
	return false;
}

/* In its newest version, all ports of the Service have other names. */
static void rename_ports(struct plan *plan, struct arena *arena)
{
	size_t i;

	for (i = 0; i < plan->n_frontends; i++) {
		struct buf name = BUF_INIT;

		buf_printf(&name, "new-%s", plan->frontends[i].port_name);
		plan->frontends[i].port_name = arena_string(arena, buf_text(&name));
		buf_done(&name);
	}
}

/* All Services are kept in one transaction of @state, which has nothing installed. */
static void keep_all(struct state *state, const struct pipeline *pipeline,
		     const struct generate_config *config, struct arena *arena)
{
	struct pipeline_plans *plans = arena_alloc(arena, sizeof(*plans));
	struct service_elements node;
	struct skeleton skeleton;
	struct service_name service;
	uint64_t part;
	size_t i;

	layout_skeleton(&config->node, arena, &skeleton);
	service_elements_of_node(&config->node, config->node_port_addresses, config->n_node_port_addresses,
				 arena, &node);
	state_begin(state, &skeleton, &node);
	pipeline_plan_all(pipeline, config, arena, plans);
	for (i = 0; i < plans->n; i += 2)
		rename_ports(&plans->plans[i], arena);
	state_know_ports(state, is_port, plans);
	for (i = 0; i < plans->n; i++)
		pipeline_keep(state, &plans->plans[i]);
	while (state_next_affected(state, &service, &part))
		;
}

bool kept_take_over(const struct pipeline *pipeline, const struct generate_config *config, struct buf *what)
{
	struct arena *arena = arena_new();
	struct state *state = state_new();
	struct snapshot all, found;
	struct service_name service;
	struct changes changes;
	bool same;

	snapshot_init(&all);
	fake_read(pipeline->fake, &all);
	snapshot_seal(&all);
	state_take_over(state, true);
	state_first(state, true);
	keep_all(state, pipeline, config, arena);
	look_up(state, &all, arena, &found);
	state_use_kept(state, &found);
	change_init(&changes, NULL);
	state_changes(state, &changes);
	same = !state_next_not_kept(state, &service);
	if (!same)
		buf_printf(what, "Service %s is not kept whole", service.name);
	reconcile_changes(&changes, &all, &all);
	state_postpone_ready(state, &changes);
	state_commit(state);
	same = same && compare(pipeline, state, &changes, what);
	change_done(&changes);
	snapshot_done(&found);
	snapshot_done(&all);
	state_free(state);
	arena_free(arena);
	return same;
}
