/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "serve/explainer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "model/service.h"
#include "model/slice.h"
#include "model/store.h"
#include "plan/build.h"
#include "render/state.h"
#include "ruleset/image.h"
#include "ruleset/trace.h"
#include "select/pick.h"
#include "sync/node_view.h"

#define EXPLAINER_NOTES_MAX 20

/**
 * struct explainer_work - One question under way
 * @in, @plan:	of the Service
 * @image:	the rules of this Service alone
 */
struct explainer_work {
	const struct explainer *explainer;
	const struct explainer_question *question;
	struct arena *arena;
	struct explain *explain;
	struct build_input in;
	struct plan plan;
	struct node_view view;
	struct addr from;
	bool from_node;
	bool from_pod;
	struct image *image;
	char service[SERVICE_NAME_TEXT_SIZE];
};

static const char *explainer_text(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static const char *explainer_text(struct arena *arena, const char *format, ...)
{
	char text[600];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return arena_string(arena, text);
}

static const char *explainer_addr_port(struct arena *arena, const struct addr *addr, uint16_t port)
{
	char text[ADDR_TEXT_SIZE];

	return explainer_text(arena, addr->family == FAMILY_IPV6 ? "[%s]:%u" : "%s:%u",
			      addr_print(addr, text), port);
}

static void explainer_note(struct explainer_work *w, const char *note)
{
	if (w->explain->n_notes < EXPLAINER_NOTES_MAX)
		w->explain->notes[w->explain->n_notes++] = note;
}

/* --- who asks --------------------------------------------------------------------------------------------
 */

static bool explainer_has_addr(const struct sync_addresses *addresses, const struct addr *addr)
{
	size_t i;

	for (i = 0; i < addresses->n; i++)
		if (addr_equal(&addresses->list[i], addr))
			return true;
	return false;
}

static bool explainer_is_local(void *ctx, const struct addr *addr)
{
	const struct explainer_work *w = ctx;

	return explainer_has_addr(&w->explainer->addresses, addr);
}

static int explainer_find_from(struct explainer_work *w, struct err *reterr)
{
	const struct layout_family *family;
	const char *what = "one from outside";

	if (!*w->question->from)
		return 0;
	if (!addr_parse(w->question->from, &w->from))
		return err_set(reterr, -EINVAL, "\"%s\" is not an IP address", w->question->from);
	family = &w->view.layout.family[w->from.family];
	w->from_node = explainer_has_addr(&w->explainer->addresses, &w->from) ||
		       (w->in.has_node_addr[w->from.family] &&
			addr_equal(&w->in.node_addr[w->from.family], &w->from));
	w->from_pod = family->detector == LAYOUT_DETECTOR_CIDR && cidr_contains(&family->pod_cidr, &w->from);
	if (w->from_pod && w->from_node)
		what = "a pod's, and this node's own";
	else if (w->from_pod)
		what = "a pod's";
	else if (w->from_node)
		what = "this node's own";
	else if (family->detector == LAYOUT_DETECTOR_BRIDGE ||
		 family->detector == LAYOUT_DETECTOR_INTERFACE_PREFIX)
		what = "one from outside; pods are known by their interface, not by their address";
	w->explain->from = w->question->from;
	w->explain->from_is = what;
	return 0;
}

/* --- a packet's walk --------------------------------------------------------------------------------------
 */

/* The rules that render makes of this Service alone. */
static int explainer_make_image(struct explainer_work *w, struct err *reterr)
{
	struct state *state = state_new();
	struct service_elements node;
	struct skeleton skeleton;
	struct changes changes;
	int r;

	layout_skeleton(&w->view.layout, w->arena, &skeleton);
	service_elements_of_node(w->view.node_port_addresses, w->view.n_node_port_addresses, w->arena, &node);
	state_begin(state, &skeleton, &node);
	(void)state_plan(state, &w->plan);
	change_init(&changes, NULL);
	state_changes(state, &changes);
	w->image = image_new();
	r = image_apply(w->image, &changes, reterr);
	change_done(&changes);
	state_rollback(state);
	state_free(state);
	return r;
}

static const struct addr *explainer_node_port_addr(const struct explainer_work *w)
{
	const struct layout_family *family = &w->view.layout.family[w->from.family];
	size_t i;

	for (i = 0; i < w->view.n_node_port_addresses; i++)
		if (w->view.node_port_addresses[i].family == w->from.family)
			return &w->view.node_port_addresses[i];
	for (i = 0; family->node_ports_everywhere && i < w->explainer->addresses.n; i++) {
		const struct addr *addr = &w->explainer->addresses.list[i];

		if (addr->family == w->from.family && !addr_is_loopback(addr))
			return addr;
	}
	return NULL;
}

/* Which of the pool is the one that asks; SIZE_MAX: none. Only then hairpins are possible (M6). */
static size_t explainer_itself(const struct explainer_work *w, const struct pool *pool)
{
	size_t i;

	for (i = 0; pool && i < pool->n_endpoints; i++)
		if (addr_equal(&pool->endpoints[i].addr, &w->from))
			return i;
	return SIZE_MAX;
}

/* What the rules do to what comes from w->from; where there is a choice, to another endpoint than itself. */
static void explainer_trace(struct explainer_work *w, struct trace_packet *packet, const struct pool *pool,
			    struct explain_walk *walk)
{
	size_t itself = explainer_itself(w, pool);
	struct trace_result result, to_itself;
	struct buf steps = BUF_INIT;

	packet->random = itself == 0 && pool->n_endpoints > 1 ? 1 : 0;
	trace_walk(w->image, packet, &result, &steps);
	if (result.verdict == TRACE_VERDICT_DROP)
		walk->outcome = "dropped";
	else if (result.verdict == TRACE_VERDICT_REJECT)
		walk->outcome = "rejected";
	else if (result.translated)
		walk->outcome = "translated";
	if (result.translated) {
		walk->masqueraded = result.masqueraded ? "yes" : "no";
		packet->random = itself == SIZE_MAX ? packet->random : (uint32_t)itself;
		trace_walk(w->image, packet, &to_itself, NULL);
		if (to_itself.masqueraded && !result.masqueraded)
			walk->masqueraded = "only when it reaches itself";
	}
	walk->steps = arena_string(w->arena, buf_text(&steps));
	buf_done(&steps);
}

static const struct explain_walk *explainer_walk(struct explainer_work *w, const struct frontend *frontend)
{
	bool node_port = frontend->kind == FRONTEND_KIND_NODE_PORT;
	const struct addr *daddr = node_port ? explainer_node_port_addr(w) : &frontend->addr;
	struct explain_walk *walk = arena_alloc(w->arena, sizeof(*walk));
	const struct pool *pool = NULL;
	struct plan_packet asked = {
		.saddr = w->from,
		.protocol = frontend->protocol,
		.dport = frontend->port,
		.from_node = w->from_node,
		.from_pod = w->from_pod,
		.to_node_port_address = node_port,
	};
	struct trace_packet packet = {
		.saddr = w->from,
		.protocol = frontend->protocol,
		.sport = 40000,
		.dport = frontend->port,
		.local_out = w->from_node,
		.iifname = "",
		.is_local = explainer_is_local,
		.ctx = w,
	};

	if (!daddr || daddr->family != w->from.family)
		return NULL;
	asked.daddr = packet.daddr = *daddr;
	*walk = (struct explain_walk){ .outcome = "left alone", .to = "", .masqueraded = "" };
	if (plan_lookup(&w->plan, &asked, &pool) == PLAN_OUTCOME_POOL)
		walk->to = explainer_text(
			w->arena, pool->n_endpoints == 1 ? "its one endpoint" : "one of %zu endpoints",
			pool->n_endpoints);
	else
		pool = NULL;
	explainer_trace(w, &packet, pool, walk);
	return walk;
}

/* --- front ends --------------------------------------------------------------------------------------------
 */

static const char *explainer_verdict(struct explainer_work *w, const struct plan_target *target)
{
	size_t n;

	switch (target->verdict) {
	case PLAN_VERDICT_POOL:
		n = w->plan.pools[target->pool].n_endpoints;
		return explainer_text(w->arena, "the list for %s, %zu endpoint%s",
				      target->list == PLAN_LIST_LOCAL ? "Local" : "Cluster", n,
				      n == 1 ? "" : "s");
	case PLAN_VERDICT_REJECT:
		return "rejected: nobody anywhere can answer";
	case PLAN_VERDICT_DROP:
		return "dropped: there are endpoints, but none on this node";
	}
	return "";
}

static const char *explainer_masquerade(const struct explainer_work *w, const struct frontend *frontend)
{
	const struct layout_node *layout = &w->view.layout;

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

static const char *explainer_ranges(struct explainer_work *w, const struct frontend *frontend)
{
	struct buf text = BUF_INIT;
	char cidr[CIDR_TEXT_SIZE];
	const char *ranges;
	uint32_t i;

	for (i = 0; i < frontend->n_source_ranges; i++)
		buf_printf(&text, "%s%s", i ? " " : "", cidr_print(&frontend->source_ranges[i], cidr));
	ranges = arena_string(w->arena, buf_text(&text));
	buf_done(&text);
	return ranges;
}

/* The addresses that node ports of a family are served on. */
static const char *explainer_node_port_addrs(struct explainer_work *w, enum family family)
{
	char addr[ADDR_TEXT_SIZE];
	struct buf text = BUF_INIT;
	const char *addrs;
	size_t i;

	if (w->view.layout.family[family].node_ports_everywhere)
		return w->view.unknown ? "every address of this node but loopback, as there is no Node object"
				       : "every address of this node but loopback";
	for (i = 0; i < w->view.n_node_port_addresses; i++)
		if (w->view.node_port_addresses[i].family == family)
			buf_printf(&text, "%s%s", text.size ? " " : "",
				   addr_print(&w->view.node_port_addresses[i], addr));
	addrs = text.size ? arena_string(w->arena, buf_text(&text))
			  : "no address: none of this node is in nodePortAddresses";
	buf_done(&text);
	return addrs;
}

static void explainer_frontend(struct explainer_work *w, const struct frontend *frontend,
			       struct explain_frontend *ret)
{
	static const char *const kinds[] = {
		[FRONTEND_KIND_CLUSTER_IP] = "ClusterIP",
		[FRONTEND_KIND_EXTERNAL_IP] = "externalIP",
		[FRONTEND_KIND_LOAD_BALANCER_IP] = "loadBalancerIP",
		[FRONTEND_KIND_NODE_PORT] = "nodePort",
	};
	struct service_name owner = sync_frontend_owner(w->explainer->sync, frontend);
	bool own = service_name_equal(owner, w->explain->service);

	*ret = (struct explain_frontend){
		.kind = kinds[frontend->kind],
		.where = frontend->kind == FRONTEND_KIND_NODE_PORT
				 ? explainer_text(w->arena, "%u", frontend->port)
				 : explainer_addr_port(w->arena, &frontend->addr, frontend->port),
		.on = frontend->kind == FRONTEND_KIND_NODE_PORT
			      ? explainer_node_port_addrs(w, (enum family)frontend->addr.family)
			      : NULL,
		.owner = own ? SERVICE_NAME_NONE : service_name_copy_to(w->arena, owner),
		.verdict = explainer_verdict(w, &frontend->target),
		.local_verdict =
			frontend->has_local_target ? explainer_verdict(w, &frontend->local_target) : NULL,
		.masquerade = explainer_masquerade(w, frontend),
		.source_ranges = explainer_ranges(w, frontend),
		.affinity_timeout_s = frontend->affinity_timeout_s,
	};
	if (w->explain->from && !service_name_is_set(ret->owner) && frontend->addr.family == w->from.family)
		ret->walk = explainer_walk(w, frontend);
}

/* --- ports and endpoints -----------------------------------------------------------------------------------
 */

/* S8: what is meant for this port and has another name, or is of another protocol. */
static void explainer_slices(struct explainer_work *w, const struct pick_port *key, struct explain_port *port)
{
	size_t i, j;

	port->notes = arena_array(w->arena, EXPLAINER_NOTES_MAX, sizeof(*port->notes));
	for (i = 0; i < w->in.n_slices && port->n_notes < EXPLAINER_NOTES_MAX; i++) {
		const struct slice *slice = w->in.slices[i];
		bool found = false;

		for (j = 0; j < slice->n_ports; j++)
			found = found || (slice->ports[j].protocol == key->protocol &&
					  strcmp(slice->ports[j].name, key->name) == 0);
		if (slice->family != key->family || found || !slice->n_endpoints)
			continue;
		port->notes[port->n_notes++] = explainer_text(
			w->arena, "EndpointSlice %s has %u endpoint%s, but no %s port named \"%s\"",
			slice->name, slice->n_endpoints, slice->n_endpoints == 1 ? "" : "s",
			addr_protocol_name(key->protocol), key->name);
	}
}

static const char *explainer_topology(enum pick_topology topology, const struct pick_here *here,
				      struct arena *arena)
{
	switch (topology) {
	case PICK_TOPOLOGY_NONE:
		break;
	case PICK_TOPOLOGY_ZONE:
		return explainer_text(arena, "hints for zones decide; this node is in \"%s\"", here->zone);
	case PICK_TOPOLOGY_NODE:
		return "hints for nodes decide";
	}
	return "";
}

static bool explainer_wants(const struct explainer_question *question, const struct service_port *port)
{
	char number[8];

	(void)snprintf(number, sizeof(number), "%u", port->port);
	return !*question->port || strcmp(question->port, port->name) == 0 ||
	       strcmp(question->port, number) == 0;
}

static bool explainer_is_of(const struct frontend *frontend, const struct service_port *port,
			    enum family family)
{
	return frontend->addr.family == family && frontend->protocol == port->protocol &&
	       strcmp(frontend->port_name, port->name) == 0 &&
	       frontend->port == (frontend->kind == FRONTEND_KIND_NODE_PORT ? port->node_port : port->port);
}

static int explainer_port(struct explainer_work *w, const struct service_port *service_port,
			  enum family family, struct explain_port *ret, struct err *reterr)
{
	struct pick_port key = { service_port->name, service_port->protocol, (uint8_t)family };
	struct pick pick;
	size_t i;
	int r = pick_endpoints(w->in.slices, w->in.n_slices, &key, &w->in.here, w->arena, &pick, reterr);

	if (r < 0)
		return r;
	*ret = (struct explain_port){
		.name = service_port->name,
		.protocol = addr_protocol_name(service_port->protocol),
		.family = addr_family_name(family),
		.port = service_port->port,
		.topology = explainer_topology(pick.topology, &w->in.here, w->arena),
		.frontends = arena_array(w->arena, w->plan.n_frontends, sizeof(*ret->frontends)),
		.n_endpoints = pick.n_endpoints,
		.endpoints = arena_array(w->arena, pick.n_endpoints, sizeof(*ret->endpoints)),
	};
	for (i = 0; i < pick.n_endpoints; i++) {
		const struct pick_endpoint *endpoint = &pick.endpoints[i];

		ret->endpoints[i] = (struct explain_endpoint){
			.where = explainer_addr_port(w->arena, &endpoint->addr, endpoint->port),
			.here = endpoint->local,
			.in_cluster = endpoint->in_cluster,
			.in_local = endpoint->in_local,
			.cluster = pick_reason_name(endpoint->cluster_reason),
			.local = pick_reason_name(endpoint->local_reason),
		};
	}
	for (i = 0; i < w->plan.n_frontends; i++)
		if (explainer_is_of(&w->plan.frontends[i], service_port, family))
			explainer_frontend(w, &w->plan.frontends[i], &ret->frontends[ret->n_frontends++]);
	explainer_slices(w, &key, ret);
	return 0;
}

static int explainer_ports(struct explainer_work *w, struct err *reterr)
{
	const struct service *service = w->in.service;
	bool known = false;
	uint32_t i;
	int family, r = 0;

	w->explain->ports = arena_array(w->arena, service->n_ports, _FAMILY_MAX * sizeof(*w->explain->ports));
	for (i = 0; !r && i < service->n_ports; i++) {
		if (!explainer_wants(w->question, &service->ports[i]))
			continue;
		known = true;
		for (family = 0; !r && family < _FAMILY_MAX; family++) {
			if (!service->has_cluster_ip[family] || !w->in.family_enabled[family])
				continue;
			r = explainer_port(w, &service->ports[i], (enum family)family,
					   &w->explain->ports[w->explain->n_ports], reterr);
			w->explain->n_ports += r == 0;
		}
	}
	if (!r && !known)
		return err_set(reterr, -ENOENT, "Service %s has no port \"%s\"", w->service,
			       w->question->port);
	return r;
}

/* --- the Service --------------------------------------------------------------------------------------------
 */

/* S1, S3, S4: the plan has nothing of such a one; this says it in words. */
static const char *explainer_not_served(const struct service *service)
{
	if (service->has_service_proxy_name)
		return "the label service.kubernetes.io/service-proxy-name gives it to another proxy";
	if (service->type == SERVICE_TYPE_EXTERNAL_NAME)
		return "an ExternalName is a matter of DNS";
	if (service->headless)
		return "it is headless (clusterIP: None): DNS gives the addresses of its pods";
	if (!service->has_cluster_ip[FAMILY_IPV4] && !service->has_cluster_ip[FAMILY_IPV6])
		return "it has no cluster IP yet";
	return NULL;
}

/* Whether a good version of @rejected is in use: of an object the last one, of a Service's rules those installed. */
static bool explainer_has_good(const struct explainer_work *w, const struct rejected_object *rejected)
{
	int kind;

	for (kind = 0; kind < _OBJECT_KIND_MAX; kind++)
		if (strcmp(rejected->kind, store_kind_name(kind)) == 0)
			return store_has(w->explainer->store, kind, rejected->namespace, rejected->name);
	return true;
}

/* Notes about rejected objects that belong to the Service. Returns whether the Service itself is one of them. */
static bool explainer_note_rejected(struct explainer_work *w)
{
	const struct rejected_objects *list = w->explainer->rejected;
	bool itself = false;
	size_t i;

	for (i = 0; i < rejected_objects_count(list); i++) {
		const struct rejected_object *rejected = rejected_objects_at(list, i);
		const char *good = "";

		if (!service_name_equal(rejected->service, w->question->service))
			continue;
		if (explainer_has_good(w, rejected))
			good = "; its last good version is in use";
		itself |= strcmp(rejected->kind, store_kind_name(OBJECT_KIND_SERVICE)) == 0;
		explainer_note(w, explainer_text(w->arena, "refused: %s %s: %s%s", rejected->kind,
						 rejected->name, rejected->reason, good));
	}
	return itself;
}

static int explainer_unknown(struct explainer_work *w, bool refused, struct err *reterr)
{
	if (w->explain->n_notes || w->explain->n_slices) {
		w->explain->not_served =
			refused ? "it is refused, and no good version of it was seen"
				: "there is no Service of that name, but what is meant for one";
		return 0;
	}
	if (!w->explainer->listed)
		return err_set(reterr, -EAGAIN,
			       "Service %s is not known yet: the API server has not listed everything",
			       w->service);
	return err_set(reterr, -ENOENT, "no Service %s is known%s", w->service,
		       w->explainer->selected
			       ? " (headless ones, and those that a label service.kubernetes.io/"
				 "service-proxy-name gives to another proxy, are not asked for)"
			       : "");
}

/* Front ends that are not there, and what is served besides. */
static void explainer_others(struct explainer_work *w, const struct service *service)
{
	char addr[ADDR_TEXT_SIZE];
	size_t i;

	for (i = 0; i < service->n_ingress; i++)
		if (!service->ingress[i].vip)
			explainer_note(w,
				       explainer_text(w->arena,
						      "no front end: load balancer address %s, whose ipMode "
						      "is Proxy: what it sends comes to a node port",
						      addr_print(&service->ingress[i].addr, addr)));
	if (service->health_check_node_port)
		explainer_note(w,
			       explainer_text(w->arena,
					      "healthCheckNodePort %u: how many endpoints are on this node",
					      service->health_check_node_port));
}

static int explainer_service(struct explainer_work *w, const struct store_group *group, struct err *reterr)
{
	const struct service *service = group ? group->service : NULL;
	bool refused = explainer_note_rejected(w);
	int r;

	w->explain->n_slices = group ? group->n_slices : 0;
	if (!service)
		return explainer_unknown(w, refused, reterr);
	w->explain->type = service_type_name(service->type);
	w->explain->internal_policy = service_traffic_policy_name(service->internal_traffic_policy);
	w->explain->external_policy = service_traffic_policy_name(service->external_traffic_policy);
	w->explain->not_served = explainer_not_served(service);
	if (w->explain->not_served)
		return 0;
	explainer_others(w, service);
	r = sync_plan_all_of(w->explainer->sync, w->question->service.namespace, w->question->service.name,
			     w->arena, &w->in, &w->plan, reterr);
	if (!r)
		r = explainer_find_from(w, reterr);
	if (!r && w->explain->from)
		r = explainer_make_image(w, reterr);
	return r ? r : explainer_ports(w, reterr);
}

int explainer_ask(const struct explainer *explainer, const struct explainer_question *question,
		  struct arena *arena, struct explain *ret, struct err *reterr)
{
	struct explainer_work w = {
		.explainer = explainer,
		.question = question,
		.arena = arena,
		.explain = ret,
	};
	int r;

	*ret = (struct explain){
		.service = question->service,
		.type = "",
		.internal_policy = "",
		.external_policy = "",
		.notes = arena_array(arena, EXPLAINER_NOTES_MAX, sizeof(*ret->notes)),
	};
	(void)service_name_print(ret->service, w.service);
	sync_view(explainer->sync, &explainer->addresses, arena, &w.view);
	r = explainer_service(
		&w, store_find_group(explainer->store, question->service.namespace, question->service.name),
		reterr);
	image_free(w.image);
	return r;
}
