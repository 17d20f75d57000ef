/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "render/state_walk.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
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

/* The verdict maps that may have a front end. */
#define STATE_WALK_VERDICTS_MAX 5

static const enum layout_set state_walk_verdicts[2][STATE_WALK_VERDICTS_MAX] = {
	{ LAYOUT_SET_SERVICES, LAYOUT_SET_SERVICES_ELSEWHERE, LAYOUT_SET_SERVICES_EMPTY,
	  LAYOUT_SET_SERVICES_INSIDE, LAYOUT_SET_SERVICES_OUTSIDE },
	{ LAYOUT_SET_NODEPORTS, LAYOUT_SET_NODEPORTS_INSIDE, LAYOUT_SET_NODEPORTS_OUTSIDE },
};
static const size_t state_walk_n_verdicts[2] = { 5, 3 };

/* Return: how many are in @ret. */
static size_t state_walk_verdicts_of(const struct frontend_owners_key *key, struct element *ret)
{
	struct frontend frontend = { .kind = key->node_port ? FRONTEND_KIND_NODE_PORT
							    : FRONTEND_KIND_CLUSTER_IP,
				     .addr = { .family = key->family },
				     .protocol = key->protocol,
				     .port = key->port };
	size_t i;

	memcpy(frontend.addr.bytes, key->addr, sizeof(key->addr));
	for (i = 0; i < state_walk_n_verdicts[key->node_port]; i++) {
		set_element_init(&ret[i], key->family, (uint8_t)state_walk_verdicts[key->node_port][i]);
		service_elements_key(&ret[i], &frontend);
	}
	return i;
}

/* Return: how many are in @ret. */
static size_t state_walk_given_up_by(const struct state *state, const struct state_part *part, bool moves,
				     struct element *ret)
{
	const struct state_claims *before = part->before;
	const struct frontend_owners_key *key;
	size_t k, n = 0;

	for (k = 0; before && k < before->n_keys; k++)
		if (!frontend_owners_owner(state->frontend_owners, &before->keys[k].key))
			n += state_walk_verdicts_of(&before->keys[k].key, &ret[n]);
	for (k = 0; !part->kept && k < part->n_keys; k++) {
		key = &part->keys[k].key;
		if ((moves || part->keys[k].rank.kind != FRONTEND_KIND_CLUSTER_IP) &&
		    frontend_owners_owner(state->frontend_owners, key) == &part->claimant)
			n += state_walk_verdicts_of(key, &ret[n]);
	}
	return n;
}

size_t state_walk_given_up(const struct state *state, bool moves, struct arena *arena, struct element **ret)
{
	const struct state_part *part;
	size_t i, n = 0;

	for (i = 0; i < state->n_planned; i++) {
		part = state->planned[i];
		if (!part->installed.size)
			n += (part->before ? part->before->n_keys : 0) + part->n_keys;
	}
	*ret = arena_array(arena, n * STATE_WALK_VERDICTS_MAX, sizeof(**ret));
	for (i = n = 0; i < state->n_planned; i++) {
		part = state->planned[i];
		if (!part->installed.size)
			n += state_walk_given_up_by(state, part, moves, &(*ret)[n]);
	}
	return n;
}

void state_walk_kept(const struct state *state, void (*found)(void *ctx, const struct plan *plan), void *ctx)
{
	size_t i;

	assert(state->open);
	for (i = 0; i < state->n_planned; i++)
		if (state->planned[i]->kept && !state->planned[i]->installed.size)
			found(ctx, state->planned[i]->plan);
}

bool state_walk_is_contested(const struct state *state, struct service_name name)
{
	const struct state_service *service = state_parts_service(state, name);
	size_t i, k, left = STATE_WALK_CONTESTED_MAX;

	for (i = 0; service && i < service->n_parts; i++) {
		const struct state_part *part = service->parts[i];

		for (k = 0; k < part->n_keys && left; k++, left--)
			if (frontend_owners_is_contested(state->frontend_owners, &part->keys[k].key,
							 &part->claimant))
				return true;
	}
	return false;
}

