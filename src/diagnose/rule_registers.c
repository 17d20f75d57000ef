/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "diagnose/rule_registers.h"

#include <linux/if_ether.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#include <libnftnl/expr.h>

#include "base/cleanup.h"

/* ct state: bits as the kernel's NF_CT_STATE_BIT() makes them */
#define RULE_REGISTERS_STATE_INVALID	 1u
#define RULE_REGISTERS_STATE_ESTABLISHED 2u
#define RULE_REGISTERS_STATE_NEW	 8u

size_t rule_registers_offset(uint32_t number, size_t size)
{
	size_t offset = SIZE_MAX;

	if (number >= NFT_REG_1 && number <= NFT_REG_4)
		offset = (size_t)(number - NFT_REG_1) * NFT_REG_SIZE;
	else if (number >= NFT_REG32_00 && number <= NFT_REG32_15)
		offset = (size_t)(number - NFT_REG32_00) * NFT_REG32_SIZE;
	return offset != SIZE_MAX && offset + size <= RULE_REGISTERS_SIZE ? offset : SIZE_MAX;
}

static enum fact rule_registers_lose(struct rule_registers *registers)
{
	*registers = (struct rule_registers){ .bytes = { 0 } };
	return FACT_PERHAPS;
}

/* @mask NULL: all bits are known */
static enum fact rule_registers_put(struct rule_registers *registers, uint32_t number, const void *value,
				    const uint8_t *mask, size_t size)
{
	size_t offset = rule_registers_offset(number, size);

	if (offset == SIZE_MAX)
		return rule_registers_lose(registers);
	memcpy(registers->bytes + offset, value, size);
	if (mask)
		memcpy(registers->mask + offset, mask, size);
	else
		memset(registers->mask + offset, 0xff, size);
	return FACT_YES;
}

static enum fact rule_registers_put_unknown(struct rule_registers *registers, uint32_t number, size_t size)
{
	size_t offset = rule_registers_offset(number, size);

	if (offset == SIZE_MAX)
		return rule_registers_lose(registers);
	memset(registers->mask + offset, 0, size);
	return FACT_YES;
}

static enum fact rule_registers_payload(struct rule_registers *registers, const struct packet_facts *packet,
					const struct nftnl_expr *expr)
{
	uint32_t number = nftnl_expr_get_u32(expr, NFTNL_EXPR_PAYLOAD_DREG);
	uint32_t base = nftnl_expr_get_u32(expr, NFTNL_EXPR_PAYLOAD_BASE);
	size_t offset = nftnl_expr_get_u32(expr, NFTNL_EXPR_PAYLOAD_OFFSET);
	size_t size = nftnl_expr_get_u32(expr, NFTNL_EXPR_PAYLOAD_LEN);

	if (!nftnl_expr_is_set(expr, NFTNL_EXPR_PAYLOAD_DREG))
		return FACT_YES;
	if (size > PACKET_FACTS_NETWORK_SIZE)
		return rule_registers_lose(registers);
	if (base == NFT_PAYLOAD_NETWORK_HEADER && offset + size <= PACKET_FACTS_NETWORK_SIZE)
		return rule_registers_put(registers, number, packet->network + offset,
					  packet->network_mask + offset, size);
	if (base == NFT_PAYLOAD_TRANSPORT_HEADER && offset + size <= PACKET_FACTS_TRANSPORT_SIZE)
		return rule_registers_put(registers, number, packet->transport + offset,
					  packet->transport_mask + offset, size);
	return rule_registers_put_unknown(registers, number, size);
}

static enum fact rule_registers_meta(struct rule_registers *registers, const struct packet_facts *packet,
				     const struct nftnl_expr *expr)
{
	uint32_t number = nftnl_expr_get_u32(expr, NFTNL_EXPR_META_DREG);
	uint16_t ether = packet->family == FAMILY_IPV4 ? ETH_P_IP : ETH_P_IPV6;
	const uint8_t ethertype[2] = { (uint8_t)(ether >> 8), (uint8_t)ether };
	uint8_t nfproto = packet->family == FAMILY_IPV4 ? NFPROTO_IPV4 : NFPROTO_IPV6;
	uint8_t protocol = (uint8_t)packet->protocol;

	if (!nftnl_expr_is_set(expr, NFTNL_EXPR_META_DREG))
		return FACT_YES;
	switch (nftnl_expr_get_u32(expr, NFTNL_EXPR_META_KEY)) {
	case NFT_META_NFPROTO:
		return rule_registers_put(registers, number, &nfproto, NULL, 1);
	case NFT_META_L4PROTO:
		if (packet->protocol == PACKET_FACTS_PROTOCOL_UNKNOWN)
			break;
		return rule_registers_put(registers, number, &protocol, NULL, 1);
	case NFT_META_PROTOCOL:
		return rule_registers_put(registers, number, ethertype, NULL, 2);
	}
	return rule_registers_put_unknown(registers, number, NFT_REG_SIZE);
}

