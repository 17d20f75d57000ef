/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "render/port_chains.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/base32.h"
#include "base/sha256.h"

/* @list: of target chains. @kind: of look-up chains. */
static const struct {
	const char *prefix;
	enum plan_list list;
	enum lb_chain_kind kind;
} port_chains_kinds[_PORT_CHAIN_MAX] = {
	[PORT_CHAIN_POOL] = { "pool-", PLAN_LIST_CLUSTER, _LB_CHAIN_KIND_MAX },
	[PORT_CHAIN_POOL_LOCAL] = { "pool-local-", PLAN_LIST_LOCAL, _LB_CHAIN_KIND_MAX },
	[PORT_CHAIN_SERVICE] = { "affinity-", PLAN_LIST_CLUSTER, LB_CHAIN_KIND_SERVICE },
	[PORT_CHAIN_SERVICE_INTERNAL] = { "affinity-internal-", PLAN_LIST_LOCAL, LB_CHAIN_KIND_SERVICE },
	[PORT_CHAIN_SERVICE_LOCAL] = { "affinity-local-", PLAN_LIST_LOCAL, LB_CHAIN_KIND_SERVICE_LOCAL },
	[PORT_CHAIN_NODEPORT] = { "affinity-nodeport-", PLAN_LIST_CLUSTER, LB_CHAIN_KIND_NODEPORT },
	[PORT_CHAIN_NODEPORT_LOCAL] = { "affinity-nodeport-local-", PLAN_LIST_LOCAL,
					LB_CHAIN_KIND_NODEPORT_LOCAL },
	[PORT_CHAIN_LEARN] = { "learn-", _PLAN_LIST_MAX, _LB_CHAIN_KIND_MAX },
};

/* Characters that nft would read as the end of a comment, or cannot print, become '?'. */
static void port_chains_make_owner(struct port_chains *chains, const char *text)
{
	char *p;

	(void)snprintf(chains->owner, sizeof(chains->owner), "%s", text);
	for (p = chains->owner; *p; p++)
		if (*p < '!' || *p > '~' || *p == '"' || *p == '\\')
			*p = '?';
}

void port_chains_id(struct service_name service, const char *port_name, enum protocol protocol,
		    char ret[PORT_CHAINS_ID_SIZE])
{
	uint8_t digest[SHA256_SIZE];
	struct buf text = BUF_INIT;

	buf_printf(&text, "%s/%s/%s/%s", service.namespace, service.name, port_name,
		   addr_protocol_name(protocol));
	sha256_of(text.data, text.size, digest);
	base32_encode(digest, PORT_CHAINS_ID_SIZE - 1, ret);
	ret[PORT_CHAINS_ID_SIZE - 1] = '\0';
	buf_done(&text);
}

void port_chains_init(struct port_chains *chains, const struct plan *plan, const struct frontend *frontend)
{
	struct buf text = BUF_INIT;

	*chains = (struct port_chains){
		.table = frontend->addr.family,
		.protocol = frontend->protocol,
		.timeout_s = frontend->affinity_timeout_s,
	};
	port_chains_id(plan->service, frontend->port_name, frontend->protocol, chains->id);
	buf_printf(&text, "%s/%s%s%s", plan->service.namespace, plan->service.name,
		   *frontend->port_name ? ":" : "", frontend->port_name);
	port_chains_make_owner(chains, buf_text(&text));
	buf_done(&text);
}

int port_chains_cmp(const void *a, const void *b)
{
	const struct port_chains *x = a, *y = b;

	if (x->table != y->table)
		return x->table < y->table ? -1 : 1;
	return strcmp(x->id, y->id);
}

enum port_chain port_chains_pool(enum plan_list list)
{
	return list == PLAN_LIST_CLUSTER ? PORT_CHAIN_POOL : PORT_CHAIN_POOL_LOCAL;
}

enum port_chain port_chains_lookup(enum lb_chain_kind kind, enum plan_list list)
{
	enum port_chain which;

	for (which = 0; which < PORT_CHAIN_TARGET_MAX; which++)
		if (port_chains_kinds[which].kind == kind && port_chains_kinds[which].list == list)
			return which;
	assert(!"a list that no front end of this kind uses");
	return PORT_CHAIN_SERVICE;
}

bool port_chains_has_lb(const struct port_chains *chains, enum port_chain which, struct lb_chain *ret)
{
	assert(which < PORT_CHAIN_TARGET_MAX && chains->n[which]);
	if (port_chains_kinds[which].kind == _LB_CHAIN_KIND_MAX)
		return false;
	*ret = (struct lb_chain){ .table = chains->table,
				  .kind = (uint8_t)port_chains_kinds[which].kind,
				  .protocol = chains->protocol,
				  .n_slots = chains->n[which] };
	return true;
}

