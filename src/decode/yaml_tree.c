/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "decode/yaml_tree.h"

#include <assert.h>
#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/alloc.h"
#include "base/hash_table.h"
#include "decode/field.h"
#include "decode/object.h"
#include "decode/object_tree.h"
#include "decode/yaml_events.h"
#include "decode/yaml_scalar.h"

#define ANCHORS_MAX 1024	/* of one document */
#define MERGED_MAX  (64 * 1024) /* members that merge keys add to one object */

/* A node that aliases can refer to. */
struct anchor {
	UT_hash_handle hh;
	json_t *value;
	size_t height; /* levels of nesting */
	char name[];
};

struct yaml_tree {
	struct yaml_events *events;
	struct yaml_tree_object object;
	yaml_tree_items_fn *items;
	void *ctx;
	void (*repeated)(void *ctx, const char *key); /* NULL: that is an error */
	void *repeated_ctx;
	size_t anchored; /* characters of text of the anchored nodes */
	struct anchor *anchors;
};

/* A node that was read: @value is NULL only if the object has an error. */
struct node {
	json_t *value;
	size_t height;
};

static void event_done(yaml_event_t *event)
{
	yaml_event_delete(event);
}

#define _cleanup_event_ _cleanup_(event_done)

struct yaml_tree *yaml_tree_new(const char *bytes, size_t size)
{
	struct yaml_tree *tree = alloc_zeroed(1, sizeof(*tree));

	tree->events = yaml_events_new(bytes, size, false);
	return tree;
}

void yaml_tree_tolerate(struct yaml_tree *tree, void (*repeated)(void *ctx, const char *key), void *ctx)
{
	tree->repeated = repeated;
	tree->repeated_ctx = ctx;
}

void yaml_tree_document(struct yaml_tree *tree)
{
	struct anchor *anchor, *next;

	HASH_ITER(hh, tree->anchors, anchor, next) {
		HASH_DEL(tree->anchors, anchor);
		json_decref(anchor->value);
		free(anchor);
	}
	tree->anchored = 0;
}

struct yaml_tree *yaml_tree_free(struct yaml_tree *tree)
{
	if (!tree)
		return NULL;
	yaml_tree_document(tree);
	(void)yaml_events_free(tree->events);
	free(tree);
	return NULL;
}

int yaml_tree_next(struct yaml_tree *tree, yaml_event_t *ret, struct err *reterr)
{
	return yaml_events_next(tree->events, ret, reterr);
}

size_t yaml_tree_offset(const struct yaml_tree *tree)
{
	return yaml_events_offset(tree->events);
}

/* Set the error of the current object; the first one is kept. */
static void refuse(struct yaml_tree *tree, const yaml_event_t *event, int code, const char *what,
		   const char *shown)
{
	char text[FIELD_SHOWN_SIZE];

	if (tree->object.refusal.code)
		return;
	(void)err_set(&tree->object.refusal, code, "line %zu: %s%s%s", event->start_mark.line + 1, what,
		      shown ? " " : "", shown ? field_shown(shown, text) : "");
}

static bool too_large(struct yaml_tree *tree, const yaml_event_t *event)
{
	if (event->end_mark.index - tree->object.start <= OBJECT_SIZE_MAX)
		return false;
	if (!tree->object.refusal.code)
		(void)object_tree_size_error(&tree->object.refusal);
	return true;
}

/* Anchors and aliases */

static struct anchor *find_anchor(const struct yaml_tree *tree, const char *name)
{
	struct anchor *anchor;

	HASH_FIND_STR(tree->anchors, name, anchor);
	return anchor;
}

