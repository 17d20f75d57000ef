/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "render/kept_keys.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash_table.h"
#include "render/frontend_owners.h"
#include "render/layout.h"
#include "render/lb_chain.h"
#include "render/port_chains.h"
#include "render/service_elements.h"
#include "render/source_list.h"
#include "ruleset/snapshot.h"

/* Of a list of unknown length, in the first round; each other one asks for twice as many. Most of these lists do not exist. */
#define KEPT_KEYS_INDEXES 1

/** struct kept_keys_port_key - Without holes, so that it can be hashed; @id is padded with zeros */
struct kept_keys_port_key {
	uint8_t table;
	char id[PORT_CHAINS_ID_SIZE];
};

/** struct kept_keys_port - A Service port that owns chains. @asked: 1 + the pool of the plan that was asked for as this list */
struct kept_keys_port {
	struct kept_keys_port_key key;
	struct port_chains chains;
	size_t asked[_PLAN_LIST_MAX];
	UT_hash_handle hh;
};

/** struct kept_keys_frontend - One whose verdict leads to chains of a port, which may have had another name then */
struct kept_keys_frontend {
	struct frontend_owners_key key;
	struct kept_keys_port *port;
	UT_hash_handle hh;
};

/**
 * struct kept_keys_list - A list of endpoints
 * @port:	the verdict leads to chains of this port; NULL: to an lb chain
 * @prefix:	its elements without the index
 * @next:	the first index that was not asked for
 * @asked, @n_found: in the last round
 * @exact:	it has as many as are asked for in the first round
 */
struct kept_keys_list {
	const struct kept_keys_port *port;
	struct element prefix;
	uint32_t next;
	uint32_t asked;
	uint32_t n_found;
	bool exact;
	bool done;
};

/** struct kept_keys_endpoint - @owner: struct kept_keys_list.port */
struct kept_keys_endpoint {
	const struct kept_keys_port *owner;
	struct addr addr;
	uint16_t port;
};

enum kept_keys_round {
	KEPT_KEYS_ROUND_FRONTENDS,
	KEPT_KEYS_ROUND_LISTS,
	KEPT_KEYS_ROUND_ENDPOINTS,
	KEPT_KEYS_ROUND_END,
};

/**
 * struct kept_keys
 * @asked:	elements of the round
 * @found:	all that was found
 * @lists:	of front ends, and of ports
 * @endpoints:	of @lists, as found
 * @ports:	@next_port, @next_chain: the chain that kept_keys_chain() returns next
 * @sources:	lists of source ranges that verdicts lead to; @next_sources: that kept_keys_sources() returns next
 */
struct kept_keys {
	enum kept_keys_round round;
	size_t n_plans;
	const struct plan **plans;
	size_t n_asked;
	struct element *asked;
	size_t n_found;
	struct element *found;
	size_t n_lists;
	struct kept_keys_list *lists;
	size_t n_endpoints;
	struct kept_keys_endpoint *endpoints;
	struct kept_keys_port *ports;
	struct kept_keys_frontend *frontends;
	const struct kept_keys_port *next_port;
	enum port_chain next_chain;
	size_t n_sources;
	struct source_list *sources;
	size_t next_sources;
};

struct kept_keys *kept_keys_new(void)
{
	return alloc_zeroed(1, sizeof(struct kept_keys));
}

struct kept_keys *kept_keys_free(struct kept_keys *keys)
{
	struct kept_keys_frontend *frontend, *next_frontend;
	struct kept_keys_port *port, *next;

	if (!keys)
		return NULL;
	HASH_ITER(hh, keys->frontends, frontend, next_frontend) {
		HASH_DEL(keys->frontends, frontend);
		free(frontend);
	}
	HASH_ITER(hh, keys->ports, port, next) {
		HASH_DEL(keys->ports, port);
		free(port);
	}
	free(keys->plans);
	free(keys->asked);
	free(keys->found);
	free(keys->lists);
	free(keys->endpoints);
	free(keys->sources);
	free(keys);
	return NULL;
}

void kept_keys_add_plan(struct kept_keys *keys, const struct plan *plan)
{
	*ALLOC_APPEND(keys->plans, keys->n_plans) = plan;
}

static struct element *kept_keys_ask(struct kept_keys *keys, enum family table, uint8_t set)
{
	struct element *e = ALLOC_APPEND(keys->asked, keys->n_asked);

	set_element_init(e, table, set);
	return e;
}

static void kept_keys_ask_addr(struct kept_keys *keys, const struct addr *addr, enum layout_set set)
{
	set_key_addr(kept_keys_ask(keys, addr->family, (uint8_t)set), addr);
}

