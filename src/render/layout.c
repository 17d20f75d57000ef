/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: The skeleton
 *
 * All rules are in nat chains, which see only the first packet of a connection: packets of established
 * connections meet no rule of ours.
 *
 *   prerouting, output (dstnat) -> dispatch
 *     0. restricted-services, allowed-sources: front ends with source ranges; others are dropped
 *     1. services-local   front ends with externalTrafficPolicy Local, for sources that are neither pods
 *                         nor this node: the node's own endpoints, or drop
 *     2. services         every (address, protocol, port) for all other sources
 *     3. nodeports-local  as 1, for node ports, on the node-port addresses
 *     4. nodeports        as 2
 *   postrouting, input (srcnat), DNATed connections only -> learning
 *     stores which endpoint the client of a Service with session affinity was sent to (render/affinity.h)
 *   postrouting, DNATed connections only -> masquerading
 *   unused-prerouting, unused-output (dstnat + 10) -> unused
 *     connections that no table has translated, ours or another: reject those to a ClusterIP, drop those to
 *     an address of the ServiceCIDRs that no Service has
 *
 * A verdict leads to a shared chain lb-PROTO-N, to no-endpoints (reject) or is drop. The maps are
 * looked up from `dispatch` and never from a chain that a verdict map leads to: kernels up to 6.1
 * walk all chains behind a map for each verdict that is added.
 *
 * Masquerading needs no packet mark: conntrack's original tuple names the front end. A concatenation
 * with `ct original proto-dst` needs a single protocol before it, hence a rule for each.
 */
#include "config.h"
#include "render/layout.h"

#include <stdio.h>

#include "base/arena.h"

#define LAYOUT_PRIORITY_DSTNAT (-100)
#define LAYOUT_PRIORITY_UNUSED (-90)
#define LAYOUT_PRIORITY_SRCNAT 100
#define LAYOUT_CHAIN_RULES_MAX 24 /* of a chain without the ServiceCIDRs */

#define KEY_FRONTEND                                               \
	{                                                          \
		SET_FIELD_ADDR, SET_FIELD_PROTOCOL, SET_FIELD_PORT \
	}
#define KEY_NODEPORT                               \
	{                                          \
		SET_FIELD_PROTOCOL, SET_FIELD_PORT \
	}
#define KEY_FRONTEND_INDEX                                                          \
	{                                                                           \
		SET_FIELD_ADDR, SET_FIELD_PROTOCOL, SET_FIELD_PORT, SET_FIELD_INDEX \
	}
#define KEY_NODEPORT_INDEX                                          \
	{                                                           \
		SET_FIELD_PROTOCOL, SET_FIELD_PORT, SET_FIELD_INDEX \
	}
#define KEY_ENDPOINT_FRONTEND                                                                      \
	{                                                                                          \
		SET_FIELD_ADDR, SET_FIELD_PORT, SET_FIELD_PROTOCOL, SET_FIELD_ADDR, SET_FIELD_PORT \
	}
#define KEY_ENDPOINT_NODEPORT                                                      \
	{                                                                          \
		SET_FIELD_ADDR, SET_FIELD_PORT, SET_FIELD_PROTOCOL, SET_FIELD_PORT \
	}
#define DATA_ENDPOINT                          \
	{                                      \
		SET_FIELD_ADDR, SET_FIELD_PORT \
	}

