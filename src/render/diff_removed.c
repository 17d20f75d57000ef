/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "render/diff_removed.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "render/layout.h"
#include "render/port_chains.h"
#include "render/state_internal.h"

/* The port of @wanted whose list @e belongs to, if it has session affinity. */
static const struct port_chains *diff_removed_port(const struct service_elements *wanted,
						   const struct element *e)
{
	struct set_list_key key, cluster;
	size_t i;

	port_chains_cluster_list_of(e, &cluster);
	for (i = 0; i < wanted->n_ports; i++) {
		if (wanted->ports[i].table != e->table || !wanted->ports[i].timeout_s)
			continue;
		port_chains_list_key(&wanted->ports[i], PLAN_LIST_CLUSTER, &key);
		if (memcmp(&key, &cluster, sizeof(key)) == 0)
			return &wanted->ports[i];
	}
	return NULL;
}

/* The element that says the same of @e as an endpoint of @list, in @set. */
static struct element diff_removed_as(const struct element *e, const struct port_chains *port,
				      enum layout_set set, enum plan_list list)
{
	struct element as = *e;
	struct set_list_key key;

	port_chains_list_key(port, list, &key);
	as.set = (uint8_t)set;
	memcpy(as.key, &key, sizeof(key));
	return as;
}

static int diff_removed_cmp(const void *a, const void *b)
{
	return set_element_cmp(a, b);
}

static bool diff_removed_is_wanted(const struct service_elements *wanted, const struct element *e,
				   const struct port_chains *port)
{
	struct element as;
	int list;

	for (list = 0; list < _PLAN_LIST_MAX; list++) {
		as = diff_removed_as(e, port, LAYOUT_SET_AFFINITY_ENDPOINTS, list);
		if (bsearch(&as, wanted->elements, wanted->n, sizeof(as), diff_removed_cmp))
			return true;
	}
	return false;
}

static bool diff_removed_is_forgotten(const struct state_part *part, const struct element *e)
{
	struct set_list_key cluster;
	size_t i;

	port_chains_cluster_list_of(e, &cluster);
	for (i = 0; i < part->n_forgotten; i++)
		if (part->forgotten[i].table == e->table &&
		    memcmp(&part->forgotten[i].cluster_list, &cluster, sizeof(cluster)) == 0)
			return true;
	return false;
}

/* Without its client map a port has no clients: the table was deleted. */
static bool diff_removed_has_clients(const struct state *state, const struct port_chains *port)
{
	struct client_map map;

	return port_chains_client_map(port, &map) &&
	       (!state->snapshot || !snapshot_knows_client_maps(state->snapshot, map.table) ||
		snapshot_find_client_map(state->snapshot, map.table, map.name));
}

static void diff_removed_address(const struct element *removed, enum layout_set set, struct element *ret)
{
	struct addr addr = { .family = removed->table };

	memcpy(addr.bytes, removed->key + sizeof(struct set_list_key), addr_size(removed->table));
	set_element_init(ret, removed->table, (uint8_t)set);
	set_key_addr(ret, &addr);
}

static bool diff_removed_may_have_any(const struct state_part *part)
{
	size_t i;

	for (i = 0; i < part->ports.n; i++)
		if (part->ports.list[i].timeout_s)
			return true;
	return false;
}

void diff_removed_add(struct state *state, const struct state_part *part, struct service_elements *wanted)
{
	const struct port_chains *port;
	struct element *more = NULL, *all;
	struct element e, removed;
	size_t n = 0, offset;

	if (!diff_removed_may_have_any(part))
		return;
	for (offset = 0; offset < part->installed.size;) {
		offset = set_element_unpack(part->installed.data, offset, &e);
		if (e.set != LAYOUT_SET_AFFINITY_ENDPOINTS && e.set != LAYOUT_SET_REMOVED_ENDPOINTS)
			continue;
		port = diff_removed_port(wanted, &e);
		if (!port || !diff_removed_has_clients(state, port) ||
		    diff_removed_is_wanted(wanted, &e, port) ||
		    (e.set == LAYOUT_SET_REMOVED_ENDPOINTS && diff_removed_is_forgotten(part, &e)))
			continue;
		removed = diff_removed_as(&e, port, LAYOUT_SET_REMOVED_ENDPOINTS, PLAN_LIST_CLUSTER);
		*ALLOC_APPEND(more, n) = removed;
		diff_removed_address(&removed, LAYOUT_SET_AFFINITY_ADDRESSES, ALLOC_APPEND(more, n));
	}
	if (n) {
		all = arena_array(state->scratch, wanted->n + n, sizeof(*all));
		memcpy(all, wanted->elements, wanted->n * sizeof(*all));
		memcpy(all + wanted->n, more, n * sizeof(*all));
		wanted->n = set_elements_sort_unique(all, wanted->n + n);
		wanted->elements = all;
	}
	free(more);
}
