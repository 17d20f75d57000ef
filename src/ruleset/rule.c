/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "ruleset/rule.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"

struct rule *rule_add(struct chain *chain)
{
	return &chain->rules[chain->n_rules++];
}

struct rule_statement *rule_add_statement(struct rule *rule, enum rule_statement_kind kind)
{
	struct rule_statement *s;

	assert(rule->n_statements < RULE_STATEMENTS_MAX);
	s = &rule->statements[rule->n_statements++];
	s->kind = kind;
	return s;
}

void rule_add_selector(struct rule_statement *s, enum rule_selector selector)
{
	assert(s->n_selectors < RULE_SELECTORS_MAX);
	s->selectors[s->n_selectors++] = (uint8_t)selector;
}

void rule_add_protocol(struct rule *rule, uint8_t protocol)
{
	rule_add_statement(rule, RULE_STATEMENT_MATCH_PROTOCOL)->protocol = protocol;
}

void rule_add_jump(struct rule *rule, const char *chain)
{
	struct rule_statement *s = rule_add_statement(rule, RULE_STATEMENT_JUMP);

	(void)snprintf(s->chain, sizeof(s->chain), "%s", chain);
}

void rule_add_goto(struct rule *rule, const char *chain)
{
	struct rule_statement *s = rule_add_statement(rule, RULE_STATEMENT_GOTO);

	(void)snprintf(s->chain, sizeof(s->chain), "%s", chain);
}

void rule_add_fib_local(struct rule *rule, enum rule_selector which, bool negated)
{
	struct rule_statement *s = rule_add_statement(rule, RULE_STATEMENT_MATCH_FIB_LOCAL);

	rule_add_selector(s, which);
	s->negated = negated;
}

void rule_add_cidr(struct rule *rule, enum rule_selector which, bool negated, const struct cidr *cidr)
{
	struct rule_statement *s = rule_add_statement(rule, RULE_STATEMENT_MATCH_CIDR);

	rule_add_selector(s, which);
	s->negated = negated;
	s->cidr = *cidr;
}

void rule_add_set(struct rule *rule, enum rule_selector which, bool negated, uint8_t set)
{
	struct rule_statement *s = rule_add_statement(rule, RULE_STATEMENT_MATCH_SET);

	rule_add_selector(s, which);
	s->negated = negated;
	s->set = set;
}

static bool rule_statement_equal(const struct rule_statement *a, const struct rule_statement *b)
{
	return a->kind == b->kind && a->negated == b->negated && a->n_selectors == b->n_selectors &&
	       memcmp(a->selectors, b->selectors, a->n_selectors) == 0 && a->set == b->set &&
	       a->protocol == b->protocol && a->byte == b->byte && a->modulus == b->modulus &&
	       memcmp(&a->list_key, &b->list_key, sizeof(a->list_key)) == 0 &&
	       cidr_equal(&a->cidr, &b->cidr) && a->ifname_is_prefix == b->ifname_is_prefix &&
	       strcmp(a->ifname, b->ifname) == 0 && strcmp(a->chain, b->chain) == 0 &&
	       strcmp(a->client_map, b->client_map) == 0 && a->timeout_s == b->timeout_s;
}

static bool rule_equal(const struct rule *a, const struct rule *b)
{
	size_t i;

	if (a->n_statements != b->n_statements)
		return false;
	for (i = 0; i < a->n_statements; i++)
		if (!rule_statement_equal(&a->statements[i], &b->statements[i]))
			return false;
	return true;
}

bool rule_chain_equal(const struct chain *a, const struct chain *b)
{
	size_t i;

	if (a->table != b->table || strcmp(a->name, b->name) != 0 || a->hook != b->hook ||
	    a->priority != b->priority || a->n_rules != b->n_rules)
		return false;
	for (i = 0; i < a->n_rules; i++)
		if (!rule_equal(&a->rules[i], &b->rules[i]))
			return false;
	return true;
}

static void rule_chain_use(struct chain *chain, uint64_t used, struct arena *arena)
{
	struct rule *rules = arena_array(arena, chain->n_rules, sizeof(*rules));
	size_t i, n = 0;

	for (i = 0; i < chain->n_rules; i++)
		if (!chain->rules[i].conditional || used >> chain->rules[i].set & 1)
			rules[n++] = chain->rules[i];
	chain->rules = rules;
	chain->n_rules = n;
}

void rule_skeleton_use(const struct skeleton *from, const uint64_t used[_FAMILY_MAX], struct arena *arena,
		       struct skeleton *ret)
{
	struct chain *chains = arena_array(arena, from->n_chains, sizeof(*chains));
	size_t i, k;

