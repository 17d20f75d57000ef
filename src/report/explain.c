/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "report/explain.h"

#include <stdio.h>
#include <string.h>

bool explain_next_step(const char **rest, char ret[EXPLAIN_STEP_SIZE])
{
	size_t len = strcspn(*rest, "\n");

	if (!**rest)
		return false;
	(void)snprintf(ret, EXPLAIN_STEP_SIZE, "%.*s", (int)len, *rest);
	*rest += len + ((*rest)[len] == '\n');
	return true;
}

const char *explain_outcome_name(enum explain_outcome outcome)
{
	static const char *const names[_EXPLAIN_OUTCOME_MAX] = {
		[EXPLAIN_OUTCOME_SERVED] = "served",
		[EXPLAIN_OUTCOME_REFUSED] = "refused",
		[EXPLAIN_OUTCOME_DROPPED] = "dropped",
		[EXPLAIN_OUTCOME_LOST] = "lost",
	};

	return names[outcome];
}

bool explain_says_slots(const struct explain_slots *slots)
{
	return slots->n_all && slots->n != 1;
}
