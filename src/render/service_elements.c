/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "render/service_elements.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "render/layout.h"
#include "render/lb_chain.h"

/**
 * struct service_elements_builder - The result while it is built; copied into the arena at the end
 * @port:	position in @ports of the front end that is rendered, or SIZE_MAX if its port owns no chains
 * @source_lists: one for each array of ranges; front ends of one Service and family share it
 * @arena:	for what is needed meanwhile
 */
struct service_elements_builder {
	const struct plan *plan;
	struct arena *arena;
	size_t n_elements;
	struct element *elements;
	size_t n_ports;
	struct port_chains *ports;
	size_t port;
	size_t n_source_lists;
	struct service_source_list *source_lists;
};

static struct element *service_elements_add(struct service_elements_builder *b, enum family table,
					    enum layout_set set)
{
	struct element *e = ALLOC_APPEND(b->elements, b->n_elements);

	set_element_init(e, table, (uint8_t)set);
	return e;
}

bool service_elements_is_shared(uint8_t set)
{
	return set == LAYOUT_SET_CLUSTER_IPS || set == LAYOUT_SET_EXTERNAL_ADDRESSES ||
	       set == LAYOUT_SET_AFFINITY_ADDRESSES;
}

void service_elements_key(struct element *e, const struct frontend *f)
{
	if (f->kind != FRONTEND_KIND_NODE_PORT)
		set_key_addr(e, &f->addr);
	set_key_protocol(e, f->protocol);
	set_key_port(e, f->port);
}

static struct port_chains *service_elements_port(const struct service_elements_builder *b)
{
	return &b->ports[b->port];
}

static bool service_elements_owns_chains(const struct frontend *f)
{
	return (f->affinity_timeout_s || f->own_lists) && plan_answers(f);
}

static int service_elements_cmp_port(const void *a, const void *b)
{
	const struct frontend *p = *(const struct frontend *const *)a;
	const struct frontend *q = *(const struct frontend *const *)b;

	if (p->addr.family != q->addr.family)
		return (int)p->addr.family - (int)q->addr.family;
	if (p->protocol != q->protocol)
		return (int)p->protocol - (int)q->protocol;
	return strcmp(p->port_name, q->port_name);
}

/*
 * The Service ports that own chains; all front ends of a port share them (A1).
 *
 * @port_of: by front end: SIZE_MAX: none, else it gets the position in @b->ports
 */
static void service_elements_choose_ports(struct service_elements_builder *b, size_t *port_of,
					  struct arena *arena)
{
	const struct frontend **list = arena_array(arena, b->plan->n_frontends, sizeof(*list));
	size_t i, n = 0;

	for (i = 0; i < b->plan->n_frontends; i++)
		if (port_of[i] != SIZE_MAX)
			list[n++] = &b->plan->frontends[i];
	if (n > 1)
		qsort(list, n, sizeof(*list), service_elements_cmp_port);
	for (i = 0; i < n; i++) {
		if (!i || service_elements_cmp_port(&list[i - 1], &list[i]) != 0)
			port_chains_init(ALLOC_APPEND(b->ports, b->n_ports), b->plan, list[i]);
		port_of[list[i] - b->plan->frontends] = b->n_ports - 1;
	}
}

/* The chain that a target with a pool leads to: a shared lb chain, or one that the port owns. */
static void service_elements_lookup(struct service_elements_builder *b, const struct frontend *f,
				    const struct plan_target *target, enum lb_chain_kind kind,
				    char name[RULE_NAME_MAX + 1])
{
	const struct pool *pool = &b->plan->pools[target->pool];
	struct lb_chain lb = { .table = f->addr.family,
			       .kind = (uint8_t)kind,
			       .protocol = f->protocol,
			       .n_slots = (uint32_t)plan_n_slots(pool) };
	struct port_chains *chains;
	enum port_chain which;

	if (b->port == SIZE_MAX) {
		lb_chain_name(&lb, name);
		return;
	}
	chains = service_elements_port(b);
	which = f->own_lists ? port_chains_pool(target->list) : port_chains_lookup(kind, target->list);
	chains->n[which] = lb.n_slots;
	chains->pools[target->list] = pool;
	port_chains_name(chains, which, name);
}

static const struct source_list *service_elements_source_list(struct service_elements_builder *b,
							      const struct frontend *f)
{
	struct service_source_list *list;
	size_t i;

	for (i = b->n_source_lists; i-- > 0;) {
		list = &b->source_lists[i];
		if (list->ranges == f->source_ranges && list->list.n_ranges == f->n_source_ranges)
			return &list->list;
	}
	list = ALLOC_APPEND(b->source_lists, b->n_source_lists);
	list->ranges = f->source_ranges;
	source_list_init(&list->list, f->source_ranges, f->n_source_ranges);
	return &list->list;
}

