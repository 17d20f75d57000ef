/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "backend/nfnl_rule.h"

#include <netinet/in.h>
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <libnftnl/expr.h>
#include <libnftnl/rule.h>

#include "base/alloc.h"
#include "base/cleanup.h"

#define NFNL_RULE_IFNAME_SIZE	 16
#define NFNL_RULE_EXPR_TEXT_SIZE 512

static struct nftnl_expr *nfnl_rule_expr(struct nftnl_rule *rule, const char *name)
{
	struct nftnl_expr *expr = nftnl_expr_alloc(name);

	if (!expr)
		alloc_failed();
	nftnl_rule_add_expr(rule, expr);
	return expr;
}

/*
 * Registers are counted in words of four bytes. The kernel reports a word that starts a 16-byte register by
 * that register's number, and so do we.
 */
static uint32_t nfnl_rule_register(size_t word)
{
	return word % 4 == 0 ? (uint32_t)(NFT_REG_1 + word / 4) : (uint32_t)(NFT_REG32_00 + word);
}

static void nfnl_rule_payload(struct nftnl_rule *rule, uint32_t base, uint32_t offset, uint32_t len,
			      size_t word)
{
	struct nftnl_expr *expr = nfnl_rule_expr(rule, "payload");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_DREG, nfnl_rule_register(word));
	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_BASE, base);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_OFFSET, offset);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_LEN, len);
}

static void nfnl_rule_meta(struct nftnl_rule *rule, uint32_t key, size_t word)
{
	struct nftnl_expr *expr = nfnl_rule_expr(rule, "meta");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_META_KEY, key);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_META_DREG, nfnl_rule_register(word));
}

static void nfnl_rule_ct(struct nftnl_rule *rule, uint32_t key, bool original, size_t word)
{
	struct nftnl_expr *expr = nfnl_rule_expr(rule, "ct");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_CT_KEY, key);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_CT_DREG, nfnl_rule_register(word));
	if (original)
		nftnl_expr_set_u8(expr, NFTNL_EXPR_CT_DIR, IP_CT_DIR_ORIGINAL);
}

static void nfnl_rule_cmp(struct nftnl_rule *rule, bool negated, const void *data, size_t size)
{
	struct nftnl_expr *expr = nfnl_rule_expr(rule, "cmp");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_CMP_OP, negated ? NFT_CMP_NEQ : NFT_CMP_EQ);
	nftnl_expr_set(expr, NFTNL_EXPR_CMP_DATA, data, (uint32_t)size);
}

/* reg = (reg & mask) ^ 0 */
static void nfnl_rule_mask(struct nftnl_rule *rule, const void *mask, size_t size)
{
	static const uint8_t zero[16];
	struct nftnl_expr *expr = nfnl_rule_expr(rule, "bitwise");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_BITWISE_SREG, nfnl_rule_register(0));
	nftnl_expr_set_u32(expr, NFTNL_EXPR_BITWISE_DREG, nfnl_rule_register(0));
	nftnl_expr_set_u32(expr, NFTNL_EXPR_BITWISE_OP, NFT_BITWISE_BOOL);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_BITWISE_LEN, (uint32_t)size);
	nftnl_expr_set(expr, NFTNL_EXPR_BITWISE_MASK, mask, (uint32_t)size);
	nftnl_expr_set(expr, NFTNL_EXPR_BITWISE_XOR, zero, (uint32_t)size);
}

static void nfnl_rule_byte(struct nftnl_rule *rule, enum family table, const struct rule_statement *s,
			   enum rule_selector selector, size_t word)
{
	nfnl_rule_payload(rule, NFT_PAYLOAD_NETWORK_HEADER, rule_byte_offset(selector, table, s->byte), 1,
			  word);
}

static uint32_t nfnl_rule_addr_offset(enum rule_selector selector, enum family table)
{
	if (table == FAMILY_IPV4)
		return selector == RULE_SELECTOR_SADDR ? 12 : 16;
	return selector == RULE_SELECTOR_SADDR ? 8 : 24;
}

