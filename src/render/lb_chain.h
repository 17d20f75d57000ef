/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lb_chain.h - the shared chains that choose one of the N slots of a list (struct pool)
 *
 * Room:     render (plan, ruleset -> render). Pure.
 * Shapes:   one chain for each kind of front end, protocol and number of slots, whatever Services use it:
 *
 *             chain lb-tcp-3 {
 *               meta l4proto tcp dnat ip to ip daddr . meta l4proto . th dport . numgen random mod 3 map @endpoints
 *               goto lb-tcp-missed
 *             }
 *
 *           and one for each kind and protocol in the skeleton, for packets whose endpoint was missed:
 *
 *             chain lb-tcp-missed {
 *               meta l4proto tcp dnat ip to ip daddr . meta l4proto . th dport . numgen random mod 2 map @endpoints
 *               meta l4proto tcp dnat ip to ip daddr . meta l4proto . th dport . numgen random mod 1 map @endpoints
 *               drop
 *             }
 * Cost:     each new rule with a map makes the kernel walk the whole map. So a chain for N endpoints has one such rule.
 */
#ifndef RENDER_LB_CHAIN_H
#define RENDER_LB_CHAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ruleset/rule.h"

struct arena;

/** enum lb_chain_kind - Which map of endpoints the chain looks into: by address or node port, cluster or local list. */
enum lb_chain_kind {
	LB_CHAIN_KIND_SERVICE,
	LB_CHAIN_KIND_SERVICE_LOCAL,
	LB_CHAIN_KIND_NODEPORT,
	LB_CHAIN_KIND_NODEPORT_LOCAL,
	_LB_CHAIN_KIND_MAX,
};

/**
 * struct lb_chain - Which chain: 8 bytes without holes, so that it can be hashed
 * @table:	enum family
 * @kind:	enum lb_chain_kind
 * @protocol:	enum protocol
 * @zero:	0
 * @n_slots:	of the list; 1 or more
 */
struct lb_chain {
	uint8_t table;
	uint8_t kind;
	uint8_t protocol;
	uint8_t zero;
	uint32_t n_slots;
};

/** lb_chain_cmp() - By table, kind, protocol and number of slots. */
int lb_chain_cmp(const struct lb_chain *a, const struct lb_chain *b);
/** lb_chain_name() - Its name in its table: "lb-tcp-2", "nodeport-local-udp-3". */
void lb_chain_name(const struct lb_chain *lb, char name[RULE_NAME_MAX + 1]);
/** lb_chain_parse() - The chain of that name; false if @name is not one of lb_chain_name(). */
bool lb_chain_parse(enum family table, const char *name, struct lb_chain *ret);
/** lb_chain_set() - The map of endpoints that it looks into: enum layout_set. */
uint8_t lb_chain_set(const struct lb_chain *lb);
/**
 * lb_chain_add_rules() - The rules of a chain that chooses one of @n slots without another chain
 * @chain:	has room for LB_CHAIN_RULES_MAX rules more
 * @choice:	_DNAT_MAP with the selectors before the slot's number
 */
#define LB_CHAIN_RULES_MAX 4
void lb_chain_add_rules(struct chain *chain, uint8_t protocol, const struct rule_statement *choice,
			uint32_t n);
/** lb_chain_n_rules() - How many rules these are. */
size_t lb_chain_n_rules(uint32_t n);
/** LB_CHAIN_RULES - How many rules lb_chain_build() gives a chain. */
#define LB_CHAIN_RULES 2
/** lb_chain_build() - The chain with its rules; @arena owns what @ret points to. */
void lb_chain_build(const struct lb_chain *lb, struct arena *arena, struct chain *ret);
/** LB_CHAIN_MISSED_MAX - How many chains lb_chain_build_missed() has for a table. */
#define LB_CHAIN_MISSED_MAX 12
/** lb_chain_build_missed() - Chain @i, less than LB_CHAIN_MISSED_MAX, for packets whose endpoint was missed. */
void lb_chain_build_missed(enum family table, size_t i, struct arena *arena, struct chain *ret);

#endif
