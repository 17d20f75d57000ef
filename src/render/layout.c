/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: The skeleton
 *
 * All rules are in nat chains, which see only the first packet of a connection: packets of established
 * connections meet no rule of ours. Each new connection of the node meets them, whether it is for a Service or not, so
 * what most of them need is asked first, and one look-up in a set decides whether the others are asked.
 *
 *   prerouting, output (dstnat)
 *     1. services            front ends with one verdict for all sources: every ClusterIP, and most others. If one or two ranges of
 *                            ClusterIPs are known, packets to other addresses are not looked up here
 *     2. external-addresses  other addresses where packets to front ends may arrive, also ClusterIPs outside of the ranges -> external
 *     3. node ports          -> node-ports, if all local addresses serve them, or one. With one, the rules compare with it
 *                            instead of asking a set
 *   external                 external IPs, load balancer IPs, node ports on several addresses
 *     1. services-elsewhere  as services, for front ends whose address is in none of the ranges
 *     2. external-services   such a front end, that services has not decided -> external-services
 *     3. node ports          -> node-ports, on the node's addresses
 *     4. services-empty      front ends without endpoints: they leave the node's addresses to node ports
 *   external-services, external-services-outside
 *     services-outside       the verdict for sources that are neither pods nor this node: with policy Local, the
 *                            node's own endpoints
 *     services-inside        the verdict for all other sources
 *   node-ports, node-ports-outside
 *     nodeports, nodeports-outside, nodeports-inside: the same for node ports
 *   postrouting (srcnat), DNATed connections only -> translated
 *     1. affinity-addresses  endpoints of a Service with session affinity -> learning, which stores where the client was sent
 *                            (render/port_chains.h); so does input
 *     2. external-addresses  by the original destination -> translated-external -> translated-external-service,
 *                            translated-node-port: masquerade all clients, or only this node
 *     3. node ports          as above -> translated-node-port
 *     4. translated-cluster-ip
 *     What is not masqueraded by then may be a hairpin: the client is the endpoint itself. nftables cannot compare two fields of a packet.
 *     So they are compared byte by byte: same-bytes has all pairs of equal bytes. Most packets differ in the last byte, and cost
 *     this one look-up in a small set; the others go to hairpin, which compares the rest.
 *   unused-prerouting, unused-output (dstnat + 10)
 *     connections that no table has translated, ours or another: reject those to a ClusterIP, drop those to
 *     an address of the ServiceCIDRs that no Service has
 *
 * A verdict leads to a shared chain lb-PROTO-N (render/lb_chain.h), to no-endpoints (reject) or is drop; for a front end with source
 * ranges, there is a chain before it that drops all other sources (render/source_list.h). It is a jump, not a goto, because a packet
 * can meet two generations of the ruleset in one walk: it finds the verdict of the new one, but a chain that is new is still empty
 * for it. Then it comes back, and is dropped by the last rule of the chain that it comes back to, or by `unused`.
 *
 * Rules for external addresses and for session affinity stand only while their set has elements: else each new connection would pay for
 * a look-up that finds nothing (render/diff.c).
 *
 * Verdict maps are never looked up from a chain that a verdict map leads to: kernels up to 6.1 walk all chains behind a map for
 * each verdict that is added.
 *
 * Masquerading needs no packet mark: conntrack's original tuple names the front end. A concatenation
 * with `ct original proto-dst` needs a single protocol before it, hence a rule for each.
 */
#include "config.h"
#include "render/layout.h"

#include <stdio.h>

#include "base/arena.h"
#include "render/layout_rule.h"
#include "render/lb_chain.h"

#define LAYOUT_PRIORITY_DSTNAT (-100)
#define LAYOUT_PRIORITY_UNUSED (-90)
#define LAYOUT_PRIORITY_SRCNAT 100
#define LAYOUT_CHAIN_RULES_MAX 12 /* of a chain without the ServiceCIDRs */
#define LAYOUT_CHAINS_MAX      (21 + LB_CHAIN_MISSED_MAX)

static const uint8_t layout_protocols[] = { PROTOCOL_TCP, PROTOCOL_UDP, PROTOCOL_SCTP };