/* A random number from @offset to @offset + @modulus - 1. */
static void nfnl_rule_numgen(struct nftnl_rule *rule, uint32_t modulus, uint32_t offset, size_t word)
{
	struct nftnl_expr *expr = nfnl_rule_expr(rule, "numgen");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_NG_DREG, nfnl_rule_register(word));
	nftnl_expr_set_u32(expr, NFTNL_EXPR_NG_TYPE, NFT_NG_RANDOM);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_NG_MODULUS, modulus);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_NG_OFFSET, offset);
}

static size_t nfnl_rule_list_key(struct nftnl_rule *rule, const struct set_list_key *key, size_t word)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(key->words); i++)
		nfnl_rule_numgen(rule, 1, key->words[i], word + i);
	return ARRAY_SIZE(key->words);
}

/* Load one selector at @word; returns how many words it fills. */
static size_t nfnl_rule_load(struct nftnl_rule *rule, enum family table, const struct rule_statement *s,
			     enum rule_selector selector, size_t word)
{
	size_t addr_words = addr_size(table) / 4;

	switch (selector) {
	case RULE_SELECTOR_NONE:
		break;
	case RULE_SELECTOR_SADDR:
	case RULE_SELECTOR_DADDR:
		nfnl_rule_payload(rule, NFT_PAYLOAD_NETWORK_HEADER, nfnl_rule_addr_offset(selector, table),
				  (uint32_t)addr_size(table), word);
		return addr_words;
	case RULE_SELECTOR_L4PROTO:
		nfnl_rule_meta(rule, NFT_META_L4PROTO, word);
		return 1;
	case RULE_SELECTOR_DPORT:
		nfnl_rule_payload(rule, NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, word);
		return 1;
	case RULE_SELECTOR_NUMGEN:
		nfnl_rule_numgen(rule, s->modulus, 0, word);
		return 1;
	case RULE_SELECTOR_LIST_KEY:
		return nfnl_rule_list_key(rule, &s->list_key, word);
	case RULE_SELECTOR_CT_ORIGINAL_DADDR:
		nfnl_rule_ct(rule, table == FAMILY_IPV4 ? NFT_CT_DST_IP : NFT_CT_DST_IP6, true, word);
		return addr_words;
	case RULE_SELECTOR_CT_ORIGINAL_DPORT:
		nfnl_rule_ct(rule, NFT_CT_PROTO_DST, true, word);
		return 1;
	case RULE_SELECTOR_SADDR_BYTE:
	case RULE_SELECTOR_DADDR_BYTE:
		nfnl_rule_byte(rule, table, s, selector, word);
		return 1;
	}
	return 0;
}

static void nfnl_rule_load_all(struct nftnl_rule *rule, enum family table, const struct rule_statement *s)
{
	size_t word = 0, i;

	for (i = 0; i < s->n_selectors; i++)
		word += nfnl_rule_load(rule, table, s, s->selectors[i], word);
}

static struct nftnl_expr *nfnl_rule_lookup_name(struct nftnl_rule *rule, const char *name, bool negated,
						size_t word)
{
	struct nftnl_expr *expr = nfnl_rule_expr(rule, "lookup");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_SREG, nfnl_rule_register(word));
	nftnl_expr_set_str(expr, NFTNL_EXPR_LOOKUP_SET, name);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_FLAGS, negated ? NFT_LOOKUP_F_INV : 0);
	return expr;
}

static struct nftnl_expr *nfnl_rule_lookup(struct nftnl_rule *rule, const struct rule_statement *s,
					   const struct set_decl *sets)
{
	return nfnl_rule_lookup_name(rule, sets[s->set].name, s->negated, 0);
}

