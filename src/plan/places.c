/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "plan/places.h"

#include <stdlib.h>

#include "base/arena.h"
#include "model/service.h"

/* If an address is listed twice: a ClusterIP stays one; an externalIP that is also a load balancer IP gets its ranges (R1). */
static int places_rank(enum frontend_kind kind)
{
	return kind == FRONTEND_KIND_CLUSTER_IP ? 0 : kind == FRONTEND_KIND_LOAD_BALANCER_IP ? 1 : 2;
}

static int places_cmp_ranked(const void *a, const void *b)
{
	const struct places_addr *p = a, *q = b;
	int order = addr_cmp(&p->addr, &q->addr);

	return order ? order : places_rank(p->kind) - places_rank(q->kind);
}

size_t places_addrs(const struct service *service, enum family family, bool no_external_ips,
		    struct arena *arena, const struct places_addr **ret)
{
	struct places_addr *addrs =
		arena_array(arena, 1 + service->n_external_ips + service->n_ingress, sizeof(*addrs));
	size_t i, n = 0, kept = 0;

	addrs[n++] = (struct places_addr){ service->cluster_ip[family], FRONTEND_KIND_CLUSTER_IP };
	for (i = 0; !no_external_ips && i < service->n_external_ips; i++)
		if (service->external_ips[i].family == family)
			addrs[n++] =
				(struct places_addr){ service->external_ips[i], FRONTEND_KIND_EXTERNAL_IP };
	for (i = 0; i < service->n_ingress; i++)
		if (service->ingress[i].vip && service->ingress[i].addr.family == family)
			addrs[n++] = (struct places_addr){ service->ingress[i].addr,
							   FRONTEND_KIND_LOAD_BALANCER_IP };
	qsort(addrs, n, sizeof(*addrs), places_cmp_ranked);
	for (i = 1; i < n; i++)
		if (!addr_equal(&addrs[i].addr, &addrs[kept].addr))
			addrs[++kept] = addrs[i];
	*ret = addrs;
	return kept + 1;
}

static int places_cmp_addr(const void *addr, const void *place)
{
	return addr_cmp(addr, &((const struct places_addr *)place)->addr);
}

const struct places_addr *places_find_addr(const struct places_addr *addrs, size_t n, const struct addr *addr)
{
	return n ? bsearch(addr, addrs, n, sizeof(*addrs), places_cmp_addr) : NULL;
}

static int places_cmp_number(const void *a, const void *b)
{
	const struct places_number *p = a, *q = b;

	if (p->protocol != q->protocol)
		return (int)p->protocol - (int)q->protocol;
	if (p->number != q->number)
		return (int)p->number - (int)q->number;
	return p->index < q->index ? -1 : p->index > q->index;
}

const struct places_number *places_numbers(const struct service *service, bool node_port, struct arena *arena)
{
	struct places_number *numbers = arena_array(arena, service->n_ports, sizeof(*numbers));
	uint32_t i;

	for (i = 0; i < service->n_ports; i++)
		numbers[i] = (struct places_number){ .protocol = service->ports[i].protocol,
						     .number = node_port ? service->ports[i].node_port
									 : service->ports[i].port,
						     .index = i };
	if (service->n_ports)
		qsort(numbers, service->n_ports, sizeof(*numbers), places_cmp_number);
	return numbers;
}

const struct places_number *places_find_number(const struct places_number *numbers, size_t n,
					       uint8_t protocol, uint16_t number)
{
	const struct places_number key = { .protocol = protocol, .number = number };
	size_t low = 0, high = n, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (places_cmp_number(&numbers[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < n && numbers[low].protocol == protocol && numbers[low].number == number ? &numbers[low]
											     : NULL;
}

const bool *places_taken(const struct service *service, bool node_port, struct arena *arena)
{
	const struct places_number *numbers = places_numbers(service, node_port, arena);
	bool *taken = arena_array(arena, service->n_ports, sizeof(*taken));
	uint32_t i;

	for (i = 1; i < service->n_ports; i++)
		taken[numbers[i].index] = numbers[i].protocol == numbers[i - 1].protocol &&
					  numbers[i].number == numbers[i - 1].number;
	return taken;
}
