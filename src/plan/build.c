/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: endpoints are picked once for each family and port of a Service. Its lists become pools when a front end
 * first refers to them, so all front ends of the port share them. Only session affinity needs a pool without a front end. A front
 * end is an address or a node port (build_cluster_ip(), build_external_addr(), build_node_port()).
 * The addresses are the same for all ports, so they are sorted and freed of duplicates once. How external front
 * ends treat packets is decided in one place for all kinds (build_external()).
 */
#include "config.h"
#include "plan/build.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "model/service.h"
#include "plan/places.h"

/**
 * struct build - One plan in the making
 * @in, @arena, @plan: as in build_plan()
 * @local_policy: externalTrafficPolicy Local applies (E17)
 * @addrs, @n_addrs: by family, the addresses that each port has a front end on; none: the family is left out
 * @port_taken, @node_port_taken: places_taken()
 * @ranges, @n_ranges: by family, the sources that load balancer IPs admit; none: all sources
 * @n_entries, @n_elements: so far, for the limits in build.h
 */
struct build {
	const struct build_input *in;
	struct arena *arena;
	struct plan *plan;
	struct pick_slices slices;
	bool local_policy;
	size_t n_addrs[_FAMILY_MAX];
	const struct places_addr *addrs[_FAMILY_MAX];
	const bool *port_taken;
	const bool *node_port_taken;
	const struct cidr *ranges[_FAMILY_MAX];
	uint32_t n_ranges[_FAMILY_MAX];
	size_t n_entries;
	size_t n_elements;
};

/**
 * struct build_port - One Service port in one family
 * @cluster, @local: the pools of its lists, if @has_cluster_pool, @has_local_pool
 */
struct build_port {
	const struct service_port *port;
	enum family family;
	struct pick pick;
	bool has_cluster_pool;
	bool has_local_pool;
	uint32_t cluster;
	uint32_t local;
};

/* E17: externalTrafficPolicy Local of any other Service is read as Cluster. */
static bool build_honours_local_policy(const struct build_input *in)
{
	const struct service *service = in->service;

	if (service->external_traffic_policy != TRAFFIC_POLICY_LOCAL)
		return false;
	switch ((enum service_type)service->type) {
	case SERVICE_TYPE_NODE_PORT:
	case SERVICE_TYPE_LOAD_BALANCER:
		return true;
	case SERVICE_TYPE_CLUSTER_IP:
		return service->n_external_ips && !in->no_external_ips;
	case SERVICE_TYPE_EXTERNAL_NAME:
	case _SERVICE_TYPE_MAX:
		break;
	}
	return false;
}

bool build_serves(const struct service *service)
{
	return service && !service->has_service_proxy_name && !service->headless &&
	       service->type != SERVICE_TYPE_EXTERNAL_NAME;
}

static uint32_t build_add_pool(struct build *build, const struct pick *pick, bool local)
{
	size_t i, n = 0, size = local ? pick->n_local : pick->n_cluster;
	struct pool_endpoint *endpoints = arena_array(build->arena, size, sizeof(*endpoints));
	struct pool *pool = &build->plan->pools[build->plan->n_pools];

	for (i = 0; i < pick->n_endpoints; i++) {
		const struct pick_endpoint *endpoint = &pick->endpoints[i];

		if (!(local ? endpoint->in_local : endpoint->in_cluster))
			continue;
		endpoints[n].addr = endpoint->addr;
		endpoints[n].port = endpoint->port;
		n++;
	}
	assert(n == size);
	pool->n_endpoints = n;
	pool->endpoints = endpoints;
	return (uint32_t)build->plan->n_pools++;
}

static bool build_same_lists(const struct pick *pick)
{
	size_t i;

	for (i = 0; i < pick->n_endpoints; i++) {
		if (pick->endpoints[i].in_cluster != pick->endpoints[i].in_local)
			return false;
	}
	return true;
}

/* To the cluster list, or reject. The list is empty only if no endpoint anywhere is usable (E4, E9, N1). */
static struct plan_target build_cluster_target(struct build *build, struct build_port *port)
{
	struct plan_target target = { .verdict = PLAN_VERDICT_REJECT };

