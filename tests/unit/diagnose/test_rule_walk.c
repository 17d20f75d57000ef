/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is said of a rule of another program holds for every packet, and what depends on something unknown is "perhaps". */
#include "config.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/xt_conntrack.h>
#include <linux/netfilter/xt_tcpudp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <libnftnl/chain.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>

#include "base/buf.h"
#include "diagnose/foreign_rules.h"
#include "diagnose/packet_facts.h"
#include "diagnose/rule_text.h"
#include "diagnose/rule_walk.h"

static struct foreign_rules *foreign;
static struct nftnl_rule *rule;
static uint64_t handle;
static struct packet_facts packet;

static int setup(void **state)
{
	struct addr to;

	(void)state;
	foreign = foreign_rules_new();
	handle = 0;
	assert_true(addr_parse("10.96.0.1", &to));
	packet_facts_init(&packet, FAMILY_IPV4, PROTOCOL_TCP, (struct packet_facts_end){ NULL, 0 },
			  (struct packet_facts_end){ &to, 80 });
	packet.tracked = true;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	foreign = foreign_rules_free(foreign);
	return 0;
}

/* @hook -1: not a base chain */
static void add_chain(const char *name, int hook, uint32_t policy)
{
	struct nftnl_chain *chain = nftnl_chain_alloc();

	nftnl_chain_set_u32(chain, NFTNL_CHAIN_FAMILY, NFPROTO_INET);
	nftnl_chain_set_str(chain, NFTNL_CHAIN_TABLE, "t");
	nftnl_chain_set_str(chain, NFTNL_CHAIN_NAME, name);
	if (hook >= 0) {
		nftnl_chain_set_u32(chain, NFTNL_CHAIN_HOOKNUM, (uint32_t)hook);
		nftnl_chain_set_u32(chain, NFTNL_CHAIN_POLICY, policy);
	}
	foreign_rules_add_chain(foreign, chain);
}

static void add_rule(const char *chain)
{
	rule = nftnl_rule_alloc();
	nftnl_rule_set_u32(rule, NFTNL_RULE_FAMILY, NFPROTO_INET);
	nftnl_rule_set_str(rule, NFTNL_RULE_TABLE, "t");
	nftnl_rule_set_str(rule, NFTNL_RULE_CHAIN, chain);
	nftnl_rule_set_u64(rule, NFTNL_RULE_HANDLE, ++handle);
	foreign_rules_add_rule(foreign, rule);
}

static struct nftnl_expr *add(const char *name)
{
	struct nftnl_expr *expr = nftnl_expr_alloc(name);

	assert_non_null(expr);
	nftnl_rule_add_expr(rule, expr);
	return expr;
}

static void load_payload(uint32_t base, uint32_t offset, uint32_t size)
{
	struct nftnl_expr *expr = add("payload");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_BASE, base);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_OFFSET, offset);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_LEN, size);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_DREG, NFT_REG32_00);
}

static void compare(uint32_t op, const void *data, uint32_t size)
{
	struct nftnl_expr *expr = add("cmp");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_CMP_SREG, NFT_REG32_00);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_CMP_OP, op);
	nftnl_expr_set(expr, NFTNL_EXPR_CMP_DATA, data, size);
}

static void match_port(uint32_t op, uint16_t port)
{
	const uint8_t bytes[2] = { (uint8_t)(port >> 8), (uint8_t)port };

	load_payload(NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2);
	compare(op, bytes, sizeof(bytes));
}

static void match_client(void)
{
	load_payload(NFT_PAYLOAD_NETWORK_HEADER, 12, 4);
	compare(NFT_CMP_EQ, "\012\0\0\001", 4);
}

static void match_state(uint32_t bits)
{
	struct nftnl_expr *expr = add("ct");
	const uint32_t zero = 0;

	nftnl_expr_set_u32(expr, NFTNL_EXPR_CT_KEY, NFT_CT_STATE);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_CT_DREG, NFT_REG32_00);
	expr = add("bitwise");
	nftnl_expr_set_u32(expr, NFTNL_EXPR_BITWISE_SREG, NFT_REG32_00);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_BITWISE_DREG, NFT_REG32_00);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_BITWISE_LEN, 4);
	nftnl_expr_set(expr, NFTNL_EXPR_BITWISE_MASK, &bits, 4);
	nftnl_expr_set(expr, NFTNL_EXPR_BITWISE_XOR, &zero, 4);
	compare(NFT_CMP_NEQ, &zero, 4);
}

