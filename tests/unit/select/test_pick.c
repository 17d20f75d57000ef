/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "lib/objects.h"
#include "model/slice.h"
#include "select/pick.h"

#define SLICES_MAX 4

/*
 * A result as text: the topology if there is one, then each endpoint: "ADDR:PORT USE REASON", where USE has
 * C if it is in the cluster list and L if it is in the local one, "-" if in neither.
 */
struct pick_case {
	const char *row;
	const char *slices[SLICES_MAX];
	const char *expected;
};

/* This node is "here" in zone "z1"; the port is "http", TCP, IPv4. */
static const struct topology_node here = { .node_name = "here", .zone = "z1" };
static const struct pick_port http = { .name = "http", .protocol = PROTOCOL_TCP, .family = FAMILY_IPV4 };

static const struct pick_case cases[] = {
	{ "no slices", { NULL }, "" },
	{ "no endpoints", { "http/TCP/80 |" }, "" },
	{ "E3 ready ones, sorted by bytes",
	  { "http/TCP/80 | 10.0.0.10@a RS; 10.0.0.9@b RS" },
	  "10.0.0.9:80 C ready; 10.0.0.10:80 C ready" },
	{ "S8 port of another name", { "https/TCP/80 | 10.0.0.1 RS" }, "" },
	{ "S8 port of no name", { "/TCP/80 | 10.0.0.1 RS" }, "" },
	{ "S8 port of another protocol", { "http/UDP/80 | 10.0.0.1 RS" }, "" },
	{ "S8 the port among others",
	  { "a/TCP/1 http/UDP/2 http/TCP/3 b/TCP/4 | 10.0.0.1 RS" },
	  "10.0.0.1:3 C ready" },
	{ "L2 V5 slice of the other family", { "IPv6 | http/TCP/80 | fd00::1 RS" }, "" },
	{ "L2 address of the other family in it",
	  { "http/TCP/80 | fd00::1 RS; 10.0.0.1 RS" },
	  "10.0.0.1:80 C ready" },
	{ "L7 local by node name only",
	  { "http/TCP/80 | 10.0.0.1@here RS; 10.0.0.2@there RS; 10.0.0.3 RS" },
	  "10.0.0.1:80 CL ready; 10.0.0.2:80 C ready; 10.0.0.3:80 C ready" },
	{ "L8 union of slices",
	  { "http/TCP/80 | 10.0.0.2 RS", "http/TCP/80 | 10.0.0.1 RS" },
	  "10.0.0.1:80 C ready; 10.0.0.2:80 C ready" },
	{ "L8 one address with two target ports",
	  { "http/TCP/81 | 10.0.0.1 RS", "http/TCP/80 | 10.0.0.1 RS" },
	  "10.0.0.1:80 C ready; 10.0.0.1:81 C ready" },
	{ "L8 both target ports in one slice",
	  { "http/TCP/81 http/TCP/80 | 10.0.0.1 RS" },
	  "10.0.0.1:80 C ready; 10.0.0.1:81 C ready" },
	{ "L9 non-terminating beats terminating",
	  { "http/TCP/80 | 10.0.0.1 ST", "http/TCP/80 | 10.0.0.1 RS" },
	  "10.0.0.1:80 C ready" },
	{ "L9 even if it is not ready and the other is",
	  { "http/TCP/80 | 10.0.0.1 RST; 10.0.0.1 -" },
	  "10.0.0.1:80 - not-ready" },
	{ "L9 ready beats serving", { "http/TCP/80 | 10.0.0.1 S; 10.0.0.1 R" }, "10.0.0.1:80 C ready" },
	{ "L9 serving beats neither",
	  { "http/TCP/80 | 10.0.0.1 T; 10.0.0.1 ST" },
	  "10.0.0.1:80 C terminating-fallback" },
	{ "L9 local beats remote",
	  { "http/TCP/80 | 10.0.0.1@there RS; 10.0.0.1@here RS" },
	  "10.0.0.1:80 CL ready" },
	{ "L9 ready elsewhere beats unready here",
	  { "http/TCP/80 | 10.0.0.1@there RS; 10.0.0.1@here S" },
	  "10.0.0.1:80 C ready" },
	{ "L9 hints of the winner count",
	  { "http/TCP/80 | 10.0.0.1 RS; 10.0.0.2 RS zones=z1", "http/TCP/80 | 10.0.0.1 ST zones=z2" },
	  "10.0.0.1:80 C ready; 10.0.0.2:80 C ready" },
	{ "L9 node of the winner counts",
	  { "http/TCP/80 | 10.0.0.1@there RS", "http/TCP/80 | 10.0.0.1@here ST" },
	  "10.0.0.1:80 C ready" },
	{ "L9 node hints of the winner count",
	  { "http/TCP/80 | 10.0.0.1 RS nodes=there; 10.0.0.2 RS nodes=here",
	    "http/TCP/80 | 10.0.0.1 ST nodes=here" },
	  "topology=node; 10.0.0.1:80 - hinted-elsewhere; 10.0.0.2:80 C ready" },
	{ "L9 hinted here beats hinted elsewhere",
	  { "http/TCP/80 | 10.0.0.1 RS zones=z2; 10.0.0.1 RS zones=z1" },
	  "topology=zone; 10.0.0.1:80 C ready" },
	{ "E4 nothing ready: serving-terminating everywhere",
	  { "http/TCP/80 | 10.0.0.1@here ST; 10.0.0.2@there ST; 10.0.0.3 T; 10.0.0.4 S" },
	  "10.0.0.1:80 CL terminating-fallback; 10.0.0.2:80 C terminating-fallback; "
	  "10.0.0.3:80 - terminating; 10.0.0.4:80 - not-ready" },
	{ "E4 hints are ignored then",
	  { "http/TCP/80 | 10.0.0.1 ST zones=z2; 10.0.0.2 ST zones=z1" },
	  "10.0.0.1:80 C terminating-fallback; 10.0.0.2:80 C terminating-fallback" },
	{ "E4 not while one is ready",
	  { "http/TCP/80 | 10.0.0.1 ST; 10.0.0.2 RS" },
	  "10.0.0.1:80 - terminating; 10.0.0.2:80 C ready" },
	{ "E5 local ready ones only",
	  { "http/TCP/80 | 10.0.0.1@here ST; 10.0.0.2@here RS" },
	  "10.0.0.1:80 - terminating; 10.0.0.2:80 CL ready" },
	{ "E5 hints never apply to the local list",
	  { "http/TCP/80 | 10.0.0.1@here RS zones=z2; 10.0.0.2@there RS zones=z1" },
	  "topology=zone; 10.0.0.1:80 L hinted-elsewhere; 10.0.0.2:80 C ready" },
	{ "E6 local fallback while remote ones are ready",
	  { "http/TCP/80 | 10.0.0.1@here ST; 10.0.0.2@there RS; 10.0.0.3@here T" },
	  "10.0.0.1:80 L terminating; 10.0.0.2:80 C ready; 10.0.0.3:80 - terminating" },
	{ "E7 unready and not terminating: never",
	  { "http/TCP/80 | 10.0.0.1@here S; 10.0.0.2@here -; 10.0.0.3 S" },
	  "10.0.0.1:80 - not-ready; 10.0.0.2:80 - not-ready; 10.0.0.3:80 - not-ready" },
	{ "E7 beside a fallback",
	  { "http/TCP/80 | 10.0.0.1@here S; 10.0.0.2@there ST" },
	  "10.0.0.1:80 - not-ready; 10.0.0.2:80 C terminating-fallback" },
	{ "E8 ready and terminating: ready wins",
	  { "http/TCP/80 | 10.0.0.1@here RST; 10.0.0.2@there RT" },
	  "10.0.0.1:80 CL ready; 10.0.0.2:80 C ready" },
	{ "E8 and keeps others from falling back",
	  { "http/TCP/80 | 10.0.0.1 RT; 10.0.0.2 ST" },
	  "10.0.0.1:80 C ready; 10.0.0.2:80 - terminating" },
	{ "E9 terminating without serving is nobody",
	  { "http/TCP/80 | 10.0.0.1@here T" },
	  "10.0.0.1:80 - terminating" },
	{ "E10 E13 unready ones without hints don't matter",
	  { "http/TCP/80 | 10.0.0.1 RS zones=z1; 10.0.0.2 RS zones=z2; 10.0.0.3 S; 10.0.0.4 ST" },
	  "topology=zone; 10.0.0.1:80 C ready; 10.0.0.2:80 - hinted-elsewhere; "
	  "10.0.0.3:80 - not-ready; 10.0.0.4:80 - terminating" },
	{ "E10 hints of unready ones don't enable",
	  { "http/TCP/80 | 10.0.0.1 RS zones=z2; 10.0.0.2 S zones=z1" },
	  "10.0.0.1:80 C ready; 10.0.0.2:80 - not-ready" },
	{ "E11 node hints, wherever the endpoint is",
	  { "http/TCP/80 | 10.0.0.1@there RS nodes=here; 10.0.0.2@here RS nodes=there" },
	  "topology=node; 10.0.0.1:80 C ready; 10.0.0.2:80 L hinted-elsewhere" },
	{ "E11 several nodes in a hint",
	  { "http/TCP/80 | 10.0.0.1 RS nodes=a,here,b; 10.0.0.2 RS nodes=a" },
	  "topology=node; 10.0.0.1:80 C ready; 10.0.0.2:80 - hinted-elsewhere" },
	{ "E12 zone hints",
	  { "http/TCP/80 | 10.0.0.1 RS zones=z1,z2; 10.0.0.2 RS zones=z2" },
	  "topology=zone; 10.0.0.1:80 C ready; 10.0.0.2:80 - hinted-elsewhere" },
	{ "E12 hints are judged over all slices",
	  { "http/TCP/80 | 10.0.0.1 RS zones=z1", "http/TCP/80 | 10.0.0.2 RS" },
	  "10.0.0.1:80 C ready; 10.0.0.2:80 C ready" },
	{ "E13 no endpoint hinted to us",
	  { "http/TCP/80 | 10.0.0.1 RS zones=z2; 10.0.0.2 RS zones=z3" },
	  "10.0.0.1:80 C ready; 10.0.0.2:80 C ready" },
	{ "E15 node hints incomplete, zone hints complete",
	  { "http/TCP/80 | 10.0.0.1 RS zones=z2 nodes=here; 10.0.0.2 RS zones=z1" },
	  "topology=zone; 10.0.0.1:80 - hinted-elsewhere; 10.0.0.2:80 C ready" },
	{ "E16 with local endpoints all hinted away",
	  { "http/TCP/80 | 10.0.0.1@here RS nodes=b; 10.0.0.2@there RS nodes=here" },
	  "topology=node; 10.0.0.1:80 L hinted-elsewhere; 10.0.0.2:80 C ready" },
};

