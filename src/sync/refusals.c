/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "sync/refusals.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "model/index.h"
#include "sync/service_names.h"

/* @delay_ms: after the last refusal; 0: the kernel has not refused it. @due_ms: UINT64_MAX: with a new version only. */
struct refusal {
	struct service_name service;
	bool waits;
	uint64_t delay_ms;
	uint64_t due_ms;
};

struct refusals {
	uint64_t retry_max_ms;
	struct index index;
};

static void refusals_key(const void *item, const char **ret_namespace, const char **ret_name)
{
	const struct refusal *refusal = item;

	*ret_namespace = refusal->service.namespace;
	*ret_name = refusal->service.name;
}

struct refusals *refusals_new(uint64_t retry_max_ms)
{
	struct refusals *refusals = alloc_zeroed(1, sizeof(*refusals));

	refusals->retry_max_ms = retry_max_ms;
	refusals->index.key = refusals_key;
	return refusals;
}

static void refusals_remove(struct refusals *refusals, struct refusal *refusal)
{
	index_remove(&refusals->index, refusal);
	service_name_free(refusal->service);
	free(refusal);
}

struct refusals *refusals_free(struct refusals *refusals)
{
	struct index_cursor cursor = { 0 };
	struct refusal *refusal;

	if (!refusals)
		return NULL;
	while ((refusal = index_next(&refusals->index, &cursor)))
		refusals_remove(refusals, refusal);
	index_done(&refusals->index);
	free(refusals);
	return NULL;
}

static struct refusal *refusals_find(const struct refusals *refusals, struct service_name service)
{
	return index_find(&refusals->index, service.namespace, service.name);
}

static struct refusal *refusals_add(struct refusals *refusals, struct service_name service, bool *ret_new)
{
	struct refusal *refusal = refusals_find(refusals, service);

	*ret_new = !refusal;
	if (refusal)
		return refusal;
	refusal = alloc_zeroed(1, sizeof(*refusal));
	refusal->service = service_name_copy(service);
	index_add(&refusals->index, refusal);
	return refusal;
}

bool refusals_put(struct refusals *refusals, struct service_name service, uint64_t now_ms)
{
	bool new;
	struct refusal *refusal = refusals_add(refusals, service, &new);

	refusal->delay_ms = refusal->delay_ms ? 2 * refusal->delay_ms : REFUSALS_RETRY_FIRST_MS;
	if (refusal->delay_ms > refusals->retry_max_ms)
		refusal->delay_ms = refusals->retry_max_ms;
	refusal->due_ms = now_ms + refusal->delay_ms;
	refusal->waits = true;
	return new;
}

bool refusals_put_unplannable(struct refusals *refusals, struct service_name service)
{
	bool new;
	struct refusal *refusal = refusals_add(refusals, service, &new);

	refusal->delay_ms = 0;
	refusal->due_ms = UINT64_MAX;
	refusal->waits = true;
	return new;
}

bool refusals_del(struct refusals *refusals, struct service_name service)
{
	struct refusal *refusal = refusals_find(refusals, service);

	if (!refusal)
		return false;
	refusals_remove(refusals, refusal);
	return true;
}

bool refusals_waits(const struct refusals *refusals, struct service_name service)
{
	const struct refusal *refusal = refusals_find(refusals, service);

	return refusal && refusal->waits;
}

bool refusals_is_unplannable(const struct refusals *refusals, struct service_name service)
{
	const struct refusal *refusal = refusals_find(refusals, service);

	return refusal && refusal->waits && refusal->due_ms == UINT64_MAX;
}

void refusals_try(struct refusals *refusals, struct service_name service)
{
	struct refusal *refusal = refusals_find(refusals, service);

	if (refusal)
		refusal->waits = false;
}

void refusals_try_due(struct refusals *refusals, uint64_t now_ms, struct service_names *due)
{
	struct index_cursor cursor = { 0 };
	struct refusal *refusal;

	while ((refusal = index_next(&refusals->index, &cursor))) {
		if (!refusal->waits || refusal->due_ms > now_ms)
			continue;
		refusal->waits = false;
		service_names_add(due, refusal->service);
	}
}

uint64_t refusals_next_ms(const struct refusals *refusals)
{
	uint64_t next_ms = UINT64_MAX;
	struct index_cursor cursor = { 0 };
	struct refusal *refusal;

	while ((refusal = index_next(&refusals->index, &cursor)))
		if (refusal->waits && refusal->due_ms < next_ms)
			next_ms = refusal->due_ms;
	return next_ms;
}

bool refusals_any(const struct refusals *refusals, bool (*is)(void *ctx, struct service_name service),
		  void *ctx)
{
	struct index_cursor cursor = { 0 };
	struct refusal *refusal;

	while ((refusal = index_next(&refusals->index, &cursor)))
		if (is(ctx, refusal->service))
			return true;
	return false;
}

size_t refusals_count(const struct refusals *refusals)
{
	return refusals->index.n;
}
