/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "ruleset/invalidated.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void invalidated_done(struct invalidated *invalidated)
{
	free(invalidated->elements);
	free(invalidated->chains);
	*invalidated = (struct invalidated){ .n_elements = 0 };
}

void invalidated_add_table(struct invalidated *invalidated, enum family table)
{
	invalidated->tables[table] = true;
}

void invalidated_add_all(struct invalidated *invalidated)
{
	invalidated_add_table(invalidated, FAMILY_IPV4);
	invalidated_add_table(invalidated, FAMILY_IPV6);
}

void invalidated_add_set(struct invalidated *invalidated, enum family table, uint8_t set)
{
	assert(set < INVALIDATED_SETS_MAX);
	invalidated->sets[table] |= UINT64_C(1) << set;
}

/* The position of @e, or where to insert it. */
static size_t invalidated_element_at(const struct invalidated *invalidated, const struct element *e,
				     bool *ret_found)
{
	size_t low = 0, high = invalidated->n_elements;

	*ret_found = false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int cmp = set_element_cmp(&invalidated->elements[middle], e);

		if (!cmp) {
			*ret_found = true;
			return middle;
		}
		if (cmp < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool invalidated_has_whole(const struct invalidated *invalidated, const struct element *e)
{
	return invalidated->tables[e->table] || invalidated->sets[e->table] >> e->set & 1;
}

void invalidated_add_element(struct invalidated *invalidated, const struct element *e)
{
	size_t at;
	bool found;

	assert(e->set < INVALIDATED_SETS_MAX);
	if (invalidated_has_whole(invalidated, e))
		return;
	at = invalidated_element_at(invalidated, e, &found);
	if (found)
		return;
	if (invalidated->n_elements == INVALIDATED_ELEMENTS_MAX) {
		invalidated_add_set(invalidated, e->table, e->set);
		return;
	}
	if (!invalidated->elements)
		invalidated->elements =
			alloc_zeroed(INVALIDATED_ELEMENTS_MAX, sizeof(*invalidated->elements));
	memmove(&invalidated->elements[at + 1], &invalidated->elements[at],
		(invalidated->n_elements - at) * sizeof(*invalidated->elements));
	invalidated->elements[at] = *e;
	invalidated->elements[at].data_size = 0;
	memset(invalidated->elements[at].data, 0, sizeof(invalidated->elements[at].data));
	invalidated->some[e->table] |= UINT64_C(1) << e->set;
	invalidated->n_elements++;
}

static int invalidated_chain_cmp(const void *a, const void *b)
{
	const struct invalidated_chain *x = a, *y = b;

	if (x->table != y->table)
		return x->table < y->table ? -1 : 1;
	return strcmp(x->name, y->name);
}

void invalidated_add_chain(struct invalidated *invalidated, enum family table, const char *name)
{
	struct invalidated_chain *chain;

	if (invalidated_has_chain(invalidated, table, name))
		return;
	if (strlen(name) > RULE_NAME_MAX || invalidated->n_chains == INVALIDATED_CHAINS_MAX) {
		invalidated_add_table(invalidated, table);
		return;
	}
	if (!invalidated->chains)
		invalidated->chains = alloc_zeroed(INVALIDATED_CHAINS_MAX, sizeof(*invalidated->chains));
	chain = &invalidated->chains[invalidated->n_chains++];
	chain->table = (uint8_t)table;
	(void)snprintf(chain->name, sizeof(chain->name), "%s", name);
	qsort(invalidated->chains, invalidated->n_chains, sizeof(*invalidated->chains),
	      invalidated_chain_cmp);
}

void invalidated_del_table(struct invalidated *invalidated, enum family table)
{
	size_t i, n = 0;

	invalidated->tables[table] = false;
	invalidated->sets[table] = invalidated->some[table] = 0;
	for (i = 0; i < invalidated->n_elements; i++)
		if (invalidated->elements[i].table != table)
			invalidated->elements[n++] = invalidated->elements[i];
	invalidated->n_elements = n;
	for (i = n = 0; i < invalidated->n_chains; i++)
		if (invalidated->chains[i].table != table)
			invalidated->chains[n++] = invalidated->chains[i];
	invalidated->n_chains = n;
}

void invalidated_del_sets(struct invalidated *invalidated, enum family table, uint64_t sets)
{
	invalidated->sets[table] &= ~sets;
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

bool invalidated_is_any(const struct invalidated *invalidated)
{
	int family;

	for (family = 0; family < _FAMILY_MAX; family++)
		if (invalidated->tables[family] || invalidated->sets[family])
			return true;
	return invalidated->n_elements || invalidated->n_chains;
}

bool invalidated_has_element(const struct invalidated *invalidated, const struct element *e)
{
	bool found;

	if (invalidated_has_whole(invalidated, e))
		return true;
	if (!(invalidated->some[e->table] >> e->set & 1))
		return false;
	(void)invalidated_element_at(invalidated, e, &found);
	return found;
}

bool invalidated_has_chain(const struct invalidated *invalidated, enum family table, const char *name)
{
	struct invalidated_chain key = { .table = (uint8_t)table };

	if (invalidated->tables[table])
		return true;
	if (!invalidated->n_chains || strlen(name) > RULE_NAME_MAX)
		return false;
	(void)snprintf(key.name, sizeof(key.name), "%s", name);
	return bsearch(&key, invalidated->chains, invalidated->n_chains, sizeof(key),
		       invalidated_chain_cmp) != NULL;
}
