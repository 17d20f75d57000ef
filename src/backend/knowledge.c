/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "backend/knowledge.h"

#include <stdio.h>

void knowledge_done(struct knowledge *knowledge)
{
	invalidated_done(&knowledge->invalidated);
	invalidated_done(&knowledge->uncommitted);
}

void knowledge_forget(struct knowledge *knowledge)
{
	invalidated_add_all(&knowledge->invalidated);
	knowledge->state = KNOWLEDGE_INVALIDATED;
}

void knowledge_change(struct knowledge *knowledge, const char *changed_by)
{
	if (changed_by)
		(void)snprintf(knowledge->changed_by, sizeof(knowledge->changed_by), "%s", changed_by);
	switch (knowledge->state) {
	case KNOWLEDGE_INVALIDATED:
	case KNOWLEDGE_CHANGED:
		break;
	case KNOWLEDGE_READ:
		knowledge->state = KNOWLEDGE_INVALIDATED;
		break;
	case KNOWLEDGE_CURRENT:
		knowledge->state = KNOWLEDGE_CHANGED;
		break;
	}
}

void knowledge_lose(struct knowledge *knowledge, const char *changed_by)
{
	invalidated_add_all(&knowledge->invalidated);
	knowledge_change(knowledge, changed_by);
}

bool knowledge_report(struct knowledge *knowledge)
{
	if (knowledge->state != KNOWLEDGE_CHANGED)
		return false;
	knowledge->state = KNOWLEDGE_INVALIDATED;
	return true;
}

void knowledge_doubt(struct knowledge *knowledge)
{
	knowledge->state = KNOWLEDGE_INVALIDATED;
}

void knowledge_suspect(struct knowledge *knowledge, enum family table, bool whole, uint64_t sets)
{
	if (whole) {
		invalidated_del_table(&knowledge->invalidated, table);
		invalidated_del_table(&knowledge->uncommitted, table);
	}
	invalidated_del_sets(&knowledge->invalidated, table, sets);
	invalidated_del_sets(&knowledge->uncommitted, table, sets);
	knowledge->suspect = true;
	knowledge->n_suspicions++;
}

void knowledge_surveyed(struct knowledge *knowledge, unsigned int n_suspicions)
{
	if (knowledge->n_suspicions == n_suspicions)
		knowledge->suspect = false;
}

/* All of both tables was read. */
static void knowledge_clear(struct knowledge *knowledge)
{
	if (knowledge->uncommitted.tables[FAMILY_IPV4] && knowledge->uncommitted.tables[FAMILY_IPV6])
		knowledge->suspect = false;
	invalidated_done(&knowledge->uncommitted);
}

void knowledge_read(struct knowledge *knowledge)
{
	invalidated_move(&knowledge->uncommitted, &knowledge->invalidated);
	knowledge->state = KNOWLEDGE_READ;
}

void knowledge_confirm(struct knowledge *knowledge)
{
	if (knowledge->state != KNOWLEDGE_READ)
		return;
	knowledge_clear(knowledge);
	knowledge->state = KNOWLEDGE_CURRENT;
}

void knowledge_fail(struct knowledge *knowledge)
{
	knowledge->state = KNOWLEDGE_INVALIDATED;
}

void knowledge_commit(struct knowledge *knowledge)
{
	knowledge_clear(knowledge);
	switch (knowledge->state) {
	case KNOWLEDGE_INVALIDATED:
	case KNOWLEDGE_CHANGED:
		knowledge->state = KNOWLEDGE_INVALIDATED;
		break;
	case KNOWLEDGE_READ:
	case KNOWLEDGE_CURRENT:
		knowledge->state = KNOWLEDGE_CURRENT;
		break;
	}
}

bool knowledge_may_commit(const struct knowledge *knowledge)
{
	return knowledge->state == KNOWLEDGE_READ || knowledge->state == KNOWLEDGE_CURRENT;
}
