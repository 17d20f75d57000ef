/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "serve/packet_walk.h"

#include <errno.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "render/state.h"
#include "ruleset/image.h"
#include "ruleset/trace.h"

#define PACKET_WALK_SOURCE_PORT 40000 /* any: no rule looks at it */

/**
 * struct packet_walk
 * @from_node:	the source is an address of this node
 * @from_pod:	the local-traffic detector counts the source as a pod's; false if it goes by interface
 * @image:	the rules
 */
struct packet_walk {
	struct packet_walk_params params;
	struct addr from;
	bool from_node;
	bool from_pod;
	struct image *image;
};

static bool packet_walk_has_addr(void *ctx, const struct addr *addr)
{
	const struct sync_addresses *addresses = ((const struct packet_walk *)ctx)->params.addresses;
	size_t i;

	for (i = 0; i < addresses->n; i++)
		if (addr_equal(&addresses->list[i], addr))
			return true;
	return false;
}

static const struct layout_family *packet_walk_family(const struct packet_walk *walk)
{
	return &walk->params.view->layout.family[walk->from.family];
}

static void packet_walk_classify(struct packet_walk *walk)
{
	const struct build_input *in = walk->params.in;
	const struct layout_family *family = packet_walk_family(walk);

	walk->from_node = packet_walk_has_addr(walk, &walk->from) ||
			  (in->has_node_addr[walk->from.family] &&
			   addr_equal(&in->node_addr[walk->from.family], &walk->from));
	walk->from_pod =
		family->detector == LAYOUT_DETECTOR_CIDR && cidr_contains(&family->pod_cidr, &walk->from);
}

const char *packet_walk_family_name(const struct packet_walk *walk)
{
	return addr_family_name(walk->from.family);
}

const char *packet_walk_source(const struct packet_walk *walk)
{
	enum layout_detector detector = packet_walk_family(walk)->detector;

	if (walk->from_pod && walk->from_node)
		return "a pod's, and this node's own";
	if (walk->from_pod)
		return "a pod's";
	if (walk->from_node)
		return "this node's own";
	if (detector == LAYOUT_DETECTOR_BRIDGE || detector == LAYOUT_DETECTOR_INTERFACE_PREFIX)
		return "one from outside; pods are known by their interface, not by their address";
	return "one from outside";
}

static int packet_walk_make_image(struct packet_walk *walk, struct err *reterr)
{
	const struct packet_walk_params *params = &walk->params;
	struct state *state = state_new();
	struct service_elements node;
	struct skeleton skeleton;
	struct changes changes;
	int r;

	layout_skeleton(&params->view->layout, params->arena, &skeleton);
	service_elements_of_node(&params->view->layout, params->view->node_port_addresses,
				 params->view->n_node_port_addresses, params->arena, &node);
	state_begin(state, &skeleton, &node);
	(void)state_plan(state, params->plan);
	change_init(&changes, NULL);
	state_changes(state, &changes);
	walk->image = image_new();
	r = image_apply(walk->image, &changes, reterr);
	change_done(&changes);
	state_rollback(state);
	state_free(state);
	return r;
}

int packet_walk_new(const struct packet_walk_params *params, struct packet_walk **ret, struct err *reterr)
{
	_cleanup_(packet_walk_freep) struct packet_walk *walk = alloc_zeroed(1, sizeof(*walk));
	int r;

	walk->params = *params;
	if (!addr_parse(params->from, &walk->from))
		return err_set(reterr, -EINVAL, "\"%s\" is not an IP address", params->from);
	packet_walk_classify(walk);
	r = packet_walk_make_image(walk, reterr);
	if (r < 0)
		return r;
	*ret = TAKE_PTR(walk);
	return 0;
}

struct packet_walk *packet_walk_free(struct packet_walk *walk)
{
	if (!walk)
		return NULL;
	image_free(walk->image);
	free(walk);
	return NULL;
}

/* Some address of the source's family on which node ports are served. */
static const struct addr *packet_walk_node_port_addr(const struct packet_walk *walk)
{
	const struct node_view *view = walk->params.view;
	const struct sync_addresses *addresses = walk->params.addresses;
	size_t i;

	for (i = 0; i < view->n_node_port_addresses; i++)
		if (view->node_port_addresses[i].family == walk->from.family)
			return &view->node_port_addresses[i];
	for (i = 0; packet_walk_family(walk)->node_ports_everywhere && i < addresses->n; i++) {
		const struct addr *addr = &addresses->list[i];

		if (addr->family == walk->from.family && !addr_is_loopback(addr))
			return addr;
	}
	return NULL;
}