/* Remember @node, which began with @event; a repeated name refers to the newer node from then on. */
static void set_anchor(struct yaml_tree *tree, const yaml_event_t *event, const char *name,
		       const struct node *node)
{
	struct anchor *anchor = find_anchor(tree, name);

	tree->anchored += yaml_events_position(tree->events) - event->start_mark.index;
	if (tree->anchored > OBJECT_SIZE_MAX || (!anchor && HASH_COUNT(tree->anchors) == ANCHORS_MAX)) {
		refuse(tree, event, -E2BIG, "the document's anchors are too large", NULL);
		return;
	}
	if (!anchor) {
		size_t size = strlen(name) + 1;

		anchor = alloc_zeroed(1, sizeof(*anchor) + size);
		memcpy(anchor->name, name, size);
		HASH_ADD_STR(tree->anchors, name, anchor);
	}
	json_decref(anchor->value);
	anchor->value = json_incref(node->value);
	anchor->height = node->height;
}

static void read_alias(struct yaml_tree *tree, const yaml_event_t *event, size_t depth, struct node *ret)
{
	const char *name = (const char *)event->data.alias.anchor;
	const struct anchor *anchor = find_anchor(tree, name);

	if (!anchor) {
		refuse(tree, event, -EINVAL, "no anchor before this alias:", name);
	} else if (depth + anchor->height > OBJECT_DEPTH_MAX) {
		if (!tree->object.refusal.code)
			(void)object_tree_depth_error(&tree->object.refusal);
	} else {
		ret->value = json_incref(anchor->value);
		ret->height = anchor->height;
	}
}

/* Scalars */

static void read_scalar(struct yaml_tree *tree, const yaml_event_t *event, struct node *ret)
{
	const char *text = (const char *)event->data.scalar.value;
	const char *tag = (const char *)event->data.scalar.tag;
	size_t len = event->data.scalar.length;

	if (memchr(text, '\0', len))
		refuse(tree, event, -EINVAL, "a NUL character", NULL);
	else if (tag)
		ret->value = yaml_scalar_tagged(tag, text, len);
	else if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
		ret->value = yaml_scalar_plain(text, len);
	else
		ret->value = yaml_scalar_string(text, len);
	if (!ret->value && tag)
		refuse(tree, event, -EINVAL, "unknown tag, or not a value for it:", tag);
}

static void check_collection_tag(struct yaml_tree *tree, const yaml_event_t *event, const char *tag,
				 const char *known)
{
	if (tag && strcmp(tag, known) != 0 && strcmp(tag, "!") != 0)
		refuse(tree, event, -EINVAL, "unknown tag, or not a value for it:", tag);
}

/* Collections */

static int read_node(struct yaml_tree *tree, const yaml_event_t *event, size_t depth, struct node *ret,
		     struct err *reterr);

/* Skip the rest of a collection whose start was read. */
static int skip_collection(struct yaml_tree *tree, struct err *reterr)
{
	size_t depth = 1;

	while (depth) {
		yaml_event_t event;
		int r = yaml_tree_next(tree, &event, reterr);

		if (r < 0)
			return r;
		if (event.type == YAML_SEQUENCE_START_EVENT || event.type == YAML_MAPPING_START_EVENT)
			depth++;
		else if (event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT)
			depth--;
		yaml_event_delete(&event);
	}
	return 0;
}

static int read_sequence(struct yaml_tree *tree, size_t depth, struct node *ret, struct err *reterr)
{
	for (;;) {
		_cleanup_event_ yaml_event_t event = { 0 };
		struct node element = { 0 };
		int r = yaml_tree_next(tree, &event, reterr);

		if (r < 0 || event.type == YAML_SEQUENCE_END_EVENT)
			return r;
		r = read_node(tree, &event, depth + 1, &element, reterr);
		if (r < 0)
			return r;
		if (element.height + 1 > ret->height)
			ret->height = element.height + 1;
		if (!element.value || too_large(tree, &event))
			json_decref(element.value);
		else if (json_array_append_new(ret->value, element.value) < 0)
			alloc_failed();
	}
}