/* A jump to @chain, for allowed sources only. */
static void service_elements_jump(struct service_elements_builder *b, const struct frontend *f,
				  struct element *e, const char *chain)
{
	char admit[RULE_NAME_MAX + 1];

	if (f->n_source_ranges) {
		source_list_admit_name(service_elements_source_list(b, f), chain, admit);
		chain = admit;
	}
	set_data_verdict(e, SET_VERDICT_JUMP, chain);
}

/* The verdict of one target, as an element of @verdicts. A jump, so that the caller sees if nothing was decided. */
static void service_elements_verdict(struct service_elements_builder *b, const struct frontend *f,
				     const struct plan_target *target, enum lb_chain_kind kind,
				     enum layout_set verdicts)
{
	struct element *e = service_elements_add(b, f->addr.family, verdicts);
	char chain[RULE_NAME_MAX + 1];

	service_elements_key(e, f);
	switch (target->verdict) {
	case PLAN_VERDICT_REJECT:
		service_elements_jump(b, f, e, LAYOUT_CHAIN_NO_ENDPOINTS);
		return;
	case PLAN_VERDICT_DROP:
		set_data_verdict(e, SET_VERDICT_DROP, NULL);
		return;
	case PLAN_VERDICT_POOL:
		service_elements_lookup(b, f, target, kind, chain);
		service_elements_jump(b, f, e, chain);
		return;
	}
}

/* The data of slot @i. */
static void service_elements_slot(struct element *e, const struct pool *pool, size_t i)
{
	const struct pool_endpoint *endpoint = plan_slot(pool, i);

	set_key_index(e, (uint32_t)i);
	set_data_addr(e, &endpoint->addr);
	set_data_port(e, endpoint->port);
}

/* The slots of one target, if it has a pool. */
static void service_elements_endpoints(struct service_elements_builder *b, const struct frontend *f,
				       const struct plan_target *target, enum layout_set endpoints)
{
	const struct pool *pool;
	struct element *e;
	size_t i;

	/* Lists of its own: service_elements_own_list(). */
	if (target->verdict != PLAN_VERDICT_POOL || f->own_lists)
		return;
	pool = &b->plan->pools[target->pool];
	for (i = 0; i < plan_n_slots(pool); i++) {
		e = service_elements_add(b, f->addr.family, endpoints);
		service_elements_key(e, f);
		service_elements_slot(e, pool, i);
	}
}

/* A front end with session affinity leads to its port's learning chain. */
static void service_elements_learning(struct service_elements_builder *b, const struct frontend *f)
{
	bool node_port = f->kind == FRONTEND_KIND_NODE_PORT;
	char chain[RULE_NAME_MAX + 1];
	struct element *e;

	port_chains_name(service_elements_port(b), PORT_CHAIN_LEARN, chain);
	e = service_elements_add(b, f->addr.family,
				 node_port ? LAYOUT_SET_AFFINITY_NODEPORTS : LAYOUT_SET_AFFINITY_SERVICES);
	service_elements_key(e, f);
	set_data_verdict(e, SET_VERDICT_GOTO, chain);
}

/* The endpoints of a list that the learning chain may learn: not those without a slot. */
static void service_elements_learnt(struct service_elements_builder *b, const struct port_chains *chains,
				    enum plan_list list)
{
	const struct pool *pool = plan_in_use(chains->pools[list], b->arena);
	struct set_list_key key;
	struct element *e;
	size_t i;

	port_chains_list_key(chains, list, &key);
	for (i = 0; i < pool->n_endpoints; i++) {
		e = service_elements_add(b, chains->table, LAYOUT_SET_AFFINITY_ENDPOINTS);
		set_key_list(e, &key);
		set_key_addr(e, &pool->endpoints[i].addr);
		set_key_port(e, pool->endpoints[i].port);
		set_key_addr(service_elements_add(b, chains->table, LAYOUT_SET_AFFINITY_ADDRESSES),
			     &pool->endpoints[i].addr);
	}
}

/* A list of its own, that a front end leads to. */
static void service_elements_own_list(struct service_elements_builder *b, const struct port_chains *chains,
				      enum plan_list list)
{
	const struct pool *pool = chains->pools[list];
	struct set_list_key key;
	struct element *e;
	size_t i;

	port_chains_list_key(chains, list, &key);
	for (i = 0; i < plan_n_slots(pool); i++) {
		e = service_elements_add(b, chains->table, port_chains_set(chains));
		set_key_list(e, &key);
		service_elements_slot(e, pool, i);
	}
}