static void layout_add_drop(struct chain *chain)
{
	(void)rule_add_statement(rule_add(chain), RULE_STATEMENT_DROP);
}

static void layout_outside(struct chain *chain, bool by_address)
{
	layout_rule_vmap(rule_add(chain), by_address,
			 by_address ? LAYOUT_SET_SERVICES_OUTSIDE : LAYOUT_SET_NODEPORTS_OUTSIDE);
	layout_add_drop(chain);
}

/*
 * The end of a chain for packets that are known to be to a front end or node port: by the source. @outside: the chain for sources
 * that are neither pods nor this node.
 */
static void layout_by_source(struct chain *chain, const struct layout_family *node, bool by_address,
			     const char *outside)
{
	struct rule *rule = rule_add(chain);

	layout_rule_not_pod(rule, node);
	rule_add_fib_local(rule, RULE_SELECTOR_SADDR, true);
	rule_add_goto(rule, outside);
	layout_rule_vmap(rule_add(chain), by_address,
			 by_address ? LAYOUT_SET_SERVICES_INSIDE : LAYOUT_SET_NODEPORTS_INSIDE);
	layout_add_drop(chain);
}

static void layout_external_services(struct chain *chain, const struct layout_family *node)
{
	layout_by_source(chain, node, true, "external-services-outside");
}

static void layout_node_ports(struct chain *chain, const struct layout_family *node)
{
	struct rule *rule;

	layout_rule_vmap(rule_add(chain), false, LAYOUT_SET_NODEPORTS);
	rule = rule_add(chain);
	layout_rule_frontend(rule, false, true, LAYOUT_SET_NODEPORT_NUMBERS);
	(void)rule_add_statement(rule, RULE_STATEMENT_RETURN);
	layout_by_source(chain, node, false, "node-ports-outside");
}

static void layout_external(struct chain *chain, const struct layout_family *node)
{
	struct rule *rule;

	layout_rule_vmap(rule_add(chain), true, LAYOUT_SET_SERVICES_ELSEWHERE);
	rule = rule_add(chain);
	/* An external IP on a node address may have the number of a node port, and is looked up first (P10). */
	layout_rule_frontend(rule, true, false, LAYOUT_SET_EXTERNAL_SERVICES);
	rule_add_goto(rule, "external-services");
	rule = rule_add(chain);
	if (node->node_ports_everywhere) {
		layout_rule_frontend(rule, false, false, LAYOUT_SET_NODEPORT_NUMBERS);
		layout_rule_to_local_address(rule, chain->table);
	} else {
		layout_rule_node_address(rule, RULE_SELECTOR_DADDR, node);
	}
	rule_add_jump(rule, "node-ports");
	layout_rule_vmap(rule_add(chain), true, LAYOUT_SET_SERVICES_EMPTY);
	/* It has got endpoints while the packet was on its way through this chain. */
	rule = rule_add(chain);
	layout_rule_frontend(rule, true, false, LAYOUT_SET_EXTERNAL_SERVICES);
	(void)rule_add_statement(rule, RULE_STATEMENT_DROP);
}

/* For each protocol a rule that matches connections to a front end or node port in @set, and does @action or goes to @chain. */
static void layout_sent_to(struct chain *chain, bool by_address, enum layout_set set,
			   enum rule_statement_kind action, const char *target)
{
	struct rule_statement *s;
	struct rule *rule;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(layout_protocols); i++) {
		rule = rule_add(chain);
		rule_add_protocol(rule, layout_protocols[i]);
		s = rule_add_statement(rule, RULE_STATEMENT_MATCH_SET);
		layout_rule_select_original(s, by_address);
		s->set = (uint8_t)set;
		s = rule_add_statement(rule, action);
		if (target)
			(void)snprintf(s->chain, sizeof(s->chain), "%s", target);
	}
}

/* All bytes but the last one, which layout_maybe_hairpin() has compared. */
static void layout_hairpin(struct chain *chain, struct arena *arena)
{
	size_t n = addr_size(chain->table), i;
	struct rule *rule;

	chain->rules = arena_array(arena, n, sizeof(*chain->rules));
	for (i = 1; i < n; i++) {
		rule = rule_add(chain);
		layout_rule_byte(rule, (uint8_t)i, true);
		(void)rule_add_statement(rule, RULE_STATEMENT_RETURN);
	}
	(void)rule_add_statement(rule_add(chain), RULE_STATEMENT_MASQUERADE);
}

