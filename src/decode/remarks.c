/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "decode/remarks.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct remarks *remarks_free(struct remarks *remarks)
{
	size_t i;

	for (i = 0; remarks && i < REMARKS_MAX; i++)
		free(remarks->texts[i]);
	free(remarks);
	return NULL;
}

void remarks_add(struct remarks **remarks, char *text)
{
	struct remarks *list = *remarks ? *remarks : alloc_zeroed(1, sizeof(*list));

	*remarks = list;
	if (list->n < REMARKS_MAX)
		list->texts[list->n] = text;
	else
		free(text);
	list->n++;
}

bool remarks_equal(const struct remarks *a, const struct remarks *b)
{
	size_t i;

	if (!a || !b)
		return !a && !b;
	for (i = 0; i < a->n && i < REMARKS_MAX && a->n == b->n; i++)
		if (strcmp(a->texts[i], b->texts[i]) != 0)
			return false;
	return a->n == b->n;
}
