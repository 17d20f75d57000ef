/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "sync/no_local_endpoints.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "model/index.h"
#include "report/metrics.h"

/* A Service that has such ports or no endpoint, or had; others are not stored. The next ones count if the sync succeeds. */
struct no_local_endpoints_service {
	struct service_name service;
	bool noted;
	uint32_t counts[_PLAN_DIRECTION_MAX][_FAMILY_MAX];
	uint32_t next[_PLAN_DIRECTION_MAX][_FAMILY_MAX];
	bool without;
	bool next_without;
};

struct no_local_endpoints {
	uint64_t (*sums)[_FAMILY_MAX];
	uint64_t *n_without;
	size_t n_noted;
	struct index services;
};

static_assert((int)PLAN_DIRECTION_INTERNAL == (int)METRICS_DIRECTION_INTERNAL &&
		      (int)_PLAN_DIRECTION_MAX == (int)_METRICS_DIRECTION_MAX,
	      "report/ does not include plan/");

static const uint32_t no_local_endpoints_none[_PLAN_DIRECTION_MAX][_FAMILY_MAX];

static void no_local_endpoints_key(const void *item, const char **ret_namespace, const char **ret_name)
{
	const struct no_local_endpoints_service *service = item;

	*ret_namespace = service->service.namespace;
	*ret_name = service->service.name;
}

static void no_local_endpoints_remove(struct no_local_endpoints *no_local,
				      struct no_local_endpoints_service *service)
{
	index_remove(&no_local->services, service);
	service_name_free(service->service);
	free(service);
}

struct no_local_endpoints *no_local_endpoints_new(uint64_t sums[_PLAN_DIRECTION_MAX][_FAMILY_MAX],
						  uint64_t *n_without)
{
	struct no_local_endpoints *no_local = alloc_zeroed(1, sizeof(*no_local));

	no_local->sums = sums;
	no_local->n_without = n_without;
	no_local->services.key = no_local_endpoints_key;
	return no_local;
}

struct no_local_endpoints *no_local_endpoints_free(struct no_local_endpoints *no_local)
{
	struct index_cursor cursor = { 0 };
	struct no_local_endpoints_service *service;

	if (!no_local)
		return NULL;
	while ((service = index_next(&no_local->services, &cursor)))
		no_local_endpoints_remove(no_local, service);
	index_done(&no_local->services);
	free(no_local);
	return NULL;
}

static bool no_local_endpoints_answers(const struct plan *plan)
{
	size_t i;

	for (i = 0; i < plan->n_frontends; i++)
		if (plan_answers(&plan->frontends[i]))
			return true;
	return false;
}

void no_local_endpoints_note(struct no_local_endpoints *no_local, const struct plan *plan)
{
	bool without = plan->n_frontends && !no_local_endpoints_answers(plan);
	bool none = !without && memcmp(plan->n_without_local, no_local_endpoints_none,
				       sizeof(no_local_endpoints_none)) == 0;
	struct no_local_endpoints_service *service =
		index_find(&no_local->services, plan->service.namespace, plan->service.name);

	if (!service && none)
		return;
	if (!service) {
		service = alloc_zeroed(1, sizeof(*service));
		service->service = service_name_copy(plan->service);
		index_add(&no_local->services, service);
	}
	memcpy(service->next, plan->n_without_local, sizeof(service->next));
	service->next_without = without;
	no_local->n_noted += !service->noted;
	service->noted = true;
}

static void no_local_endpoints_settle(struct no_local_endpoints *no_local,
				      struct no_local_endpoints_service *service)
{
	int direction, family;

	for (direction = 0; direction < _PLAN_DIRECTION_MAX; direction++)
		for (family = 0; family < _FAMILY_MAX; family++)
			no_local->sums[direction][family] += (uint64_t)service->next[direction][family] -
							     service->counts[direction][family];
	memcpy(service->counts, service->next, sizeof(service->counts));
	*no_local->n_without += (uint64_t)service->next_without - service->without;
	service->without = service->next_without;
}

void no_local_endpoints_end(struct no_local_endpoints *no_local, bool succeeded)
{
	struct index_cursor cursor = { 0 };
	struct no_local_endpoints_service *service;

	/* In the common case nothing was noted, and this costs nothing. */
	while (no_local->n_noted && (service = index_next(&no_local->services, &cursor))) {
		if (!service->noted)
			continue;
		service->noted = false;
		no_local->n_noted--;
		if (succeeded)
			no_local_endpoints_settle(no_local, service);
		if (!service->without &&
		    memcmp(service->counts, no_local_endpoints_none, sizeof(no_local_endpoints_none)) == 0)
			no_local_endpoints_remove(no_local, service);
	}
}