	if (!port->pick.n_cluster)
		return target;
	if (!port->has_cluster_pool) {
		if (port->has_local_pool && build_same_lists(&port->pick))
			port->cluster = port->local;
		else
			port->cluster = build_add_pool(build, &port->pick, false);
		port->has_cluster_pool = true;
	}
	target.verdict = PLAN_VERDICT_POOL;
	target.list = PLAN_LIST_CLUSTER;
	target.pool = port->cluster;
	return target;
}

/* To the local list; drop if only endpoints elsewhere are usable, so that clients try another node (N2, N3); else reject. */
static struct plan_target build_local_target(struct build *build, struct build_port *port)
{
	struct plan_target target = { .verdict = PLAN_VERDICT_REJECT };

	if (!port->pick.n_local) {
		if (port->pick.any_usable)
			target.verdict = PLAN_VERDICT_DROP;
		return target;
	}
	if (!port->has_local_pool) {
		if (port->has_cluster_pool && build_same_lists(&port->pick))
			port->local = port->cluster;
		else
			port->local = build_add_pool(build, &port->pick, true);
		port->has_local_pool = true;
	}
	target.verdict = PLAN_VERDICT_POOL;
	target.list = PLAN_LIST_LOCAL;
	target.pool = port->local;
	return target;
}

static struct frontend *build_add_frontend(struct build *build, const struct build_port *port,
					   enum frontend_kind kind)
{
	struct frontend *frontend = &build->plan->frontends[build->plan->n_frontends++];

	frontend->kind = kind;
	frontend->addr.family = (uint8_t)port->family;
	frontend->protocol = port->port->protocol;
	frontend->port = port->port->port;
	frontend->port_name = port->port->name;
	if (!build->in->no_affinity)
		frontend->affinity_timeout_s = build->in->service->affinity_timeout_s;
	return frontend;
}

static void build_set_addr(const struct build *build, struct frontend *frontend, const struct addr *addr)
{
	const struct cidr *ranges = build->in->ranges[addr->family];
	size_t i, n = build->in->n_ranges[addr->family];

	frontend->addr = *addr;
	for (i = 0; i < n; i++)
		if (cidr_contains(&ranges[i], addr))
			return;
	frontend->elsewhere = n > 0;
}

/* Policy and source address of a front end that is reached from outside (E17 to E24, M4, M5, N1, N3). */
static void build_external(struct build *build, struct build_port *port, struct frontend *frontend)
{
	frontend->target = build_cluster_target(build, port);
	frontend->masquerade = build->local_policy ? PLAN_MASQUERADE_FROM_NODE : PLAN_MASQUERADE_ALWAYS;
	/* Without a usable endpoint anywhere, all sources are rejected, whatever the policy (N1). */
	if (build->local_policy && port->pick.any_usable) {
		frontend->has_local_target = true;
		frontend->local_target = build_local_target(build, port);
	}
}

static void build_cluster_ip(struct build *build, struct build_port *port)
{
	const struct service *service = build->in->service;
	struct frontend *frontend = build_add_frontend(build, port, FRONTEND_KIND_CLUSTER_IP);

	build_set_addr(build, frontend, &service->cluster_ip[port->family]);
	frontend->masquerade = PLAN_MASQUERADE_CLUSTER_IP;
	if (service->internal_traffic_policy == TRAFFIC_POLICY_LOCAL)
		frontend->target = build_local_target(build, port);
	else
		frontend->target = build_cluster_target(build, port);
}

static void build_node_port(struct build *build, struct build_port *port)
{
	struct frontend *frontend = build_add_frontend(build, port, FRONTEND_KIND_NODE_PORT);

	frontend->port = port->port->node_port;
	build_external(build, port, frontend);
}

/* An externalIP or a load balancer IP (P2, P4, P7). */
static void build_external_addr(struct build *build, struct build_port *port, const struct places_addr *addr)
{
	struct frontend *frontend = build_add_frontend(build, port, addr->kind);

	build_set_addr(build, frontend, &addr->addr);
	build_external(build, port, frontend);
	if (addr->kind == FRONTEND_KIND_LOAD_BALANCER_IP) {
		frontend->n_source_ranges = build->n_ranges[port->family];
		frontend->source_ranges = build->ranges[port->family];
	}
}

