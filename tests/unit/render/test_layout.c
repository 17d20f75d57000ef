/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "render/layout.h"
#include "render/lb_chain.h"
#include "render/service_elements.h"
#include "ruleset/image.h"

static const uint8_t protocols[] = { PROTOCOL_TCP, PROTOCOL_UDP, PROTOCOL_SCTP };

static void test_lb_names(void **state)
{
	static const uint32_t counts[] = { 1, 2, 10, 999, 20000 };
	struct lb_chain lb = { .table = FAMILY_IPV6 }, got;
	char name[RULE_NAME_MAX + 1];
	size_t i, k;

	(void)state;
	for (lb.kind = 0; lb.kind < _LB_CHAIN_KIND_MAX; lb.kind++)
		for (i = 0; i < ARRAY_SIZE(protocols); i++)
			for (k = 0; k < ARRAY_SIZE(counts); k++) {
				lb.protocol = protocols[i];
				lb.n_slots = counts[k];
				lb_chain_name(&lb, name);
				/* The name must fit into the data of a verdict element. */
				assert_true(strlen(name) <= SET_DATA_SIZE_MAX - 2);
				assert_true(lb_chain_parse(FAMILY_IPV6, name, &got));
				assert_memory_equal(&got, &lb, sizeof(lb));
				assert_int_equal(lb_chain_cmp(&got, &lb), 0);
			}
	lb = (struct lb_chain){ .kind = LB_CHAIN_KIND_NODEPORT_LOCAL,
				.protocol = PROTOCOL_UDP,
				.n_slots = 3 };
	lb_chain_name(&lb, name);
	assert_string_equal(name, "nodeport-local-udp-3");
}

static void test_other_names(void **state)
{
	static const char *const names[] = {
		"",	     "dispatch",     "lb-tcp-",	  "lb-tcp-0", "lb-tcp-01",
		"lb-tcp--1", "lb-tcp-1x",    "lb-icmp-1", "lb-1",     "lb-tcp-99999999",
		"lb--tcp-1", "no-endpoints", "lb-tcp-+1", "-1",	      "lb-tcp-1 "
	};
	struct lb_chain lb;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(names); i++)
		assert_false(lb_chain_parse(FAMILY_IPV4, names[i], &lb));
}

static void set_detector(struct layout_family *family, enum family which, enum layout_detector detector)
{
	family->detector = detector;
	if (detector == LAYOUT_DETECTOR_CIDR)
		assert_true(cidr_parse(which == FAMILY_IPV4 ? "10.244.0.0/16" : "fd00:244::/56",
				       &family->pod_cidr));
	if (detector == LAYOUT_DETECTOR_BRIDGE || detector == LAYOUT_DETECTOR_INTERFACE_PREFIX)
		memcpy(family->interface, "cni0", 5);
}

/* The longest and the shortest list of ServiceCIDRs. */
static void set_service_cidrs(struct layout_family *family, size_t n, struct arena *arena)
{
	struct cidr *cidrs = arena_array(arena, n, sizeof(*cidrs));
	size_t i;

	for (i = 0; i < n; i++)
		assert_true(cidr_parse(i % 2 ? "10.96.0.0/16" : "10.97.0.0/16", &cidrs[i]));
	family->service_cidrs = cidrs;
	family->n_service_cidrs = n;
}

static void test_unused(void **state)
{
	static const size_t counts[] = { 0, 1, 256 };
	struct layout_node node = { .family[FAMILY_IPV4].enabled = true };
	size_t i, k;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		struct arena *arena = arena_new();
		struct skeleton skeleton;

		set_service_cidrs(&node.family[FAMILY_IPV4], counts[i], arena);
		layout_skeleton(&node, arena, &skeleton);
		for (k = 0; k < skeleton.n_chains; k++)
			if (strcmp(skeleton.chains[k].name, "unused-output") == 0)
				break;
		assert_true(k < skeleton.n_chains);
		assert_int_equal(skeleton.chains[k].n_rules, 1 + counts[i]);
		arena_free(arena);
	}
}