static enum fact rule_registers_ct(struct rule_registers *registers, const struct packet_facts *packet,
				   const struct nftnl_expr *expr)
{
	uint32_t number = nftnl_expr_get_u32(expr, NFTNL_EXPR_CT_DREG);
	uint32_t state = !packet->tracked ? RULE_REGISTERS_STATE_INVALID
			 : packet->reply  ? RULE_REGISTERS_STATE_ESTABLISHED
					  : RULE_REGISTERS_STATE_NEW;
	uint32_t status = packet->translated ? IPS_DST_NAT : 0;
	uint8_t direction = packet->reply, mask[sizeof(status)];

	if (!nftnl_expr_is_set(expr, NFTNL_EXPR_CT_DREG))
		return FACT_YES;
	switch (nftnl_expr_get_u32(expr, NFTNL_EXPR_CT_KEY)) {
	case NFT_CT_STATE:
		return rule_registers_put(registers, number, &state, NULL, sizeof(state));
	case NFT_CT_DIRECTION:
		if (packet->tracked)
			return rule_registers_put(registers, number, &direction, NULL, 1);
		break;
	case NFT_CT_STATUS:
		/* Of the others, nothing is known. */
		memcpy(mask, &status, sizeof(mask));
		return rule_registers_put(registers, number, &status, mask, sizeof(status));
	}
	return rule_registers_put_unknown(registers, number, NFT_REG_SIZE);
}

/* Of fib, only the type of the destination's address is read: it is of this node, or it is not. */
static enum fact rule_registers_fib(struct rule_registers *registers, const struct packet_facts *packet,
				    const struct nftnl_expr *expr)
{
	uint32_t type = packet->to_node == FACT_YES ? RTN_LOCAL : RTN_UNICAST;
	uint32_t number = nftnl_expr_get_u32(expr, NFTNL_EXPR_FIB_DREG);

	if (nftnl_expr_get_u32(expr, NFTNL_EXPR_FIB_RESULT) != NFT_FIB_RESULT_ADDRTYPE ||
	    nftnl_expr_get_u32(expr, NFTNL_EXPR_FIB_FLAGS) != NFTA_FIB_F_DADDR ||
	    packet->to_node == FACT_PERHAPS)
		return rule_registers_put_unknown(registers, number, NFT_REG_SIZE);
	return rule_registers_put(registers, number, &type, NULL, sizeof(type));
}

static enum fact rule_registers_immediate(struct rule_registers *registers, const struct nftnl_expr *expr)
{
	uint32_t size = 0;
	const void *data = nftnl_expr_get(expr, NFTNL_EXPR_IMM_DATA, &size);

	if (!data)
		return FACT_YES;
	return rule_registers_put(registers, nftnl_expr_get_u32(expr, NFTNL_EXPR_IMM_DREG), data, NULL, size);
}

static enum fact rule_registers_bitwise(struct rule_registers *registers, const struct nftnl_expr *expr)
{
	uint32_t mask_size = 0, xor_size = 0, to = nftnl_expr_get_u32(expr, NFTNL_EXPR_BITWISE_DREG);
	const uint8_t *mask = nftnl_expr_get(expr, NFTNL_EXPR_BITWISE_MASK, &mask_size);
	const uint8_t *flip = nftnl_expr_get(expr, NFTNL_EXPR_BITWISE_XOR, &xor_size);
	size_t size = nftnl_expr_get_u32(expr, NFTNL_EXPR_BITWISE_LEN), i;
	uint8_t bytes[RULE_REGISTERS_SIZE], known[RULE_REGISTERS_SIZE];
	size_t from = rule_registers_offset(nftnl_expr_get_u32(expr, NFTNL_EXPR_BITWISE_SREG), size);

	if (from == SIZE_MAX)
		return rule_registers_lose(registers);
	if (nftnl_expr_get_u32(expr, NFTNL_EXPR_BITWISE_OP) != NFT_BITWISE_BOOL || !mask || !flip ||
	    mask_size < size || xor_size < size)
		return rule_registers_put_unknown(registers, to, size);
	for (i = 0; i < size; i++) {
		bytes[i] = (registers->bytes[from + i] & mask[i]) ^ flip[i];
		/* A bit that is masked out is known. */
		known[i] = registers->mask[from + i] | (uint8_t)~mask[i];
	}
	return rule_registers_put(registers, to, bytes, known, size);
}