	for (i = 0; i < from->n_chains; i++) {
		chains[i] = from->chains[i];
		for (k = 0; k < chains[i].n_rules; k++)
			if (chains[i].rules[k].conditional)
				break;
		if (k < chains[i].n_rules)
			rule_chain_use(&chains[i], used[chains[i].table], arena);
	}
	*ret = *from;
	ret->chains = chains;
}

static const char *rule_selector_text(enum rule_selector selector, enum family table)
{
	switch (selector) {
	case RULE_SELECTOR_NONE:
		break;
	case RULE_SELECTOR_SADDR:
		return table == FAMILY_IPV4 ? "ip saddr" : "ip6 saddr";
	case RULE_SELECTOR_DADDR:
		return table == FAMILY_IPV4 ? "ip daddr" : "ip6 daddr";
	case RULE_SELECTOR_L4PROTO:
		return "meta l4proto";
	case RULE_SELECTOR_DPORT:
		return "th dport";
	case RULE_SELECTOR_NUMGEN:
		return "numgen random mod";
	case RULE_SELECTOR_LIST_KEY:
		return "numgen random mod 1 offset";
	case RULE_SELECTOR_CT_ORIGINAL_DADDR:
		return table == FAMILY_IPV4 ? "ct original ip daddr" : "ct original ip6 daddr";
	case RULE_SELECTOR_CT_ORIGINAL_DPORT:
		return "ct original proto-dst";
	case RULE_SELECTOR_SADDR_BYTE:
	case RULE_SELECTOR_DADDR_BYTE:
		return "@nh";
	}
	return "";
}

uint32_t rule_byte_offset(enum rule_selector selector, enum family table, uint8_t index)
{
	bool source = selector == RULE_SELECTOR_SADDR || selector == RULE_SELECTOR_SADDR_BYTE;
	uint32_t first = table == FAMILY_IPV4 ? 12 : 8, size = (uint32_t)addr_size(table);

	return first + (source ? 0 : size) + size - 1 - index;
}

static void rule_print_list_key(struct buf *text, const struct set_list_key *key)
{
	const char *offset = rule_selector_text(RULE_SELECTOR_LIST_KEY, FAMILY_IPV4);

	buf_printf(text, "%s %u . %s %u", offset, key->words[0], offset, key->words[1]);
}

static void rule_print_selectors(struct buf *text, enum family table, const struct rule_statement *s)
{
	size_t i;

	for (i = 0; i < s->n_selectors; i++) {
		if (i)
			buf_printf(text, " . ");
		if (s->selectors[i] == RULE_SELECTOR_LIST_KEY) {
			rule_print_list_key(text, &s->list_key);
			continue;
		}
		buf_printf(text, "%s", rule_selector_text(s->selectors[i], table));
		if (s->selectors[i] == RULE_SELECTOR_NUMGEN)
			buf_printf(text, " %u", s->modulus);
		if (s->selectors[i] == RULE_SELECTOR_SADDR_BYTE ||
		    s->selectors[i] == RULE_SELECTOR_DADDR_BYTE)
			buf_printf(text, ",%u,8", 8 * rule_byte_offset(s->selectors[i], table, s->byte));
	}
}

/* The key of a client map: @saddr is "ip saddr", or with "ct original" before it. */
static void rule_print_client_key(struct buf *text, enum family table, const struct rule_statement *s,
				  const char *original)
{
	const char *saddr = rule_selector_text(RULE_SELECTOR_SADDR, table);
	size_t i;

	rule_print_list_key(text, &s->list_key);
	if (!client_map_hashes(table)) {
		buf_printf(text, " . %s%s", original, saddr);
		return;
	}
	for (i = 0; i < CLIENT_MAP_HASHES; i++)
		buf_printf(text, " . jhash %s%s mod %u seed 0x%x", original, saddr, CLIENT_MAP_HASH_MODULUS,
			   (unsigned int)i + 1);
}

static void rule_print_dnat_client(struct buf *text, enum family table, const struct rule_statement *s)
{
	char part[CLIENT_MAP_PART_NAME_SIZE];
	size_t i;

	buf_printf(text, "dnat %s to ", table == FAMILY_IPV4 ? "ip" : "ip6");
	for (i = 0; i < client_map_n_parts(table); i++) {
		buf_printf(text, "%s", i ? " : " : "");
		rule_print_client_key(text, table, s, "");
		buf_printf(text, " map @%s", client_map_part_name(table, s->client_map, i, part));
	}
}