/* The first slot whose endpoint is the source itself (there alone a hairpin is possible, M6), or another one; SIZE_MAX: none. */
static size_t packet_walk_slot(const struct packet_walk *walk, const struct pool *pool, bool itself)
{
	size_t i;

	for (i = 0; pool && i < plan_n_slots(pool); i++)
		if (addr_equal(&plan_slot(pool, i)->addr, &walk->from) == itself)
			return i;
	return SIZE_MAX;
}

/* Of several endpoints choose another one than the source itself, and look at itself in a second walk. */
static void packet_walk_trace(struct packet_walk *walk, struct trace_packet *packet, const struct pool *pool,
			      struct explain_walk *ret)
{
	size_t itself = packet_walk_slot(walk, pool, true), other = packet_walk_slot(walk, pool, false);
	struct trace_result result, to_itself;
	struct buf steps = BUF_INIT;

	packet->random = other == SIZE_MAX ? 0 : (uint32_t)other;
	trace_walk(walk->image, packet, &result, &steps);
	if (result.verdict == TRACE_VERDICT_DROP)
		ret->outcome = "dropped";
	else if (result.verdict == TRACE_VERDICT_REJECT)
		ret->outcome = "rejected";
	else if (result.translated)
		ret->outcome = "translated";
	if (result.translated) {
		ret->masqueraded = result.masqueraded ? "yes" : "no";
		packet->random = itself == SIZE_MAX ? packet->random : (uint32_t)itself;
		trace_walk(walk->image, packet, &to_itself, NULL);
		if (to_itself.masqueraded && !result.masqueraded)
			ret->masqueraded = "only when it reaches itself";
	}
	ret->steps = arena_string(walk->params.arena, buf_text(&steps));
	buf_done(&steps);
}

static const char *packet_walk_towards(const struct packet_walk *walk, const struct frontend *frontend,
				       const struct pool *pool)
{
	size_t n = pool ? plan_in_use(pool, walk->params.arena)->n_endpoints : 0;

	if (n < 2)
		return n ? "its one endpoint" : "";
	if (!frontend->affinity_timeout_s)
		return arena_printf(walk->params.arena, "one of %zu endpoints", n);
	/* Only the kernel knows the clients. */
	return arena_printf(
		walk->params.arena,
		"one of %zu endpoints: the one that this client had in the last %u s, if it had any", n,
		frontend->affinity_timeout_s);
}

/* R1 to R4: the ranges are those of the plan, with what the node itself adds. */
static const char *packet_walk_admits(const struct packet_walk *walk, const struct frontend *frontend)
{
	char cidr[CIDR_TEXT_SIZE];
	uint32_t i;

	if (!frontend->n_source_ranges)
		return "";
	for (i = 0; i < frontend->n_source_ranges; i++)
		if (cidr_contains(&frontend->source_ranges[i], &walk->from))
			return arena_printf(walk->params.arena, "admitted by %s",
					    cidr_print(&frontend->source_ranges[i], cidr));
	return frontend->n_source_ranges == 1
		       ? arena_printf(walk->params.arena, "only %s is admitted",
				      cidr_print(&frontend->source_ranges[0], cidr))
		       : arena_printf(walk->params.arena, "none of the %u admitted sources above has it",
				      frontend->n_source_ranges);
}

const struct explain_walk *packet_walk_to(struct packet_walk *walk, const struct frontend *frontend)
{
	bool node_port = frontend->kind == FRONTEND_KIND_NODE_PORT;
	const struct addr *daddr = node_port ? packet_walk_node_port_addr(walk) : &frontend->addr;
	struct explain_walk *ret = arena_alloc(walk->params.arena, sizeof(*ret));
	const struct pool *pool = NULL;
	struct plan_packet planned = {
		.saddr = walk->from,
		.protocol = frontend->protocol,
		.dport = frontend->port,
		.from_node = walk->from_node,
		.from_pod = walk->from_pod,
		.to_node_port_address = node_port,
	};
	struct trace_packet packet = {
		.saddr = walk->from,
		.protocol = frontend->protocol,
		.sport = PACKET_WALK_SOURCE_PORT,
		.dport = frontend->port,
		.local_out = walk->from_node,
		.iifname = "",
		.is_local = packet_walk_has_addr,
		.ctx = walk,
	};

	if (frontend->addr.family != walk->from.family || !daddr)
		return NULL;
	planned.daddr = packet.daddr = *daddr;
	*ret = (struct explain_walk){ .outcome = "left alone", .masqueraded = "", .source = "" };
	if (plan_lookup(walk->params.plan, &planned, &pool) != PLAN_OUTCOME_POOL)
		pool = NULL;
	ret->to = packet_walk_towards(walk, frontend, pool);
	ret->source = packet_walk_admits(walk, frontend);
	packet_walk_trace(walk, &packet, pool, ret);
	return ret;
}
