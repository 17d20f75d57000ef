/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "serve/explainer_ports.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "model/service.h"
#include "model/slice.h"
#include "select/pick.h"
#include "sync/sync.h"

#define EXPLAINER_PORTS_NOTES_MAX 20

static const char *explainer_ports_addr(struct arena *arena, const struct addr *addr, uint16_t port)
{
	char text[ADDR_TEXT_SIZE];

	return arena_printf(arena, addr->family == FAMILY_IPV6 ? "[%s]:%u" : "%s:%u", addr_print(addr, text),
			    port);
}

/* --- front ends: the plan's enums in words ---------------------------------------------------------------
 */

static const char *explainer_ports_verdict(const struct explainer_ports *ports,
					   const struct plan_target *target)
{
	const struct pool *pool;
	const char *slots;
	size_t n;

	switch (target->verdict) {
	case PLAN_VERDICT_POOL:
		pool = &ports->plan->pools[target->pool];
		slots = pool->slots ? arena_printf(ports->arena, ", %zu slots", pool->n_slots) : "";
		n = plan_in_use(pool, ports->arena)->n_endpoints;
		return arena_printf(ports->arena, "the list for %s, %zu endpoint%s%s",
				    target->list == PLAN_LIST_LOCAL ? "Local" : "Cluster", n,
				    n == 1 ? "" : "s", slots);
	case PLAN_VERDICT_REJECT:
		return "rejected: there is no endpoint on any node";
	case PLAN_VERDICT_DROP:
		return "dropped: there are endpoints, but none on this node";
	}
	return "";
}

/* @ret_n: endpoints of the list that the target leads to */
static enum explain_outcome explainer_ports_outcome(const struct explainer_ports *ports,
						    const struct plan_target *target, size_t *ret_n)
{
	*ret_n = 0;
	switch (target->verdict) {
	case PLAN_VERDICT_REJECT:
		return EXPLAIN_OUTCOME_REFUSED;
	case PLAN_VERDICT_DROP:
		return EXPLAIN_OUTCOME_DROPPED;
	case PLAN_VERDICT_POOL:
		*ret_n = plan_in_use(&ports->plan->pools[target->pool], ports->arena)->n_endpoints;
		break;
	}
	return EXPLAIN_OUTCOME_SERVED;
}

static const char *explainer_ports_masquerade(const struct explainer_ports *ports,
					      const struct frontend *frontend)
{
	const struct layout_node *layout = &ports->view->layout;

	switch (frontend->masquerade) {
	case PLAN_MASQUERADE_CLUSTER_IP:
		if (layout->masquerade_all)
			return "always (masqueradeAll)";
		if (layout->family[frontend->addr.family].detector == LAYOUT_DETECTOR_NONE)
			return "never but for a pod that reaches itself: it is not known which addresses are pods'";
		return "what is not from pods, and a pod that reaches itself";
	case PLAN_MASQUERADE_ALWAYS:
		return "always (externalTrafficPolicy Cluster)";
	case PLAN_MASQUERADE_FROM_NODE:
		return "what this node itself sends, and a pod that reaches itself (externalTrafficPolicy Local)";
	}
	return "";
}

/* What @text has, in the arena; frees @text. */
static const char *explainer_ports_take(struct arena *arena, struct buf *text)
{
	const char *taken = arena_string(arena, buf_text(text));

	buf_done(text);
	return taken;
}

static const char *explainer_ports_source_ranges(struct arena *arena, const struct frontend *frontend)
{
	struct buf text = BUF_INIT;
	char cidr[CIDR_TEXT_SIZE];
	uint32_t i;

	for (i = 0; i < frontend->n_source_ranges; i++)
		buf_printf(&text, "%s%s", i ? " " : "", cidr_print(&frontend->source_ranges[i], cidr));
	return explainer_ports_take(arena, &text);
}