/*
 * The end of a chain for translated connections that were not masqueraded. A pod that reaches itself must be, or its answer
 * would not come back here (M6), wherever the endpoint is said to be (M7). @cluster_ips: only connections to ClusterIPs
 */
static void layout_maybe_hairpin(struct chain *chain, bool cluster_ips)
{
	struct rule *rule = rule_add(chain);

	layout_rule_byte(rule, 0, false);
	if (cluster_ips)
		rule_add_set(rule, RULE_SELECTOR_CT_ORIGINAL_DADDR, false, LAYOUT_SET_CLUSTER_IPS);
	rule_add_goto(rule, "hairpin");
}

/* Masquerade what the node itself sends. Pod traffic goes first (E20): a bridge's own address may be in the pod CIDR. */
static void layout_masquerade_from_node(struct chain *chain, const struct layout_family *node)
{
	struct rule *rule = rule_add(chain);

	layout_rule_not_pod(rule, node);
	rule_add_fib_local(rule, RULE_SELECTOR_SADDR, false);
	(void)rule_add_statement(rule, RULE_STATEMENT_MASQUERADE);
	layout_maybe_hairpin(chain, false);
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
	struct rule *rule;

	if (!masquerade_all && node->detector == LAYOUT_DETECTOR_NONE)
		return;
	rule = rule_add(chain);
	if (!masquerade_all)
		layout_rule_not_pod(rule, node);
	if (by_interface)
		(void)rule_add_statement(rule, RULE_STATEMENT_MATCH_IIF_KNOWN);
	rule_add_set(rule, RULE_SELECTOR_CT_ORIGINAL_DADDR, false, LAYOUT_SET_CLUSTER_IPS);
	(void)rule_add_statement(rule, RULE_STATEMENT_MASQUERADE);
	if (!by_interface)
		return;
	rule = rule_add(chain);
	layout_rule_not_pod(rule, node);
	rule_add_set(rule, RULE_SELECTOR_CT_ORIGINAL_DADDR, false, LAYOUT_SET_CLUSTER_IPS);
	rule_add_fib_local(rule, RULE_SELECTOR_SADDR, false);
	(void)rule_add_statement(rule, RULE_STATEMENT_MASQUERADE);
}

static void layout_translated_cluster_ip(struct chain *chain, const struct layout_family *node,
					 bool masquerade_all)
{
	layout_masquerade_cluster_ips(chain, node, masquerade_all);
	if (!masquerade_all)
		layout_maybe_hairpin(chain, true);
}

/*
 * Connections to node ports. If they are served on every local address, no match can check that the original destination is local:
 * `fib` looks at the packet, which has its new destination by now. A ClusterIP's port may have the number of a node port, and
 * a ClusterIP may be one of the node's addresses (another proxy's IPVS leaves them so). But it is not the only one.
 */
static void layout_translated_node_port(struct chain *chain, const struct layout_family *node)
{
	struct rule *rule;

	if (!layout_node_has_one_address(node)) {
		rule = rule_add(chain);
		rule_add_set(rule, RULE_SELECTOR_CT_ORIGINAL_DADDR, false, LAYOUT_SET_CLUSTER_IPS);
		rule_add_goto(rule, "translated-cluster-ip");
	}
	layout_sent_to(chain, false, LAYOUT_SET_MASQUERADE_NODEPORTS, RULE_STATEMENT_MASQUERADE, NULL);
	layout_sent_to(chain, false, LAYOUT_SET_NODEPORT_NUMBERS, RULE_STATEMENT_GOTO,
		       "translated-from-node");
}

static void layout_translated_external_service(struct chain *chain, const struct layout_family *node)
{
	layout_sent_to(chain, true, LAYOUT_SET_MASQUERADE_SERVICES, RULE_STATEMENT_MASQUERADE, NULL);
	layout_masquerade_from_node(chain, node);
}

