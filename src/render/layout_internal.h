/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layout_internal.h - writing rules a statement at a time
 *
 * Room:     render. Internal to layout.c and affinity.c.
 */
#ifndef RENDER_LAYOUT_INTERNAL_H
#define RENDER_LAYOUT_INTERNAL_H

#include "ruleset/rule.h"

/** LAYOUT_CHAIN_RULES_MAX - What layout_add_rule() allows in a chain. */
#define LAYOUT_CHAIN_RULES_MAX 24

/** layout_add_rule() - An empty rule at the end of @chain, which has room for it. */
struct rule *layout_add_rule(struct chain *chain);
/** layout_add() - A statement at the end of @rule. */
struct rule_statement *layout_add(struct rule *rule, enum rule_statement_kind kind);
void layout_select(struct rule_statement *s, enum rule_selector selector);
/** layout_add_protocol() - `meta l4proto PROTOCOL`: what a port in the same rule needs before it. */
void layout_add_protocol(struct rule *rule, uint8_t protocol);

#endif