static const char *print_pick(const struct pick *pick, struct buf *buf)
{
	size_t i;

	buf_reset(buf);
	if (pick->topology != TOPOLOGY_MODE_NONE)
		buf_printf(buf, "topology=%s", pick->topology == TOPOLOGY_MODE_ZONE ? "zone" : "node");
	for (i = 0; i < pick->n_endpoints; i++) {
		const struct pick_endpoint *e = &pick->endpoints[i];
		char text[ADDR_TEXT_SIZE];

		buf_printf(buf, "%s%s:%u %s%s%s %s", buf->size ? "; " : "", addr_print(&e->addr, text),
			   e->port, e->in_cluster ? "C" : "", e->in_local ? "L" : "",
			   e->in_cluster || e->in_local ? "" : "-", pick_reason_name(e->cluster_reason));
	}
	return buf_text(buf);
}

/* True for every result. */
static void check_counts(const struct pick *pick)
{
	size_t i, n_cluster = 0, n_local = 0;
	bool usable = false;

	for (i = 0; i < pick->n_endpoints; i++) {
		const struct pick_endpoint *e = &pick->endpoints[i];

		n_cluster += e->in_cluster;
		n_local += e->in_local;
		usable |= e->ready || (e->serving && e->terminating);
		assert_true(!e->in_local || e->local);
		assert_int_equal(e->local_reason == PICK_REASON_OTHER_NODE, !e->local);
		assert_int_equal(e->local_reason == PICK_REASON_READY ||
					 e->local_reason == PICK_REASON_TERMINATING_FALLBACK,
				 e->in_local);
		assert_int_not_equal(e->local_reason, PICK_REASON_HINTED_ELSEWHERE);
		assert_int_not_equal(e->cluster_reason, PICK_REASON_OTHER_NODE);
	}
	assert_int_equal(pick->n_cluster, n_cluster);
	assert_int_equal(pick->n_local, n_local);
	assert_int_equal(pick->any_usable, usable);
	/* E9: the cluster list is empty only if no endpoint anywhere is usable. */
	assert_int_equal(pick->any_usable, pick->n_cluster > 0);
}

