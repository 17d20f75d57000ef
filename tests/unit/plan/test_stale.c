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
#include "lib/objects.h"
#include "model/service.h"
#include "model/slice.h"
#include "plan/stale.h"

#define SLICES_MAX 2
#define FLOWS_MAX  6

/* A flow as "PROTOCOL DESTINATION PORT FROM PORT", and whether the destination is a node-port address. */
struct flow_case {
	const char *text;
	bool to_node;
	bool stale;
};

struct stale_case {
	const char *row;
	const char *service;
	const char *slices[SLICES_MAX];
	struct flow_case flows[FLOWS_MAX];
};

#define DNS  "type=NodePort ip=10.96.0.1 port=dns/UDP/53/30053 port=dns-tcp/TCP/53/30053 "
#define DUAL "ip=fd00::1 " DNS
#define ONE  "dns/UDP/5353 dns-tcp/TCP/5353 | 10.0.0.1@here RS"

static const struct stale_case cases[] = {
	{ "C3 an endpoint that is gone, another port of one that is not",
	  DNS,
	  { "dns/UDP/5353 | 10.0.0.1@here RS; 10.0.0.2@there RS; 10.0.0.3 T" },
	  { { "udp 10.96.0.1 53 10.0.0.1 5353", false, false },
	    { "udp 10.96.0.1 53 10.0.0.2 5353", false, false },
	    { "udp 10.96.0.1 53 10.0.0.9 5353", false, true },
	    { "udp 10.96.0.1 53 10.0.0.1 5354", false, true },
	    { "udp 10.96.0.1 53 10.0.0.3 5353", false, true },
	    { "udp 10.96.0.1 54 10.0.0.9 5353", false, false } } },
	{ "C3 other addresses are nobody's business",
	  DNS,
	  { ONE },
	  { { "udp 10.96.0.2 53 10.0.0.9 5353", false, false },
	    { "udp 10.0.0.9 5353 10.0.0.9 5353", false, false } } },
	{ "C3 external IPs",
	  DNS "external-ip=192.0.2.7",
	  { ONE },
	  { { "udp 192.0.2.7 53 192.0.2.7 53", false, true },
	    { "udp 192.0.2.7 53 10.0.0.9 5353", true, true },
	    { "udp 192.0.2.7 53 10.0.0.1 5353", false, false },
	    { "tcp 192.0.2.7 53 10.0.0.9 5353", false, false } } },
	{ "C4 node ports, on node-port addresses only",
	  DNS,
	  { ONE },
	  { { "udp 192.0.2.1 30053 10.0.0.9 5353", true, true },
	    { "udp 192.0.2.1 30053 10.0.0.1 5353", true, false },
	    { "udp 192.0.2.1 30053 192.0.2.1 30053", true, true },
	    { "udp 192.0.2.9 30053 192.0.2.9 30053", false, false },
	    { "udp 192.0.2.1 53 192.0.2.1 53", true, false } } },
	{ "C5 what nothing has translated",
	  DNS,
	  { ONE },
	  { { "udp 10.96.0.1 53 10.96.0.1 53", false, true } } },
	{ "C2 whoever serves is fine, used or not",
	  DNS "internal=Local external=Local",
	  { "dns/UDP/5353 | 10.0.0.1@here RS; 10.0.0.2@there RS zones=z2; 10.0.0.3 ST; 10.0.0.4 S; 10.0.0.5 -" },
	  { { "udp 10.96.0.1 53 10.0.0.2 5353", false, false },
	    { "udp 10.96.0.1 53 10.0.0.3 5353", false, false },
	    { "udp 10.96.0.1 53 10.0.0.4 5353", false, false },
	    { "udp 10.96.0.1 53 10.0.0.5 5353", false, true } } },
	{ "C6 nobody serves",
	  DNS,
	  { "dns/UDP/5353 | 10.0.0.1@here T; 10.0.0.2 -" },
	  { { "udp 10.96.0.1 53 10.0.0.1 5353", false, true },
	    { "udp 10.96.0.1 53 10.96.0.1 53", false, true },
	    { "udp 192.0.2.1 30053 10.0.0.9 5353", true, true },
	    { "udp 192.0.2.9 30053 10.0.0.9 5353", false, false },
	    { "tcp 10.96.0.1 53 10.0.0.1 5353", false, false } } },
	{ "C6 no slices", DNS, { NULL }, { { "udp 10.96.0.1 53 10.0.0.1 5353", false, true } } },
	{ "C6 judged by port",
	  "ip=10.96.0.1 port=a/UDP/1 port=b/UDP/2",
	  { "a/UDP/11 | 10.0.0.1 RS", "b/UDP/12 | 10.0.0.1 -" },
	  { { "udp 10.96.0.1 1 10.0.0.9 11", false, true },
	    { "udp 10.96.0.1 1 10.0.0.1 11", false, false },
	    { "udp 10.96.0.1 2 10.0.0.1 12", false, true } } },
	{ "C6 and by family",
	  DUAL,
	  { ONE },
	  { { "udp fd00::1 53 fd01::9 5353", false, true },
	    { "udp fd09::1 30053 fd01::9 5353", true, true },
	    { "udp 10.96.0.1 53 10.0.0.1 5353", false, false } } },
	{ "both families",
	  DUAL,
	  { ONE, "IPv6 | dns/UDP/5353 | fd01::1 RS" },
	  { { "udp fd00::1 53 fd01::1 5353", false, false },
	    { "udp fd00::1 53 fd01::9 5353", false, true },
	    { "udp fd09::1 30053 fd01::9 5353", true, true },
	    { "udp fd09::1 30053 fd01::1 5353", true, false } } },
	{ "C7 not ours to serve",
	  DNS "proxy-name",
	  { ONE },
	  { { "udp 10.96.0.1 53 10.0.0.9 5353", false, false } } },
	{ "C8 ready, but not serving: new flows are sent there",
	  DNS,
	  { "dns/UDP/5353 | 10.0.0.1 R" },
	  { { "udp 10.96.0.1 53 10.0.0.1 5353", false, false },
	    { "udp 10.96.0.1 53 10.0.0.2 5353", false, true } } },
	{ "C9 UDP alone",
	  DNS "port=s/SCTP/53/30053",
	  { "dns/UDP/5353 dns-tcp/TCP/5353 s/SCTP/5353 | 10.0.0.1 RS" },
	  { { "tcp 10.96.0.1 53 10.0.0.9 5353", false, false },
	    { "sctp 10.96.0.1 53 10.0.0.9 5353", false, false },
	    { "tcp 192.0.2.1 30053 10.0.0.9 5353", true, false } } },
};

