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
#include "model/service.h"
#include "model/slice.h"
#include "plan/build.h"

#define SLICES_MAX 3

/*
 * A plan as text, a line for each front end: "WHO PROTO/PORT -> TARGET [else TARGET] MASQUERADE", where WHO
 * is the ClusterIP or "node4", "node6"; TARGET is "reject", "drop" or the number of a pool and its endpoints,
 * local ones with a "*"; "else" is before the target of sources that are neither pods nor this node.
 */
struct build_case {
	const char *row;
	const char *service;
	const char *slices[SLICES_MAX];
	const char *expected;
};

#define HTTP		  "type=NodePort ip=10.96.0.1 port=http/TCP/80/30080 "
#define LOCAL_AND_REMOTE  "http/TCP/8080 | 10.0.0.1@here RS; 10.0.0.2@there RS"
#define LOCAL_ONLY	  "http/TCP/8080 | 10.0.0.1@here RS"
#define REMOTE_ONLY	  "http/TCP/8080 | 10.0.0.2@there RS"
#define LOCAL_TERMINATING "http/TCP/8080 | 10.0.0.1@here ST; 10.0.0.2@there RS"
#define ALL_TERMINATING	  "http/TCP/8080 | 10.0.0.1@here ST; 10.0.0.2@there ST"
#define NOT_READY	  "http/TCP/8080 | 10.0.0.1@here S; 10.0.0.2@there S"