bool port_chains_has(const struct port_chains *chains, enum port_chain which)
{
	enum port_chain target;

	if (which < PORT_CHAIN_TARGET_MAX)
		return chains->n[which];
	for (target = 0; target < PORT_CHAIN_TARGET_MAX; target++)
		if (chains->timeout_s && chains->n[target])
			return true;
	return false;
}

/* The highest bit is set in both words, so that neither is 0 or looks like the number of an endpoint; the lowest is the list. */
void port_chains_list_key(const struct port_chains *chains, enum plan_list list, struct set_list_key *ret)
{
	uint64_t number = base32_number(chains->id);

	ret->words[0] = (uint32_t)(number >> 32) | 0x80000000;
	ret->words[1] = ((uint32_t)number & ~(uint32_t)1) | 0x80000000 | (uint32_t)list;
}

bool port_chains_is_listed(uint8_t set)
{
	return set == LAYOUT_SET_AFFINITY_ENDPOINTS || set == LAYOUT_SET_REMOVED_ENDPOINTS ||
	       (set >= LAYOUT_SET_POOLS && set < LAYOUT_SET_POOLS + LAYOUT_POOLS);
}

void port_chains_to_cluster_list(struct set_list_key *key)
{
	key->words[1] &= ~(uint32_t)1;
}

void port_chains_cluster_list_of(const struct element *e, struct set_list_key *ret)
{
	memcpy(ret, e->key, sizeof(*ret));
	port_chains_to_cluster_list(ret);
}

enum plan_list port_chains_list_of(const struct element *e)
{
	uint32_t word;

	memcpy(&word, e->key + sizeof(word), sizeof(word));
	return word & 1;
}

enum layout_set port_chains_set(const struct port_chains *chains)
{
	return LAYOUT_SET_POOLS + (enum layout_set)(base32_number(chains->id) % LAYOUT_POOLS);
}

bool port_chains_client_map(const struct port_chains *chains, struct client_map *ret)
{
	*ret = (struct client_map){ .table = chains->table };
	(void)snprintf(ret->name, sizeof(ret->name), "clients-%02x",
		       (unsigned int)(base32_number(chains->id) % PORT_CHAINS_CLIENT_MAPS));
	return chains->timeout_s;
}

void port_chains_name(const struct port_chains *chains, enum port_chain which, char name[RULE_NAME_MAX + 1])
{
	(void)snprintf(name, RULE_NAME_MAX + 1, "%s%s", port_chains_kinds[which].prefix, chains->id);
}

static struct rule_statement *port_chains_add_client(const struct port_chains *chains, struct rule *rule,
						     enum rule_statement_kind kind, enum plan_list list)
{
	struct rule_statement *s = rule_add_statement(rule, kind);
	struct client_map map;

	(void)port_chains_client_map(chains, &map);
	memcpy(s->client_map, map.name, sizeof(s->client_map));
	port_chains_list_key(chains, list, &s->list_key);
	return s;
}

/* Where this client went before. */
static void port_chains_add_lookup(const struct port_chains *chains, enum plan_list list, struct chain *chain)
{
	struct rule *rule = rule_add(chain);

	rule_add_protocol(rule, chains->protocol);
	(void)port_chains_add_client(chains, rule, RULE_STATEMENT_DNAT_CLIENT, list);
}

static void port_chains_add_target(const struct port_chains *chains, enum port_chain which,
				   struct chain *chain)
{
	struct rule_statement *s,
		choice = { .kind = RULE_STATEMENT_DNAT_MAP, .set = (uint8_t)port_chains_set(chains) };
	enum plan_list list = port_chains_kinds[which].list;
	struct lb_chain lb;

	if (chains->timeout_s)
		port_chains_add_lookup(chains, list, chain);
	if (port_chains_has_lb(chains, which, &lb)) {
		s = rule_add_statement(rule_add(chain), RULE_STATEMENT_GOTO);
		lb_chain_name(&lb, s->chain);
		return;
	}
	rule_add_selector(&choice, RULE_SELECTOR_LIST_KEY);
	port_chains_list_key(chains, list, &choice.list_key);
	lb_chain_add_rules(chain, chains->protocol, &choice, chains->n[which]);
}

/* A rule about packets to endpoints of @list that are in @set. */
static struct rule *port_chains_add_to_endpoint(const struct port_chains *chains, enum plan_list list,
						enum layout_set set, struct chain *chain)
{
	struct rule *rule = rule_add(chain);
	struct rule_statement *s;