static void verdict(int code, const char *chain)
{
	struct nftnl_expr *expr = add("immediate");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_IMM_VERDICT, (uint32_t)code);
	if (chain)
		nftnl_expr_set_str(expr, NFTNL_EXPR_IMM_CHAIN, chain);
}

/* @at: the handle of the rule that is named; 0: the policy, or none */
static void expect(enum rule_walk_effect effect, enum fact fact, uint64_t at)
{
	struct rule_walk walk = { .foreign = foreign };
	struct rule_walk_result result;

	foreign_rules_seal(foreign);
	rule_walk_ask(&walk, foreign_rules_find_chain(foreign, NFPROTO_INET, "t", "base"), &packet, effect,
		      &result);
	assert_int_equal(result.fact, fact);
	assert_int_equal(result.rule ? nftnl_rule_get_u64(result.rule, NFTNL_RULE_HANDLE) : 0, at);
}

#define DROP RULE_WALK_EFFECT_DROP

static void test_policy(void **state)
{
	(void)state;
	add_chain("base", NF_INET_FORWARD, NF_DROP);
	expect(DROP, FACT_YES, 0);
	add_rule("base");
	match_client();
	verdict(NF_ACCEPT, NULL);
	expect(DROP, FACT_PERHAPS, 0);
	add_rule("base");
	match_port(NFT_CMP_EQ, 80);
	verdict(NF_ACCEPT, NULL);
	expect(DROP, FACT_NO, 0);
}

static void test_conditions(void **state)
{
	static const struct {
		uint32_t op;
		uint16_t port;
		enum fact fact;
	} cases[] = {
		{ NFT_CMP_EQ, 80, FACT_YES },  { NFT_CMP_EQ, 81, FACT_NO },  { NFT_CMP_NEQ, 80, FACT_NO },
		{ NFT_CMP_NEQ, 81, FACT_YES }, { NFT_CMP_LT, 80, FACT_NO },  { NFT_CMP_LTE, 80, FACT_YES },
		{ NFT_CMP_GT, 79, FACT_YES },  { NFT_CMP_GTE, 81, FACT_NO },
	};
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		foreign = foreign_rules_free(foreign);
		(void)setup(state);
		add_chain("base", NF_INET_FORWARD, NF_ACCEPT);
		add_rule("base");
		match_port(cases[i].op, cases[i].port);
		verdict(NF_DROP, NULL);
		expect(DROP, cases[i].fact, cases[i].fact == FACT_YES);
	}
}

static void test_state(void **state)
{
	(void)state;
	add_chain("base", NF_INET_FORWARD, NF_ACCEPT);
	add_rule("base");
	match_state(2 | 4);
	verdict(NF_ACCEPT, NULL);
	add_rule("base");
	verdict(NF_DROP, NULL);
	expect(DROP, FACT_YES, 2);
	packet_facts_make_reply(&packet);
	expect(DROP, FACT_NO, 0);
	packet.tracked = false;
	expect(DROP, FACT_YES, 2);
}

/* An expression that is not known here may do anything to the rest of its rule. */
static void test_unknown(void **state)
{
	(void)state;
	add_chain("base", NF_INET_FORWARD, NF_ACCEPT);
	add_rule("base");
	(void)add("fib");
	verdict(NF_DROP, NULL);
	expect(DROP, FACT_PERHAPS, 1);
	add_rule("base");
	match_port(NFT_CMP_EQ, 80);
	verdict(NF_DROP, NULL);
	/* A certain one counts for more than the first one that is none. */
	expect(DROP, FACT_YES, 2);
}