/* The addresses on which node ports of a family are served. */
static const char *explainer_ports_node_port_addrs(const struct explainer_ports *ports, enum family family)
{
	const struct node_view *view = ports->view;
	struct buf text = BUF_INIT;
	char addr[ADDR_TEXT_SIZE];
	size_t i;

	if (view->layout.family[family].node_ports_everywhere)
		return !view->unknown ? "every address of this node but loopback"
		       : ports->node_known
			       ? "every address of this node but loopback, as there is no Node object"
			       : "every address of this node but loopback, as Nodes are unknown";
	for (i = 0; i < view->n_node_port_addresses; i++)
		if (view->node_port_addresses[i].family == family)
			buf_printf(&text, "%s%s", text.size ? " " : "",
				   addr_print(&view->node_port_addresses[i], addr));
	if (!text.size && view->unread)
		return "no address: the Node object cannot be read";
	if (!text.size)
		return "no address: none of this node is in nodePortAddresses";
	return explainer_ports_take(ports->arena, &text);
}

static void explainer_ports_frontend(const struct explainer_ports *ports, const struct frontend *frontend,
				     struct explain_frontend *ret)
{
	static const char *const kinds[_FRONTEND_KIND_MAX] = {
		[FRONTEND_KIND_CLUSTER_IP] = "ClusterIP",
		[FRONTEND_KIND_EXTERNAL_IP] = "externalIP",
		[FRONTEND_KIND_LOAD_BALANCER_IP] = "loadBalancerIP",
		[FRONTEND_KIND_NODE_PORT] = "nodePort",
	};
	struct service_name owner = sync_frontend_owner(ports->sync, frontend);
	bool own = service_name_equal(owner, ports->plan->service);
	struct arena *arena = ports->arena;

	*ret = (struct explain_frontend){
		.kind = kinds[frontend->kind],
		.where = explainer_ports_addr(arena, &frontend->addr, frontend->port),
		.owner = own ? SERVICE_NAME_NONE : service_name_copy_to(arena, owner),
		.why = own || !service_name_is_set(owner) ? NULL : sync_why_owned(ports->sync, frontend),
		.verdict = explainer_ports_verdict(ports, &frontend->target),
		.masquerade = explainer_ports_masquerade(ports, frontend),
		.source_ranges = explainer_ports_source_ranges(arena, frontend),
		.affinity_timeout_s = frontend->affinity_timeout_s,
	};
	if (frontend->kind == FRONTEND_KIND_NODE_PORT) {
		ret->where = arena_printf(arena, "%u", frontend->port);
		ret->on = explainer_ports_node_port_addrs(ports, (enum family)frontend->addr.family);
	}
	ret->outcome = ret->outside = explainer_ports_outcome(ports, &frontend->target, &ret->n_endpoints);
	ret->n_outside = ret->n_endpoints;
	if (frontend->has_local_target) {
		ret->local_verdict = explainer_ports_verdict(ports, &frontend->local_target);
		ret->outside = explainer_ports_outcome(ports, &frontend->local_target, &ret->n_outside);
	}
	if (service_name_is_set(ret->owner))
		ret->outcome = ret->outside = EXPLAIN_OUTCOME_LOST;
	if (ports->walk && !service_name_is_set(ret->owner))
		ret->walk = packet_walk_to(ports->walk, frontend);
}

static bool explainer_ports_is_of(const struct frontend *frontend, const struct service_port *port,
				  enum family family)
{
	return frontend->addr.family == family && frontend->protocol == port->protocol &&
	       strcmp(frontend->port_name, port->name) == 0 &&
	       frontend->port == (frontend->kind == FRONTEND_KIND_NODE_PORT ? port->node_port : port->port);
}

/* --- endpoints ---------------------------------------------------------------------------------------------
 */

