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
struct yaml_event_s;
struct yaml_tree;

/**
 * yaml_tree_items_fn - Takes the elements of a document's top-level "items"
 * @envelope:	the members before it
 *
 * Called after the start of the sequence was read; it reads up to and including the end.
 */
typedef int yaml_tree_items_fn(void *ctx, const struct json_t *envelope, struct err *reterr);

/** struct yaml_tree_object - The current object, besides its tree. */
struct yaml_tree_object {
	struct err refusal; /* code 0: none */
	size_t line;
	size_t start; /* characters into the text */
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
/** yaml_tree_next() - The next event; the caller deletes it. 0 or -EBADMSG ("line 3: ..."). */
int yaml_tree_next(struct yaml_tree *tree, struct yaml_event_s *ret, struct err *reterr)
	__attribute__((warn_unused_result));
/** yaml_tree_offset() - As yaml_events_offset(). */
size_t yaml_tree_offset(const struct yaml_tree *tree);
/** yaml_tree_document() - A new document begins: forget its predecessor's anchors. */
void yaml_tree_document(struct yaml_tree *tree);
/**
 * yaml_tree_read() - Read the object that begins with @event
 * @items:	NULL: "items" is a member like all others
 * @ret_object:	set on success
 * @ret:	its tree, json_decref() it; set on success only
 */
int yaml_tree_read(struct yaml_tree *tree, const struct yaml_event_s *event, yaml_tree_items_fn *items,
		   void *ctx, struct yaml_tree_object *ret_object, struct json_t **ret, struct err *reterr)
	__attribute__((warn_unused_result));

#endif
