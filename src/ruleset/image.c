/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "ruleset/image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "ruleset/table.h"
#include "ruleset/validate.h"

/**
 * DOC: Transactions
 *
 * Each step is done at once and adds an entry to a journal, which keeps the removed objects. After a rejected
 * step the journal is undone from its end, so that each undo finds the state that its step left. After a
 * success the removed objects are freed. As in the kernel, a step sees all steps before it.
 */

struct image {
	struct table *tables[_FAMILY_MAX];
	size_t failed_step;
};

/**
 * struct image_undo - How to undo one step
 * @old_table:	removed by _TABLE_DEL
 * @chain:	added by _CHAIN_ADD, removed by _CHAIN_DEL, refilled by _CHAIN_REFILL
 * @refilled:	the rules that _CHAIN_REFILL removed from @chain
 * @element:	added by _ELEMENT_ADD, removed by _ELEMENT_DEL
 * @client_map:	added by _CLIENT_MAP_ADD, removed by _CLIENT_MAP_DEL; the map of the client of _CLIENT_DEL
 * @client:	removed by _CLIENT_DEL
 */
struct image_undo {
	enum change_op op;
	enum family table;
	struct table *old_table;
	struct table_chain *chain;
	struct table_chain *refilled;
	struct table_element *element;
	struct table_client_map *client_map;
	struct table_client *client;
};

/** struct image_journal - @needs_validation: a chain was written or a verdict added. */
struct image_journal {
	size_t n;
	struct image_undo *list;
	bool needs_validation;
};

struct image *image_new(void)
{
	struct image *image = alloc_zeroed(1, sizeof(*image));

	image->failed_step = SIZE_MAX;
	return image;
}

struct image *image_free(struct image *image)
{
	size_t i;

	if (!image)
		return NULL;
	for (i = 0; i < _FAMILY_MAX; i++)
		(void)table_free(image->tables[i]);
	free(image);
	return NULL;
}

static struct image_undo *image_note(struct image_journal *journal, enum change_op op, enum family table)
{
	struct image_undo *undo = &journal->list[journal->n++];

	*undo = (struct image_undo){ .op = op, .table = table };
	return undo;
}

static int image_add_chain(struct table *table, const struct chain *chain, struct image_journal *journal,
			   struct err *reterr)
{
	struct table_chain *new;
	int r;

	if (table_find_chain(table, chain->name))
		return err_set(reterr, -EEXIST, "it is there already");
	r = table_check_chain(table, chain, reterr);
	if (r)
		return r;
	new = table_new_chain(chain);
	table_link_chain(table, new);
	table_use_rules(table, &new->chain, 1);
	image_note(journal, CHANGE_OP_CHAIN_ADD, chain->table)->chain = new;
	journal->needs_validation = true;
	return 0;
}

/* Exchange the content of two chains, and count the jumps of the one that is in the table. */
static void image_swap_chain(struct table *table, struct table_chain *chain, struct table_chain *other)
{
	struct chain old = chain->chain;

	table_use_rules(table, &old, -1);
	chain->chain = other->chain;
	other->chain = old;
	table_use_rules(table, &chain->chain, 1);
}

static int image_refill_chain(struct table *table, const struct chain *chain, struct image_journal *journal,
			      struct err *reterr)
{
	struct table_chain *old = table_find_chain(table, chain->name);
	struct image_undo *undo;
	int r;

	if (!old)
		return err_set(reterr, -ENOENT, "it does not exist");
	if (old->chain.hook != chain->hook || old->chain.priority != chain->priority)
		return err_set(reterr, -EEXIST, "it is there with another hook or priority");
	r = table_check_chain(table, chain, reterr);
	if (r)
		return r;
	undo = image_note(journal, CHANGE_OP_CHAIN_REFILL, chain->table);
	undo->chain = old;
	undo->refilled = table_new_chain(chain);
	image_swap_chain(table, old, undo->refilled);
	journal->needs_validation = true;
	return 0;
}

static int image_del_chain(struct table *table, const struct chain *chain, struct image_journal *journal,
			   struct err *reterr)
{
	struct table_chain *old = table_find_chain(table, chain->name);