/* For a prefix of whole bytes only these bytes are loaded; other prefixes need a mask. */
static void nfnl_rule_cidr(struct nftnl_rule *rule, enum family table, const struct rule_statement *s)
{
	size_t size = addr_size(table), len = s->cidr.prefix_len, i;
	bool in_packet = s->selectors[0] != RULE_SELECTOR_CT_ORIGINAL_DADDR;
	uint32_t offset = nfnl_rule_addr_offset(s->selectors[0], table);
	uint8_t mask[16] = { 0 };

	if (in_packet && len && len % 8 == 0) {
		nfnl_rule_payload(rule, NFT_PAYLOAD_NETWORK_HEADER, offset, (uint32_t)(len / 8), 0);
		nfnl_rule_cmp(rule, s->negated, s->cidr.addr.bytes, len / 8);
		return;
	}
	for (i = 0; i < len; i++)
		mask[i / 8] = (uint8_t)(mask[i / 8] | 0x80 >> i % 8);
	(void)nfnl_rule_load(rule, table, s, s->selectors[0], 0);
	if (len < 8 * size)
		nfnl_rule_mask(rule, mask, size);
	nfnl_rule_cmp(rule, s->negated, s->cidr.addr.bytes, size);
}

static void nfnl_rule_up_to(struct nftnl_rule *rule, enum family table, const struct rule_statement *s)
{
	struct nftnl_expr *expr;

	nfnl_rule_payload(rule, NFT_PAYLOAD_NETWORK_HEADER, nfnl_rule_addr_offset(s->selectors[0], table),
			  (uint32_t)addr_size(table), 0);
	expr = nfnl_rule_expr(rule, "cmp");
	nftnl_expr_set_u32(expr, NFTNL_EXPR_CMP_SREG, NFT_REG_1);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_CMP_OP, NFT_CMP_LTE);
	nftnl_expr_set(expr, NFTNL_EXPR_CMP_DATA, s->cidr.addr.bytes, (uint32_t)addr_size(table));
}

static void nfnl_rule_fib(struct nftnl_rule *rule, const struct rule_statement *s)
{
	struct nftnl_expr *expr = nfnl_rule_expr(rule, "fib");
	const uint32_t local = RTN_LOCAL;

	nftnl_expr_set_u32(expr, NFTNL_EXPR_FIB_DREG, NFT_REG_1);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_FIB_FLAGS,
			   s->selectors[0] == RULE_SELECTOR_SADDR ? NFTA_FIB_F_SADDR : NFTA_FIB_F_DADDR);
	nfnl_rule_cmp(rule, s->negated, &local, sizeof(local));
}

/* The key of ct has one of the bits in @mask. */
static void nfnl_rule_ct_bits(struct nftnl_rule *rule, enum nft_ct_keys key, uint32_t mask)
{
	const uint32_t zero = 0;

	nfnl_rule_ct(rule, key, false, 0);
	nfnl_rule_mask(rule, &mask, sizeof(mask));
	nfnl_rule_cmp(rule, true, &zero, sizeof(zero));
}

/* To the address at word 0 and the port at @port_word. */
static void nfnl_rule_nat(struct nftnl_rule *rule, enum family table, size_t port_word)
{
	uint32_t addr = nfnl_rule_register(0), port = nfnl_rule_register(port_word);
	struct nftnl_expr *expr = nfnl_rule_expr(rule, "nat");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_NAT_TYPE, NFT_NAT_DNAT);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_NAT_FAMILY, table == FAMILY_IPV4 ? NFPROTO_IPV4 : NFPROTO_IPV6);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_NAT_REG_ADDR_MIN, addr);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_NAT_REG_ADDR_MAX, addr);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_NAT_REG_PROTO_MIN, port);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_NAT_REG_PROTO_MAX, port);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_NAT_FLAGS, NF_NAT_RANGE_MAP_IPS | NF_NAT_RANGE_PROTO_SPECIFIED);
}

