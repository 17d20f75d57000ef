/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * service_estimate.h - about how large a Service is, before it is planned
 *
 * Room:     sync (model/store.h). Pure.
 */
#ifndef SYNC_SERVICE_ESTIMATE_H
#define SYNC_SERVICE_ESTIMATE_H

#include <stddef.h>

struct store_group;

/**
 * struct service_estimate
 * @n_frontends: about so many, if no address or port is left out
 * @n_port_endpoints: of one port, ready or not
 * @n_endpoints: of all ports together
 * @n_source_ranges: of both families
 */
struct service_estimate {
	size_t n_frontends;
	size_t n_port_endpoints;
	size_t n_endpoints;
	size_t n_source_ranges;
};

/** service_estimate() - All 0 without a Service; @group may be NULL. */
struct service_estimate service_estimate(const struct store_group *group);

#endif
