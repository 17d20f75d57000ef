/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "lib/cpu.h"
#include "render/port_chains.h"
#include "render/service_elements.h"

#define ADDRESSES 12

static struct port_chains make(const char *namespace, const char *name, const char *port, uint8_t protocol)
{
	const struct plan plan = { .service = { namespace, name } };
	const struct frontend frontend = {
		.addr = { .family = FAMILY_IPV4 },
		.port_name = port,
		.protocol = protocol,
		.affinity_timeout_s = 600,
	};
	struct port_chains chains;

	port_chains_init(&chains, &plan, &frontend);
	return chains;
}

/* A1, A7: the identity belongs to the Service port, and depends on each part of its name. */
static void test_identity(void **state)
{
	const struct port_chains base = make("shop", "cart", "http", PROTOCOL_TCP);
	const struct port_chains same = make("shop", "cart", "http", PROTOCOL_TCP);
	const struct port_chains others[] = {
		make("shop2", "cart", "http", PROTOCOL_TCP), make("shop", "car", "http", PROTOCOL_TCP),
		make("shop", "cart", "https", PROTOCOL_TCP), make("shop", "cart", "http", PROTOCOL_UDP),
		make("shop", "cart", "", PROTOCOL_TCP),
	};
	size_t i;

	(void)state;
	assert_int_equal(strlen(base.id), PORT_CHAINS_ID_SIZE - 1);
	assert_int_equal(port_chains_cmp(&base, &same), 0);
	for (i = 0; i < sizeof(others) / sizeof(*others); i++)
		assert_int_not_equal(port_chains_cmp(&base, &others[i]), 0);
	assert_string_equal(base.owner, "shop/cart:http");
	assert_string_equal(others[4].owner, "shop/cart");
}

/* A comment ends at a quote, which names in manifests may have. */
static void test_owner_is_printable(void **state)
{
	char name[300];
	struct port_chains chains = make("a\"b", "c\\d\n", "\x80 ", PROTOCOL_TCP);

	(void)state;
	assert_string_equal(chains.owner, "a?b/c?d?:??");
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	chains = make(name, name, name, PROTOCOL_TCP);
	assert_int_equal(strlen(chains.owner), RULE_COMMENT_MAX);
}

/* Names fit into their fields, and no other name is taken for one of ours. */
static void test_names(void **state)
{
	struct port_chains chains = make("shop", "cart", "http", PROTOCOL_TCP);
	char name[RULE_NAME_MAX + 1], id[PORT_CHAINS_ID_SIZE];
	struct client_map map;
	enum port_chain found;
	int which;

	(void)state;
	for (which = 0; which < _PORT_CHAIN_MAX; which++) {
		port_chains_name(&chains, which, name);
		assert_true(strlen(name) <= SET_DATA_SIZE_MAX - 2);
		assert_true(port_chains_parse(name, &found, id));
		assert_int_equal(found, which);
		assert_string_equal(id, chains.id);
		name[strlen(name) - 1] = '1';
		assert_false(port_chains_names(name));
		name[strlen(name) - 1] = '\0';
		assert_false(port_chains_names(name));
	}
	assert_false(port_chains_names("lb-tcp-1"));
	assert_false(port_chains_names("learning"));
	assert_true(port_chains_client_map(&chains, &map));
	assert_int_equal(strncmp(map.name, "clients-", 8), 0);
	chains.timeout_s = 0;
	assert_false(port_chains_client_map(&chains, &map));
}

/* A map that one port fills is shared by few others, and nobody can choose whose it is: names go through a hash. */
static void test_client_maps(void **state)
{
	static const char digits[] = "0123456789abcdef";
	unsigned int n[16][16] = { 0 }, i, j;

	(void)state;
	for (i = 0; i < 6400; i++) {
		char name[20];
		struct port_chains chains;
		struct client_map map;

		(void)snprintf(name, sizeof(name), "svc-%u", i);
		chains = make("ns", name, "http", PROTOCOL_TCP);
		assert_true(port_chains_client_map(&chains, &map));
		assert_int_equal(strlen(map.name), strlen("clients-00"));
		for (j = 8; j < 10; j++)
			assert_non_null(strchr(digits, map.name[j]));
		n[strchr(digits, map.name[8]) - digits][strchr(digits, map.name[9]) - digits]++;
	}
	for (i = 0; i < 4; i++)
		for (j = 0; j < 16; j++)
			assert_in_range(n[i][j], 50, 150);
}

