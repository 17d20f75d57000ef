/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which front ends of the tables a Service asks for that has too many of its own. */
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
#include "model/service.h"
#include "plan/found.h"

static struct addr ipv4(uint8_t net, size_t i)
{
	return (struct addr){ .family = FAMILY_IPV4,
			      .bytes = { net, (uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i } };
}

static struct frontend at(struct addr addr, uint8_t protocol, uint16_t port)
{
	return (struct frontend){
		.kind = FRONTEND_KIND_CLUSTER_IP, .addr = addr, .protocol = protocol, .port = port
	};
}

static struct frontend at_node_port(enum family family, uint8_t protocol, uint16_t port)
{
	return (struct frontend){ .kind = FRONTEND_KIND_NODE_PORT,
				  .addr = { .family = (uint8_t)family },
				  .protocol = protocol,
				  .port = port };
}

static char port_name[] = "p", first_name[] = "first", second_name[] = "second";

static struct service *wide(struct arena *arena, size_t n_ports, size_t n_external_ips)
{
	struct service *service = arena_alloc(arena, sizeof(*service));
	size_t i;

	*service = (struct service){ .namespace = "ns",
				     .name = "svc",
				     .uid = "",
				     .type = SERVICE_TYPE_NODE_PORT,
				     .creation_time_s = 7,
				     .has_cluster_ip[FAMILY_IPV4] = true,
				     .cluster_ip[FAMILY_IPV4] = ipv4(10, 1),
				     .n_ports = (uint32_t)n_ports,
				     .ports = arena_array(arena, n_ports, sizeof(*service->ports)),
				     .n_external_ips = (uint32_t)n_external_ips,
				     .external_ips = arena_array(arena, n_external_ips,
								 sizeof(*service->external_ips)) };
	for (i = 0; i < n_ports; i++)
		service->ports[i] = (struct service_port){ .name = port_name,
							   .protocol = PROTOCOL_TCP,
							   .port = (uint16_t)(i + 1) };
	for (i = 0; i < n_external_ips; i++)
		service->external_ips[i] = ipv4(192, i);
	return service;
}

static size_t add_all(struct found *found, const struct frontend *frontends, size_t n)
{
	size_t i, added = 0;

	for (i = 0; i < n; i++)
		added += found_add(found, &frontends[i]);
	return added;
}

static struct build_input input(const struct service *service)
{
	return (struct build_input){ .service = service,
				     .family_enabled = { [FAMILY_IPV4] = true, [FAMILY_IPV6] = true } };
}

static void test_asked_for(void **state)
{
	struct arena *arena = arena_new();
	struct service *service = wide(arena, 3, 4);
	struct build_input in = input(service);
	struct found *found;
	struct plan plan;

	(void)state;
	service->ports[0].node_port = 30001;
	service->ports[0].name = first_name;
	service->ports[1].name = second_name;
	service->n_ingress = 1;
	service->ingress = &(struct service_ingress){ .vip = true, .addr = ipv4(192, 2) };
	const struct frontend frontends[] = {
		at_node_port(FAMILY_IPV4, PROTOCOL_TCP, 30001),
		at(ipv4(192, 2), PROTOCOL_TCP, 2),
		at(ipv4(10, 1), PROTOCOL_TCP, 3),
		at(ipv4(192, 2), PROTOCOL_TCP, 2),		/* twice: of two sets */
		at(ipv4(192, 4), PROTOCOL_TCP, 2),		/* not its address */
		at(ipv4(192, 2), PROTOCOL_TCP, 4),		/* not its port */
		at(ipv4(192, 2), PROTOCOL_UDP, 2),		/* not its protocol */
		at_node_port(FAMILY_IPV4, PROTOCOL_TCP, 1),	/* not a node port */
		at_node_port(FAMILY_IPV4, PROTOCOL_TCP, 0),	/* ports without a node port have 0 */
		at_node_port(FAMILY_IPV6, PROTOCOL_TCP, 30001), /* not its family */
		at((struct addr){ .family = FAMILY_IPV6, .bytes = { 10, 0, 0, 1 } }, PROTOCOL_TCP, 3),
	};

	found = found_new(&in);
	assert_int_equal(add_all(found, frontends, sizeof(frontends) / sizeof(*frontends)), 4);
	found_plan(found, &plan);
	assert_string_equal(plan.service.name, "svc");
	assert_int_equal(plan.creation_time_s, 7);
	assert_int_equal(plan.n_frontends, 3);
	assert_int_equal(plan.frontends[0].kind, FRONTEND_KIND_CLUSTER_IP);
	assert_int_equal(plan.frontends[0].port, 3);
	assert_int_equal(plan.frontends[1].kind, FRONTEND_KIND_LOAD_BALANCER_IP);
	assert_string_equal(plan.frontends[1].port_name, "second");
	assert_int_equal(plan.frontends[2].kind, FRONTEND_KIND_NODE_PORT);
	assert_string_equal(plan.frontends[2].port_name, "first");

	found_free(found);
	service->headless = true;
	found = found_new(&in);
	assert_int_equal(add_all(found, frontends, sizeof(frontends) / sizeof(*frontends)), 0);
	found_free(found);
	arena_free(arena);
}

/* 4,000 ports on 5,000 addresses would be 20 million front ends. */
static void test_cost(void **state)
{
	struct arena *arena = arena_new();
	struct service *service = wide(arena, 4000, 5000);
	struct build_input in = input(service);
	struct frontend *frontends = arena_array(arena, 50000, sizeof(*frontends));
	struct found *found;
	struct plan plan;
	uint64_t us;
	size_t i;

	(void)state;
	for (i = 0; i < 50000; i++)
		frontends[i] = at(ipv4(192, i % 5000), PROTOCOL_TCP, (uint16_t)(i / 5000 + 1));
	us = cpu_us();
	found = found_new(&in);
	(void)add_all(found, frontends, 50000);
	found_plan(found, &plan);
	us = cpu_us() - us;
	assert_int_equal(plan.n_frontends, 50000);
	if (us > 500000)
		fail_msg("50,000 of 20 million front ends take %llu us", (unsigned long long)us);
	found_free(found);
	arena_free(arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_asked_for),
		cmocka_unit_test(test_cost),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
