/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * conntrack_table.h - how full the node's table of connections is
 *
 * Room:     serve. Effects: reads two files of /proc/sys/net/netfilter, those of our network namespace.
 */
#ifndef SERVE_CONNTRACK_TABLE_H
#define SERVE_CONNTRACK_TABLE_H

#include <stdint.h>

/** conntrack_table_measure() - Entries, and how many there may be (0: any number); -1: unknown. */
void conntrack_table_measure(int64_t *ret_entries, int64_t *ret_limit);

#endif