static void test_jumps(void **state)
{
	(void)state;
	add_chain("base", NF_INET_FORWARD, NF_DROP);
	add_chain("inner", -1, 0);
	add_rule("base");
	verdict(NFT_JUMP, "inner");
	add_rule("base");
	verdict(NF_ACCEPT, NULL);
	add_rule("inner");
	match_client();
	verdict(NFT_RETURN, NULL);
	expect(DROP, FACT_NO, 0);
	/* Whoever has not left by the return is dropped. */
	add_rule("inner");
	match_port(NFT_CMP_EQ, 80);
	verdict(NF_DROP, NULL);
	expect(DROP, FACT_PERHAPS, 4);
}

static void test_goto(void **state)
{
	(void)state;
	add_chain("base", NF_INET_FORWARD, NF_DROP);
	add_chain("inner", -1, 0);
	add_rule("base");
	verdict(NFT_GOTO, "inner");
	add_rule("base");
	verdict(NF_ACCEPT, NULL);
	/* The way ends at the policy, and not at the second rule. */
	expect(DROP, FACT_YES, 0);
}

static void test_no_such_chain(void **state)
{
	(void)state;
	add_chain("base", NF_INET_FORWARD, NF_ACCEPT);
	add_rule("base");
	verdict(NFT_JUMP, "elsewhere");
	expect(DROP, FACT_PERHAPS, 1);
}

static void test_endless(void **state)
{
	(void)state;
	add_chain("base", NF_INET_FORWARD, NF_ACCEPT);
	add_chain("inner", -1, 0);
	add_rule("base");
	verdict(NFT_JUMP, "inner");
	add_rule("inner");
	verdict(NFT_JUMP, "inner");
	expect(DROP, FACT_PERHAPS, 2);
}

static struct nftnl_set *add_set(const char *name, uint32_t flags)
{
	struct nftnl_set *set = nftnl_set_alloc();

	nftnl_set_set_u32(set, NFTNL_SET_FAMILY, NFPROTO_INET);
	nftnl_set_set_str(set, NFTNL_SET_TABLE, "t");
	nftnl_set_set_str(set, NFTNL_SET_NAME, name);
	nftnl_set_set_u32(set, NFTNL_SET_FLAGS, flags);
	nftnl_set_set_u32(set, NFTNL_SET_KEY_LEN, 2);
	foreign_rules_add_set(foreign, set);
	return set;
}

static void add_element(struct nftnl_set *set, uint16_t port, uint32_t flags, int code, const char *chain)
{
	struct nftnl_set_elem *element = nftnl_set_elem_alloc();
	const uint8_t bytes[2] = { (uint8_t)(port >> 8), (uint8_t)port };

	nftnl_set_elem_set(element, NFTNL_SET_ELEM_KEY, bytes, sizeof(bytes));
	if (flags)
		nftnl_set_elem_set_u32(element, NFTNL_SET_ELEM_FLAGS, flags);
	if (nftnl_set_get_u32(set, NFTNL_SET_FLAGS) & NFT_SET_MAP)
		nftnl_set_elem_set_u32(element, NFTNL_SET_ELEM_VERDICT, (uint32_t)code);
	if (chain)
		nftnl_set_elem_set_str(element, NFTNL_SET_ELEM_CHAIN, chain);
	nftnl_set_elem_add(set, element);
}

static void look_up(const char *set, bool inverted, bool verdicts)
{
	struct nftnl_expr *expr;

	load_payload(NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2);
	expr = add("lookup");
	nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_SREG, NFT_REG32_00);
	nftnl_expr_set_str(expr, NFTNL_EXPR_LOOKUP_SET, set);
	if (inverted)
		nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_FLAGS, NFT_LOOKUP_F_INV);
	if (verdicts)
		nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_DREG, NFT_REG_VERDICT);
}

static void test_sets(void **state)
{
	struct nftnl_set *set;

	(void)state;
	add_chain("base", NF_INET_FORWARD, NF_ACCEPT);
	set = add_set("ports", 0);
	add_element(set, 80, 0, 0, NULL);
	add_rule("base");
	look_up("ports", true, false);
	verdict(NF_DROP, NULL);
	expect(DROP, FACT_NO, 0);
	add_rule("base");
	look_up("unreadable", false, false);
	verdict(NF_DROP, NULL);
	expect(DROP, FACT_PERHAPS, 2);
	add_rule("base");
	look_up("ports", false, false);
	verdict(NF_DROP, NULL);
	expect(DROP, FACT_YES, 3);
	/* Of a packet of which no port is known, one may be it. */
	memset(packet.transport_mask, 0, sizeof(packet.transport_mask));
	expect(DROP, FACT_PERHAPS, 1);
}

