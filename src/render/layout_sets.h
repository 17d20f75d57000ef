/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layout_sets.h - the sets of the skeleton
 *
 * Room:     render. Pure. layout.c says what each of them is for.
 */
#ifndef RENDER_LAYOUT_SETS_H
#define RENDER_LAYOUT_SETS_H

#include <stdbool.h>

#include "ruleset/rule.h"
#include "ruleset/set.h"

/** LAYOUT_POOLS - How many maps pools-N there are. */
#define LAYOUT_POOLS 8

/** enum layout_set - Index of each set; order of creation and of the dump. */
enum layout_set {
	LAYOUT_SET_CLUSTER_IPS,
	LAYOUT_SET_CLUSTER_IP_PORTS,
	LAYOUT_SET_EXTERNAL_ADDRESSES,
	LAYOUT_SET_EXTERNAL_SERVICES,
	LAYOUT_SET_NODEPORT_ADDRESSES,
	LAYOUT_SET_NODEPORT_NUMBERS,
	LAYOUT_SET_SAME_BYTES,
	LAYOUT_SET_MASQUERADE_SERVICES,
	LAYOUT_SET_MASQUERADE_NODEPORTS,
	LAYOUT_SET_SERVICES,
	LAYOUT_SET_SERVICES_ELSEWHERE,
	LAYOUT_SET_SERVICES_EMPTY,
	LAYOUT_SET_SERVICES_INSIDE,
	LAYOUT_SET_SERVICES_OUTSIDE,
	LAYOUT_SET_NODEPORTS,
	LAYOUT_SET_NODEPORTS_INSIDE,
	LAYOUT_SET_NODEPORTS_OUTSIDE,
	LAYOUT_SET_ENDPOINTS,
	LAYOUT_SET_ENDPOINTS_LOCAL,
	LAYOUT_SET_NODEPORT_ENDPOINTS,
	LAYOUT_SET_NODEPORT_ENDPOINTS_LOCAL,
	LAYOUT_SET_POOLS, /* pools-0, then the others (render/port_chains.h) */
	LAYOUT_SET_AFFINITY_ADDRESSES = LAYOUT_SET_POOLS + LAYOUT_POOLS,
	LAYOUT_SET_AFFINITY_SERVICES,
	LAYOUT_SET_AFFINITY_NODEPORTS,
	LAYOUT_SET_AFFINITY_ENDPOINTS,
	LAYOUT_SET_REMOVED_ENDPOINTS, /* render/diff_removed.h */
	_LAYOUT_SET_MAX,
};

/** enum layout_key - What the keys of a set begin with */
enum layout_key {
	LAYOUT_KEY_OTHER,
	LAYOUT_KEY_FRONTEND,  /* address . protocol . port */
	LAYOUT_KEY_NODE_PORT, /* protocol . port */
};

/** layout_sets_key() - Of @set. */
enum layout_key layout_sets_key(uint8_t set);
/** layout_sets() - The declarations, _LAYOUT_SET_MAX of them. */
const struct set_decl *layout_sets(void);
/** layout_sets_add_frontend_key() - What a front end's key in a set is made of: by address, or by node port. */
void layout_sets_add_frontend_key(struct rule_statement *s, bool by_address);

#endif
