/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * route_check.h - whether this node has a route to each endpoint, and takes answers that come back by it
 *
 * Room:     diagnose. Effects: asks the kernel through rtnetlink; needs no privilege.
 */
#ifndef DIAGNOSE_ROUTE_CHECK_H
#define DIAGNOSE_ROUTE_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "diagnose/finding.h"
#include "diagnose/packet_facts.h"
#include "diagnose/targets.h"

/**
 * route_check_endpoints() - Ask for the first @n endpoints, and add findings
 * @ret_is_local: for each: whether it is an address of this node; false if that is not known
 */
void route_check_endpoints(const struct targets *targets, size_t n, bool *ret_is_local,
			   struct findings *findings);
/** route_check_frontends() - Whether the addresses of the first @n front ends are addresses of this node; node ports have none. */
void route_check_frontends(const struct targets *targets, size_t n, enum fact *ret_is_local);
/** route_check_client() - Whether @from is an address of this node; adds a finding if there is no route to it. */
bool route_check_client(const struct addr *from, struct findings *findings);

#endif