bool state_walk_is_claimed(const struct state *state, const struct element *e)
{
	struct frontend_owners_key key;

	return !frontend_owners_key_of_element(e, &key) ||
	       frontend_owners_owner(state->frontend_owners, &key);
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

size_t state_walk_n_claims(const struct state *state, struct service_name name, uint64_t number)
{
	const struct state_service *service = state_parts_service(state, name);
	size_t i, n = 0;

	for (i = 0; service && i < service->n_parts; i++)
		if (!service->parts[i]->installed.size &&
		    (!number || service->parts[i]->claimant.part == number))
			n += service->parts[i]->n_keys;
	return n;
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

void state_walk_part_chains(const struct state *state, struct service_name service, uint64_t number,
			    void (*found)(void *ctx, const struct chain *chain), void *ctx)
{
	const struct state_service *of = state_parts_service(state, service);
	const struct state_part *part = of ? state_parts_find(of, number) : NULL;

	assert(!state->open);
	if (part)
		state_walk_ports(state, part, found, ctx);
}

static struct state_walk_shared *state_walk_add(struct state_walk_shared **list, size_t *n,
						enum state_walk_kind kind)
{
	struct state_walk_shared *shared = ALLOC_APPEND(*list, *n);

	*shared = (struct state_walk_shared){ .kind = (uint8_t)kind };
	return shared;
}

size_t state_walk_list_shared(const struct state *state, struct state_walk_shared **ret)
{
	struct state_walk_shared *list = NULL, *shared;
	const struct state_source_list *sources;
	const struct state_lb_chain *lb;
	const struct state_admit *admit;
	size_t n = 0;

	assert(!state->open);
	(void)state_walk_add(&list, &n, STATE_WALK_KIND_SKELETON);
	for (lb = state->lb_chains; lb; lb = lb->hh.next)
		state_walk_add(&list, &n, STATE_WALK_KIND_LB)->lb = lb->key;
	for (sources = state->source_lists; sources; sources = sources->hh.next)
		state_walk_add(&list, &n, STATE_WALK_KIND_SOURCES)->sources = sources->key;
	for (admit = state->admits; admit; admit = admit->hh.next) {
		shared = state_walk_add(&list, &n, STATE_WALK_KIND_ADMIT);
		shared->table = admit->key.table;
		memcpy(shared->admit, admit->key.name, sizeof(shared->admit));
	}
	*ret = list;
	return n;
}

static void state_walk_sources(const struct state *state, const struct source_list *key,
			       void (*found)(void *ctx, const struct chain *chain), void *ctx)
{
	const struct state_source_list *list;
	struct chain *chains;
	size_t i, n;

	HASH_FIND(hh, state->source_lists, key, sizeof(*key), list);
	n = list ? source_list_build(&list->key, list->ranges, state->scratch, &chains) : 0;
	for (i = 0; i < n; i++)
		found(ctx, &chains[i]);
}

static void state_walk_admit(const struct state *state, const struct state_walk_shared *shared,
			     void (*found)(void *ctx, const struct chain *chain), void *ctx)
{
	struct state_admit_key key = { .table = shared->table };
	const struct state_admit *admit;
	struct chain chain;

	memcpy(key.name, shared->admit, sizeof(key.name));
	HASH_FIND(hh, state->admits, &key, sizeof(key), admit);
	if (!admit)
		return;
	source_list_build_admit(key.table, key.name, state->scratch, &chain);
	found(ctx, &chain);
}

static void state_walk_lb(const struct state *state, const struct lb_chain *key,
			  void (*found)(void *ctx, const struct chain *chain), void *ctx)
{
	const struct state_lb_chain *lb;
	struct chain chain;

	HASH_FIND(hh, state->lb_chains, key, sizeof(*key), lb);
	if (!lb)
		return;
	lb_chain_build(&lb->key, state->scratch, &chain);
	found(ctx, &chain);
}

void state_walk_shared_chains(const struct state *state, const struct state_walk_shared *shared,
			      void (*found)(void *ctx, const struct chain *chain), void *ctx)
{
	size_t i;

	assert(!state->open);
	switch ((enum state_walk_kind)shared->kind) {
	case STATE_WALK_KIND_SKELETON:
		for (i = 0; i < state->skeleton.n_chains; i++)
			found(ctx, &state->skeleton.chains[i]);
		break;
	case STATE_WALK_KIND_LB:
		state_walk_lb(state, &shared->lb, found, ctx);
		break;
	case STATE_WALK_KIND_SOURCES:
		state_walk_sources(state, &shared->sources, found, ctx);
		break;
	case STATE_WALK_KIND_ADMIT:
		state_walk_admit(state, shared, found, ctx);
		break;
	}
	arena_reset(state->scratch);
}

/* The chains that the ports of a part own. */
static void state_walk_count_ports(const struct state_part *part, size_t ret_chains[_FAMILY_MAX],
				   size_t *rules)
{
	const struct port_chains *chains;
	size_t i;
	int which;

	for (i = 0; i < part->ports.n; i++) {
		chains = &part->ports.list[i];
		for (which = 0; which < _PORT_CHAIN_MAX; which++) {
			if (!port_chains_has(chains, which))
				continue;
			ret_chains[chains->table]++;
			*rules += port_chains_n_rules(chains, which);
		}
	}
}

void state_walk_count_chains(const struct state *state, size_t ret_chains[_FAMILY_MAX], size_t *ret_rules)
{
	struct state_cursor all = { state->services, 0 };
	const struct state_source_list *sources;
	const struct state_lb_chain *lb;
	const struct state_admit *admit;
	const struct state_part *part;
	size_t i, n_chains, n_rules;

	assert(!state->open);
	memset(ret_chains, 0, _FAMILY_MAX * sizeof(*ret_chains));
	*ret_rules = 0;
	for (i = 0; i < state->skeleton.n_chains; i++) {
		ret_chains[state->skeleton.chains[i].table]++;
		*ret_rules += state->skeleton.chains[i].n_rules;
	}
	for (lb = state->lb_chains; lb; lb = lb->hh.next) {
		ret_chains[lb->key.table]++;
		*ret_rules += LB_CHAIN_RULES;
	}
	for (sources = state->source_lists; sources; sources = sources->hh.next) {
		source_list_count(&sources->key, &n_chains, &n_rules);
		ret_chains[sources->key.table] += n_chains;
		*ret_rules += n_rules;
	}
	for (admit = state->admits; admit; admit = admit->hh.next) {
		ret_chains[admit->key.table]++;
		*ret_rules += SOURCE_LIST_ADMIT_RULES;
	}
	while ((part = state_cursor_next(&all)))
		state_walk_count_ports(part, ret_chains, ret_rules);
}

bool state_walk_has_client_map(const struct state *state, const struct client_map *map)
{
	const struct state_client_map *found;

	HASH_FIND(hh, state->client_maps, map, sizeof(*map), found);
	return found;
}

void state_walk_client_maps(const struct state *state, void (*found)(void *ctx, const struct client_map *map),
			    void *ctx)
{
	const struct state_client_map *map;

	for (map = state->client_maps; map; map = map->hh.next)
		found(ctx, &map->key);
}

size_t state_walk_count_client_maps(const struct state *state)
{
	assert(!state->open);
	return HASH_COUNT(state->client_maps);
}
