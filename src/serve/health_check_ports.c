/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: When things happen
 *
 * Each Service with a health check node port has an entry: its number of ready local endpoints, and its listeners. After
 * each sync, health_check_planned() updates the entries of the planned Services, and health_check_ports_synced()
 * reopens all listeners if the node-port addresses have changed. An answer consists of the stored number and of the
 * health at the time of the request.
 */
#include "config.h"
#include "serve/health_check_ports.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/monotonic.h"
#include "intake/recorder.h"
#include "model/index.h"
#include "model/service.h"
#include "model/store.h"
#include "select/local_ready.h"
#include "serve/listener.h"
#include "serve/query_context.h"
#include "sync/node_view.h"
#include "sync/sync.h"

struct health_check_service;

/**
 * struct health_check_family - One family of a Service; the context of its listeners
 * @n_local:	ready endpoints on this node
 * @listeners:	NULL: the Service has no ClusterIP of this family
 */
struct health_check_family {
	struct health_check_service *service;
	size_t n_local;
	size_t n_listeners;
	struct listener **listeners;
};

/** struct health_check_service - A Service with a health check node port; @purpose: as in struct listener_params */
struct health_check_service {
	struct health_check_ports *ports;
	struct service_name name;
	char *uid;
	char *purpose;
	uint16_t port;
	struct health_check_family family[_FAMILY_MAX];
};

/**
 * struct health_check_ports
 * @services:	struct health_check_service by name
 * @kept:	sockets of the previous execution; NULL: none
 * @arena:	scratch, reset after each use
 * @addrs:	where to listen, sorted; an unspecified address: on all addresses of its family
 */
struct health_check_ports {
	struct sd_event *event;
	const struct query_context *context;
	struct recorder *recorder;
	struct http_clients *clients;
	struct kept_sockets *kept;
	struct index services;
	struct arena *arena;
	size_t n_addrs;
	struct addr *addrs;
};

static void health_check_key(const void *item, const char **ret_namespace, const char **ret_name)
{
	const struct health_check_service *service = item;

	*ret_namespace = service->name.namespace;
	*ret_name = service->name.name;
}

static void health_check_answer(void *ctx, const char *path, struct http_server_answer *ret)
{
	const struct health_check_family *family = ctx;
	const struct health_check_service *service = family->service;
	const struct query_context *context = service->ports->context;
	bool good;

	(void)path;
	query_context_refresh(context);
	good = health_print_service(context->health, service->name, family->n_local, monotonic_ms(),
				    &ret->body);
	ret->code = good ? 200 : 503;
	ret->content_type = "application/json";
	ret->header = "X-Load-Balancing-Endpoint-Weight";
	(void)snprintf(ret->header_value, sizeof(ret->header_value), "%zu", family->n_local);
}

/* A port that cannot be listened on (H19). */
static void health_check_failed(void *ctx, const struct err *err)
{
	const struct health_check_service *service = ((const struct health_check_family *)ctx)->service;
	struct event event = {
		.type = EVENT_TYPE_WARNING,
		.kind = "Service",
		.api_version = "v1",
		.namespace = service->name.namespace,
		.name = service->name.name,
		.uid = service->uid,
		.reason = "FailedToStartServiceHealthcheck",
		.action = "Listen",
		.note = err->text,
	};

	recorder_add(service->ports->recorder, &event);
}

static void health_check_close(struct health_check_family *family)
{
	size_t i;

	for (i = 0; i < family->n_listeners; i++)
		listener_free(family->listeners[i]);
	free(family->listeners);
	family->listeners = NULL;
	family->n_listeners = 0;
}

static void health_check_open(struct health_check_service *service, enum family which)
{
	struct health_check_family *family = &service->family[which];
	const struct health_check_ports *ports = service->ports;
	struct listener_params params = {
		.event = ports->event,
		.purpose = service->purpose,
		.server = { .one_family = true,
			    .clients = ports->clients,
			    .kept = ports->kept,
			    .handler = health_check_answer,
			    .ctx = family },
		.failed = health_check_failed,
	};
	struct err err = { 0 };
	size_t i;

	family->listeners = alloc_zeroed(ports->n_addrs + 1, sizeof(*family->listeners));
	for (i = 0; i < ports->n_addrs; i++) {
		if (ports->addrs[i].family != which)
			continue;
		params.server.listen =
			(struct settings_listen){ .addr = ports->addrs[i], .port = service->port };
		if (listener_new(&params, &family->listeners[family->n_listeners], &err) == 0)
			family->n_listeners++;
	}
}

static void health_check_service_free(struct health_check_service *service)
{
	int family;

	for (family = 0; family < _FAMILY_MAX; family++)
		health_check_close(&service->family[family]);
	service_name_free(service->name);
	free(service->uid);
	free(service->purpose);
	free(service);
}

/* 0: the Service has none (H14). */
static uint16_t health_check_port(const struct store_group *group)
{
	const struct service *service = group ? group->service : NULL;

	if (!service || service->type != SERVICE_TYPE_LOAD_BALANCER || service->has_service_proxy_name ||
	    service->headless || service->external_traffic_policy != TRAFFIC_POLICY_LOCAL)
		return 0;
	return service->health_check_node_port;
}

