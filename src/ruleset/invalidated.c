/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "ruleset/invalidated.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void invalidated_done(struct invalidated *touched)
{
	free(touched->elements);
	free(touched->chains);
	*touched = (struct invalidated){ .n_elements = 0 };
}

void invalidated_add_table(struct invalidated *touched, enum family table)
{
	touched->tables[table] = true;
}

void invalidated_add_set(struct invalidated *touched, enum family table, uint8_t set)
{
	assert(set < INVALIDATED_SETS_MAX);
	touched->sets[table] |= UINT64_C(1) << set;
}

/* Where @e is, or belongs. */
static size_t invalidated_element_at(const struct invalidated *touched, const struct element *e,
				     bool *ret_there)
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

static bool invalidated_has_whole(const struct invalidated *touched, const struct element *e)
{
	return touched->tables[e->table] || touched->sets[e->table] >> e->set & 1;
}

void invalidated_add_element(struct invalidated *touched, const struct element *e)
{
	size_t at;
	bool there;

	assert(e->set < INVALIDATED_SETS_MAX);
	if (invalidated_has_whole(touched, e))
		return;
	at = invalidated_element_at(touched, e, &there);
	if (there)
		return;
	if (touched->n_elements == INVALIDATED_ELEMENTS_MAX) {
		invalidated_add_set(touched, e->table, e->set);
		return;
	}
	if (!touched->elements)
		touched->elements = alloc_zeroed(INVALIDATED_ELEMENTS_MAX, sizeof(*touched->elements));
	memmove(&touched->elements[at + 1], &touched->elements[at],
		(touched->n_elements - at) * sizeof(*touched->elements));
	touched->elements[at] = *e;
	touched->elements[at].data_size = 0;
	memset(touched->elements[at].data, 0, sizeof(touched->elements[at].data));
	touched->some[e->table] |= UINT64_C(1) << e->set;
	touched->n_elements++;
}

static int invalidated_chain_cmp(const void *a, const void *b)
{
	const struct invalidated_chain *x = a, *y = b;

	if (x->table != y->table)
		return x->table < y->table ? -1 : 1;
	return strcmp(x->name, y->name);
}

void invalidated_add_chain(struct invalidated *touched, enum family table, const char *name)
{
	struct invalidated_chain *chain;

	if (invalidated_has_chain(touched, table, name))
		return;
	if (strlen(name) > RULE_NAME_MAX || touched->n_chains == INVALIDATED_CHAINS_MAX) {
		invalidated_add_table(touched, table);
		return;
	}
	if (!touched->chains)
		touched->chains = alloc_zeroed(INVALIDATED_CHAINS_MAX, sizeof(*touched->chains));
	chain = &touched->chains[touched->n_chains++];
	chain->table = (uint8_t)table;
	(void)snprintf(chain->name, sizeof(chain->name), "%s", name);
	qsort(touched->chains, touched->n_chains, sizeof(*touched->chains), invalidated_chain_cmp);
}

void invalidated_move(struct invalidated *to, struct invalidated *from)
{
	int family;
	size_t i;

	for (family = 0; family < _FAMILY_MAX; family++) {
		to->tables[family] |= from->tables[family];
		to->sets[family] |= from->sets[family];
	}
	for (i = 0; i < from->n_elements; i++)
		invalidated_add_element(to, &from->elements[i]);
	for (i = 0; i < from->n_chains; i++)
		invalidated_add_chain(to, from->chains[i].table, from->chains[i].name);
	invalidated_done(from);
}

bool invalidated_is_any(const struct invalidated *touched)
{
	int family;

	for (family = 0; family < _FAMILY_MAX; family++)
		if (touched->tables[family] || touched->sets[family])
			return true;
	return touched->n_elements || touched->n_chains;
}

bool invalidated_has_element(const struct invalidated *touched, const struct element *e)
{
	bool there;

	if (invalidated_has_whole(touched, e))
		return true;
	if (!(touched->some[e->table] >> e->set & 1))
		return false;
	(void)invalidated_element_at(touched, e, &there);
	return there;
}

bool invalidated_has_chain(const struct invalidated *touched, enum family table, const char *name)
{
	struct invalidated_chain key = { .table = (uint8_t)table };

	if (touched->tables[table])
		return true;
	if (!touched->n_chains || strlen(name) > RULE_NAME_MAX)
		return false;
	(void)snprintf(key.name, sizeof(key.name), "%s", name);
	return bsearch(&key, touched->chains, touched->n_chains, sizeof(key), invalidated_chain_cmp) != NULL;
}
