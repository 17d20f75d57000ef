/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "sync/waiting_services.h"

#include "model/store.h"
#include "sync/sync_internal.h"

struct waiting_services {
	struct service_name *list;
	size_t max;
	size_t n;
};

static void waiting_services_add(struct waiting_services *waiting, struct service_name service)
{
	if (waiting->n < waiting->max)
		waiting->list[waiting->n] = service;
	waiting->n++;
}

static void waiting_services_add_changed(void *ctx, const struct store_group *group)
{
	waiting_services_add(ctx, (struct service_name){ group->namespace, group->name });
}

size_t waiting_services_list(const struct sync *sync, struct service_name *ret, size_t max)
{
	struct waiting_services waiting = { .list = ret, .max = max };
	size_t i;

	for (i = 0; i < sync->retry.n; i++)
		if (!store_has_changed(sync->store, sync->retry.list[i].namespace, sync->retry.list[i].name))
			waiting_services_add(&waiting, sync->retry.list[i]);
	store_each_changed(sync->store, waiting_services_add_changed, &waiting);
	return waiting.n;
}