/* ---- front ends: all sets whose keys are one ---- */

static void kept_keys_ask_frontend(struct kept_keys *keys, const struct frontend *f)
{
	enum layout_key kind =
		f->kind == FRONTEND_KIND_NODE_PORT ? LAYOUT_KEY_NODE_PORT : LAYOUT_KEY_FRONTEND;
	int set;

	for (set = 0; set < _LAYOUT_SET_MAX; set++)
		if (layout_sets_key((uint8_t)set) == kind && layout_sets()[set].kind != SET_KIND_MAP)
			service_elements_key(kept_keys_ask(keys, f->addr.family, (uint8_t)set), f);
	if (kind == LAYOUT_KEY_NODE_PORT)
		return;
	kept_keys_ask_addr(keys, &f->addr, LAYOUT_SET_CLUSTER_IPS);
	kept_keys_ask_addr(keys, &f->addr, LAYOUT_SET_EXTERNAL_ADDRESSES);
}

static void kept_keys_ask_frontends(struct kept_keys *keys)
{
	size_t i, k;

	for (i = 0; i < keys->n_plans; i++)
		for (k = 0; k < keys->plans[i]->n_frontends; k++)
			kept_keys_ask_frontend(keys, &keys->plans[i]->frontends[k]);
}

/* @n: how many elements it has; 0: not known. */
static struct kept_keys_list *kept_keys_add_list(struct kept_keys *keys, const struct kept_keys_port *port,
						 enum family table, uint8_t set, uint32_t n)
{
	struct kept_keys_list *list = ALLOC_APPEND(keys->lists, keys->n_lists);

	*list = (struct kept_keys_list){ .port = port, .asked = n, .exact = n > 0 };
	set_element_init(&list->prefix, table, set);
	return list;
}

/* The endpoints of the front end that @verdict is of. */
static void kept_keys_add_frontend_list(struct kept_keys *keys, const struct kept_keys_port *port,
					const struct element *verdict, uint8_t set, uint32_t n)
{
	struct kept_keys_list *list = kept_keys_add_list(keys, port, verdict->table, set, n);

	memcpy(list->prefix.key, verdict->key, verdict->key_size);
	list->prefix.key_size = verdict->key_size;
}

static struct kept_keys_port *kept_keys_find_port(const struct kept_keys *keys, enum family table,
						  const char *id, struct kept_keys_port_key *ret_key)
{
	struct kept_keys_port *port;

	*ret_key = (struct kept_keys_port_key){ .table = (uint8_t)table };
	memcpy(ret_key->id, id, strlen(id));
	HASH_FIND(hh, keys->ports, ret_key, sizeof(*ret_key), port);
	return port;
}

/* A port that owns chains: it may have lists of its own, or those of its front ends. */
static struct kept_keys_port *kept_keys_add_port(struct kept_keys *keys, enum family table, const char *id)
{
	struct kept_keys_port_key port_key;
	struct kept_keys_port *port = kept_keys_find_port(keys, table, id, &port_key);
	struct kept_keys_list *own;
	struct set_list_key key;
	int list;

	if (port)
		return port;
	port = alloc_zeroed(1, sizeof(*port));
	port->key = port_key;
	port->chains.table = (uint8_t)table;
	memcpy(port->chains.id, port_key.id, sizeof(port->chains.id));
	HASH_ADD(hh, keys->ports, key, sizeof(port->key), port);
	for (list = 0; list < _PLAN_LIST_MAX; list++) {
		port_chains_list_key(&port->chains, list, &key);
		own = kept_keys_add_list(keys, port, table, (uint8_t)port_chains_set(&port->chains), 0);
		set_key_list(&own->prefix, &key);
	}
	return port;
}

static void kept_keys_note_frontend(struct kept_keys *keys, const struct frontend_owners_key *key,
				    struct kept_keys_port *port)
{
	struct kept_keys_frontend *frontend;

	HASH_FIND(hh, keys->frontends, key, sizeof(*key), frontend);
	if (frontend)
		return;
	frontend = alloc_zeroed(1, sizeof(*frontend));
	frontend->key = *key;
	frontend->port = port;
	HASH_ADD(hh, keys->frontends, key, sizeof(frontend->key), frontend);
}