static void rule_print_client_update(struct buf *text, enum family table, const struct rule_statement *s)
{
	char part[CLIENT_MAP_PART_NAME_SIZE];
	size_t i, k;

	for (i = 0; i < client_map_n_parts(table); i++) {
		const uint8_t *data = client_map_part(table, i)->data;

		buf_printf(text, "%supdate @%s { ", i ? " " : "",
			   client_map_part_name(table, s->client_map, i, part));
		rule_print_client_key(text, table, s, "ct original ");
		buf_printf(text, " timeout %us : ", s->timeout_s);
		for (k = 0; k < SET_FIELDS_MAX && data[k] != SET_FIELD_NONE; k++)
			buf_printf(text, "%s%s", k ? " . " : "",
				   rule_selector_text(data[k] == SET_FIELD_ADDR ? RULE_SELECTOR_DADDR
										: RULE_SELECTOR_DPORT,
						      table));
		buf_printf(text, " }");
	}
}

static void rule_print_statement(struct buf *text, const struct set_decl *sets, enum family table,
				 const struct rule_statement *s)
{
	const char *not = s->negated ? "!= " : "";
	char cidr[CIDR_TEXT_SIZE];

	switch (s->kind) {
	case RULE_STATEMENT_MATCH_CIDR:
		rule_print_selectors(text, table, s);
		buf_printf(text, " %s%s", not, cidr_print(&s->cidr, cidr));
		break;
	case RULE_STATEMENT_MATCH_UP_TO:
		rule_print_selectors(text, table, s);
		buf_printf(text, " <= %s", addr_print(&s->cidr.addr, cidr));
		break;
	case RULE_STATEMENT_MATCH_PROTOCOL:
		buf_printf(text, "meta l4proto %s%s", not, addr_protocol_name(s->protocol));
		break;
	case RULE_STATEMENT_MATCH_IIFNAME:
		buf_printf(text, "iifname %s\"%s%s\"", not, s->ifname, s->ifname_is_prefix ? "*" : "");
		break;
	case RULE_STATEMENT_MATCH_IIF_KNOWN:
		buf_printf(text, "iif != 0");
		break;
	case RULE_STATEMENT_MATCH_FIB_LOCAL:
		buf_printf(text, "fib %s type %slocal",
			   s->selectors[0] == RULE_SELECTOR_SADDR ? "saddr" : "daddr", not );
		break;
	case RULE_STATEMENT_MATCH_CT_DNAT:
		buf_printf(text, "ct status dnat");
		break;
	case RULE_STATEMENT_MATCH_CT_NEW:
		buf_printf(text, "ct state new");
		break;
	case RULE_STATEMENT_MATCH_SET:
		rule_print_selectors(text, table, s);
		buf_printf(text, " %s@%s", not, sets[s->set].name);
		break;
	case RULE_STATEMENT_VMAP:
		rule_print_selectors(text, table, s);
		buf_printf(text, " vmap @%s", sets[s->set].name);
		break;
	case RULE_STATEMENT_DNAT_MAP:
		buf_printf(text, "dnat %s to ", table == FAMILY_IPV4 ? "ip" : "ip6");
		rule_print_selectors(text, table, s);
		buf_printf(text, " map @%s", sets[s->set].name);
		break;
	case RULE_STATEMENT_DNAT_CLIENT:
		rule_print_dnat_client(text, table, s);
		break;
	case RULE_STATEMENT_CLIENT_UPDATE:
		rule_print_client_update(text, table, s);
		break;
	case RULE_STATEMENT_JUMP:
		buf_printf(text, "jump %s", s->chain);
		break;
	case RULE_STATEMENT_GOTO:
		buf_printf(text, "goto %s", s->chain);
		break;
	case RULE_STATEMENT_REJECT_TCP_RESET:
		buf_printf(text, "reject with tcp reset");
		break;
	case RULE_STATEMENT_REJECT:
		buf_printf(text, "reject");
		break;
	case RULE_STATEMENT_MASQUERADE:
		buf_printf(text, "masquerade fully-random");
		break;
	case RULE_STATEMENT_ACCEPT:
		buf_printf(text, "accept");
		break;
	case RULE_STATEMENT_DROP:
		buf_printf(text, "drop");
		break;
	case RULE_STATEMENT_RETURN:
		buf_printf(text, "return");
		break;
	}
}

void rule_print(struct buf *text, const struct set_decl *sets, enum family table, const struct rule *rule)
{
	size_t i;

	for (i = 0; i < rule->n_statements; i++) {
		if (i)
			buf_add(text, " ", 1);
		rule_print_statement(text, sets, table, &rule->statements[i]);
	}
}

const char *rule_hook_name(enum rule_hook hook)
{
	switch (hook) {
	case RULE_HOOK_NONE:
		break;
	case RULE_HOOK_PREROUTING:
		return "prerouting";
	case RULE_HOOK_INPUT:
		return "input";
	case RULE_HOOK_OUTPUT:
		return "output";
	case RULE_HOOK_POSTROUTING:
		return "postrouting";
	}
	return "none";
}
