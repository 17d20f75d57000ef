/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "ruleset/table.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct table_chain *table_new_chain(const struct chain *chain)
{
	struct table_chain *new = alloc_zeroed(1, sizeof(*new));

	new->chain = *chain;
	new->chain.rules = alloc_zeroed(chain->n_rules, sizeof(*chain->rules));
	if (chain->n_rules)
		memcpy(new->chain.rules, chain->rules, chain->n_rules * sizeof(*chain->rules));
	return new;
}

struct table_chain *table_free_chain(struct table_chain *chain)
{
	if (chain)
		free(chain->chain.rules);
	free(chain);
	return NULL;
}

struct table *table_new(const struct skeleton *skeleton)
{
	struct table *table = alloc_zeroed(1, sizeof(*table));
	struct set_decl *sets = alloc_zeroed(skeleton->n_sets, sizeof(*sets));
	size_t i;

	for (i = 0; i < skeleton->n_sets; i++) {
		sets[i] = skeleton->sets[i];
		sets[i].name = alloc_string(skeleton->sets[i].name);
	}
	table->skeleton = *skeleton;
	table->skeleton.table_name = alloc_string(skeleton->table_name);
	table->skeleton.sets = sets;
	table->skeleton.n_chains = 0;
	table->skeleton.chains = NULL;
	table->elements = alloc_zeroed(skeleton->n_sets, sizeof(*table->elements));
	return table;
}

struct table *table_free(struct table *table)
{
	struct table_chain *chain, *next_chain;
	struct table_element *e, *next;
	size_t i;

	if (!table)
		return NULL;
	HASH_ITER(hh, table->chains, chain, next_chain) {
		table_unlink_chain(table, chain);
		(void)table_free_chain(chain);
	}
	for (i = 0; i < table->skeleton.n_sets; i++) {
		HASH_ITER(hh, table->elements[i], e, next) {
			table_unlink_element(table, e);
			free(e);
		}
		free((char *)table->skeleton.sets[i].name);
	}
	free((struct set_decl *)table->skeleton.sets);
	free((char *)table->skeleton.table_name);
	free(table->elements);
	free(table);
	return NULL;
}

struct table_chain *table_find_chain(const struct table *table, const char *name)
{
	struct table_chain *chain;

	HASH_FIND_STR(table->chains, name, chain);
	return chain;
}

struct table_element *table_find_element(const struct table *table, uint8_t set, const uint8_t *key,
					 size_t key_size)
{
	struct table_element *e;

	HASH_FIND(hh, table->elements[set], key, key_size, e);
	return e;
}

void table_link_chain(struct table *table, struct table_chain *chain)
{
	HASH_ADD_STR(table->chains, chain.name, chain);
}

void table_link_element(struct table *table, struct table_element *e)
{
	HASH_ADD_KEYPTR(hh, table->elements[e->element.set], e->element.key, e->element.key_size, e);
}

void table_unlink_chain(struct table *table, struct table_chain *chain)
{
	HASH_DELETE(hh, table->chains, chain);
}

void table_unlink_element(struct table *table, struct table_element *e)
{
	HASH_DELETE(hh, table->elements[e->element.set], e);
}

/* The target of the jump behind position @*at, which moves on; NULL if there is none. */
static const char *table_next_jump(const struct chain *chain, size_t *at)
{
	while (*at < chain->n_rules * RULE_STATEMENTS_MAX) {
		const struct rule *rule = &chain->rules[*at / RULE_STATEMENTS_MAX];
		size_t i = (*at)++ % RULE_STATEMENTS_MAX;

		if (i < rule->n_statements && rule->statements[i].kind == RULE_STATEMENT_JUMP)
			return rule->statements[i].chain;
	}
	return NULL;
}

static int table_check_target(const struct table *table, const char *name, struct err *reterr)
{
	const struct table_chain *chain = table_find_chain(table, name);

	if (!chain)
		return err_set(reterr, -ENOENT, "it leads to chain %s, which does not exist", name);
	if (chain->chain.hook != RULE_HOOK_NONE)
		return err_set(reterr, -EOPNOTSUPP, "it leads to %s, which is a base chain", name);
	return 0;
}

int table_check_chain(const struct table *table, const struct chain *chain, struct err *reterr)
{
	const char *target;
	size_t at = 0, i, k;
	int r;

	for (i = 0; i < chain->n_rules; i++)
		for (k = 0; k < chain->rules[i].n_statements; k++)
			if (chain->rules[i].statements[k].n_selectors &&
			    chain->rules[i].statements[k].set >= table->skeleton.n_sets)
				return err_set(reterr, -ENOENT, "it uses set %u, which does not exist",
					       chain->rules[i].statements[k].set);
	while ((target = table_next_jump(chain, &at))) {
		r = table_check_target(table, target, reterr);
		if (r)
			return r;
	}
	return 0;
}

static void table_use_chain(struct table *table, const char *name, int delta)
{
	struct table_chain *chain = table_find_chain(table, name);

	assert(chain && (delta > 0 || chain->use > 0));
	chain->use = delta > 0 ? chain->use + 1 : chain->use - 1;
}

void table_use_jumps(struct table *table, const struct chain *chain, int delta)
{
	const char *target;
	size_t at = 0;

	while ((target = table_next_jump(chain, &at)))
		table_use_chain(table, target, delta);
}

void table_use_element(struct table *table, const struct element *e, int delta)
{
	const char *target = NULL;

	if (table->skeleton.sets[e->set].kind == SET_KIND_VERDICT_MAP)
		target = set_data_chain(e);
	if (target)
		table_use_chain(table, target, delta);
}

/* What a set refuses whether or not the element is there. */
int table_check_element(const struct table *table, const struct element *e, bool with_data,
			struct err *reterr)
{
	const struct set_decl *decl;
	const char *target;

	if (e->set >= table->skeleton.n_sets)
		return err_set(reterr, -ENOENT, "set %u does not exist", e->set);
	decl = &table->skeleton.sets[e->set];
	if (e->key_size != set_key_size(decl, e->table))
		return err_set(reterr, -EINVAL, "a key of %u bytes", e->key_size);
	if (!with_data)
		return 0;
	switch (decl->kind) {
	case SET_KIND_SET:
	case SET_KIND_MAP:
		if (e->data_size != set_data_size(decl, e->table))
			return err_set(reterr, -EINVAL, "data of %u bytes", e->data_size);
		return 0;
	case SET_KIND_VERDICT_MAP:
		if (!e->data_size || e->data[0] < SET_VERDICT_DROP || e->data[0] > SET_VERDICT_JUMP)
			return err_set(reterr, -EINVAL, "no verdict");
		target = set_data_chain(e);
		return target ? table_check_target(table, target, reterr) : 0;
	}
	return err_set(reterr, -EINVAL, "a set of unknown kind");
}