static const struct build_case cases[] = {
	{ "S1 another proxy's", HTTP "proxy-name", { LOCAL_ONLY }, "" },
	{ "S3 headless", HTTP "headless", { LOCAL_ONLY }, "" },
	{ "S3 no ClusterIP", "type=NodePort port=http/TCP/80/30080", { LOCAL_ONLY }, "" },
	{ "S4 ExternalName, even with a ClusterIP", HTTP "type=ExternalName", { LOCAL_ONLY }, "" },
	{ "no ports", "ip=10.96.0.1", { LOCAL_ONLY }, "" },
	{ "P1 a ClusterIP",
	  "ip=10.96.0.1 port=http/TCP/80",
	  { LOCAL_AND_REMOTE },
	  "10.96.0.1 tcp/80 -> 0[10.0.0.1:8080 10.0.0.2:8080] cluster-ip\n" },
	{ "S5 S6 V5 one family only",
	  "ip=fd00::1 port=http/TCP/80/30080",
	  { LOCAL_ONLY, "IPv6 | http/TCP/8080 | fd01::1@here RS" },
	  "fd00::1 tcp/80 -> 0[[fd01::1]:8080] cluster-ip\n"
	  "node6 tcp/30080 -> 0[[fd01::1]:8080] always\n" },
	{ "V3 V4 both families",
	  "ip=fd00::1 ip=10.96.0.1 port=http/TCP/80/30080",
	  { "IPv6 | http/TCP/8080 | fd01::1@there RS" },
	  "10.96.0.1 tcp/80 -> reject cluster-ip\n"
	  "node4 tcp/30080 -> reject always\n"
	  "fd00::1 tcp/80 -> 0[[fd01::1]:8080] cluster-ip\n"
	  "node6 tcp/30080 -> 0[[fd01::1]:8080] always\n" },
	{ "V4 policies by family",
	  "ip=fd00::1 ip=10.96.0.1 port=http/TCP/80 internal=Local",
	  { LOCAL_ONLY, "IPv6 | http/TCP/8080 | fd01::1@there RS" },
	  "10.96.0.1 tcp/80 -> 0[10.0.0.1:8080] cluster-ip\n"
	  "fd00::1 tcp/80 -> drop cluster-ip\n" },
	{ "S8 name and protocol are the key",
	  "ip=10.96.0.1 port=a/TCP/1 port=b/UDP/2 port=/TCP/3 port=c/TCP/4",
	  { "a/TCP/11 b/TCP/12 /TCP/13 c/TCP/4 | 10.0.0.1 RS" },
	  "10.96.0.1 tcp/1 -> 0[10.0.0.1:11] cluster-ip\n"
	  "10.96.0.1 tcp/3 -> 1[10.0.0.1:13] cluster-ip\n"
	  "10.96.0.1 tcp/4 -> 2[10.0.0.1:4] cluster-ip\n"
	  "10.96.0.1 udp/2 -> reject cluster-ip\n" },
	{ "S9 node port of a ClusterIP Service",
	  "type=ClusterIP ip=10.96.0.1 port=http/TCP/80/30080",
	  { REMOTE_ONLY },
	  "10.96.0.1 tcp/80 -> 0[10.0.0.2:8080] cluster-ip\n"
	  "node4 tcp/30080 -> 0[10.0.0.2:8080] always\n" },
	{ "P9 one number, three protocols",
	  "ip=10.96.0.1 port=s/SCTP/53/30053 port=u/UDP/53/30053 port=t/TCP/53/30053",
	  { "s/SCTP/1 u/UDP/2 t/TCP/3 | 10.0.0.1 RS" },
	  "10.96.0.1 tcp/53 -> 2[10.0.0.1:3] cluster-ip\n"
	  "10.96.0.1 udp/53 -> 1[10.0.0.1:2] cluster-ip\n"
	  "10.96.0.1 sctp/53 -> 0[10.0.0.1:1] cluster-ip\n"
	  "node4 tcp/30053 -> 2[10.0.0.1:3] always\n"
	  "node4 udp/30053 -> 1[10.0.0.1:2] always\n"
	  "node4 sctp/30053 -> 0[10.0.0.1:1] always\n" },
	{ "one number twice: the first port has it",
	  "ip=10.96.0.1 port=a/TCP/80/30080 port=b/TCP/80/30081",
	  { "a/TCP/1 b/TCP/2 | 10.0.0.1 RS" },
	  "10.96.0.1 tcp/80 -> 0[10.0.0.1:1] cluster-ip\n"
	  "node4 tcp/30080 -> 0[10.0.0.1:1] always\n"
	  "node4 tcp/30081 -> 1[10.0.0.1:2] always\n" },
	{ "one node port twice",
	  "ip=10.96.0.1 port=a/TCP/80/30080 port=b/TCP/81/30080",
	  { "a/TCP/1 b/TCP/2 | 10.0.0.1 RS" },
	  "10.96.0.1 tcp/80 -> 0[10.0.0.1:1] cluster-ip\n"
	  "10.96.0.1 tcp/81 -> 1[10.0.0.1:2] cluster-ip\n"
	  "node4 tcp/30080 -> 0[10.0.0.1:1] always\n" },
	{ "E4 fallback to terminating ones",
	  HTTP,
	  { ALL_TERMINATING },
	  "10.96.0.1 tcp/80 -> 0[10.0.0.1:8080 10.0.0.2:8080] cluster-ip\n"
	  "node4 tcp/30080 -> 0[10.0.0.1:8080 10.0.0.2:8080] always\n" },
	{ "N1 nobody",
	  HTTP,
	  { NULL },
	  "10.96.0.1 tcp/80 -> reject cluster-ip\nnode4 tcp/30080 -> reject always\n" },
	{ "N1 E7 nobody usable, any policy",
	  HTTP "internal=Local external=Local",
	  { NOT_READY },
	  "10.96.0.1 tcp/80 -> reject cluster-ip\nnode4 tcp/30080 -> reject from-node\n" },
	{ "N1 E9 terminating, not serving",
	  HTTP "internal=Local external=Local",
	  { "http/TCP/8080 | 10.0.0.2@there T" },
	  "10.96.0.1 tcp/80 -> reject cluster-ip\nnode4 tcp/30080 -> reject from-node\n" },
	{ "E18 iTP Local leaves the node port alone",
	  HTTP "internal=Local",
	  { LOCAL_AND_REMOTE },
	  "10.96.0.1 tcp/80 -> 0[10.0.0.1:8080] cluster-ip\n"
	  "node4 tcp/30080 -> 1[10.0.0.1:8080 10.0.0.2:8080] always\n" },
	{ "N2 iTP Local, endpoints elsewhere",
	  HTTP "internal=Local",
	  { REMOTE_ONLY },
	  "10.96.0.1 tcp/80 -> drop cluster-ip\n"
	  "node4 tcp/30080 -> 0[10.0.0.2:8080] always\n" },
	{ "N2 E9 iTP Local alone, terminating elsewhere",
	  "ip=10.96.0.1 port=http/TCP/80 internal=Local",
	  { "http/TCP/8080 | 10.0.0.2@there ST" },
	  "10.96.0.1 tcp/80 -> drop cluster-ip\n" },
	{ "E5 E6 iTP Local, local terminating beside ready",
	  HTTP "internal=Local",
	  { LOCAL_TERMINATING },
	  "10.96.0.1 tcp/80 -> 0[10.0.0.1:8080] cluster-ip\n"
	  "node4 tcp/30080 -> 1[10.0.0.2:8080] always\n" },
	{ "E17 E19 E20 E21 eTP Local",
	  HTTP "external=Local",
	  { LOCAL_AND_REMOTE },
	  "10.96.0.1 tcp/80 -> 0[10.0.0.1:8080 10.0.0.2:8080] cluster-ip\n"
	  "node4 tcp/30080 -> 0[10.0.0.1:8080 10.0.0.2:8080] else 1[10.0.0.1:8080] from-node\n" },
	{ "E22 N3 eTP Local, endpoints elsewhere",
	  HTTP "external=Local",
	  { REMOTE_ONLY },
	  "10.96.0.1 tcp/80 -> 0[10.0.0.2:8080] cluster-ip\n"
	  "node4 tcp/30080 -> 0[10.0.0.2:8080] else drop from-node\n" },
	{ "eTP Local, all local: one pool",
	  HTTP "external=Local",
	  { LOCAL_ONLY },
	  "10.96.0.1 tcp/80 -> 0[10.0.0.1:8080] cluster-ip\n"
	  "node4 tcp/30080 -> 0[10.0.0.1:8080] else 0[10.0.0.1:8080] from-node\n" },
	{ "both Local, all local: one pool",
	  HTTP "external=Local internal=Local",
	  { LOCAL_ONLY },
	  "10.96.0.1 tcp/80 -> 0[10.0.0.1:8080] cluster-ip\n"
	  "node4 tcp/30080 -> 0[10.0.0.1:8080] else 0[10.0.0.1:8080] from-node\n" },
	{ "both Local",
	  HTTP "external=Local internal=Local",
	  { LOCAL_AND_REMOTE },
	  "10.96.0.1 tcp/80 -> 0[10.0.0.1:8080] cluster-ip\n"
	  "node4 tcp/30080 -> 1[10.0.0.1:8080 10.0.0.2:8080] else 0[10.0.0.1:8080] from-node\n" },
	{ "both Local, endpoints elsewhere",
	  HTTP "external=Local internal=Local",
	  { REMOTE_ONLY },
	  "10.96.0.1 tcp/80 -> drop cluster-ip\n"
	  "node4 tcp/30080 -> 0[10.0.0.2:8080] else drop from-node\n" },
	{ "E5 E6 eTP Local, local terminating beside ready",
	  HTTP "external=Local",
	  { LOCAL_TERMINATING },
	  "10.96.0.1 tcp/80 -> 0[10.0.0.2:8080] cluster-ip\n"
	  "node4 tcp/30080 -> 0[10.0.0.2:8080] else 1[10.0.0.1:8080] from-node\n" },
	{ "E6 same number, other endpoints: two pools",
	  HTTP "external=Local",
	  { LOCAL_TERMINATING },
	  "10.96.0.1 tcp/80 -> 0[10.0.0.2:8080] cluster-ip\n"
	  "node4 tcp/30080 -> 0[10.0.0.2:8080] else 1[10.0.0.1:8080] from-node\n" },
	{ "E17 eTP Local of a LoadBalancer",
	  HTTP "type=LoadBalancer external=Local",
	  { REMOTE_ONLY },
	  "10.96.0.1 tcp/80 -> 0[10.0.0.2:8080] cluster-ip\n"
	  "node4 tcp/30080 -> 0[10.0.0.2:8080] else drop from-node\n" },
	{ "E17 eTP Local of a ClusterIP Service is Cluster",
	  HTTP "type=ClusterIP external=Local",
	  { REMOTE_ONLY },
	  "10.96.0.1 tcp/80 -> 0[10.0.0.2:8080] cluster-ip\n"
	  "node4 tcp/30080 -> 0[10.0.0.2:8080] always\n" },
	{ "E17 unless it has externalIPs",
	  HTTP "type=ClusterIP external=Local external-ip=192.0.2.1",
	  { REMOTE_ONLY },
	  "10.96.0.1 tcp/80 -> 0[10.0.0.2:8080] cluster-ip\n"
	  "192.0.2.1 tcp/80 -> 0[10.0.0.2:8080] else drop from-node\n"
	  "node4 tcp/30080 -> 0[10.0.0.2:8080] else drop from-node\n" },
	{ "P2 P4 P5 P7 external addresses",
	  "ip=10.96.0.1 port=http/TCP/80 external-ip=192.0.2.1 external-ip=2001:db8::1 lb-ip=192.0.2.2 "
	  "lb-proxy-ip=192.0.2.3 range=198.51.100.0/24",
	  { REMOTE_ONLY },
	  "10.96.0.1 tcp/80 -> 0[10.0.0.2:8080] cluster-ip\n"
	  "192.0.2.1 tcp/80 -> 0[10.0.0.2:8080] always\n"
	  "192.0.2.2 tcp/80 -> 0[10.0.0.2:8080] always from 198.51.100.0/24\n" },
	{ "one address listed twice",
	  "ip=10.96.0.1 port=http/TCP/80 external-ip=192.0.2.1 external-ip=192.0.2.1 external-ip=10.96.0.1 "
	  "lb-ip=192.0.2.1 lb-ip=192.0.2.1 range=198.51.100.0/24",
	  { NULL },
	  "10.96.0.1 tcp/80 -> reject cluster-ip\n"
	  "192.0.2.1 tcp/80 -> reject always from 198.51.100.0/24\n" },
	{ "R4 the node may come from the address it holds",
	  "ip=10.96.0.1 port=http/TCP/80 lb-ip=203.0.113.1 range=192.0.2.0/24",
	  { NULL },
	  "10.96.0.1 tcp/80 -> reject cluster-ip\n"
	  "203.0.113.1 tcp/80 -> reject always from 192.0.2.0/24,203.0.113.1/32\n" },
	{ "R9 nested, double and adjacent ranges, the address in one",
	  "ip=10.96.0.1 port=http/TCP/80 lb-ip=192.0.2.7 range=192.0.2.0/25 range=10.1.0.0/16 range=10.0.0.0/8 "
	  "range=10.0.0.0/8 range=192.0.2.128/25 range=10.255.255.255/32",
	  { NULL },
	  "10.96.0.1 tcp/80 -> reject cluster-ip\n"
	  "192.0.2.7 tcp/80 -> reject always from 10.0.0.0/8,192.0.2.0/25,192.0.2.128/25\n" },
	{ "R6 R7 everybody, and ranges of the other family",
	  "ip=10.96.0.1 ip=fd00::1 port=http/TCP/80 lb-ip=192.0.2.7 lb-ip=2001:db8::7 range=10.0.0.0/8 range=0.0.0.0/0",
	  { NULL },
	  "10.96.0.1 tcp/80 -> reject cluster-ip\n"
	  "192.0.2.7 tcp/80 -> reject always\n"
	  "fd00::1 tcp/80 -> reject cluster-ip\n"
	  "2001:db8::7 tcp/80 -> reject always\n" },
	{ "E17 E19 N3 eTP Local of a load balancer IP",
	  "type=LoadBalancer ip=10.96.0.1 port=http/TCP/80 lb-ip=192.0.2.7 external=Local",
	  { LOCAL_AND_REMOTE },
	  "10.96.0.1 tcp/80 -> 0[10.0.0.1:8080 10.0.0.2:8080] cluster-ip\n"
	  "192.0.2.7 tcp/80 -> 0[10.0.0.1:8080 10.0.0.2:8080] else 1[10.0.0.1:8080] from-node\n" },
	{ "E16 E18 hints: cluster list only",
	  HTTP "external=Local internal=Local",
	  { "http/TCP/8080 | 10.0.0.1@here RS zones=z2; 10.0.0.2@there RS zones=z1" },
	  "10.96.0.1 tcp/80 -> 0[10.0.0.1:8080] cluster-ip\n"
	  "node4 tcp/30080 -> 1[10.0.0.2:8080] else 0[10.0.0.1:8080] from-node\n" },
	{ "L8 slices merge",
	  HTTP,
	  { REMOTE_ONLY, LOCAL_ONLY },
	  "10.96.0.1 tcp/80 -> 0[10.0.0.1:8080 10.0.0.2:8080] cluster-ip\n"
	  "node4 tcp/30080 -> 0[10.0.0.1:8080 10.0.0.2:8080] always\n" },
};