static void nfnl_rule_dnat(struct nftnl_rule *rule, enum family table, const struct rule_statement *s,
			   const struct set_decl *sets)
{
	nfnl_rule_load_all(rule, table, s);
	nftnl_expr_set_u32(nfnl_rule_lookup(rule, s, sets), NFTNL_EXPR_LOOKUP_DREG, NFT_REG_1);
	nfnl_rule_nat(rule, table, addr_size(table) / 4);
}

/* The source address of the packet, or with @original of the connection, at @word. */
static void nfnl_rule_client(struct nftnl_rule *rule, enum family table, bool original, size_t word)
{
	if (original)
		nfnl_rule_ct(rule, table == FAMILY_IPV4 ? NFT_CT_SRC_IP : NFT_CT_SRC_IP6, true, word);
	else
		nfnl_rule_payload(rule, NFT_PAYLOAD_NETWORK_HEADER,
				  nfnl_rule_addr_offset(RULE_SELECTOR_SADDR, table),
				  (uint32_t)addr_size(table), word);
}

/* The key of a client map at @word. The address for a hash is loaded at @free_word, where nft loads it. */
static void nfnl_rule_client_key(struct nftnl_rule *rule, enum family table, const struct rule_statement *s,
				 bool original, size_t word, size_t free_word)
{
	size_t n = nfnl_rule_list_key(rule, &s->list_key, word), i;
	struct nftnl_expr *expr;

	if (!client_map_hashes(table)) {
		nfnl_rule_client(rule, table, original, word + n);
		return;
	}
	for (i = 0; i < CLIENT_MAP_HASHES; i++) {
		nfnl_rule_client(rule, table, original, free_word);
		expr = nfnl_rule_expr(rule, "hash");
		nftnl_expr_set_u32(expr, NFTNL_EXPR_HASH_SREG, nfnl_rule_register(free_word));
		nftnl_expr_set_u32(expr, NFTNL_EXPR_HASH_DREG, nfnl_rule_register(word + n + i));
		nftnl_expr_set_u32(expr, NFTNL_EXPR_HASH_LEN, (uint32_t)addr_size(table));
		nftnl_expr_set_u32(expr, NFTNL_EXPR_HASH_MODULUS, CLIENT_MAP_HASH_MODULUS);
		nftnl_expr_set_u32(expr, NFTNL_EXPR_HASH_SEED, (uint32_t)i + 1);
		nftnl_expr_set_u32(expr, NFTNL_EXPR_HASH_TYPE, NFT_HASH_JENKINS);
	}
}

/* One look-up for each part of the client map; each writes its data into the registers of its key. */
static void nfnl_rule_dnat_client(struct nftnl_rule *rule, enum family table, const struct rule_statement *s)
{
	size_t word = 0, words = addr_size(table) / 4, i;
	char part[CLIENT_MAP_PART_NAME_SIZE];
	struct nftnl_expr *expr;

	for (i = 0; i < client_map_n_parts(table); i++, word += words) {
		nfnl_rule_client_key(rule, table, s, false, word, words * (client_map_n_parts(table) + i));
		expr = nfnl_rule_lookup_name(rule, client_map_part_name(table, s->client_map, i, part), false,
					     word);
		nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_DREG, nfnl_rule_register(word));
	}
	nfnl_rule_nat(rule, table, words);
}