static void test_intervals(void **state)
{
	static const struct {
		uint16_t port;
		enum fact fact;
	} cases[] = { { 79, FACT_NO },	{ 80, FACT_YES }, { 89, FACT_YES },  { 90, FACT_YES },
		      { 99, FACT_YES }, { 100, FACT_NO }, { 443, FACT_YES }, { 444, FACT_NO } };
	struct nftnl_set *set = add_set("ports", NFT_SET_INTERVAL);
	size_t i;

	(void)state;
	add_chain("base", NF_INET_FORWARD, NF_ACCEPT);
	/* 80-89, 90-99 and 443, in no order; two of them are neighbours. */
	add_element(set, 443, 0, 0, NULL);
	add_element(set, 90, NFT_SET_ELEM_INTERVAL_END, 0, NULL);
	add_element(set, 90, 0, 0, NULL);
	add_element(set, 0, NFT_SET_ELEM_INTERVAL_END, 0, NULL);
	add_element(set, 80, 0, 0, NULL);
	add_element(set, 100, NFT_SET_ELEM_INTERVAL_END, 0, NULL);
	add_element(set, 444, NFT_SET_ELEM_INTERVAL_END, 0, NULL);
	add_rule("base");
	look_up("ports", false, false);
	verdict(NF_DROP, NULL);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		packet.transport[2] = (uint8_t)(cases[i].port >> 8);
		packet.transport[3] = (uint8_t)cases[i].port;
		expect(DROP, cases[i].fact, cases[i].fact == FACT_YES);
	}
}

static void test_verdict_map(void **state)
{
	struct nftnl_set *set;

	(void)state;
	add_chain("base", NF_INET_FORWARD, NF_ACCEPT);
	add_chain("closed", -1, 0);
	set = add_set("ports", NFT_SET_MAP);
	add_element(set, 22, 0, NFT_JUMP, "closed");
	add_element(set, 80, 0, NF_ACCEPT, NULL);
	add_rule("base");
	look_up("ports", false, true);
	add_rule("closed");
	(void)add("reject");
	expect(DROP, FACT_NO, 0);
	packet.transport[3] = 22;
	expect(DROP, FACT_YES, 2);
	memset(packet.transport_mask, 0, sizeof(packet.transport_mask));
	expect(DROP, FACT_PERHAPS, 2);
}

static void test_translation(void **state)
{
	struct nftnl_expr *expr;

	(void)state;
	add_chain("base", NF_INET_PRE_ROUTING, NF_ACCEPT);
	add_rule("base");
	(void)add("masq");
	add_rule("base");
	expr = add("nat");
	nftnl_expr_set_u32(expr, NFTNL_EXPR_NAT_TYPE, NFT_NAT_DNAT);
	/* The first rule has ended the way. */
	expect(RULE_WALK_EFFECT_TRANSLATE, FACT_NO, 0);
	foreign = foreign_rules_free(foreign);
	(void)setup(state);
	add_chain("base", NF_INET_PRE_ROUTING, NF_ACCEPT);
	add_rule("base");
	(void)add("notrack");
	add_rule("base");
	(void)add("redir");
	expect(RULE_WALK_EFFECT_TRANSLATE, FACT_YES, 2);
	expect(RULE_WALK_EFFECT_NOTRACK, FACT_YES, 1);
	expect(DROP, FACT_NO, 0);
}

static void add_match(const char *name, uint32_t revision, const void *info, size_t size)
{
	struct nftnl_expr *expr = add("match");
	void *copy = malloc(size);

	assert_non_null(copy);
	memcpy(copy, info, size);
	nftnl_expr_set_str(expr, NFTNL_EXPR_MT_NAME, name);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_MT_REV, revision);
	/* It takes the memory over. */
	nftnl_expr_set(expr, NFTNL_EXPR_MT_INFO, copy, (uint32_t)size);
}

