/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "select/topology.h"

#include <string.h>

#include "model/slice.h"

static bool topology_names(const char *const *hints, size_t n, const char *name)
{
	size_t i;

	if (!*name)
		return false;
	for (i = 0; i < n; i++) {
		if (strcmp(hints[i], name) == 0)
			return true;
	}
	return false;
}

uint8_t topology_hints(const struct endpoint *endpoint, const struct pick_here *here)
{
	uint8_t hints = 0;

	if (endpoint->n_for_zones)
		hints |= TOPOLOGY_HINT_ANY_ZONE;
	if (topology_names(endpoint->for_zones, endpoint->n_for_zones, here->zone))
		hints |= TOPOLOGY_HINT_THIS_ZONE;
	if (endpoint->n_for_nodes)
		hints |= TOPOLOGY_HINT_ANY_NODE;
	if (topology_names(endpoint->for_nodes, endpoint->n_for_nodes, here->node_name))
		hints |= TOPOLOGY_HINT_THIS_NODE;
	return hints;
}

enum pick_topology topology_mode(const uint8_t *hints, size_t n)
{
	uint8_t all = 0xff, some = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		all &= hints[i];
		some |= hints[i];
	}
	if ((all & TOPOLOGY_HINT_ANY_NODE) && (some & TOPOLOGY_HINT_THIS_NODE))
		return PICK_TOPOLOGY_NODE;
	if ((all & TOPOLOGY_HINT_ANY_ZONE) && (some & TOPOLOGY_HINT_THIS_ZONE))
		return PICK_TOPOLOGY_ZONE;
	return PICK_TOPOLOGY_NONE;
}

bool topology_allows(enum pick_topology mode, uint8_t hints)
{
	switch (mode) {
	case PICK_TOPOLOGY_NONE:
		return true;
	case PICK_TOPOLOGY_ZONE:
		return hints & TOPOLOGY_HINT_THIS_ZONE;
	case PICK_TOPOLOGY_NODE:
		return hints & TOPOLOGY_HINT_THIS_NODE;
	}
	return true;
}

const char *topology_name(enum pick_topology mode)
{
	switch (mode) {
	case PICK_TOPOLOGY_NONE:
		return "none";
	case PICK_TOPOLOGY_ZONE:
		return "zone";
	case PICK_TOPOLOGY_NODE:
		return "node";
	}
	return "unknown";
}