static void nfnl_rule_client_update(struct nftnl_rule *rule, enum family table,
				    const struct rule_statement *s)
{
	size_t words = addr_size(table) / 4, i, k, word;
	char part[CLIENT_MAP_PART_NAME_SIZE];
	struct nftnl_expr *expr;

	for (i = 0; i < client_map_n_parts(table); i++) {
		const uint8_t *data = client_map_part(table, i)->data;

		nfnl_rule_client_key(rule, table, s, true, 0, words);
		/* nft reserves 16 bytes for the key, whatever its size. */
		word = 4;
		for (k = 0; k < SET_FIELDS_MAX && data[k] != SET_FIELD_NONE; k++) {
			nfnl_rule_load(rule, table, s,
				       data[k] == SET_FIELD_ADDR ? RULE_SELECTOR_DADDR : RULE_SELECTOR_DPORT,
				       word);
			word += data[k] == SET_FIELD_ADDR ? words : 1;
		}
		expr = nfnl_rule_expr(rule, "dynset");
		nftnl_expr_set_u32(expr, NFTNL_EXPR_DYNSET_SREG_KEY, NFT_REG_1);
		nftnl_expr_set_u32(expr, NFTNL_EXPR_DYNSET_SREG_DATA, nfnl_rule_register(4));
		nftnl_expr_set_u32(expr, NFTNL_EXPR_DYNSET_OP, NFT_DYNSET_OP_UPDATE);
		nftnl_expr_set_u64(expr, NFTNL_EXPR_DYNSET_TIMEOUT, (uint64_t)s->timeout_s * 1000);
		nftnl_expr_set_str(expr, NFTNL_EXPR_DYNSET_SET_NAME,
				   client_map_part_name(table, s->client_map, i, part));
	}
}

static void nfnl_rule_reject(struct nftnl_rule *rule, enum family table, bool tcp_reset)
{
	struct nftnl_expr *expr = nfnl_rule_expr(rule, "reject");
	uint8_t code = table == FAMILY_IPV4 ? ICMP_PORT_UNREACH : ICMPV6_PORT_UNREACH;

	nftnl_expr_set_u32(expr, NFTNL_EXPR_REJECT_TYPE,
			   tcp_reset ? NFT_REJECT_TCP_RST : NFT_REJECT_ICMP_UNREACH);
	nftnl_expr_set_u8(expr, NFTNL_EXPR_REJECT_CODE, tcp_reset ? 0 : code);
}

static struct nftnl_expr *nfnl_rule_verdict(struct nftnl_rule *rule, int verdict)
{
	struct nftnl_expr *expr = nfnl_rule_expr(rule, "immediate");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_IMM_VERDICT, (uint32_t)verdict);
	return expr;
}