static void add_target(const char *name)
{
	struct nftnl_expr *expr = add("target");

	nftnl_expr_set_str(expr, NFTNL_EXPR_TG_NAME, name);
}

static void test_iptables(void **state)
{
	const struct xt_conntrack_mtinfo3 established = { .match_flags = XT_CONNTRACK_STATE,
							  .state_mask = 2 | 4 };
	const struct xt_tcp other = { .spts = { 0, 65535 }, .dpts = { 443, 443 } };
	const struct xt_tcp ours = { .spts = { 0, 65535 }, .dpts = { 79, 81 } };

	(void)state;
	add_chain("base", NF_INET_FORWARD, NF_ACCEPT);
	add_rule("base");
	add_match("conntrack", 3, &established, sizeof(established));
	verdict(NF_ACCEPT, NULL);
	add_rule("base");
	add_match("tcp", 0, &other, sizeof(other));
	verdict(NF_DROP, NULL);
	expect(DROP, FACT_NO, 0);
	add_rule("base");
	add_match("mark", 1, "xxxx", 4);
	add_target("REJECT");
	expect(DROP, FACT_PERHAPS, 3);
	add_rule("base");
	add_match("comment", 0, "why", 4);
	add_match("tcp", 0, &ours, sizeof(ours));
	add_target("LOG");
	add_target("REJECT");
	expect(DROP, FACT_YES, 4);
	packet_facts_make_reply(&packet);
	expect(DROP, FACT_NO, 0);
}

static void test_text(void **state)
{
	struct buf text = BUF_INIT;

	(void)state;
	add_chain("base", NF_INET_FORWARD, NF_ACCEPT);
	add_rule("base");
	match_client();
	match_port(NFT_CMP_NEQ, 80);
	match_state(8);
	look_up("ports", true, false);
	(void)add("counter");
	(void)add("hash");
	verdict(NFT_JUMP, "inner");
	rule_text_print(rule, &text);
	assert_string_equal(buf_text(&text),
			    "ip saddr 10.0.0.1 th dport != 80 ct state new th dport != @ports counter "
			    "[hash] jump inner");
	buf_done(&text);
}

/* --- random rules: what is said holds, and does not change into its opposite when less is known -----------------
 */

enum condition_kind {
	CONDITION_PORT_EQ,
	CONDITION_PORT_NEQ,
	CONDITION_PORT_LT,
	CONDITION_CLIENT,
	CONDITION_NEW,
	CONDITION_LOCAL,
	CONDITION_SET,
	CONDITION_INTERVAL,
	CONDITION_KINDS
};
enum action {
	ACTION_NONE,
	ACTION_ACCEPT,
	ACTION_DROP,
	ACTION_RETURN,
	ACTION_JUMP,
	ACTION_GOTO,
	ACTION_VMAP,
	ACTIONS
};

struct random_rule {
	unsigned int n_conditions;
	enum condition_kind conditions[2];
	enum action action;
};

/* Two chains: 0 is the base chain, which leads to 1. */
struct random_chains {
	unsigned int n[2];
	struct random_rule rules[2][4];
	bool drops;
};

struct random_packet {
	unsigned int port;
	bool client;
	bool local;
};

enum outcome {
	OUTCOME_GOES_ON,
	OUTCOME_RETURNS,
	OUTCOME_ACCEPTED,
	OUTCOME_DROPPED
};

static uint32_t seed;

static unsigned int draw(unsigned int n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 16) % n;
}

static void draw_chains(struct random_chains *chains)
{
	unsigned int c, i, k;

	chains->drops = draw(2);
	for (c = 0; c < 2; c++) {
		chains->n[c] = 1 + draw(4);
		for (i = 0; i < chains->n[c]; i++) {
			struct random_rule *r = &chains->rules[c][i];

			r->n_conditions = draw(3);
			for (k = 0; k < r->n_conditions; k++)
				r->conditions[k] = (enum condition_kind)draw(CONDITION_KINDS);
			/* Only the base chain leads to the other one. */
			r->action = (enum action)draw(c ? ACTION_JUMP : ACTIONS);
		}
	}
}

