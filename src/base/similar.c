/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "base/similar.h"

#include <stddef.h>
#include <string.h>

static int similar_min(int a, int b)
{
	return a < b ? a : b;
}

/* The distances of the first @i letters of @a from all beginnings of @b. */
static void similar_row(const char *a, size_t i, const char *b, const int *before, const int *before_that,
			int *row)
{
	size_t j;

	row[0] = (int)i;
	for (j = 1; b[j - 1]; j++) {
		row[j] = similar_min(before[j], row[j - 1]) + 1;
		row[j] = similar_min(row[j], before[j - 1] + (a[i - 1] != b[j - 1]));
		if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
			row[j] = similar_min(row[j], before_that[j - 2] + 1);
	}
}

int similar_distance(const char *a, const char *b)
{
	size_t a_len = strlen(a), b_len = strlen(b), i;
	int allowed = a_len <= 4 || b_len <= 4 ? 1 : 2;
	int rows[3][SIMILAR_WORD_MAX + 1];

	if (a_len > SIMILAR_WORD_MAX || b_len > SIMILAR_WORD_MAX ||
	    (a_len > b_len ? a_len - b_len : b_len - a_len) > (size_t)allowed)
		return -1;
	for (i = 0; i <= b_len; i++)
		rows[0][i] = (int)i;
	for (i = 1; i <= a_len; i++)
		similar_row(a, i, b, rows[(i - 1) % 3], rows[(i + 1) % 3], rows[i % 3]);
	return rows[a_len % 3][b_len] <= allowed ? rows[a_len % 3][b_len] : -1;
}