static void parse_flow(const char *text, struct flow *ret)
{
	char protocol[8], to[ADDR_TEXT_SIZE], from[ADDR_TEXT_SIZE];

	*ret = (struct flow){ .id = 1 };
	assert_int_equal(
		sscanf(text, "%7s %45s %hu %45s %hu", protocol, to, &ret->dport, from, &ret->reply_sport), 5);
	assert_true(addr_parse(to, &ret->daddr));
	assert_true(addr_parse(from, &ret->reply_saddr));
	ret->protocol = strcmp(protocol, "udp") == 0   ? PROTOCOL_UDP
			: strcmp(protocol, "tcp") == 0 ? PROTOCOL_TCP
						       : PROTOCOL_SCTP;
}

static struct stale *make(struct arena *arena, const char *service, const char *const *slices, bool without)
{
	const struct slice *all[SLICES_MAX];
	struct build_input in = {
		.service = objects_service(arena, "ns/svc", service),
		.slices = all,
		.here = { .node_name = "here", .zone = "z1" },
		.family_enabled = { true, true },
	};
	struct stale *stale = NULL;
	struct plan plan;

	for (; in.n_slices < SLICES_MAX && slices[in.n_slices]; in.n_slices++)
		all[in.n_slices] = objects_slice(arena, "ns/s", "svc", slices[in.n_slices]);
	assert_int_equal(build_plan(&in, arena, &plan, NULL), 0);
	if (without)
		plan.n_frontends = 0;
	assert_int_equal(stale_new(&plan, &in, arena, &stale, NULL), 0);
	return stale;
}