static void nfnl_rule_statement(struct nftnl_rule *rule, enum family table, const struct rule_statement *s,
				const struct set_decl *sets)
{
	const uint32_t no_interface = 0;
	struct nftnl_expr *expr;
	char ifname[NFNL_RULE_IFNAME_SIZE] = { 0 };

	switch (s->kind) {
	case RULE_STATEMENT_MATCH_CIDR:
		nfnl_rule_cidr(rule, table, s);
		return;
	case RULE_STATEMENT_MATCH_UP_TO:
		nfnl_rule_up_to(rule, table, s);
		return;
	case RULE_STATEMENT_MATCH_PROTOCOL:
		nfnl_rule_meta(rule, NFT_META_L4PROTO, 0);
		nfnl_rule_cmp(rule, s->negated, &s->protocol, 1);
		return;
	case RULE_STATEMENT_MATCH_IIFNAME:
		memcpy(ifname, s->ifname, strnlen(s->ifname, sizeof(ifname) - 1));
		nfnl_rule_meta(rule, NFT_META_IIFNAME, 0);
		nfnl_rule_cmp(rule, s->negated, ifname,
			      s->ifname_is_prefix ? strlen(ifname) : sizeof(ifname));
		return;
	case RULE_STATEMENT_MATCH_IIF_KNOWN:
		nfnl_rule_meta(rule, NFT_META_IIF, 0);
		nfnl_rule_cmp(rule, true, &no_interface, sizeof(no_interface));
		return;
	case RULE_STATEMENT_MATCH_FIB_LOCAL:
		nfnl_rule_fib(rule, s);
		return;
	case RULE_STATEMENT_MATCH_CT_DNAT:
		nfnl_rule_ct_bits(rule, NFT_CT_STATUS, IPS_DST_NAT);
		return;
	case RULE_STATEMENT_MATCH_CT_NEW:
		nfnl_rule_ct_bits(rule, NFT_CT_STATE, NF_CT_STATE_BIT(IP_CT_NEW));
		return;
	case RULE_STATEMENT_MATCH_SET:
		nfnl_rule_load_all(rule, table, s);
		(void)nfnl_rule_lookup(rule, s, sets);
		return;
	case RULE_STATEMENT_VMAP:
		nfnl_rule_load_all(rule, table, s);
		nftnl_expr_set_u32(nfnl_rule_lookup(rule, s, sets), NFTNL_EXPR_LOOKUP_DREG, NFT_REG_VERDICT);
		return;
	case RULE_STATEMENT_DNAT_MAP:
		nfnl_rule_dnat(rule, table, s, sets);
		return;
	case RULE_STATEMENT_DNAT_CLIENT:
		nfnl_rule_dnat_client(rule, table, s);
		return;
	case RULE_STATEMENT_CLIENT_UPDATE:
		nfnl_rule_client_update(rule, table, s);
		return;
	case RULE_STATEMENT_GOTO:
		nftnl_expr_set_str(nfnl_rule_verdict(rule, NFT_GOTO), NFTNL_EXPR_IMM_CHAIN, s->chain);
		return;
	case RULE_STATEMENT_JUMP:
		nftnl_expr_set_str(nfnl_rule_verdict(rule, NFT_JUMP), NFTNL_EXPR_IMM_CHAIN, s->chain);
		return;
	case RULE_STATEMENT_REJECT_TCP_RESET:
	case RULE_STATEMENT_REJECT:
		nfnl_rule_reject(rule, table, s->kind == RULE_STATEMENT_REJECT_TCP_RESET);
		return;
	case RULE_STATEMENT_ACCEPT:
		(void)nfnl_rule_verdict(rule, NF_ACCEPT);
		return;
	case RULE_STATEMENT_DROP:
		(void)nfnl_rule_verdict(rule, NF_DROP);
		return;
	case RULE_STATEMENT_RETURN:
		(void)nfnl_rule_verdict(rule, NFT_RETURN);
		return;
	case RULE_STATEMENT_MASQUERADE:
		expr = nfnl_rule_expr(rule, "masq");
		nftnl_expr_set_u32(expr, NFTNL_EXPR_MASQ_FLAGS, NF_NAT_RANGE_PROTO_RANDOM_FULLY);
		return;
	}
}

struct nftnl_rule *nfnl_rule_new(const char *table_name, const struct set_decl *sets,
				 const struct chain *chain, const struct rule *rule)
{
	struct nftnl_rule *r = nftnl_rule_alloc();
	size_t i;

	if (!r)
		alloc_failed();
	nftnl_rule_set_u32(r, NFTNL_RULE_FAMILY, chain->table == FAMILY_IPV4 ? NFPROTO_IPV4 : NFPROTO_IPV6);
	nftnl_rule_set_str(r, NFTNL_RULE_TABLE, table_name);
	nftnl_rule_set_str(r, NFTNL_RULE_CHAIN, chain->name);
	for (i = 0; i < rule->n_statements; i++)
		nfnl_rule_statement(r, chain->table, &rule->statements[i], sets);
	return r;
}

static int nfnl_rule_expr_text(struct nftnl_expr *expr, void *data)
{
	char text[NFNL_RULE_EXPR_TEXT_SIZE];
	int n = nftnl_expr_snprintf(text, sizeof(text), expr, NFTNL_OUTPUT_DEFAULT, 0);

	buf_printf(data, "[%s %.*s]", nftnl_expr_get_str(expr, NFTNL_EXPR_NAME),
		   n < 0 ? 0 : (int)strnlen(text, sizeof(text)), text);
	return 0;
}

void nfnl_rule_fingerprint(struct nftnl_rule *rule, struct buf *text)
{
	(void)nftnl_expr_foreach(rule, nfnl_rule_expr_text, text);
	buf_printf(text, "\n");
}

