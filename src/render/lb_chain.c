/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "render/lb_chain.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "render/layout.h"

static const struct {
	const char *prefix;
	uint8_t set;
	bool by_address;
} lb_chain_kinds[_LB_CHAIN_KIND_MAX] = {
	[LB_CHAIN_KIND_SERVICE] = { "lb-", LAYOUT_SET_ENDPOINTS, true },
	[LB_CHAIN_KIND_SERVICE_LOCAL] = { "lb-local-", LAYOUT_SET_ENDPOINTS_LOCAL, true },
	[LB_CHAIN_KIND_NODEPORT] = { "nodeport-", LAYOUT_SET_NODEPORT_ENDPOINTS, false },
	[LB_CHAIN_KIND_NODEPORT_LOCAL] = { "nodeport-local-", LAYOUT_SET_NODEPORT_ENDPOINTS_LOCAL, false },
};

static const uint8_t lb_chain_protocols[] = { PROTOCOL_TCP, PROTOCOL_UDP, PROTOCOL_SCTP };

int lb_chain_cmp(const struct lb_chain *a, const struct lb_chain *b)
{
	if (a->table != b->table)
		return a->table < b->table ? -1 : 1;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->protocol != b->protocol)
		return a->protocol < b->protocol ? -1 : 1;
	return a->n_endpoints < b->n_endpoints ? -1 : a->n_endpoints > b->n_endpoints;
}

void lb_chain_name(const struct lb_chain *lb, char name[RULE_NAME_MAX + 1])
{
	(void)snprintf(name, RULE_NAME_MAX + 1, "%s%s-%u", lb_chain_kinds[lb->kind].prefix,
		       addr_protocol_name(lb->protocol), lb->n_endpoints);
}

bool lb_chain_parse(enum family table, const char *name, struct lb_chain *ret)
{
	const char *dash = strrchr(name, '-');
	struct lb_chain lb = { .table = (uint8_t)table };
	char again[RULE_NAME_MAX + 1];
	size_t i;

	if (!dash || !dash[1] || strlen(dash + 1) > 6)
		return false;
	for (dash++; *dash >= '0' && *dash <= '9'; dash++)
		lb.n_endpoints = lb.n_endpoints * 10 + (uint32_t)(*dash - '0');
	if (*dash || !lb.n_endpoints)
		return false;
	for (lb.kind = 0; lb.kind < _LB_CHAIN_KIND_MAX; lb.kind++) {
		for (i = 0; i < ARRAY_SIZE(lb_chain_protocols); i++) {
			lb.protocol = lb_chain_protocols[i];
			lb_chain_name(&lb, again);
			if (strcmp(again, name) != 0)
				continue;
			*ret = lb;
			return true;
		}
	}
	return false;
}

void lb_chain_build(const struct lb_chain *lb, struct arena *arena, struct chain *ret)
{
	int twice;

	*ret = (struct chain){ .table = lb->table };
	lb_chain_name(lb, ret->name);
	ret->rules = arena_array(arena, 2, sizeof(*ret->rules));
	/*
	 * Kernels up to 6.1 may miss an element while it is being replaced; the second look-up finds
	 * the new one. Drop the second rule when the floor is 6.12.
	 */
	for (twice = 0; twice < 2; twice++) {
		struct rule *rule = rule_add(ret);
		struct rule_statement *s;

		rule_add_protocol(rule, lb->protocol);
		s = rule_add_statement(rule, RULE_STATEMENT_DNAT_MAP);
		layout_add_frontend_key(s, lb_chain_kinds[lb->kind].by_address);
		rule_add_selector(s, RULE_SELECTOR_NUMGEN);
		s->modulus = lb->n_endpoints;
		s->set = lb_chain_kinds[lb->kind].set;
	}
}