static void print_target(const struct plan *plan, const struct plan_target *target, struct buf *buf)
{
	const struct pool *pool;
	size_t i;

	if (target->verdict != PLAN_VERDICT_POOL) {
		buf_printf(buf, "%s", target->verdict == PLAN_VERDICT_DROP ? "drop" : "reject");
		return;
	}
	assert_true(target->pool < plan->n_pools);
	pool = &plan->pools[target->pool];
	assert_true(pool->n_endpoints > 0);
	buf_printf(buf, "%u[", target->pool);
	for (i = 0; i < pool->n_endpoints; i++) {
		const struct pool_endpoint *e = &pool->endpoints[i];
		bool ipv6 = e->addr.family == FAMILY_IPV6;
		char text[ADDR_TEXT_SIZE];

		buf_printf(buf, "%s%s%s%s:%u", i ? " " : "", ipv6 ? "[" : "", addr_print(&e->addr, text),
			   ipv6 ? "]" : "", e->port);
	}
	buf_printf(buf, "]");
}

static const char *print_plan(const struct plan *plan, struct buf *buf)
{
	static const char *masquerades[] = {
		[PLAN_MASQUERADE_CLUSTER_IP] = "cluster-ip",
		[PLAN_MASQUERADE_ALWAYS] = "always",
		[PLAN_MASQUERADE_FROM_NODE] = "from-node",
	};
	size_t i;

	buf_reset(buf);
	for (i = 0; i < plan->n_frontends; i++) {
		const struct frontend *f = &plan->frontends[i];
		char text[ADDR_TEXT_SIZE], range[CIDR_TEXT_SIZE];
		uint32_t k;

		if (f->kind == FRONTEND_KIND_NODE_PORT) {
			assert_true(addr_is_unspecified(&f->addr));
			buf_printf(buf, "%s", f->addr.family == FAMILY_IPV4 ? "node4" : "node6");
		} else {
			buf_printf(buf, "%s", addr_print(&f->addr, text));
		}
		buf_printf(buf, " %s/%u -> ", addr_protocol_name(f->protocol), f->port);
		print_target(plan, &f->target, buf);
		if (f->has_local_target) {
			buf_printf(buf, " else ");
			print_target(plan, &f->local_target, buf);
		}
		buf_printf(buf, " %s", masquerades[f->masquerade]);
		for (k = 0; k < f->n_source_ranges; k++)
			buf_printf(buf, "%s%s", k ? "," : " from ", cidr_print(&f->source_ranges[k], range));
		buf_printf(buf, "\n");
	}
	return buf_text(buf);
}

