/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: UDP front ends are grouped by (family, port name), because endpoints belong to a port's name; endpoints are
 * picked once for each group. Front ends and endpoints are kept in one allocation, sorted, because they are searched
 * for each of perhaps a hundred thousand flows.
 */
#include "config.h"
#include "plan/stale.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "model/service.h"

/** struct stale_frontend - @addr is zero but for its family if @node_port. */
struct stale_frontend {
	struct addr addr;
	bool node_port;
	uint16_t port;
	uint32_t n_endpoints;
	const struct stale_endpoint *endpoints; /* good ones, sorted, shared by the port's front ends */
};

struct stale_endpoint {
	struct addr addr;
	uint16_t port;
};

struct stale {
	size_t n_frontends;
	struct stale_frontend *frontends; /* sorted by stale_cmp() */
};

struct stale_key {
	struct stale_frontend
		frontend; /* without its endpoints, which may be replaced before the index is searched */
	void *owner;
};

bool stale_concerns(const struct service *service)
{
	uint32_t i;

	for (i = 0; service && i < service->n_ports; i++) {
		if (service->ports[i].protocol == PROTOCOL_UDP)
			return true;
	}
	return false;
}

static int stale_cmp(const void *a, const void *b)
{
	const struct stale_frontend *p = a, *q = b;

	if (p->port != q->port)
		return p->port < q->port ? -1 : 1;
	if (p->node_port != q->node_port)
		return p->node_port ? 1 : -1;
	return addr_cmp(&p->addr, &q->addr);
}

static int stale_cmp_endpoint(const void *a, const void *b)
{
	const struct stale_endpoint *p = a, *q = b;
	int order = addr_cmp(&p->addr, &q->addr);

	return order ? order : (int)p->port - (int)q->port;
}

static int stale_cmp_group(const void *a, const void *b)
{
	const struct frontend *const *p = a, *const *q = b;

	if ((*p)->addr.family != (*q)->addr.family)
		return (*p)->addr.family < (*q)->addr.family ? -1 : 1;
	return strcmp((*p)->port_name, (*q)->port_name);
}

/** struct stale_group - The UDP front ends of one port in one family. */
struct stale_group {
	size_t first;
	size_t n;
	size_t n_good;
	struct pick pick;
};

static bool stale_is_good(const struct pick_endpoint *endpoint)
{
	return endpoint->serving || endpoint->ready;
}

static int stale_pick(const struct frontend *frontend, const struct pick_slices *slices,
		      const struct topology_node *here, struct arena *scratch, struct stale_group *group,
		      struct err *reterr)
{
	struct pick_port key = {
		.name = frontend->port_name,
		.protocol = PROTOCOL_UDP,
		.family = frontend->addr.family,
	};
	size_t i;
	int r = pick_endpoints(slices, &key, here, scratch, &group->pick, reterr);

	if (r < 0)
		return err_wrap(reterr, "port \"%s\"", key.name);
	for (i = 0; i < group->pick.n_endpoints; i++)
		group->n_good += stale_is_good(&group->pick.endpoints[i]);
	return 0;
}

static struct stale *stale_pack(const struct frontend *const *frontends, const struct stale_group *groups,
				size_t n_groups)
{
	size_t g, i, n_frontends = 0, n_endpoints = 0;
	struct stale_endpoint *endpoint;
	struct stale_frontend *to;
	struct stale *stale;

	for (g = 0; g < n_groups; g++) {
		n_frontends += groups[g].n;
		n_endpoints += groups[g].n_good;
	}
	stale = alloc_zeroed(1, sizeof(*stale) + n_frontends * sizeof(*to) + n_endpoints * sizeof(*endpoint));
	stale->n_frontends = n_frontends;
	stale->frontends = (struct stale_frontend *)(stale + 1);
	to = stale->frontends;
	endpoint = (struct stale_endpoint *)(stale->frontends + n_frontends);
	for (g = 0; g < n_groups; g++) {
		const struct pick *pick = &groups[g].pick;

		for (i = 0; i < groups[g].n; i++, to++) {
			const struct frontend *from = frontends[groups[g].first + i];

			to->addr = from->addr;
			to->node_port = from->kind == FRONTEND_KIND_NODE_PORT;
			to->port = from->port;
			to->n_endpoints = (uint32_t)groups[g].n_good;
			to->endpoints = endpoint;
		}
		for (i = 0; i < pick->n_endpoints; i++) {
			if (!stale_is_good(&pick->endpoints[i]))
				continue;
			endpoint->addr = pick->endpoints[i].addr;
			endpoint->port = pick->endpoints[i].port;
			endpoint++;
		}
	}
	if (n_frontends)
		qsort(stale->frontends, n_frontends, sizeof(*stale->frontends), stale_cmp);
	return stale;
}

