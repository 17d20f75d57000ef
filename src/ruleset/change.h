/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * change.h - what is to be done to the kernel, as a value
 *
 * Room:     ruleset. Pure. Every backend takes a struct changes: the kernel's applies it in one
 *           transaction, the text one prints it, the fake one applies it to an image in memory.
 * Order:    tables; new chains with their rules; refilled chains; deleted elements; added elements;
 *           deleted chains. change_finish() brings the list into that order.
 * Memory:   elements are packed; chains and owner names are borrowed and must outlive the list.
 */
#ifndef RULESET_CHANGE_H
#define RULESET_CHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "ruleset/rule.h"
#include "ruleset/set.h"

enum change_op {
	CHANGE_OP_TABLE_DEL,	/* the table and all in it; may be absent */
	CHANGE_OP_TABLE_ADD,	/* the table and its sets, empty */
	CHANGE_OP_CHAIN_ADD,	/* a new chain with its rules */
	CHANGE_OP_CHAIN_REFILL, /* flush a chain that stands, and fill it */
	CHANGE_OP_ELEMENT_DEL,
	CHANGE_OP_ELEMENT_ADD,
	CHANGE_OP_CHAIN_DEL,
};

/**
 * struct change - One step
 * @owner:	"namespace/name" of the Service that caused it, or "" for the node's own part
 * @chain:	for the _CHAIN_ ops
 * @element:	offset in struct changes' @elements, for the _ELEMENT_ ops
 */
struct change {
	uint8_t op;    /* enum change_op */
	uint8_t table; /* enum family */
	const char *owner;
	union {
		const struct chain *chain;
		size_t element;
	};
};

struct changes {
	const struct skeleton *skeleton;
	size_t n;
	size_t allocated;
	struct change *list;
	struct buf elements;
	size_t n_elements_added;
	size_t n_elements_deleted;
};

void change_init(struct changes *changes, const struct skeleton *skeleton);
void change_done(struct changes *changes);
void change_add_table(struct changes *changes, enum change_op op, enum family table);
void change_add_chain(struct changes *changes, enum change_op op, const char *owner,
		      const struct chain *chain);
void change_add_element(struct changes *changes, enum change_op op, const char *owner,
			const struct element *e);
/** change_finish() - Stable sort into the order above. */
void change_finish(struct changes *changes);
/** change_element() - Unpack the element of an _ELEMENT_ change. */
void change_element(const struct changes *changes, const struct change *change, struct element *ret);
/**
 * change_describe() - "element 10.96.0.1 . tcp . 80 of map services", "chain lb-tcp-3": for messages
 */
void change_describe(const struct changes *changes, const struct change *change, struct buf *text);

#endif
