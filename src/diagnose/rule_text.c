/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Names of registers
 *
 * A rule loads a register and then uses it. So each register gets the name of what was loaded last, and a comparison prints this
 * name and its value.
 */
#include "config.h"
#include "diagnose/rule_text.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <libnftnl/expr.h>
#include <libnftnl/rule.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "diagnose/rule_registers.h"

enum rule_text_kind {
	RULE_TEXT_KIND_HEX,
	RULE_TEXT_KIND_ADDR,
	RULE_TEXT_KIND_PORT,
	RULE_TEXT_KIND_PROTOCOL,
	RULE_TEXT_KIND_NFPROTO,
	RULE_TEXT_KIND_NAME,
	RULE_TEXT_KIND_HOST,  /* a number in the order of this host */
	RULE_TEXT_KIND_STATE, /* bits of ct state */
	RULE_TEXT_KIND_STATUS,
};

/* What was loaded. @mask: of a bitwise expression, if @masked */
struct rule_text_load {
	char name[32];
	enum rule_text_kind kind;
	uint8_t mask[16];
	bool masked;
};

#define RULE_TEXT_LOADS (RULE_REGISTERS_SIZE / NFT_REG32_SIZE)

/* @loaded: names of what was loaded since the last use: the fields of a key */
struct rule_text {
	struct buf *to;
	size_t from;
	char loaded[160];
	struct rule_text_load loads[RULE_TEXT_LOADS];
};

static struct rule_text_load *rule_text_load(struct rule_text *t, uint32_t number)
{
	size_t offset = rule_registers_offset(number, NFT_REG32_SIZE);

	return &t->loads[offset == SIZE_MAX ? 0 : offset / NFT_REG32_SIZE];
}

static void rule_text_set(struct rule_text *t, uint32_t number, const char *name, enum rule_text_kind kind)
{
	struct rule_text_load *load = rule_text_load(t, number);

	size_t len = strlen(t->loaded);

	*load = (struct rule_text_load){ .kind = kind };
	(void)snprintf(load->name, sizeof(load->name), "%s", name);
	(void)snprintf(t->loaded + len, sizeof(t->loaded) - len, "%s%s", len ? " . " : "", name);
}

static void __attribute__((format(printf, 2, 3))) rule_text_word(struct rule_text *t, const char *format, ...)
{
	char word[256];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(word, sizeof(word), format, ap);
	va_end(ap);
	*t->loaded = '\0';
	buf_printf(t->to, "%s%s", t->to->size > t->from ? " " : "", word);
}

/* --- loads -----------------------------------------------------------------------------------------------
 */

static const struct {
	uint32_t key;
	const char *name;
	enum rule_text_kind kind;
} rule_text_metas[] = {
	{ NFT_META_NFPROTO, "meta nfproto", RULE_TEXT_KIND_NFPROTO },
	{ NFT_META_L4PROTO, "meta l4proto", RULE_TEXT_KIND_PROTOCOL },
	{ NFT_META_PROTOCOL, "meta protocol", RULE_TEXT_KIND_HEX },
	{ NFT_META_MARK, "meta mark", RULE_TEXT_KIND_HOST },
	{ NFT_META_IIFNAME, "iifname", RULE_TEXT_KIND_NAME },
	{ NFT_META_OIFNAME, "oifname", RULE_TEXT_KIND_NAME },
	{ NFT_META_IIF, "iif", RULE_TEXT_KIND_HOST },
	{ NFT_META_OIF, "oif", RULE_TEXT_KIND_HOST },
	{ NFT_META_SKUID, "meta skuid", RULE_TEXT_KIND_HOST },
	{ NFT_META_NFTRACE, "meta nftrace", RULE_TEXT_KIND_HEX },
};

static void rule_text_meta(struct rule_text *t, const struct nftnl_expr *expr)
{
	uint32_t key = nftnl_expr_get_u32(expr, NFTNL_EXPR_META_KEY), i;
	const char *name = "meta ?";
	enum rule_text_kind kind = RULE_TEXT_KIND_HEX;

	for (i = 0; i < ARRAY_SIZE(rule_text_metas); i++) {
		if (rule_text_metas[i].key != key)
			continue;
		name = rule_text_metas[i].name;
		kind = rule_text_metas[i].kind;
	}
	if (nftnl_expr_is_set(expr, NFTNL_EXPR_META_DREG))
		rule_text_set(t, nftnl_expr_get_u32(expr, NFTNL_EXPR_META_DREG), name, kind);
	else
		rule_text_word(t, "%s set ...", name);
}