int stale_new(const struct plan *plan, const struct build_input *in, struct arena *scratch,
	      struct stale **ret, struct err *reterr)
{
	const struct frontend **frontends = arena_array(scratch, plan->n_frontends, sizeof(*frontends));
	struct stale_group *groups;
	struct pick_slices slices;
	size_t i, n = 0, n_groups = 0;
	int r;

	for (i = 0; i < plan->n_frontends; i++) {
		if (plan->frontends[i].protocol == PROTOCOL_UDP)
			frontends[n++] = &plan->frontends[i];
	}
	if (n > STALE_FRONTENDS_MAX)
		return err_set(reterr, -E2BIG, "%zu UDP front ends, more than %d", n, STALE_FRONTENDS_MAX);
	if (n)
		qsort(frontends, n, sizeof(const struct frontend *), stale_cmp_group);
	groups = arena_array(scratch, n, sizeof(*groups));
	pick_slices_init(in->slices, in->n_slices, scratch, &slices);
	for (i = 0; i < n; i++) {
		if (i && stale_cmp_group(&frontends[i - 1], &frontends[i]) == 0) {
			groups[n_groups - 1].n++;
			continue;
		}
		groups[n_groups].first = i;
		groups[n_groups].n = 1;
		r = stale_pick(frontends[i], &slices, &in->here, scratch, &groups[n_groups++], reterr);
		if (r < 0)
			return r;
	}
	*ret = stale_pack(frontends, groups, n_groups);
	return 0;
}

struct stale *stale_free(struct stale *stale)
{
	free(stale);
	return NULL;
}

size_t stale_n_frontends(const struct stale *stale)
{
	return stale->n_frontends;
}

/* Keys and front ends both start with a struct stale_frontend. */
static const void *stale_search(const struct flow *flow, bool to_node_port_address, const void *base,
				size_t n, size_t size)
{
	struct stale_frontend key = { .addr = flow->daddr, .port = flow->dport };
	const void *found;

	if (flow->protocol != PROTOCOL_UDP || !n)
		return NULL;
	found = bsearch(&key, base, n, size, stale_cmp);
	if (found || !to_node_port_address)
		return found;
	memset(key.addr.bytes, 0, sizeof(key.addr.bytes));
	key.node_port = true;
	return bsearch(&key, base, n, size, stale_cmp);
}

bool stale_flow(const struct stale *stale, const struct flow *flow, bool to_node_port_address)
{
	const struct stale_frontend *frontend;
	struct stale_endpoint key = { .addr = flow->reply_saddr, .port = flow->reply_sport };

	frontend = stale_search(flow, to_node_port_address, stale->frontends, stale->n_frontends,
				sizeof(*stale->frontends));
	return frontend &&
	       !(frontend->n_endpoints && bsearch(&key, frontend->endpoints, frontend->n_endpoints,
						  sizeof(*frontend->endpoints), stale_cmp_endpoint));
}

void stale_index_add(struct stale_index *index, const struct stale *stale, void *owner)
{
	size_t i;

	for (i = 0; i < stale->n_frontends; i++) {
		struct stale_key *key = ALLOC_APPEND(index->keys, index->n);

		key->frontend = stale->frontends[i];
		key->frontend.n_endpoints = 0;
		key->frontend.endpoints = NULL;
		key->owner = owner;
	}
}

void stale_index_seal(struct stale_index *index)
{
	static_assert(offsetof(struct stale_key, frontend) == 0, "compared as a front end");

	if (index->n)
		qsort(index->keys, index->n, sizeof(*index->keys), stale_cmp);
}

void stale_index_families(const struct stale_index *index, bool ret_family[_FAMILY_MAX])
{
	size_t i;

	for (i = 0; i < _FAMILY_MAX; i++)
		ret_family[i] = false;
	for (i = 0; i < index->n; i++)
		ret_family[index->keys[i].frontend.addr.family] = true;
}

void *stale_index_find(const struct stale_index *index, const struct flow *flow, bool to_node_port_address)
{
	const struct stale_key *key =
		stale_search(flow, to_node_port_address, index->keys, index->n, sizeof(*index->keys));

	return key ? key->owner : NULL;
}

void stale_index_done(struct stale_index *index)
{
	free(index->keys);
	*index = (struct stale_index){ .keys = NULL };
}
