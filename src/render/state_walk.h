/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * state_walk.h - all that is installed, one after the other
 *
 * Room:     render. Pure. But for the sizes, not between state_begin() and the end of the transaction.
 */
#ifndef RENDER_STATE_WALK_H
#define RENDER_STATE_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/service_name.h"
#include "render/lb_chain.h"
#include "render/source_list.h"

struct plan;
struct state;

/** enum state_walk_kind - Chains that no Service port owns */
enum state_walk_kind {
	STATE_WALK_KIND_SKELETON, /* all of the skeleton */
	STATE_WALK_KIND_LB,
	STATE_WALK_KIND_SOURCES, /* all of one list of source ranges */
	STATE_WALK_KIND_ADMIT,
};

/**
 * struct state_walk_shared - Names some of these chains, few enough for a step
 * @table:	with @admit
 */
struct state_walk_shared {
	uint8_t kind; /* enum state_walk_kind */
	uint8_t table;
	union {
		struct lb_chain lb;
		struct source_list sources;
		char admit[RULE_NAME_MAX + 1];
	};
};

/** STATE_WALK_CONTESTED_MAX - So many front ends take about 50 us. */
#define STATE_WALK_CONTESTED_MAX 1000

/** state_walk_parts() - Call @found for each part of a Service that has something installed; the name is valid during the call. */
void state_walk_parts(const struct state *state,
		      void (*found)(void *ctx, struct service_name service, uint64_t part), void *ctx);
/**
 * state_walk_given_up() - Within a transaction: verdicts that an earlier run may have installed, and that shall not exist any more
 *
 * Of front ends that a planned part has asked for before the transaction, when nothing of it was installed yet
 * (state_commit_claims()), that it does not ask for now, and that no other Service owns. And of front ends that a planned part owns:
 * the verdicts in all maps, also those that this transaction adds, because traffic policies, ranges and endpoints decide in which map
 * they are. Keys alone, without data.
 *
 * @moves:	also of ClusterIPs: the ranges may be others than those of the earlier run. Else these are in one map only
 *
 * Return: how many; @arena owns @ret.
 */
size_t state_walk_given_up(const struct state *state, bool moves, struct arena *arena, struct element **ret);
/** state_walk_kept() - Within a transaction: call @found for each kept part that has nothing installed; @plan as state_keep() got it. */
void state_walk_kept(const struct state *state, void (*found)(void *ctx, const struct plan *plan), void *ctx);
/** state_walk_is_contested() - Whether @service has a front end that others ask for, too; also within a transaction. Looks at the first ones. */
bool state_walk_is_contested(const struct state *state, struct service_name service);
/** state_walk_is_claimed() - Whether a Service asks for the front end of @e. True if the key of its set begins with none. */
bool state_walk_is_claimed(const struct state *state, const struct element *e);
/** state_walk_elements() - Append the installed elements of a part to @packed (ruleset/set.h). Return: how many. */
size_t state_walk_elements(const struct state *state, struct service_name service, uint64_t part,
			   struct buf *packed);
/** state_walk_node_elements() - The same for the node's own. */
size_t state_walk_node_elements(const struct state *state, struct buf *packed);
/** state_walk_size() - How many elements of @service are installed, about. Also within a transaction. */
size_t state_walk_size(const struct state *state, struct service_name service);
/** state_walk_part_size() - The same for one part. */
size_t state_walk_part_size(const struct state *state, struct service_name service, uint64_t part);
/**
 * state_walk_n_claims() - How many front ends the Service has claimed with parts of which nothing is installed (state_commit_claims())
 * @part:	of this part only; 0: of all
 */
size_t state_walk_n_claims(const struct state *state, struct service_name service, uint64_t part);
/**
 * state_walk_list_shared() - The names of all chains that no Service port owns, for a walk in steps
 * @ret:	free() it
 *
 * Return: how many.
 */
size_t state_walk_list_shared(const struct state *state, struct state_walk_shared **ret);
/** state_walk_shared_chains() - Call @found for those of the chains that are installed now; it is valid during the call. */
void state_walk_shared_chains(const struct state *state, const struct state_walk_shared *shared,
			      void (*found)(void *ctx, const struct chain *chain), void *ctx);
/** state_walk_part_chains() - The same for the chains that the ports of a part own. */
void state_walk_part_chains(const struct state *state, struct service_name service, uint64_t part,
			    void (*found)(void *ctx, const struct chain *chain), void *ctx);
/** state_walk_count_chains() - How many chains are installed, by table, and with how many rules; they are not built. */
void state_walk_count_chains(const struct state *state, size_t ret_chains[_FAMILY_MAX], size_t *ret_rules);
/** state_walk_has_client_map() - Whether @map is installed. */
bool state_walk_has_client_map(const struct state *state, const struct client_map *map);
/** state_walk_client_maps() - Call @found for those that are installed. */
void state_walk_client_maps(const struct state *state, void (*found)(void *ctx, const struct client_map *map),
			    void *ctx);
/** state_walk_count_client_maps() - How many client maps are installed. */
size_t state_walk_count_client_maps(const struct state *state);

#endif
