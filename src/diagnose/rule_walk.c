/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: Three answers
 *
 * The question is whether a packet suffers the effect. Where a condition is not known, both ways are walked, and what is found there is
 * FACT_PERHAPS. A packet that perhaps suffered it already needs no second look: @on says whether each packet that did not suffer it
 * so far arrives at the next rule. @escapes and @returns say whether one may have left before, out of the base chain or to the
 * chain that jumped here.
 */
#include "config.h"
#include "diagnose/rule_walk.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <string.h>

#include <libnftnl/chain.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>

#include "diagnose/rule_registers.h"
#include "diagnose/rule_sets.h"
#include "diagnose/rule_xt.h"

#define RULE_WALK_DEPTH_MAX	 16   /* the kernel's */
#define RULE_WALK_CANDIDATES_MAX 64   /* elements of a verdict map that may match */
#define RULE_WALK_LOOKUP_STEPS	 1000 /* what a look-up counts: it walks a set */

/* One question. */
struct rule_walk_question {
	struct rule_walk *walk;
	const struct packet_facts *packet;
	enum rule_walk_effect effect;
	struct rule_walk_result *result;
};

/* A packet in a chain. @reach: whether it comes into the chain at all */
struct rule_walk_place {
	struct rule_walk_question *question;
	const struct foreign_rules_chain *chain;
	unsigned int depth;
	enum fact reach;
	enum fact on;
	bool escapes;
	bool returns;
};

/* A packet in a rule. @match: whether it gets to the next expression */
struct rule_walk_at {
	struct rule_walk_place *place;
	const struct nftnl_rule *rule;
	struct rule_registers registers;
	enum fact match;
	bool done;
	size_t n_candidates;
};

static void rule_walk_chain(struct rule_walk_place *place);

static void rule_walk_note(struct rule_walk_place *place, const struct nftnl_rule *rule,
			   enum rule_walk_effect effect, enum fact fact, bool reject)
{
	struct rule_walk_result *result = place->question->result;

	fact = packet_facts_weaker(fact, packet_facts_weaker(place->reach, place->on));
	if (effect != place->question->effect || fact <= result->fact)
		return;
	*result = (struct rule_walk_result){
		.fact = fact, .chain = place->chain, .rule = rule, .reject = reject
	};
}

/* What matches goes no further in this chain. @suffered: because of the effect */
static void rule_walk_leave(struct rule_walk_place *place, enum fact match, bool suffered)
{
	if (match == FACT_YES)
		place->on = FACT_NO;
	else if (!suffered)
		place->on = packet_facts_weaker(place->on, FACT_PERHAPS);
}

/* The packet is accepted, or ends in another way. */
static void rule_walk_escape(struct rule_walk_place *place, enum fact match)
{
	place->escapes = true;
	rule_walk_leave(place, match, false);
}

/* Anything may happen. */
static void rule_walk_unclear(struct rule_walk_at *at, enum fact match)
{
	rule_walk_note(at->place, at->rule, at->place->question->effect,
		       packet_facts_weaker(match, FACT_PERHAPS), false);
	rule_walk_escape(at->place, FACT_PERHAPS);
}

/* An effect that ends the way of the packet. */
static void rule_walk_suffer(struct rule_walk_at *at, enum rule_walk_effect effect, enum fact match,
			     bool reject)
{
	rule_walk_note(at->place, at->rule, effect, match, reject);
	if (effect == at->place->question->effect)
		rule_walk_leave(at->place, match, true);
	else
		rule_walk_escape(at->place, match);
}

static void rule_walk_jump(struct rule_walk_at *at, const char *name, enum fact match, bool is_goto)
{
	struct rule_walk_place *place = at->place;
	struct rule_walk_place inner = {
		.question = place->question,
		.depth = place->depth + 1,
		.reach = packet_facts_weaker(match, packet_facts_weaker(place->reach, place->on)),
		.on = FACT_YES,
	};
	bool comes_back;

	inner.chain = name && inner.depth <= RULE_WALK_DEPTH_MAX
			      ? foreign_rules_find_chain(place->question->walk->foreign, place->chain->family,
							 place->chain->table, name)
			      : NULL;
	if (!inner.chain) {
		rule_walk_unclear(at, match);
		return;
	}
	rule_walk_chain(&inner);
	comes_back = inner.on != FACT_NO || inner.returns;
	place->escapes |= inner.escapes;
	if (is_goto) {
		place->returns |= comes_back;
		rule_walk_leave(place, match, !comes_back && !inner.escapes);
	} else if (!comes_back) {
		rule_walk_leave(place, match, !inner.escapes);
	} else if (inner.escapes) {
		rule_walk_leave(place, FACT_PERHAPS, false);
	}
}

