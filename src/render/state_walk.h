/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * state_walk.h - all that is installed, one after the other
 *
 * Room:     render. Pure. But for state_walk_size(), not between state_begin() and the end of the transaction.
 */
#ifndef RENDER_STATE_WALK_H
#define RENDER_STATE_WALK_H

#include <stddef.h>

#include "base/buf.h"
#include "base/service_name.h"
#include "render/layout.h"

struct state;

/** state_walk_services() - Call @found for each Service that has something installed; the name is valid during the call. */
void state_walk_services(const struct state *state, void (*found)(void *ctx, struct service_name service),
			 void *ctx);
/**
 * state_walk_elements() - Append the installed elements of a Service to @packed (ruleset/set.h)
 * @service:	SERVICE_NAME_NONE: the node's own
 *
 * Return: how many.
 */
size_t state_walk_elements(const struct state *state, struct service_name service, struct buf *packed);
/** state_walk_size() - How many elements of @service are installed, about. Also within a transaction. */
size_t state_walk_size(const struct state *state, struct service_name service);
/** state_walk_chains() - Call @found for each chain, those of session affinity included; it is valid during the call. */
void state_walk_chains(const struct state *state, void (*found)(void *ctx, const struct chain *chain),
		       void *ctx);
/** state_walk_count() - How many elements are installed, by table and by set (enum layout_set). */
void state_walk_count(const struct state *state, size_t ret[_FAMILY_MAX][_LAYOUT_SET_MAX]);
/** state_walk_count_client_maps() - How many client maps are installed. */
size_t state_walk_count_client_maps(const struct state *state);

#endif
