/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * packet_walk.h - what the rules of one Service do to packets from one address
 *
 * Room:     serve (sync/node_view.h, plan, render, ruleset -> report/explain.h). No effects.
 * Rule:     nothing is judged here. Render makes the rules of this Service alone in memory, and ruleset/trace.h walks the packet
 *           through them.
 */
#ifndef SERVE_PACKET_WALK_H
#define SERVE_PACKET_WALK_H

#include "base/cleanup.h"
#include "base/err.h"
#include "plan/build.h"
#include "report/explain.h"
#include "sync/node_view.h"
#include "sync/sync.h"

struct packet_walk;

/**
 * struct packet_walk_params - All borrowed, and valid until packet_walk_free()
 * @from:	the source address, as text
 * @addresses:	of this node's interfaces
 * @view:	how this node treats traffic
 * @in, @plan:	of the Service
 * @arena:	owns the results
 */
struct packet_walk_params {
	const char *from;
	const struct sync_addresses *addresses;
	const struct node_view *view;
	const struct build_input *in;
	const struct plan *plan;
	struct arena *arena;
};

/** packet_walk_new() - Return: 0; -EINVAL: @from is no address; other negative errno as image_apply(). */
int packet_walk_new(const struct packet_walk_params *params, struct packet_walk **ret, struct err *reterr)
	__attribute__((warn_unused_result));
struct packet_walk *packet_walk_free(struct packet_walk *walk);
DEFINE_FREEP(struct packet_walk, packet_walk_free);
/** packet_walk_family_name() - "IPv4" or "IPv6": the source address's. */
const char *packet_walk_family_name(const struct packet_walk *walk);
/** packet_walk_source() - How the rules classify the source address, in words: "a pod's", ...; a literal. */
const char *packet_walk_source(const struct packet_walk *walk);
/**
 * packet_walk_to() - Walk a packet to @frontend, which is one of the plan's
 *
 * Return: NULL if it is of the other family, or if there is no address on which node ports of the family are served.
 */
const struct explain_walk *packet_walk_to(struct packet_walk *walk, const struct frontend *frontend);

#endif
