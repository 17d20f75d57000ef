/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "diagnose/rule_xt.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/x_tables.h>
#include <linux/netfilter/xt_CT.h>
#include <linux/netfilter/xt_addrtype.h>
#include <linux/netfilter/xt_conntrack.h>
#include <linux/netfilter/xt_tcpudp.h>

#include <libnftnl/expr.h>

#include "base/cleanup.h"

static enum fact rule_xt_and(enum fact fact, bool inverted, enum fact other)
{
	if (inverted)
		other = other == FACT_YES ? FACT_NO : other == FACT_NO ? FACT_YES : FACT_PERHAPS;
	return packet_facts_weaker(fact, other);
}

/* @offset: of a port in the header; @range: from and to */
static enum fact rule_xt_port(const struct packet_facts *packet, size_t offset, const uint16_t range[2])
{
	const uint8_t *bytes = packet->transport + offset;
	unsigned int port = (unsigned int)bytes[0] << 8 | bytes[1];

	if (range[0] == 0 && range[1] == UINT16_MAX)
		return FACT_YES;
	if (!packet_facts_is_known(packet->transport_mask + offset, 2))
		return FACT_PERHAPS;
	return port >= range[0] && port <= range[1] ? FACT_YES : FACT_NO;
}

static enum fact rule_xt_tcp(const struct packet_facts *packet, const void *info)
{
	struct xt_tcp tcp;
	enum fact fact, flags;

	memcpy(&tcp, info, sizeof(tcp));
	if (packet->protocol != PROTOCOL_TCP)
		return packet->protocol == PACKET_FACTS_PROTOCOL_UNKNOWN ? FACT_PERHAPS : FACT_NO;
	fact = rule_xt_and(FACT_YES, tcp.invflags & XT_TCP_INV_SRCPT, rule_xt_port(packet, 0, tcp.spts));
	fact = rule_xt_and(fact, tcp.invflags & XT_TCP_INV_DSTPT, rule_xt_port(packet, 2, tcp.dpts));
	if (tcp.option)
		fact = packet_facts_weaker(fact, FACT_PERHAPS);
	if (tcp.flg_mask) {
		flags = packet->transport_mask[13] != 0xff			? FACT_PERHAPS
			: (packet->transport[13] & tcp.flg_mask) == tcp.flg_cmp ? FACT_YES
										: FACT_NO;
		fact = rule_xt_and(fact, tcp.invflags & XT_TCP_INV_FLAGS, flags);
	}
	return fact;
}

static enum fact rule_xt_udp(const struct packet_facts *packet, const void *info)
{
	struct xt_udp udp;
	enum fact fact;

	memcpy(&udp, info, sizeof(udp));
	if (packet->protocol != PROTOCOL_UDP)
		return packet->protocol == PACKET_FACTS_PROTOCOL_UNKNOWN ? FACT_PERHAPS : FACT_NO;
	fact = rule_xt_and(FACT_YES, udp.invflags & XT_UDP_INV_SRCPT, rule_xt_port(packet, 0, udp.spts));
	return rule_xt_and(fact, udp.invflags & XT_UDP_INV_DSTPT, rule_xt_port(packet, 2, udp.dpts));
}

/* Only --ctstate is read. SNAT and DNAT are states here, too: of a translated connection one of them may be set. */
static enum fact rule_xt_conntrack(const struct packet_facts *packet, const void *info)
{
	const unsigned int unclear = XT_CONNTRACK_STATE_SNAT | XT_CONNTRACK_STATE_DNAT;
	unsigned int state = !packet->tracked ? XT_CONNTRACK_STATE_INVALID
			     : packet->reply  ? XT_CONNTRACK_STATE_BIT(IP_CT_ESTABLISHED)
					      : XT_CONNTRACK_STATE_BIT(IP_CT_NEW);
	struct xt_conntrack_mtinfo3 match;
	enum fact fact;

	memcpy(&match, info, sizeof(match));
	if (match.match_flags & (uint16_t) ~(XT_CONNTRACK_STATE | XT_CONNTRACK_STATE_ALIAS))
		return FACT_PERHAPS;
	if (packet->translated)
		state |= XT_CONNTRACK_STATE_DNAT;
	fact = match.state_mask & state ? FACT_YES : match.state_mask & unclear ? FACT_PERHAPS : FACT_NO;
	return rule_xt_and(FACT_YES, match.invert_flags & XT_CONNTRACK_STATE, fact);
}