/* What a port that owns chains needs, and not a front end. @f: one of its front ends */
static void service_elements_port_lists(struct service_elements_builder *b, const struct frontend *f)
{
	struct port_chains *chains = service_elements_port(b);
	int list;

	for (list = 0; list < _PLAN_LIST_MAX; list++) {
		if (chains->n[port_chains_pool(list)])
			service_elements_own_list(b, chains, list);
		if (!f->affinity_timeout_s)
			continue;
		/* Also the list that no front end leads to. */
		chains->pools[list] = f->lists[list] == PLAN_NO_POOL ? NULL : &b->plan->pools[f->lists[list]];
		if (chains->pools[list])
			service_elements_learnt(b, chains, list);
	}
}

/* The map of the verdict for all sources. */
static enum layout_set service_elements_map(const struct frontend *f)
{
	if (f->kind == FRONTEND_KIND_NODE_PORT)
		return LAYOUT_SET_NODEPORTS;
	if (plan_yields(f))
		return LAYOUT_SET_SERVICES_EMPTY;
	return f->elsewhere ? LAYOUT_SET_SERVICES_ELSEWHERE : LAYOUT_SET_SERVICES;
}

/*
 * A front end with one verdict for all sources is in services, services-elsewhere, services-empty or nodeports. One with a local target has a verdict for packets from
 * inside (pods and this node), and one for packets from outside.
 */
static void service_elements_targets(struct service_elements_builder *b, const struct frontend *f)
{
	bool node_port = f->kind == FRONTEND_KIND_NODE_PORT;
	enum lb_chain_kind kind = node_port ? LB_CHAIN_KIND_NODEPORT : LB_CHAIN_KIND_SERVICE;
	enum layout_set inside = node_port ? LAYOUT_SET_NODEPORTS_INSIDE : LAYOUT_SET_SERVICES_INSIDE;
	enum layout_set outside = node_port ? LAYOUT_SET_NODEPORTS_OUTSIDE : LAYOUT_SET_SERVICES_OUTSIDE;

	service_elements_endpoints(b, f, &f->target,
				   node_port ? LAYOUT_SET_NODEPORT_ENDPOINTS : LAYOUT_SET_ENDPOINTS);
	if (!f->has_local_target) {
		service_elements_verdict(b, f, &f->target, kind, service_elements_map(f));
		return;
	}
	service_elements_verdict(b, f, &f->target, kind, inside);
	service_elements_verdict(b, f, &f->local_target,
				 node_port ? LB_CHAIN_KIND_NODEPORT_LOCAL : LB_CHAIN_KIND_SERVICE_LOCAL,
				 outside);
	service_elements_endpoints(b, f, &f->local_target,
				   node_port ? LAYOUT_SET_NODEPORT_ENDPOINTS_LOCAL
					     : LAYOUT_SET_ENDPOINTS_LOCAL);
}

static void service_elements_frontend(struct service_elements_builder *b, const struct frontend *f)
{
	enum family table = f->addr.family;

	service_elements_targets(b, f);
	switch (f->kind) {
	case FRONTEND_KIND_CLUSTER_IP:
		set_key_addr(service_elements_add(b, table, LAYOUT_SET_CLUSTER_IPS), &f->addr);
		service_elements_key(service_elements_add(b, table, LAYOUT_SET_CLUSTER_IP_PORTS), f);
		if (f->elsewhere)
			set_key_addr(service_elements_add(b, table, LAYOUT_SET_EXTERNAL_ADDRESSES), &f->addr);
		break;
	case FRONTEND_KIND_NODE_PORT:
		service_elements_key(service_elements_add(b, table, LAYOUT_SET_NODEPORT_NUMBERS), f);
		if (f->masquerade == PLAN_MASQUERADE_ALWAYS)
			service_elements_key(service_elements_add(b, table, LAYOUT_SET_MASQUERADE_NODEPORTS),
					     f);
		break;
	case FRONTEND_KIND_EXTERNAL_IP:
	case FRONTEND_KIND_LOAD_BALANCER_IP:
		set_key_addr(service_elements_add(b, table, LAYOUT_SET_EXTERNAL_ADDRESSES), &f->addr);
		if (plan_yields(f))
			break;
		service_elements_key(service_elements_add(b, table, LAYOUT_SET_EXTERNAL_SERVICES), f);
		if (f->masquerade == PLAN_MASQUERADE_ALWAYS)
			service_elements_key(service_elements_add(b, table, LAYOUT_SET_MASQUERADE_SERVICES),
					     f);
		break;
	case _FRONTEND_KIND_MAX:
		break;
	}
}