/* The keys of a port's lists follow from its identity, and differ from each other and from those of other ports. */
static void test_list_keys(void **state)
{
	const struct port_chains a = make("shop", "cart", "http", PROTOCOL_TCP);
	const struct port_chains b = make("shop", "cart", "https", PROTOCOL_TCP);
	struct set_list_key cluster, local, again, other;
	struct element e;

	(void)state;
	port_chains_list_key(&a, PLAN_LIST_CLUSTER, &cluster);
	port_chains_list_key(&a, PLAN_LIST_CLUSTER, &again);
	port_chains_list_key(&a, PLAN_LIST_LOCAL, &local);
	port_chains_list_key(&b, PLAN_LIST_CLUSTER, &other);
	assert_memory_equal(&cluster, &again, sizeof(cluster));
	assert_memory_not_equal(&cluster, &local, sizeof(cluster));
	assert_memory_not_equal(&cluster, &other, sizeof(cluster));
	assert_true(cluster.words[0] >> 31 && cluster.words[1] >> 31);
	set_element_init(&e, FAMILY_IPV4, LAYOUT_SET_AFFINITY_ENDPOINTS);
	set_key_list(&e, &local);
	assert_int_equal(port_chains_list_of(&e), PLAN_LIST_LOCAL);
	set_element_init(&e, FAMILY_IPV4, LAYOUT_SET_AFFINITY_ENDPOINTS);
	set_key_list(&e, &cluster);
	assert_int_equal(port_chains_list_of(&e), PLAN_LIST_CLUSTER);
	assert_in_range(port_chains_set(&a), LAYOUT_SET_POOLS, LAYOUT_SET_POOLS + LAYOUT_POOLS - 1);
}

static void test_what_it_has(void **state)
{
	struct port_chains chains = make("shop", "cart", "http", PROTOCOL_TCP), other;
	struct arena *arena = arena_new();
	struct chain chain;
	struct lb_chain lb;

	(void)state;
	assert_false(port_chains_has(&chains, PORT_CHAIN_LEARN));
	chains.n[PORT_CHAIN_NODEPORT_LOCAL] = 3;
	assert_true(port_chains_has(&chains, PORT_CHAIN_LEARN));
	assert_true(port_chains_has_lb(&chains, PORT_CHAIN_NODEPORT_LOCAL, &lb));
	port_chains_build(&chains, PORT_CHAIN_NODEPORT_LOCAL, arena, &chain);
	assert_int_equal(chain.n_rules, 2);
	assert_string_equal(chain.rules[1].statements[0].chain, "nodeport-local-tcp-3");
	assert_string_equal(chain.comment, "shop/cart:http");
	/* A rule for removed endpoints, and one for each of the two lists. */
	port_chains_build(&chains, PORT_CHAIN_LEARN, arena, &chain);
	assert_int_equal(chain.n_rules, 3);
	assert_int_equal(chain.rules[0].statements[2].kind, RULE_STATEMENT_DROP);
	assert_int_equal(chain.rules[1].statements[2].timeout_s, 600);
	/* A8: another timeout changes only learning chains; another number of endpoints only target chains. */
	other = chains;
	other.timeout_s = 60;
	assert_true(port_chains_same(&chains, &other, PORT_CHAIN_NODEPORT_LOCAL));
	assert_false(port_chains_same(&chains, &other, PORT_CHAIN_LEARN));
	other = chains;
	other.n[PORT_CHAIN_NODEPORT_LOCAL] = 4;
	assert_false(port_chains_same(&chains, &other, PORT_CHAIN_NODEPORT_LOCAL));
	assert_true(port_chains_same(&chains, &other, PORT_CHAIN_LEARN));
	arena_free(arena);
}

/* A list of its own: the client's endpoint first, if there is affinity, then as in a lb chain. */
static void test_pool_chain(void **state)
{
	struct port_chains chains = make("shop", "cart", "http", PROTOCOL_TCP), other;
	struct arena *arena = arena_new();
	struct chain chain;
	struct lb_chain lb;

	(void)state;
	chains.n[PORT_CHAIN_POOL] = 3;
	assert_false(port_chains_has_lb(&chains, PORT_CHAIN_POOL, &lb));
	port_chains_build(&chains, PORT_CHAIN_POOL, arena, &chain);
	assert_int_equal(chain.n_rules, 5);
	assert_int_equal(chain.rules[0].statements[1].kind, RULE_STATEMENT_DNAT_CLIENT);
	assert_int_equal(chain.rules[1].statements[1].modulus, 3);
	assert_int_equal(chain.rules[3].statements[1].modulus, 1);
	other = chains;
	other.timeout_s = 0;
	assert_false(port_chains_same(&chains, &other, PORT_CHAIN_POOL));
	assert_false(port_chains_has(&other, PORT_CHAIN_LEARN));
	port_chains_build(&other, PORT_CHAIN_POOL, arena, &chain);
	assert_int_equal(chain.n_rules, 4);
	arena_free(arena);
}