	if (!old)
		return err_set(reterr, -ENOENT, "it does not exist");
	if (old->use)
		return err_set(reterr, -EBUSY, "%zu jumps or verdicts still lead to it", old->use);
	table_use_rules(table, &old->chain, -1);
	table_unlink_chain(table, old);
	image_note(journal, CHANGE_OP_CHAIN_DEL, chain->table)->chain = old;
	return 0;
}

static int image_add_element(struct table *table, const struct element *e, struct image_journal *journal,
			     struct err *reterr)
{
	struct table_element *old, *new;
	int r = table_check_element(table, e, true, reterr);

	if (r)
		return r;
	old = table_find_element(table, e->set, e->key, e->key_size);
	if (old && set_element_same_data(&old->element, e))
		return 0;
	if (old)
		return err_set(reterr, -EEXIST, "it is there with other data");
	new = alloc_zeroed(1, sizeof(*new));
	new->element = *e;
	table_link_element(table, new);
	table_use_element(table, &new->element, 1);
	image_note(journal, CHANGE_OP_ELEMENT_ADD, e->table)->element = new;
	if (table->skeleton.sets[e->set].kind == SET_KIND_VERDICT_MAP)
		journal->needs_validation = true;
	return 0;
}

static int image_del_element(struct table *table, const struct element *e, struct image_journal *journal,
			     struct err *reterr)
{
	struct table_element *old;
	int r = table_check_element(table, e, false, reterr);

	if (r)
		return r;
	old = table_find_element(table, e->set, e->key, e->key_size);
	if (!old)
		return err_set(reterr, -ENOENT, "it does not exist");
	table_use_element(table, &old->element, -1);
	table_unlink_element(table, old);
	image_note(journal, CHANGE_OP_ELEMENT_DEL, e->table)->element = old;
	return 0;
}

static int image_add_client_map(struct table *table, const struct client_map *map,
				struct image_journal *journal, struct err *reterr)
{
	struct table_client_map *new;

	if (table_find_client_map(table, map->name))
		return err_set(reterr, -EEXIST, "it is there already");
	new = table_new_client_map(map);
	table_link_client_map(table, new);
	image_note(journal, CHANGE_OP_CLIENT_MAP_ADD, map->table)->client_map = new;
	return 0;
}

static int image_del_client_map(struct table *table, const struct client_map *map,
				struct image_journal *journal, struct err *reterr)
{
	struct table_client_map *old = table_find_client_map(table, map->name);

	if (!old)
		return err_set(reterr, -ENOENT, "it does not exist");
	if (old->use)
		return err_set(reterr, -EBUSY, "%zu rules still use it", old->use);
	table_unlink_client_map(table, old);
	image_note(journal, CHANGE_OP_CLIENT_MAP_DEL, map->table)->client_map = old;
	return 0;
}

static int image_del_client(struct table *table, const struct change *change, struct image_journal *journal,
			    struct err *reterr)
{
	struct table_client_map *map = table_find_client_map(table, change->client_map->name);
	struct table_client *old = map ? table_find_client(map, &change->client->key) : NULL;
	struct image_undo *undo;

	if (!old)
		return err_set(reterr, -ENOENT, "it does not exist");
	table_unlink_client(map, old);
	undo = image_note(journal, CHANGE_OP_CLIENT_DEL, change->table);
	undo->client_map = map;
	undo->client = old;
	return 0;
}

static int image_step(struct image *image, const struct changes *changes, const struct change *change,
		      struct image_journal *journal, struct err *reterr)
{
	struct table **table = &image->tables[change->table];
	struct element e;

