/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "lib/plans.h"

#include "base/arena.h"

struct addr plans_addr(uint8_t a, uint8_t b, size_t number)
{
	return (struct addr){ .family = FAMILY_IPV4,
			      .bytes = { a, b, (uint8_t)(number >> 8), (uint8_t)number } };
}

struct plan *plans_cluster_ip(struct arena *arena, const char *name, size_t number, size_t n_endpoints,
			      size_t first_endpoint)
{
	struct pool_endpoint *endpoints = arena_array(arena, n_endpoints, sizeof(*endpoints));
	struct frontend *frontend = arena_alloc(arena, sizeof(*frontend));
	struct pool *pool = arena_alloc(arena, sizeof(*pool));
	struct plan *plan = arena_alloc(arena, sizeof(*plan));
	size_t i;

	for (i = 0; i < n_endpoints; i++) {
		endpoints[i].addr = plans_addr(10, 244, first_endpoint + i);
		endpoints[i].port = 8080;
	}
	*pool = (struct pool){ .n_endpoints = n_endpoints, .endpoints = endpoints };
	*frontend = (struct frontend){
		.kind = FRONTEND_KIND_CLUSTER_IP,
		.addr = plans_addr(10, 96, number),
		.protocol = PROTOCOL_TCP,
		.port = 80,
		.port_name = "",
		.target = { .verdict = n_endpoints ? PLAN_VERDICT_POOL : PLAN_VERDICT_REJECT },
		.masquerade = PLAN_MASQUERADE_CLUSTER_IP,
	};
	*plan = (struct plan){
		.service = { "default", arena_string(arena, name) },
		.creation_time_s = 1,
		.n_frontends = 1,
		.frontends = frontend,
		.n_pools = n_endpoints ? 1 : 0,
		.pools = pool,
	};
	return plan;
}
