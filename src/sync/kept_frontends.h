/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kept_frontends.h - the front ends of a Service that stays as it is installed, while it is not known what that is
 *
 * Room:     sync (plan/build.h, plan/found.h). No effects.
 * Rule:     all front ends of a port are one part (plan/split.h), because it is not known whether the port has lists of its own.
 */
#ifndef SYNC_KEPT_FRONTENDS_H
#define SYNC_KEPT_FRONTENDS_H

#include <stdbool.h>

struct arena;
struct build_input;
struct found;
struct overlarge;
struct plan;

/**
 * kept_frontends_plan() - The front ends of @in->service, which cannot be planned, or which the kernel refuses
 * @overlarge:	if there are too many to list them, those that were found; before it is complete, the Service is added to it
 * @unplannable: it is known that the Service cannot be planned; set if it turns out
 * @ret:	in @arena; borrows from @in, too
 *
 * The front ends do not depend on the endpoints, which may be too many to plan.
 *
 * Return: false: the front ends are too many, and were not found yet; @ret has none.
 */
bool kept_frontends_plan(const struct build_input *in, struct overlarge *overlarge, bool *unplannable,
			 struct arena *arena, struct plan *ret);
/** kept_frontends_found() - Those that were found; in @arena, but for the names of ports. */
void kept_frontends_found(struct found *found, struct arena *arena, struct plan *ret);

#endif