static const struct {
	uint32_t key;
	const char *name;
	enum rule_text_kind kind;
} rule_text_cts[] = {
	{ NFT_CT_STATE, "ct state", RULE_TEXT_KIND_STATE },
	{ NFT_CT_STATUS, "ct status", RULE_TEXT_KIND_STATUS },
	{ NFT_CT_MARK, "ct mark", RULE_TEXT_KIND_HOST },
	{ NFT_CT_DIRECTION, "ct direction", RULE_TEXT_KIND_HEX },
	{ NFT_CT_DST_IP, "ct original ip daddr", RULE_TEXT_KIND_ADDR },
	{ NFT_CT_DST_IP6, "ct original ip6 daddr", RULE_TEXT_KIND_ADDR },
	{ NFT_CT_SRC_IP, "ct original ip saddr", RULE_TEXT_KIND_ADDR },
	{ NFT_CT_SRC_IP6, "ct original ip6 saddr", RULE_TEXT_KIND_ADDR },
	{ NFT_CT_PROTO_DST, "ct original proto-dst", RULE_TEXT_KIND_PORT },
};

static void rule_text_ct(struct rule_text *t, const struct nftnl_expr *expr)
{
	uint32_t key = nftnl_expr_get_u32(expr, NFTNL_EXPR_CT_KEY), i;
	enum rule_text_kind kind = RULE_TEXT_KIND_HEX;
	const char *name = "ct ?";

	for (i = 0; i < ARRAY_SIZE(rule_text_cts); i++) {
		if (rule_text_cts[i].key != key)
			continue;
		name = rule_text_cts[i].name;
		kind = rule_text_cts[i].kind;
	}
	if (nftnl_expr_is_set(expr, NFTNL_EXPR_CT_DREG))
		rule_text_set(t, nftnl_expr_get_u32(expr, NFTNL_EXPR_CT_DREG), name, kind);
	else
		rule_text_word(t, "%s set ...", name);
}

/* Offset and greatest length in a header. A family of 0: both. */
static const struct {
	uint32_t base;
	uint32_t family;
	uint32_t offset;
	uint32_t size;
	const char *name;
	enum rule_text_kind kind;
} rule_text_payloads[] = {
	{ NFT_PAYLOAD_NETWORK_HEADER, NFPROTO_IPV4, 12, 4, "ip saddr", RULE_TEXT_KIND_ADDR },
	{ NFT_PAYLOAD_NETWORK_HEADER, NFPROTO_IPV4, 16, 4, "ip daddr", RULE_TEXT_KIND_ADDR },
	{ NFT_PAYLOAD_NETWORK_HEADER, NFPROTO_IPV4, 9, 1, "ip protocol", RULE_TEXT_KIND_PROTOCOL },
	{ NFT_PAYLOAD_NETWORK_HEADER, NFPROTO_IPV6, 8, 16, "ip6 saddr", RULE_TEXT_KIND_ADDR },
	{ NFT_PAYLOAD_NETWORK_HEADER, NFPROTO_IPV6, 24, 16, "ip6 daddr", RULE_TEXT_KIND_ADDR },
	{ NFT_PAYLOAD_NETWORK_HEADER, NFPROTO_IPV6, 6, 1, "ip6 nexthdr", RULE_TEXT_KIND_PROTOCOL },
	{ NFT_PAYLOAD_TRANSPORT_HEADER, 0, 0, 2, "th sport", RULE_TEXT_KIND_PORT },
	{ NFT_PAYLOAD_TRANSPORT_HEADER, 0, 2, 2, "th dport", RULE_TEXT_KIND_PORT },
};

/* In a table of both families, addresses are told by what was compared with meta nfproto, or else by their length. */
static void rule_text_payload(struct rule_text *t, uint32_t family, const struct nftnl_expr *expr)
{
	uint32_t base = nftnl_expr_get_u32(expr, NFTNL_EXPR_PAYLOAD_BASE);
	uint32_t offset = nftnl_expr_get_u32(expr, NFTNL_EXPR_PAYLOAD_OFFSET);
	uint32_t size = nftnl_expr_get_u32(expr, NFTNL_EXPR_PAYLOAD_LEN);
	uint32_t number = nftnl_expr_get_u32(expr, NFTNL_EXPR_PAYLOAD_DREG), i;
	char other[32];

	if (!nftnl_expr_is_set(expr, NFTNL_EXPR_PAYLOAD_DREG)) {
		rule_text_word(t, "[payload set]");
		return;
	}
	for (i = 0; i < ARRAY_SIZE(rule_text_payloads); i++) {
		if (rule_text_payloads[i].base != base || rule_text_payloads[i].offset != offset ||
		    size > rule_text_payloads[i].size ||
		    (rule_text_payloads[i].family && family && rule_text_payloads[i].family != family))
			continue;
		rule_text_set(t, number, rule_text_payloads[i].name, rule_text_payloads[i].kind);
		return;
	}
	(void)snprintf(other, sizeof(other), "@%s,%u,%u",
		       base == NFT_PAYLOAD_TRANSPORT_HEADER ? "th"
		       : base == NFT_PAYLOAD_NETWORK_HEADER ? "nh"
							    : "ll",
		       offset * 8, size * 8);
	rule_text_set(t, number, other, RULE_TEXT_KIND_HEX);
}

