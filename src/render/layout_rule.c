/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "render/layout_rule.h"

#include <stdio.h>

void layout_rule_if_used(struct rule *rule, enum layout_set set)
{
	rule->conditional = true;
	rule->set = (uint8_t)set;
}

void layout_rule_not_pod(struct rule *rule, const struct layout_family *node)
{
	struct rule_statement *s;

	switch (node->detector) {
	case LAYOUT_DETECTOR_NONE:
		return;
	case LAYOUT_DETECTOR_CIDR:
		rule_add_cidr(rule, RULE_SELECTOR_SADDR, true, &node->pod_cidr);
		return;
	case LAYOUT_DETECTOR_BRIDGE:
	case LAYOUT_DETECTOR_INTERFACE_PREFIX:
		s = rule_add_statement(rule, RULE_STATEMENT_MATCH_IIFNAME);
		s->negated = true;
		s->ifname_is_prefix = node->detector == LAYOUT_DETECTOR_INTERFACE_PREFIX;
		(void)snprintf(s->ifname, sizeof(s->ifname), "%s", node->interface);
		return;
	}
}

void layout_rule_to_local_address(struct rule *rule, enum family table)
{
	struct cidr loopback = { .addr = { .family = (uint8_t)table } };

	if (table == FAMILY_IPV4) {
		loopback.addr.bytes[0] = 127;
		loopback.prefix_len = 8;
	} else {
		loopback.addr.bytes[15] = 1;
		loopback.prefix_len = 128;
	}
	rule_add_cidr(rule, RULE_SELECTOR_DADDR, true, &loopback);
	rule_add_fib_local(rule, RULE_SELECTOR_DADDR, false);
}

void layout_rule_node_address(struct rule *rule, enum rule_selector which, const struct layout_family *node)
{
	struct cidr cidr = { .addr = node->node_port_address };

	if (!layout_node_has_one_address(node)) {
		rule_add_set(rule, which, false, LAYOUT_SET_NODEPORT_ADDRESSES);
		return;
	}
	cidr.prefix_len = (uint8_t)(8 * addr_size(cidr.addr.family));
	rule_add_cidr(rule, which, false, &cidr);
}

void layout_rule_frontend(struct rule *rule, bool by_address, bool negated, enum layout_set set)
{
	struct rule_statement *s = rule_add_statement(rule, RULE_STATEMENT_MATCH_SET);

	layout_sets_add_frontend_key(s, by_address);
	s->negated = negated;
	s->set = (uint8_t)set;
}

void layout_rule_vmap(struct rule *rule, bool by_address, enum layout_set set)
{
	struct rule_statement *s = rule_add_statement(rule, RULE_STATEMENT_VMAP);

	layout_sets_add_frontend_key(s, by_address);
	s->set = (uint8_t)set;
}

void layout_rule_byte(struct rule *rule, uint8_t index, bool negated)
{
	struct rule_statement *s = rule_add_statement(rule, RULE_STATEMENT_MATCH_SET);

	rule_add_selector(s, RULE_SELECTOR_SADDR_BYTE);
	rule_add_selector(s, RULE_SELECTOR_DADDR_BYTE);
	s->byte = index;
	s->negated = negated;
	s->set = LAYOUT_SET_SAME_BYTES;
}

void layout_rule_select_original(struct rule_statement *s, bool by_address)
{
	if (by_address)
		rule_add_selector(s, RULE_SELECTOR_CT_ORIGINAL_DADDR);
	rule_add_selector(s, RULE_SELECTOR_L4PROTO);
	rule_add_selector(s, RULE_SELECTOR_CT_ORIGINAL_DPORT);
}