/* A look-up chain goes on to the endpoints of the front end; with lists of its own, the port has them. */
static void kept_keys_follow_port(struct kept_keys *keys, const struct element *verdict,
				  const struct frontend_owners_key *key, enum port_chain which,
				  const char *id)
{
	struct kept_keys_port *port = kept_keys_add_port(keys, verdict->table, id);
	struct port_chains chains = { .table = verdict->table };
	struct lb_chain lb;

	kept_keys_note_frontend(keys, key, port);
	if (which >= PORT_CHAIN_TARGET_MAX)
		return;
	chains.n[which] = 1;
	if (port_chains_has_lb(&chains, which, &lb))
		kept_keys_add_frontend_list(keys, port, verdict, lb_chain_set(&lb), 0);
}

static void kept_keys_follow_sources(struct kept_keys *keys, const struct source_list *list)
{
	size_t i;

	for (i = 0; i < keys->n_sources; i++)
		if (source_list_cmp(&keys->sources[i], list) == 0)
			return;
	*ALLOC_APPEND(keys->sources, keys->n_sources) = *list;
}

/* What a verdict leads to. */
static void kept_keys_follow(struct kept_keys *keys, const struct element *verdict)
{
	const char *chain = set_data_chain(verdict);
	struct frontend_owners_key frontend;
	char id[PORT_CHAINS_ID_SIZE];
	struct source_list sources;
	enum port_chain which;
	struct lb_chain lb;

	if (chain && source_list_parse_admit(verdict->table, chain, &sources, &chain))
		kept_keys_follow_sources(keys, &sources);
	if (!chain || !frontend_owners_key_of_element(verdict, &frontend))
		return;
	if (lb_chain_parse(verdict->table, chain, &lb))
		kept_keys_add_frontend_list(keys, NULL, verdict, lb_chain_set(&lb), lb.n_slots);
	if (port_chains_parse(chain, &which, id))
		kept_keys_follow_port(keys, verdict, &frontend, which, id);
}

/* ---- endpoints ---- */

static void kept_keys_ask_list(struct kept_keys *keys, struct kept_keys_list *list)
{
	uint32_t i;

	if (list->next)
		list->asked = list->next;
	else if (!list->asked)
		list->asked = KEPT_KEYS_INDEXES;
	list->n_found = 0;
	for (i = 0; i < list->asked; i++) {
		struct element *e = ALLOC_APPEND(keys->asked, keys->n_asked);

		*e = list->prefix;
		set_key_index(e, list->next + i);
	}
	list->next += list->asked;
}

static bool kept_keys_ask_lists(struct kept_keys *keys)
{
	bool any = false;
	size_t i;

	for (i = 0; i < keys->n_lists; i++) {
		if (keys->lists[i].done)
			continue;
		kept_keys_ask_list(keys, &keys->lists[i]);
		any = true;
	}
	return any;
}

static void kept_keys_add_endpoint(struct kept_keys *keys, const struct kept_keys_list *list,
				   const struct element *e)
{
	struct kept_keys_endpoint *endpoint = ALLOC_APPEND(keys->endpoints, keys->n_endpoints);
	uint16_t port;

	*endpoint = (struct kept_keys_endpoint){ .owner = list->port, .addr = { .family = e->table } };
	memcpy(endpoint->addr.bytes, e->data, addr_size(e->table));
	memcpy(&port, e->data + set_field_size(SET_FIELD_ADDR, e->table), sizeof(port));
	endpoint->port = ntohs(port);
}

static void kept_keys_found_list(struct kept_keys *keys, struct kept_keys_list *list,
				 const struct snapshot *found)
{
	struct element e;
	size_t i;

	for (i = snapshot_lower_bound(found, &list->prefix); i < found->n_elements; i++) {
		snapshot_element(found, i, &e);
		if (e.table != list->prefix.table || e.set != list->prefix.set ||
		    memcmp(e.key, list->prefix.key, list->prefix.key_size) != 0)
			break;
		kept_keys_add_endpoint(keys, list, &e);
		list->n_found++;
	}
	list->done = list->exact || list->n_found < list->asked;
}

/* ---- what belongs to endpoints ---- */

static void kept_keys_ask_endpoint(struct kept_keys *keys, const struct kept_keys_endpoint *endpoint)
{
	enum family table = endpoint->addr.family;
	struct set_list_key key;
	struct element *asked;
	int list;

	if (!endpoint->owner)
		return;
	kept_keys_ask_addr(keys, &endpoint->addr, LAYOUT_SET_AFFINITY_ADDRESSES);
	for (list = 0; list < _PLAN_LIST_MAX; list++) {
		port_chains_list_key(&endpoint->owner->chains, list, &key);
		asked = kept_keys_ask(keys, table, LAYOUT_SET_AFFINITY_ENDPOINTS);
		set_key_list(asked, &key);
		set_key_addr(asked, &endpoint->addr);
		set_key_port(asked, endpoint->port);
	}
}