static void rule_text_bitwise(struct rule_text *t, const struct nftnl_expr *expr)
{
	uint32_t size = 0;
	const void *mask = nftnl_expr_get(expr, NFTNL_EXPR_BITWISE_MASK, &size);
	struct rule_text_load load = *rule_text_load(t, nftnl_expr_get_u32(expr, NFTNL_EXPR_BITWISE_SREG));

	if (mask && size <= sizeof(load.mask)) {
		memcpy(load.mask, mask, size);
		load.masked = true;
	}
	*rule_text_load(t, nftnl_expr_get_u32(expr, NFTNL_EXPR_BITWISE_DREG)) = load;
}

/* --- values ----------------------------------------------------------------------------------------------
 */

static void rule_text_hex(const uint8_t *data, size_t size, struct buf *to)
{
	size_t i;

	buf_printf(to, "0x");
	for (i = 0; i < size; i++)
		buf_printf(to, "%02x", data[i]);
}

/* @size: fewer bytes than an address has are a prefix; so is a mask. */
static void rule_text_addr(const struct rule_text_load *load, const uint8_t *data, size_t size,
			   struct buf *to)
{
	size_t whole = size <= 4 ? 4 : 16, bits = size * 8, i;
	struct addr addr = { .family = whole == 4 ? FAMILY_IPV4 : FAMILY_IPV6 };
	char text[ADDR_TEXT_SIZE];

	/* A prefix of IPv6 may have few bytes, too. */
	if (strstr(load->name, "ip6")) {
		whole = 16;
		addr.family = FAMILY_IPV6;
	}
	memcpy(addr.bytes, data, size);
	if (load->masked)
		for (i = bits = 0; i < 8 * size && (load->mask[i / 8] & (0x80 >> i % 8)); i++)
			bits++;
	buf_printf(to, "%s", addr_print(&addr, text));
	if (bits < 8 * whole)
		buf_printf(to, "/%zu", bits);
}

static void rule_text_bits(const char *const *names, size_t n, const uint8_t *data, size_t size,
			   struct buf *to)
{
	uint32_t value = 0;
	bool any = false;
	size_t i;

	memcpy(&value, data, size < sizeof(value) ? size : sizeof(value));
	for (i = 0; i < n; i++) {
		if (!names[i] || !(value & 1u << i))
			continue;
		buf_printf(to, "%s%s", any ? "," : "", names[i]);
		any = true;
	}
	if (!any)
		buf_printf(to, "0x%x", value);
}

static void rule_text_value(const struct rule_text_load *load, const uint8_t *data, size_t size,
			    struct buf *to)
{
	static const char *const states[] = { "invalid", "established", "related",  "new",
					      NULL,	 NULL,		"untracked" };
	static const char *const statuses[] = { "expected",  "seen-reply", "assured",
						"confirmed", "snat",	   "dnat" };
	uint32_t number = 0;

	switch (load->kind) {
	case RULE_TEXT_KIND_ADDR:
		rule_text_addr(load, data, size <= 16 ? size : 16, to);
		return;
	case RULE_TEXT_KIND_PORT:
		if (size == 2)
			buf_printf(to, "%u", (unsigned int)data[0] << 8 | data[1]);
		else
			rule_text_hex(data, size, to);
		return;
	case RULE_TEXT_KIND_PROTOCOL:
		if (data[0] == PROTOCOL_TCP || data[0] == PROTOCOL_UDP || data[0] == PROTOCOL_SCTP)
			buf_printf(to, "%s", addr_protocol_name((enum protocol)data[0]));
		else
			buf_printf(to, "%u", data[0]);
		return;
	case RULE_TEXT_KIND_NFPROTO:
		buf_printf(to, "%s",
			   data[0] == NFPROTO_IPV4   ? "ipv4"
			   : data[0] == NFPROTO_IPV6 ? "ipv6"
						     : "?");
		return;
	case RULE_TEXT_KIND_NAME:
		/* Without its NUL it is the beginning of names. */
		buf_printf(to, "\"%.*s%s\"", (int)strnlen((const char *)data, size), (const char *)data,
			   size && data[size - 1] ? "*" : "");
		return;
	case RULE_TEXT_KIND_HOST:
		memcpy(&number, data, size < sizeof(number) ? size : sizeof(number));
		buf_printf(to, "0x%x", number);
		return;
	case RULE_TEXT_KIND_STATE:
		rule_text_bits(states, ARRAY_SIZE(states), data, size, to);
		return;
	case RULE_TEXT_KIND_STATUS:
		rule_text_bits(statuses, ARRAY_SIZE(statuses), data, size, to);
		return;
	case RULE_TEXT_KIND_HEX:
		break;
	}
	rule_text_hex(data, size, to);
}

