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

#include <stddef.h>

#include "plan/build.h"

/**
 * found_plan() - Those of the @n front ends in @found that the Service asks for
 * @found:	in any order; of each the address (of a node port, only its family), the protocol, the port, and whether it is a node port
 * @ret:	a plan with these front ends, without endpoints, policies and source ranges; @arena owns it
 *
 * Cost: O((n + m) log m), with m addresses and ports. It does not depend on their product.
 */
void found_plan(const struct build_input *in, const struct frontend *found, size_t n, struct arena *arena,
		struct plan *ret);

#endif
