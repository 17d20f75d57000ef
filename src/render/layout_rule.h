/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layout_rule.h - what the rules of the skeleton are made of
 *
 * Room:     render. Pure. A match or action is added at the end of @rule. layout.c makes the rules.
 */
#ifndef RENDER_LAYOUT_RULE_H
#define RENDER_LAYOUT_RULE_H

#include "render/layout_node.h"
#include "render/layout_sets.h"
#include "ruleset/rule.h"

/** layout_rule_if_used() - The rule only costs time while @set has no elements. */
void layout_rule_if_used(struct rule *rule, enum layout_set set);
/** layout_rule_not_pod() - Match traffic that is not pod traffic; without a detector all traffic. */
void layout_rule_not_pod(struct rule *rule, const struct layout_family *node);
/** layout_rule_to_local_address() - Match packets to any local address but loopback (tests/COVERAGE.md O6). */
void layout_rule_to_local_address(struct rule *rule, enum family table);
/** layout_rule_node_address() - Match an address @which that serves node ports. Call it only if not all local addresses do. */
void layout_rule_node_address(struct rule *rule, enum rule_selector which, const struct layout_family *node);
/** layout_rule_frontend() - Match packets to a front end (@by_address) or node port in @set, or, if @negated, to none of it. */
void layout_rule_frontend(struct rule *rule, bool by_address, bool negated, enum layout_set set);
/** layout_rule_vmap() - Do what @set says for the packet's front end (@by_address) or node port. */
void layout_rule_vmap(struct rule *rule, bool by_address, enum layout_set set);
/**
 * layout_rule_byte() - Match packets whose source and destination have the same byte @index, or, if @negated, have not
 * @index:	0 is the last byte of the address
 */
void layout_rule_byte(struct rule *rule, uint8_t index, bool negated);
/** layout_rule_select_original() - The front end or node port that the connection was sent to. The rule must name the protocol before. */
void layout_rule_select_original(struct rule_statement *s, bool by_address);

#endif