static const struct set_decl layout_set_decls[_LAYOUT_SET_MAX] = {
	[LAYOUT_SET_CLUSTER_IPS] = { "cluster-ips", SET_KIND_SET, { SET_FIELD_ADDR }, { 0 }, false },
	[LAYOUT_SET_CLUSTER_IP_PORTS] = { "cluster-ip-ports", SET_KIND_SET, KEY_FRONTEND, { 0 }, false },
	[LAYOUT_SET_NODEPORT_ADDRESSES] = { "nodeport-addresses",
					    SET_KIND_SET,
					    { SET_FIELD_ADDR },
					    { 0 },
					    false },
	[LAYOUT_SET_HAIRPIN] = { "hairpin",
				 SET_KIND_SET,
				 { SET_FIELD_ADDR, SET_FIELD_ADDR, SET_FIELD_PROTOCOL, SET_FIELD_PORT },
				 { 0 },
				 false },
	[LAYOUT_SET_MASQUERADE_SERVICES] = { "masquerade-services",
					     SET_KIND_SET,
					     KEY_FRONTEND,
					     { 0 },
					     false },
	[LAYOUT_SET_MASQUERADE_SERVICES_FROM_NODE] = { "masquerade-services-from-node",
						       SET_KIND_SET,
						       KEY_FRONTEND,
						       { 0 },
						       false },
	[LAYOUT_SET_RESTRICTED_SERVICES] = { "restricted-services",
					     SET_KIND_SET,
					     KEY_FRONTEND,
					     { 0 },
					     false },
	[LAYOUT_SET_ALLOWED_SOURCES] = { "allowed-sources",
					 SET_KIND_SET,
					 { SET_FIELD_ADDR, SET_FIELD_PROTOCOL, SET_FIELD_PORT,
					   SET_FIELD_ADDR_RANGE },
					 { 0 },
					 false },
	[LAYOUT_SET_MASQUERADE_NODEPORTS] = { "masquerade-nodeports",
					      SET_KIND_SET,
					      KEY_NODEPORT,
					      { 0 },
					      false },
	[LAYOUT_SET_MASQUERADE_NODEPORTS_FROM_NODE] = { "masquerade-nodeports-from-node",
							SET_KIND_SET,
							KEY_NODEPORT,
							{ 0 },
							false },
	[LAYOUT_SET_SERVICES] = { "services", SET_KIND_VERDICT_MAP, KEY_FRONTEND, { 0 }, false },
	[LAYOUT_SET_SERVICES_LOCAL] = { "services-local", SET_KIND_VERDICT_MAP, KEY_FRONTEND, { 0 }, false },
	[LAYOUT_SET_NODEPORTS] = { "nodeports", SET_KIND_VERDICT_MAP, KEY_NODEPORT, { 0 }, false },
	[LAYOUT_SET_NODEPORTS_LOCAL] = { "nodeports-local",
					 SET_KIND_VERDICT_MAP,
					 KEY_NODEPORT,
					 { 0 },
					 false },
	[LAYOUT_SET_ENDPOINTS] = { "endpoints", SET_KIND_MAP, KEY_FRONTEND_INDEX, DATA_ENDPOINT, false },
	[LAYOUT_SET_ENDPOINTS_LOCAL] = { "endpoints-local", SET_KIND_MAP, KEY_FRONTEND_INDEX, DATA_ENDPOINT,
					 false },
	[LAYOUT_SET_NODEPORT_ENDPOINTS] = { "nodeport-endpoints", SET_KIND_MAP, KEY_NODEPORT_INDEX,
					    DATA_ENDPOINT, false },
	[LAYOUT_SET_NODEPORT_ENDPOINTS_LOCAL] = { "nodeport-endpoints-local", SET_KIND_MAP,
						  KEY_NODEPORT_INDEX, DATA_ENDPOINT, false },
	[LAYOUT_SET_AFFINITY_SERVICES] = { "affinity-services",
					   SET_KIND_VERDICT_MAP,
					   KEY_FRONTEND,
					   { 0 },
					   false },
	[LAYOUT_SET_AFFINITY_NODEPORTS] = { "affinity-nodeports",
					    SET_KIND_VERDICT_MAP,
					    KEY_NODEPORT,
					    { 0 },
					    false },
	[LAYOUT_SET_AFFINITY_ENDPOINTS] = { "affinity-endpoints",
					    SET_KIND_SET,
					    KEY_ENDPOINT_FRONTEND,
					    { 0 },
					    false },
	[LAYOUT_SET_AFFINITY_ENDPOINTS_LOCAL] = { "affinity-endpoints-local",
						  SET_KIND_SET,
						  KEY_ENDPOINT_FRONTEND,
						  { 0 },
						  false },
	[LAYOUT_SET_AFFINITY_NODEPORT_ENDPOINTS] = { "affinity-nodeport-endpoints",
						     SET_KIND_SET,
						     KEY_ENDPOINT_NODEPORT,
						     { 0 },
						     false },
	[LAYOUT_SET_AFFINITY_NODEPORT_ENDPOINTS_LOCAL] = { "affinity-nodeport-endpoints-local",
							   SET_KIND_SET,
							   KEY_ENDPOINT_NODEPORT,
							   { 0 },
							   false },
};

static const uint8_t layout_protocols[] = { PROTOCOL_TCP, PROTOCOL_UDP, PROTOCOL_SCTP };

const struct set_decl *layout_sets(void)
{
	return layout_set_decls;
}

