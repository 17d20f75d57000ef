/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "base/alloc.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void alloc_failed(void)
{
	static const char text[] = "level=error mod=base msg=\"out of memory, rules stay as they are\"\n";

	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	abort();
}

void *alloc_bytes(size_t size)
{
	void *p = malloc(size ? size : 1);

	if (!p)
		alloc_failed();
	return p;
}

void *alloc_zeroed(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size ? size : 1);

	if (!p)
		alloc_failed();
	return p;
}

void *alloc_resized(void *old, size_t n, size_t size)
{
	void *p = reallocarray(old, n ? n : 1, size ? size : 1);

	if (!p)
		alloc_failed();
	return p;
}

#define ALLOC_FIRST_ITEMS 8

void *alloc_for_one_more(void *list, size_t n, size_t size)
{
	bool power_of_two = (n & (n - 1)) == 0;

	if (n == 0)
		return alloc_resized(list, ALLOC_FIRST_ITEMS, size);
	return n >= ALLOC_FIRST_ITEMS && power_of_two ? alloc_resized(list, 2 * n, size) : list;
}

char *alloc_string(const char *s)
{
	char *p;

	if (!s)
		return NULL;
	p = strdup(s);
	if (!p)
		alloc_failed();
	return p;
}
