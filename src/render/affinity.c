/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "render/affinity.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/sha256.h"

static const char affinity_letters[] = "abcdefghijklmnopqrstuvwxyz234567";

/* @list and @kind: of look-up chains. @node_port: of learning chains. */
static const struct {
	const char *prefix;
	enum plan_list list;
	enum lb_chain_kind kind;
	bool node_port;
} affinity_chains[_AFFINITY_CHAIN_MAX] = {
	[AFFINITY_CHAIN_SERVICE] = { "affinity-", PLAN_LIST_CLUSTER, LB_CHAIN_KIND_SERVICE, false },
	[AFFINITY_CHAIN_SERVICE_INTERNAL] = { "affinity-internal-", PLAN_LIST_LOCAL, LB_CHAIN_KIND_SERVICE,
					      false },
	[AFFINITY_CHAIN_SERVICE_LOCAL] = { "affinity-local-", PLAN_LIST_LOCAL, LB_CHAIN_KIND_SERVICE_LOCAL,
					   false },
	[AFFINITY_CHAIN_NODEPORT] = { "affinity-nodeport-", PLAN_LIST_CLUSTER, LB_CHAIN_KIND_NODEPORT, true },
	[AFFINITY_CHAIN_NODEPORT_LOCAL] = { "affinity-nodeport-local-", PLAN_LIST_LOCAL,
					    LB_CHAIN_KIND_NODEPORT_LOCAL, true },
	[AFFINITY_CHAIN_LEARN] = { "learn-", 0, 0, false },
	[AFFINITY_CHAIN_LEARN_NODEPORT] = { "learn-nodeport-", 0, 0, true },
};

static const char *const affinity_map_prefix[_PLAN_LIST_MAX] = {
	[PLAN_LIST_CLUSTER] = "affinity-",
	[PLAN_LIST_LOCAL] = "affinity-local-",
};

/* Five bits for each letter. */
static void affinity_make_id(const char *text, char id[AFFINITY_ID_SIZE])
{
	uint8_t digest[SHA256_SIZE];
	unsigned int bits = 0, have = 0;
	size_t i, at = 0;

	sha256_of(text, strlen(text), digest);
	for (i = 0; i < AFFINITY_ID_SIZE - 1; i++) {
		if (have < 5) {
			bits = bits << 8 | digest[at++];
			have += 8;
		}
		have -= 5;
		id[i] = affinity_letters[bits >> have & 31];
	}
	id[i] = '\0';
}

/* Characters that nft would read as the end of a comment, or cannot print, become '?'. */
static void affinity_make_owner(struct affinity *affinity, const char *text)
{
	char *p;

	(void)snprintf(affinity->owner, sizeof(affinity->owner), "%s", text);
	for (p = affinity->owner; *p; p++)
		if (*p < '!' || *p > '~' || *p == '"' || *p == '\\')
			*p = '?';
}

void affinity_init(struct affinity *affinity, const struct plan *plan, const struct frontend *frontend)
{
	struct buf text = BUF_INIT;

	*affinity = (struct affinity){
		.table = frontend->addr.family,
		.protocol = frontend->protocol,
		.timeout_s = frontend->affinity_timeout_s,
	};
	buf_printf(&text, "%s/%s/%s/%s", plan->service.namespace, plan->service.name, frontend->port_name,
		   addr_protocol_name(frontend->protocol));
	affinity_make_id(buf_text(&text), affinity->id);
	buf_reset(&text);
	buf_printf(&text, "%s/%s%s%s", plan->service.namespace, plan->service.name,
		   *frontend->port_name ? ":" : "", frontend->port_name);
	affinity_make_owner(affinity, buf_text(&text));
	buf_done(&text);
}

int affinity_cmp(const void *a, const void *b)
{
	const struct affinity *x = a, *y = b;

	if (x->table != y->table)
		return x->table < y->table ? -1 : 1;
	return strcmp(x->id, y->id);
}

enum affinity_chain affinity_lookup(enum lb_chain_kind kind, enum plan_list list)
{
	enum affinity_chain which;