/* Only whether the destination is an address of this node. */
static enum fact rule_xt_addrtype(const struct packet_facts *packet, const void *info)
{
	struct xt_addrtype_info_v1 match;

	memcpy(&match, info, sizeof(match));
	if (match.source || match.dest != XT_ADDRTYPE_LOCAL ||
	    (match.flags & (uint32_t)~XT_ADDRTYPE_INVERT_DEST))
		return FACT_PERHAPS;
	return rule_xt_and(FACT_YES, match.flags & XT_ADDRTYPE_INVERT_DEST, packet->to_node);
}

enum fact rule_xt_match(const struct nftnl_expr *expr, const struct packet_facts *packet)
{
	const char *name = nftnl_expr_get_str(expr, NFTNL_EXPR_MT_NAME);
	uint32_t size = 0;
	const void *info = nftnl_expr_get(expr, NFTNL_EXPR_MT_INFO, &size);

	if (!name)
		return FACT_PERHAPS;
	if (strcmp(name, "comment") == 0)
		return FACT_YES;
	if (info && strcmp(name, "tcp") == 0 && size >= sizeof(struct xt_tcp))
		return rule_xt_tcp(packet, info);
	if (info && strcmp(name, "udp") == 0 && size >= sizeof(struct xt_udp))
		return rule_xt_udp(packet, info);
	if (info && strcmp(name, "conntrack") == 0 && size >= sizeof(struct xt_conntrack_mtinfo3) &&
	    nftnl_expr_get_u32(expr, NFTNL_EXPR_MT_REV) == 3)
		return rule_xt_conntrack(packet, info);
	if (info && strcmp(name, "addrtype") == 0 && size >= sizeof(struct xt_addrtype_info_v1) &&
	    nftnl_expr_get_u32(expr, NFTNL_EXPR_MT_REV) == 1)
		return rule_xt_addrtype(packet, info);
	return FACT_PERHAPS;
}

static bool rule_xt_is_notrack(const struct nftnl_expr *expr)
{
	uint32_t size = 0;
	const void *info = nftnl_expr_get(expr, NFTNL_EXPR_TG_INFO, &size);
	uint16_t flags = 0;

	if (info && size >= sizeof(flags))
		memcpy(&flags, info, sizeof(flags));
	return flags & (XT_CT_NOTRACK | XT_CT_NOTRACK_ALIAS);
}

enum rule_xt_target rule_xt_target(const struct nftnl_expr *expr)
{
	static const struct {
		const char *name;
		enum rule_xt_target target;
	} known[] = {
		{ "REJECT", RULE_XT_TARGET_REJECT },	  { "DNAT", RULE_XT_TARGET_TRANSLATE },
		{ "REDIRECT", RULE_XT_TARGET_TRANSLATE }, { "NETMAP", RULE_XT_TARGET_TRANSLATE },
		{ "NOTRACK", RULE_XT_TARGET_NOTRACK },	  { "SNAT", RULE_XT_TARGET_ACCEPT },
		{ "MASQUERADE", RULE_XT_TARGET_ACCEPT },  { "LOG", RULE_XT_TARGET_NEUTRAL },
		{ "MARK", RULE_XT_TARGET_NEUTRAL },	  { "CONNMARK", RULE_XT_TARGET_NEUTRAL },
		{ "TCPMSS", RULE_XT_TARGET_NEUTRAL },	  { "NFLOG", RULE_XT_TARGET_NEUTRAL },
		{ "DSCP", RULE_XT_TARGET_NEUTRAL },	  { "TOS", RULE_XT_TARGET_NEUTRAL },
		{ "CLASSIFY", RULE_XT_TARGET_NEUTRAL },	  { "TRACE", RULE_XT_TARGET_NEUTRAL },
		{ "CHECKSUM", RULE_XT_TARGET_NEUTRAL },	  { "SET", RULE_XT_TARGET_NEUTRAL },
	};
	const char *name = nftnl_expr_get_str(expr, NFTNL_EXPR_TG_NAME);
	size_t i;

	if (name && strcmp(name, "CT") == 0)
		return rule_xt_is_notrack(expr) ? RULE_XT_TARGET_NOTRACK : RULE_XT_TARGET_NEUTRAL;
	for (i = 0; name && i < ARRAY_SIZE(known); i++)
		if (strcmp(name, known[i].name) == 0)
			return known[i].target;
	return RULE_XT_TARGET_UNKNOWN;
}
