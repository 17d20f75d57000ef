/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "select/local_ready.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "model/slice.h"

static int local_ready_cmp(const void *a, const void *b)
{
	return addr_cmp(a, b);
}

static bool local_ready_counts(const struct endpoint *endpoint, enum family family, const char *node_name)
{
	return endpoint->ready && endpoint->addr.family == family && endpoint->node_name &&
	       strcmp(endpoint->node_name, node_name) == 0;
}

/* The endpoints of a slice without ports belong to no Service port (L3). */
static bool local_ready_has(const struct slice *slice, enum family family)
{
	return slice->family == family && slice->n_ports;
}

size_t local_ready_count(const struct slice *const *slices, size_t n_slices, enum family family,
			 const char *node_name, struct arena *arena)
{
	size_t i, j, n = 0, distinct = 0, room = 0;
	struct addr *addrs;

	for (i = 0; i < n_slices; i++)
		room += local_ready_has(slices[i], family) ? slices[i]->n_endpoints : 0;
	addrs = arena_array(arena, room, sizeof(*addrs));
	for (i = 0; i < n_slices; i++) {
		for (j = 0; local_ready_has(slices[i], family) && j < slices[i]->n_endpoints; j++) {
			if (local_ready_counts(&slices[i]->endpoints[j], family, node_name))
				addrs[n++] = slices[i]->endpoints[j].addr;
		}
	}
	if (n)
		qsort(addrs, n, sizeof(*addrs), local_ready_cmp);
	for (i = 0; i < n; i++)
		distinct += !i || !addr_equal(&addrs[i - 1], &addrs[i]);
	return distinct;
}
