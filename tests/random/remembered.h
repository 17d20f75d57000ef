/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * remembered.h - session affinity as the specification has it: who was sent where, for the random test
 *
 * A plain table that knows no ruleset: (Service port, list, client) -> endpoint (tests/COVERAGE.md A1 to A7).
 */
#ifndef TESTS_RANDOM_REMEMBERED_H
#define TESTS_RANDOM_REMEMBERED_H

#include "lib/pipeline.h"
#include "plan/plan.h"

struct remembered;

struct remembered *remembered_new(void);
struct remembered *remembered_free(struct remembered *all);
/** remembered_find() - Where @client was sent by that list of @frontend's Service port, or NULL. */
const struct pool_endpoint *remembered_find(const struct remembered *all, const struct plan *plan,
					    const struct frontend *frontend, enum plan_list list,
					    const struct addr *client);
/** remembered_learn() - @client is sent to @endpoint: every list in use that has it learns so (A3, A5). */
void remembered_learn(struct remembered *all, const struct pipeline_plans *plans, const struct plan *plan,
		      const struct frontend *frontend, const struct addr *client,
		      const struct pool_endpoint *endpoint);
/** remembered_forget() - After a change: endpoints that went, lists that nobody uses any more (A6, A9). */
void remembered_forget(struct remembered *all, const struct pipeline_plans *plans);
/** remembered_forget_family() - All of it. */
void remembered_forget_family(struct remembered *all, enum family family);
size_t remembered_count(const struct remembered *all, enum family family);

/** remembered_owns() - Whether @plan has @frontend: S15, S16. */
bool remembered_owns(const struct pipeline_plans *plans, const struct plan *plan,
		     const struct frontend *frontend);

#endif