	for (which = 0; which < AFFINITY_LOOKUP_MAX; which++)
		if (affinity_chains[which].kind == kind && affinity_chains[which].list == list)
			return which;
	assert(!"a list that no front end of this kind uses");
	return AFFINITY_CHAIN_SERVICE;
}

struct lb_chain affinity_lb_chain(const struct affinity *affinity, enum affinity_chain lookup)
{
	assert(lookup < AFFINITY_LOOKUP_MAX && affinity->n[lookup]);
	return (struct lb_chain){ .table = affinity->table,
				  .kind = (uint8_t)affinity_chains[lookup].kind,
				  .protocol = affinity->protocol,
				  .n_endpoints = affinity->n[lookup] };
}

bool affinity_has_map(const struct affinity *affinity, enum plan_list list)
{
	enum affinity_chain which;

	for (which = 0; which < AFFINITY_LOOKUP_MAX; which++)
		if (affinity->n[which] && affinity_chains[which].list == list)
			return true;
	return false;
}

bool affinity_has_chain(const struct affinity *affinity, enum affinity_chain which)
{
	enum affinity_chain lookup;

	if (which < AFFINITY_LOOKUP_MAX)
		return affinity->n[which];
	for (lookup = 0; lookup < AFFINITY_LOOKUP_MAX; lookup++)
		if (affinity->n[lookup] &&
		    affinity_chains[lookup].node_port == affinity_chains[which].node_port)
			return true;
	return false;
}

enum layout_set affinity_set(enum plan_list list, bool node_port)
{
	if (list == PLAN_LIST_CLUSTER)
		return node_port ? LAYOUT_SET_AFFINITY_NODEPORT_ENDPOINTS : LAYOUT_SET_AFFINITY_ENDPOINTS;
	return node_port ? LAYOUT_SET_AFFINITY_NODEPORT_ENDPOINTS_LOCAL : LAYOUT_SET_AFFINITY_ENDPOINTS_LOCAL;
}

void affinity_chain_name(const struct affinity *affinity, enum affinity_chain which,
			 char name[RULE_NAME_MAX + 1])
{
	(void)snprintf(name, RULE_NAME_MAX + 1, "%s%s", affinity_chains[which].prefix, affinity->id);
}

void affinity_map(const struct affinity *affinity, enum plan_list list, struct client_map *ret)
{
	*ret = (struct client_map){ .table = affinity->table };
	(void)snprintf(ret->name, sizeof(ret->name), "%s%s", affinity_map_prefix[list], affinity->id);
	memcpy(ret->comment, affinity->owner, sizeof(ret->comment));
}

static void affinity_use_map(const struct affinity *affinity, enum plan_list list, struct rule_statement *s)
{
	struct client_map map;

	affinity_map(affinity, list, &map);
	memcpy(s->client_map, map.name, sizeof(s->client_map));
}

static void affinity_add_lookup(const struct affinity *affinity, enum affinity_chain which,
				struct chain *chain)
{
	struct rule *rule = rule_add(chain);
	struct rule_statement *s;
	struct lb_chain lb;

	rule_add_protocol(rule, affinity->protocol);
	affinity_use_map(affinity, affinity_chains[which].list,
			 rule_add_statement(rule, RULE_STATEMENT_DNAT_CLIENT));
	s = rule_add_statement(rule_add(chain), RULE_STATEMENT_GOTO);
	lb = affinity_lb_chain(affinity, which);
	lb_chain_name(&lb, s->chain);
}

static void affinity_add_learning(const struct affinity *affinity, enum affinity_chain which,
				  struct chain *chain)
{
	bool node_port = affinity_chains[which].node_port;
	struct rule_statement *s;
	struct rule *rule;
	int list;

