/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host_check.h - what this machine is, and whether the options are meant for one like it
 *
 * Room:     daemon. Reads /proc.
 */
#ifndef DAEMON_HOST_CHECK_H
#define DAEMON_HOST_CHECK_H

#include "base/err.h"
#include "config/settings.h"

/** host_check_families() - Which families it has: IPv4, and IPv6 unless that is switched off (V2). */
void host_check_families(bool family_enabled[_FAMILY_MAX]);
/** host_check_check_families() - Whether the pods' prefixes can be of use here (X17). Return: 0 or -EINVAL. */
int host_check_check_families(const struct settings *settings, const bool family_enabled[_FAMILY_MAX],
			      struct err *reterr) __attribute__((warn_unused_result));
/** host_check_warn_node_ports() - What is often forgotten in --nodeport-addresses (O4, O11). */
void host_check_warn_node_ports(const struct settings *settings, const bool family_enabled[_FAMILY_MAX]);
/** host_check_warn_cluster_cidr() - What is lost without a cluster CIDR of a family, if it is to tell pod traffic (M3, E23). */
void host_check_warn_cluster_cidr(const struct settings *settings, const bool family_enabled[_FAMILY_MAX]);
/** host_check_seed() - For jitter: another one on each node, and in each process. */
uint64_t host_check_seed(const struct settings *settings);

#endif