/* Why hints of one kind do not decide; NULL: no ready endpoint has any. */
static const char *explainer_ports_ignored(const struct explainer_ports *ports, const struct pick *pick,
					   uint8_t any, uint8_t here)
{
	bool zones = any == TOPOLOGY_HINT_ANY_ZONE;
	const char *kind = zones ? "zones" : "nodes", *zone = ports->in->here.zone;

	if (!(pick->some_hints & any))
		return NULL;
	if (!(pick->all_hints & any))
		return arena_printf(ports->arena,
				    "hints for %s are ignored: not every ready endpoint has one", kind);
	if (pick->some_hints & here)
		return NULL;
	if (zones && !*zone)
		return "hints for zones are ignored: this node has no zone";
	return zones ? arena_printf(ports->arena,
				    "hints for zones are ignored: none names \"%s\", this node's", zone)
		     : "hints for nodes are ignored: none names this node";
}

/* E10 to E15: which hints decide, and which are there but do not. */
static const char *explainer_ports_topology(const struct explainer_ports *ports, const struct pick *pick)
{
	const char *nodes =
		explainer_ports_ignored(ports, pick, TOPOLOGY_HINT_ANY_NODE, TOPOLOGY_HINT_THIS_NODE);
	const char *zones =
		explainer_ports_ignored(ports, pick, TOPOLOGY_HINT_ANY_ZONE, TOPOLOGY_HINT_THIS_ZONE);

	switch (pick->topology) {
	case TOPOLOGY_MODE_NONE:
		break;
	case TOPOLOGY_MODE_ZONE:
		zones = arena_printf(ports->arena, "hints for zones decide; this node is in \"%s\"",
				     ports->in->here.zone);
		break;
	case TOPOLOGY_MODE_NODE:
		return "hints for nodes decide";
	}
	if (nodes && zones)
		return arena_printf(ports->arena, "%s; %s", zones, nodes);
	return zones ? zones : nodes ? nodes : "";
}

static int explainer_ports_cmp(const void *a, const void *b)
{
	const struct endpoint *const *x = a, *const *y = b;

	return addr_cmp(&(*x)->addr, &(*y)->addr);
}

/* The endpoints of all slices that say a node, by address. Return: how many. */
static size_t explainer_ports_nodes(const struct explainer_ports *ports, const struct endpoint ***ret)
{
	const struct build_input *in = ports->in;
	size_t n = 0, i;
	uint32_t k;

	for (i = 0; i < in->n_slices; i++)
		n += in->slices[i]->n_endpoints;
	*ret = arena_array(ports->arena, n, sizeof(**ret));
	for (i = n = 0; i < in->n_slices; i++)
		for (k = 0; k < in->slices[i]->n_endpoints; k++)
			if (in->slices[i]->endpoints[k].node_name)
				(*ret)[n++] = &in->slices[i]->endpoints[k];
	if (n)
		qsort(*ret, n, sizeof(**ret), explainer_ports_cmp);
	return n;
}

static const char *explainer_ports_node(const struct endpoint *const *nodes, size_t n,
					const struct addr *addr)
{
	const struct endpoint wanted = { .addr = *addr }, *key = &wanted, *const * found;

	found = n ? bsearch(&key, nodes, n, sizeof(*nodes), explainer_ports_cmp) : NULL;
	return found ? (*found)->node_name : NULL;
}

static void explainer_ports_endpoint(struct arena *arena, const struct pick_endpoint *endpoint,
				     struct explain_endpoint *ret)
{
	*ret = (struct explain_endpoint){
		.where = explainer_ports_addr(arena, &endpoint->addr, endpoint->port),
		.here = endpoint->local,
		.in_cluster = endpoint->in_cluster,
		.in_local = endpoint->in_local,
		.cluster = pick_reason_name(endpoint->cluster_reason),
		.local = pick_reason_name(endpoint->local_reason),
	};
}

/* The slots of the port's endpoints in one of its lists. */
static void explainer_ports_slots(const struct explainer_ports *ports, uint32_t list_pool,
				  enum plan_list list, struct explain_port *ret)
{
	const struct pool *pool = list_pool == PLAN_NO_POOL ? NULL : &ports->plan->pools[list_pool];
	uint32_t *n_slots;
	size_t i, k = 0;

