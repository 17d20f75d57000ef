/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "sync/current_ports.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash_table.h"
#include "model/service.h"
#include "model/store.h"
#include "render/port_chains.h"

struct current_port {
	char id[PORT_CHAINS_ID_SIZE];
	UT_hash_handle hh;
};

static struct current_port *current_ports_find(const struct current_ports *ports, const char *id)
{
	struct current_port *port;

	HASH_FIND_STR(ports->by_id, id, port);
	return port;
}

static void current_ports_add(void *ctx, const struct store_group *group)
{
	struct service_name service = { group->namespace, group->name };
	struct current_ports *ports = ctx;
	struct current_port *port;
	char id[PORT_CHAINS_ID_SIZE];
	size_t i;

	for (i = 0; group->service && i < group->service->n_ports; i++) {
		port_chains_id(service, group->service->ports[i].name, group->service->ports[i].protocol, id);
		if (current_ports_find(ports, id))
			continue;
		port = alloc_zeroed(1, sizeof(*port));
		memcpy(port->id, id, sizeof(port->id));
		HASH_ADD_STR(ports->by_id, id, port);
	}
}

void current_ports_note(struct current_ports *ports, struct service_name service)
{
	const struct store_group *group = store_find_group(ports->store, service.namespace, service.name);

	if (group)
		current_ports_add(ports, group);
}

bool current_ports_has(void *ctx, const char *id)
{
	struct current_ports *ports = ctx;

	if (!ports->is_complete)
		store_each_group(ports->store, current_ports_add, ports);
	ports->is_complete = true;
	return current_ports_find(ports, id);
}

void current_ports_forget(struct current_ports *ports)
{
	struct current_port *port, *next;

	HASH_ITER(hh, ports->by_id, port, next) {
		HASH_DEL(ports->by_id, port);
		free(port);
	}
	ports->is_complete = false;
}
