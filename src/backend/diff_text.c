/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "backend/diff_text.h"

#include <stdio.h>
#include <string.h>

static const char *diff_text_family(const struct change *change)
{
	return change->table == FAMILY_IPV4 ? "ip" : "ip6";
}

/* One logical line; it is continued at column 6. */
static void diff_text_line(struct buf *text, size_t columns, char sign, const char *line)
{
	size_t column = 1;

	buf_printf(text, "%c", sign);
	while (*(line += strspn(line, " "))) {
		size_t len = strcspn(line, " ");

		if (columns && column > 6 && column + 1 + len > columns) {
			buf_printf(text, "\n%c    ", sign);
			column = 5;
		}
		buf_printf(text, " %.*s", (int)len, line);
		column += len + 1;
		line += len;
	}
	buf_add(text, "\n", 1);
}

static void diff_text_rules(const struct changes *changes, const struct chain *chain, size_t columns,
			    struct buf *text)
{
	struct buf line = BUF_INIT;
	size_t i;

	for (i = 0; i < chain->n_rules; i++) {
		buf_reset(&line);
		buf_printf(&line, "rule %s %s: ", chain->table == FAMILY_IPV4 ? "ip" : "ip6", chain->name);
		rule_print(&line, changes->skeleton->sets, chain->table, &chain->rules[i]);
		diff_text_line(text, columns, '+', buf_text(&line));
	}
	buf_done(&line);
}

static void diff_text_named(const struct changes *changes, const struct change *change, char sign,
			    const char *what, const char *name, size_t columns, struct buf *text)
{
	char line[256];

	(void)snprintf(line, sizeof(line), "%s %s %s", what, diff_text_family(change),
		       name ? name : changes->skeleton->table_name);
	diff_text_line(text, columns, sign, line);
}

static void diff_text_element(const struct changes *changes, const struct change *change, char sign,
			      size_t columns, struct buf *text)
{
	char owner[SERVICE_NAME_TEXT_SIZE];
	struct buf line = BUF_INIT;
	struct element element;

	change_element(changes, change, &element);
	buf_printf(&line, "element %s %s { ", diff_text_family(change),
		   changes->skeleton->sets[element.set].name);
	set_element_print(&line, &changes->skeleton->sets[element.set], &element);
	buf_printf(&line, " }");
	if (service_name_is_set(change->owner))
		buf_printf(&line, " # %s", service_name_print(change->owner, owner));
	diff_text_line(text, columns, sign, buf_text(&line));
	buf_done(&line);
}

void diff_text_print(const struct changes *changes, size_t columns, struct buf *text)
{
	size_t i;

	for (i = 0; i < changes->n; i++) {
		const struct change *change = &changes->list[i];

		switch ((enum change_op)change->op) {
		case CHANGE_OP_TABLE_DEL:
			diff_text_named(changes, change, '-', "table", NULL, columns, text);
			break;
		case CHANGE_OP_TABLE_ADD:
			diff_text_named(changes, change, '+', "table", NULL, columns, text);
			break;
		case CHANGE_OP_CLIENT_MAP_ADD:
			diff_text_named(changes, change, '+', "map", change->client_map->name, columns, text);
			break;
		case CHANGE_OP_CLIENT_MAP_DEL:
		case CHANGE_OP_CLIENT_DEL:
			diff_text_named(changes, change, '-', "map", change->client_map->name, columns, text);
			break;
		case CHANGE_OP_CHAIN_ADD:
			diff_text_named(changes, change, '+', "chain", change->chain->name, columns, text);
			diff_text_rules(changes, change->chain, columns, text);
			break;
		case CHANGE_OP_CHAIN_REFILL:
			diff_text_named(changes, change, '-', "rules", change->chain->name, columns, text);
			diff_text_rules(changes, change->chain, columns, text);
			break;
		case CHANGE_OP_CHAIN_DEL:
			diff_text_named(changes, change, '-', "chain", change->chain->name, columns, text);
			break;
		case CHANGE_OP_ELEMENT_ADD:
			diff_text_element(changes, change, '+', columns, text);
			break;
		case CHANGE_OP_ELEMENT_DEL:
			diff_text_element(changes, change, '-', columns, text);
			break;
		}
	}
}