/* Every pool has a front end. */
static void check_pools(const struct plan *plan)
{
	size_t i, j;

	for (i = 0; i < plan->n_pools; i++) {
		bool used = false;

		for (j = 0; j < plan->n_frontends; j++) {
			const struct frontend *f = &plan->frontends[j];

			used |= f->target.verdict == PLAN_VERDICT_POOL && f->target.pool == i;
			used |= f->has_local_target && f->local_target.verdict == PLAN_VERDICT_POOL &&
				f->local_target.pool == i;
		}
		assert_true(used);
	}
}

static void make_input(struct arena *arena, const char *service, const char *const *slices, size_t n,
		       struct build_input *ret)
{
	const struct slice **all = arena_array(arena, n, sizeof(*all));

	*ret = (struct build_input){
		.service = objects_service(arena, "ns/svc", service),
		.slices = all,
		.here = { .node_name = "here", .zone = "z1" },
		.family_enabled = { true, true },
		.has_node_addr = { true, false },
	};
	assert_true(addr_parse("192.0.2.100", &ret->node_addr[FAMILY_IPV4]));
	for (; ret->n_slices < n && slices[ret->n_slices]; ret->n_slices++)
		all[ret->n_slices] = objects_slice(arena, "ns/s", "svc", slices[ret->n_slices]);
}