/* A verdict. Return: whether the rest of the rule is not for what matches. */
static bool rule_walk_verdict(struct rule_walk_at *at, uint32_t verdict, const char *chain, enum fact match)
{
	switch ((int)verdict) {
	case NFT_CONTINUE:
		return false;
	case NFT_JUMP:
	case NFT_GOTO:
		rule_walk_jump(at, chain, match, (int)verdict == NFT_GOTO);
		return true;
	case NFT_RETURN:
		at->place->returns = true;
		rule_walk_leave(at->place, match, false);
		return true;
	case NF_ACCEPT:
	case NF_STOLEN:
		rule_walk_escape(at->place, match);
		return true;
	case NF_DROP:
		rule_walk_suffer(at, RULE_WALK_EFFECT_DROP, match, false);
		return true;
	}
	/* A queue: its program decides. */
	rule_walk_note(at->place, at->rule, RULE_WALK_EFFECT_DROP, packet_facts_weaker(match, FACT_PERHAPS),
		       false);
	rule_walk_escape(at->place, match);
	return true;
}

static void rule_walk_found(void *ctx, const struct nftnl_set_elem *element, enum fact fact)
{
	struct nftnl_set_elem *readable = (struct nftnl_set_elem *)element;
	struct rule_walk_at *at = ctx;

	if (!nftnl_set_elem_is_set(readable, NFTNL_SET_ELEM_VERDICT) ||
	    ++at->n_candidates > RULE_WALK_CANDIDATES_MAX)
		return;
	(void)rule_walk_verdict(at, nftnl_set_elem_get_u32(readable, NFTNL_SET_ELEM_VERDICT),
				nftnl_set_elem_get_str(readable, NFTNL_SET_ELEM_CHAIN),
				packet_facts_weaker(at->match, fact));
}

static void rule_walk_lookup(struct rule_walk_at *at, const struct nftnl_expr *expr)
{
	const struct foreign_rules_chain *chain = at->place->chain;
	const struct nftnl_set *set =
		foreign_rules_find_set(at->place->question->walk->foreign, chain->family, chain->table,
				       nftnl_expr_get_str(expr, NFTNL_EXPR_LOOKUP_SET));
	bool inverted = nftnl_expr_get_u32(expr, NFTNL_EXPR_LOOKUP_FLAGS) & NFT_LOOKUP_F_INV;
	bool has_dreg = nftnl_expr_is_set(expr, NFTNL_EXPR_LOOKUP_DREG);
	bool has_verdicts = has_dreg && nftnl_expr_get_u32(expr, NFTNL_EXPR_LOOKUP_DREG) == NFT_REG_VERDICT;
	size_t size = set ? nftnl_set_get_u32(set, NFTNL_SET_KEY_LEN) : 0, from;
	enum fact fact = FACT_PERHAPS;

	from = rule_registers_offset(nftnl_expr_get_u32(expr, NFTNL_EXPR_LOOKUP_SREG), size);
	at->place->question->walk->n_steps += RULE_WALK_LOOKUP_STEPS;
	if (set && from != SIZE_MAX)
		fact = rule_sets_find(set, at->registers.bytes + from, at->registers.mask + from, size,
				      has_verdicts ? rule_walk_found : NULL, at);
	if (has_verdicts && (!set || from == SIZE_MAX || at->n_candidates > RULE_WALK_CANDIDATES_MAX))
		rule_walk_unclear(at, at->match);
	/* What the verdicts have let pass is in @place->on. */
	if (has_verdicts && fact == FACT_YES)
		at->done = true;
	if (has_dreg && !has_verdicts)
		at->registers = (struct rule_registers){ .bytes = { 0 } };
	if (!has_verdicts && inverted)
		fact = fact == FACT_YES ? FACT_NO : fact == FACT_NO ? FACT_YES : FACT_PERHAPS;
	at->match = packet_facts_weaker(at->match, fact);
}

static void rule_walk_end(struct rule_walk_at *at, enum rule_walk_effect effect, bool reject)
{
	rule_walk_suffer(at, effect, at->match, reject);
	at->done = true;
}

static void rule_walk_target(struct rule_walk_at *at, const struct nftnl_expr *expr)
{
	switch (rule_xt_target(expr)) {
	case RULE_XT_TARGET_NEUTRAL:
		break;
	case RULE_XT_TARGET_DROP:
		rule_walk_end(at, RULE_WALK_EFFECT_DROP, false);
		break;
	case RULE_XT_TARGET_REJECT:
		rule_walk_end(at, RULE_WALK_EFFECT_DROP, true);
		break;
	case RULE_XT_TARGET_TRANSLATE:
		rule_walk_end(at, RULE_WALK_EFFECT_TRANSLATE, false);
		break;
	case RULE_XT_TARGET_NOTRACK:
		rule_walk_note(at->place, at->rule, RULE_WALK_EFFECT_NOTRACK, at->match, false);
		break;
	case RULE_XT_TARGET_ACCEPT:
		(void)rule_walk_verdict(at, NF_ACCEPT, NULL, at->match);
		at->done = true;
		break;
	case RULE_XT_TARGET_UNKNOWN:
		rule_walk_unclear(at, at->match);
		break;
	}
}

