/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "ruleset/snapshot.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"

void snapshot_init(struct snapshot *snapshot)
{
	*snapshot = (struct snapshot){ .n_chains = 0 };
	memset(snapshot->n_in_set, 0xff, sizeof(snapshot->n_in_set)); /* SIZE_MAX */
}

void snapshot_set_partial(struct snapshot *snapshot, const struct invalidated *invalidated)
{
	int family;

	snapshot->invalidated = invalidated;
	for (family = 0; family < _FAMILY_MAX; family++)
		snapshot->partial[family] = !invalidated->tables[family];
}

bool snapshot_knows_element(const struct snapshot *snapshot, const struct element *e)
{
	return !snapshot->partial[e->table] || invalidated_has_element(snapshot->invalidated, e);
}

bool snapshot_knows_chain(const struct snapshot *snapshot, enum family table, const char *name)
{
	return !snapshot->partial[table] || invalidated_has_chain(snapshot->invalidated, table, name);
}

bool snapshot_knows_client_maps(const struct snapshot *snapshot, enum family table)
{
	return !snapshot->partial[table];
}

static void snapshot_chain_done(struct snapshot_chain *chain)
{
	free(chain->fingerprint);
	free(chain->sources);
}

void snapshot_done(struct snapshot *snapshot)
{
	size_t i;

	for (i = 0; i < snapshot->n_chains; i++)
		snapshot_chain_done(&snapshot->chains[i]);
	free(snapshot->chains);
	free(snapshot->client_maps);
	buf_done(&snapshot->elements);
	free(snapshot->offsets);
	free(snapshot->element_seen);
	snapshot_init(snapshot);
}

struct snapshot_chain *snapshot_add_chain(struct snapshot *snapshot, enum family table, const char *name,
					  char *fingerprint)
{
	struct snapshot_chain *chain = ALLOC_APPEND(snapshot->chains, snapshot->n_chains);

	*chain = (struct snapshot_chain){ .table = (uint8_t)table, .fingerprint = fingerprint };
	(void)snprintf(chain->name, sizeof(chain->name), "%s", name);
	return chain;
}

void snapshot_add_source(struct snapshot_chain *chain, const struct cidr *range)
{
	*ALLOC_APPEND(chain->sources, chain->n_sources) = *range;
}

void snapshot_drop_chains(struct snapshot *snapshot, size_t n)
{
	while (snapshot->n_chains > n)
		snapshot_chain_done(&snapshot->chains[--snapshot->n_chains]);
}

void snapshot_drop_unseen_chains(struct snapshot *snapshot)
{
	size_t i, n = 0;

	for (i = 0; i < snapshot->n_chains; i++)
		if (snapshot->chains[i].seen)
			snapshot->chains[n++] = snapshot->chains[i];
		else
			snapshot_chain_done(&snapshot->chains[i]);
	snapshot->n_chains = n;
}

void snapshot_add_client_map(struct snapshot *snapshot, const struct client_map *map)
{
	*ALLOC_APPEND(snapshot->client_maps, snapshot->n_client_maps) =
		(struct snapshot_client_map){ .map = *map };
}

void snapshot_add_element(struct snapshot *snapshot, const struct element *e)
{
	set_element_pack(&snapshot->elements, e);
	snapshot->n_elements++;
}

void snapshot_forget_table(struct snapshot *snapshot, enum family table, enum snapshot_table what)
{
	struct buf kept = BUF_INIT;
	size_t offset, i, n = 0;
	struct element e;

	snapshot->table[table] = what;
	snapshot->partial[table] = false;
	snapshot->n_elements = 0;
	for (offset = 0; offset < snapshot->elements.size;) {
		offset = set_element_unpack(snapshot->elements.data, offset, &e);
		if (e.table == table)
			continue;
		set_element_pack(&kept, &e);
		snapshot->n_elements++;
	}
	buf_done(&snapshot->elements);
	snapshot->elements = kept;
	for (i = 0; i < snapshot->n_chains; i++) {
		if (snapshot->chains[i].table == table)
			snapshot_chain_done(&snapshot->chains[i]);
		else
			snapshot->chains[n++] = snapshot->chains[i];
	}
	snapshot->n_chains = n;
	for (i = n = 0; i < snapshot->n_client_maps; i++)
		if (snapshot->client_maps[i].map.table != table)
			snapshot->client_maps[n++] = snapshot->client_maps[i];
	snapshot->n_client_maps = n;
}

static int snapshot_chain_cmp(const void *a, const void *b)
{
	const struct snapshot_chain *x = a, *y = b;

	if (x->table != y->table)
		return x->table < y->table ? -1 : 1;
	return strcmp(x->name, y->name);
}

static int snapshot_client_map_cmp(const void *a, const void *b)
{
	const struct snapshot_client_map *x = a, *y = b;

	if (x->map.table != y->map.table)
		return x->map.table < y->map.table ? -1 : 1;
	return strcmp(x->map.name, y->map.name);
}

static int snapshot_offset_cmp(const void *a, const void *b, void *packed)
{
	return set_packed_cmp((const char *)packed + *(const uint32_t *)a,
			      (const char *)packed + *(const uint32_t *)b);
}