	switch ((enum change_op)change->op) {
	case CHANGE_OP_TABLE_DEL:
		if (*table)
			image_note(journal, CHANGE_OP_TABLE_DEL, change->table)->old_table = TAKE_PTR(*table);
		return 0;
	case CHANGE_OP_TABLE_ADD:
		if (*table)
			return err_set(reterr, -EEXIST, "it is there already");
		*table = table_new(changes->skeleton);
		(void)image_note(journal, CHANGE_OP_TABLE_ADD, change->table);
		return 0;
	case CHANGE_OP_CLIENT_MAP_ADD:
	case CHANGE_OP_CHAIN_ADD:
	case CHANGE_OP_CHAIN_REFILL:
	case CHANGE_OP_CLIENT_DEL:
	case CHANGE_OP_ELEMENT_DEL:
	case CHANGE_OP_ELEMENT_ADD:
	case CHANGE_OP_CHAIN_DEL:
	case CHANGE_OP_CLIENT_MAP_DEL:
		break;
	}
	if (!*table)
		return err_set(reterr, -ENOENT, "its table does not exist");
	switch ((enum change_op)change->op) {
	case CHANGE_OP_CHAIN_ADD:
		return image_add_chain(*table, change->chain, journal, reterr);
	case CHANGE_OP_CHAIN_REFILL:
		return image_refill_chain(*table, change->chain, journal, reterr);
	case CHANGE_OP_CHAIN_DEL:
		return image_del_chain(*table, change->chain, journal, reterr);
	case CHANGE_OP_ELEMENT_DEL:
		change_element(changes, change, &e);
		return image_del_element(*table, &e, journal, reterr);
	case CHANGE_OP_ELEMENT_ADD:
		change_element(changes, change, &e);
		return image_add_element(*table, &e, journal, reterr);
	case CHANGE_OP_CLIENT_MAP_ADD:
		return image_add_client_map(*table, change->client_map, journal, reterr);
	case CHANGE_OP_CLIENT_MAP_DEL:
		return image_del_client_map(*table, change->client_map, journal, reterr);
	case CHANGE_OP_CLIENT_DEL:
		return image_del_client(*table, change, journal, reterr);
	case CHANGE_OP_TABLE_DEL:
	case CHANGE_OP_TABLE_ADD:
		break;
	}
	return err_set(reterr, -EINVAL, "an unknown kind of change");
}

static void image_undo_step(struct image *image, struct image_undo *undo)
{
	struct table *table = image->tables[undo->table];

	switch (undo->op) {
	case CHANGE_OP_TABLE_DEL:
		image->tables[undo->table] = undo->old_table;
		break;
	case CHANGE_OP_TABLE_ADD:
		(void)table_free(TAKE_PTR(image->tables[undo->table]));
		break;
	case CHANGE_OP_CHAIN_ADD:
		table_use_rules(table, &undo->chain->chain, -1);
		table_unlink_chain(table, undo->chain);
		(void)table_free_chain(undo->chain);
		break;
	case CHANGE_OP_CHAIN_REFILL:
		image_swap_chain(table, undo->chain, undo->refilled);
		(void)table_free_chain(undo->refilled);
		break;
	case CHANGE_OP_CHAIN_DEL:
		table_link_chain(table, undo->chain);
		table_use_rules(table, &undo->chain->chain, 1);
		break;
	case CHANGE_OP_ELEMENT_ADD:
		table_use_element(table, &undo->element->element, -1);
		table_unlink_element(table, undo->element);
		free(undo->element);
		break;
	case CHANGE_OP_ELEMENT_DEL:
		table_link_element(table, undo->element);
		table_use_element(table, &undo->element->element, 1);
		break;
	case CHANGE_OP_CLIENT_MAP_ADD:
		table_unlink_client_map(table, undo->client_map);
		(void)table_free_client_map(undo->client_map);
		break;
	case CHANGE_OP_CLIENT_MAP_DEL:
		table_link_client_map(table, undo->client_map);
		break;
	case CHANGE_OP_CLIENT_DEL:
		table_link_client(undo->client_map, undo->client);
		break;
	}
}

static void image_forget_step(struct image_undo *undo)
{
	switch (undo->op) {
	case CHANGE_OP_TABLE_DEL:
		(void)table_free(undo->old_table);
		break;
	case CHANGE_OP_CHAIN_REFILL:
		(void)table_free_chain(undo->refilled);
		break;
	case CHANGE_OP_CHAIN_DEL:
		(void)table_free_chain(undo->chain);
		break;
	case CHANGE_OP_ELEMENT_DEL:
		free(undo->element);
		break;
	case CHANGE_OP_CLIENT_MAP_DEL:
		(void)table_free_client_map(undo->client_map);
		break;
	case CHANGE_OP_CLIENT_DEL:
		free(undo->client);
		break;
	case CHANGE_OP_CLIENT_MAP_ADD:
	case CHANGE_OP_TABLE_ADD:
	case CHANGE_OP_CHAIN_ADD:
	case CHANGE_OP_ELEMENT_ADD:
		break;
	}
}

