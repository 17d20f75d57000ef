/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * layout.h - the names and the fixed skeleton of our two tables
 *
 * Room:     render (plan, ruleset -> render). Pure.
 * Shapes:   in: how this node treats traffic (struct layout_node); out: sets and chains. A Service has
 *           elements in these sets (render/service_elements.h), but no chains and rules, except for session
 *           affinity (render/port_chains.h).
 * Names:    kube-nftproxy-ruleset(7) promises them to administrators; see the DOC comment in layout.c.
 */
#ifndef RENDER_LAYOUT_H
#define RENDER_LAYOUT_H

#include "render/layout_node.h"
#include "render/layout_sets.h"
#include "ruleset/rule.h"

struct arena;

#define LAYOUT_TABLE_NAME "kube-nftproxy"
/**
 * LAYOUT_VERSION - The comment of each base chain
 *
 * A restart changes tables of this version in place. Give it another number when an element, or a chain that is not of the skeleton, has
 * another meaning, or when rules and elements of both versions do not work together: then tables of other versions are replaced as a
 * whole. Other declarations of sets do the same without it.
 */
#define LAYOUT_VERSION "layout 1"
/** layout_skeleton() - Tables, sets and chains for @node; @arena owns what @ret points to. */
void layout_skeleton(const struct layout_node *node, struct arena *arena, struct skeleton *ret);

#define LAYOUT_CHAIN_NO_ENDPOINTS "no-endpoints"
/** LAYOUT_CHAIN_PREROUTING - A base chain: packets meet each table that has it. */
#define LAYOUT_CHAIN_PREROUTING "prerouting"

#endif