static int pick_of(const struct slice *const *slices, size_t n_slices, const struct pick_port *port,
		   const struct topology_node *node, struct arena *arena, struct pick *ret,
		   struct err *reterr)
{
	struct pick_slices sorted;

	pick_slices_init(slices, n_slices, arena, &sorted);
	return pick_endpoints(&sorted, port, node, arena, ret, reterr);
}

static void test_cases(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct buf buf = BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct pick_case *c = &cases[i];
		const struct slice *forward[SLICES_MAX], *backward[SLICES_MAX];
		struct pick pick;
		size_t n, j;

		for (n = 0; n < SLICES_MAX && c->slices[n]; n++)
			forward[n] = objects_slice(arena, "ns/slice", "svc", c->slices[n]);
		for (j = 0; j < n; j++)
			backward[j] = forward[n - 1 - j];
		assert_int_equal(pick_of(forward, n, &http, &here, arena, &pick, NULL), 0);
		check_counts(&pick);
		if (strcmp(print_pick(&pick, &buf), c->expected) != 0)
			fail_msg("%s:\n  is        %s\n  should be %s", c->row, buf_text(&buf), c->expected);
		assert_int_equal(pick_of(backward, n, &http, &here, arena, &pick, NULL), 0);
		if (strcmp(print_pick(&pick, &buf), c->expected) != 0)
			fail_msg("%s, slices reversed: %s", c->row, buf_text(&buf));
		arena_reset(arena);
	}
	buf_done(&buf);
}

