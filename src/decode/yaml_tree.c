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

/**
 * struct frame - A collection that is being read
 * @key:	of the member whose value comes next; NULL if it cannot be one
 * @merged:	the value of the merge key
 * @start:	as yaml_events_position() counts
 */
struct frame {
	json_t *value;
	bool is_mapping;
	bool has_key;
	bool is_merge_key;
	char *key;
	size_t key_line;
	json_t *merged;
	char *anchor;
	size_t height;
	size_t start;
	size_t line;
};

/**
 * struct yaml_tree - State of the reading
 * @base:	the frames below do not belong to the object: 1 for an item, as frame 0 is its list
 * @skipped:	open collections of a part that is not kept
 * @skips_key:	that part is the key of a member
 * @had_items:	the document has an "items" whose elements were objects
 * @list:	while items are read: the object around them
 */
struct yaml_tree {
	struct yaml_events *events;
	struct yaml_tree_object object;
	bool split_items;
	void (*repeated)(void *ctx, const char *key); /* NULL: that is an error */
	void *repeated_ctx;
	size_t anchored; /* characters of text of the anchored nodes */
	struct anchor *anchors;
	size_t base;
	size_t n_frames;
	size_t skipped;
	bool skips_key;
	bool had_items;
	struct yaml_tree_object list;
	struct frame frames[OBJECT_DEPTH_MAX + 1];
};

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

void yaml_tree_split_items(struct yaml_tree *tree)
{
	tree->split_items = true;
}

static void pop(struct yaml_tree *tree)
{
	struct frame *frame = &tree->frames[--tree->n_frames];

	free(frame->key);
	free(frame->anchor);
	json_decref(frame->merged);
	json_decref(frame->value);
	*frame = (struct frame){ 0 };
}

/* They are those of the document. */
static void forget_anchors(struct yaml_tree *tree)
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
	while (tree->n_frames)
		pop(tree);
	forget_anchors(tree);
	(void)yaml_events_free(tree->events);
	free(tree);
	return NULL;
}

size_t yaml_tree_fed(const struct yaml_tree *tree)
{
	return yaml_events_fed(tree->events);
}

size_t yaml_tree_offset(const struct yaml_tree *tree)
{
	return yaml_events_offset(tree->events);
}

/* Set the error of the current object; the first one is kept. */
static void refuse(struct yaml_tree *tree, size_t line, int code, const char *what, const char *shown)
{
	char text[FIELD_SHOWN_SIZE];

	if (tree->object.refusal.code)
		return;
	(void)err_set(&tree->object.refusal, code, "line %zu: %s%s%s", line, what, shown ? " " : "",
		      shown ? field_shown(shown, text) : "");
}