/* Add the members of one "<<"; existing members are kept. */
static void merge_one(struct yaml_tree *tree, const yaml_event_t *event, json_t *mapping, json_t *source)
{
	const char *key;
	json_t *value;

	if (!json_is_object(source)) {
		refuse(tree, event, -EINVAL, "a merge key takes a mapping, or a list of them", NULL);
		return;
	}
	json_object_foreach(source, key, value) {
		if (++tree->object.n_merged > MERGED_MAX) {
			refuse(tree, event, -E2BIG, "merge keys add too many members", NULL);
			return;
		}
		if (!json_object_get(mapping, key) && json_object_set_nocheck(mapping, key, value) < 0)
			alloc_failed();
	}
}

static void merge(struct yaml_tree *tree, const yaml_event_t *event, json_t *mapping, json_t *source)
{
	json_t *element;
	size_t i;

	if (!json_is_array(source)) {
		merge_one(tree, event, mapping, source);
		return;
	}
	json_array_foreach(source, i, element) {
		merge_one(tree, event, mapping, element);
	}
}

/* The key of a member, NULL if it cannot be one (then the object has an error). Skips keys that are not
 * scalars. */
static int read_key(struct yaml_tree *tree, const yaml_event_t *event, json_t *mapping, const char **ret,
		    struct err *reterr)
{
	const char *key = (const char *)event->data.scalar.value;

	*ret = NULL;
	if (event->type == YAML_SEQUENCE_START_EVENT || event->type == YAML_MAPPING_START_EVENT) {
		refuse(tree, event, -EINVAL, "a key that is not a scalar", NULL);
		return skip_collection(tree, reterr);
	}
	if (event->type != YAML_SCALAR_EVENT)
		refuse(tree, event, -EINVAL, "a key that is not a scalar", NULL);
	else if (memchr(key, '\0', event->data.scalar.length))
		refuse(tree, event, -EINVAL, "a NUL character", NULL);
	else if (json_object_get(mapping, key) && !tree->repeated)
		refuse(tree, event, -EINVAL, "given twice:", key);
	else
		*ret = key;
	if (*ret && tree->repeated && json_object_get(mapping, key))
		tree->repeated(tree->repeated_ctx, key);
	return 0;
}

static bool is_merge_key(const yaml_event_t *key)
{
	return key->type == YAML_SCALAR_EVENT && key->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       !key->data.scalar.tag && strcmp((const char *)key->data.scalar.value, "<<") == 0;
}

/* The top-level "items": the caller reads its elements, each an object of its own. */
static int hand_over_items(struct yaml_tree *tree, json_t *envelope, struct err *reterr)
{
	struct yaml_tree_object object = tree->object;
	yaml_tree_items_fn *items = TAKE_PTR(tree->items);
	int r;

	r = items(tree->ctx, envelope, reterr);
	tree->object = object;
	/* Their size does not count for the envelope. */
	tree->object.start = yaml_events_position(tree->events);
	if (r == 0 && json_object_set_new(envelope, "items", json_null()) < 0)
		alloc_failed();
	return r;
}

/* One member: its key is @key_event, its value follows. @ret_merge gets the value of a merge key. */
static int read_member(struct yaml_tree *tree, const yaml_event_t *key_event, size_t depth,
		       struct node *mapping, json_t **ret_merge, struct err *reterr)
{
	_cleanup_event_ yaml_event_t event = { 0 };
	struct node value = { 0 };
	const char *key;
	int r;

	r = read_key(tree, key_event, mapping->value, &key, reterr);
	if (r < 0)
		return r;
	r = yaml_tree_next(tree, &event, reterr);
	if (r < 0)
		return r;
	if (tree->items && !depth && key && strcmp(key, "items") == 0 &&
	    event.type == YAML_SEQUENCE_START_EVENT)
		return hand_over_items(tree, mapping->value, reterr);
	r = read_node(tree, &event, depth + 1, &value, reterr);
	if (r < 0)
		return r;
	if (value.height + 1 > mapping->height)
		mapping->height = value.height + 1;
	if (!key || !value.value || too_large(tree, &event)) {
		json_decref(value.value);
	} else if (is_merge_key(key_event)) {
		if (*ret_merge)
			refuse(tree, key_event, -EINVAL, "given twice:", key);
		json_decref(*ret_merge);
		*ret_merge = value.value;
	} else if (json_object_set_new_nocheck(mapping->value, key, value.value) < 0) {
		alloc_failed();
	}
	return 0;
}

