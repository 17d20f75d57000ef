/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * service_elements.h - a Service's plan as set elements, and what its session affinity owns
 *
 * Room:     render. Pure.
 * Shapes:   out: elements sorted by (table, set, key), distinct. Elements of sets that
 *           service_elements_is_shared() names may stem from several Services and are counted by whoever
 *           applies them (render/state.h).
 */
#ifndef RENDER_SERVICE_ELEMENTS_H
#define RENDER_SERVICE_ELEMENTS_H

#include "plan/plan.h"
#include "render/affinity.h"
#include "ruleset/set.h"

/**
 * struct service_elements - Elements, sorted, distinct; and Service ports with affinity, by affinity_cmp()
 */
struct service_elements {
	size_t n;
	struct element *elements;
	size_t n_affinities;
	struct affinity *affinities;
};

/** service_elements_is_shared() - Whether two Services may own the same element of @set. */
bool service_elements_is_shared(uint8_t set);

/**
 * service_elements_of_plan() - Render the front ends of @plan
 * @wins:	says for each front end whether the Service owns its key; NULL: all
 */
void service_elements_of_plan(const struct plan *plan,
			      bool (*wins)(void *ctx, const struct frontend *frontend), void *ctx,
			      struct arena *arena, struct service_elements *ret);
/** service_elements_of_node() - The set nodeport-addresses. */
void service_elements_of_node(const struct addr *node_port_addresses, size_t n, struct arena *arena,
			      struct service_elements *ret);

#endif