void layout_add_frontend_key(struct rule_statement *s, bool by_address)
{
	if (by_address)
		rule_add_selector(s, RULE_SELECTOR_DADDR);
	rule_add_selector(s, RULE_SELECTOR_L4PROTO);
	rule_add_selector(s, RULE_SELECTOR_DPORT);
}

static void layout_add_jump(struct rule *rule, const char *chain)
{
	struct rule_statement *s = rule_add_statement(rule, RULE_STATEMENT_JUMP);

	(void)snprintf(s->chain, sizeof(s->chain), "%s", chain);
}

static void layout_add_fib(struct rule *rule, enum rule_selector which, bool negated)
{
	struct rule_statement *s = rule_add_statement(rule, RULE_STATEMENT_MATCH_FIB_LOCAL);

	rule_add_selector(s, which);
	s->negated = negated;
}

static void layout_add_cidr(struct rule *rule, enum rule_selector which, bool negated,
			    const struct cidr *cidr)
{
	struct rule_statement *s = rule_add_statement(rule, RULE_STATEMENT_MATCH_CIDR);

	rule_add_selector(s, which);
	s->negated = negated;
	s->cidr = *cidr;
}

static void layout_add_set(struct rule *rule, enum rule_selector which, bool negated, enum layout_set set)
{
	struct rule_statement *s = rule_add_statement(rule, RULE_STATEMENT_MATCH_SET);

	rule_add_selector(s, which);
	s->negated = negated;
	s->set = (uint8_t)set;
}

