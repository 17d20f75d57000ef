/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "render/lb_chain.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "render/layout_sets.h"

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
	return a->n_slots < b->n_slots ? -1 : a->n_slots > b->n_slots;
}

void lb_chain_name(const struct lb_chain *lb, char name[RULE_NAME_MAX + 1])
{
	(void)snprintf(name, RULE_NAME_MAX + 1, "%s%s-%u", lb_chain_kinds[lb->kind].prefix,
		       addr_protocol_name(lb->protocol), lb->n_slots);
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
		lb.n_slots = lb.n_slots * 10 + (uint32_t)(*dash - '0');
	if (*dash || !lb.n_slots)
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

uint8_t lb_chain_set(const struct lb_chain *lb)
{
	return lb_chain_kinds[lb->kind].set;
}

/* dnat to the endpoint of a random slot below @n. */
static void lb_chain_add_dnat(struct chain *chain, uint8_t protocol, const struct rule_statement *choice,
			      uint32_t n)
{
	struct rule *rule = rule_add(chain);
	struct rule_statement *s;

	rule_add_protocol(rule, protocol);
	s = rule_add_statement(rule, RULE_STATEMENT_DNAT_MAP);
	*s = *choice;
	rule_add_selector(s, RULE_SELECTOR_NUMGEN);
	s->modulus = n;
}

/*
 * A packet can meet two generations of the ruleset in one walk: the verdict that led here is of the old one, but the map
 * of endpoints is already the new one, and may have fewer slots. And kernels up to 6.1 can miss an element
 * while it is being replaced. So there is a second try, and a third one with the slot 0, which every port with an
 * endpoint has. What is still not translated must not reach the node's own stack: it is dropped, and sent again by its sender.
 */
void lb_chain_add_rules(struct chain *chain, uint8_t protocol, const struct rule_statement *choice,
			uint32_t n)
{
	lb_chain_add_dnat(chain, protocol, choice, n);
	lb_chain_add_dnat(chain, protocol, choice, n);
	if (n > 1)
		lb_chain_add_dnat(chain, protocol, choice, 1);
	(void)rule_add_statement(rule_add(chain), RULE_STATEMENT_DROP);
}

size_t lb_chain_n_rules(uint32_t n)
{
	return n > 1 ? 4 : 3;
}

static void lb_chain_choice(enum lb_chain_kind kind, struct rule_statement *ret)
{
	*ret = (struct rule_statement){ .kind = RULE_STATEMENT_DNAT_MAP, .set = lb_chain_kinds[kind].set };
	layout_sets_add_frontend_key(ret, lb_chain_kinds[kind].by_address);
}

static void lb_chain_missed_name(const struct lb_chain *lb, char name[RULE_NAME_MAX + 1])
{
	(void)snprintf(name, RULE_NAME_MAX + 1, "%s%s-missed", lb_chain_kinds[lb->kind].prefix,
		       addr_protocol_name(lb->protocol));
}

void lb_chain_build(const struct lb_chain *lb, struct arena *arena, struct chain *ret)
{
	struct rule_statement choice;

	*ret = (struct chain){ .table = lb->table };
	lb_chain_name(lb, ret->name);
	ret->rules = arena_array(arena, LB_CHAIN_RULES, sizeof(*ret->rules));
	lb_chain_choice(lb->kind, &choice);
	lb_chain_add_dnat(ret, lb->protocol, &choice, lb->n_slots);
	lb_chain_missed_name(lb, rule_add_statement(rule_add(ret), RULE_STATEMENT_GOTO)->chain);
}

/* As lb_chain_add_rules(), but how many endpoints there are is not known here. */
void lb_chain_build_missed(enum family table, size_t i, struct arena *arena, struct chain *ret)
{
	struct lb_chain lb = { .kind = (uint8_t)(i / ARRAY_SIZE(lb_chain_protocols)),
			       .protocol = lb_chain_protocols[i % ARRAY_SIZE(lb_chain_protocols)] };
	struct rule_statement choice;

	static_assert(LB_CHAIN_MISSED_MAX == _LB_CHAIN_KIND_MAX * ARRAY_SIZE(lb_chain_protocols),
		      "one for each kind and protocol");
	*ret = (struct chain){ .table = (uint8_t)table };
	lb_chain_missed_name(&lb, ret->name);
	ret->rules = arena_array(arena, 3, sizeof(*ret->rules));
	lb_chain_choice(lb.kind, &choice);
	lb_chain_add_dnat(ret, lb.protocol, &choice, 2);
	lb_chain_add_dnat(ret, lb.protocol, &choice, 1);
	(void)rule_add_statement(rule_add(ret), RULE_STATEMENT_DROP);
}
