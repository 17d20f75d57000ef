/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * split.h - the parts of a Service's plan
 *
 * Room:     plan. Pure.
 * Rule:     a part has the front ends of a Service port; those with external addresses (externalIPs, load balancer IPs) are
 *           spread over further parts by address. With session affinity or lists of its own all front ends of the port are in one part,
 *           because they share them (tests/COVERAGE.md A1). What one part becomes in the kernel does not depend on the other parts, so a
 *           Service that is too large for one transaction can be installed part by part.
 * Shapes:   the number of a part follows from the port's name, the address, and whether the port shares anything: it is the same in each
 *           process, and is never 0. In the rare case that two parts would have one number, they are one.
 */
#ifndef PLAN_SPLIT_H
#define PLAN_SPLIT_H

#include <stddef.h>

#include "plan/plan.h"

struct arena;

/** struct split_parts - Sorted by .part, distinct. Each has one front end or more, sorted as in the whole plan; no counts (n_without_local). */
struct split_parts {
	size_t n;
	struct plan *list;
};

/** split_plan() - @plan: a whole one; the parts borrow from it, so it must stay valid. @arena owns @ret->list. */
void split_plan(const struct plan *plan, struct arena *arena, struct split_parts *ret);

#endif