/* Match traffic that is not pod traffic; no statement without a detector. */
static void layout_add_not_pod(struct rule *rule, const struct layout_family *node)
{
	struct rule_statement *s;

	switch (node->detector) {
	case LAYOUT_DETECTOR_NONE:
		return;
	case LAYOUT_DETECTOR_CIDR:
		layout_add_cidr(rule, RULE_SELECTOR_SADDR, true, &node->pod_cidr);
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

/* Match packets to a node-port address, before DNAT (O2 to O8). */
static void layout_add_to_node_port_address(struct rule *rule, enum family table,
					    const struct layout_family *node)
{
	struct cidr loopback = { .addr = { .family = (uint8_t)table } };

	if (!node->node_ports_everywhere) {
		layout_add_set(rule, RULE_SELECTOR_DADDR, false, LAYOUT_SET_NODEPORT_ADDRESSES);
		return;
	}
	if (table == FAMILY_IPV4) {
		loopback.addr.bytes[0] = 127;
		loopback.prefix_len = 8;
	} else {
		loopback.addr.bytes[15] = 1;
		loopback.prefix_len = 128;
	}
	layout_add_fib(rule, RULE_SELECTOR_DADDR, false);
	layout_add_cidr(rule, RULE_SELECTOR_DADDR, true, &loopback);
}

static void layout_add_vmap(struct rule *rule, bool by_address, enum layout_set set)
{
	struct rule_statement *s = rule_add_statement(rule, RULE_STATEMENT_VMAP);

	layout_add_frontend_key(s, by_address);
	s->set = (uint8_t)set;
}

static void layout_dispatch(struct chain *chain, const struct layout_family *node)
{
	struct rule_statement *s;
	struct rule *rule;

	rule = rule_add(chain);
	s = rule_add_statement(rule, RULE_STATEMENT_MATCH_SET);
	layout_add_frontend_key(s, true);
	s->set = LAYOUT_SET_RESTRICTED_SERVICES;
	s = rule_add_statement(rule, RULE_STATEMENT_MATCH_SET);
	/*
	 * nft converts the byte order of `meta l4proto` in the key of an interval set, and 6.12 (Debian's
	 * 6.12.117) rejects that for a single byte. The connection's protocol needs no conversion.
	 */
	rule_add_selector(s, RULE_SELECTOR_DADDR);
	rule_add_selector(s, RULE_SELECTOR_CT_PROTOCOL);
	rule_add_selector(s, RULE_SELECTOR_DPORT);
	rule_add_selector(s, RULE_SELECTOR_SADDR);
	s->negated = true;
	s->set = LAYOUT_SET_ALLOWED_SOURCES;
	(void)rule_add_statement(rule, RULE_STATEMENT_DROP);

	rule = rule_add(chain);
	layout_add_not_pod(rule, node);
	layout_add_fib(rule, RULE_SELECTOR_SADDR, true);
	layout_add_vmap(rule, true, LAYOUT_SET_SERVICES_LOCAL);

	rule = rule_add(chain);
	layout_add_vmap(rule, true, LAYOUT_SET_SERVICES);

	rule = rule_add(chain);
	layout_add_to_node_port_address(rule, chain->table, node);
	layout_add_not_pod(rule, node);
	layout_add_fib(rule, RULE_SELECTOR_SADDR, true);
	layout_add_vmap(rule, false, LAYOUT_SET_NODEPORTS_LOCAL);

	rule = rule_add(chain);
	layout_add_to_node_port_address(rule, chain->table, node);
	layout_add_vmap(rule, false, LAYOUT_SET_NODEPORTS);
}

/* The statements that must come before layout_select_original(). */
static void layout_add_to_original(struct rule *rule, const struct layout_family *node, uint8_t protocol,
				   bool by_address)
{
	/*
	 * If node ports are served on every local address, no match can check that the original destination is
	 * local: `fib` looks at the packet, which has its new destination by now.
	 */
	if (!by_address && !node->node_ports_everywhere)
		layout_add_set(rule, RULE_SELECTOR_CT_ORIGINAL_DADDR, false, LAYOUT_SET_NODEPORT_ADDRESSES);
	rule_add_protocol(rule, protocol);
}

/* The front end or node port that the connection was sent to. */
static void layout_select_original(struct rule_statement *s, bool by_address)
{
	if (by_address)
		rule_add_selector(s, RULE_SELECTOR_CT_ORIGINAL_DADDR);
	rule_add_selector(s, RULE_SELECTOR_L4PROTO);
	rule_add_selector(s, RULE_SELECTOR_CT_ORIGINAL_DPORT);
}

/* Match connections to a front end or node port of @protocol that is in @set. */
static void layout_add_sent_to(struct rule *rule, const struct layout_family *node, uint8_t protocol,
			       bool by_address, enum layout_set set)
{
	struct rule_statement *s;

	layout_add_to_original(rule, node, protocol, by_address);
	s = rule_add_statement(rule, RULE_STATEMENT_MATCH_SET);
	layout_select_original(s, by_address);
	s->set = (uint8_t)set;
}

/* Add @action for connections to a front end or node port in @set, for those that the node itself sends or for all. */
static void layout_masquerade(struct chain *chain, const struct layout_family *node, bool by_address,
			      enum layout_set set, bool from_node, enum rule_statement_kind action)
{
	struct rule *rule;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(layout_protocols); i++) {
		rule = rule_add(chain);
		if (from_node) {
			/* Pod traffic goes first (E20): a bridge's own address may be in the pod CIDR. */
			layout_add_not_pod(rule, node);
			layout_add_fib(rule, RULE_SELECTOR_SADDR, false);
		}
		layout_add_sent_to(rule, node, layout_protocols[i], by_address, set);
		(void)rule_add_statement(rule, action);
	}
}

/*
 * With br_netfilter (bridge-nf-call-iptables, which many CNI plugins want), a packet from one pod to another on
 * the same bridge has no input interface in postrouting. Nor has a packet that the node sends, which only its
 * source tells. So with an interface detector there are two rules: forwarded, and sent.
 */
static void layout_masquerade_cluster_ips(struct chain *chain, const struct layout_family *node,
					  bool masquerade_all)
{
	bool by_interface = !masquerade_all && (node->detector == LAYOUT_DETECTOR_BRIDGE ||
						node->detector == LAYOUT_DETECTOR_INTERFACE_PREFIX);
	struct rule *rule = rule_add(chain);

	layout_add_set(rule, RULE_SELECTOR_CT_ORIGINAL_DADDR, false, LAYOUT_SET_CLUSTER_IPS);
	if (!masquerade_all)
		layout_add_not_pod(rule, node);
	if (by_interface)
		(void)rule_add_statement(rule, RULE_STATEMENT_MATCH_IIF_KNOWN);
	(void)rule_add_statement(rule, RULE_STATEMENT_MASQUERADE);
	if (!by_interface)
		return;
	rule = rule_add(chain);
	layout_add_set(rule, RULE_SELECTOR_CT_ORIGINAL_DADDR, false, LAYOUT_SET_CLUSTER_IPS);
	layout_add_not_pod(rule, node);
	layout_add_fib(rule, RULE_SELECTOR_SADDR, false);
	(void)rule_add_statement(rule, RULE_STATEMENT_MASQUERADE);
}

static void layout_masquerading(struct chain *chain, const struct layout_family *node, bool masquerade_all)
{
	struct rule_statement *s;
	struct rule *rule;

	rule = rule_add(chain);
	s = rule_add_statement(rule, RULE_STATEMENT_MATCH_SET);
	rule_add_selector(s, RULE_SELECTOR_SADDR);
	layout_add_frontend_key(s, true);
	s->set = LAYOUT_SET_HAIRPIN;
	(void)rule_add_statement(rule, RULE_STATEMENT_MASQUERADE);

	layout_masquerade(chain, node, true, LAYOUT_SET_MASQUERADE_SERVICES, false,
			  RULE_STATEMENT_MASQUERADE);
	layout_masquerade(chain, node, true, LAYOUT_SET_MASQUERADE_SERVICES_FROM_NODE, true,
			  RULE_STATEMENT_MASQUERADE);
	/* An external IP on a node address may have the number of a node port, and is looked up first (P10). */
	layout_masquerade(chain, node, true, LAYOUT_SET_MASQUERADE_SERVICES_FROM_NODE, false,
			  RULE_STATEMENT_RETURN);
	if (masquerade_all || node->detector != LAYOUT_DETECTOR_NONE)
		layout_masquerade_cluster_ips(chain, node, masquerade_all);
	/* A ClusterIP's port may have the number of a node port. */
	rule = rule_add(chain);
	layout_add_set(rule, RULE_SELECTOR_CT_ORIGINAL_DADDR, false, LAYOUT_SET_CLUSTER_IPS);
	(void)rule_add_statement(rule, RULE_STATEMENT_RETURN);
	layout_masquerade(chain, node, false, LAYOUT_SET_MASQUERADE_NODEPORTS, false,
			  RULE_STATEMENT_MASQUERADE);
	layout_masquerade(chain, node, false, LAYOUT_SET_MASQUERADE_NODEPORTS_FROM_NODE, true,
			  RULE_STATEMENT_MASQUERADE);
}

/* Lead connections to a Service with session affinity to the learning chain of their front end. */
static void layout_learning(struct chain *chain, const struct layout_family *node)
{
	struct rule_statement *s;
	size_t i, by_address;

	for (by_address = 2; by_address-- > 0;)
		for (i = 0; i < ARRAY_SIZE(layout_protocols); i++) {
			struct rule *rule = rule_add(chain);

			layout_add_to_original(rule, node, layout_protocols[i], by_address);
			s = rule_add_statement(rule, RULE_STATEMENT_VMAP);
			layout_select_original(s, by_address);
			s->set = by_address ? LAYOUT_SET_AFFINITY_SERVICES : LAYOUT_SET_AFFINITY_NODEPORTS;
		}
}

static void layout_no_endpoints(struct chain *chain)
{
	struct rule *rule = rule_add(chain);

	rule_add_protocol(rule, PROTOCOL_TCP);
	(void)rule_add_statement(rule, RULE_STATEMENT_REJECT_TCP_RESET);
	rule = rule_add(chain);
	(void)rule_add_statement(rule, RULE_STATEMENT_REJECT);
}

/*
 * For connections without a verdict, or with a verdict whose endpoint was missed (see lb_chain_build()): kernels
 * up to 6.1 can miss an element while it is being replaced. So a packet to a known front end is dropped, and
 * the client sends it again; a reject would end the connection.
 */
static void layout_unused(struct chain *chain, const struct layout_family *node, struct arena *arena)
{
	struct rule_statement *s;
	struct rule *rule;
	size_t i;

	chain->rules = arena_array(arena, 2 + node->n_service_cidrs, sizeof(*chain->rules));
	rule = rule_add(chain);
	s = rule_add_statement(rule, RULE_STATEMENT_MATCH_SET);
	layout_add_frontend_key(s, true);
	s->set = LAYOUT_SET_CLUSTER_IP_PORTS;
	(void)rule_add_statement(rule, RULE_STATEMENT_DROP);

	rule = rule_add(chain);
	layout_add_set(rule, RULE_SELECTOR_DADDR, false, LAYOUT_SET_CLUSTER_IPS);
	layout_add_jump(rule, LAYOUT_CHAIN_NO_ENDPOINTS);

	for (i = 0; i < node->n_service_cidrs; i++) {
		rule = rule_add(chain);
		layout_add_cidr(rule, RULE_SELECTOR_DADDR, false, &node->service_cidrs[i]);
		(void)rule_add_statement(rule, RULE_STATEMENT_DROP);
	}
}

static struct chain *layout_chain(struct chain *chains, size_t *n, enum family table, const char *name,
				  struct arena *arena)
{
	struct chain *chain = &chains[(*n)++];

	chain->table = (uint8_t)table;
	(void)snprintf(chain->name, sizeof(chain->name), "%s", name);
	chain->rules = arena_array(arena, LAYOUT_CHAIN_RULES_MAX, sizeof(*chain->rules));
	return chain;
}

static void layout_base_chain(struct chain *chains, size_t *n, enum family table, enum rule_hook hook,
			      int32_t priority, struct arena *arena)
{
	struct chain *chain = layout_chain(chains, n, table, rule_hook_name(hook), arena);
	struct rule *rule = rule_add(chain);

	chain->hook = hook;
	chain->priority = priority;
	if (hook == RULE_HOOK_PREROUTING || hook == RULE_HOOK_OUTPUT) {
		layout_add_jump(rule, "dispatch");
		return;
	}
	/* Learning comes first, because a translation ends the hook. */
	(void)rule_add_statement(rule, RULE_STATEMENT_MATCH_CT_DNAT);
	layout_add_jump(rule, "learning");
	if (hook == RULE_HOOK_INPUT)
		return;
	rule = rule_add(chain);
	(void)rule_add_statement(rule, RULE_STATEMENT_MATCH_CT_DNAT);
	layout_add_jump(rule, "masquerading");
}

/*
 * After every other table's DNAT at the usual priority: the kernel calls no further nat chain once one has
 * translated, so connections that another proxy serves in the same ranges do not get here (U8). An address of
 * the node itself is in use, so there is no such chain in input (U1).
 */
static void layout_unused_base_chain(struct chain *chains, size_t *n, enum family table, enum rule_hook hook,
				     struct arena *arena)
{
	bool prerouting = hook == RULE_HOOK_PREROUTING;
	struct chain *chain =
		layout_chain(chains, n, table, prerouting ? "unused-prerouting" : "unused-output", arena);
	struct rule *rule = rule_add(chain);

	chain->hook = hook;
	chain->priority = LAYOUT_PRIORITY_UNUSED;
	if (prerouting)
		layout_add_fib(rule, RULE_SELECTOR_DADDR, true);
	layout_add_jump(rule, "unused");
}

void layout_skeleton(const struct layout_node *node, struct arena *arena, struct skeleton *ret)
{
	struct chain *chains = arena_array(arena, 11 * _FAMILY_MAX, sizeof(*chains));
	int family;
	size_t n = 0;

	for (family = 0; family < _FAMILY_MAX; family++) {
		const struct layout_family *f = &node->family[family];

		if (!f->enabled)
			continue;
		layout_no_endpoints(layout_chain(chains, &n, family, LAYOUT_CHAIN_NO_ENDPOINTS, arena));
		layout_dispatch(layout_chain(chains, &n, family, "dispatch", arena), f);
		layout_learning(layout_chain(chains, &n, family, "learning", arena), f);
		layout_masquerading(layout_chain(chains, &n, family, "masquerading", arena), f,
				    node->masquerade_all);
		layout_unused(layout_chain(chains, &n, family, "unused", arena), f, arena);
		layout_base_chain(chains, &n, family, RULE_HOOK_PREROUTING, LAYOUT_PRIORITY_DSTNAT, arena);
		layout_base_chain(chains, &n, family, RULE_HOOK_OUTPUT, LAYOUT_PRIORITY_DSTNAT, arena);
		layout_base_chain(chains, &n, family, RULE_HOOK_INPUT, LAYOUT_PRIORITY_SRCNAT, arena);
		layout_base_chain(chains, &n, family, RULE_HOOK_POSTROUTING, LAYOUT_PRIORITY_SRCNAT, arena);
		layout_unused_base_chain(chains, &n, family, RULE_HOOK_PREROUTING, arena);
		layout_unused_base_chain(chains, &n, family, RULE_HOOK_OUTPUT, arena);
	}
	*ret = (struct skeleton){
		.table_name = LAYOUT_TABLE_NAME,
		.family_enabled = { node->family[FAMILY_IPV4].enabled, node->family[FAMILY_IPV6].enabled },
		.n_sets = _LAYOUT_SET_MAX,
		.sets = layout_set_decls,
		.n_chains = n,
		.chains = chains,
	};
}