static void test_cases(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	size_t i, j;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct stale_case *c = &cases[i];
		_cleanup_(stale_freep) struct stale *stale = make(arena, c->service, c->slices, false);
		struct stale_index index = { .n = 0 };

		stale_index_add(&index, stale, (void *)c);
		stale_index_seal(&index);
		arena_reset(arena);
		for (j = 0; j < FLOWS_MAX && c->flows[j].text; j++) {
			const struct flow_case *f = &c->flows[j];
			struct flow flow;

			parse_flow(f->text, &flow);
			if (stale_flow(stale, &flow, f->to_node) != f->stale)
				fail_msg("%s: %s should%s be stale", c->row, f->text, f->stale ? "" : " not");
			if (f->stale)
				assert_ptr_equal(stale_index_find(&index, &flow, f->to_node), c);
		}
		stale_index_done(&index);
	}
}

/* C10, S15: the caller leaves out front ends that another Service owns. */
static void test_without_front_ends(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	const char *slices[SLICES_MAX] = { ONE };
	_cleanup_(stale_freep) struct stale *stale = make(arena, DNS, slices, true);
	struct flow flow;

	(void)state;
	assert_int_equal(stale_n_frontends(stale), 0);
	parse_flow("udp 10.96.0.1 53 10.0.0.9 5353", &flow);
	assert_false(stale_flow(stale, &flow, false));
}

static void test_index(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	const char *ipv4[SLICES_MAX] = { ONE }, *ipv6[SLICES_MAX] = { "IPv6 | dns/UDP/5353 | fd01::1 RS" };
	_cleanup_(stale_freep) struct stale *a = make(arena, DNS, ipv4, false);
	_cleanup_(stale_freep) struct stale *b =
		make(arena, "type=NodePort ip=10.96.0.2 port=dns/UDP/53/30054", ipv4, false);
	_cleanup_(stale_freep) struct stale *c = make(arena, "ip=fd00::1 port=dns/UDP/53", ipv6, false);
	/* A Service whose ClusterIP is a node-port address, with the number of another Service's node port (P10). */
	_cleanup_(stale_freep) struct stale *d = make(arena, "ip=192.0.2.1 port=dns/UDP/30053", ipv4, false);
	struct stale_index index = { .n = 0 };
	bool families[_FAMILY_MAX];
	struct flow flow;

	(void)state;
	parse_flow("udp 10.96.0.1 53 10.0.0.9 5353", &flow);
	assert_null(stale_index_find(&index, &flow, true));
	stale_index_add(&index, d, d);
	stale_index_add(&index, b, b);
	stale_index_add(&index, a, a);
	stale_index_seal(&index);
	stale_index_families(&index, families);
	assert_true(families[FAMILY_IPV4] && !families[FAMILY_IPV6]);
	stale_index_add(&index, c, c);
	stale_index_seal(&index);
	stale_index_families(&index, families);
	assert_true(families[FAMILY_IPV4] && families[FAMILY_IPV6]);
	assert_ptr_equal(stale_index_find(&index, &flow, true), a);
	parse_flow("udp 10.96.0.2 53 10.0.0.9 5353", &flow);
	assert_ptr_equal(stale_index_find(&index, &flow, false), b);
	parse_flow("udp fd00::1 53 fd01::9 5353", &flow);
	assert_ptr_equal(stale_index_find(&index, &flow, false), c);
	parse_flow("udp 192.0.2.1 30053 10.0.0.9 5353", &flow);
	assert_ptr_equal(stale_index_find(&index, &flow, true), d);
	parse_flow("udp 192.0.2.2 30053 10.0.0.9 5353", &flow);
	assert_ptr_equal(stale_index_find(&index, &flow, true), a);
	assert_null(stale_index_find(&index, &flow, false));
	parse_flow("tcp 10.96.0.1 53 10.0.0.9 5353", &flow);
	assert_null(stale_index_find(&index, &flow, false));
	stale_index_done(&index);
}

static void test_concerns(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();

	(void)state;
	assert_false(stale_concerns(NULL));
	assert_false(stale_concerns(
		objects_service(arena, "ns/a", "ip=10.96.0.1 port=http/TCP/80 port=s/SCTP/1")));
	assert_true(stale_concerns(
		objects_service(arena, "ns/a", "ip=10.96.0.1 port=http/TCP/80 port=d/UDP/53")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_without_front_ends),
		cmocka_unit_test(test_index),
		cmocka_unit_test(test_concerns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
