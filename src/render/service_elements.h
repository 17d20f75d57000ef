/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * service_elements.h - a Service's plan as set elements, with the Service ports that own chains
 *
 * Room:     render. Pure.
 * Shapes:   out: elements sorted by (table, set, key), distinct. Elements of sets that
 *           service_elements_is_shared() names may belong to several Services; render/diff_count.h counts them.
 */
#ifndef RENDER_SERVICE_ELEMENTS_H
#define RENDER_SERVICE_ELEMENTS_H

#include "plan/plan.h"
#include "render/port_chains.h"
#include "render/source_list.h"
#include "ruleset/set.h"

struct layout_node;

/** struct service_source_list - A list that the Service uses; @ranges are the plan's, or as they were read back */
struct service_source_list {
	struct source_list list;
	const struct cidr *ranges;
};

/**
 * struct service_elements - Elements, sorted, distinct; and Service ports that own chains, by port_chains_cmp()
 */
struct service_elements {
	size_t n;
	struct element *elements;
	size_t n_ports;
	struct port_chains *ports;
	size_t n_source_lists;
	struct service_source_list *source_lists;
};

/** service_elements_key() - Append the fields of a front end to the key of @e: [address .] protocol . port */
void service_elements_key(struct element *e, const struct frontend *f);
/** service_elements_is_shared() - Whether two Services may have the same element of @set. */
bool service_elements_is_shared(uint8_t set);

/**
 * service_elements_of_plan() - Render the front ends of @plan
 * @owns:	whether the Service owns that front end (render/frontend_owners.h); NULL: it owns all
 */
void service_elements_of_plan(const struct plan *plan,
			      bool (*owns)(void *ctx, const struct frontend *frontend), void *ctx,
			      struct arena *arena, struct service_elements *ret);
/** service_elements_add_source_lists() - Set the source lists of @ret, which has none, to those of all front ends of @plan. */
void service_elements_add_source_lists(const struct plan *plan, struct arena *arena,
				       struct service_elements *ret);
/**
 * service_elements_of_node() - The sets same-bytes and nodeport-addresses, and the latter's addresses among external-addresses
 *
 * If node ports are on one address, it is not among external-addresses: the rules compare with it.
 */
void service_elements_of_node(const struct layout_node *node, const struct addr *node_port_addresses,
			      size_t n, struct arena *arena, struct service_elements *ret);

#endif