static bool too_large(struct yaml_tree *tree, const yaml_event_t *event)
{
	if (tree->object.n_values > OBJECT_VALUES_MAX) {
		if (!tree->object.refusal.code)
			(void)object_tree_values_error(&tree->object.refusal);
		return true;
	}
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

/* Remember a node that began at @start; a repeated name refers to the newer node from then on. */
static void set_anchor(struct yaml_tree *tree, size_t line, size_t start, const char *name, json_t *value,
		       size_t height)
{
	struct anchor *anchor = find_anchor(tree, name);

	tree->anchored += yaml_events_position(tree->events) - start;
	if (tree->anchored > OBJECT_SIZE_MAX || (!anchor && HASH_COUNT(tree->anchors) == ANCHORS_MAX)) {
		refuse(tree, line, -E2BIG, "the document's anchors are too large", NULL);
		return;
	}
	if (!anchor) {
		size_t size = strlen(name) + 1;

		anchor = alloc_zeroed(1, sizeof(*anchor) + size);
		memcpy(anchor->name, name, size);
		HASH_ADD_STR(tree->anchors, name, anchor);
	}
	json_decref(anchor->value);
	anchor->value = json_incref(value);
	anchor->height = height;
}

static size_t line_of(const yaml_event_t *event)
{
	return event->start_mark.line + 1;
}

static json_t *read_alias(struct yaml_tree *tree, const yaml_event_t *event, size_t *ret_height)
{
	const char *name = (const char *)event->data.alias.anchor;
	const struct anchor *anchor = find_anchor(tree, name);

	if (!anchor) {
		refuse(tree, line_of(event), -EINVAL, "no anchor before this alias:", name);
		return NULL;
	}
	if (tree->n_frames - tree->base + anchor->height > OBJECT_DEPTH_MAX) {
		if (!tree->object.refusal.code)
			(void)object_tree_depth_error(&tree->object.refusal);
		return NULL;
	}
	*ret_height = anchor->height;
	return json_incref(anchor->value);
}

/* Scalars */

static json_t *read_scalar(struct yaml_tree *tree, const yaml_event_t *event)
{
	const char *text = (const char *)event->data.scalar.value;
	const char *tag = (const char *)event->data.scalar.tag;
	const char *anchor = (const char *)event->data.scalar.anchor;
	size_t len = event->data.scalar.length;
	json_t *value = NULL;

	if (tag)
		value = yaml_scalar_tagged(tag, text, len);
	else if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
		value = yaml_scalar_plain(text, len);
	else
		value = yaml_scalar_string(text, len);
	if (!value && tag)
		refuse(tree, line_of(event), -EINVAL, "unknown tag, or not a value for it:", tag);
	if (value && anchor)
		set_anchor(tree, line_of(event), event->start_mark.index, anchor, value, 0);
	return value;
}

/* Merge keys */

/* Add the members of one "<<"; existing members are kept. */
static void merge_one(struct yaml_tree *tree, size_t line, json_t *mapping, json_t *source)
{
	const char *key;
	json_t *value;

	if (!json_is_object(source)) {
		refuse(tree, line, -EINVAL, "a merge key takes a mapping, or a list of them", NULL);
		return;
	}
	json_object_foreach(source, key, value) {
		if (++tree->object.n_merged > MERGED_MAX) {
			refuse(tree, line, -E2BIG, "merge keys add too many members", NULL);
			return;
		}
		if (!json_object_get(mapping, key) && json_object_set_nocheck(mapping, key, value) < 0)
			alloc_failed();
	}
}

static void merge(struct yaml_tree *tree, size_t line, json_t *mapping, json_t *source)
{
	json_t *element;
	size_t i;

	if (!json_is_array(source)) {
		merge_one(tree, line, mapping, source);
		return;
	}
	json_array_foreach(source, i, element) {
		merge_one(tree, line, mapping, element);
	}
}

static bool is_merge_key(const yaml_event_t *key)
{
	return key->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && !key->data.scalar.tag &&
	       strcmp((const char *)key->data.scalar.value, "<<") == 0;
}

/* Collections */

static bool is_start(const yaml_event_t *event)
{
	return event->type == YAML_SEQUENCE_START_EVENT || event->type == YAML_MAPPING_START_EVENT;
}

static bool is_end(const yaml_event_t *event)
{
	return event->type == YAML_SEQUENCE_END_EVENT || event->type == YAML_MAPPING_END_EVENT;
}

static void check_collection_tag(struct yaml_tree *tree, const yaml_event_t *event, const char *tag,
				 const char *known)
{
	if (tag && strcmp(tag, known) != 0 && strcmp(tag, "!") != 0)
		refuse(tree, line_of(event), -EINVAL, "unknown tag, or not a value for it:", tag);
}

/* The key of a member; NULL if it cannot be one (then the object has an error). Keys that are not scalars are skipped. */
static void read_key(struct yaml_tree *tree, struct frame *frame, yaml_event_t *event)
{
	const char *key = (const char *)event->data.scalar.value;
	bool repeated;

	frame->has_key = true;
	frame->is_merge_key = false;
	if (event->type != YAML_SCALAR_EVENT) {
		refuse(tree, line_of(event), -EINVAL, "a key that is not a scalar", NULL);
		tree->skipped = is_start(event);
		tree->skips_key = true;
		return;
	}
	/* No field has such a name, so the member is left out. */
	if (memchr(key, '\0', event->data.scalar.length))
		return;
	repeated = json_object_get(frame->value, key);
	if (repeated && !tree->repeated) {
		refuse(tree, line_of(event), -EINVAL, "given twice:", key);
		return;
	}
	if (repeated)
		tree->repeated(tree->repeated_ctx, key);
	frame->key_line = line_of(event);
	frame->is_merge_key = is_merge_key(event);
	frame->key = (char *)TAKE_PTR(event->data.scalar.value);
}

static void add_member(struct yaml_tree *tree, struct frame *frame, json_t *value)
{
	if (!frame->key || !value) {
		json_decref(value);
	} else if (frame->is_merge_key) {
		if (frame->merged)
			refuse(tree, frame->key_line, -EINVAL, "given twice:", frame->key);
		json_decref(frame->merged);
		frame->merged = value;
	} else if (json_object_set_new_nocheck(frame->value, frame->key, value) < 0) {
		alloc_failed();
	}
	free(frame->key);
	frame->key = NULL;
	frame->has_key = false;
}

/* A node was read, which ends with @event; NULL if it has an error. @ret_complete: it is the object. */
static void end_node(struct yaml_tree *tree, const yaml_event_t *event, json_t *value, size_t height,
		     json_t **ret_complete)
{
	struct frame *frame;

	if (tree->n_frames == tree->base) {
		*ret_complete = value ? value : json_null();
		return;
	}
	frame = &tree->frames[tree->n_frames - 1];
	if (height + 1 > frame->height)
		frame->height = height + 1;
	if (too_large(tree, event)) {
		json_decref(value);
		value = NULL;
	}
	if (frame->is_mapping)
		add_member(tree, frame, value);
	else if (value && json_array_append_new(frame->value, value) < 0)
		alloc_failed();
}

static void begin_collection(struct yaml_tree *tree, yaml_event_t *event)
{
	bool is_mapping = event->type == YAML_MAPPING_START_EVENT;
	struct frame *frame;

	/* Deeper trees are not built: their readers call themselves for each level. */
	if (tree->n_frames - tree->base >= OBJECT_DEPTH_MAX) {
		if (!tree->object.refusal.code)
			(void)object_tree_depth_error(&tree->object.refusal);
		tree->skipped = 1;
		tree->skips_key = false;
		return;
	}
	frame = &tree->frames[tree->n_frames++];
	*frame = (struct frame){
		.value = is_mapping ? json_object() : json_array(),
		.is_mapping = is_mapping,
		.height = 1,
		.start = event->start_mark.index,
		.line = line_of(event),
	};
	if (!frame->value)
		alloc_failed();
	if (is_mapping) {
		frame->anchor = (char *)TAKE_PTR(event->data.mapping_start.anchor);
		check_collection_tag(tree, event, (const char *)event->data.mapping_start.tag, YAML_MAP_TAG);
	} else {
		frame->anchor = (char *)TAKE_PTR(event->data.sequence_start.anchor);
		check_collection_tag(tree, event, (const char *)event->data.sequence_start.tag, YAML_SEQ_TAG);
	}
}

static void end_collection(struct yaml_tree *tree, const yaml_event_t *event, json_t **ret_complete)
{
	struct frame *frame = &tree->frames[tree->n_frames - 1];
	json_t *value = json_incref(frame->value);
	size_t height = frame->height;

	if (frame->merged)
		merge(tree, line_of(event), value, frame->merged);
	if (frame->anchor)
		set_anchor(tree, frame->line, frame->start, frame->anchor, value, height);
	pop(tree);
	end_node(tree, event, value, height, ret_complete);
}

/* The top-level "items": its elements are objects of their own. */
static bool begins_items(const struct yaml_tree *tree, const yaml_event_t *event)
{
	const struct frame *frame = &tree->frames[0];

	return tree->split_items && !tree->had_items && event->type == YAML_SEQUENCE_START_EVENT &&
	       tree->n_frames == 1 && frame->is_mapping && frame->key && strcmp(frame->key, "items") == 0;
}

static void begin_items(struct yaml_tree *tree)
{
	tree->had_items = true;
	tree->list = tree->object;
	tree->base = 1;
}

static void end_items(struct yaml_tree *tree)
{
	tree->base = 0;
	tree->object = tree->list;
	/* Their size does not count for the list. */
	tree->object.start = yaml_events_position(tree->events);
	add_member(tree, &tree->frames[0], json_null());
}

static bool is_key_due(const struct yaml_tree *tree)
{
	const struct frame *frame;

	if (tree->n_frames == tree->base)
		return false;
	frame = &tree->frames[tree->n_frames - 1];
	return frame->is_mapping && !frame->has_key;
}

static void skip(struct yaml_tree *tree, const yaml_event_t *event, json_t **ret_complete)
{
	if (is_start(event))
		tree->skipped++;
	else if (is_end(event) && --tree->skipped == 0 && !tree->skips_key)
		end_node(tree, event, NULL, 0, ret_complete);
}

/* Take an event of a document's content. @ret_complete is set if an object ends with it. */
static void take(struct yaml_tree *tree, yaml_event_t *event, json_t **ret_complete)
{
	size_t height = 0;
	json_t *value;

	if (tree->skipped) {
		skip(tree, event, ret_complete);
		return;
	}
	if (is_end(event)) {
		if (tree->base && tree->n_frames == tree->base)
			end_items(tree);
		else
			end_collection(tree, event, ret_complete);
		return;
	}
	if (is_key_due(tree)) {
		read_key(tree, &tree->frames[tree->n_frames - 1], event);
		return;
	}
	if (tree->n_frames == tree->base)
		tree->object =
			(struct yaml_tree_object){ .line = line_of(event), .start = event->start_mark.index };
	tree->object.n_values++;
	if (is_start(event)) {
		if (begins_items(tree, event))
			begin_items(tree);
		else
			begin_collection(tree, event);
		return;
	}
	value = event->type == YAML_ALIAS_EVENT ? read_alias(tree, event, &height) : read_scalar(tree, event);
	end_node(tree, event, value, height, ret_complete);
}

static enum yaml_tree_found complete(struct yaml_tree *tree, struct yaml_tree_object *ret_object)
{
	const struct err *limit = yaml_events_limit(tree->events);

	if (limit && !tree->object.refusal.code)
		tree->object.refusal = *limit;
	*ret_object = tree->object;
	if (tree->base)
		return YAML_TREE_ITEM;
	return tree->had_items ? YAML_TREE_LIST : YAML_TREE_OBJECT;
}

int yaml_tree_step(struct yaml_tree *tree, enum yaml_tree_found *ret_found,
		   struct yaml_tree_object *ret_object, json_t **ret, struct err *reterr)
{
	yaml_event_t event;
	int r;

	*ret = NULL;
	*ret_found = YAML_TREE_NOTHING;
	r = yaml_events_next(tree->events, &event, reterr);
	if (r < 0)
		return r;
	switch (event.type) {
	case YAML_DOCUMENT_START_EVENT:
		forget_anchors(tree);
		tree->had_items = false;
		*ret_found = YAML_TREE_DOCUMENT;
		break;
	case YAML_STREAM_END_EVENT:
		*ret_found = YAML_TREE_END;
		break;
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		break;
	case YAML_ALIAS_EVENT:
	case YAML_SCALAR_EVENT:
	case YAML_SEQUENCE_START_EVENT:
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_START_EVENT:
	case YAML_MAPPING_END_EVENT:
		take(tree, &event, ret);
		if (*ret)
			*ret_found = complete(tree, ret_object);
		break;
	}
	yaml_event_delete(&event);
	return 0;
}

const json_t *yaml_tree_list(const struct yaml_tree *tree)
{
	return tree->frames[0].value;
}

size_t yaml_tree_byte_order_mark(const char *bytes, size_t size)
{
	static const char mark[] = "\xef\xbb\xbf";

	return size >= strlen(mark) && memcmp(bytes, mark, strlen(mark)) == 0 ? strlen(mark) : 0;
}
