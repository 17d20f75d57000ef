/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "plan/found.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "model/service.h"
#include "plan/places.h"

/**
 * struct found
 * @service:	owned
 * @no_affinity: as in struct build_input
 * @n_addrs:	0: the Service has no front end of this family
 * @frontends:	those that were noted
 */
struct found {
	struct service *service;
	bool no_affinity;
	struct arena *arena;
	size_t n_addrs[_FAMILY_MAX];
	const struct places_addr *addrs[_FAMILY_MAX];
	const struct places_number *ports;
	const struct places_number *node_ports;
	size_t n_frontends;
	struct frontend *frontends;
};

struct found *found_new(const struct build_input *in)
{
	struct found *found = alloc_zeroed(1, sizeof(*found));
	int family;

	found->service = service_new_copy(in->service);
	found->no_affinity = in->no_affinity;
	found->arena = arena_new();
	if (!build_serves(found->service))
		return found;
	found->ports = places_numbers(found->service, false, found->arena);
	found->node_ports = places_numbers(found->service, true, found->arena);
	for (family = 0; family < _FAMILY_MAX; family++)
		if (in->family_enabled[family] && found->service->has_cluster_ip[family])
			found->n_addrs[family] =
				places_addrs(found->service, (enum family)family, in->no_external_ips,
					     found->arena, &found->addrs[family]);
	return found;
}

struct found *found_free(struct found *found)
{
	if (!found)
		return NULL;
	service_free(found->service);
	arena_free(found->arena);
	free(found->frontends);
	free(found);
	return NULL;
}

struct service_name found_service(const struct found *found)
{
	return (struct service_name){ found->service->namespace, found->service->name };
}

bool found_add(struct found *found, const struct frontend *frontend)
{
	bool node_port = frontend->kind == FRONTEND_KIND_NODE_PORT;
	enum family family = frontend->addr.family;
	const struct places_number *number;
	const struct places_addr *addr;

	if (!found->n_addrs[family] || !frontend->port)
		return false;
	number = places_find_number(node_port ? found->node_ports : found->ports, found->service->n_ports,
				    frontend->protocol, frontend->port);
	addr = places_find_addr(found->addrs[family], found->n_addrs[family], &frontend->addr);
	if (!number || (!node_port && !addr))
		return false;
	*ALLOC_APPEND(found->frontends, found->n_frontends) = (struct frontend){
		.kind = node_port ? FRONTEND_KIND_NODE_PORT : addr->kind,
		.addr = frontend->addr,
		.protocol = frontend->protocol,
		.port = frontend->port,
		.port_name = found->service->ports[number->index].name,
		.target = { .verdict = PLAN_VERDICT_REJECT },
		.affinity_timeout_s = found->no_affinity ? 0 : found->service->affinity_timeout_s,
		.lists = { [PLAN_LIST_CLUSTER] = PLAN_NO_POOL, [PLAN_LIST_LOCAL] = PLAN_NO_POOL },
	};
	return true;
}

void found_plan(struct found *found, struct plan *ret)
{
	size_t i, n = 0;

	if (found->n_frontends)
		qsort(found->frontends, found->n_frontends, sizeof(*found->frontends), plan_cmp_frontends);
	for (i = 0; i < found->n_frontends; i++)
		if (!i || plan_cmp_frontends(&found->frontends[n - 1], &found->frontends[i]) != 0)
			found->frontends[n++] = found->frontends[i];
	found->n_frontends = n;
	*ret = (struct plan){ .service = found_service(found),
			      .creation_time_s = found->service->creation_time_s,
			      .n_frontends = n,
			      .frontends = found->frontends };
}
