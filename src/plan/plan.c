/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "plan/plan.h"

#include <assert.h>

#include "base/arena.h"

static bool plan_matches(const struct frontend *frontend, const struct plan_packet *packet)
{
	if (frontend->protocol != packet->protocol || frontend->port != packet->dport)
		return false;
	switch (frontend->kind) {
	case FRONTEND_KIND_CLUSTER_IP:
	case FRONTEND_KIND_EXTERNAL_IP:
	case FRONTEND_KIND_LOAD_BALANCER_IP:
		return addr_equal(&frontend->addr, &packet->daddr);
	case FRONTEND_KIND_NODE_PORT:
		return packet->to_node_port_address && frontend->addr.family == packet->daddr.family;
	case _FRONTEND_KIND_MAX:
		break;
	}
	assert(!"a kind of front end");
	return false;
}

int plan_cmp_frontends(const void *a, const void *b)
{
	const struct frontend *p = a, *q = b;
	int order;

	if (p->addr.family != q->addr.family)
		return p->addr.family < q->addr.family ? -1 : 1;
	if (p->kind != q->kind)
		return p->kind < q->kind ? -1 : 1;
	order = addr_cmp(&p->addr, &q->addr);
	if (order)
		return order;
	if (p->protocol != q->protocol)
		return p->protocol < q->protocol ? -1 : 1;
	return (int)p->port - (int)q->port;
}

void plan_count_slots(const struct pool *pool, uint32_t *ret)
{
	size_t i;

	for (i = 0; i < pool->n_endpoints; i++)
		ret[i] = pool->slots ? 0 : 1;
	for (i = 0; pool->slots && i < pool->n_slots; i++)
		ret[pool->slots[i]]++;
}

const struct pool *plan_in_use(const struct pool *pool, struct arena *arena)
{
	struct pool_endpoint *endpoints;
	struct pool *used;
	uint32_t *n_slots;
	size_t i;

	if (!pool->slots)
		return pool;
	used = arena_alloc(arena, sizeof(*used));
	endpoints = arena_array(arena, pool->n_endpoints, sizeof(*endpoints));
	n_slots = arena_array(arena, pool->n_endpoints, sizeof(*n_slots));
	plan_count_slots(pool, n_slots);
	for (i = 0; i < pool->n_endpoints; i++)
		if (n_slots[i])
			endpoints[used->n_endpoints++] = pool->endpoints[i];
	used->endpoints = endpoints;
	return used;
}

bool plan_own_lists(size_t n_copies, size_t n_listed)
{
	return n_copies > 2 * n_listed + 64;
}

static size_t plan_target_size(const struct plan *plan, const struct plan_target *target, bool own_lists)
{
	if (own_lists || target->verdict != PLAN_VERDICT_POOL)
		return 1;
	return 1 + plan_n_slots(&plan->pools[target->pool]);
}

size_t plan_frontend_size(const struct plan *plan, const struct frontend *frontend)
{
	size_t size = plan_target_size(plan, &frontend->target, frontend->own_lists) +
		      (frontend->affinity_timeout_s != 0) + frontend->port_size;

	if (frontend->has_local_target)
		size += plan_target_size(plan, &frontend->local_target, frontend->own_lists);
	return size;
}

size_t plan_size(const struct plan *plan)
{
	const struct cidr *ranges[_FAMILY_MAX] = { NULL };
	size_t size = 0, i;

	for (i = 0; i < plan->n_frontends; i++) {
		const struct frontend *frontend = &plan->frontends[i];

		size += plan_frontend_size(plan, frontend);
		/* Front ends share them. */
		if (!frontend->n_source_ranges || frontend->source_ranges == ranges[frontend->addr.family])
			continue;
		size += frontend->n_source_ranges;
		ranges[frontend->addr.family] = frontend->source_ranges;
	}
	return size;
}

bool plan_answers(const struct frontend *frontend)
{
	return frontend->target.verdict == PLAN_VERDICT_POOL ||
	       (frontend->has_local_target && frontend->local_target.verdict == PLAN_VERDICT_POOL);
}

bool plan_yields(const struct frontend *frontend)
{
	return (frontend->kind == FRONTEND_KIND_EXTERNAL_IP ||
		frontend->kind == FRONTEND_KIND_LOAD_BALANCER_IP) &&
	       !frontend->has_local_target && frontend->target.verdict == PLAN_VERDICT_REJECT;
}

const struct frontend *plan_find_frontend(const struct plan *plan, const struct plan_packet *packet)
{
	const struct frontend *node_port = NULL, *yields = NULL;
	size_t i;

	for (i = 0; i < plan->n_frontends; i++) {
		const struct frontend *frontend = &plan->frontends[i];

		if (!plan_matches(frontend, packet))
			continue;
		if (frontend->kind == FRONTEND_KIND_NODE_PORT)
			node_port = frontend;
		else if (plan_yields(frontend))
			yields = frontend;
		else
			return frontend;
	}
	return node_port ? node_port : yields;
}

static bool plan_admits(const struct frontend *frontend, const struct plan_packet *packet)
{
	uint32_t i;

	if (!frontend->n_source_ranges)
		return true;
	for (i = 0; i < frontend->n_source_ranges; i++) {
		if (cidr_contains(&frontend->source_ranges[i], &packet->saddr))
			return true;
	}
	return false;
}

enum plan_outcome plan_lookup(const struct plan *plan, const struct plan_packet *packet,
			      const struct pool **ret_pool)
{
	const struct frontend *frontend = plan_find_frontend(plan, packet);
	const struct plan_target *target;

	if (!frontend)
		return PLAN_OUTCOME_UNTOUCHED;
	/* Source ranges are checked before everything else, also before a reject (N6, R2). */
	if (!plan_admits(frontend, packet))
		return PLAN_OUTCOME_DROP;
	target = &frontend->target;
	if (frontend->has_local_target && !packet->from_pod && !packet->from_node)
		target = &frontend->local_target;
	switch (target->verdict) {
	case PLAN_VERDICT_POOL:
		assert(target->pool < plan->n_pools);
		*ret_pool = &plan->pools[target->pool];
		return PLAN_OUTCOME_POOL;
	case PLAN_VERDICT_REJECT:
		return PLAN_OUTCOME_REJECT;
	case PLAN_VERDICT_DROP:
		return PLAN_OUTCOME_DROP;
	}
	assert(!"a verdict");
	return PLAN_OUTCOME_UNTOUCHED;
}

bool plan_masquerades(const struct frontend *frontend, const struct plan_packet *packet,
		      const struct pool_endpoint *endpoint, const struct plan_node_rule *rule)
{
	if (addr_equal(&packet->saddr, &endpoint->addr))
		return true;
	switch (frontend->masquerade) {
	case PLAN_MASQUERADE_CLUSTER_IP:
		return rule->masquerade_all || (rule->has_detector && !packet->from_pod);
	case PLAN_MASQUERADE_ALWAYS:
		return true;
	case PLAN_MASQUERADE_FROM_NODE:
		/* Pod traffic goes first (E20), even if it comes from an address of this node. */
		return packet->from_node && !packet->from_pod;
	}
	assert(!"a masquerade rule");
	return false;
}
