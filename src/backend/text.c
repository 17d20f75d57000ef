/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "backend/text.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define TEXT_BYTES_IN_LINE 16

static const char *text_family(enum family table)
{
	return table == FAMILY_IPV4 ? "ip" : "ip6";
}

static const char *text_field_type(enum set_field field, enum family table, bool is_typeof)
{
	bool v4 = table == FAMILY_IPV4;

	switch (field) {
	case SET_FIELD_NONE:
		break;
	case SET_FIELD_ADDR:
		if (is_typeof)
			return v4 ? "ip daddr" : "ip6 daddr";
		return v4 ? "ipv4_addr" : "ipv6_addr";
	case SET_FIELD_PROTOCOL:
		return is_typeof ? "meta l4proto" : "inet_proto";
	case SET_FIELD_PORT:
		return is_typeof ? "th dport" : "inet_service";
	case SET_FIELD_INDEX:
		return "numgen random mod 2";
	case SET_FIELD_BYTE:
		return v4 ? "ip ttl" : "ip6 hoplimit";
	}
	return "";
}

static void text_print_fields(struct buf *text, const uint8_t fields[SET_FIELDS_MAX], enum family table,
			      bool is_typeof)
{
	size_t i;

	for (i = 0; i < SET_FIELDS_MAX && fields[i] != SET_FIELD_NONE; i++)
		buf_printf(text, "%s%s", i ? " . " : "", text_field_type(fields[i], table, is_typeof));
}

/* "type ipv4_addr . inet_service : verdict" */
static void text_print_type(struct buf *text, const struct set_decl *decl, enum family table)
{
	/* nft has no type name for a plain integer, so typeof and an integer expression are used. */
	bool is_typeof = set_decl_is_typeof(decl);

	buf_printf(text, "%s ", is_typeof ? "typeof" : "type");
	text_print_fields(text, decl->key, table, is_typeof);
	switch (decl->kind) {
	case SET_KIND_SET:
		break;
	case SET_KIND_MAP:
		buf_printf(text, " : ");
		text_print_fields(text, decl->data, table, is_typeof);
		break;
	case SET_KIND_VERDICT_MAP:
		buf_printf(text, " : verdict");
		break;
	}
}

static void text_print_set(struct buf *text, const struct set_decl *decl, enum family table)
{
	buf_printf(text, "\t%s %s {\n\t\t", decl->kind == SET_KIND_SET ? "set" : "map", decl->name);
	text_print_type(text, decl, table);
	buf_printf(text, "\n\t}\n");
}

static void text_print_client_map(struct buf *text, const struct client_map *map)
{
	char name[CLIENT_MAP_PART_NAME_SIZE];
	size_t i;

	for (i = 0; i < client_map_n_parts(map->table); i++) {
		buf_printf(text, "\tmap %s {\n\t\t", client_map_part_name(map->table, map->name, i, name));
		text_print_type(text, client_map_part(map->table, i), map->table);
		buf_printf(text, "\n\t\tflags dynamic,timeout\n\t}\n");
	}
}

/* Resize the existing map: see the limits in ruleset/client_map.h. */
static void text_print_client_map_size(struct buf *text, const char *table_name, const struct client_map *map)
{
	char name[CLIENT_MAP_PART_NAME_SIZE];
	size_t i;

	for (i = 0; i < client_map_n_parts(map->table); i++) {
		buf_printf(text, "add map %s %s %s { ", text_family(map->table), table_name,
			   client_map_part_name(map->table, map->name, i, name));
		text_print_type(text, client_map_part(map->table, i), map->table);
		buf_printf(text, "; size %d; flags dynamic,timeout; }\n", CLIENT_MAP_SIZE);
	}
}

static void text_print_chain(struct buf *text, const struct set_decl *sets, const struct chain *chain)
{
	size_t i;

	buf_printf(text, "\tchain %s {\n", chain->name);
	if (chain->hook != RULE_HOOK_NONE)
		buf_printf(text, "\t\ttype nat hook %s priority %d; policy accept;\n",
			   rule_hook_name(chain->hook), chain->priority);
	if (*chain->comment)
		buf_printf(text, "\t\tcomment \"%s\"\n", chain->comment);
	for (i = 0; i < chain->n_rules; i++) {
		buf_printf(text, "\t\t");
		rule_print(text, sets, chain->table, &chain->rules[i]);
		buf_printf(text, "\n");
	}
	buf_printf(text, "\t}\n");
}

