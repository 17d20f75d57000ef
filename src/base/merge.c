/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "base/merge.h"

static const void *merge_take(const void **rest, size_t *n, size_t size)
{
	const void *item = *rest;

	*rest = (const char *)item + size;
	--*n;
	return item;
}

bool merge_next(struct merge *merge)
{
	int cmp;

	if (!merge->n_old && !merge->n_now)
		return false;
	cmp = !merge->n_old ? 1 : !merge->n_now ? -1 : merge->cmp(merge->rest_old, merge->rest_now);
	merge->old = cmp <= 0 ? merge_take(&merge->rest_old, &merge->n_old, merge->size) : NULL;
	merge->now = cmp >= 0 ? merge_take(&merge->rest_now, &merge->n_now, merge->size) : NULL;
	return true;
}