void snapshot_seal(struct snapshot *snapshot)
{
	size_t offset, i = 0;
	struct element e;

	assert(snapshot->elements.size <= UINT32_MAX);
	snapshot->offsets = alloc_bytes(snapshot->n_elements * sizeof(*snapshot->offsets));
	snapshot->element_seen = alloc_zeroed(snapshot->n_elements, sizeof(*snapshot->element_seen));
	for (offset = 0; offset < snapshot->elements.size;) {
		snapshot->offsets[i++] = (uint32_t)offset;
		offset = set_element_unpack(snapshot->elements.data, offset, &e);
	}
	if (snapshot->n_elements > 1)
		qsort_r(snapshot->offsets, snapshot->n_elements, sizeof(*snapshot->offsets),
			snapshot_offset_cmp, snapshot->elements.data);
	if (snapshot->n_chains > 1)
		qsort(snapshot->chains, snapshot->n_chains, sizeof(*snapshot->chains), snapshot_chain_cmp);
	if (snapshot->n_client_maps > 1)
		qsort(snapshot->client_maps, snapshot->n_client_maps, sizeof(*snapshot->client_maps),
		      snapshot_client_map_cmp);
}

struct snapshot_chain *snapshot_find_chain(struct snapshot *snapshot, enum family table, const char *name)
{
	struct snapshot_chain key = { .table = (uint8_t)table };

	(void)snprintf(key.name, sizeof(key.name), "%s", name);
	if (!snapshot->n_chains)
		return NULL;
	return bsearch(&key, snapshot->chains, snapshot->n_chains, sizeof(key), snapshot_chain_cmp);
}

bool snapshot_same_chain(const struct snapshot *snapshot, const struct snapshot_chain *found,
			 const struct chain *chain)
{
	struct buf fingerprint = BUF_INIT;
	bool same;

	snapshot->fingerprint(snapshot->ctx, chain, &fingerprint);
	same = strcmp(buf_text(&fingerprint), found->fingerprint) == 0;
	buf_done(&fingerprint);
	return same;
}

bool snapshot_same_head(const struct snapshot *snapshot, const struct snapshot_chain *found,
			const struct chain *chain)
{
	struct buf fingerprint = BUF_INIT;
	size_t head;
	bool same;

	snapshot->fingerprint(snapshot->ctx, chain, &fingerprint);
	head = strcspn(buf_text(&fingerprint), "\n");
	same = strncmp(buf_text(&fingerprint), found->fingerprint, head + 1) == 0;
	buf_done(&fingerprint);
	return same;
}

void snapshot_replace_chain(const struct snapshot *snapshot, struct snapshot_chain *found,
			    const struct chain *chain)
{
	struct buf fingerprint = BUF_INIT;

	snapshot->fingerprint(snapshot->ctx, chain, &fingerprint);
	(void)buf_text(&fingerprint);
	free(found->fingerprint);
	found->fingerprint = fingerprint.data;
}

void snapshot_take_chains(struct snapshot *to, struct snapshot *from)
{
	size_t old = to->n_chains, new = from->n_chains, at = old + new, i;
	struct snapshot_chain *chains;

	for (i = 0; i < new; i++)
		(void)ALLOC_APPEND(to->chains, to->n_chains);
	chains = to->chains;
	/* From the end, so that each moves once. */
	while (new)
		if (old && snapshot_chain_cmp(&chains[old - 1], &from->chains[new - 1]) > 0)
			chains[--at] = chains[--old];
		else
			chains[--at] = from->chains[--new];
	from->n_chains = 0;
}

struct snapshot_client_map *snapshot_find_client_map(struct snapshot *snapshot, enum family table,
						     const char *name)
{
	struct snapshot_client_map key = { .map = { .table = (uint8_t)table } };

	(void)snprintf(key.map.name, sizeof(key.map.name), "%s", name);
	if (!snapshot->n_client_maps)
		return NULL;
	return bsearch(&key, snapshot->client_maps, snapshot->n_client_maps, sizeof(key),
		       snapshot_client_map_cmp);
}

void snapshot_use_client_maps(struct snapshot *to, struct snapshot *from)
{
	const struct snapshot_client_map *had;
	size_t i;

	for (i = 0; i < from->n_client_maps; i++) {
		struct snapshot_client_map *map = &from->client_maps[i];

		had = snapshot_find_client_map(to, map->map.table, map->map.name);
		map->seen = had && had->seen;
	}
	free(to->client_maps);
	to->client_maps = TAKE_PTR(from->client_maps);
	to->n_client_maps = from->n_client_maps;
	from->n_client_maps = 0;
}

void snapshot_element(const struct snapshot *snapshot, size_t position, struct element *ret)
{
	(void)set_element_unpack(snapshot->elements.data, snapshot->offsets[position], ret);
}

size_t snapshot_lower_bound(const struct snapshot *snapshot, const struct element *e)
{
	size_t low = 0, high = snapshot->n_elements;
	struct element found;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		snapshot_element(snapshot, middle, &found);
		if (set_element_cmp(&found, e) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t snapshot_find_element(const struct snapshot *snapshot, const struct element *e, struct element *ret)
{
	size_t low = 0, high = snapshot->n_elements, found = SIZE_MAX;
	struct buf wanted = BUF_INIT;

	set_element_pack(&wanted, e);
	while (low < high && found == SIZE_MAX) {
		size_t middle = low + (high - low) / 2;
		int cmp = set_packed_cmp(snapshot->elements.data + snapshot->offsets[middle], wanted.data);

		if (!cmp)
			found = middle;
		else if (cmp < 0)
			low = middle + 1;
		else
			high = middle;
	}
	buf_done(&wanted);
	if (found != SIZE_MAX)
		snapshot_element(snapshot, found, ret);
	return found;
}
