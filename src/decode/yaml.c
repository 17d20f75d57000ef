/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "decode/yaml.h"

#include <assert.h>
#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "decode/field.h"
#include "decode/json.h"
#include "decode/object_tree.h"
#include "decode/yaml_tree.h"

#define KIND_SIZE 128

/* One text that is being read. */
struct reader {
	const char *bytes;
	size_t size;
	const struct yaml_sink *sink;
	struct yaml_tree *tree;
	size_t part;	    /* where the part of the text with the document begins */
	size_t n_documents; /* of the part, begun so far */
	bool list;	    /* the current document had items */
};

static void tree_freep(json_t **tree)
{
	json_decref(*tree);
}

static void event_done(yaml_event_t *event)
{
	yaml_event_delete(event);
}

#define _cleanup_tree_	_cleanup_(tree_freep)
#define _cleanup_event_ _cleanup_(event_done)

/* Give the sink one tree: an object, or its error. */
static void deliver(struct reader *reader, const json_t *value, const struct yaml_tree_object *about,
		    const char *default_kind)
{
	enum object_tree_part part = about->refusal.code ? OBJECT_TREE_KEY : OBJECT_TREE_WHOLE;
	struct field root = field_root(value, NULL);
	struct object object;
	struct err err = { 0 };
	int r;

	r = object_tree_decode(&root, &root, default_kind, part, &object, &err);
	if (about->refusal.code)
		reader->sink->refused(reader->sink->ctx, &object, &about->refusal, about->line);
	else if (r < 0)
		reader->sink->refused(reader->sink->ctx, &object, &err, about->line);
	else
		reader->sink->object(reader->sink->ctx, &object, about->line);
	object_done(&object);
}

/* State of find_kind(): the top-level scalar of a document with the key "kind". */
struct kind_search {
	size_t depth;
	bool at_value; /* depth 1: the value of a member is due */
	bool is_kind;
	char kind[KIND_SIZE];
};

static void search_event(struct kind_search *search, const yaml_event_t *event)
{
	const char *text;

	if (event->type == YAML_SEQUENCE_END_EVENT || event->type == YAML_MAPPING_END_EVENT)
		search->depth--;
	if (search->depth == 1) {
		if (event->type == YAML_SCALAR_EVENT) {
			text = (const char *)event->data.scalar.value;
			if (search->at_value && search->is_kind && strlen(text) < KIND_SIZE)
				memcpy(search->kind, text, strlen(text) + 1);
			search->is_kind = !search->at_value && strcmp(text, "kind") == 0;
		}
		/* A collection's start leaves this level, its end returns to it: only the end counts. */
		if (event->type != YAML_SEQUENCE_START_EVENT && event->type != YAML_MAPPING_START_EVENT)
			search->at_value = !search->at_value;
	}
	if (event->type == YAML_SEQUENCE_START_EVENT || event->type == YAML_MAPPING_START_EVENT) {
		search->depth++;
		/* The document's own mapping: its keys come next. */
		if (search->depth == 1)
			search->at_value = false;
	}
}

/*
 * The kind of the current document, if it comes after the items and they need it: read the document once more
 * without building a tree. Such lists are rare: kubectl writes the kind into each item.
 */
static int find_kind(const struct reader *reader, char ret[KIND_SIZE], struct err *reterr)
{
	_cleanup_(yaml_tree_freep) struct yaml_tree *tree =
		yaml_tree_new(reader->bytes + reader->part, reader->size - reader->part);
	struct kind_search search = { 0 };
	size_t document = 0;

	while (document <= reader->n_documents) {
		_cleanup_event_ yaml_event_t event = { 0 };
		int r = yaml_tree_next(tree, &event, reterr);

		if (r < 0)
			return r;
		if (event.type == YAML_DOCUMENT_START_EVENT)
			document++;
		else if (event.type == YAML_STREAM_END_EVENT ||
			 (event.type == YAML_DOCUMENT_END_EVENT && document == reader->n_documents))
			break;
		else if (document == reader->n_documents)
			search_event(&search, &event);
	}
	memcpy(ret, search.kind, KIND_SIZE);
	return 0;
}

