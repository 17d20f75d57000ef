/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "plan/found.h"

#include <stdlib.h>

#include "base/arena.h"
#include "model/service.h"
#include "plan/places.h"

/** struct found_places - Where the Service has front ends; @n_addrs 0: not in this family */
struct found_places {
	const struct build_input *in;
	size_t n_addrs[_FAMILY_MAX];
	const struct places_addr *addrs[_FAMILY_MAX];
	const struct places_number *ports;
	const struct places_number *node_ports;
};

static void found_places_init(struct found_places *places, const struct build_input *in, struct arena *arena)
{
	int family;

	*places = (struct found_places){ .in = in,
					 .ports = places_numbers(in->service, false, arena),
					 .node_ports = places_numbers(in->service, true, arena) };
	for (family = 0; family < _FAMILY_MAX; family++)
		if (in->family_enabled[family] && in->service->has_cluster_ip[family])
			places->n_addrs[family] =
				places_addrs(in->service, (enum family)family, arena, &places->addrs[family]);
}

/* The front end of the Service that is where @found is. Return: false: it has none there. */
static bool found_frontend(const struct found_places *places, const struct frontend *found,
			   struct frontend *ret)
{
	const struct service *service = places->in->service;
	bool node_port = found->kind == FRONTEND_KIND_NODE_PORT;
	enum family family = found->addr.family;
	const struct places_number *number =
		places_find_number(node_port ? places->node_ports : places->ports, service->n_ports,
				   found->protocol, found->port);
	const struct places_addr *addr =
		places_find_addr(places->addrs[family], places->n_addrs[family], &found->addr);

	if (!places->n_addrs[family] || !number || !found->port || (!node_port && !addr))
		return false;
	*ret = (struct frontend){
		.kind = node_port ? FRONTEND_KIND_NODE_PORT : addr->kind,
		.addr = found->addr,
		.protocol = found->protocol,
		.port = found->port,
		.port_name = service->ports[number->index].name,
		.target = { .verdict = PLAN_VERDICT_REJECT },
		.affinity_timeout_s = places->in->no_affinity ? 0 : service->affinity_timeout_s,
		.lists = { [PLAN_LIST_CLUSTER] = PLAN_NO_POOL, [PLAN_LIST_LOCAL] = PLAN_NO_POOL },
	};
	return true;
}

void found_plan(const struct build_input *in, const struct frontend *found, size_t n, struct arena *arena,
		struct plan *ret)
{
	struct found_places places;
	size_t i, n_distinct = 0;

	*ret = (struct plan){ .n_frontends = 0 };
	if (!build_serves(in->service))
		return;
	ret->service = (struct service_name){ in->service->namespace, in->service->name };
	ret->creation_time_s = in->service->creation_time_s;
	ret->frontends = arena_array(arena, n, sizeof(*ret->frontends));
	found_places_init(&places, in, arena);
	for (i = 0; i < n; i++)
		ret->n_frontends += found_frontend(&places, &found[i], &ret->frontends[ret->n_frontends]);
	if (ret->n_frontends)
		qsort(ret->frontends, ret->n_frontends, sizeof(*ret->frontends), plan_cmp_frontends);
	for (i = 0; i < ret->n_frontends; i++)
		if (!i || plan_cmp_frontends(&ret->frontends[n_distinct - 1], &ret->frontends[i]) != 0)
			ret->frontends[n_distinct++] = ret->frontends[i];
	ret->n_frontends = n_distinct;
}
