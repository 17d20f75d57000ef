/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "render/layout_node.h"

void layout_node_count_addresses(struct layout_node *node, const struct addr *addresses, size_t n)
{
	int family;
	size_t i;

	for (family = 0; family < _FAMILY_MAX; family++)
		node->family[family].n_node_port_addresses = 0;
	for (i = 0; i < n; i++) {
		struct layout_family *f = &node->family[addresses[i].family];

		f->n_node_port_addresses++;
		f->node_port_address = addresses[i];
	}
}

bool layout_node_has_one_address(const struct layout_family *node)
{
	return !node->node_ports_everywhere && node->n_node_port_addresses == 1;
}

size_t layout_node_n_ranges(const struct layout_family *node)
{
	return node->n_service_cidrs <= LAYOUT_RANGES_MAX ? node->n_service_cidrs : 0;
}
