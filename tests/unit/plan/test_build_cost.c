/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The CPU time of a plan is linear in its front ends, in the ports of its slices, and in its ports. */
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
#include "lib/cpu.h"
#include "model/service.h"
#include "model/slice.h"
#include "plan/build.h"
#include "plan/stale.h"

#define NAME_SIZE 24

static void number_addr(struct addr *addr, uint8_t net, size_t i)
{
	*addr = (struct addr){ .family = FAMILY_IPV4 };
	addr->bytes[0] = net;
	addr->bytes[1] = (uint8_t)(i >> 16);
	addr->bytes[2] = (uint8_t)(i >> 8);
	addr->bytes[3] = (uint8_t)i;
}

static struct service *make_service(struct arena *arena, uint8_t protocol, size_t n_ports,
				    size_t n_external_ips)
{
	struct service *service = arena_alloc(arena, sizeof(*service));
	size_t i;

	*service = (struct service){
		.namespace = "ns", .name = "svc", .uid = "", .type = SERVICE_TYPE_NODE_PORT
	};
	service->has_cluster_ip[FAMILY_IPV4] = true;
	number_addr(&service->cluster_ip[FAMILY_IPV4], 10, 1);
	service->n_ports = (uint32_t)n_ports;
	service->ports = arena_array(arena, n_ports, sizeof(*service->ports));
	for (i = 0; i < n_ports; i++) {
		char *name = arena_alloc(arena, NAME_SIZE);

		(void)snprintf(name, NAME_SIZE, "p%zu", i);
		service->ports[i] = (struct service_port){ .name = name,
							   .protocol = protocol,
							   .port = (uint16_t)(i + 1),
							   .node_port = (uint16_t)(i + 20000) };
	}
	service->n_external_ips = (uint32_t)n_external_ips;
	service->external_ips = arena_array(arena, n_external_ips, sizeof(*service->external_ips));
	for (i = 0; i < n_external_ips; i++)
		number_addr(&service->external_ips[i], 192, i);
	return service;
}

/* Slices that have all ports of @service, each with @n_endpoints endpoints of its own. */
static struct slice **make_slices(struct arena *arena, const struct service *service, size_t n,
				  size_t n_endpoints)
{
	struct slice **slices = arena_array(arena, n, sizeof(*slices));
	size_t i, k;

	for (i = 0; i < n; i++) {
		struct slice *slice = arena_alloc(arena, sizeof(*slice));

		*slice = (struct slice){ .namespace = "ns", .name = "s", .uid = "", .service_name = "svc" };
		slice->n_ports = service->n_ports;
		slice->ports = arena_array(arena, slice->n_ports, sizeof(*slice->ports));
		for (k = 0; k < slice->n_ports; k++)
			slice->ports[k] = (struct slice_port){ .name = service->ports[k].name,
							       .protocol = service->ports[k].protocol,
							       .port = 8080 };
		slice->n_endpoints = (uint32_t)n_endpoints;
		slice->endpoints = arena_array(arena, n_endpoints, sizeof(*slice->endpoints));
		for (k = 0; k < n_endpoints; k++) {
			slice->endpoints[k] = (struct endpoint){ .ready = true, .serving = true };
			number_addr(&slice->endpoints[k].addr, 11, i * n_endpoints + k);
		}
		slices[i] = slice;
	}
	return slices;
}

static void make_input(const struct service *service, struct slice **slices, size_t n_slices,
		       struct build_input *ret)
{
	*ret = (struct build_input){ .service = service,
				     .n_slices = n_slices,
				     .slices = (const struct slice *const *)slices };
	ret->here = (struct topology_node){ .node_name = "here", .zone = "" };
	ret->family_enabled[FAMILY_IPV4] = true;
}

static void run_external_ips(size_t n)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct build_input in;
	struct plan plan;

	make_input(make_service(arena, PROTOCOL_TCP, 20, n), NULL, 0, &in);
	assert_int_equal(build_plan(&in, arena, &plan, NULL), 0);
	assert_int_equal(plan.n_frontends, 20 * (n + 2));
}

static void run_ports(size_t n)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct build_input in;
	struct plan plan;

	make_input(make_service(arena, PROTOCOL_TCP, n, 10), NULL, 0, &in);
	assert_int_equal(build_plan(&in, arena, &plan, NULL), 0);
	assert_int_equal(plan.n_frontends, n * 12);
}

static void run_ports_of_slices(size_t n)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct service *service = make_service(arena, PROTOCOL_TCP, n, 0);
	struct build_input in;
	struct plan plan;

	make_input(service, make_slices(arena, service, 10, 1), 10, &in);
	assert_int_equal(build_plan(&in, arena, &plan, NULL), 0);
	assert_int_equal(plan.n_frontends, 2 * n);
	assert_int_equal(plan.n_pools, n);
	assert_int_equal(plan.pools[0].n_endpoints, 10);
}

