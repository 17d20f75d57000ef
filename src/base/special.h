/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * special.h - addresses and prefixes that no object may make us translate or drop
 *
 * Room:  base.
 * Rule:  tests/COVERAGE.md S18, U11. The API server refuses most of these addresses as endpoints and external IPs, and kube-proxy
 *        relies on that. Manifests do not pass through it, and a load balancer's IP is not checked there. An external
 *        IP of 127.0.0.1 would take a port of the node away from its own processes.
 */
#ifndef BASE_SPECIAL_H
#define BASE_SPECIAL_H

#include "base/addr.h"
#include "base/cidr.h"

#define SPECIAL_RANGE_PREFIX_MIN_IPV4 8
#define SPECIAL_RANGE_PREFIX_MIN_IPV6 48

/** special_addr() - Why @addr can be no endpoint, external IP or load balancer IP: "may not be …"; NULL: it can. */
const char *special_addr(const struct addr *addr);
/** special_range() - Why @cidr can be no range of ClusterIPs; NULL: it can. */
const char *special_range(const struct cidr *cidr);

#endif
