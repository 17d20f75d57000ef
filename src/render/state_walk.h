/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * state_walk.h - all that is installed, one after the other
 *
 * Room:     render. Pure. But for the sizes, not between state_begin() and the end of the transaction.
 */
#ifndef RENDER_STATE_WALK_H
#define RENDER_STATE_WALK_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/service_name.h"

struct chain;
struct state;

/** state_walk_parts() - Call @found for each part of a Service that has something installed; the name is valid during the call. */
void state_walk_parts(const struct state *state,
		      void (*found)(void *ctx, struct service_name service, uint64_t part), void *ctx);
/** state_walk_elements() - Append the installed elements of a part to @packed (ruleset/set.h). Return: how many. */
size_t state_walk_elements(const struct state *state, struct service_name service, uint64_t part,
			   struct buf *packed);
/** state_walk_node_elements() - The same for the node's own. */
size_t state_walk_node_elements(const struct state *state, struct buf *packed);
/** state_walk_size() - How many elements of @service are installed, about. Also within a transaction. */
size_t state_walk_size(const struct state *state, struct service_name service);
/** state_walk_part_size() - The same for one part. */
size_t state_walk_part_size(const struct state *state, struct service_name service, uint64_t part);
/** state_walk_chains() - Call @found for each chain, also those that Service ports own or share; it is valid during the call. */
void state_walk_chains(const struct state *state, void (*found)(void *ctx, const struct chain *chain),
		       void *ctx);
/** state_walk_count_client_maps() - How many client maps are installed. */
size_t state_walk_count_client_maps(const struct state *state);

#endif