static bool is_true(enum condition_kind kind, const struct random_packet *p)
{
	switch (kind) {
	case CONDITION_PORT_EQ:
		return p->port == 80;
	case CONDITION_PORT_NEQ:
		return p->port != 81;
	case CONDITION_PORT_LT:
		return p->port < 81;
	case CONDITION_CLIENT:
		return p->client;
	case CONDITION_NEW:
		return true;
	case CONDITION_LOCAL:
		return p->local;
	case CONDITION_SET:
		return p->port == 79 || p->port == 82;
	case CONDITION_INTERVAL:
		return p->port == 80 || p->port == 81;
	case CONDITION_KINDS:
		break;
	}
	return false;
}

static enum outcome pass_chain(const struct random_chains *chains, unsigned int c,
			       const struct random_packet *p);

/* As the kernel does it. */
static enum outcome pass_rule(const struct random_chains *chains, const struct random_rule *r,
			      const struct random_packet *p)
{
	enum outcome outcome;
	unsigned int k;

	for (k = 0; k < r->n_conditions; k++)
		if (!is_true(r->conditions[k], p))
			return OUTCOME_GOES_ON;
	switch (r->action) {
	case ACTION_ACCEPT:
		return OUTCOME_ACCEPTED;
	case ACTION_DROP:
		return OUTCOME_DROPPED;
	case ACTION_RETURN:
		return OUTCOME_RETURNS;
	case ACTION_VMAP:
		if (p->port == 79)
			return OUTCOME_ACCEPTED;
		if (p->port == 80)
			return OUTCOME_DROPPED;
		if (p->port == 82)
			return OUTCOME_GOES_ON;
		outcome = pass_chain(chains, 1, p);
		return outcome == OUTCOME_RETURNS ? OUTCOME_GOES_ON : outcome;
	case ACTION_JUMP:
		outcome = pass_chain(chains, 1, p);
		return outcome == OUTCOME_RETURNS ? OUTCOME_GOES_ON : outcome;
	case ACTION_GOTO:
		return pass_chain(chains, 1, p);
	case ACTION_NONE:
	case ACTIONS:
		break;
	}
	return OUTCOME_GOES_ON;
}

static enum outcome pass_chain(const struct random_chains *chains, unsigned int c,
			       const struct random_packet *p)
{
	enum outcome outcome;
	unsigned int i;

	for (i = 0; i < chains->n[c]; i++) {
		outcome = pass_rule(chains, &chains->rules[c][i], p);
		if (outcome != OUTCOME_GOES_ON)
			return outcome;
	}
	return OUTCOME_RETURNS;
}

