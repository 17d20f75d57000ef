/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * part_list.h - the parts of Services that have something installed, to be handled one after the other in several steps
 *
 * Room:     sync (render/state_walk.h). No effects.
 * Rule:     it has the names of a moment. Parts may come and go while it is gone through.
 */
#ifndef SYNC_PART_LIST_H
#define SYNC_PART_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sync/service_names.h"

struct state;

/** struct part_list - Zeroed: empty. @next: index of the part that is handled next */
struct part_list {
	struct service_names services;
	size_t n;
	uint64_t *parts;
	size_t next;
};

/** part_list_fill() - All parts that have something installed now; before the first of them. */
void part_list_fill(struct part_list *list, const struct state *state);
/** part_list_next() - The next part; false: there is none. @ret_service is borrowed until the list is filled again or freed. */
bool part_list_next(struct part_list *list, struct service_name *ret_service, uint64_t *ret_part);
/** part_list_done() - Free; it is empty. */
void part_list_done(struct part_list *list);

#endif
