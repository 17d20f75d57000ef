/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * change.h - a list of changes of the ruleset, as a value
 *
 * Room:     ruleset. Pure. Every backend takes a struct changes: the one for the kernel applies it in one
 *           transaction, the one for text prints it, the one for tests applies it to an image in memory.
 * Order:    tables; new client maps; new chains with their rules; refilled chains; deleted clients and
 *           elements; added elements; new base chains, where packets enter; deleted chains (first those with
 *           @goes_first); deleted client maps. change_finish() sorts the list into this order.
 * Memory:   elements are packed; chains, client maps, clients and owner names are borrowed and must outlive
 *           the list.
 */
#ifndef RULESET_CHANGE_H
#define RULESET_CHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/service_name.h"
#include "ruleset/rule.h"
#include "ruleset/set.h"

enum change_op {
	CHANGE_OP_TABLE_DEL, /* the table and everything in it; may be absent */
	CHANGE_OP_TABLE_ADD, /* the table and its sets, empty */
	CHANGE_OP_CLIENT_MAP_ADD,
	CHANGE_OP_CHAIN_ADD,	/* a new chain with its rules */
	CHANGE_OP_CHAIN_REFILL, /* flush an existing chain, and add the rules */
	CHANGE_OP_CLIENT_DEL, /* the parts that it has; if one has timed out: -ENOENT, unless the backend can ignore it */
	CHANGE_OP_ELEMENT_DEL,
	CHANGE_OP_ELEMENT_ADD,
	CHANGE_OP_CHAIN_DEL,
	CHANGE_OP_CLIENT_MAP_DEL, /* with all clients */
};

/**
 * struct change - One step
 * @owner:	the Service that caused it; unset for the node's own part
 * @chain:	for the _CHAIN_ ops
 * @element:	offset in struct changes' @elements, for the _ELEMENT_ ops
 * @client_map:	for the _CLIENT_ ops
 * @client:	for _CLIENT_DEL
 */
struct change {
	uint8_t op;    /* enum change_op */
	uint8_t table; /* enum family */
	struct service_name owner;
	union {
		const struct chain *chain;
		size_t element;
		const struct client_map *client_map;
	};
	const struct client *client;
};

struct changes {
	const struct skeleton *skeleton;
	size_t n;
	struct change *list;
	struct buf elements;
	size_t n_elements_added;
	size_t n_elements_deleted;
};

void change_init(struct changes *changes, const struct skeleton *skeleton);
void change_done(struct changes *changes);
void change_add_table(struct changes *changes, enum change_op op, enum family table);
void change_add_chain(struct changes *changes, enum change_op op, struct service_name owner,
		      const struct chain *chain);
void change_add_client_map(struct changes *changes, enum change_op op, struct service_name owner,
			   const struct client_map *map);
/** change_del_client() - Delete @client, which has at least one part. */
void change_del_client(struct changes *changes, struct service_name owner, const struct client_map *map,
		       const struct client *client);
void change_add_element(struct changes *changes, enum change_op op, struct service_name owner,
			const struct element *e);
/** change_finish() - Stable sort into the order above. */
void change_finish(struct changes *changes);
/**
 * change_n_unseen() - Length of the prefix of the list, which is in order, that no packet can see
 *
 * These changes add new tables and what is in them, but for base chains. 0 if the list changes an existing table.
 */
size_t change_n_unseen(const struct changes *changes);
/** change_element() - Unpack the element of an _ELEMENT_ change. */
void change_element(const struct changes *changes, const struct change *change, struct element *ret);
/**
 * change_describe() - "element 10.96.0.1 . tcp . 80 of map services", "chain lb-tcp-3": for messages
 */
void change_describe(const struct changes *changes, const struct change *change, struct buf *text);

#endif