static void test_other_ports(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	const struct slice *slices[] = {
		objects_slice(arena, "ns/a", "svc", "/TCP/80 | 10.0.0.1 RS"),
		objects_slice(arena, "ns/b", "svc", "IPv6 | /SCTP/81 | fd00::2@here RS; fd00::1 RS"),
	};
	struct pick_port port = { .name = "", .protocol = PROTOCOL_TCP, .family = FAMILY_IPV4 };
	struct buf buf = BUF_INIT;
	struct pick pick;

	(void)state;
	/* L3: the empty name matches an unnamed Service port. */
	assert_int_equal(pick_of(slices, 2, &port, &here, arena, &pick, NULL), 0);
	assert_string_equal(print_pick(&pick, &buf), "10.0.0.1:80 C ready");
	/* V4, P9 */
	port.protocol = PROTOCOL_SCTP;
	port.family = FAMILY_IPV6;
	assert_int_equal(pick_of(slices, 2, &port, &here, arena, &pick, NULL), 0);
	assert_string_equal(print_pick(&pick, &buf), "fd00::1:81 C ready; fd00::2:81 CL ready");
	buf_done(&buf);
}

static void test_no_zone(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	const struct slice *slices[] = {
		objects_slice(arena, "ns/a", "svc",
			      "http/TCP/80 | 10.0.0.1 RS zones=z1; 10.0.0.2 RS zones=z2"),
	};
	const struct slice *hinted[] = {
		objects_slice(arena, "ns/a", "svc",
			      "http/TCP/80 | 10.0.0.1 RS nodes=here; 10.0.0.2 RS nodes=b"),
	};
	const struct topology_node nowhere = { .node_name = "here", .zone = "" };
	struct buf buf = BUF_INIT;
	struct pick pick;

	(void)state;
	/* E14 */
	assert_int_equal(pick_of(slices, 1, &http, &nowhere, arena, &pick, NULL), 0);
	assert_string_equal(print_pick(&pick, &buf), "10.0.0.1:80 C ready; 10.0.0.2:80 C ready");
	assert_int_equal(pick_of(hinted, 1, &http, &nowhere, arena, &pick, NULL), 0);
	assert_string_equal(print_pick(&pick, &buf),
			    "topology=node; 10.0.0.1:80 C ready; 10.0.0.2:80 - hinted-elsewhere");
	buf_done(&buf);
}