static void add_condition(enum condition_kind kind)
{
	const uint32_t local = 2; /* RTN_LOCAL */
	struct nftnl_expr *expr;

	switch (kind) {
	case CONDITION_PORT_EQ:
		match_port(NFT_CMP_EQ, 80);
		break;
	case CONDITION_PORT_NEQ:
		match_port(NFT_CMP_NEQ, 81);
		break;
	case CONDITION_PORT_LT:
		match_port(NFT_CMP_LT, 81);
		break;
	case CONDITION_CLIENT:
		match_client();
		break;
	case CONDITION_NEW:
		match_state(8);
		break;
	case CONDITION_LOCAL:
		expr = add("fib");
		nftnl_expr_set_u32(expr, NFTNL_EXPR_FIB_DREG, NFT_REG32_00);
		nftnl_expr_set_u32(expr, NFTNL_EXPR_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
		nftnl_expr_set_u32(expr, NFTNL_EXPR_FIB_FLAGS, NFTA_FIB_F_DADDR);
		compare(NFT_CMP_EQ, &local, sizeof(local));
		break;
	case CONDITION_SET:
		look_up("set", false, false);
		break;
	case CONDITION_INTERVAL:
		look_up("interval", false, false);
		break;
	case CONDITION_KINDS:
		break;
	}
}

static void add_action(enum action action)
{
	switch (action) {
	case ACTION_ACCEPT:
		verdict(NF_ACCEPT, NULL);
		break;
	case ACTION_DROP:
		verdict(NF_DROP, NULL);
		break;
	case ACTION_RETURN:
		verdict(NFT_RETURN, NULL);
		break;
	case ACTION_JUMP:
		verdict(NFT_JUMP, "inner");
		break;
	case ACTION_GOTO:
		verdict(NFT_GOTO, "inner");
		break;
	case ACTION_VMAP:
		look_up("vmap", false, true);
		break;
	case ACTION_NONE:
	case ACTIONS:
		break;
	}
}

static void add_chains(const struct random_chains *chains)
{
	static const char *const names[] = { "base", "inner" };
	struct nftnl_set *set;
	unsigned int c, i, k;

	foreign = foreign_rules_free(foreign);
	foreign = foreign_rules_new();
	add_chain("base", NF_INET_FORWARD, chains->drops ? NF_DROP : NF_ACCEPT);
	add_chain("inner", -1, 0);
	for (c = 0; c < 2; c++) {
		for (i = 0; i < chains->n[c]; i++) {
			add_rule(names[c]);
			for (k = 0; k < chains->rules[c][i].n_conditions; k++)
				add_condition(chains->rules[c][i].conditions[k]);
			add_action(chains->rules[c][i].action);
		}
	}
	set = add_set("set", 0);
	add_element(set, 79, 0, 0, NULL);
	add_element(set, 82, 0, 0, NULL);
	set = add_set("interval", NFT_SET_INTERVAL);
	add_element(set, 80, 0, 0, NULL);
	add_element(set, 82, NFT_SET_ELEM_INTERVAL_END, 0, NULL);
	set = add_set("vmap", NFT_SET_MAP);
	add_element(set, 79, 0, NF_ACCEPT, NULL);
	add_element(set, 80, 0, NF_DROP, NULL);
	add_element(set, 81, 0, NFT_JUMP, "inner");
	foreign_rules_seal(foreign);
}

static enum fact ask_packet(const struct random_packet *p, unsigned int unknown)
{
	struct rule_walk walk = { .foreign = foreign };
	struct rule_walk_result result;
	struct addr from, to;

	assert_true(addr_parse(p->client ? "10.0.0.1" : "10.0.0.2", &from));
	assert_true(addr_parse("10.96.0.1", &to));
	packet_facts_init(&packet, FAMILY_IPV4, PROTOCOL_TCP,
			  (struct packet_facts_end){ unknown & 1 ? NULL : &from, 0 },
			  (struct packet_facts_end){ &to, unknown & 2 ? 0 : (uint16_t)p->port });
	packet.tracked = true;
	packet.to_node = unknown & 4 ? FACT_PERHAPS : p->local ? FACT_YES : FACT_NO;
	rule_walk_ask(&walk, foreign_rules_find_chain(foreign, NFPROTO_INET, "t", "base"), &packet, DROP,
		      &result);
	return result.fact;
}

static void check_random(const struct random_chains *chains, const struct random_packet *p, uint32_t from)
{
	enum outcome outcome = pass_chain(chains, 0, p);
	bool dropped = outcome == OUTCOME_DROPPED || (outcome == OUTCOME_RETURNS && chains->drops);
	unsigned int unknown;

	if (ask_packet(p, 0) != (dropped ? FACT_YES : FACT_NO))
		fail_msg("seed %u: all is known, port %u: not %s", from, p->port,
			 dropped ? "dropped" : "let pass");
	for (unknown = 1; unknown < 8; unknown++)
		if (ask_packet(p, unknown) == (dropped ? FACT_NO : FACT_YES))
			fail_msg("seed %u: %u is unknown, port %u: the opposite is said", from, unknown,
				 p->port);
}

static void test_random(void **state)
{
	struct random_chains chains;
	struct random_packet p;
	uint32_t from;

	(void)state;
	for (from = 1; from <= 2000; from++) {
		seed = from * 7919;
		draw_chains(&chains);
		add_chains(&chains);
		for (p.port = 79; p.port <= 82; p.port++) {
			p.client = draw(2);
			p.local = draw(2);
			check_random(&chains, &p, from);
		}
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(policy),	   TEST(conditions),	TEST(state),	TEST(unknown), TEST(jumps),
		TEST(goto),	   TEST(no_such_chain), TEST(endless),	TEST(sets),    TEST(intervals),
		TEST(verdict_map), TEST(translation),	TEST(iptables), TEST(text),    TEST(random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
