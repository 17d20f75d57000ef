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
			      .key = { SET_FIELD_INDEX, SET_FIELD_INDEX, SET_FIELD_ADDR },
			      .data = { SET_FIELD_ADDR, SET_FIELD_PORT } } } },
	[FAMILY_IPV6] = { { "-address",
			    { .kind = SET_KIND_MAP,
			      .dynamic = true,
			      .key = { SET_FIELD_INDEX, SET_FIELD_INDEX, SET_FIELD_INDEX, SET_FIELD_INDEX },
			      .data = { SET_FIELD_ADDR } } },
			  { "-port",
			    { .kind = SET_KIND_MAP,
			      .dynamic = true,
			      .key = { SET_FIELD_INDEX, SET_FIELD_INDEX, SET_FIELD_INDEX, SET_FIELD_INDEX },
			      .data = { SET_FIELD_PORT } } } },
};

bool client_map_hashes(enum family table)
{
	return table == FAMILY_IPV6;
}

size_t client_map_key_size(enum family table)
{
	return sizeof(struct set_list_key) +
	       (client_map_hashes(table) ? CLIENT_MAP_HASHES * 4 : addr_size(table));
}

const char *client_map_key_print(enum family table, const struct client_key *key,
				 char ret[CLIENT_MAP_KEY_TEXT_SIZE])
{
	const uint8_t *c = key->client;
	uint32_t words[CLIENT_MAP_HASHES];

	memcpy(words, key->client, sizeof(words));
	if (client_map_hashes(table))
		(void)snprintf(ret, CLIENT_MAP_KEY_TEXT_SIZE, "hash %u . %u", words[0], words[1]);
	else
		(void)snprintf(ret, CLIENT_MAP_KEY_TEXT_SIZE, "%u.%u.%u.%u", c[0], c[1], c[2], c[3]);
	return ret;
}

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
