/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * build.h - a Service and its slices to a plan
 *
 * Room:     plan. Pure.
 * Rule:     tests/COVERAGE.md, rows S (which Services), P (front ends), E (policies), N (no endpoints).
 */
#ifndef PLAN_BUILD_H
#define PLAN_BUILD_H

#include "base/err.h"
#include "plan/plan.h"
#include "select/pick.h"

struct service;
struct slice;

/*
 * What one Service may cost. A front end is a port on one address; an element is what plan_frontend_size() counts. The
 * entries of slices that are looked at for all ports together are limited to BUILD_ELEMENTS_MAX, too, because an endpoint
 * that is not ready has a cost but no element.
 */
#define BUILD_FRONTENDS_MAX 50000
#define BUILD_ELEMENTS_MAX  500000

/**
 * struct build_input - Everything that a plan depends on
 * @service:	NULL gives a plan without a name and front ends
 * @family_enabled: false: front ends of that family are left out (V2)
 * @no_affinity: the kernel cannot remember clients: leave session affinity out
 * @no_external_ips: leave externalIPs out (P3)
 * @n_ranges, @ranges: by family, the ranges from which ClusterIPs come; with none, every address counts as inside
 * @node_addr:	this node's primary address by family; @has_node_addr says whether it is known (R4)
 */
struct build_input {
	const struct service *service;
	size_t n_slices;
	const struct slice *const *slices;
	struct topology_node here;
	bool family_enabled[_FAMILY_MAX];
	bool no_affinity;
	bool no_external_ips;
	size_t n_ranges[_FAMILY_MAX];
	const struct cidr *ranges[_FAMILY_MAX];
	bool has_node_addr[_FAMILY_MAX];
	struct addr node_addr[_FAMILY_MAX];
};

/** build_serves() - False: a Service that is not ours to serve (S1, S3, S4), or NULL. */
bool build_serves(const struct service *service);
/**
 * build_plan() - Compute the plan of one Service
 * @arena:	owns all memory reachable from @ret, which also points into @in's strings
 *
 * Front ends: ClusterIP, externalIPs, load balancer IPs (of mode VIP, with their source ranges) and node
 * ports. An address that the Service lists twice is one front end; its ClusterIP comes first.
 *
 * Return: 0; -E2BIG over one of these limits, or as pick_endpoints(), with the port named.
 * Cost: O(n log n) of what the limits count. It does not use more memory because a limit is exceeded by far.
 */
int build_plan(const struct build_input *in, struct arena *arena, struct plan *ret, struct err *reterr)
	__attribute__((warn_unused_result));

#endif
