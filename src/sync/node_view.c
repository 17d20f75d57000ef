/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "sync/node_view.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "model/node.h"

static void node_view_cidr(struct layout_family *f, const struct cidr *cidr)
{
	if (!cidr)
		return;
	f->detector = LAYOUT_DETECTOR_CIDR;
	f->pod_cidr = *cidr;
}

static void node_view_detector(const struct node_view_input *in, enum family family, struct node_view *view)
{
	struct layout_family *f = &view->layout.family[family];

	switch (in->settings->detect_local_mode) {
	case SETTINGS_DETECT_LOCAL_CLUSTER_CIDR:
		node_view_cidr(f, in->settings->has_cluster_cidr[family] ? &in->settings->cluster_cidr[family]
									 : NULL);
		return;
	case SETTINGS_DETECT_LOCAL_NODE_CIDR:
		node_view_cidr(f, in->node ? node_pod_cidr(in->node, family) : NULL);
		view->waits_for_pod_cidr = !in->node || !in->node->n_pod_cidrs;
		return;
	case SETTINGS_DETECT_LOCAL_BRIDGE_INTERFACE:
		f->detector = LAYOUT_DETECTOR_BRIDGE;
		break;
	case SETTINGS_DETECT_LOCAL_INTERFACE_NAME_PREFIX:
		f->detector = LAYOUT_DETECTOR_INTERFACE_PREFIX;
		break;
	case _SETTINGS_DETECT_LOCAL_MAX:
		break;
	}
	(void)snprintf(f->interface, sizeof(f->interface), "%s", in->settings->interface);
}

static void node_view_add(struct node_view *view, const struct addr *addr)
{
	size_t i;

	for (i = 0; i < view->n_node_port_addresses; i++)
		if (addr_cmp(&view->node_port_addresses[i], addr) == 0)
			return;
	view->node_port_addresses[view->n_node_port_addresses++] = *addr;
}

/* The node's primary address (O2). False: there is none, or it is loopback. */
static bool node_view_primary(const struct node_view_input *in, enum family family, struct node_view *view)
{
	const struct addr *addr = settings_node_addr(in->settings, family,
						     in->node ? node_primary_addr(in->node, family) : NULL);

	if (!addr || addr_is_loopback(addr))
		return false;
	node_view_add(view, addr);
	return true;
}

static_assert(SETTINGS_NODE_PORT_ADDRESSES_MAX <= 64, "a bit for each prefix");

static uint64_t node_view_unmatched(const struct node_view_input *in, enum family family)
{
	const struct settings *settings = in->settings;
	uint64_t bits = 0;
	size_t i, c;

	for (c = 0; c < settings->n_node_port_addresses; c++) {
		const struct cidr *cidr = &settings->node_port_addresses[c];

		if (cidr->addr.family != family || addr_is_loopback(&cidr->addr))
			continue;
		for (i = 0; i < in->n_addresses; i++)
			if (cidr_contains(cidr, &in->addresses[i]))
				break;
		if (i == in->n_addresses)
			bits |= 1ull << c;
	}
	return bits;
}

/* The interfaces' addresses in the prefixes of the family. */
static void node_view_listed(const struct node_view_input *in, enum family family, struct node_view *view)
{
	const struct settings *settings = in->settings;
	size_t i, c;

	view->unmatched |= node_view_unmatched(in, family);
	for (i = 0; i < in->n_addresses; i++) {
		for (c = 0; c < settings->n_node_port_addresses; c++)
			if (cidr_contains(&settings->node_port_addresses[c], &in->addresses[i]))
				break;
		if (c == settings->n_node_port_addresses || in->addresses[i].family != family)
			continue;
		if (addr_is_loopback(&in->addresses[i]))
			view->skipped_loopback = true;
		else
			node_view_add(view, &in->addresses[i]);
	}
}

static void node_view_node_ports(const struct node_view_input *in, enum family family, struct node_view *view)
{
	const struct settings *settings = in->settings;
	bool everywhere = false, listed = false;
	size_t c;

	for (c = 0; c < settings->n_node_port_addresses; c++) {
		const struct cidr *cidr = &settings->node_port_addresses[c];

		if (cidr->addr.family != family)
			continue;
		listed = true;
		everywhere = everywhere || !cidr->prefix_len;
		view->skipped_loopback = view->skipped_loopback || addr_is_loopback(&cidr->addr);
	}
	if (!everywhere && settings->node_port_primary && node_view_primary(in, family, view))
		listed = true;
	/* O4: none is listed, or only a primary address that is not known. If the Node says it, but cannot be read, that opens nothing. */
	if (!listed && settings->node_port_primary && in->node_unread) {
		view->unread = true;
		return;
	}
	if (!listed && settings->node_port_primary)
		view->unknown = view->unknown || !in->node;
	if (everywhere || !listed)
		view->layout.family[family].node_ports_everywhere = true;
	else
		node_view_listed(in, family, view);
}

/* The union of all ranges, in as few ranges as possible. */
static void node_view_service_cidrs(const struct node_view_input *in, enum family family, struct arena *arena,
				    struct node_view *view)
{
	struct layout_family *f = &view->layout.family[family];
	struct cidr *cidrs = arena_array(arena, in->n_service_cidrs, sizeof(*cidrs));
	size_t i, n = 0;

	for (i = 0; i < in->n_service_cidrs; i++)
		if (in->service_cidrs[i].addr.family == family)
			cidrs[n++] = in->service_cidrs[i];
	n = cidr_merge(cidrs, n);
	if (n > NODE_VIEW_SERVICE_CIDRS_MAX) {
		view->skipped_service_cidrs += n - NODE_VIEW_SERVICE_CIDRS_MAX;
		n = NODE_VIEW_SERVICE_CIDRS_MAX;
	}
	f->service_cidrs = cidrs;
	f->n_service_cidrs = n;
}

void node_view_compute(const struct node_view_input *in, struct arena *arena, struct node_view *ret)
{
	int family;

	memset(ret, 0, sizeof(*ret));
	ret->node_port_addresses = arena_array(arena, in->n_addresses + _FAMILY_MAX, sizeof(struct addr));
	ret->layout.masquerade_all = in->settings->masquerade_all;
	for (family = 0; family < _FAMILY_MAX; family++) {
		ret->layout.family[family].enabled = in->family_enabled[family];
		if (!in->family_enabled[family])
			continue;
		node_view_detector(in, family, ret);
		node_view_service_cidrs(in, family, arena, ret);
		node_view_node_ports(in, (enum family)family, ret);
	}
	layout_node_count_addresses(&ret->layout, ret->node_port_addresses, ret->n_node_port_addresses);
}
