/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "decode/warnings.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct warnings *warnings_free(struct warnings *warnings)
{
	size_t i;

	for (i = 0; warnings && i < WARNINGS_MAX; i++)
		free(warnings->texts[i]);
	free(warnings);
	return NULL;
}

void warnings_add(struct warnings **warnings, char *text)
{
	struct warnings *list = *warnings ? *warnings : alloc_zeroed(1, sizeof(*list));

	*warnings = list;
	if (list->n < WARNINGS_MAX)
		list->texts[list->n] = text;
	else
		free(text);
	list->n++;
}

bool warnings_equal(const struct warnings *a, const struct warnings *b)
{
	size_t i;

	if (!a || !b)
		return !a && !b;
	for (i = 0; i < a->n && i < WARNINGS_MAX && a->n == b->n; i++)
		if (strcmp(a->texts[i], b->texts[i]) != 0)
			return false;
	return a->n == b->n;
}