static bool rule_text_is_zero(const uint8_t *data, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		if (data[i])
			return false;
	return true;
}

static void rule_text_cmp(struct rule_text *t, const struct nftnl_expr *expr)
{
	static const char *const ops[] = {
		[NFT_CMP_EQ] = "",     [NFT_CMP_NEQ] = "!= ", [NFT_CMP_LT] = "< ",
		[NFT_CMP_LTE] = "<= ", [NFT_CMP_GT] = "> ",   [NFT_CMP_GTE] = ">= ",
	};
	const struct rule_text_load *load = rule_text_load(t, nftnl_expr_get_u32(expr, NFTNL_EXPR_CMP_SREG));
	uint32_t size = 0, op = nftnl_expr_get_u32(expr, NFTNL_EXPR_CMP_OP);
	const uint8_t *data = nftnl_expr_get(expr, NFTNL_EXPR_CMP_DATA, &size);
	struct buf value = BUF_INIT;

	if (!data || !size || op >= ARRAY_SIZE(ops))
		return;
	if (load->masked && op == NFT_CMP_NEQ && size <= 4 && rule_text_is_zero(data, size)) {
		/* Any of these bits. */
		rule_text_value(load, load->mask, size, &value);
		op = NFT_CMP_EQ;
	} else {
		if (load->masked && load->kind != RULE_TEXT_KIND_ADDR) {
			buf_printf(&value, "& ");
			rule_text_hex(load->mask, size <= 16 ? size : 16, &value);
			buf_printf(&value, " == ");
		}
		rule_text_value(load, data, size, &value);
	}
	rule_text_word(t, "%s %s%s", *load->name ? load->name : "?", ops[op], buf_text(&value));
	buf_done(&value);
}

static void rule_text_range(struct rule_text *t, const struct nftnl_expr *expr)
{
	const struct rule_text_load *load =
		rule_text_load(t, nftnl_expr_get_u32(expr, NFTNL_EXPR_RANGE_SREG));
	uint32_t size = 0, to_size = 0;
	const uint8_t *low = nftnl_expr_get(expr, NFTNL_EXPR_RANGE_FROM_DATA, &size);
	const uint8_t *high = nftnl_expr_get(expr, NFTNL_EXPR_RANGE_TO_DATA, &to_size);
	struct buf value = BUF_INIT;

	if (low && high) {
		rule_text_value(load, low, size, &value);
		buf_printf(&value, "-");
		rule_text_value(load, high, to_size, &value);
	}
	rule_text_word(t, "%s %s%s", load->name,
		       nftnl_expr_get_u32(expr, NFTNL_EXPR_RANGE_OP) == NFT_RANGE_NEQ ? "!= " : "",
		       buf_text(&value));
	buf_done(&value);
}

/* --- what rules do ---------------------------------------------------------------------------------------
 */

static void rule_text_lookup(struct rule_text *t, const struct nftnl_expr *expr)
{
	bool inverted = nftnl_expr_get_u32(expr, NFTNL_EXPR_LOOKUP_FLAGS) & NFT_LOOKUP_F_INV;
	const char *set = nftnl_expr_get_str(expr, NFTNL_EXPR_LOOKUP_SET);
	char name[sizeof(t->loaded)];

	(void)snprintf(name, sizeof(name), "%s", *t->loaded ? t->loaded : "?");
	if (!nftnl_expr_is_set(expr, NFTNL_EXPR_LOOKUP_DREG)) {
		rule_text_word(t, "%s %s@%s", name, inverted ? "!= " : "", set);
	} else if (nftnl_expr_get_u32(expr, NFTNL_EXPR_LOOKUP_DREG) == NFT_REG_VERDICT) {
		rule_text_word(t, "%s vmap @%s", name, set);
	} else {
		rule_text_word(t, "%s map @%s", name, set);
		rule_text_set(t, nftnl_expr_get_u32(expr, NFTNL_EXPR_LOOKUP_DREG), "map", RULE_TEXT_KIND_HEX);
	}
}

