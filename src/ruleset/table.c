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

struct table_client_map *table_new_client_map(const struct client_map *map)
{
	struct table_client_map *new = alloc_zeroed(1, sizeof(*new));

	new->map = *map;
	return new;
}

struct table_client_map *table_free_client_map(struct table_client_map *map)
{
	struct table_client *client, *next;

	if (!map)
		return NULL;
	HASH_ITER(hh, map->clients, client, next) {
		table_unlink_client(map, client);
		free(client);
	}
	free(map);
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
	struct table_client_map *map, *next_map;
	struct table_chain *chain, *next_chain;
	struct table_element *e, *next;
	size_t i;

	if (!table)
		return NULL;
	HASH_ITER(hh, table->chains, chain, next_chain) {
		table_unlink_chain(table, chain);
		(void)table_free_chain(chain);
	}
	HASH_ITER(hh, table->client_maps, map, next_map) {
		table_unlink_client_map(table, map);
		(void)table_free_client_map(map);
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

struct table_client_map *table_find_client_map(const struct table *table, const char *name)
{
	struct table_client_map *map;

	HASH_FIND_STR(table->client_maps, name, map);
	return map;
}

struct table_client *table_find_client(const struct table_client_map *map, const struct client_key *key)
{
	struct table_client *client;

	HASH_FIND(hh, map->clients, key, sizeof(*key), client);
	return client;
}

void table_link_client_map(struct table *table, struct table_client_map *map)
{
	HASH_ADD_STR(table->client_maps, map.name, map);
}

void table_unlink_client_map(struct table *table, struct table_client_map *map)
{
	HASH_DELETE(hh, table->client_maps, map);
}

void table_link_client(struct table_client_map *map, struct table_client *client)
{
	HASH_ADD(hh, map->clients, client.key, sizeof(client->client.key), client);
}

void table_unlink_client(struct table_client_map *map, struct table_client *client)
{
	HASH_DELETE(hh, map->clients, client);
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

/* The next statement from position *@at on that names a chain or a client map, or NULL; moves *@at on. */
static const struct rule_statement *table_next_name(const struct chain *chain, size_t *at)
{
	while (*at < chain->n_rules * RULE_STATEMENTS_MAX) {
		const struct rule *rule = &chain->rules[*at / RULE_STATEMENTS_MAX];
		size_t i = (*at)++ % RULE_STATEMENTS_MAX;

		if (i < rule->n_statements && (*rule->statements[i].chain || *rule->statements[i].client_map))
			return &rule->statements[i];
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
	const struct rule_statement *s;
	size_t at = 0, i, k;
	int r;

	for (i = 0; i < chain->n_rules; i++)
		for (k = 0; k < chain->rules[i].n_statements; k++)
			if (chain->rules[i].statements[k].n_selectors &&
			    chain->rules[i].statements[k].set >= table->skeleton.n_sets)
				return err_set(reterr, -ENOENT, "it uses set %u, which does not exist",
					       chain->rules[i].statements[k].set);
	while ((s = table_next_name(chain, &at))) {
		if (*s->client_map && !table_find_client_map(table, s->client_map))
			return err_set(reterr, -ENOENT, "it uses map %s, which does not exist",
				       s->client_map);
		r = *s->chain ? table_check_target(table, s->chain, reterr) : 0;
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

static void table_use_client_map(struct table *table, const char *name, int delta)
{
	struct table_client_map *map = table_find_client_map(table, name);

	assert(map && (delta > 0 || map->use > 0));
	map->use = delta > 0 ? map->use + 1 : map->use - 1;
}

void table_use_rules(struct table *table, const struct chain *chain, int delta)
{
	const struct rule_statement *s;
	size_t at = 0;

	while ((s = table_next_name(chain, &at))) {
		if (*s->chain)
			table_use_chain(table, s->chain, delta);
		if (*s->client_map)
			table_use_client_map(table, s->client_map, delta);
	}
}

void table_use_element(struct table *table, const struct element *e, int delta)
{
	const char *target = NULL;

	if (table->skeleton.sets[e->set].kind == SET_KIND_VERDICT_MAP)
		target = set_data_chain(e);
	if (target)
		table_use_chain(table, target, delta);
}

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