/* How a connection that is not to an external front end goes on. */
static void layout_translated_others(struct chain *chain, const struct layout_family *node)
{
	struct rule *rule;

	if (node->node_ports_everywhere) {
		layout_sent_to(chain, false, LAYOUT_SET_NODEPORT_NUMBERS, RULE_STATEMENT_GOTO,
			       "translated-node-port");
	} else {
		rule = rule_add(chain);
		layout_rule_node_address(rule, RULE_SELECTOR_CT_ORIGINAL_DADDR, node);
		rule_add_goto(rule, "translated-node-port");
	}
	rule_add_goto(rule_add(chain), "translated-cluster-ip");
}

/* An external IP on a node address may have the number of a node port, and is looked up first (P10). */
static void layout_translated_external(struct chain *chain, const struct layout_family *node)
{
	layout_sent_to(chain, true, LAYOUT_SET_EXTERNAL_SERVICES, RULE_STATEMENT_GOTO,
		       "translated-external-service");
	layout_translated_others(chain, node);
}

static void layout_add_learning(struct rule *rule)
{
	layout_rule_if_used(rule, LAYOUT_SET_AFFINITY_ADDRESSES);
	rule_add_set(rule, RULE_SELECTOR_DADDR, false, LAYOUT_SET_AFFINITY_ADDRESSES);
	rule_add_jump(rule, "learning");
}

static void layout_translated(struct chain *chain, const struct layout_family *node)
{
	struct rule *rule = rule_add(chain);

	/* Learning comes first, because a translation ends the hook. */
	layout_add_learning(rule);
	rule = rule_add(chain);
	layout_rule_if_used(rule, LAYOUT_SET_EXTERNAL_ADDRESSES);
	rule_add_set(rule, RULE_SELECTOR_CT_ORIGINAL_DADDR, false, LAYOUT_SET_EXTERNAL_ADDRESSES);
	rule_add_goto(rule, "translated-external");
	if (node->node_ports_everywhere || layout_node_has_one_address(node))
		layout_translated_others(chain, node);
	else
		rule_add_goto(rule_add(chain), "translated-cluster-ip");
}

static void layout_learning_by(struct chain *chain, const struct layout_family *node, bool by_address)
{
	struct rule_statement *s;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(layout_protocols); i++) {
		struct rule *rule = rule_add(chain);

		if (!by_address && !node->node_ports_everywhere)
			layout_rule_node_address(rule, RULE_SELECTOR_CT_ORIGINAL_DADDR, node);
		rule_add_protocol(rule, layout_protocols[i]);
		s = rule_add_statement(rule, RULE_STATEMENT_VMAP);
		layout_rule_select_original(s, by_address);
		s->set = by_address ? LAYOUT_SET_AFFINITY_SERVICES : LAYOUT_SET_AFFINITY_NODEPORTS;
	}
}

/*
 * Lead connections to a Service with session affinity to the learning chain of their front end. A front end without affinity may
 * have the number of a node port that has it: such a connection is not the node port's (P10).
 */
