/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "serve/conntrack_table.h"

#include <inttypes.h>
#include <stdio.h>

static int64_t conntrack_table_read(const char *path)
{
	FILE *file = fopen(path, "re");
	int64_t value;
	int n;

	if (!file)
		return -1;
	n = fscanf(file, "%" SCNd64, &value);
	(void)fclose(file);
	return n == 1 ? value : -1;
}

void conntrack_table_measure(int64_t *ret_entries, int64_t *ret_limit)
{
	*ret_entries = conntrack_table_read("/proc/sys/net/netfilter/nf_conntrack_count");
	*ret_limit = conntrack_table_read("/proc/sys/net/netfilter/nf_conntrack_max");
}