static void text_print_table(struct buf *text, const struct changes *changes, enum family table)
{
	const struct skeleton *skeleton = changes->skeleton;
	const char *family = text_family(table);
	size_t i;

	/* Deleting a table that may not exist: add it first. */
	buf_printf(text, "table %s %s\ndelete table %s %s\n", family, skeleton->table_name, family,
		   skeleton->table_name);
	buf_printf(text, "table %s %s {\n", family, skeleton->table_name);
	for (i = 0; i < skeleton->n_sets; i++)
		text_print_set(text, &skeleton->sets[i], table);
	for (i = 0; i < changes->n; i++)
		if (changes->list[i].op == CHANGE_OP_CLIENT_MAP_ADD && changes->list[i].table == table)
			text_print_client_map(text, changes->list[i].client_map);
	for (i = 0; i < changes->n; i++)
		if (changes->list[i].op == CHANGE_OP_CHAIN_ADD && changes->list[i].table == table)
			text_print_chain(text, skeleton->sets, changes->list[i].chain);
	buf_printf(text, "}\n");
	for (i = 0; i < changes->n; i++)
		if (changes->list[i].op == CHANGE_OP_CLIENT_MAP_ADD && changes->list[i].table == table)
			text_print_client_map_size(text, skeleton->table_name, changes->list[i].client_map);
}

/* One element to print, and its Service. */
struct text_line {
	struct service_name owner;
	const char *packed;
	size_t offset;
};

static int text_line_cmp(const void *a, const void *b)
{
	const struct text_line *x = a, *y = b;
	struct element ex, ey;
	int cmp = service_name_cmp(x->owner, y->owner);

	if (cmp)
		return cmp;
	(void)set_element_unpack(x->packed, x->offset, &ex);
	(void)set_element_unpack(y->packed, y->offset, &ey);
	return set_element_cmp(&ex, &ey);
}

static size_t text_collect(const struct changes *changes, struct text_line **ret)
{
	struct text_line *lines = alloc_bytes(changes->n * sizeof(*lines));
	size_t i, n = 0;

	for (i = 0; i < changes->n; i++)
		if (changes->list[i].op == CHANGE_OP_ELEMENT_ADD)
			lines[n++] = (struct text_line){ .owner = changes->list[i].owner,
							 .packed = changes->elements.data,
							 .offset = changes->list[i].element };
	if (n > 1)
		qsort(lines, n, sizeof(*lines), text_line_cmp);
	*ret = lines;
	return n;
}

/* Behind element @n of a set, counted from 1. */
static const char *text_separator(const struct set_decl *set, size_t n)
{
	return set->key[0] == SET_FIELD_BYTE && n % TEXT_BYTES_IN_LINE ? ", " : ",\n\t";
}

static void text_print_elements(struct buf *text, const struct changes *changes)
{
	const struct skeleton *skeleton = changes->skeleton;
	struct element e, last = { 0 };
	char owner[SERVICE_NAME_TEXT_SIZE];
	struct text_line *lines;
	size_t n = text_collect(changes, &lines), n_of_set = 0, i;

	for (i = 0; i < n; i++) {
		bool new_owner = !i || !service_name_equal(lines[i - 1].owner, lines[i].owner);

		(void)set_element_unpack(lines[i].packed, lines[i].offset, &e);
		if (!new_owner && e.table == last.table && e.set == last.set) {
			buf_printf(text, "%s", text_separator(&skeleton->sets[e.set], n_of_set++));
			set_element_print(text, &skeleton->sets[e.set], &e);
			continue;
		}
		n_of_set = 1;
		if (i)
			buf_printf(text, " }\n");
		if (new_owner && service_name_is_set(lines[i].owner))
			buf_printf(text, "# Service %s\n", service_name_print(lines[i].owner, owner));
		else if (new_owner)
			buf_printf(text, "# this node\n");
		last = e;
		buf_printf(text, "add element %s %s %s { ", text_family(e.table), skeleton->table_name,
			   skeleton->sets[e.set].name);
		set_element_print(text, &skeleton->sets[e.set], &e);
	}
	if (n)
		buf_printf(text, " }\n");
	free(lines);
}

void text_print(const struct changes *changes, struct buf *text)
{
	size_t i;

	for (i = 0; i < changes->n; i++)
		if (changes->list[i].op == CHANGE_OP_TABLE_ADD)
			text_print_table(text, changes, changes->list[i].table);
	text_print_elements(text, changes);
}