	rule_add_protocol(rule, chains->protocol);
	s = rule_add_statement(rule, RULE_STATEMENT_MATCH_SET);
	rule_add_selector(s, RULE_SELECTOR_LIST_KEY);
	rule_add_selector(s, RULE_SELECTOR_DADDR);
	rule_add_selector(s, RULE_SELECTOR_DPORT);
	port_chains_list_key(chains, list, &s->list_key);
	s->set = (uint8_t)set;
	return rule;
}

static void port_chains_add_learning(const struct port_chains *chains, struct chain *chain)
{
	struct rule *rule;
	int list;

	rule = port_chains_add_to_endpoint(chains, PLAN_LIST_CLUSTER, LAYOUT_SET_REMOVED_ENDPOINTS, chain);
	(void)rule_add_statement(rule, RULE_STATEMENT_DROP);
	for (list = 0; list < _PLAN_LIST_MAX; list++) {
		rule = port_chains_add_to_endpoint(chains, list, LAYOUT_SET_AFFINITY_ENDPOINTS, chain);
		port_chains_add_client(chains, rule, RULE_STATEMENT_CLIENT_UPDATE, list)->timeout_s =
			chains->timeout_s;
	}
}

void port_chains_build(const struct port_chains *chains, enum port_chain which, struct arena *arena,
		       struct chain *ret)
{
	assert(port_chains_has(chains, which));
	*ret = (struct chain){ .table = chains->table };
	port_chains_name(chains, which, ret->name);
	memcpy(ret->comment, chains->owner, sizeof(ret->comment));
	ret->rules = arena_array(arena, 1 + LB_CHAIN_RULES_MAX, sizeof(*ret->rules));
	if (which < PORT_CHAIN_TARGET_MAX)
		port_chains_add_target(chains, which, ret);
	else
		port_chains_add_learning(chains, ret);
}

size_t port_chains_n_rules(const struct port_chains *chains, enum port_chain which)
{
	struct lb_chain lb;
	size_t n_lookups;

	assert(port_chains_has(chains, which));
	if (which >= PORT_CHAIN_TARGET_MAX)
		return 1 + _PLAN_LIST_MAX;
	n_lookups = chains->timeout_s ? 1 : 0;
	return n_lookups + (port_chains_has_lb(chains, which, &lb) ? 1 : lb_chain_n_rules(chains->n[which]));
}

bool port_chains_same(const struct port_chains *a, const struct port_chains *b, enum port_chain which)
{
	if (!port_chains_has(a, which) || !port_chains_has(b, which))
		return false;
	if (which < PORT_CHAIN_TARGET_MAX)
		return a->n[which] == b->n[which] && !a->timeout_s == !b->timeout_s;
	return a->timeout_s == b->timeout_s;
}

static int port_chains_endpoint_cmp(const void *a, const void *b)
{
	const struct pool_endpoint *x = a, *y = b;
	int cmp = addr_cmp(&x->addr, &y->addr);

	return cmp ? cmp : (int)x->port - (int)y->port;
}

bool port_chains_is_stale(const struct pool *pool, const struct client *client)
{
	struct pool_endpoint key = { .addr = client->addr, .port = client->port };
	size_t i;

	if (!pool || !pool->n_endpoints)
		return true;
	if (client->has_addr && client->has_port)
		return !bsearch(&key, pool->endpoints, pool->n_endpoints, sizeof(key),
				port_chains_endpoint_cmp);
	for (i = 0; i < pool->n_endpoints; i++)
		if (client->has_addr ? addr_equal(&pool->endpoints[i].addr, &key.addr)
				     : pool->endpoints[i].port == key.port)
			return false;
	return true;
}

bool port_chains_parse(const char *name, enum port_chain *ret, char ret_id[PORT_CHAINS_ID_SIZE])
{
	enum port_chain which;
	size_t len;

	for (which = 0; which < _PORT_CHAIN_MAX; which++) {
		len = strlen(port_chains_kinds[which].prefix);
		if (strncmp(name, port_chains_kinds[which].prefix, len) != 0 ||
		    strlen(name + len) != PORT_CHAINS_ID_SIZE - 1 ||
		    strspn(name + len, BASE32_LETTERS) != PORT_CHAINS_ID_SIZE - 1)
			continue;
		*ret = which;
		memcpy(ret_id, name + len, PORT_CHAINS_ID_SIZE);
		return true;
	}
	return false;
}

bool port_chains_names(const char *name)
{
	enum port_chain which;
	char id[PORT_CHAINS_ID_SIZE];

	return port_chains_parse(name, &which, id);
}
