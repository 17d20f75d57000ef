/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "render/contribution.h"

#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "render/layout.h"

/* Elements in the making: an array that grows and is copied into the arena when it is sorted. */
struct contribution_builder {
	struct buf elements;
};

static struct element *contribution_add(struct contribution_builder *b, enum family table,
					enum layout_set set)
{
	struct element *e = buf_reserve(&b->elements, sizeof(*e));

	b->elements.size += sizeof(*e);
	set_element_init(e, table, (uint8_t)set);
	return e;
}

bool contribution_is_shared(uint8_t set)
{
	return set == LAYOUT_SET_CLUSTER_IPS || set == LAYOUT_SET_HAIRPIN;
}

static void contribution_key(struct element *e, const struct frontend *f)
{
	if (f->kind != FRONTEND_KIND_NODE_PORT)
		set_key_addr(e, &f->addr);
	set_key_protocol(e, f->protocol);
	set_key_port(e, f->port);
}

static void contribution_hairpins(struct contribution_builder *b, const struct pool *pool, uint8_t protocol)
{
	size_t i;

	for (i = 0; i < pool->n_endpoints; i++) {
		const struct pool_endpoint *ep = &pool->endpoints[i];
		struct element *e;

		if (!ep->local)
			continue;
		e = contribution_add(b, ep->addr.family, LAYOUT_SET_HAIRPIN);
		set_key_addr(e, &ep->addr);
		set_key_addr(e, &ep->addr);
		set_key_protocol(e, protocol);
		set_key_port(e, ep->port);
	}
}

/* One target: its verdict, and its endpoints if it has a pool. */
static void contribution_target(struct contribution_builder *b, const struct plan *plan,
				const struct frontend *f, const struct plan_target *target, enum layout_lb lb,
				enum layout_set verdicts, enum layout_set endpoints)
{
	enum family table = f->addr.family;
	char chain[RULE_NAME_MAX + 1];
	const struct pool *pool;
	struct element *e;
	size_t i;

	e = contribution_add(b, table, verdicts);
	contribution_key(e, f);
	switch (target->verdict) {
	case PLAN_VERDICT_REJECT:
		set_data_verdict(e, SET_VERDICT_GOTO, LAYOUT_CHAIN_NO_ENDPOINTS);
		return;
	case PLAN_VERDICT_DROP:
		set_data_verdict(e, SET_VERDICT_DROP, NULL);
		return;
	case PLAN_VERDICT_POOL:
		break;
	}
	pool = &plan->pools[target->pool];
	layout_lb_name(lb, f->protocol, (uint32_t)pool->n_endpoints, chain);
	set_data_verdict(e, SET_VERDICT_GOTO, chain);
	for (i = 0; i < pool->n_endpoints; i++) {
		e = contribution_add(b, table, endpoints);
		contribution_key(e, f);
		set_key_index(e, (uint32_t)i);
		set_data_addr(e, &pool->endpoints[i].addr);
		set_data_port(e, pool->endpoints[i].port);
	}
	contribution_hairpins(b, pool, f->protocol);
}

static void contribution_ranges(struct contribution_builder *b, const struct frontend *f)
{
	struct element *e;
	uint32_t i;

	if (!f->n_source_ranges)
		return;
	contribution_key(contribution_add(b, f->addr.family, LAYOUT_SET_RESTRICTED_SERVICES), f);
	for (i = 0; i < f->n_source_ranges; i++) {
		e = contribution_add(b, f->addr.family, LAYOUT_SET_ALLOWED_SOURCES);
		contribution_key(e, f);
		set_key_range(e, &f->source_ranges[i]);
	}
}

