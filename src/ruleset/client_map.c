/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "ruleset/client_map.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *suffix;
	struct set_decl decl;
} client_map_parts[_FAMILY_MAX][CLIENT_MAP_PARTS_MAX] = {
	[FAMILY_IPV4] = { { "",
			    { .kind = SET_KIND_MAP,
			      .dynamic = true,
			      .key = { SET_FIELD_ADDR },
			      .data = { SET_FIELD_ADDR, SET_FIELD_PORT } } } },
	[FAMILY_IPV6] = { { "-address",
			    { .kind = SET_KIND_MAP,
			      .dynamic = true,
			      .key = { SET_FIELD_ADDR },
			      .data = { SET_FIELD_ADDR } } },
			  { "-port",
			    { .kind = SET_KIND_MAP,
			      .dynamic = true,
			      .key = { SET_FIELD_ADDR },
			      .data = { SET_FIELD_PORT } } } },
};

size_t client_map_n_parts(enum family table)
{
	return table == FAMILY_IPV4 ? 1 : 2;
}

const struct set_decl *client_map_part(enum family table, size_t part)
{
	assert(part < client_map_n_parts(table));
	return &client_map_parts[table][part].decl;
}

const char *client_map_part_name(enum family table, const char *name, size_t part,
				 char ret[CLIENT_MAP_PART_NAME_SIZE])
{
	assert(part < client_map_n_parts(table));
	(void)snprintf(ret, CLIENT_MAP_PART_NAME_SIZE, "%s%s", name, client_map_parts[table][part].suffix);
	return ret;
}

bool client_map_parse_part_name(enum family table, const char *part_name, char name[CLIENT_MAP_NAME_MAX + 1],
				size_t *ret_part)
{
	size_t part, len = strlen(part_name), suffix;

	for (part = 0; part < client_map_n_parts(table); part++) {
		suffix = strlen(client_map_parts[table][part].suffix);
		if (len <= suffix || len - suffix > CLIENT_MAP_NAME_MAX ||
		    strcmp(part_name + len - suffix, client_map_parts[table][part].suffix) != 0)
			continue;
		(void)snprintf(name, CLIENT_MAP_NAME_MAX + 1, "%.*s", (int)(len - suffix), part_name);
		*ret_part = part;
		return true;
	}
	return false;
}