/* The rules of @chain that look packets up in services: with a comparison before it, or without. */
static void count_services_rules(const struct layout_node *node, const char *chain, size_t *ret_compared,
				 size_t *ret_others)
{
	struct arena *arena = arena_new();
	struct skeleton skeleton;
	const struct rule *rule;
	size_t i, k;

	*ret_compared = *ret_others = 0;
	layout_skeleton(node, arena, &skeleton);
	for (i = 0; i < skeleton.n_chains; i++)
		for (k = 0; k < skeleton.chains[i].n_rules; k++) {
			rule = &skeleton.chains[i].rules[k];
			if (strcmp(skeleton.chains[i].name, chain) != 0 ||
			    rule->statements[rule->n_statements - 1].kind != RULE_STATEMENT_VMAP ||
			    rule->statements[rule->n_statements - 1].set != LAYOUT_SET_SERVICES)
				continue;
			if (rule->statements[0].kind == RULE_STATEMENT_MATCH_CIDR)
				++*ret_compared;
			else
				++*ret_others;
		}
	arena_free(arena);
}

/* With one range or two, the base chains compare before they ask services. With others, and while these change, they ask for all. */
static void test_ranges(void **state)
{
	static const size_t counts[] = { 0, 1, 2, 3, 256 }, expected[] = { 0, 1, 2, 0, 0 };
	static const char *const chains[] = { "prerouting", "output" };
	struct layout_node node = { .family[FAMILY_IPV4].enabled = true };
	struct layout_family *family = &node.family[FAMILY_IPV4];
	struct arena *arena = arena_new();
	size_t i, k, n_compared, n_others;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		set_service_cidrs(family, counts[i], arena);
		assert_int_equal(layout_node_n_ranges(family), expected[i]);
		for (k = 0; k < ARRAY_SIZE(chains); k++) {
			family->ranges_change = false;
			count_services_rules(&node, chains[k], &n_compared, &n_others);
			assert_int_equal(n_compared, expected[i]);
			assert_int_equal(n_others, !expected[i]);
			family->ranges_change = true;
			count_services_rules(&node, chains[k], &n_compared, &n_others);
			assert_int_equal(n_compared, 0);
			assert_int_equal(n_others, 1);
		}
	}
	arena_free(arena);
}

/* The match in the rule of @chain that leads to node-ports; RULE_STATEMENT_DROP if there is none. */
static enum rule_statement_kind node_address_match(const struct layout_node *node, const char *chain)
{
	enum rule_statement_kind kind = RULE_STATEMENT_DROP;
	struct arena *arena = arena_new();
	struct skeleton skeleton;
	const struct rule *rule;
	size_t i, k;

	layout_skeleton(node, arena, &skeleton);
	for (i = 0; i < skeleton.n_chains; i++)
		for (k = 0; k < skeleton.chains[i].n_rules; k++) {
			rule = &skeleton.chains[i].rules[k];
			if (strcmp(skeleton.chains[i].name, chain) == 0 &&
			    strcmp(rule->statements[rule->n_statements - 1].chain, "node-ports") == 0)
				kind = rule->statements[0].kind;
		}
	arena_free(arena);
	return kind;
}

static void expect_node_addresses(const struct layout_node *node, enum rule_statement_kind in_base_chains,
				  enum rule_statement_kind in_external)
{
	assert_int_equal(node_address_match(node, "prerouting"), in_base_chains);
	assert_int_equal(node_address_match(node, "output"), in_base_chains);
	assert_int_equal(node_address_match(node, "external"), in_external);
}

/* How many addresses among external-addresses are of the node itself. */
static size_t n_external_addresses(const struct layout_node *node, const struct addr *addresses, size_t n)
{
	struct arena *arena = arena_new();
	struct service_elements elements;
	size_t i, found = 0, n_served = 0;

	service_elements_of_node(node, addresses, n, arena, &elements);
	for (i = 0; i < elements.n; i++) {
		found += elements.elements[i].set == LAYOUT_SET_EXTERNAL_ADDRESSES;
		n_served += elements.elements[i].set == LAYOUT_SET_NODEPORT_ADDRESSES;
	}
	assert_int_equal(n_served, n);
	arena_free(arena);
	return found;
}

/*
 * If one address of the family serves node ports, the base chains and `external` compare with it; if there are more or none,
 * `external` asks the set.
 */