static void layout_learning(struct chain *chain, const struct layout_family *node)
{
	layout_learning_by(chain, node, true);
	layout_sent_to(chain, true, LAYOUT_SET_CLUSTER_IP_PORTS, RULE_STATEMENT_RETURN, NULL);
	layout_sent_to(chain, true, LAYOUT_SET_EXTERNAL_SERVICES, RULE_STATEMENT_RETURN, NULL);
	layout_learning_by(chain, node, false);
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
 * For connections to a ClusterIP without a verdict, or with a verdict whose endpoint was missed (see lb_chain_build()): kernels
 * up to 6.1 can miss an element while it is being replaced. So a packet to a known front end is dropped, and
 * the client sends it again; a reject would end the connection.
 */
static void layout_unused(struct chain *chain)
{
	struct rule *rule = rule_add(chain);

	layout_rule_frontend(rule, true, false, LAYOUT_SET_CLUSTER_IP_PORTS);
	(void)rule_add_statement(rule, RULE_STATEMENT_DROP);
	rule_add_goto(rule_add(chain), LAYOUT_CHAIN_NO_ENDPOINTS);
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

static struct chain *layout_base_chain(struct chain *chains, size_t *n, enum family table, const char *name,
				       enum rule_hook hook, int32_t priority, struct arena *arena)
{
	struct chain *chain = layout_chain(chains, n, table, name, arena);

	chain->hook = hook;
	chain->priority = priority;
	(void)snprintf(chain->comment, sizeof(chain->comment), "%s", LAYOUT_VERSION);
	return chain;
}

/* Packets to other addresses than those of the ranges need no look-up in services. */
static void layout_services(struct chain *chain, const struct layout_family *node)
{
	size_t i, n = node->ranges_change ? 0 : layout_node_n_ranges(node);
	struct rule *rule;

	for (i = 0; i < n; i++) {
		rule = rule_add(chain);
		rule_add_cidr(rule, RULE_SELECTOR_DADDR, false, &node->service_cidrs[i]);
		layout_rule_vmap(rule, true, LAYOUT_SET_SERVICES);
	}
	if (!n)
		layout_rule_vmap(rule_add(chain), true, LAYOUT_SET_SERVICES);
}

/* Rules in prerouting and output themselves: most packets need no other. */
static void layout_destination(struct chain *chain, const struct layout_family *node)
{
	struct rule *rule;

	layout_services(chain, node);
	rule = rule_add(chain);
	layout_rule_if_used(rule, LAYOUT_SET_EXTERNAL_ADDRESSES);
	rule_add_set(rule, RULE_SELECTOR_DADDR, false, LAYOUT_SET_EXTERNAL_ADDRESSES);
	rule_add_jump(rule, "external");
	/*
	 * The only address is not in external-addresses, so packets to node ports do not pass `external`. They come after it: an
	 * external IP on this address may have the number of a node port, and is looked up first (P10).
	 */
	if (layout_node_has_one_address(node)) {
		rule = rule_add(chain);
		layout_rule_node_address(rule, RULE_SELECTOR_DADDR, node);
		rule_add_goto(rule, "node-ports");
	}
	if (!node->node_ports_everywhere)
		return;
	rule = rule_add(chain);
	layout_rule_frontend(rule, false, false, LAYOUT_SET_NODEPORT_NUMBERS);
	layout_rule_to_local_address(rule, chain->table);
	rule_add_jump(rule, "node-ports");
}

static void layout_source(struct chain *chain, const char *target)
{
	struct rule *rule = rule_add(chain);

	(void)rule_add_statement(rule, RULE_STATEMENT_MATCH_CT_DNAT);
	if (target)
		rule_add_jump(rule, target);
	else
		layout_add_learning(rule);
}

/*
 * After every other table's DNAT at the usual priority: the kernel calls no further nat chain once one has
 * translated, so connections that another proxy serves in the same ranges do not get here (U8). What arrives for an address of
 * the node itself is let in (U1), and so is what the node sends to its own address in a range (C18); `fib` comes last, because it
 * costs most.
 *
 * A reset that refuses a connection passes output, too. Its destination, the client, may be in a range, or have an address that is a
 * Service's (C17). It belongs to the connection that it refuses, so its state is not new.
 */
static void layout_unused_base(struct chain *chain, const struct layout_family *node, struct arena *arena)
{
	struct rule *rule;
	bool arrives = chain->hook == RULE_HOOK_PREROUTING;
	size_t i;

	chain->rules = arena_array(arena, 1 + node->n_service_cidrs, sizeof(*chain->rules));
	rule = rule_add(chain);
	rule_add_set(rule, RULE_SELECTOR_DADDR, false, LAYOUT_SET_CLUSTER_IPS);
	if (arrives)
		rule_add_fib_local(rule, RULE_SELECTOR_DADDR, true);
	else
		(void)rule_add_statement(rule, RULE_STATEMENT_MATCH_CT_NEW);
	rule_add_goto(rule, "unused");
	for (i = 0; i < node->n_service_cidrs; i++) {
		rule = rule_add(chain);
		rule_add_cidr(rule, RULE_SELECTOR_DADDR, false, &node->service_cidrs[i]);
		if (!arrives)
			(void)rule_add_statement(rule, RULE_STATEMENT_MATCH_CT_NEW);
		rule_add_fib_local(rule, RULE_SELECTOR_DADDR, true);
		(void)rule_add_statement(rule, RULE_STATEMENT_DROP);
	}
}

/* A chain comes after those that it leads to. */
static void layout_chains(struct chain *chains, size_t *n, enum family t, const struct layout_family *f,
			  bool masquerade_all, struct arena *arena)
{
	size_t i;

	layout_no_endpoints(layout_chain(chains, n, t, LAYOUT_CHAIN_NO_ENDPOINTS, arena));
	for (i = 0; i < LB_CHAIN_MISSED_MAX; i++)
		lb_chain_build_missed(t, i, arena, &chains[(*n)++]);
	layout_outside(layout_chain(chains, n, t, "external-services-outside", arena), true);
	layout_external_services(layout_chain(chains, n, t, "external-services", arena), f);
	layout_outside(layout_chain(chains, n, t, "node-ports-outside", arena), false);
	layout_node_ports(layout_chain(chains, n, t, "node-ports", arena), f);
	layout_external(layout_chain(chains, n, t, "external", arena), f);
	layout_learning(layout_chain(chains, n, t, "learning", arena), f);
	layout_hairpin(layout_chain(chains, n, t, "hairpin", arena), arena);
	layout_translated_cluster_ip(layout_chain(chains, n, t, "translated-cluster-ip", arena), f,
				     masquerade_all);
	layout_masquerade_from_node(layout_chain(chains, n, t, "translated-from-node", arena), f);
	layout_translated_node_port(layout_chain(chains, n, t, "translated-node-port", arena), f);
	layout_translated_external_service(layout_chain(chains, n, t, "translated-external-service", arena),
					   f);
	layout_translated_external(layout_chain(chains, n, t, "translated-external", arena), f);
	layout_translated(layout_chain(chains, n, t, "translated", arena), f);
	layout_unused(layout_chain(chains, n, t, "unused", arena));
}

static void layout_base_chains(struct chain *chains, size_t *n, enum family t, const struct layout_family *f,
			       struct arena *arena)
{
	layout_destination(layout_base_chain(chains, n, t, LAYOUT_CHAIN_PREROUTING, RULE_HOOK_PREROUTING,
					     LAYOUT_PRIORITY_DSTNAT, arena),
			   f);
	layout_destination(
		layout_base_chain(chains, n, t, "output", RULE_HOOK_OUTPUT, LAYOUT_PRIORITY_DSTNAT, arena),
		f);
	layout_source(
		layout_base_chain(chains, n, t, "input", RULE_HOOK_INPUT, LAYOUT_PRIORITY_SRCNAT, arena),
		NULL);
	layout_source(layout_base_chain(chains, n, t, "postrouting", RULE_HOOK_POSTROUTING,
					LAYOUT_PRIORITY_SRCNAT, arena),
		      "translated");
	layout_unused_base(layout_base_chain(chains, n, t, "unused-prerouting", RULE_HOOK_PREROUTING,
					     LAYOUT_PRIORITY_UNUSED, arena),
			   f, arena);
	layout_unused_base(layout_base_chain(chains, n, t, "unused-output", RULE_HOOK_OUTPUT,
					     LAYOUT_PRIORITY_UNUSED, arena),
			   f, arena);
}

void layout_skeleton(const struct layout_node *node, struct arena *arena, struct skeleton *ret)
{
	struct chain *chains = arena_array(arena, LAYOUT_CHAINS_MAX * _FAMILY_MAX, sizeof(*chains));
	int family;
	size_t n = 0;

	for (family = 0; family < _FAMILY_MAX; family++) {
		if (!node->family[family].enabled)
			continue;
		layout_chains(chains, &n, family, &node->family[family], node->masquerade_all, arena);
		layout_base_chains(chains, &n, family, &node->family[family], arena);
	}
	*ret = (struct skeleton){
		.table_name = LAYOUT_TABLE_NAME,
		.family_enabled = { node->family[FAMILY_IPV4].enabled, node->family[FAMILY_IPV6].enabled },
		.n_sets = _LAYOUT_SET_MAX,
		.sets = layout_sets(),
		.n_chains = n,
		.chains = chains,
	};
}
