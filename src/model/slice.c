/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "model/slice.h"

#include <stdlib.h>
#include <string.h>

#include "model/pack.h"

static void slice_count_hints(struct pack *pack, const char *const *hints, size_t n)
{
	size_t i;

	pack_count(pack, n, sizeof(*hints));
	for (i = 0; i < n; i++)
		pack_count_string(pack, hints[i]);
}

static void slice_count(struct pack *pack, const struct slice *slice)
{
	size_t i;

	pack_count(pack, 1, sizeof(*slice));
	pack_count(pack, slice->n_ports, sizeof(*slice->ports));
	pack_count(pack, slice->n_endpoints, sizeof(*slice->endpoints));
	pack_count_string(pack, slice->namespace);
	pack_count_string(pack, slice->name);
	pack_count_string(pack, slice->uid);
	pack_count_string(pack, slice->service_name);
	for (i = 0; i < slice->n_ports; i++)
		pack_count_string(pack, slice->ports[i].name);
	for (i = 0; i < slice->n_endpoints; i++) {
		const struct endpoint *endpoint = &slice->endpoints[i];

		pack_count_string(pack, endpoint->node_name);
		slice_count_hints(pack, endpoint->for_zones, endpoint->n_for_zones);
		slice_count_hints(pack, endpoint->for_nodes, endpoint->n_for_nodes);
	}
}

static const char **slice_copy_hints(struct pack *pack, const char *const *hints, size_t n)
{
	const char **copy = pack_copy(pack, hints, n, sizeof(*hints));
	size_t i;

	for (i = 0; i < n; i++)
		copy[i] = pack_string(pack, hints[i]);
	return copy;
}

struct slice *slice_new_copy(const struct slice *slice)
{
	struct slice *copy;
	struct pack pack;
	size_t i;

	pack_init(&pack);
	slice_count(&pack, slice);
	pack_begin(&pack);
	copy = pack_copy(&pack, slice, 1, sizeof(*slice));
	copy->ports = pack_copy(&pack, slice->ports, slice->n_ports, sizeof(*slice->ports));
	copy->endpoints = pack_copy(&pack, slice->endpoints, slice->n_endpoints, sizeof(*slice->endpoints));
	copy->namespace = pack_string(&pack, slice->namespace);
	copy->name = pack_string(&pack, slice->name);
	copy->uid = pack_string(&pack, slice->uid);
	copy->service_name = pack_string(&pack, slice->service_name);
	for (i = 0; i < copy->n_ports; i++)
		copy->ports[i].name = pack_string(&pack, slice->ports[i].name);
	for (i = 0; i < copy->n_endpoints; i++) {
		struct endpoint *to = &copy->endpoints[i];

		to->node_name = pack_string(&pack, to->node_name);
		to->for_zones = slice_copy_hints(&pack, to->for_zones, to->n_for_zones);
		to->for_nodes = slice_copy_hints(&pack, to->for_nodes, to->n_for_nodes);
	}
	pack_done(&pack);
	return copy;
}

struct slice *slice_free(struct slice *slice)
{
	free(slice);
	return NULL;
}

static bool slice_hints_equal(const char *const *a, const char *const *b, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (strcmp(a[i], b[i]) != 0)
			return false;
	}
	return true;
}

static bool slice_endpoint_equal(const struct endpoint *a, const struct endpoint *b)
{
	if (!addr_equal(&a->addr, &b->addr) || a->ready != b->ready || a->serving != b->serving ||
	    a->terminating != b->terminating || a->n_for_zones != b->n_for_zones ||
	    a->n_for_nodes != b->n_for_nodes || !a->node_name != !b->node_name)
		return false;
	if (a->node_name && strcmp(a->node_name, b->node_name) != 0)
		return false;
	return slice_hints_equal(a->for_zones, b->for_zones, a->n_for_zones) &&
	       slice_hints_equal(a->for_nodes, b->for_nodes, a->n_for_nodes);
}

bool slice_equal(const struct slice *a, const struct slice *b)
{
	size_t i;

	if (strcmp(a->namespace, b->namespace) != 0 || strcmp(a->name, b->name) != 0 ||
	    strcmp(a->uid, b->uid) != 0 || strcmp(a->service_name, b->service_name) != 0 ||
	    a->family != b->family || a->n_ports != b->n_ports || a->n_endpoints != b->n_endpoints)
		return false;
	for (i = 0; i < a->n_ports; i++) {
		if (strcmp(a->ports[i].name, b->ports[i].name) != 0 ||
		    a->ports[i].protocol != b->ports[i].protocol || a->ports[i].port != b->ports[i].port)
			return false;
	}
	for (i = 0; i < a->n_endpoints; i++) {
		if (!slice_endpoint_equal(&a->endpoints[i], &b->endpoints[i]))
			return false;
	}
	return true;
}