	if (!pool || !pool->slots)
		return;
	n_slots = arena_array(ports->arena, pool->n_endpoints, sizeof(*n_slots));
	plan_count_slots(pool, n_slots);
	/* Both are sorted in the same way. */
	for (i = 0; i < ret->n_endpoints && k < pool->n_endpoints; i++) {
		struct explain_endpoint *endpoint = &ret->endpoints[i];

		if (list == PLAN_LIST_CLUSTER && endpoint->in_cluster)
			endpoint->cluster_slots = (struct explain_slots){ n_slots[k++], pool->n_slots };
		else if (list == PLAN_LIST_LOCAL && endpoint->in_local)
			endpoint->local_slots = (struct explain_slots){ n_slots[k++], pool->n_slots };
	}
}

/* S8: slices that have endpoints, but no port of this name and protocol. */
static void explainer_ports_note_slices(const struct explainer_ports *ports, const struct pick_port *key,
					struct explain_port *ret)
{
	size_t i, j;

	ret->notes = arena_array(ports->arena, EXPLAINER_PORTS_NOTES_MAX, sizeof(*ret->notes));
	for (i = 0; i < ports->in->n_slices && ret->n_notes < EXPLAINER_PORTS_NOTES_MAX; i++) {
		const struct slice *slice = ports->in->slices[i];
		bool found = false;

		for (j = 0; j < slice->n_ports; j++)
			found = found || (slice->ports[j].protocol == key->protocol &&
					  strcmp(slice->ports[j].name, key->name) == 0);
		if (slice->family != key->family || found || !slice->n_endpoints)
			continue;
		ret->notes[ret->n_notes++] = arena_printf(
			ports->arena, "EndpointSlice %s has %u endpoint%s, but no %s port named \"%s\"",
			slice->name, slice->n_endpoints, slice->n_endpoints == 1 ? "" : "s",
			addr_protocol_name(key->protocol), key->name);
	}
}

int explainer_ports_fill(const struct explainer_ports *ports, const struct service_port *port,
			 enum family family, struct explain_port *ret, struct err *reterr)
{
	const struct build_input *in = ports->in;
	const struct plan *plan = ports->plan;
	struct pick_port key = { port->name, port->protocol, (uint8_t)family };
	struct pick_slices slices;
	size_t i, n_frontends = 0, n_nodes;
	const struct endpoint **nodes;
	struct pick pick;
	int r, list;

	pick_slices_init(in->slices, in->n_slices, ports->arena, &slices);
	r = pick_endpoints(&slices, &key, &in->here, ports->arena, &pick, reterr);
	if (r < 0)
		return r;
	for (i = 0; i < plan->n_frontends; i++)
		n_frontends += explainer_ports_is_of(&plan->frontends[i], port, family);
	*ret = (struct explain_port){
		.name = port->name,
		.protocol = addr_protocol_name(port->protocol),
		.family = addr_family_name(family),
		.port = port->port,
		.topology = explainer_ports_topology(ports, &pick),
		.frontends = arena_array(ports->arena, n_frontends, sizeof(*ret->frontends)),
		.n_endpoints = pick.n_endpoints,
		.endpoints = arena_array(ports->arena, pick.n_endpoints, sizeof(*ret->endpoints)),
	};
	n_nodes = explainer_ports_nodes(ports, &nodes);
	for (i = 0; i < pick.n_endpoints; i++) {
		explainer_ports_endpoint(ports->arena, &pick.endpoints[i], &ret->endpoints[i]);
		ret->endpoints[i].node = explainer_ports_node(nodes, n_nodes, &pick.endpoints[i].addr);
	}
	for (i = 0; i < plan->n_frontends; i++) {
		const struct frontend *frontend = &plan->frontends[i];

		if (!explainer_ports_is_of(frontend, port, family))
			continue;
		/* All front ends of the port have the same lists. */
		for (list = 0; !ret->n_frontends && list < _PLAN_LIST_MAX; list++)
			explainer_ports_slots(ports, frontend->lists[list], list, ret);
		explainer_ports_frontend(ports, frontend, &ret->frontends[ret->n_frontends++]);
	}
	explainer_ports_note_slices(ports, &key, ret);
	return 0;
}
