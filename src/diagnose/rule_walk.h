/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rule_walk.h - what a chain of another program does to a packet of which only some bits are known
 *
 * Room:     diagnose. Pure, but that sets are read when a rule asks for one (diagnose/foreign_rules.h).
 * Rule:     an answer of FACT_YES or FACT_NO holds for every packet with these bits. Whatever is not understood makes it
 *           FACT_PERHAPS.
 */
#ifndef DIAGNOSE_RULE_WALK_H
#define DIAGNOSE_RULE_WALK_H

#include "diagnose/foreign_rules.h"
#include "diagnose/packet_facts.h"

enum rule_walk_effect {
	RULE_WALK_EFFECT_TRANSLATE, /* another destination */
	RULE_WALK_EFFECT_NOTRACK,
	RULE_WALK_EFFECT_DROP, /* or reject */
};

#define RULE_WALK_STEPS_MAX 20000000 /* expressions, in all walks of one walker: a few seconds */

/** struct rule_walk_result - @chain, @rule: where; @rule NULL: the policy of the base chain. Not set for FACT_NO */
struct rule_walk_result {
	enum fact fact;
	const struct foreign_rules_chain *chain;
	const struct nftnl_rule *rule;
	bool reject;
};

/** struct rule_walk - A walker; @n_steps: so far. Behind the limit all answers are FACT_PERHAPS. */
struct rule_walk {
	struct foreign_rules *foreign;
	size_t n_steps;
};

/** rule_walk_ask() - Whether base chain @chain has @effect on @packet, and the first place where it has, or else where it may have. */
void rule_walk_ask(struct rule_walk *walk, const struct foreign_rules_chain *chain,
		   const struct packet_facts *packet, enum rule_walk_effect effect,
		   struct rule_walk_result *ret);

#endif