static void build_port_addrs(struct build *build, struct build_port *port)
{
	const struct places_addr *addrs = build->addrs[port->family];
	size_t i;

	/* First, because the pools are numbered as they are first used. */
	build_cluster_ip(build, port);
	for (i = 0; i < build->n_addrs[port->family]; i++)
		if (addrs[i].kind != FRONTEND_KIND_CLUSTER_IP)
			build_external_addr(build, port, &addrs[i]);
}

/* The sources that load balancer IPs of one family admit (R1, R4 to R9). */
static void build_ranges(struct build *build, enum family family)
{
	const struct service *service = build->in->service;
	struct cidr *ranges =
		arena_array(build->arena, service->n_source_ranges + service->n_ingress, sizeof(*ranges));
	bool from_node = false;
	uint32_t i, n = 0;

	for (i = 0; i < service->n_source_ranges; i++) {
		const struct cidr *range = &service->source_ranges[i];

		if (range->addr.family != family)
			continue;
		if (!range->prefix_len)
			return;
		from_node = from_node || (build->in->has_node_addr[family] &&
					  cidr_contains(range, &build->in->node_addr[family]));
		ranges[n++] = *range;
	}
	/* A node that has the load balancer IP itself uses it as the source address, too (R4). */
	for (i = 0; n && from_node && i < service->n_ingress; i++)
		if (service->ingress[i].vip && service->ingress[i].addr.family == family)
			ranges[n++] = (struct cidr){ .addr = service->ingress[i].addr,
						     .prefix_len = (uint8_t)(addr_size(family) * 8) };
	build->ranges[family] = ranges;
	build->n_ranges[family] = (uint32_t)cidr_merge(ranges, n);
}

/* Addresses and ports, and room for as many front ends as they make. */
static int build_prepare(struct build *build, struct err *reterr)
{
	const struct build_input *in = build->in;
	const struct service *service = in->service;
	size_t i, n_addrs = 0, n = 0, n_families = 0;
	int family;

	for (family = 0; family < _FAMILY_MAX; family++) {
		if (!in->family_enabled[family] || !service->has_cluster_ip[family])
			continue;
		build->n_addrs[family] = places_addrs(service, (enum family)family, in->no_external_ips,
						      build->arena, &build->addrs[family]);
		build_ranges(build, (enum family)family);
		n_addrs += build->n_addrs[family];
		n_families++;
	}
	build->port_taken = places_taken(service, false, build->arena);
	build->node_port_taken = places_taken(service, true, build->arena);
	for (i = 0; i < service->n_ports; i++) {
		n += build->port_taken[i] ? 0 : n_addrs;
		if (service->ports[i].node_port && !build->node_port_taken[i])
			n += n_families;
	}
	if (n > BUILD_FRONTENDS_MAX)
		return err_set(reterr, -E2BIG, "%zu front ends (%u ports on %zu addresses), more than %d", n,
			       service->n_ports, n_addrs, BUILD_FRONTENDS_MAX);
	build->local_policy = build_honours_local_policy(in);
	build->plan->frontends = arena_array(build->arena, n, sizeof(*build->plan->frontends));
	/* Each port has two lists in each of its families. */
	build->plan->pools = arena_array(build->arena, (size_t)service->n_ports * n_families,
					 _PLAN_LIST_MAX * sizeof(*build->plan->pools));
	pick_slices_init(in->slices, in->n_slices, build->arena, &build->slices);
	return 0;
}

/* The front ends from @first on and the entries of their port count, too. */
static int build_count_cost(struct build *build, size_t first, size_t n_entries, struct err *reterr)
{
	size_t i;

	for (i = first; i < build->plan->n_frontends; i++)
		build->n_elements += plan_frontend_size(build->plan, &build->plan->frontends[i]);
	if (build->n_elements > BUILD_ELEMENTS_MAX)
		return err_set(reterr, -E2BIG, "%zu set elements, more than %d", build->n_elements,
			       BUILD_ELEMENTS_MAX);
	build->n_entries += n_entries;
	if (build->n_entries > BUILD_ELEMENTS_MAX)
		return err_set(reterr, -E2BIG, "%zu ports x endpoints, more than %d", build->n_entries,
			       BUILD_ELEMENTS_MAX);
	return 0;
}

