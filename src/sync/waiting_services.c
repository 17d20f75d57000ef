/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "sync/waiting_services.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "model/store.h"
#include "render/layout.h"
#include "render/state_walk.h"
#include "ruleset/set.h"
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

bool waiting_services_has(const struct sync *sync, struct service_name service)
{
	size_t i;

	for (i = 0; i < sync->retry.n; i++)
		if (service_name_equal(sync->retry.list[i], service))
			return true;
	return store_has_changed(sync->store, service.namespace, service.name);
}

struct waiting_services_endpoint {
	struct addr addr;
	uint16_t port;
};

struct waiting_services_installed {
	const struct sync *sync;
	struct service_name service;
	struct buf packed;
};

static void waiting_services_add_part(void *ctx, struct service_name service, uint64_t part)
{
	struct waiting_services_installed *installed = ctx;

	if (service_name_equal(service, installed->service))
		(void)state_walk_elements(installed->sync->state, service, part, &installed->packed);
}

static int waiting_services_cmp(const void *a, const void *b)
{
	const struct waiting_services_endpoint *x = a, *y = b;
	int cmp = addr_cmp(&x->addr, &y->addr);

	return cmp ? cmp : (int)x->port - (int)y->port;
}

/* Whether the data of @e are an endpoint. */
static bool waiting_services_is_endpoint(const struct element *e, struct waiting_services_endpoint *ret)
{
	size_t size = addr_size(e->table);
	uint16_t port;

	if (layout_sets()[e->set].kind != SET_KIND_MAP || e->data_size < size + sizeof(port))
		return false;
	*ret = (struct waiting_services_endpoint){ .addr = { .family = e->table } };
	memcpy(ret->addr.bytes, e->data, size);
	memcpy(&port, e->data + set_field_size(SET_FIELD_ADDR, e->table), sizeof(port));
	ret->port = ntohs(port);
	return true;
}

void waiting_services_installed(const struct sync *sync, struct service_name service,
				void (*found)(void *ctx, const struct addr *addr, uint16_t port), void *ctx)
{
	struct waiting_services_installed installed = { .sync = sync, .service = service };
	struct waiting_services_endpoint *list = NULL, endpoint;
	size_t n = 0, offset = 0, i;
	struct element e;

	state_walk_parts(sync->state, waiting_services_add_part, &installed);
	while (offset < installed.packed.size) {
		offset = set_element_unpack(installed.packed.data, offset, &e);
		if (waiting_services_is_endpoint(&e, &endpoint))
			*ALLOC_APPEND(list, n) = endpoint;
	}
	if (n)
		qsort(list, n, sizeof(*list), waiting_services_cmp);
	for (i = 0; i < n; i++)
		if (!i || waiting_services_cmp(&list[i - 1], &list[i]) != 0)
			found(ctx, &list[i].addr, list[i].port);
	free(list);
	buf_done(&installed.packed);
}
