/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * slots.h - random slots for the pools of a plan, as a scheduler with weights would make them
 *
 * For tests. The slots depend on the seed, the Service, and the endpoints of the list alone, not on what was before.
 */
#ifndef TESTS_LIB_SLOTS_H
#define TESTS_LIB_SLOTS_H

#include <stdint.h>

#include "base/arena.h"
#include "plan/plan.h"

/**
 * slots_give() - Give each endpoint of each pool from 0 to 3 slots, or 30 times as many
 *
 * An endpoint gets other numbers in lists of other lengths. Half of the seeds put the slots of an endpoint together, the others
 * mix them. A pool in which no endpoint would have a slot stays as it is.
 */
void slots_give(struct plan *plan, uint64_t seed, struct arena *arena);

#endif