static int read_mapping(struct yaml_tree *tree, size_t depth, struct node *ret, struct err *reterr)
{
	json_t *source = NULL;
	int r;

	for (;;) {
		_cleanup_event_ yaml_event_t event = { 0 };

		r = yaml_tree_next(tree, &event, reterr);
		if (r < 0)
			break;
		if (event.type == YAML_MAPPING_END_EVENT) {
			if (source)
				merge(tree, &event, ret->value, source);
			break;
		}
		r = read_member(tree, &event, depth, ret, &source, reterr);
		if (r < 0)
			break;
	}
	json_decref(source);
	return r;
}

static int read_collection(struct yaml_tree *tree, const yaml_event_t *event, size_t depth, struct node *ret,
			   struct err *reterr)
{
	bool mapping = event->type == YAML_MAPPING_START_EVENT;

	/* Deeper trees are not built: the calls nest like the tree. */
	if (depth >= OBJECT_DEPTH_MAX) {
		if (!tree->object.refusal.code)
			(void)object_tree_depth_error(&tree->object.refusal);
		return skip_collection(tree, reterr);
	}
	ret->value = mapping ? json_object() : json_array();
	if (!ret->value)
		alloc_failed();
	ret->height = 1;
	if (mapping) {
		check_collection_tag(tree, event, (const char *)event->data.mapping_start.tag, YAML_MAP_TAG);
		return read_mapping(tree, depth, ret, reterr);
	}
	check_collection_tag(tree, event, (const char *)event->data.sequence_start.tag, YAML_SEQ_TAG);
	return read_sequence(tree, depth, ret, reterr);
}

/* The node that begins with @event, @depth levels below its object. On failure @ret is empty. */
static int read_node(struct yaml_tree *tree, const yaml_event_t *event, size_t depth, struct node *ret,
		     struct err *reterr)
{
	const yaml_char_t *anchor = NULL;
	int r = 0;

	*ret = (struct node){ 0 };
	switch (event->type) {
	case YAML_ALIAS_EVENT:
		read_alias(tree, event, depth, ret);
		return 0;
	case YAML_SCALAR_EVENT:
		anchor = event->data.scalar.anchor;
		read_scalar(tree, event, ret);
		break;
	case YAML_SEQUENCE_START_EVENT:
		anchor = event->data.sequence_start.anchor;
		r = read_collection(tree, event, depth, ret, reterr);
		break;
	case YAML_MAPPING_START_EVENT:
		anchor = event->data.mapping_start.anchor;
		r = read_collection(tree, event, depth, ret, reterr);
		break;
	default:
		/* libyaml gives no other event at the place of a node. */
		assert(false);
	}
	if (r < 0) {
		json_decref(ret->value);
		ret->value = NULL;
		return r;
	}
	if (anchor && ret->value)
		set_anchor(tree, event, (const char *)anchor, ret);
	return 0;
}

int yaml_tree_read(struct yaml_tree *tree, const yaml_event_t *event, yaml_tree_items_fn *items, void *ctx,
		   struct yaml_tree_object *ret_object, json_t **ret, struct err *reterr)
{
	const struct err *limit;
	struct node node;
	int r;

	tree->object = (struct yaml_tree_object){
		.line = event->start_mark.line + 1,
		.start = event->start_mark.index,
	};
	tree->items = items;
	tree->ctx = ctx;
	r = read_node(tree, event, 0, &node, reterr);
	tree->items = NULL;
	if (r < 0)
		return r;
	limit = yaml_events_limit(tree->events);
	if (limit && !tree->object.refusal.code)
		tree->object.refusal = *limit;
	*ret_object = tree->object;
	*ret = node.value ? node.value : json_null();
	return 0;
}
