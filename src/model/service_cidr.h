/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * service_cidr.h - a ServiceCIDR: ranges from which the API server allocates ClusterIPs
 *
 * Room:     model. Pure: plain values.
 * Rule:     Kubernetes networking.k8s.io/v1 ServiceCIDR; tests/COVERAGE.md, rows U. Its status is
 *           ignored (U4).
 * Memory:   as service.h: service_cidr_new_copy() makes ONE allocation.
 */
#ifndef MODEL_SERVICE_CIDR_H
#define MODEL_SERVICE_CIDR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cidr.h"
#include "base/cleanup.h"

struct members;

/**
 * struct service_cidr - One ServiceCIDR
 * @cidrs:	spec.cidrs in their order; unparsable ones left out
 */
struct service_cidr {
	const char *name;
	const char *uid;
	uint32_t n_cidrs;
	struct cidr *cidrs;
};

struct service_cidr *service_cidr_new_copy(const struct service_cidr *service_cidr)
	__attribute__((warn_unused_result));
struct service_cidr *service_cidr_free(struct service_cidr *service_cidr);
DEFINE_FREEP(struct service_cidr, service_cidr_free);
/** service_cidr_members() - Its list of members. */
const struct members *service_cidr_members(void);
bool service_cidr_equal(const struct service_cidr *a, const struct service_cidr *b);

#endif