static void build_count_without_local(struct build *build, const struct build_port *port)
{
	if (port->pick.n_local || !port->pick.any_usable)
		return;
	if (build->in->service->internal_traffic_policy == TRAFFIC_POLICY_LOCAL)
		build->plan->n_without_local[PLAN_DIRECTION_INTERNAL][port->family]++;
	if (build->local_policy)
		build->plan->n_without_local[PLAN_DIRECTION_EXTERNAL][port->family]++;
}

static size_t build_target_size(const struct plan *plan, const struct plan_target *target)
{
	return target->verdict == PLAN_VERDICT_POOL ? plan_n_slots(&plan->pools[target->pool]) : 0;
}

/* Decide whether the port, whose front ends are those from @first on, has lists of its own. */
static void build_choose_lists(struct build *build, struct build_port *port, size_t first)
{
	struct plan *plan = build->plan;
	bool affinity = first < plan->n_frontends && plan->frontends[first].affinity_timeout_s;
	size_t n_copies = 0, n_listed, i;
	uint32_t lists[_PLAN_LIST_MAX];

	for (i = first; i < plan->n_frontends; i++) {
		n_copies += build_target_size(plan, &plan->frontends[i].target);
		if (plan->frontends[i].has_local_target)
			n_copies += build_target_size(plan, &plan->frontends[i].local_target);
	}
	n_listed = (port->has_cluster_pool ? plan_n_slots(&plan->pools[port->cluster]) : 0) +
		   (port->has_local_pool ? plan_n_slots(&plan->pools[port->local]) : 0);
	if (affinity) {
		(void)build_cluster_target(build, port);
		(void)build_local_target(build, port);
	}
	lists[PLAN_LIST_CLUSTER] = port->has_cluster_pool ? port->cluster : PLAN_NO_POOL;
	lists[PLAN_LIST_LOCAL] = port->has_local_pool ? port->local : PLAN_NO_POOL;
	for (i = first; i < plan->n_frontends; i++) {
		struct frontend *frontend = &plan->frontends[i];

		frontend->own_lists = plan_own_lists(n_copies, n_listed);
		memcpy(frontend->lists, lists, sizeof(lists));
		if (i == first)
			frontend->port_size = (frontend->own_lists ? n_listed : 0) +
					      (affinity ? port->pick.n_cluster + port->pick.n_local : 0);
	}
}

static int build_one_port(struct build *build, size_t index, enum family family, struct err *reterr)
{
	struct build_port port = { .port = &build->in->service->ports[index], .family = family };
	size_t first = build->plan->n_frontends;
	struct pick_port key = {
		.name = port.port->name,
		.protocol = port.port->protocol,
		.family = (uint8_t)family,
	};
	int r;

	r = pick_endpoints(&build->slices, &key, &build->in->here, build->arena, &port.pick, reterr);
	if (r < 0)
		return err_wrap(reterr, "port \"%s\" (%s, %s)", key.name, addr_protocol_name(key.protocol),
				addr_family_name(family));
	build_count_without_local(build, &port);
	if (!build->port_taken[index])
		build_port_addrs(build, &port);
	if (port.port->node_port && !build->node_port_taken[index])
		build_node_port(build, &port);
	build_choose_lists(build, &port, first);
	return build_count_cost(build, first, port.pick.n_entries, reterr);
}

int build_plan(const struct build_input *in, struct arena *arena, struct plan *ret, struct err *reterr)
{
	const struct service *service = in->service;
	struct plan plan = { .n_frontends = 0 };
	struct build build = { .in = in, .arena = arena, .plan = &plan };
	int family, r;
	size_t i;

	if (service) {
		plan.service = (struct service_name){ service->namespace, service->name };
		plan.creation_time_s = service->creation_time_s;
	}
	if (!build_serves(service)) {
		*ret = plan;
		return 0;
	}
	r = build_prepare(&build, reterr);
	if (r < 0)
		return r;
	for (family = 0; family < _FAMILY_MAX; family++) {
		if (!build.n_addrs[family])
			continue;
		for (i = 0; i < service->n_ports; i++) {
			r = build_one_port(&build, i, (enum family)family, reterr);
			if (r < 0)
				return r;
		}
	}
	if (plan.n_frontends)
		qsort(plan.frontends, plan.n_frontends, sizeof(*plan.frontends), plan_cmp_frontends);
	*ret = plan;
	return 0;
}