	for (list = 0; list < _PLAN_LIST_MAX; list++) {
		if (!affinity_has_map(affinity, list))
			continue;
		rule = rule_add(chain);
		rule_add_protocol(rule, affinity->protocol);
		s = rule_add_statement(rule, RULE_STATEMENT_MATCH_SET);
		/*
		 * The ports in this order: nft lists the rule with `tcp dport`, and can read it again only if that
		 * comes before the original port.
		 */
		rule_add_selector(s, RULE_SELECTOR_DADDR);
		rule_add_selector(s, RULE_SELECTOR_DPORT);
		rule_add_selector(s, RULE_SELECTOR_L4PROTO);
		if (!node_port)
			rule_add_selector(s, RULE_SELECTOR_CT_ORIGINAL_DADDR);
		rule_add_selector(s, RULE_SELECTOR_CT_ORIGINAL_DPORT);
		s->set = (uint8_t)affinity_set(list, node_port);
		s = rule_add_statement(rule, RULE_STATEMENT_CLIENT_UPDATE);
		affinity_use_map(affinity, list, s);
		s->timeout_s = affinity->timeout_s;
	}
}

void affinity_chain(const struct affinity *affinity, enum affinity_chain which, struct arena *arena,
		    struct chain *ret)
{
	assert(affinity_has_chain(affinity, which));
	*ret = (struct chain){ .table = affinity->table };
	affinity_chain_name(affinity, which, ret->name);
	ret->rules = arena_array(arena, 2, sizeof(*ret->rules));
	if (which < AFFINITY_LOOKUP_MAX)
		affinity_add_lookup(affinity, which, ret);
	else
		affinity_add_learning(affinity, which, ret);
}

bool affinity_same_chain(const struct affinity *a, const struct affinity *b, enum affinity_chain which)
{
	int list;

	if (!affinity_has_chain(a, which) || !affinity_has_chain(b, which) || a->unknown || b->unknown)
		return false;
	if (which < AFFINITY_LOOKUP_MAX)
		return a->n[which] == b->n[which];
	for (list = 0; list < _PLAN_LIST_MAX; list++)
		if (affinity_has_map(a, list) != affinity_has_map(b, list))
			return false;
	return a->timeout_s == b->timeout_s;
}

static int affinity_endpoint_cmp(const void *a, const void *b)
{
	const struct pool_endpoint *x = a, *y = b;
	int cmp = addr_cmp(&x->addr, &y->addr);

	return cmp ? cmp : (int)x->port - (int)y->port;
}

bool affinity_is_stale(const struct pool *pool, const struct client *client)
{
	struct pool_endpoint key = { .addr = client->addr, .port = client->port };
	size_t i;

	if (!pool->n_endpoints)
		return true;
	if (client->has_addr && client->has_port)
		return !bsearch(&key, pool->endpoints, pool->n_endpoints, sizeof(key), affinity_endpoint_cmp);
	for (i = 0; i < pool->n_endpoints; i++)
		if (client->has_addr ? addr_equal(&pool->endpoints[i].addr, &key.addr)
				     : pool->endpoints[i].port == key.port)
			return false;
	return true;
}

enum lb_chain_kind affinity_lookup_kind(enum affinity_chain lookup)
{
	assert(lookup < AFFINITY_LOOKUP_MAX);
	return affinity_chains[lookup].kind;
}

bool affinity_parse_chain(const char *name, enum affinity_chain *ret, char ret_id[AFFINITY_ID_SIZE])
{
	enum affinity_chain which;
	size_t len;

	for (which = 0; which < _AFFINITY_CHAIN_MAX; which++) {
		len = strlen(affinity_chains[which].prefix);
		if (strncmp(name, affinity_chains[which].prefix, len) != 0 ||
		    strlen(name + len) != AFFINITY_ID_SIZE - 1 ||
		    strspn(name + len, affinity_letters) != AFFINITY_ID_SIZE - 1)
			continue;
		*ret = which;
		memcpy(ret_id, name + len, AFFINITY_ID_SIZE);
		return true;
	}
	return false;
}

bool affinity_names_chain(const char *name)
{
	enum affinity_chain which;
	char id[AFFINITY_ID_SIZE];

	return affinity_parse_chain(name, &which, id);
}
