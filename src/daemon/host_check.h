/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * host_check.h - what this host has, and whether the settings fit it
 *
 * Room:     daemon. Reads /proc.
 */
#ifndef DAEMON_HOST_CHECK_H
#define DAEMON_HOST_CHECK_H

#include "base/err.h"
#include "config/settings.h"

/** host_check_families() - IPv4, and IPv6 unless it is disabled (tests/COVERAGE.md V2). */
void host_check_families(bool family_enabled[_FAMILY_MAX]);
/** host_check_cluster_cidr() - Whether a cluster CIDR is of a family of this host (tests/COVERAGE.md X17). Return: 0 or -EINVAL. */
int host_check_cluster_cidr(const struct settings *settings, const bool family_enabled[_FAMILY_MAX],
			    struct err *reterr) __attribute__((warn_unused_result));
/** host_check_warn_node_ports() - Warn if --nodeport-addresses lacks a family (tests/COVERAGE.md O4, O11). */
void host_check_warn_node_ports(const struct settings *settings, const bool family_enabled[_FAMILY_MAX]);
/** host_check_warn_cluster_cidr() - Warn about what does not work without a cluster CIDR of a family (tests/COVERAGE.md M3, E23). */
void host_check_warn_cluster_cidr(const struct settings *settings, const bool family_enabled[_FAMILY_MAX]);
/** host_check_seed() - For jitter: different on each node, and in each process. */
uint64_t host_check_seed(const struct settings *settings);

#endif
