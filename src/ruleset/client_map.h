/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * client_map.h - maps that rules fill: which endpoint a client was sent to
 *
 * Room:     ruleset. Pure.
 * Shapes:   a client map belongs to one table; its creator chooses the name. Rules (RULE_STATEMENT_CLIENT_UPDATE)
 *           add the entries, which time out. We read and delete entries, but never add one.
 * In nft:   `map NAME { type ipv4_addr : ipv4_addr . inet_service; flags dynamic,timeout; }`. For IPv6 it is
 *           two maps, NAME-address and NAME-port: nft 1.0.6 aborts on an update of a map that has an IPv6
 *           address and a port as its data.
 * Limits:   CLIENT_MAP_SIZE clients if the kernel can change the size of a map (Linux 6.5), else 65,535. Clients
 *           beyond that are not added. The size is raised after the map was created: with a size at its
 *           creation the kernel allocates for that many clients at once (2 MB for 65,535).
 */
#ifndef RULESET_CLIENT_MAP_H
#define RULESET_CLIENT_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/buf.h"
#include "ruleset/set.h"

#define CLIENT_MAP_NAME_MAX    31 /* without the suffix */
#define CLIENT_MAP_COMMENT_MAX 127
#define CLIENT_MAP_SIZE	       262144
#define CLIENT_MAP_PARTS_MAX   2

/**
 * struct client_map - One map
 * @table:	enum family
 * @comment:	for people: the Service port. Printable ASCII without quotes or backslashes; not compared
 */
struct client_map {
	uint8_t table;
	char name[CLIENT_MAP_NAME_MAX + 1];
	char comment[CLIENT_MAP_COMMENT_MAX + 1];
};

/**
 * struct client - An entry
 * @has_addr, @has_port: which parts exist: the two maps of IPv6 time out independently
 * @addr, @port: the endpoint
 */
struct client {
	struct addr client;
	bool has_addr;
	bool has_port;
	struct addr addr;
	uint16_t port;
};

/** client_map_n_parts() - How many nft maps it is: 1 or 2. */
size_t client_map_n_parts(enum family table);
/**
 * client_map_part() - Declaration of part @part without its name, which is client_map_part_name()
 *
 * Part 0 has the address (IPv4: and the port), part 1 the port.
 */
const struct set_decl *client_map_part(enum family table, size_t part);
/** client_map_part_name() - Its name in nft. Returns @ret. */
#define CLIENT_MAP_PART_NAME_SIZE (CLIENT_MAP_NAME_MAX + sizeof("-address"))
const char *client_map_part_name(enum family table, const char *name, size_t part,
				 char ret[CLIENT_MAP_PART_NAME_SIZE]);

/**
 * client_map_parse_part_name() - Inverse: the client map's name and the part, from the name of a map in nft
 *
 * Return: false if no client map has a part of that name.
 */
bool client_map_parse_part_name(enum family table, const char *part_name, char name[CLIENT_MAP_NAME_MAX + 1],
				size_t *ret_part);

#endif
