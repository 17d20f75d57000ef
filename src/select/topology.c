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

uint8_t topology_hints(const struct endpoint *endpoint, const struct topology_node *here)
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

enum topology_mode topology_mode(const uint8_t *hints, size_t n)
{
	uint8_t all = 0xff, some = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		all &= hints[i];
		some |= hints[i];
	}
	if ((all & TOPOLOGY_HINT_ANY_NODE) && (some & TOPOLOGY_HINT_THIS_NODE))
		return TOPOLOGY_MODE_NODE;
	if ((all & TOPOLOGY_HINT_ANY_ZONE) && (some & TOPOLOGY_HINT_THIS_ZONE))
		return TOPOLOGY_MODE_ZONE;
	return TOPOLOGY_MODE_NONE;
}

bool topology_allows(enum topology_mode mode, uint8_t hints)
{
	switch (mode) {
	case TOPOLOGY_MODE_NONE:
		return true;
	case TOPOLOGY_MODE_ZONE:
		return hints & TOPOLOGY_HINT_THIS_ZONE;
	case TOPOLOGY_MODE_NODE:
		return hints & TOPOLOGY_HINT_THIS_NODE;
	}
	return true;
}

const char *topology_name(enum topology_mode mode)
{
	switch (mode) {
	case TOPOLOGY_MODE_NONE:
		return "none";
	case TOPOLOGY_MODE_ZONE:
		return "zone";
	case TOPOLOGY_MODE_NODE:
		return "node";
	}
	return "unknown";
}