static enum fact rule_registers_not(enum fact fact)
{
	return fact == FACT_YES ? FACT_NO : fact == FACT_NO ? FACT_YES : FACT_PERHAPS;
}

static enum fact rule_registers_cmp(const struct rule_registers *registers, const struct nftnl_expr *expr)
{
	uint32_t size = 0;
	const uint8_t *data = nftnl_expr_get(expr, NFTNL_EXPR_CMP_DATA, &size);
	size_t from = rule_registers_offset(nftnl_expr_get_u32(expr, NFTNL_EXPR_CMP_SREG), size);
	enum fact equal;
	int cmp;

	if (!data || from == SIZE_MAX)
		return FACT_PERHAPS;
	equal = packet_facts_equal(registers->bytes + from, registers->mask + from, data, size);
	cmp = memcmp(registers->bytes + from, data, size);
	switch (nftnl_expr_get_u32(expr, NFTNL_EXPR_CMP_OP)) {
	case NFT_CMP_EQ:
		return equal;
	case NFT_CMP_NEQ:
		return rule_registers_not(equal);
	}
	if (!packet_facts_is_known(registers->mask + from, size))
		return FACT_PERHAPS;
	switch (nftnl_expr_get_u32(expr, NFTNL_EXPR_CMP_OP)) {
	case NFT_CMP_LT:
		return cmp < 0 ? FACT_YES : FACT_NO;
	case NFT_CMP_LTE:
		return cmp <= 0 ? FACT_YES : FACT_NO;
	case NFT_CMP_GT:
		return cmp > 0 ? FACT_YES : FACT_NO;
	case NFT_CMP_GTE:
		return cmp >= 0 ? FACT_YES : FACT_NO;
	}
	return FACT_PERHAPS;
}

static enum fact rule_registers_range(const struct rule_registers *registers, const struct nftnl_expr *expr)
{
	uint32_t size = 0, to_size = 0;
	const uint8_t *low = nftnl_expr_get(expr, NFTNL_EXPR_RANGE_FROM_DATA, &size);
	const uint8_t *high = nftnl_expr_get(expr, NFTNL_EXPR_RANGE_TO_DATA, &to_size);
	size_t from = rule_registers_offset(nftnl_expr_get_u32(expr, NFTNL_EXPR_RANGE_SREG), size);
	enum fact within;

	if (!low || !high || size != to_size || from == SIZE_MAX ||
	    !packet_facts_is_known(registers->mask + from, size))
		return FACT_PERHAPS;
	within = memcmp(registers->bytes + from, low, size) >= 0 &&
				 memcmp(registers->bytes + from, high, size) <= 0
			 ? FACT_YES
			 : FACT_NO;
	return nftnl_expr_get_u32(expr, NFTNL_EXPR_RANGE_OP) == NFT_RANGE_NEQ ? rule_registers_not(within)
									      : within;
}

/* They neither load a register nor decide whether the rule goes on. */
static bool rule_registers_is_neutral(const char *name)
{
	static const char *const neutral[] = { "counter", "log", "last", "objref", "dynset", "flow_offload" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(neutral); i++)
		if (strcmp(name, neutral[i]) == 0)
			return true;
	return false;
}

enum fact rule_registers_run(struct rule_registers *registers, const struct packet_facts *packet,
			     const struct nftnl_expr *expr)
{
	const char *name = nftnl_expr_get_str(expr, NFTNL_EXPR_NAME);

	if (strcmp(name, "payload") == 0)
		return rule_registers_payload(registers, packet, expr);
	if (strcmp(name, "meta") == 0)
		return rule_registers_meta(registers, packet, expr);
	if (strcmp(name, "ct") == 0)
		return rule_registers_ct(registers, packet, expr);
	if (strcmp(name, "fib") == 0)
		return rule_registers_fib(registers, packet, expr);
	if (strcmp(name, "immediate") == 0)
		return rule_registers_immediate(registers, expr);
	if (strcmp(name, "bitwise") == 0)
		return rule_registers_bitwise(registers, expr);
	if (strcmp(name, "cmp") == 0)
		return rule_registers_cmp(registers, expr);
	if (strcmp(name, "range") == 0)
		return rule_registers_range(registers, expr);
	if (rule_registers_is_neutral(name))
		return FACT_YES;
	return rule_registers_lose(registers);
}