static void rule_text_immediate(struct rule_text *t, const struct nftnl_expr *expr)
{
	const char *chain;

	if (!nftnl_expr_is_set(expr, NFTNL_EXPR_IMM_VERDICT)) {
		rule_text_set(t, nftnl_expr_get_u32(expr, NFTNL_EXPR_IMM_DREG), "value", RULE_TEXT_KIND_HEX);
		return;
	}
	chain = nftnl_expr_get_str(expr, NFTNL_EXPR_IMM_CHAIN);
	switch ((int)nftnl_expr_get_u32(expr, NFTNL_EXPR_IMM_VERDICT)) {
	case NF_ACCEPT:
		rule_text_word(t, "accept");
		return;
	case NF_DROP:
		rule_text_word(t, "drop");
		return;
	case NFT_JUMP:
		rule_text_word(t, "jump %s", chain ? chain : "?");
		return;
	case NFT_GOTO:
		rule_text_word(t, "goto %s", chain ? chain : "?");
		return;
	case NFT_RETURN:
		rule_text_word(t, "return");
		return;
	case NFT_CONTINUE:
		rule_text_word(t, "continue");
		return;
	}
	rule_text_word(t, "[verdict]");
}

static void rule_text_other(struct rule_text *t, const char *name, const struct nftnl_expr *expr)
{
	const char *inner = NULL;

	if (strcmp(name, "nat") == 0)
		rule_text_word(t, nftnl_expr_get_u32(expr, NFTNL_EXPR_NAT_TYPE) == NFT_NAT_DNAT ? "dnat"
												: "snat");
	else if (strcmp(name, "redir") == 0)
		rule_text_word(t, "redirect");
	else if (strcmp(name, "masq") == 0)
		rule_text_word(t, "masquerade");
	else if (strcmp(name, "match") == 0)
		inner = nftnl_expr_get_str(expr, NFTNL_EXPR_MT_NAME);
	else if (strcmp(name, "target") == 0)
		inner = nftnl_expr_get_str(expr, NFTNL_EXPR_TG_NAME);
	else if (strcmp(name, "fib") == 0)
		rule_text_set(t, nftnl_expr_get_u32(expr, NFTNL_EXPR_FIB_DREG), "fib", RULE_TEXT_KIND_HOST);
	else if (strcmp(name, "numgen") == 0)
		rule_text_set(t, nftnl_expr_get_u32(expr, NFTNL_EXPR_NG_DREG), "numgen", RULE_TEXT_KIND_HEX);
	else if (strcmp(name, "counter") == 0 || strcmp(name, "reject") == 0 || strcmp(name, "log") == 0 ||
		 strcmp(name, "notrack") == 0 || strcmp(name, "queue") == 0)
		rule_text_word(t, "%s", name);
	else
		rule_text_word(t, "[%s]", name);
	if (inner)
		rule_text_word(t, "[%s %s]", name, inner);
}

void rule_text_print(const struct nftnl_rule *rule, struct buf *text)
{
	struct rule_text t = { .to = text, .from = text->size };
	struct nftnl_expr_iter *iter = nftnl_expr_iter_create(rule);
	uint32_t family = nftnl_rule_get_u32(rule, NFTNL_RULE_FAMILY);
	const struct nftnl_expr *expr;

	if (family != NFPROTO_IPV4 && family != NFPROTO_IPV6)
		family = 0;
	while (iter && (expr = nftnl_expr_iter_next(iter))) {
		const char *name = nftnl_expr_get_str(expr, NFTNL_EXPR_NAME);

		if (strcmp(name, "meta") == 0)
			rule_text_meta(&t, expr);
		else if (strcmp(name, "ct") == 0)
			rule_text_ct(&t, expr);
		else if (strcmp(name, "payload") == 0)
			rule_text_payload(&t, family, expr);
		else if (strcmp(name, "bitwise") == 0)
			rule_text_bitwise(&t, expr);
		else if (strcmp(name, "cmp") == 0)
			rule_text_cmp(&t, expr);
		else if (strcmp(name, "range") == 0)
			rule_text_range(&t, expr);
		else if (strcmp(name, "lookup") == 0)
			rule_text_lookup(&t, expr);
		else if (strcmp(name, "immediate") == 0)
			rule_text_immediate(&t, expr);
		else
			rule_text_other(&t, name, expr);
	}
	if (iter)
		nftnl_expr_iter_destroy(iter);
}
