/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * yaml_tree.h - libyaml's events to a tree, one object at a time
 *
 * Room:     decode. Pure. For yaml.c and document.c only.
 * Rule:     an error in one object (a duplicate key, an unknown tag, too deep, too large) is kept and the
 *           tree goes on without the bad part, so that the object can still be named. If a limit of yaml_events.h
 *           is exceeded, the object has this error and only what was read before. Only a text that is not YAML ends
 *           the reading.
 * Memory:   an alias shares its target. The size of anchored nodes is limited per document, the number of
 *           merged members per object.
 */
#ifndef DECODE_YAML_TREE_H
#define DECODE_YAML_TREE_H

#include <stddef.h>

#include "base/cleanup.h"
#include "base/err.h"

struct json_t;
struct yaml_tree;

/** struct yaml_tree_object - The current object, besides its tree. */
struct yaml_tree_object {
	struct err refusal; /* code 0: none */
	size_t line;
	size_t start; /* characters into the text */
	size_t n_values;
	size_t n_merged;
};

struct yaml_tree *yaml_tree_new(const char *bytes, size_t size) __attribute__((warn_unused_result));
struct yaml_tree *yaml_tree_free(struct yaml_tree *tree);
DEFINE_FREEP(struct yaml_tree, yaml_tree_free);

/**
 * yaml_tree_tolerate() - From now on a repeated key is not an error: the last one counts
 * @repeated:	called for each with its key
 */
void yaml_tree_tolerate(struct yaml_tree *tree, void (*repeated)(void *ctx, const char *key), void *ctx);
/** yaml_tree_split_items() - From now on the elements of a document's top-level "items" are objects of their own. */
void yaml_tree_split_items(struct yaml_tree *tree);

enum yaml_tree_found {
	YAML_TREE_NOTHING,
	YAML_TREE_DOCUMENT, /* one begins */
	YAML_TREE_OBJECT,   /* a document without items */
	YAML_TREE_ITEM,
	YAML_TREE_LIST, /* the document around items; "items" is null in it */
	YAML_TREE_END,	/* of the text */
};

/**
 * yaml_tree_step() - Read on for one event of libyaml
 * @ret_object:	set for _OBJECT, _ITEM and _LIST
 * @ret:	for these: the tree, json_decref() it; else NULL
 *
 * Return: 0 or -EBADMSG ("line 3: ...").
 */
int yaml_tree_step(struct yaml_tree *tree, enum yaml_tree_found *ret_found,
		   struct yaml_tree_object *ret_object, struct json_t **ret, struct err *reterr)
	__attribute__((warn_unused_result));
/** yaml_tree_list() - After _ITEM: the list, with the members before its items. */
const struct json_t *yaml_tree_list(const struct yaml_tree *tree);
/** yaml_tree_offset() - As yaml_events_offset(). */
size_t yaml_tree_offset(const struct yaml_tree *tree);
/** yaml_tree_fed() - As yaml_events_fed(). */
size_t yaml_tree_fed(const struct yaml_tree *tree);
/** yaml_tree_byte_order_mark() - Bytes of the mark of UTF-8 that a text may begin with, and that is to be skipped: 3, or 0. */
size_t yaml_tree_byte_order_mark(const char *bytes, size_t size);

#endif