int image_apply(struct image *image, const struct changes *changes, struct err *reterr)
{
	struct image_journal journal = { 0 };
	struct buf what = BUF_INIT;
	size_t i;
	int r = 0;

	journal.list = alloc_zeroed(changes->n, sizeof(*journal.list));
	image->failed_step = SIZE_MAX;
	for (i = 0; i < changes->n && !r; i++) {
		r = image_step(image, changes, &changes->list[i], &journal, reterr);
		if (r) {
			change_describe(changes, &changes->list[i], &what);
			(void)err_wrap(reterr, "%s", buf_text(&what));
			image->failed_step = i;
		}
	}
	for (i = 0; i < _FAMILY_MAX && !r; i++)
		if (image->tables[i] && journal.needs_validation)
			r = validate_table(image->tables[i], reterr);
	while (journal.n--)
		if (r)
			image_undo_step(image, &journal.list[journal.n]);
		else
			image_forget_step(&journal.list[journal.n]);
	free(journal.list);
	buf_done(&what);
	return r;
}

size_t image_failed_step(const struct image *image)
{
	return image->failed_step;
}

const struct element *image_find_element(const struct image *image, enum family table, uint8_t set,
					 const uint8_t *key, size_t key_size)
{
	const struct table *t = image->tables[table];
	const struct table_element *e;

	if (!t || set >= t->skeleton.n_sets)
		return NULL;
	e = table_find_element(t, set, key, key_size);
	return e ? &e->element : NULL;
}

const struct chain *image_find_chain(const struct image *image, enum family table, const char *name)
{
	const struct table_chain *chain = NULL;

	if (image->tables[table])
		chain = table_find_chain(image->tables[table], name);
	return chain ? &chain->chain : NULL;
}

const struct chain *image_each_chain(const struct image *image, enum family table, const struct chain *after)
{
	const struct table *t = image->tables[table];
	const struct table_chain *chain;

	if (!t)
		return NULL;
	if (!after) {
		chain = t->chains;
	} else {
		chain = table_find_chain(t, after->name);
		chain = chain ? chain->hh.next : NULL;
	}
	return chain ? &chain->chain : NULL;
}

const struct chain *image_each_base_chain(const struct image *image, enum family table, enum rule_hook hook,
					  const struct chain *after)
{
	const struct chain *next = NULL;
	const struct table_chain *chain;
	bool passed = !after;

	/*
	 * The least priority that is not below @after's; of equal ones, the chain that was created later comes
	 * first (the kernel inserts a hook before its equals).
	 */
	for (chain = image->tables[table] ? image->tables[table]->chains : NULL; chain;
	     chain = chain->hh.next) {
		if (chain->chain.hook != hook)
			continue;
		if (&chain->chain == after) {
			passed = true;
			continue;
		}
		if (after && chain->chain.priority < after->priority)
			continue;
		if (after && chain->chain.priority == after->priority && passed)
			continue;
		if (!next || chain->chain.priority <= next->priority)
			next = &chain->chain;
	}
	return next;
}

const struct element *image_each_element(const struct image *image, enum family table, uint8_t set,
					 const struct element *after)
{
	const struct table *t = image->tables[table];
	const struct table_element *e;

	if (!t || set >= t->skeleton.n_sets)
		return NULL;
	if (!after) {
		e = t->elements[set];
	} else {
		e = table_find_element(t, set, after->key, after->key_size);
		e = e ? e->hh.next : NULL;
	}
	return e ? &e->element : NULL;
}

const struct client_map *image_each_client_map(const struct image *image, enum family table,
					       const struct client_map *after)
{
	const struct table *t = image->tables[table];
	const struct table_client_map *map;

	if (!t)
		return NULL;
	map = after ? table_find_client_map(t, after->name) : NULL;
	map = !after ? t->client_maps : map ? map->hh.next : NULL;
	return map ? &map->map : NULL;
}

const struct client *image_each_client(const struct image *image, enum family table, const char *map,
				       const struct client *after)
{
	const struct table *t = image->tables[table];
	const struct table_client_map *m = t ? table_find_client_map(t, map) : NULL;
	const struct table_client *client;

	if (!m)
		return NULL;
	client = after ? table_find_client(m, &after->key) : NULL;
	client = !after ? m->clients : client ? client->hh.next : NULL;
	return client ? &client->client : NULL;
}

