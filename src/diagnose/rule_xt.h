/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rule_xt.h - the matches and targets of x_tables, which rules of iptables-nft have
 *
 * Room:     diagnose. Pure.
 * Limits:   read are the matches comment, tcp, udp, conntrack (--ctstate alone) and addrtype (--dst-type LOCAL alone). Of others it is not known whether a packet
 *           matches.
 */
#ifndef DIAGNOSE_RULE_XT_H
#define DIAGNOSE_RULE_XT_H

#include "diagnose/packet_facts.h"

struct nftnl_expr;

enum rule_xt_target {
	RULE_XT_TARGET_NEUTRAL, /* the packet goes on */
	RULE_XT_TARGET_DROP,
	RULE_XT_TARGET_REJECT,
	RULE_XT_TARGET_TRANSLATE, /* its destination */
	RULE_XT_TARGET_NOTRACK,
	RULE_XT_TARGET_ACCEPT, /* no other rule of this chain sees it */
	RULE_XT_TARGET_UNKNOWN,
};

/** rule_xt_match() - Of an expression "match" */
enum fact rule_xt_match(const struct nftnl_expr *expr, const struct packet_facts *packet);
/** rule_xt_target() - Of an expression "target" */
enum rule_xt_target rule_xt_target(const struct nftnl_expr *expr);

#endif