/* A6: the endpoint is not in the list. Of a client with only one part, this part must be in the list. */
static void test_stale(void **state)
{
	struct pool_endpoint endpoints[2] = { { .port = 8080 }, { .port = 8080 } };
	const struct pool pool = { .n_endpoints = 2, .endpoints = endpoints }, empty = { .n_endpoints = 0 };
	struct client client = { .has_addr = true, .has_port = true, .port = 8080 };

	(void)state;
	assert_true(addr_parse("10.0.0.1", &endpoints[0].addr) && addr_parse("10.0.0.3", &endpoints[1].addr));
	client.addr = endpoints[1].addr;
	assert_false(port_chains_is_stale(&pool, &client));
	assert_true(port_chains_is_stale(&empty, &client));
	assert_true(port_chains_is_stale(NULL, &client));
	client.port = 8081;
	assert_true(port_chains_is_stale(&pool, &client));
	client.has_addr = false;
	assert_true(port_chains_is_stale(&pool, &client));
	client.port = 8080;
	assert_false(port_chains_is_stale(&pool, &client));
	client.has_addr = true;
	client.has_port = false;
	assert_false(port_chains_is_stale(&pool, &client));
	assert_true(port_chains_is_stale(&empty, &client));
	assert_true(addr_parse("10.0.0.2", &client.addr));
	assert_true(port_chains_is_stale(&pool, &client));
	client.has_port = true;
	assert_true(port_chains_is_stale(&pool, &client));
}

/* The same if the endpoint is in the list, but has no slot. */
static void test_stale_without_slot(void **state)
{
	static const uint32_t slots[] = { 1, 1, 1, 2 };
	struct pool_endpoint endpoints[3] = { { .port = 8080 }, { .port = 8081 }, { .port = 8082 } };
	const struct pool pool = { .n_endpoints = 3, .endpoints = endpoints, .n_slots = 4, .slots = slots };
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	const struct pool *in_use;
	struct client client;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++)
		endpoints[i].addr = (struct addr){ .family = FAMILY_IPV4, .bytes = { 10, 0, 0, (uint8_t)i } };
	in_use = plan_in_use(&pool, arena);
	for (i = 0; i < 3; i++) {
		client = (struct client){ .has_addr = true,
					  .has_port = true,
					  .addr = endpoints[i].addr,
					  .port = endpoints[i].port };
		assert_int_equal(port_chains_is_stale(in_use, &client), i == 0);
		client.has_port = false;
		assert_int_equal(port_chains_is_stale(in_use, &client), i == 0);
		client.has_port = true;
		client.has_addr = false;
		assert_int_equal(port_chains_is_stale(in_use, &client), i == 0);
	}
}

/* A Service with session affinity, with @n ports on ADDRESSES addresses. */
static void run_ports(size_t n)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	const struct pool_endpoint endpoint = { .addr = { .family = FAMILY_IPV4 }, .port = 80 };
	struct pool pool = { .n_endpoints = 1, .endpoints = &endpoint };
	struct frontend *frontends = arena_array(arena, n * ADDRESSES, sizeof(*frontends));
	struct plan plan = { .service = { "ns", "svc" },
			     .n_frontends = n * ADDRESSES,
			     .frontends = frontends,
			     .n_pools = 1,
			     .pools = &pool };
	struct service_elements elements;
	size_t i;

	for (i = 0; i < n * ADDRESSES; i++)
		frontends[i] = (struct frontend){ .addr = { .family = FAMILY_IPV4,
							    .bytes = { 10, 0, 0, (uint8_t)(i / n) } },
						  .protocol = PROTOCOL_TCP,
						  .port = (uint16_t)(i % n + 1),
						  .port_name = arena_printf(arena, "p%zu", i % n),
						  .affinity_timeout_s = 10,
						  .target = { .verdict = PLAN_VERDICT_POOL } };
	service_elements_of_plan(&plan, NULL, NULL, arena, &elements);
	assert_int_equal(elements.n_ports, n);
}

static void test_cost(void **state)
{
	(void)state;
	assert_linear(run_ports, 250);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_owner_is_printable),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_client_maps),
		cmocka_unit_test(test_list_keys),
		cmocka_unit_test(test_pool_chain),
		cmocka_unit_test(test_what_it_has),
		cmocka_unit_test(test_stale),
		cmocka_unit_test(test_stale_without_slot),
		cmocka_unit_test(test_cost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
