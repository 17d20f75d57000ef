/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "render/state_walk.h"

#include <assert.h>

#include "render/port_chains.h"
#include "render/state_internal.h"
#include "render/state_parts.h"

/* Of an endpoint of an IPv4 front end, the smallest and most frequent element. */
#define STATE_WALK_PACKED_SIZE 27

static size_t state_walk_packed(const struct buf *installed, struct buf *packed)
{
	struct element e;
	size_t offset, n = 0;

	for (offset = 0; offset < installed->size; n++)
		offset = set_element_unpack(installed->data, offset, &e);
	if (n)
		buf_add(packed, installed->data, installed->size);
	return n;
}

void state_walk_parts(const struct state *state,
		      void (*found)(void *ctx, struct service_name service, uint64_t part), void *ctx)
{
	struct state_cursor all = { state->services, 0 };
	const struct state_part *part;

	while ((part = state_cursor_next(&all)))
		if (part->installed.size)
			found(ctx, part->claimant.service, part->claimant.part);
}

size_t state_walk_elements(const struct state *state, struct service_name service, uint64_t number,
			   struct buf *packed)
{
	const struct state_service *of = state_parts_service(state, service);
	const struct state_part *part = of ? state_parts_find(of, number) : NULL;

	return part ? state_walk_packed(&part->installed, packed) : 0;
}

size_t state_walk_node_elements(const struct state *state, struct buf *packed)
{
	return state_walk_packed(&state->node.installed, packed);
}

size_t state_walk_size(const struct state *state, struct service_name name)
{
	const struct state_service *service = state_parts_service(state, name);
	size_t i, size = 0;

	for (i = 0; service && i < service->n_parts; i++)
		size += service->parts[i]->installed.size;
	return size / STATE_WALK_PACKED_SIZE;
}

size_t state_walk_part_size(const struct state *state, struct service_name name, uint64_t number)
{
	const struct state_service *service = state_parts_service(state, name);
	const struct state_part *part = service ? state_parts_find(service, number) : NULL;

	return part ? part->installed.size / STATE_WALK_PACKED_SIZE : 0;
}

static void state_walk_ports(const struct state *state, const struct state_part *part,
			     void (*found)(void *ctx, const struct chain *chain), void *ctx)
{
	struct chain chain;
	size_t i;
	int which;

	for (i = 0; i < part->ports.n; i++) {
		for (which = 0; which < _PORT_CHAIN_MAX; which++) {
			if (!port_chains_has(&part->ports.list[i], which))
				continue;
			port_chains_build(&part->ports.list[i], which, state->scratch, &chain);
			found(ctx, &chain);
		}
		arena_reset(state->scratch);
	}
}

static void state_walk_sources(const struct state *state, void (*found)(void *ctx, const struct chain *chain),
			       void *ctx)
{
	const struct state_source_list *list;
	const struct state_admit *admit;
	struct chain chain, *chains;
	size_t i, n;

	for (list = state->source_lists; list; list = list->hh.next) {
		n = source_list_build(&list->key, list->ranges, state->scratch, &chains);
		for (i = 0; i < n; i++)
			found(ctx, &chains[i]);
		arena_reset(state->scratch);
	}
	for (admit = state->admits; admit; admit = admit->hh.next) {
		source_list_build_admit(admit->key.table, admit->key.name, state->scratch, &chain);
		found(ctx, &chain);
		arena_reset(state->scratch);
	}
}

void state_walk_chains(const struct state *state, void (*found)(void *ctx, const struct chain *chain),
		       void *ctx)
{
	struct state_cursor all = { state->services, 0 };
	const struct state_lb_chain *lb;
	const struct state_part *part;
	struct chain chain;
	size_t i;

	assert(!state->open);
	for (i = 0; i < state->skeleton.n_chains; i++)
		found(ctx, &state->skeleton.chains[i]);
	for (lb = state->lb_chains; lb; lb = lb->hh.next) {
		lb_chain_build(&lb->key, state->scratch, &chain);
		found(ctx, &chain);
		arena_reset(state->scratch);
	}
	state_walk_sources(state, found, ctx);
	while ((part = state_cursor_next(&all)))
		state_walk_ports(state, part, found, ctx);
}

size_t state_walk_count_client_maps(const struct state *state)
{
	assert(!state->open);
	return HASH_COUNT(state->client_maps);
}
