/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "ruleset/touched.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void touched_done(struct touched *touched)
{
	free(touched->elements);
	free(touched->chains);
	*touched = (struct touched){ .n_elements = 0 };
}

void touched_add_table(struct touched *touched, enum family table)
{
	touched->tables[table] = true;
}

void touched_add_set(struct touched *touched, enum family table, uint8_t set)
{
	assert(set < TOUCHED_SETS_MAX);
	touched->sets[table] |= UINT64_C(1) << set;
}

/* Where @e is, or belongs. */
static size_t touched_element_at(const struct touched *touched, const struct element *e, bool *ret_there)
{
	size_t low = 0, high = touched->n_elements;

	*ret_there = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int cmp = set_element_cmp(&touched->elements[middle], e);

		if (!cmp) {
			*ret_there = true;
			return middle;
		}
		if (cmp < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool touched_has_whole(const struct touched *touched, const struct element *e)
{
	return touched->tables[e->table] || touched->sets[e->table] >> e->set & 1;
}

void touched_add_element(struct touched *touched, const struct element *e)
{
	size_t at;
	bool there;

	assert(e->set < TOUCHED_SETS_MAX);
	if (touched_has_whole(touched, e))
		return;
	at = touched_element_at(touched, e, &there);
	if (there)
		return;
	if (touched->n_elements == TOUCHED_ELEMENTS_MAX) {
		touched_add_set(touched, e->table, e->set);
		return;
	}
	if (!touched->elements)
		touched->elements = alloc_zeroed(TOUCHED_ELEMENTS_MAX, sizeof(*touched->elements));
	memmove(&touched->elements[at + 1], &touched->elements[at],
		(touched->n_elements - at) * sizeof(*touched->elements));
	touched->elements[at] = *e;
	touched->elements[at].data_size = 0;
	memset(touched->elements[at].data, 0, sizeof(touched->elements[at].data));
	touched->some[e->table] |= UINT64_C(1) << e->set;
	touched->n_elements++;
}

static int touched_chain_cmp(const void *a, const void *b)
{
	const struct touched_chain *x = a, *y = b;

	if (x->table != y->table)
		return x->table < y->table ? -1 : 1;
	return strcmp(x->name, y->name);
}

void touched_add_chain(struct touched *touched, enum family table, const char *name)
{
	struct touched_chain *chain;

	if (touched_has_chain(touched, table, name))
		return;
	if (strlen(name) > RULE_NAME_MAX || touched->n_chains == TOUCHED_CHAINS_MAX) {
		touched_add_table(touched, table);
		return;
	}
	if (!touched->chains)
		touched->chains = alloc_zeroed(TOUCHED_CHAINS_MAX, sizeof(*touched->chains));
	chain = &touched->chains[touched->n_chains++];
	chain->table = (uint8_t)table;
	(void)snprintf(chain->name, sizeof(chain->name), "%s", name);
	qsort(touched->chains, touched->n_chains, sizeof(*touched->chains), touched_chain_cmp);
}

void touched_move(struct touched *to, struct touched *from)
{
	int family;
	size_t i;

	for (family = 0; family < _FAMILY_MAX; family++) {
		to->tables[family] |= from->tables[family];
		to->sets[family] |= from->sets[family];
	}
	for (i = 0; i < from->n_elements; i++)
		touched_add_element(to, &from->elements[i]);
	for (i = 0; i < from->n_chains; i++)
		touched_add_chain(to, from->chains[i].table, from->chains[i].name);
	touched_done(from);
}

bool touched_is_any(const struct touched *touched)
{
	int family;

	for (family = 0; family < _FAMILY_MAX; family++)
		if (touched->tables[family] || touched->sets[family])
			return true;
	return touched->n_elements || touched->n_chains;
}

bool touched_has_element(const struct touched *touched, const struct element *e)
{
	bool there;

	if (touched_has_whole(touched, e))
		return true;
	if (!(touched->some[e->table] >> e->set & 1))
		return false;
	(void)touched_element_at(touched, e, &there);
	return there;
}

bool touched_has_chain(const struct touched *touched, enum family table, const char *name)
{
	struct touched_chain key = { .table = (uint8_t)table };

	if (touched->tables[table])
		return true;
	if (!touched->n_chains || strlen(name) > RULE_NAME_MAX)
		return false;
	(void)snprintf(key.name, sizeof(key.name), "%s", name);
	return bsearch(&key, touched->chains, touched->n_chains, sizeof(key), touched_chain_cmp) != NULL;
}