static void test_cases(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct buf buf = BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct build_case *c = &cases[i];
		struct build_input in;
		struct plan plan;

		make_input(arena, c->service, c->slices, SLICES_MAX, &in);
		assert_int_equal(build_plan(&in, arena, &plan, NULL), 0);
		if (strcmp(print_plan(&plan, &buf), c->expected) != 0)
			fail_msg("%s:\n is\n%s should be\n%s", c->row, buf_text(&buf), c->expected);
		check_pools(&plan);
		assert_string_equal(plan.service.namespace, "ns");
		assert_string_equal(plan.service.name, "svc");
		arena_reset(arena);
	}
	buf_done(&buf);
}

/* By address, whether it is in none of the ranges. */
static void expect_elsewhere(const struct build_input *in, struct arena *arena, const char *expected)
{
	char addr[ADDR_TEXT_SIZE];
	struct buf text = BUF_INIT;
	struct plan plan;
	size_t i;

	assert_int_equal(build_plan(in, arena, &plan, NULL), 0);
	for (i = 0; i < plan.n_frontends; i++)
		if (plan.frontends[i].elsewhere)
			buf_printf(&text, "%s%s", text.size ? " " : "",
				   addr_print(&plan.frontends[i].addr, addr));
	assert_string_equal(buf_text(&text), expected);
	buf_done(&text);
}