static void run_stale_ports(size_t n)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct service *service = make_service(arena, PROTOCOL_UDP, n, 0);
	struct stale *stale;
	struct build_input in;
	struct plan plan;

	make_input(service, make_slices(arena, service, 10, 1), 10, &in);
	assert_int_equal(build_plan(&in, arena, &plan, NULL), 0);
	assert_int_equal(stale_new(&plan, &in, arena, &stale, NULL), 0);
	assert_int_equal(stale_n_frontends(stale), 2 * n);
	stale_free(stale);
}

static void test_external_ips(void **state)
{
	(void)state;
	assert_linear(run_external_ips, 100);
}

static void test_ports(void **state)
{
	(void)state;
	assert_linear(run_ports, 500);
}

static void test_ports_of_slices(void **state)
{
	(void)state;
	assert_linear(run_ports_of_slices, 400);
}

static void test_stale_ports(void **state)
{
	(void)state;
	assert_linear(run_stale_ports, 400);
}

static int plan_of(size_t n_ports, size_t n_external_ips, size_t n_slices, size_t n_endpoints, bool ready,
		   uint32_t affinity_s, struct err *err)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct service *service = make_service(arena, PROTOCOL_TCP, n_ports, n_external_ips);
	struct slice **slices = make_slices(arena, service, n_slices, n_endpoints);
	struct build_input in;
	struct plan plan;
	size_t i, k;

	service->type = SERVICE_TYPE_CLUSTER_IP;
	service->affinity_timeout_s = affinity_s;
	for (i = 0; i < n_ports; i++)
		service->ports[i].node_port = 0;
	for (i = 0; i < n_slices; i++)
		for (k = 0; k < n_endpoints; k++)
			slices[i]->endpoints[k].ready = slices[i]->endpoints[k].serving = ready;
	make_input(service, slices, n_slices, &in);
	*err = (struct err){ 0 };
	return build_plan(&in, arena, &plan, err);
}

static void test_limits(void **state)
{
	struct err err;

	(void)state;
	/* 400 node addresses, 400 endpoints, 2 ports: far inside */
	assert_int_equal(plan_of(2, 400, 4, 100, true, 0, &err), 0);
	assert_int_equal(plan_of(BUILD_FRONTENDS_MAX / 500, 499, 0, 0, true, 0, &err), 0);
	assert_int_equal(plan_of(BUILD_FRONTENDS_MAX / 500, 500, 0, 0, true, 0, &err), -E2BIG);
	assert_non_null(strstr(err.text, "front ends (100 ports on 501 addresses), more than 50000"));
	/* many front ends: each port has its endpoints once */
	assert_int_equal(plan_of(100, 499, 2, 1000, true, 0, &err), 0);
	assert_int_equal(plan_of(100, 499, 2, 2400, true, 0, &err), -E2BIG);
	assert_int_equal(plan_of(4000, 0, 1, 124, true, 0, &err), 0);
	assert_int_equal(plan_of(4000, 0, 1, 125, true, 0, &err), -E2BIG);
	assert_non_null(strstr(err.text, " set elements, more than 500000"));
	/* session affinity: the endpoints that may be learnt, whatever the number of front ends */
	assert_int_equal(plan_of(1000, 0, 1, 249, true, 10, &err), 0);
	assert_int_equal(plan_of(1000, 0, 1, 250, true, 10, &err), -E2BIG);
	assert_int_equal(plan_of(100, 499, 2, 1000, true, 10, &err), 0);
	/* endpoints that are not ready cost time, too */
	assert_int_equal(plan_of(4000, 0, 1, 125, false, 0, &err), 0);
	assert_int_equal(plan_of(4000, 0, 1, 126, false, 0, &err), -E2BIG);
	assert_non_null(strstr(err.text, "ports x endpoints, more than 500000"));
}

/* A Service that is far over the limits is refused at once. */
static void test_monsters(void **state)
{
	uint64_t start = cpu_us();
	struct err err;

	(void)state;
	assert_int_equal(plan_of(4096, 1024, 0, 0, true, 0, &err), -E2BIG);
	assert_int_equal(plan_of(4096, 0, 1, 4000, true, 0, &err), -E2BIG);
	assert_int_equal(plan_of(30, 1024, 5, 4000, true, 0, &err), -E2BIG);
	assert_true(cpu_us() - start < 2000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_external_ips),	cmocka_unit_test(test_ports),
		cmocka_unit_test(test_ports_of_slices), cmocka_unit_test(test_stale_ports),
		cmocka_unit_test(test_limits),		cmocka_unit_test(test_monsters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