static struct health_check_service *health_check_service_new(struct health_check_ports *ports,
							     const struct service *model, uint16_t port)
{
	struct health_check_service *service = alloc_zeroed(1, sizeof(*service));
	struct buf purpose = BUF_INIT;

	service->ports = ports;
	service->name = service_name_copy((struct service_name){ model->namespace, model->name });
	service->uid = alloc_string(model->uid);
	buf_printf(&purpose, "the health check node port of Service %s/%s", model->namespace, model->name);
	service->purpose = purpose.data;
	service->port = port;
	return service;
}

static void health_check_planned(void *ctx, struct service_name planned)
{
	struct health_check_ports *ports = ctx;
	const struct store_group *group =
		store_find_group(ports->context->store, planned.namespace, planned.name);
	struct health_check_service *service = index_find(&ports->services, planned.namespace, planned.name);
	uint16_t port = health_check_port(group);
	int family;

	if (service && (!port || service->port != port || strcmp(service->uid, group->service->uid) != 0)) {
		index_remove(&ports->services, service);
		health_check_service_free(service);
		service = NULL;
	}
	if (!port)
		return;
	if (!service) {
		service = health_check_service_new(ports, group->service, port);
		index_add(&ports->services, service);
	}
	for (family = 0; family < _FAMILY_MAX; family++) {
		struct health_check_family *part = &service->family[family];

		part->service = service;
		part->n_local = local_ready_count(group->slices, group->n_slices, (enum family)family,
						  ports->context->settings->hostname, ports->arena);
		if (!group->service->has_cluster_ip[family])
			health_check_close(part);
		else if (!part->listeners)
			health_check_open(service, (enum family)family);
	}
	arena_reset(ports->arena);
}

/* The node-port addresses (H15), in the arena. Returns how many there are. */
static size_t health_check_addrs(const struct health_check_ports *ports, const struct addr **ret)
{
	struct sync_addresses addresses = query_context_addresses(ports->context);
	struct node_view view;
	struct addr *addrs;
	size_t n = 0, i;
	int family;

	sync_view(ports->context->sync, &addresses, ports->arena, &view);
	addrs = arena_array(ports->arena, view.n_node_port_addresses + _FAMILY_MAX, sizeof(*addrs));
	for (family = 0; family < _FAMILY_MAX; family++)
		if (view.layout.family[family].node_ports_everywhere)
			addrs[n++] = (struct addr){ .family = (uint8_t)family };
	for (i = 0; i < view.n_node_port_addresses; i++)
		addrs[n++] = view.node_port_addresses[i];
	*ret = addrs;
	return n;
}

void health_check_ports_synced(struct health_check_ports *ports)
{
	struct index_cursor cursor = { 0 };
	struct health_check_service *service;
	const struct addr *addrs;
	size_t n = health_check_addrs(ports, &addrs), i;
	bool same = n == ports->n_addrs;
	int family;

	for (i = 0; same && i < n; i++)
		same = addr_equal(&addrs[i], &ports->addrs[i]);
	if (!same) {
		ports->addrs = alloc_resized(ports->addrs, n + 1, sizeof(*ports->addrs));
		if (n)
			memcpy(ports->addrs, addrs, n * sizeof(*addrs));
		ports->n_addrs = n;
	}
	arena_reset(ports->arena);
	while (!same && (service = index_next(&ports->services, &cursor))) {
		for (family = 0; family < _FAMILY_MAX; family++) {
			if (!service->family[family].listeners)
				continue;
			health_check_close(&service->family[family]);
			health_check_open(service, (enum family)family);
		}
	}
}

bool health_check_ports_answer_connected(struct health_check_ports *ports, uint64_t end_us)
{
	struct index_cursor cursor = { 0 };
	struct health_check_service *service;
	bool connected = false;
	size_t i;
	int family;

	while (monotonic_us() < end_us && (service = index_next(&ports->services, &cursor)))
		for (family = 0; family < _FAMILY_MAX; family++)
			for (i = 0; i < service->family[family].n_listeners; i++)
				connected |= listener_answer_connected(service->family[family].listeners[i]);
	return connected;
}

void health_check_ports_forget_kept(struct health_check_ports *ports)
{
	ports->kept = NULL;
}

struct health_check_ports *health_check_ports_new(struct sd_event *event, const struct query_context *context,
						  struct recorder *recorder, struct http_clients *clients,
						  struct kept_sockets *kept)
{
	struct health_check_ports *ports = alloc_zeroed(1, sizeof(*ports));

	ports->event = event;
	ports->context = context;
	ports->recorder = recorder;
	ports->clients = clients;
	ports->kept = kept;
	ports->services.key = health_check_key;
	ports->arena = arena_new();
	sync_on_planned(context->sync, health_check_planned, ports);
	return ports;
}

struct health_check_ports *health_check_ports_free(struct health_check_ports *ports)
{
	struct index_cursor cursor = { 0 };
	struct health_check_service *service;

	if (!ports)
		return NULL;
	sync_off_planned(ports->context->sync, ports);
	while ((service = index_next(&ports->services, &cursor))) {
		index_remove(&ports->services, service);
		health_check_service_free(service);
	}
	index_done(&ports->services);
	arena_free(ports->arena);
	free(ports->addrs);
	free(ports);
	return NULL;
}