static void kept_keys_ask_pool(struct kept_keys *keys, const struct kept_keys_port *port,
			       const struct pool *pool)
{
	struct kept_keys_endpoint endpoint = { .owner = port };
	size_t i;

	for (i = 0; i < pool->n_endpoints; i++) {
		endpoint.addr = pool->endpoints[i].addr;
		endpoint.port = pool->endpoints[i].port;
		kept_keys_ask_endpoint(keys, &endpoint);
	}
}

/* Those of the list that no front end uses, if it was planned. */
static void kept_keys_ask_pools(struct kept_keys *keys, const struct plan *plan)
{
	struct kept_keys_frontend *frontend;
	struct frontend_owners_key key;
	size_t i, pool;
	int list;

	for (i = 0; i < plan->n_frontends; i++) {
		const struct frontend *f = &plan->frontends[i];

		frontend_owners_key_of(f, &key);
		HASH_FIND(hh, keys->frontends, &key, sizeof(key), frontend);
		for (list = 0; frontend && f->affinity_timeout_s && list < _PLAN_LIST_MAX; list++) {
			pool = f->lists[list];
			if (pool == PLAN_NO_POOL || frontend->port->asked[list] == pool + 1)
				continue;
			frontend->port->asked[list] = pool + 1;
			kept_keys_ask_pool(keys, frontend->port, &plan->pools[pool]);
		}
	}
}

static void kept_keys_ask_endpoints(struct kept_keys *keys)
{
	size_t i;

	for (i = 0; i < keys->n_endpoints; i++)
		kept_keys_ask_endpoint(keys, &keys->endpoints[i]);
	for (i = 0; keys->ports && i < keys->n_plans; i++)
		kept_keys_ask_pools(keys, keys->plans[i]);
}

/* ---- rounds ---- */

size_t kept_keys_next(struct kept_keys *keys, const struct element **ret)
{
	keys->n_asked = 0;
	if (keys->round == KEPT_KEYS_ROUND_FRONTENDS)
		kept_keys_ask_frontends(keys);
	else if (keys->round == KEPT_KEYS_ROUND_LISTS && !kept_keys_ask_lists(keys))
		keys->round = KEPT_KEYS_ROUND_ENDPOINTS;
	if (keys->round == KEPT_KEYS_ROUND_ENDPOINTS)
		kept_keys_ask_endpoints(keys);
	keys->n_asked = set_elements_sort_unique(keys->asked, keys->n_asked);
	*ret = keys->asked;
	return keys->n_asked;
}

void kept_keys_found(struct kept_keys *keys, const struct snapshot *found)
{
	struct element e;
	size_t i;

	for (i = 0; i < found->n_elements; i++) {
		snapshot_element(found, i, &e);
		*ALLOC_APPEND(keys->found, keys->n_found) = e;
		if (keys->round == KEPT_KEYS_ROUND_FRONTENDS &&
		    layout_sets()[e.set].kind == SET_KIND_VERDICT_MAP)
			kept_keys_follow(keys, &e);
	}
	for (i = 0; keys->round == KEPT_KEYS_ROUND_LISTS && i < keys->n_lists; i++)
		if (!keys->lists[i].done)
			kept_keys_found_list(keys, &keys->lists[i], found);
	if (keys->round == KEPT_KEYS_ROUND_FRONTENDS)
		keys->round = KEPT_KEYS_ROUND_LISTS;
	else if (keys->round == KEPT_KEYS_ROUND_ENDPOINTS)
		keys->round = KEPT_KEYS_ROUND_END;
	keys->next_port = keys->ports;
}

bool kept_keys_chain(struct kept_keys *keys, enum family *ret_table, char ret_name[RULE_NAME_MAX + 1])
{
	if (!keys->next_port)
		return false;
	*ret_table = keys->next_port->chains.table;
	port_chains_name(&keys->next_port->chains, keys->next_chain, ret_name);
	if (++keys->next_chain == _PORT_CHAIN_MAX) {
		keys->next_chain = 0;
		keys->next_port = keys->next_port->hh.next;
	}
	return true;
}

bool kept_keys_sources(struct kept_keys *keys, struct source_list *ret)
{
	if (keys->next_sources == keys->n_sources)
		return false;
	*ret = keys->sources[keys->next_sources++];
	return true;
}

void kept_keys_result(const struct kept_keys *keys, struct snapshot *ret)
{
	size_t i;

	for (i = 0; i < keys->n_found; i++)
		snapshot_add_element(ret, &keys->found[i]);
}
