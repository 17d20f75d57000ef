/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "model/slice.h"
#include "select/topology.h"

#define NONE 0
#define Z    TOPOLOGY_HINT_ANY_ZONE
#define ZZ   (TOPOLOGY_HINT_ANY_ZONE | TOPOLOGY_HINT_THIS_ZONE)
#define N    TOPOLOGY_HINT_ANY_NODE
#define NN   (TOPOLOGY_HINT_ANY_NODE | TOPOLOGY_HINT_THIS_NODE)

struct mode_case {
	const char *row;
	enum topology_mode expected;
	size_t n;
	uint8_t hints[4];
};

static const struct mode_case mode_cases[] = {
	{ "E13 nobody", TOPOLOGY_MODE_NONE, 0, { 0 } },
	{ "E13 no hints", TOPOLOGY_MODE_NONE, 2, { NONE, NONE } },
	{ "E11 all have node hints, one names us", TOPOLOGY_MODE_NODE, 3, { N, NN, N } },
	{ "E11 nodes go before zones", TOPOLOGY_MODE_NODE, 2, { NN | ZZ, N | ZZ } },
	{ "E13 node hints that don't name us", TOPOLOGY_MODE_NONE, 2, { N, N } },
	{ "E13 one without a node hint", TOPOLOGY_MODE_NONE, 3, { NN, NONE, N } },
	{ "E12 all have zone hints, one names ours", TOPOLOGY_MODE_ZONE, 3, { Z, ZZ, Z } },
	{ "E13 zone hints that don't name ours", TOPOLOGY_MODE_NONE, 2, { Z, Z } },
	{ "E13 one without a zone hint", TOPOLOGY_MODE_NONE, 2, { ZZ, NONE } },
	{ "E15 nodes incomplete, zones complete", TOPOLOGY_MODE_ZONE, 2, { NN | Z, ZZ } },
	{ "E12 node hints elsewhere, zones ours", TOPOLOGY_MODE_ZONE, 2, { N | ZZ, N | Z } },
	{ "E13 each kind on another endpoint", TOPOLOGY_MODE_NONE, 2, { NN, ZZ } },
};

static void test_mode(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(mode_cases); i++) {
		const struct mode_case *c = &mode_cases[i];

		if (topology_mode(c->hints, c->n) != c->expected)
			fail_msg("%s", c->row);
	}
}

static void test_allows(void **state)
{
	(void)state;
	assert_true(topology_allows(TOPOLOGY_MODE_NONE, NONE));
	assert_true(topology_allows(TOPOLOGY_MODE_ZONE, ZZ));
	assert_false(topology_allows(TOPOLOGY_MODE_ZONE, Z | NN));
	assert_true(topology_allows(TOPOLOGY_MODE_NODE, NN));
	assert_false(topology_allows(TOPOLOGY_MODE_NODE, N | ZZ));
}

static void test_hints(void **state)
{
	const char *zones[] = { "z1", "z2" }, *nodes[] = { "other", "here" }, *empty[] = { "" };
	struct endpoint endpoint = { .n_for_zones = 2, .for_zones = zones };
	struct topology_node here = { .node_name = "here", .zone = "z2" };

	(void)state;
	assert_int_equal(topology_hints(&endpoint, &here), ZZ);
	endpoint.for_nodes = nodes;
	endpoint.n_for_nodes = 1;
	assert_int_equal(topology_hints(&endpoint, &here), ZZ | N);
	endpoint.n_for_nodes = 2;
	assert_int_equal(topology_hints(&endpoint, &here), ZZ | NN);
	here.zone = "z3";
	assert_int_equal(topology_hints(&endpoint, &here), Z | NN);
	/* E14: a node without a zone is in no zone, not even in one with an empty name. */
	here.zone = "";
	assert_int_equal(topology_hints(&endpoint, &here), Z | NN);
	endpoint.for_zones = empty;
	endpoint.n_for_zones = 1;
	assert_int_equal(topology_hints(&endpoint, &here), Z | NN);
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(topology_name(TOPOLOGY_MODE_NONE), "none");
	assert_string_equal(topology_name(TOPOLOGY_MODE_ZONE), "zone");
	assert_string_equal(topology_name(TOPOLOGY_MODE_NODE), "node");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mode),
		cmocka_unit_test(test_allows),
		cmocka_unit_test(test_hints),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