static void contribution_frontend(struct contribution_builder *b, const struct plan *plan,
				  const struct frontend *f)
{
	bool node_port = f->kind == FRONTEND_KIND_NODE_PORT;

	contribution_target(b, plan, f, &f->target, node_port ? LAYOUT_LB_NODEPORT : LAYOUT_LB_SERVICE,
			    node_port ? LAYOUT_SET_NODEPORTS : LAYOUT_SET_SERVICES,
			    node_port ? LAYOUT_SET_NODEPORT_ENDPOINTS : LAYOUT_SET_ENDPOINTS);
	if (f->has_local_target)
		contribution_target(b, plan, f, &f->local_target,
				    node_port ? LAYOUT_LB_NODEPORT_LOCAL : LAYOUT_LB_SERVICE_LOCAL,
				    node_port ? LAYOUT_SET_NODEPORTS_LOCAL : LAYOUT_SET_SERVICES_LOCAL,
				    node_port ? LAYOUT_SET_NODEPORT_ENDPOINTS_LOCAL
					      : LAYOUT_SET_ENDPOINTS_LOCAL);
	switch (f->kind) {
	case FRONTEND_KIND_CLUSTER_IP:
		set_key_addr(contribution_add(b, f->addr.family, LAYOUT_SET_CLUSTER_IPS), &f->addr);
		contribution_key(contribution_add(b, f->addr.family, LAYOUT_SET_CLUSTER_IP_PORTS), f);
		break;
	case FRONTEND_KIND_NODE_PORT:
		contribution_key(contribution_add(b, f->addr.family,
						  f->masquerade == PLAN_MASQUERADE_ALWAYS
							  ? LAYOUT_SET_MASQUERADE_NODEPORTS
							  : LAYOUT_SET_MASQUERADE_NODEPORTS_FROM_NODE),
				 f);
		break;
	case FRONTEND_KIND_EXTERNAL_IP:
	case FRONTEND_KIND_LOAD_BALANCER_IP:
		contribution_key(contribution_add(b, f->addr.family,
						  f->masquerade == PLAN_MASQUERADE_ALWAYS
							  ? LAYOUT_SET_MASQUERADE_SERVICES
							  : LAYOUT_SET_MASQUERADE_SERVICES_FROM_NODE),
				 f);
		contribution_ranges(b, f);
		break;
	case _FRONTEND_KIND_MAX:
		break;
	}
}

/* Sort, drop duplicates (two ports of one ClusterIP, say) and hand over to the arena. */
static void contribution_finish(struct contribution_builder *b, struct arena *arena, struct contribution *ret)
{
	size_t n = b->elements.size / sizeof(struct element), kept = 0, i;
	struct element *elements = arena_array(arena, n, sizeof(*elements));

	if (n)
		memcpy(elements, b->elements.data, n * sizeof(*elements));
	set_elements_sort(elements, n);
	for (i = 0; i < n; i++)
		if (!kept || set_element_cmp(&elements[kept - 1], &elements[i]) != 0)
			elements[kept++] = elements[i];
	buf_done(&b->elements);
	*ret = (struct contribution){ .n = kept, .elements = elements };
}

void contribution_of_plan(const struct plan *plan, bool (*wins)(void *ctx, const struct frontend *frontend),
			  void *ctx, struct arena *arena, struct contribution *ret)
{
	struct contribution_builder b = { .elements = BUF_INIT };
	size_t i;

	for (i = 0; i < plan->n_frontends; i++)
		if (!wins || wins(ctx, &plan->frontends[i]))
			contribution_frontend(&b, plan, &plan->frontends[i]);
	contribution_finish(&b, arena, ret);
}

void contribution_of_node(const struct addr *node_port_addresses, size_t n, struct arena *arena,
			  struct contribution *ret)
{
	struct contribution_builder b = { .elements = BUF_INIT };
	size_t i;

	for (i = 0; i < n; i++)
		set_key_addr(
			contribution_add(&b, node_port_addresses[i].family, LAYOUT_SET_NODEPORT_ADDRESSES),
			&node_port_addresses[i]);
	contribution_finish(&b, arena, ret);
}