static void test_ranges(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct build_input in;
	struct cidr ranges[3];

	(void)state;
	make_input(
		arena,
		"type=LoadBalancer ip=10.96.0.1 ip=fd00::1 external-ip=10.96.0.9 external-ip=10.97.0.9 lb-ip=203.0.113.1 port=/TCP/80/30080",
		NULL, 0, &in);
	expect_elsewhere(&in, arena, "");
	assert_true(cidr_parse("10.96.0.0/16", &ranges[0]));
	assert_true(cidr_parse("10.97.0.0/16", &ranges[1]));
	assert_true(cidr_parse("fd00:1::/64", &ranges[2]));
	in.ranges[FAMILY_IPV4] = ranges;
	in.n_ranges[FAMILY_IPV4] = 1;
	expect_elsewhere(&in, arena, "10.97.0.9 203.0.113.1");
	in.n_ranges[FAMILY_IPV4] = 2;
	expect_elsewhere(&in, arena, "203.0.113.1");
	in.ranges[FAMILY_IPV6] = &ranges[2];
	in.n_ranges[FAMILY_IPV6] = 1;
	expect_elsewhere(&in, arena, "203.0.113.1 fd00::1");
}

static void test_fields(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	const char *slices[] = { LOCAL_ONLY };
	struct build_input in;
	struct plan plan;
	size_t i;

	(void)state;
	make_input(arena, HTTP "affinity=10800 created=1234", slices, 1, &in);
	assert_int_equal(build_plan(&in, arena, &plan, NULL), 0);
	assert_int_equal(plan.creation_time_s, 1234);
	assert_int_equal(plan.n_frontends, 2);
	for (i = 0; i < plan.n_frontends; i++) {
		assert_string_equal(plan.frontends[i].port_name, "http");
		assert_int_equal(plan.frontends[i].affinity_timeout_s, 10800);
		assert_int_equal(plan.frontends[i].n_source_ranges, 0);
	}
	in.no_affinity = true;
	assert_int_equal(build_plan(&in, arena, &plan, NULL), 0);
	assert_int_equal(plan.n_frontends, 2);
	for (i = 0; i < plan.n_frontends; i++)
		assert_int_equal(plan.frontends[i].affinity_timeout_s, 0);
}

/* With session affinity a port has both lists, whichever its front ends lead to, and their endpoints count once. */
static void test_affinity_lists(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	const char *slices[] = { LOCAL_AND_REMOTE };
	struct build_input in;
	struct plan plan;
	size_t i;

	(void)state;
	make_input(arena, HTTP "affinity=10800", slices, 1, &in);
	assert_int_equal(build_plan(&in, arena, &plan, NULL), 0);
	assert_int_equal(plan.n_frontends, 2);
	for (i = 0; i < 2; i++) {
		assert_int_equal(plan.pools[plan.frontends[i].lists[PLAN_LIST_CLUSTER]].n_endpoints, 2);
		assert_int_equal(plan.pools[plan.frontends[i].lists[PLAN_LIST_LOCAL]].n_endpoints, 1);
		assert_int_equal(plan.frontends[i].port_size, i ? 0 : 3);
	}
	make_input(arena, HTTP, slices, 1, &in);
	assert_int_equal(build_plan(&in, arena, &plan, NULL), 0);
	for (i = 0; i < 2; i++) {
		assert_int_equal(plan.frontends[i].lists[PLAN_LIST_LOCAL], PLAN_NO_POOL);
		assert_int_equal(plan.frontends[i].port_size, 0);
	}
}

