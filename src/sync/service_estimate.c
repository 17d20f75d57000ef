/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "sync/service_estimate.h"

#include "model/service.h"
#include "model/slice.h"
#include "model/store.h"

struct service_estimate service_estimate(const struct store_group *group)
{
	struct service_estimate estimate = { .n_frontends = 0 };
	size_t n_ports, i;

	if (!group || !group->service)
		return estimate;
	n_ports = group->service->n_ports;
	estimate.n_frontends = n_ports * (1 + group->service->n_external_ips + group->service->n_ingress);
	estimate.n_source_ranges = group->service->n_source_ranges;
	for (i = 0; i < group->n_slices; i++)
		estimate.n_port_endpoints += group->slices[i]->n_endpoints;
	estimate.n_endpoints = n_ports * estimate.n_port_endpoints;
	return estimate;
}
