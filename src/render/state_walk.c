/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "render/state_walk.h"

#include <assert.h>
#include <string.h>

#include "render/affinity.h"
#include "render/state_internal.h"

/* Of an endpoint of an IPv4 front end, the smallest and most frequent element. */
#define STATE_WALK_PACKED_SIZE 27

void state_walk_services(const struct state *state, void (*found)(void *ctx, struct service_name service),
			 void *ctx)
{
	const struct state_service *service;

	for (service = state->services; service; service = service->hh.next)
		if (service->installed.size)
			found(ctx, service->claimant.service);
}

static const struct state_service *state_walk_find(const struct state *state, struct service_name name)
{
	/* The copy is one block, as the hash key is: "namespace" NUL "name" NUL. */
	struct service_name copy = service_name_copy(name);
	size_t key_size = strlen(copy.namespace) + strlen(copy.name) + 2;
	struct state_service *service;

	HASH_FIND(hh, state->services, copy.namespace, key_size, service);
	service_name_free(copy);
	return service;
}

size_t state_walk_elements(const struct state *state, struct service_name service, struct buf *packed)
{
	const struct state_service *found =
		service_name_is_set(service) ? state_walk_find(state, service) : &state->node;
	struct element e;
	size_t offset, n = 0;

	if (!found)
		return 0;
	for (offset = 0; offset < found->installed.size; n++)
		offset = set_element_unpack(found->installed.data, offset, &e);
	if (n)
		buf_add(packed, found->installed.data, found->installed.size);
	return n;
}

size_t state_walk_size(const struct state *state, struct service_name service)
{
	const struct state_service *found = state_walk_find(state, service);

	return found ? found->installed.size / STATE_WALK_PACKED_SIZE : 0;
}

static void state_walk_affinities(const struct state *state, const struct state_service *service,
				  void (*found)(void *ctx, const struct chain *chain), void *ctx)
{
	struct chain chain;
	size_t i;
	int which;

	for (i = 0; i < service->affinities.n; i++) {
		for (which = 0; which < _AFFINITY_CHAIN_MAX; which++) {
			if (!affinity_has_chain(&service->affinities.list[i], which))
				continue;
			affinity_chain(&service->affinities.list[i], which, state->scratch, &chain);
			found(ctx, &chain);
		}
		arena_reset(state->scratch);
	}
}

void state_walk_chains(const struct state *state, void (*found)(void *ctx, const struct chain *chain),
		       void *ctx)
{
	const struct state_service *service;
	const struct state_lb_chain *lb;
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
	for (service = state->services; service; service = service->hh.next)
		state_walk_affinities(state, service, found, ctx);
}

static void state_walk_count_packed(const struct buf *packed, size_t ret[_FAMILY_MAX][_LAYOUT_SET_MAX])
{
	struct element e;
	size_t offset;

	for (offset = 0; offset < packed->size;) {
		offset = set_element_unpack(packed->data, offset, &e);
		/* Shared ones are counted once, below. */
		if (!service_elements_is_shared(e.set))
			ret[e.table][e.set]++;
	}
}

void state_walk_count(const struct state *state, size_t ret[_FAMILY_MAX][_LAYOUT_SET_MAX])
{
	const struct state_shared_element *shared;
	const struct state_service *service;

	memset(ret, 0, _FAMILY_MAX * sizeof(*ret));
	state_walk_count_packed(&state->node.installed, ret);
	for (service = state->services; service; service = service->hh.next)
		state_walk_count_packed(&service->installed, ret);
	for (shared = state->elements; shared; shared = shared->hh.next)
		if (shared->count.count)
			ret[shared->key.table][shared->key.set]++;
}

size_t state_walk_count_client_maps(const struct state *state)
{
	const struct state_service *service;
	size_t i, n = 0;
	int list;

	for (service = state->services; service; service = service->hh.next)
		for (i = 0; i < service->affinities.n; i++)
			for (list = 0; list < _PLAN_LIST_MAX; list++)
				n += affinity_has_map(&service->affinities.list[i], list);
	return n;
}
