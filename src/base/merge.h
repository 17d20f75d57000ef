/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * merge.h - walk two sorted arrays side by side: items of the old, of the new, and of both
 *
 * Room:  base. Pure.
 */
#ifndef BASE_MERGE_H
#define BASE_MERGE_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct merge - A walk; set the first six members, then call merge_next()
 * @rest_old, @n_old, @rest_now, @n_now: the arrays, each sorted by @cmp and without duplicates
 * @size:	of an item of either
 * @cmp:	as for qsort()
 * @old, @now:	set by merge_next(): two items that are equal by @cmp; or an item that only one array has, and NULL
 */
struct merge {
	const void *rest_old;
	size_t n_old;
	const void *rest_now;
	size_t n_now;
	size_t size;
	int (*cmp)(const void *a, const void *b);
	const void *old;
	const void *now;
};

/** merge_next() - The next item in order, of either or both; false at the end. */
bool merge_next(struct merge *merge);

#endif
