/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "ruleset/change.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void change_init(struct changes *changes, const struct skeleton *skeleton)
{
	*changes = (struct changes){ .skeleton = skeleton };
}

void change_done(struct changes *changes)
{
	free(changes->list);
	buf_done(&changes->elements);
	*changes = (struct changes){ .skeleton = NULL };
}

static struct change *change_add(struct changes *changes, enum change_op op, enum family table,
				 struct service_name owner)
{
	struct change *change = ALLOC_APPEND(changes->list, changes->n);

	*change = (struct change){ .op = (uint8_t)op, .table = (uint8_t)table, .owner = owner };
	return change;
}

void change_add_table(struct changes *changes, enum change_op op, enum family table)
{
	(void)change_add(changes, op, table, SERVICE_NAME_NONE);
}

void change_add_chain(struct changes *changes, enum change_op op, struct service_name owner,
		      const struct chain *chain)
{
	change_add(changes, op, chain->table, owner)->chain = chain;
}

void change_add_client_map(struct changes *changes, enum change_op op, struct service_name owner,
			   const struct client_map *map)
{
	change_add(changes, op, map->table, owner)->client_map = map;
}

void change_del_client(struct changes *changes, struct service_name owner, const struct client_map *map,
		       const struct client *client)
{
	struct change *change = change_add(changes, CHANGE_OP_CLIENT_DEL, map->table, owner);

	change->client_map = map;
	change->client = client;
}

void change_add_element(struct changes *changes, enum change_op op, struct service_name owner,
			const struct element *e)
{
	change_add(changes, op, e->table, owner)->element = changes->elements.size;
	set_element_pack(&changes->elements, e);
	if (op == CHANGE_OP_ELEMENT_ADD)
		changes->n_elements_added++;
	else
		changes->n_elements_deleted++;
}

static bool change_is_base_chain(const struct change *change)
{
	return change->op == CHANGE_OP_CHAIN_ADD && change->chain->hook != RULE_HOOK_NONE;
}

#define CHANGE_RANK_MAX (3 * CHANGE_OP_CLIENT_MAP_DEL)

/* The order of the operations, but base chains come after the elements, and some deleted chains before the others. */
static unsigned int change_rank(const struct change *change)
{
	if (change_is_base_chain(change))
		return 3 * CHANGE_OP_ELEMENT_ADD + 1;
	if (change->op == CHANGE_OP_CHAIN_DEL && change->chain->goes_first)
		return 3 * CHANGE_OP_CHAIN_DEL - 1;
	return 3u * change->op;
}

void change_finish(struct changes *changes)
{
	size_t place[CHANGE_RANK_MAX + 2] = { 0 }, i;
	struct change *sorted;

	if (changes->n < 2)
		return;
	/* Where the changes of each rank begin. */
	for (i = 0; i < changes->n; i++)
		place[change_rank(&changes->list[i]) + 1]++;
	for (i = 1; i <= CHANGE_RANK_MAX; i++)
		place[i] += place[i - 1];
	sorted = alloc_bytes(changes->n * sizeof(*sorted));
	for (i = 0; i < changes->n; i++)
		sorted[place[change_rank(&changes->list[i])]++] = changes->list[i];
	memcpy(changes->list, sorted, changes->n * sizeof(*sorted));
	free(sorted);
}

size_t change_n_unseen(const struct changes *changes)
{
	bool is_new[_FAMILY_MAX] = { false };
	size_t unseen = changes->n, i;

	for (i = 0; i < changes->n; i++) {
		const struct change *change = &changes->list[i];

		if (change->op == CHANGE_OP_TABLE_ADD)
			is_new[change->table] = true;
		else if (change->op == CHANGE_OP_TABLE_DEL || !is_new[change->table])
			return 0;
		if (unseen == changes->n && change_is_base_chain(change))
			unseen = i;
	}
	return unseen;
}

void change_element(const struct changes *changes, const struct change *change, struct element *ret)
{
	(void)set_element_unpack(changes->elements.data, change->element, ret);
}

void change_describe(const struct changes *changes, const struct change *change, struct buf *text)
{
	const char *family = change->table == FAMILY_IPV4 ? "ip" : "ip6";
	const struct set_decl *decl;
	char client[CLIENT_MAP_KEY_TEXT_SIZE];
	struct element e;

	switch ((enum change_op)change->op) {
	case CHANGE_OP_TABLE_DEL:
	case CHANGE_OP_TABLE_ADD:
		buf_printf(text, "table %s %s", family, changes->skeleton->table_name);
		break;
	case CHANGE_OP_CHAIN_ADD:
	case CHANGE_OP_CHAIN_REFILL:
	case CHANGE_OP_CHAIN_DEL:
		buf_printf(text, "chain %s of table %s %s", change->chain->name, family,
			   changes->skeleton->table_name);
		break;
	case CHANGE_OP_CLIENT_MAP_ADD:
	case CHANGE_OP_CLIENT_MAP_DEL:
		buf_printf(text, "map %s of table %s %s", change->client_map->name, family,
			   changes->skeleton->table_name);
		break;
	case CHANGE_OP_CLIENT_DEL:
		buf_printf(text, "client %s of map %s in table %s %s",
			   client_map_key_print(change->table, &change->client->key, client),
			   change->client_map->name, family, changes->skeleton->table_name);
		break;
	case CHANGE_OP_ELEMENT_DEL:
	case CHANGE_OP_ELEMENT_ADD:
		change_element(changes, change, &e);
		decl = &changes->skeleton->sets[e.set];
		buf_printf(text, "element ");
		set_element_print(text, decl, &e);
		buf_printf(text, " of %s in table %s %s", decl->name, family, changes->skeleton->table_name);
		break;
	}
}