const struct client *image_find_client(const struct image *image, enum family table, const char *map,
				       const struct client_key *key)
{
	const struct table *t = image->tables[table];
	const struct table_client_map *m = t ? table_find_client_map(t, map) : NULL;
	const struct table_client *client = m ? table_find_client(m, key) : NULL;

	return client ? &client->client : NULL;
}

void image_learn_client(struct image *image, enum family table, const char *map, const struct client *client)
{
	const struct table *t = image->tables[table];
	struct table_client_map *m = t ? table_find_client_map(t, map) : NULL;
	struct table_client *new;

	if (!m || table_find_client(m, &client->key))
		return;
	new = alloc_zeroed(1, sizeof(*new));
	new->client = *client;
	table_link_client(m, new);
}

bool image_has_table(const struct image *image, enum family table)
{
	return image->tables[table];
}

const struct skeleton *image_skeleton(const struct image *image)
{
	size_t i;

	for (i = 0; i < _FAMILY_MAX; i++)
		if (image->tables[i])
			return &image->tables[i]->skeleton;
	return NULL;
}

static int image_cmp_chains(const void *a, const void *b)
{
	const struct chain *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static void image_print_chains(const struct table *table, enum family family, struct buf *text)
{
	const struct chain **sorted = alloc_zeroed(HASH_COUNT(table->chains), sizeof(struct chain *));
	const struct table_chain *chain;
	size_t n = 0, i, k;

	for (chain = table->chains; chain; chain = chain->hh.next)
		sorted[n++] = &chain->chain;
	qsort(sorted, n, sizeof(*sorted), image_cmp_chains);
	for (i = 0; i < n; i++) {
		buf_printf(text, "\tchain %s {", sorted[i]->name);
		if (sorted[i]->hook != RULE_HOOK_NONE)
			buf_printf(text, " type nat hook %s priority %d;", rule_hook_name(sorted[i]->hook),
				   sorted[i]->priority);
		buf_printf(text, "\n");
		for (k = 0; k < sorted[i]->n_rules; k++) {
			buf_printf(text, "\t\t");
			rule_print(text, table->skeleton.sets, family, &sorted[i]->rules[k]);
			buf_printf(text, "\n");
		}
		buf_printf(text, "\t}\n");
	}
	free(sorted);
}

static void image_print_set(const struct table *table, size_t set, struct buf *text)
{
	const struct set_decl *decl = &table->skeleton.sets[set];
	size_t n = 0, i, count = HASH_COUNT(table->elements[set]);
	struct element *sorted = alloc_zeroed(count, sizeof(*sorted));
	const struct table_element *e;

	for (e = table->elements[set]; e; e = e->hh.next)
		sorted[n++] = e->element;
	set_elements_sort(sorted, n);
	buf_printf(text, "\t%s %s {\n", decl->kind == SET_KIND_SET ? "set" : "map", decl->name);
	for (i = 0; i < n; i++) {
		buf_printf(text, "\t\t");
		set_element_print(text, decl, &sorted[i]);
		buf_printf(text, "\n");
	}
	buf_printf(text, "\t}\n");
	free(sorted);
}

static int image_cmp_client_maps(const void *a, const void *b)
{
	const struct client_map *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static void image_print_client_maps(const struct table *table, struct buf *text)
{
	const struct client_map **sorted =
		alloc_zeroed(HASH_COUNT(table->client_maps), sizeof(struct client_map *));
	const struct table_client_map *map;
	size_t n = 0, i;

	for (map = table->client_maps; map; map = map->hh.next)
		sorted[n++] = &map->map;
	qsort(sorted, n, sizeof(*sorted), image_cmp_client_maps);
	for (i = 0; i < n; i++)
		buf_printf(text, "\tclient map %s\n", sorted[i]->name);
	free(sorted);
}

void image_print(const struct image *image, struct buf *text)
{
	size_t i, k;

	for (i = 0; i < _FAMILY_MAX; i++) {
		const struct table *table = image->tables[i];

		if (!table)
			continue;
		buf_printf(text, "table %s %s {\n", i == FAMILY_IPV4 ? "ip" : "ip6",
			   table->skeleton.table_name);
		for (k = 0; k < table->skeleton.n_sets; k++)
			image_print_set(table, k, text);
		image_print_client_maps(table, text);
		image_print_chains(table, i, text);
		buf_printf(text, "}\n");
	}
}
