/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * machine.h - what this machine is, and whether the options are meant for one like it
 *
 * Room:     daemon. Reads /proc.
 */
#ifndef DAEMON_MACHINE_H
#define DAEMON_MACHINE_H

#include "daemon/opts.h"

/** machine_families() - Which families it has: IPv4, and IPv6 unless that is switched off (V2). */
void machine_families(bool family_enabled[_FAMILY_MAX]);
/** machine_check_families() - Whether the pods' prefixes can be of use here (X17). Return: 0 or -EINVAL. */
int machine_check_families(const struct opts *opts, const bool family_enabled[_FAMILY_MAX],
			   struct err *reterr) __attribute__((warn_unused_result));
/** machine_warn_node_ports() - What is often forgotten in --nodeport-addresses (O4, O11). */
void machine_warn_node_ports(const struct opts *opts, const bool family_enabled[_FAMILY_MAX]);
/** machine_warn_cluster_cidr() - What is lost without a cluster CIDR of a family, if it is to tell pod traffic (M3, E23). */
void machine_warn_cluster_cidr(const struct opts *opts, const bool family_enabled[_FAMILY_MAX]);
/** machine_seed() - For jitter: another one on each node, and in each process. */
uint64_t machine_seed(const struct opts *opts);

#endif
