/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * found.h - which of the front ends that are installed does a Service ask for, if its own cannot be listed
 *
 * Room:     plan. Pure.
 * Rule:     a Service over BUILD_FRONTENDS_MAX cannot be planned, and what it had stays (tests/COVERAGE.md Y20, Y21). After a restart it is not
 *           known what that was. But each front end in the kernel's tables tells whether its address and port are the Service's.
 */
#ifndef PLAN_FOUND_H
#define PLAN_FOUND_H

#include <stdbool.h>

#include "base/cleanup.h"
#include "plan/build.h"

struct found;

/** found_new() - Nothing is found yet. @in->service is copied. */
struct found *found_new(const struct build_input *in);
struct found *found_free(struct found *found);
DEFINE_FREEP(struct found, found_free);
/** found_service() - Its name, valid as long as @found. */
struct service_name found_service(const struct found *found);
/**
 * found_add() - A front end exists: note it if the Service asks for it
 * @frontend:	its address (of a node port, only the family), protocol, port, and whether it is a node port are used
 *
 * Return: whether that is so. Cost: O(log m), with m addresses and ports.
 */
bool found_add(struct found *found, const struct frontend *frontend);
/**
 * found_plan() - What was noted, each front end once
 * @ret:	a plan with these front ends, without endpoints, policies and source ranges; valid until the next found_add()
 */
void found_plan(struct found *found, struct plan *ret);

#endif