uint32_t nfnl_rule_timeout_s(const struct nftnl_rule *rule)
{
	struct nftnl_expr_iter *iter = nftnl_expr_iter_create(rule);
	uint32_t timeout_s = 0;
	struct nftnl_expr *expr;

	if (!iter)
		alloc_failed();
	while ((expr = nftnl_expr_iter_next(iter)))
		if (strcmp(nftnl_expr_get_str(expr, NFTNL_EXPR_NAME), "dynset") == 0)
			timeout_s = (uint32_t)(nftnl_expr_get_u64(expr, NFTNL_EXPR_DYNSET_TIMEOUT) / 1000);
	nftnl_expr_iter_destroy(iter);
	return timeout_s;
}

/* Note what the expression, one of those of nfnl_rule_cidr(), says about the range @ret. Return: false: it is none of them. */
static bool nfnl_rule_source_expr(struct nftnl_expr *expr, enum family table, struct cidr *ret)
{
	const char *name = nftnl_expr_get_str(expr, NFTNL_EXPR_NAME);
	const uint8_t *data;
	uint32_t size, i;

	if (strcmp(name, "payload") == 0) {
		ret->prefix_len = (uint8_t)(8 * nftnl_expr_get_u32(expr, NFTNL_EXPR_PAYLOAD_LEN));
		return nftnl_expr_get_u32(expr, NFTNL_EXPR_PAYLOAD_BASE) == NFT_PAYLOAD_NETWORK_HEADER &&
		       nftnl_expr_get_u32(expr, NFTNL_EXPR_PAYLOAD_OFFSET) ==
			       nfnl_rule_addr_offset(RULE_SELECTOR_SADDR, table);
	}
	if (strcmp(name, "bitwise") == 0) {
		data = nftnl_expr_get(expr, NFTNL_EXPR_BITWISE_MASK, &size);
		for (ret->prefix_len = 0, i = 0; data && i < size; i++)
			ret->prefix_len = (uint8_t)(ret->prefix_len + __builtin_popcount(data[i]));
		return data;
	}
	if (strcmp(name, "cmp") == 0) {
		data = nftnl_expr_get(expr, NFTNL_EXPR_CMP_DATA, &size);
		if (!data || size > addr_size(table) ||
		    nftnl_expr_get_u32(expr, NFTNL_EXPR_CMP_OP) != NFT_CMP_EQ)
			return false;
		memcpy(ret->addr.bytes, data, size);
		return true;
	}
	return strcmp(name, "immediate") == 0 &&
	       nftnl_expr_get_u32(expr, NFTNL_EXPR_IMM_VERDICT) == (uint32_t)NFT_RETURN;
}

bool nfnl_rule_source(const struct nftnl_rule *rule, enum family table, struct cidr *ret)
{
	struct nftnl_expr_iter *iter = nftnl_expr_iter_create(rule);
	struct nftnl_expr *expr;
	bool good = true;
	size_t n = 0;

	if (!iter)
		alloc_failed();
	*ret = (struct cidr){ .addr = { .family = table } };
	while (good && (expr = nftnl_expr_iter_next(iter))) {
		good = nfnl_rule_source_expr(expr, table, ret);
		n++;
	}
	nftnl_expr_iter_destroy(iter);
	return good && n > 1;
}

void nfnl_rule_fingerprint_chain(const char *table_name, const struct set_decl *sets,
				 const struct chain *chain, struct buf *text)
{
	size_t i;

	if (chain->hook != RULE_HOOK_NONE)
		buf_printf(text, "nat hook %s priority %d policy accept comment %s",
			   rule_hook_name(chain->hook), chain->priority, chain->comment);
	buf_printf(text, "\n");
	for (i = 0; i < chain->n_rules; i++) {
		struct nftnl_rule *rule = nfnl_rule_new(table_name, sets, chain, &chain->rules[i]);

		nfnl_rule_fingerprint(rule, text);
		nftnl_rule_free(rule);
	}
}