static uint32_t random_state;

static uint32_t random_below(uint32_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state % n;
}

#define RANDOM_SLICES	 5
#define RANDOM_ENDPOINTS 8

static void random_endpoint(struct endpoint *endpoint)
{
	static const char *nodes[] = { "here", "there" }, *zones[] = { "z1", "z2" };

	memset(endpoint, 0, sizeof(*endpoint));
	endpoint->addr.bytes[0] = 10;
	endpoint->addr.bytes[3] = (uint8_t)random_below(12);
	endpoint->ready = random_below(3) > 0;
	endpoint->serving = random_below(3) > 0;
	endpoint->terminating = random_below(3) == 0;
	endpoint->node_name = random_below(3) ? nodes[random_below(2)] : NULL;
	endpoint->n_for_zones = random_below(8) > 0;
	endpoint->for_zones = &zones[random_below(2)];
	endpoint->n_for_nodes = random_below(8) > 0;
	endpoint->for_nodes = &nodes[random_below(2)];
}

/* Distribute the same endpoints to the slices in another order. */
static void random_deal(struct endpoint *pool, struct slice *slices)
{
	size_t i, n = (size_t)RANDOM_SLICES * RANDOM_ENDPOINTS;

	for (i = n - 1; i > 0; i--) {
		size_t j = random_below((uint32_t)i + 1);
		struct endpoint swap = pool[i];

		pool[i] = pool[j];
		pool[j] = swap;
	}
	for (i = 0; i < RANDOM_SLICES; i++)
		slices[i].endpoints = pool + i * RANDOM_ENDPOINTS;
}

/* L13 */
static void test_order_never_matters(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct slice_port port = { .name = "http", .protocol = PROTOCOL_TCP, .port = 80 };
	struct endpoint pool[RANDOM_SLICES * RANDOM_ENDPOINTS];
	struct slice slice[RANDOM_SLICES];
	const struct slice *slices[RANDOM_SLICES];
	struct buf first = BUF_INIT, other = BUF_INIT;
	uint32_t seed, deal, i;
	struct pick pick;

	(void)state;
	for (i = 0; i < RANDOM_SLICES; i++) {
		slice[i] = (struct slice){ .namespace = "ns", .name = "s", .uid = "", .service_name = "svc" };
		slice[i].ports = &port;
		slice[i].n_ports = 1;
		slice[i].n_endpoints = RANDOM_ENDPOINTS;
		slices[i] = &slice[i];
	}
	for (seed = 1; seed <= 300; seed++) {
		random_state = seed * 2654435761u;
		for (i = 0; i < ARRAY_SIZE(pool); i++)
			random_endpoint(&pool[i]);
		for (deal = 0; deal < 6; deal++) {
			random_deal(pool, slice);
			assert_int_equal(pick_of(slices, RANDOM_SLICES, &http, &here, arena, &pick, NULL), 0);
			check_counts(&pick);
			(void)print_pick(&pick, deal ? &other : &first);
			if (deal && strcmp(buf_text(&first), buf_text(&other)) != 0)
				fail_msg("seed %u:\n%s\n%s", seed, buf_text(&first), buf_text(&other));
			arena_reset(arena);
		}
	}
	buf_done(&first);
	buf_done(&other);
}