static void service_elements_finish_source_lists(struct service_elements_builder *b, struct arena *arena,
						 struct service_elements *ret)
{
	ret->n_source_lists = b->n_source_lists;
	ret->source_lists = arena_array(arena, b->n_source_lists, sizeof(*ret->source_lists));
	if (b->n_source_lists)
		memcpy(ret->source_lists, b->source_lists, b->n_source_lists * sizeof(*ret->source_lists));
	free(b->source_lists);
}

/* Sort, drop duplicates (for example of two ports of one ClusterIP), and copy into the arena. */
static void service_elements_finish(struct service_elements_builder *b, struct arena *arena,
				    struct service_elements *ret)
{
	b->n_elements = set_elements_sort_unique(b->elements, b->n_elements);
	*ret = (struct service_elements){
		.n = b->n_elements,
		.elements = arena_array(arena, b->n_elements, sizeof(*ret->elements)),
		.n_ports = b->n_ports,
		.ports = arena_array(arena, b->n_ports, sizeof(*ret->ports)),
	};
	service_elements_finish_source_lists(b, arena, ret);
	if (b->n_elements)
		memcpy(ret->elements, b->elements, b->n_elements * sizeof(*ret->elements));
	free(b->elements);
	if (b->n_ports) {
		memcpy(ret->ports, b->ports, b->n_ports * sizeof(*ret->ports));
		qsort(ret->ports, b->n_ports, sizeof(*ret->ports), port_chains_cmp);
	}
	free(b->ports);
}

void service_elements_of_plan(const struct plan *plan,
			      bool (*owns)(void *ctx, const struct frontend *frontend), void *ctx,
			      struct arena *arena, struct service_elements *ret)
{
	struct service_elements_builder b = { .plan = plan, .arena = arena };
	size_t *port_of = arena_array(arena, plan->n_frontends, sizeof(*port_of));
	bool *owned = arena_array(arena, plan->n_frontends, sizeof(*owned));
	const struct frontend *f, **one_of;
	size_t i;

	for (i = 0; i < plan->n_frontends; i++) {
		f = &plan->frontends[i];
		owned[i] = !owns || owns(ctx, f);
		port_of[i] = owned[i] && service_elements_owns_chains(f) ? 0 : SIZE_MAX;
	}
	service_elements_choose_ports(&b, port_of, arena);
	one_of = arena_array(arena, b.n_ports, sizeof(*one_of));
	for (i = 0; i < plan->n_frontends; i++) {
		f = &plan->frontends[i];
		b.port = port_of[i];
		if (owned[i])
			service_elements_frontend(&b, f);
		if (b.port == SIZE_MAX)
			continue;
		one_of[b.port] = f;
		if (f->affinity_timeout_s)
			service_elements_learning(&b, f);
	}
	for (b.port = 0; b.port < b.n_ports; b.port++)
		service_elements_port_lists(&b, one_of[b.port]);
	service_elements_finish(&b, arena, ret);
}

void service_elements_add_source_lists(const struct plan *plan, struct arena *arena,
				       struct service_elements *ret)
{
	struct service_elements_builder b = { .plan = plan };
	size_t i;

	for (i = 0; i < plan->n_frontends; i++)
		if (plan->frontends[i].n_source_ranges)
			(void)service_elements_source_list(&b, &plan->frontends[i]);
	service_elements_finish_source_lists(&b, arena, ret);
}

/* All pairs of equal bytes. */
static void service_elements_same_bytes(struct service_elements_builder *b, enum family table)
{
	unsigned int value;
	struct element *e;

	for (value = 0; value <= UINT8_MAX; value++) {
		e = service_elements_add(b, table, LAYOUT_SET_SAME_BYTES);
		set_key_byte(e, (uint8_t)value);
		set_key_byte(e, (uint8_t)value);
	}
}

void service_elements_of_node(const struct layout_node *node, const struct addr *node_port_addresses,
			      size_t n, struct arena *arena, struct service_elements *ret)
{
	struct service_elements_builder b = { .plan = NULL };
	int family;
	size_t i;

	for (family = 0; family < _FAMILY_MAX; family++)
		if (node->family[family].enabled)
			service_elements_same_bytes(&b, (enum family)family);
	for (i = 0; i < n; i++) {
		enum family table = node_port_addresses[i].family;

		set_key_addr(service_elements_add(&b, table, LAYOUT_SET_NODEPORT_ADDRESSES),
			     &node_port_addresses[i]);
		if (layout_node_has_one_address(&node->family[table]))
			continue;
		set_key_addr(service_elements_add(&b, table, LAYOUT_SET_EXTERNAL_ADDRESSES),
			     &node_port_addresses[i]);
	}
	service_elements_finish(&b, arena, ret);
}
