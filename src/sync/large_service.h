/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * large_service.h - a Service that is too large for one step, while its parts are installed, or kept, in several
 *
 * Room:     sync (plan/split.h, render/state.h). No effects.
 * Rule:     each part is installed as a whole (its elements are in one transaction, together with those of parts that it takes
 *           front ends from), and other Services' changes go in between two parts. A front end has the old or the new endpoints at each moment, never none. A new version replaces the
 *           plan; the step after that begins with the part that would have been next, so that a Service that changes all the
 *           time gets all its parts installed.
 * Kept:     at a restart, a Service that stays as it is installed is taken over in the same way, part by part (state_keep_part()).
 */
#ifndef SYNC_LARGE_SERVICE_H
#define SYNC_LARGE_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/service_name.h"
#include "plan/plan.h"
#include "plan/split.h"

struct arena;
struct state;

/** enum large_service_way - What happens to its parts */
enum large_service_way {
	LARGE_SERVICE_WAY_PLAN,		/* state_plan_part() */
	LARGE_SERVICE_WAY_KEEP,		/* state_keep_part() */
	LARGE_SERVICE_WAY_KEEP_ANSWERS, /* likewise, and it claims all front ends as if they had endpoints */
};

/**
 * struct large_service - Zeroed: there is none
 * @arena:	owns all that follows; NULL: there is none
 * @plan:	of the whole Service
 * @way:	what happens to its parts
 * @part_size:	if they are kept: about how many endpoints each has
 * @is_named:	only the name in @plan is known: the plan follows with another large_service_set()
 * @position:	number of the part that would have been next before this version
 * @is_split:	large_service_split() was called; before, there are no parts
 * @parts, @with_next: state_split_parts(), state_split_groups()
 * @start:	index of the part that was or will be planned first; the others follow in their order, after the last one the first
 * @n_done:	parts that are installed
 * @n_planned:	parts that are installed or planned in the open transaction
 */
struct large_service {
	struct arena *arena;
	struct plan plan;
	enum large_service_way way;
	size_t part_size;
	bool is_named;
	uint64_t position;
	bool is_split;
	struct split_parts parts;
	bool *with_next;
	size_t start;
	size_t n_done;
	size_t n_planned;
};

/** large_service_is_set() - Whether there is one. */
bool large_service_is_set(const struct large_service *large);
/** large_service_is_open() - Whether a part is planned in the open transaction: then large_service_set() and _done() must wait. */
bool large_service_is_open(const struct large_service *large);
/** large_service_is() - Whether it is this one. */
bool large_service_is(const struct large_service *large, struct service_name service);
/**
 * large_service_set() - Begin, or with another version of the Service begin again
 * @plan:	in @arena; may borrow from the store
 * @arena:	is taken over
 */
void large_service_set(struct large_service *large, const struct plan *plan, struct arena *arena);
/** large_service_name() - Begin, or begin again, with a Service that will be kept and is planned later; else as large_service_keep(). */
void large_service_name(struct large_service *large, struct service_name service, enum large_service_way way,
			size_t part_size);
/** large_service_is_named() - Whether it waits for its plan. */
bool large_service_is_named(const struct large_service *large);
/** large_service_keep() - After large_service_set(): its parts are kept. @way, @part_size: see struct large_service */
void large_service_keep(struct large_service *large, enum large_service_way way, size_t part_size);
/** large_service_keeps() - Whether its parts are kept. */
bool large_service_keeps(const struct large_service *large);
/** large_service_is_split() - Whether its parts are known. */
bool large_service_is_split(const struct large_service *large);
/** large_service_split() - Find its parts, if they are not known: with 40,000 front ends this takes 25 ms. */
void large_service_split(struct large_service *large, const struct state *state);
/** large_service_next() - The parts to plan next, in one transaction; false if all are planned, or not known. @ret is borrowed. */
bool large_service_next(const struct large_service *large, struct split_parts *ret);
/** large_service_planned() - The @n parts that large_service_next() returned are planned. */
void large_service_planned(struct large_service *large, size_t n);
/** large_service_end() - The open transaction has ended; @ok: what was planned is installed. After the last part there is none. */
void large_service_end(struct large_service *large, bool ok);
/** large_service_done() - Forget it. */
void large_service_done(struct large_service *large);

#endif