/* The kind of items without a kind of their own, "" if there is none. */
static int default_kind(const struct reader *reader, const json_t *envelope, char ret[KIND_SIZE],
			struct err *reterr)
{
	const char *kind = json_string_value(json_object_get(envelope, "kind"));
	char found[KIND_SIZE];
	int r;

	if (!kind) {
		r = find_kind(reader, found, reterr);
		if (r < 0)
			return r;
		kind = found;
	}
	if (!json_item_kind(kind, ret, KIND_SIZE))
		ret[0] = '\0';
	return 0;
}

static int read_items(void *ctx, const json_t *envelope, struct err *reterr)
{
	struct reader *reader = ctx;
	bool kind_known = false;
	char kind[KIND_SIZE] = "";
	int r;

	reader->list = true;
	for (;;) {
		_cleanup_event_ yaml_event_t event = { 0 };
		_cleanup_tree_ json_t *value = NULL;
		struct yaml_tree_object about;

		r = yaml_tree_next(reader->tree, &event, reterr);
		if (r < 0 || event.type == YAML_SEQUENCE_END_EVENT)
			return r;
		r = yaml_tree_read(reader->tree, &event, NULL, NULL, &about, &value, reterr);
		if (r < 0)
			return r;
		if (!kind_known && !json_object_get(value, "kind")) {
			r = default_kind(reader, envelope, kind, reterr);
			if (r < 0)
				return r;
			kind_known = true;
		}
		deliver(reader, value, &about, kind[0] ? kind : NULL);
	}
}

/* A list was read item by item; the rest of it is delivered only if it has an error. */
static bool list_is_fine(const json_t *envelope, const struct yaml_tree_object *about)
{
	return json_is_object(envelope) && !about->refusal.code;
}

static int read_document(struct reader *reader, struct err *reterr)
{
	_cleanup_event_ yaml_event_t event = { 0 };
	_cleanup_tree_ json_t *value = NULL;
	struct yaml_tree_object about;
	int r;

	yaml_tree_document(reader->tree);
	if (reader->part != yaml_tree_offset(reader->tree))
		reader->n_documents = 0;
	reader->part = yaml_tree_offset(reader->tree);
	reader->n_documents++;
	reader->list = false;
	r = yaml_tree_next(reader->tree, &event, reterr);
	if (r < 0)
		return r;
	r = yaml_tree_read(reader->tree, &event, read_items, reader, &about, &value, reterr);
	if (r < 0)
		return r;
	if (reader->list && list_is_fine(value, &about))
		return 0;
	if (json_is_null(value) && !about.refusal.code)
		return 0;
	deliver(reader, value, &about, NULL);
	return 0;
}

int yaml_decode_documents(const char *bytes, size_t size, const struct yaml_sink *sink, struct err *reterr)
{
	static const char bom[] = "\xef\xbb\xbf";
	_cleanup_(yaml_tree_freep) struct yaml_tree *tree = NULL;
	struct reader reader = { .sink = sink };

	if (size >= 3 && memcmp(bytes, bom, 3) == 0) {
		bytes += 3;
		size -= 3;
	}
	tree = yaml_tree_new(bytes, size);
	reader.bytes = bytes;
	reader.size = size;
	reader.tree = tree;
	for (;;) {
		_cleanup_event_ yaml_event_t event = { 0 };
		int r = yaml_tree_next(tree, &event, reterr);

		if (r < 0 || event.type == YAML_STREAM_END_EVENT)
			return r;
		if (event.type != YAML_DOCUMENT_START_EVENT)
			continue;
		r = read_document(&reader, reterr);
		if (r < 0)
			return r;
	}
}
