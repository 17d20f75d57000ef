/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "lib/cpu.h"
#include "render/affinity.h"
#include "render/service_elements.h"

#define ADDRESSES 12

static struct affinity make(const char *namespace, const char *name, const char *port, uint8_t protocol)
{
	const struct plan plan = { .service = { namespace, name } };
	const struct frontend frontend = {
		.addr = { .family = FAMILY_IPV4 },
		.port_name = port,
		.protocol = protocol,
		.affinity_timeout_s = 600,
	};
	struct affinity affinity;

	affinity_init(&affinity, &plan, &frontend);
	return affinity;
}

/* A1, A7: the identity belongs to the Service port, and depends on each part of its name. */
static void test_identity(void **state)
{
	const struct affinity base = make("shop", "cart", "http", PROTOCOL_TCP);
	const struct affinity same = make("shop", "cart", "http", PROTOCOL_TCP);
	const struct affinity others[] = {
		make("shop2", "cart", "http", PROTOCOL_TCP), make("shop", "car", "http", PROTOCOL_TCP),
		make("shop", "cart", "https", PROTOCOL_TCP), make("shop", "cart", "http", PROTOCOL_UDP),
		make("shop", "cart", "", PROTOCOL_TCP),
	};
	size_t i;

	(void)state;
	assert_int_equal(strlen(base.id), AFFINITY_ID_SIZE - 1);
	assert_int_equal(affinity_cmp(&base, &same), 0);
	for (i = 0; i < sizeof(others) / sizeof(*others); i++)
		assert_int_not_equal(affinity_cmp(&base, &others[i]), 0);
	assert_string_equal(base.owner, "shop/cart:http");
	assert_string_equal(others[4].owner, "shop/cart");
}

/* A comment ends at a quote, which names in manifests may have. */
static void test_owner_is_printable(void **state)
{
	char name[300];
	struct affinity affinity = make("a\"b", "c\\d\n", "\x80 ", PROTOCOL_TCP);

	(void)state;
	assert_string_equal(affinity.owner, "a?b/c?d?:??");
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	affinity = make(name, name, name, PROTOCOL_TCP);
	assert_int_equal(strlen(affinity.owner), CLIENT_MAP_COMMENT_MAX);
}

/* Names fit into their fields, and no other name is taken for one of ours. */
static void test_names(void **state)
{
	struct affinity affinity = make("shop", "cart", "http", PROTOCOL_TCP);
	char name[RULE_NAME_MAX + 1];
	struct client_map map;
	int which;

	(void)state;
	for (which = 0; which < _AFFINITY_CHAIN_MAX; which++) {
		affinity_chain_name(&affinity, which, name);
		assert_string_equal(name + strlen(name) - strlen(affinity.id), affinity.id);
		assert_true(strlen(name) <= SET_DATA_SIZE_MAX - 2);
		assert_true(affinity_names_chain(name));
		name[strlen(name) - 1] = '1';
		assert_false(affinity_names_chain(name));
		name[strlen(name) - 1] = '\0';
		assert_false(affinity_names_chain(name));
	}
	assert_false(affinity_names_chain("lb-tcp-1"));
	assert_false(affinity_names_chain("learning"));
	affinity_map(&affinity, PLAN_LIST_LOCAL, &map);
	assert_string_equal(map.name + strlen(map.name) - strlen(affinity.id), affinity.id);
	assert_string_equal(map.comment, "shop/cart:http");
}

static void test_what_it_has(void **state)
{
	struct affinity affinity = make("shop", "cart", "http", PROTOCOL_TCP), other;
	struct arena *arena = arena_new();
	struct chain chain;

	(void)state;
	assert_false(affinity_has_map(&affinity, PLAN_LIST_CLUSTER));
	assert_false(affinity_has_chain(&affinity, AFFINITY_CHAIN_LEARN));
	affinity.n[AFFINITY_CHAIN_NODEPORT_LOCAL] = 3;
	assert_false(affinity_has_map(&affinity, PLAN_LIST_CLUSTER));
	assert_true(affinity_has_map(&affinity, PLAN_LIST_LOCAL));
	assert_false(affinity_has_chain(&affinity, AFFINITY_CHAIN_LEARN));
	assert_true(affinity_has_chain(&affinity, AFFINITY_CHAIN_LEARN_NODEPORT));
	affinity_chain(&affinity, AFFINITY_CHAIN_NODEPORT_LOCAL, arena, &chain);
	assert_int_equal(chain.n_rules, 2);
	assert_string_equal(chain.rules[1].statements[0].chain, "nodeport-local-tcp-3");
	affinity_chain(&affinity, AFFINITY_CHAIN_LEARN_NODEPORT, arena, &chain);
	assert_int_equal(chain.n_rules, 1);
	assert_int_equal(chain.rules[0].statements[2].timeout_s, 600);
	/* A8: another timeout changes only learning chains; another number of endpoints only look-up chains. */
	other = affinity;
	other.timeout_s = 60;
	assert_true(affinity_same_chain(&affinity, &other, AFFINITY_CHAIN_NODEPORT_LOCAL));
	assert_false(affinity_same_chain(&affinity, &other, AFFINITY_CHAIN_LEARN_NODEPORT));
	other = affinity;
	other.n[AFFINITY_CHAIN_NODEPORT_LOCAL] = 4;
	assert_false(affinity_same_chain(&affinity, &other, AFFINITY_CHAIN_NODEPORT_LOCAL));
	assert_true(affinity_same_chain(&affinity, &other, AFFINITY_CHAIN_LEARN_NODEPORT));
	arena_free(arena);
}

/* A6: the endpoint is not in the list. Of a client with only one part, this part must be in the list. */
static void test_stale(void **state)
{
	struct pool_endpoint endpoints[2] = { { .port = 8080 }, { .port = 8080 } };
	const struct pool pool = { 2, endpoints }, empty = { 0, NULL };
	struct client client = { .has_addr = true, .has_port = true, .port = 8080 };

	(void)state;
	assert_true(addr_parse("10.0.0.1", &endpoints[0].addr) && addr_parse("10.0.0.3", &endpoints[1].addr));
	client.addr = endpoints[1].addr;
	assert_false(affinity_is_stale(&pool, &client));
	assert_true(affinity_is_stale(&empty, &client));
	client.port = 8081;
	assert_true(affinity_is_stale(&pool, &client));
	client.has_addr = false;
	assert_true(affinity_is_stale(&pool, &client));
	client.port = 8080;
	assert_false(affinity_is_stale(&pool, &client));
	client.has_addr = true;
	client.has_port = false;
	assert_false(affinity_is_stale(&pool, &client));
	assert_true(affinity_is_stale(&empty, &client));
	assert_true(addr_parse("10.0.0.2", &client.addr));
	assert_true(affinity_is_stale(&pool, &client));
	client.has_port = true;
	assert_true(affinity_is_stale(&pool, &client));
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
	assert_int_equal(elements.n_affinities, n);
}

static void test_cost(void **state)
{
	(void)state;
	assert_linear(run_ports, 250);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_identity), cmocka_unit_test(test_owner_is_printable),
		cmocka_unit_test(test_names),	 cmocka_unit_test(test_what_it_has),
		cmocka_unit_test(test_stale),	 cmocka_unit_test(test_cost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
