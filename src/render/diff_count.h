/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * diff_count.h - objects that Services share, which are installed while at least one needs them
 *
 * Room:     render. Pure.
 * Shapes:   elements (a ClusterIP's address, a hairpin), lb chains, client maps, and the chains of source ranges. What a
 *           transaction changes is counted apart from
 *           what is committed, so that a rollback forgets it.
 */
#ifndef RENDER_DIFF_COUNT_H
#define RENDER_DIFF_COUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/service_name.h"

struct client_map;
struct element;
struct lb_chain;
struct service_elements;
struct state;

/** diff_count_element() - @by more of @owner's need that element: 1 or -1. */
void diff_count_element(struct state *state, struct service_name owner, const struct element *e, int32_t by);
/** diff_count_lb_chain() - @by more of @owner's lead to that chain: 1 or -1. */
void diff_count_lb_chain(struct state *state, struct service_name owner, const struct lb_chain *lb,
			 int32_t by);
/**
 * diff_count_verdict() - @by more verdicts of @owner lead to the shared chains that @e leads to: 1 or -1
 * @wanted:	has the source lists of new verdicts; NULL: none are known
 */
void diff_count_verdict(struct state *state, struct service_name owner, const struct element *e, int32_t by,
			const struct service_elements *wanted);
/** diff_count_client_map() - @by more of @owner's ports use that client map: 1 or -1. */
void diff_count_client_map(struct state *state, struct service_name owner, const struct client_map *map,
			   int32_t by);
/** diff_count_needs_client_map() - After the last diff_count_client_map(): whether a port uses it after this transaction. */
bool diff_count_needs_client_map(const struct state *state, const struct client_map *map);
/** diff_count_settle() - All is counted: the steps that follow, and the state's number of elements. */
void diff_count_settle(struct state *state);
/** diff_count_settle_admits() - The rest of these steps, after those of session affinity: admitting chains lead to both. */
void diff_count_settle_admits(struct state *state);
/** diff_count_end() - The transaction is over: keep what it counted, or forget it. */
void diff_count_end(struct state *state, bool commit);
/** diff_count_done() - Free all counts. */
void diff_count_done(struct state *state);

#endif