/* P3: with the same address as a load balancer IP it stays one; policy Local needs an external front end. */
static void test_no_external_ips(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	const char *slices[] = { LOCAL_AND_REMOTE };
	struct build_input in;
	struct plan plan;

	(void)state;
	make_input(arena, HTTP "external-ip=203.0.113.1 external-ip=203.0.113.2 lb-ip=203.0.113.2", slices, 1,
		   &in);
	assert_int_equal(build_plan(&in, arena, &plan, NULL), 0);
	assert_int_equal(plan.n_frontends, 4);
	in.no_external_ips = true;
	assert_int_equal(build_plan(&in, arena, &plan, NULL), 0);
	assert_int_equal(plan.n_frontends, 3);
	assert_int_equal(plan.frontends[0].kind, FRONTEND_KIND_CLUSTER_IP);
	assert_int_equal(plan.frontends[1].kind, FRONTEND_KIND_LOAD_BALANCER_IP);
	assert_int_equal(plan.frontends[2].kind, FRONTEND_KIND_NODE_PORT);
}

/* L14: slices without a Service. */
static void test_no_service(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	const char *slices[] = { LOCAL_ONLY };
	struct build_input in;
	struct plan plan;

	(void)state;
	make_input(arena, HTTP, slices, 1, &in);
	in.service = NULL;
	assert_int_equal(build_plan(&in, arena, &plan, NULL), 0);
	assert_int_equal(plan.n_frontends, 0);
	assert_int_equal(plan.n_pools, 0);
	assert_false(service_name_is_set(plan.service));
}

/* V2 */
static void test_family_off(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	const char *slices[] = { LOCAL_ONLY, "IPv6 | http/TCP/8080 | fd01::1@here RS" };
	struct buf buf = BUF_INIT;
	struct build_input in;
	struct plan plan;

	(void)state;
	make_input(arena, "ip=fd00::1 ip=10.96.0.1 port=http/TCP/80", slices, 2, &in);
	in.family_enabled[FAMILY_IPV6] = false;
	assert_int_equal(build_plan(&in, arena, &plan, NULL), 0);
	assert_string_equal(print_plan(&plan, &buf), "10.96.0.1 tcp/80 -> 0[10.0.0.1:8080] cluster-ip\n");
	in.family_enabled[FAMILY_IPV6] = true;
	in.family_enabled[FAMILY_IPV4] = false;
	assert_int_equal(build_plan(&in, arena, &plan, NULL), 0);
	assert_string_equal(print_plan(&plan, &buf), "fd00::1 tcp/80 -> 0[[fd01::1]:8080] cluster-ip\n");
	buf_done(&buf);
}

static void test_too_many(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct slice_port port = { .name = "http", .protocol = PROTOCOL_TCP, .port = 8080 };
	struct slice slice = { .namespace = "ns", .name = "s", .uid = "", .service_name = "svc" };
	const struct slice *slices[] = { &slice };
	struct plan plan = { .n_frontends = 4711 };
	struct build_input in;
	struct err err = { 0 };
	size_t i;

	(void)state;
	make_input(arena, HTTP, NULL, 0, &in);
	slice.ports = &port;
	slice.n_ports = 1;
	slice.n_endpoints = PICK_ENDPOINTS_MAX + 1;
	slice.endpoints = arena_array(arena, slice.n_endpoints, sizeof(*slice.endpoints));
	for (i = 0; i < slice.n_endpoints; i++) {
		slice.endpoints[i].addr.bytes[2] = (uint8_t)(i >> 8);
		slice.endpoints[i].addr.bytes[3] = (uint8_t)i;
	}
	in.slices = slices;
	in.n_slices = 1;
	assert_int_equal(build_plan(&in, arena, &plan, &err), -E2BIG);
	assert_non_null(strstr(err.text, "port \"http\" (tcp, IPv4)"));
	assert_int_equal(plan.n_frontends, 4711);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_ranges),		cmocka_unit_test(test_affinity_lists),
		cmocka_unit_test(test_no_external_ips), cmocka_unit_test(test_no_service),
		cmocka_unit_test(test_family_off),	cmocka_unit_test(test_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