static bool rule_walk_is(const char *name, const char *wanted)
{
	return strcmp(name, wanted) == 0;
}

static void rule_walk_expr(struct rule_walk_at *at, const struct nftnl_expr *expr)
{
	const char *name = nftnl_expr_get_str(expr, NFTNL_EXPR_NAME);

	if (rule_walk_is(name, "lookup"))
		rule_walk_lookup(at, expr);
	else if (rule_walk_is(name, "immediate") && nftnl_expr_is_set(expr, NFTNL_EXPR_IMM_VERDICT))
		at->done = rule_walk_verdict(at, nftnl_expr_get_u32(expr, NFTNL_EXPR_IMM_VERDICT),
					     nftnl_expr_get_str(expr, NFTNL_EXPR_IMM_CHAIN), at->match);
	else if (rule_walk_is(name, "reject"))
		rule_walk_end(at, RULE_WALK_EFFECT_DROP, true);
	else if (rule_walk_is(name, "redir") ||
		 (rule_walk_is(name, "nat") && nftnl_expr_get_u32(expr, NFTNL_EXPR_NAT_TYPE) == NFT_NAT_DNAT))
		rule_walk_end(at, RULE_WALK_EFFECT_TRANSLATE, false);
	else if (rule_walk_is(name, "nat") || rule_walk_is(name, "masq"))
		at->done = rule_walk_verdict(at, NF_ACCEPT, NULL, at->match);
	else if (rule_walk_is(name, "notrack"))
		rule_walk_note(at->place, at->rule, RULE_WALK_EFFECT_NOTRACK, at->match, false);
	else if (rule_walk_is(name, "queue"))
		at->done = rule_walk_verdict(at, NF_QUEUE, NULL, at->match);
	else if (rule_walk_is(name, "target"))
		rule_walk_target(at, expr);
	else if (rule_walk_is(name, "match"))
		at->match = packet_facts_weaker(at->match, rule_xt_match(expr, at->place->question->packet));
	else
		at->match = packet_facts_weaker(
			at->match, rule_registers_run(&at->registers, at->place->question->packet, expr));
}

static void rule_walk_rule(struct rule_walk_place *place, const struct nftnl_rule *rule)
{
	struct rule_walk_at at = { .place = place, .rule = rule, .match = FACT_YES };
	struct nftnl_expr_iter *iter = nftnl_expr_iter_create(rule);
	const struct nftnl_expr *expr;

	while (iter && !at.done && at.match != FACT_NO && (expr = nftnl_expr_iter_next(iter))) {
		place->question->walk->n_steps++;
		rule_walk_expr(&at, expr);
	}
	if (iter)
		nftnl_expr_iter_destroy(iter);
}

static void rule_walk_chain(struct rule_walk_place *place)
{
	struct rule_walk *walk = place->question->walk;
	size_t i;

	for (i = 0; i < place->chain->n_rules && place->on != FACT_NO; i++) {
		if (walk->n_steps >= RULE_WALK_STEPS_MAX) {
			rule_walk_note(place, place->chain->rules[i], place->question->effect, FACT_PERHAPS,
				       false);
			rule_walk_escape(place, FACT_PERHAPS);
			return;
		}
		rule_walk_rule(place, place->chain->rules[i]);
	}
}

void rule_walk_ask(struct rule_walk *walk, const struct foreign_rules_chain *chain,
		   const struct packet_facts *packet, enum rule_walk_effect effect,
		   struct rule_walk_result *ret)
{
	struct rule_walk_question question = {
		.walk = walk, .packet = packet, .effect = effect, .result = ret
	};
	struct rule_walk_place place = {
		.question = &question, .chain = chain, .reach = FACT_YES, .on = FACT_YES
	};

	*ret = (struct rule_walk_result){ .fact = FACT_NO };
	rule_walk_chain(&place);
	if ((place.on == FACT_NO && !place.returns) ||
	    nftnl_chain_get_u32(chain->chain, NFTNL_CHAIN_POLICY) != NF_DROP)
		return;
	place.on = place.escapes ? FACT_PERHAPS : FACT_YES;
	rule_walk_note(&place, NULL, RULE_WALK_EFFECT_DROP, FACT_YES, false);
}