/* The local list has its own reasons: E5, E6, E7. */
static void test_local_reasons(void **state)
{
	static const struct {
		const char *slice;
		enum pick_reason expected[3]; /* in the order of the addresses */
	} locals[] = {
		{ "http/TCP/80 | 10.0.0.1@here RS zones=z2; 10.0.0.2@there RS zones=z1; 10.0.0.3@here ST",
		  { PICK_REASON_READY, PICK_REASON_OTHER_NODE, PICK_REASON_TERMINATING } },
		{ "http/TCP/80 | 10.0.0.1@here ST; 10.0.0.2@there RS; 10.0.0.3@here T",
		  { PICK_REASON_TERMINATING_FALLBACK, PICK_REASON_OTHER_NODE, PICK_REASON_TERMINATING } },
		{ "http/TCP/80 | 10.0.0.1@here S; 10.0.0.2@there S; 10.0.0.3 ST",
		  { PICK_REASON_NOT_READY, PICK_REASON_OTHER_NODE, PICK_REASON_OTHER_NODE } },
	};
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	size_t i, j;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(locals); i++) {
		const struct slice *slice = objects_slice(arena, "ns/slice", "svc", locals[i].slice);
		struct pick pick;

		assert_int_equal(pick_of(&slice, 1, &http, &here, arena, &pick, NULL), 0);
		check_counts(&pick);
		assert_int_equal(pick.n_endpoints, ARRAY_SIZE(locals[i].expected));
		for (j = 0; j < pick.n_endpoints; j++)
			assert_string_equal(pick_reason_name(pick.endpoints[j].local_reason),
					    pick_reason_name(locals[i].expected[j]));
	}
}

static int pick_many(size_t n, bool distinct, struct pick *ret, struct arena *arena, struct err *err)
{
	struct slice_port port = { .name = "http", .protocol = PROTOCOL_TCP, .port = 80 };
	struct slice slice = { .namespace = "ns", .name = "s", .uid = "", .service_name = "svc" };
	const struct slice *slices[] = { &slice };
	size_t i;

	slice.ports = &port;
	slice.n_ports = 1;
	slice.n_endpoints = (uint32_t)n;
	slice.endpoints = arena_array(arena, n, sizeof(*slice.endpoints));
	for (i = 0; i < n; i++) {
		slice.endpoints[i].ready = true;
		slice.endpoints[i].addr.bytes[0] = 10;
		slice.endpoints[i].addr.bytes[2] = distinct ? (uint8_t)(i >> 8) : 0;
		slice.endpoints[i].addr.bytes[3] = distinct ? (uint8_t)i : 1;
	}
	return pick_of(slices, 1, &http, &here, arena, ret, err);
}

static void test_bounds(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct pick pick = { .n_endpoints = 4711 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(pick_many(PICK_ENDPOINTS_MAX + 1, true, &pick, arena, &err), -E2BIG);
	assert_int_equal(err.code, -E2BIG);
	assert_int_equal(pick.n_endpoints, 4711);
	assert_int_equal(pick_many(PICK_ENTRIES_MAX + 1, false, &pick, arena, &err), -E2BIG);
	assert_int_equal(pick_many(PICK_ENDPOINTS_MAX, true, &pick, arena, &err), 0);
	assert_int_equal(pick.n_cluster, PICK_ENDPOINTS_MAX);
	assert_int_equal(pick_many(PICK_ENTRIES_MAX, false, &pick, arena, &err), 0);
	assert_int_equal(pick.n_endpoints, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),	cmocka_unit_test(test_other_ports),
		cmocka_unit_test(test_no_zone), cmocka_unit_test(test_order_never_matters),
		cmocka_unit_test(test_bounds),	cmocka_unit_test(test_local_reasons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