static void test_node_addresses(void **state)
{
	static const struct addr addresses[] = {
		{ .family = FAMILY_IPV6, .bytes = { 0x20, 0x01 } },
		{ .family = FAMILY_IPV4, .bytes = { 192, 0, 2, 1 } },
		{ .family = FAMILY_IPV4, .bytes = { 192, 0, 2, 2 } },
	};
	struct layout_node node = { .family[FAMILY_IPV4].enabled = true };

	(void)state;
	layout_node_count_addresses(&node, addresses, 1);
	expect_node_addresses(&node, RULE_STATEMENT_DROP, RULE_STATEMENT_MATCH_SET);
	assert_int_equal(n_external_addresses(&node, addresses, 1), 0);
	layout_node_count_addresses(&node, addresses, 2);
	expect_node_addresses(&node, RULE_STATEMENT_MATCH_CIDR, RULE_STATEMENT_MATCH_CIDR);
	assert_int_equal(n_external_addresses(&node, addresses, 2), 0);
	assert_true(addr_equal(&node.family[FAMILY_IPV4].node_port_address, &addresses[1]));
	layout_node_count_addresses(&node, addresses, 3);
	expect_node_addresses(&node, RULE_STATEMENT_DROP, RULE_STATEMENT_MATCH_SET);
	assert_int_equal(n_external_addresses(&node, addresses, 3), 2);
	layout_node_count_addresses(&node, addresses, 0);
	expect_node_addresses(&node, RULE_STATEMENT_DROP, RULE_STATEMENT_MATCH_SET);
}

/* A kernel would accept every skeleton and every kind of shared chain. */
static void load(const struct layout_node *node)
{
	struct arena *arena = arena_new();
	struct image *image = image_new();
	struct skeleton skeleton;
	struct changes changes;
	struct err err = { 0 };
	struct lb_chain lb = { .n_slots = 7 };
	size_t i, f;

	layout_skeleton(node, arena, &skeleton);
	change_init(&changes, &skeleton);
	for (f = 0; f < _FAMILY_MAX; f++)
		if (skeleton.family_enabled[f])
			change_add_table(&changes, CHANGE_OP_TABLE_ADD, f);
	for (i = 0; i < skeleton.n_chains; i++)
		change_add_chain(&changes, CHANGE_OP_CHAIN_ADD, SERVICE_NAME_NONE, &skeleton.chains[i]);
	for (f = 0; f < _FAMILY_MAX; f++)
		for (lb.kind = 0; skeleton.family_enabled[f] && lb.kind < _LB_CHAIN_KIND_MAX; lb.kind++)
			for (i = 0; i < ARRAY_SIZE(protocols); i++) {
				struct chain *chain = arena_alloc(arena, sizeof(*chain));

				lb.table = (uint8_t)f;
				lb.protocol = protocols[i];
				lb_chain_build(&lb, arena, chain);
				change_add_chain(&changes, CHANGE_OP_CHAIN_ADD, SERVICE_NAME_NONE, chain);
			}
	change_finish(&changes);
	if (image_apply(image, &changes, &err))
		fail_msg("%s", err.text);
	for (f = 0; f < _FAMILY_MAX; f++) {
		bool enabled = node->family[f].enabled;

		assert_int_equal(image_has_table(image, f), enabled);
		assert_int_equal(!!image_each_base_chain(image, f, RULE_HOOK_PREROUTING, NULL), enabled);
		assert_int_equal(!!image_each_base_chain(image, f, RULE_HOOK_OUTPUT, NULL), enabled);
		assert_int_equal(!!image_each_base_chain(image, f, RULE_HOOK_POSTROUTING, NULL), enabled);
	}
	change_done(&changes);
	image_free(image);
	arena_free(arena);
}

static void test_skeletons(void **state)
{
	struct layout_node node;
	enum layout_detector detector;
	int bits, f;

	(void)state;
	for (detector = 0; detector <= LAYOUT_DETECTOR_INTERFACE_PREFIX; detector++)
		for (bits = 0; bits < 32; bits++) {
			node = (struct layout_node){ .masquerade_all = bits & 1 };
			for (f = 0; f < _FAMILY_MAX; f++) {
				node.family[f].enabled = bits & (f ? 4 : 8);
				node.family[f].node_ports_everywhere = bits & 2;
				node.family[f].n_node_port_addresses = bits & 16 ? 1 : 0;
				node.family[f].node_port_address.family = (uint8_t)f;
				set_detector(&node.family[f], f, detector);
			}
			load(&node);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lb_names),    cmocka_unit_test(test_unused),
		cmocka_unit_test(test_other_names), cmocka_unit_test(test_node_addresses),
		cmocka_unit_test(test_skeletons),   cmocka_unit_test(test_ranges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
