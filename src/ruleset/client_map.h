/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * client_map.h - maps that rules fill: which endpoint a client was sent to
 *
 * Room:     ruleset. Pure.
 * Shapes:   a client map belongs to one table; its creator chooses the name. It may serve many Service ports: an entry's key
 *           is the list of endpoints that the client was sent to (struct set_list_key), and the client. Rules
 *           (RULE_STATEMENT_CLIENT_UPDATE) add the entries, which time out. We read and delete entries, but never add one.
 * In nft:   IPv4: `map NAME { typeof LIST_KEY . ip saddr : ip daddr . th dport; flags dynamic,timeout; }`.
 *           IPv6: two maps, NAME-address and NAME-port, because nft 1.0.6 aborts on an update of a map that has an IPv6
 *           address and a port as its data. And in an update nft 1.0.6 puts the data into the registers behind the first
 *           16 bytes of the key, so a longer key would be damaged. A list key and an IPv6 address have 24 bytes. So IPv6
 *           keys have a hash of the client instead, CLIENT_MAP_HASHES words of `jhash`. Two clients with one hash, of 64
 *           bits, are sent to the same endpoint.
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

#define CLIENT_MAP_NAME_MAX	31 /* without the suffix */
#define CLIENT_MAP_SIZE		262144
#define CLIENT_MAP_PARTS_MAX	2
#define CLIENT_MAP_HASHES	2
#define CLIENT_MAP_HASH_MODULUS 4294967295U

/** struct client_map - One map, without holes, so that it can be hashed. @table: enum family */
struct client_map {
	uint8_t table;
	char name[CLIENT_MAP_NAME_MAX + 1];
	uint8_t zero[3];
};

/**
 * struct client_key - The key of an entry, without holes, so that it can be hashed
 * @client:	IPv4: the address; IPv6: the words of the hash, in the kernel's order of bytes
 */
struct client_key {
	struct set_list_key list;
	uint8_t client[CLIENT_MAP_HASHES * 4];
};

/**
 * struct client - An entry
 * @has_addr, @has_port: which parts exist: the two maps of IPv6 time out independently
 * @addr, @port: the endpoint
 */
struct client {
	struct client_key key;
	bool has_addr;
	bool has_port;
	struct addr addr;
	uint16_t port;
};

/** client_map_hashes() - Whether the keys have a hash of the client. */
bool client_map_hashes(enum family table);
/** client_map_key_size() - How many bytes of struct client_key a key has. */
size_t client_map_key_size(enum family table);
/** client_map_key_print() - The client in @key, for messages: an address, or "hash 0x...". Returns @ret. */
#define CLIENT_MAP_KEY_TEXT_SIZE 32
const char *client_map_key_print(enum family table, const struct client_key *key,
				 char ret[CLIENT_MAP_KEY_TEXT_SIZE]);
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
