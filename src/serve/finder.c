/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "serve/finder.h"

#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "base/similar.h"
#include "model/service.h"
#include "model/service_cidr.h"
#include "plan/build.h"

/**
 * struct finder
 * @service, @port: the first Service that has the front end, and the number of its port
 * @other:	another one that has it, too, for another protocol or port
 * @has_addr:	a Service that has the address, but not the port
 * @in_cidr:	a ServiceCIDR has the address
 */
struct finder {
	const struct sync *sync;
	const struct finder_question *question;
	struct service_name service;
	uint16_t port;
	struct service_name other;
	struct service_name has_addr;
	bool in_cidr;
};

static bool finder_has_address(const struct service *service, const struct addr *addr, bool *ret_cluster_ip)
{
	size_t i;

	*ret_cluster_ip = service->has_cluster_ip[addr->family] &&
			  addr_cmp(&service->cluster_ip[addr->family], addr) == 0;
	if (*ret_cluster_ip)
		return true;
	for (i = 0; i < service->n_external_ips; i++)
		if (addr_cmp(&service->external_ips[i], addr) == 0)
			return true;
	for (i = 0; i < service->n_ingress; i++)
		if (service->ingress[i].vip && addr_cmp(&service->ingress[i].addr, addr) == 0)
			return true;
	return false;
}

/* Whether no other Service owns the front end. */
static bool finder_owns(const struct finder *finder, struct service_name service,
			const struct service_port *port)
{
	const struct addr *addr = finder->question->addr;
	struct frontend frontend = { .kind = FRONTEND_KIND_NODE_PORT,
				     .protocol = port->protocol,
				     .port = port->node_port };
	struct service_name owner;
	int family;

	if (addr) {
		frontend.kind = FRONTEND_KIND_EXTERNAL_IP;
		frontend.addr = *addr;
		frontend.port = port->port;
		owner = sync_frontend_owner(finder->sync, &frontend);
		return !service_name_is_set(owner) || service_name_equal(owner, service);
	}
	for (family = 0; family < _FAMILY_MAX; family++) {
		frontend.addr.family = (enum family)family;
		owner = sync_frontend_owner(finder->sync, &frontend);
		if (service_name_is_set(owner))
			return service_name_equal(owner, service);
	}
	return true;
}

static void finder_port(struct finder *finder, struct service_name service, const struct service_port *port)
{
	uint16_t number = finder->question->addr ? port->port : port->node_port;

	if ((finder->question->port && finder->question->port != number) || !number ||
	    !finder_owns(finder, service, port))
		return;
	if (!service_name_is_set(finder->service)) {
		finder->service = service;
		finder->port = port->port;
	} else if (!service_name_equal(finder->service, service)) {
		finder->other = service;
	}
}

static void finder_group(void *ctx, const struct store_group *group)
{
	struct service_name name = { group->namespace, group->name };
	const struct service *service = group->service;
	struct finder *finder = ctx;
	bool cluster_ip;
	uint32_t i;

	if (!service || !build_serves(service))
		return;
	if (finder->question->addr) {
		if (!finder_has_address(service, finder->question->addr, &cluster_ip))
			return;
		if (cluster_ip || !service_name_is_set(finder->has_addr))
			finder->has_addr = name;
	}
	for (i = 0; i < service->n_ports; i++)
		finder_port(finder, name, &service->ports[i]);
}

static void finder_cidr(void *ctx, const struct service_cidr *service_cidr)
{
	struct finder *finder = ctx;
	size_t i;

	for (i = 0; i < service_cidr->n_cidrs; i++)
		finder->in_cidr |= cidr_contains(&service_cidr->cidrs[i], finder->question->addr);
}

static int finder_none(struct finder *finder, const struct store *store, struct err *reterr)
{
	const struct finder_question *question = finder->question;
	char addr[ADDR_TEXT_SIZE], service[SERVICE_NAME_TEXT_SIZE];

	if (!question->addr)
		return err_set(reterr, -ENOENT,
			       "no Service has node port %u: its packets are this node's own matter",
			       question->port);
	(void)addr_print(question->addr, addr);
	if (service_name_is_set(finder->has_addr))
		return err_set(
			reterr, -ENOENT,
			"Service %s has %s, but not with port %u: packets to it are refused if it is a ClusterIP",
			service_name_print(finder->has_addr, service), addr, question->port);
	store_each_service_cidr(store, finder_cidr, finder);
	return finder->in_cidr
		       ? err_set(reterr, -ENOENT,
				 "no Service has %s, which is in the range of a ServiceCIDR: packets to it are dropped",
				 addr)
		       : err_set(reterr, -ENOENT, "no Service has %s: packets to it are left alone", addr);
}

int finder_find(const struct sync *sync, const struct store *store, const struct finder_question *question,
		struct arena *arena, struct service_name *ret, const char **ret_port, struct err *reterr)
{
	struct finder finder = { .sync = sync, .question = question };
	char one[SERVICE_NAME_TEXT_SIZE], two[SERVICE_NAME_TEXT_SIZE];

	store_each_group(store, finder_group, &finder);
	if (!service_name_is_set(finder.service))
		return finder_none(&finder, store, reterr);
	if (service_name_is_set(finder.other))
		return err_set(
			reterr, -ENOTUNIQ,
			"Services %s and %s have it, for different ports or protocols: name one of them",
			service_name_print(finder.service, one), service_name_print(finder.other, two));
	*ret = service_name_copy_to(arena, finder.service);
	*ret_port = question->port ? arena_printf(arena, "%u", finder.port) : "";
	return 0;
}

/* --- a name that is almost one -----------------------------------------------------------------------------
 */

struct finder_similar {
	struct service_name wanted;
	struct service_name best;
	int distance;
};

/* In another namespace counts as one letter. */
static void finder_compare(void *ctx, const struct store_group *group)
{
	struct finder_similar *similar = ctx;
	struct service_name name = { group->namespace, group->name };
	int distance;

	if (!group->service)
		return;
	distance = similar_distance(similar->wanted.name, group->name);
	if (distance < 0)
		return;
	distance = 2 * distance + (strcmp(similar->wanted.namespace, group->namespace) != 0);
	if (service_name_is_set(similar->best) &&
	    (distance > similar->distance ||
	     (distance == similar->distance && service_name_cmp(name, similar->best) > 0)))
		return;
	similar->best = name;
	similar->distance = distance;
}

struct service_name finder_similar(const struct store *store, struct service_name service)
{
	struct finder_similar similar = { .wanted = service };

	store_each_group(store, finder_compare, &similar);
	return similar.best;
}
