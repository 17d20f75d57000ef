/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * remembered.h - session affinity as specified, for the random test: which client was sent to which endpoint
 *
 * A plain table without any ruleset: (Service port, list, client) -> endpoint (tests/COVERAGE.md A1 to A7).
 */
#ifndef TESTS_RANDOM_REMEMBERED_H
#define TESTS_RANDOM_REMEMBERED_H

#include "lib/pipeline.h"
#include "plan/plan.h"

struct remembered;

struct remembered *remembered_new(void);
struct remembered *remembered_free(struct remembered *all);
/** remembered_find() - The endpoint of @client in that list of @frontend's Service port, or NULL. */
const struct pool_endpoint *remembered_find(const struct remembered *all, const struct plan *plan,
					    const struct frontend *frontend, enum plan_list list,
					    const struct addr *client);
/** remembered_learn() - @client is sent to @endpoint: store it for each of the port's lists that has the endpoint (A3, A5, A7). */
void remembered_learn(struct remembered *all, const struct pipeline_plans *plans, const struct plan *plan,
		      const struct frontend *frontend, const struct addr *client,
		      const struct pool_endpoint *endpoint);
/** remembered_forget() - After a change: delete clients of removed endpoints, and of ports without affinity (A6, A9). */
void remembered_forget(struct remembered *all, const struct pipeline_plans *plans);
/** remembered_restart() - The state starts empty: until the next change it does not know which ports have clients. */
void remembered_restart(struct remembered *all);
/**
 * remembered_is_left() - Whether the port of @frontend lost its affinity before the first change after a restart
 *
 * Then nothing has deleted its clients: they stay until they time out, or until the port is back and their endpoint is not.
 */
bool remembered_is_left(const struct remembered *all, const struct plan *plan,
			const struct frontend *frontend);
/** remembered_forget_family() - Delete all clients of @family. */
void remembered_forget_family(struct remembered *all, enum family family);
size_t remembered_count(const struct remembered *all, enum family family);

/** remembered_owns() - Whether the Service of @plan owns @frontend (S15, S16). */
bool remembered_owns(const struct pipeline_plans *plans, const struct plan *plan,
		     const struct frontend *frontend);

#endif
