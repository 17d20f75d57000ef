/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "decode/yaml.h"

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
#include "decode/yaml_events.h"
#include "decode/yaml_tree.h"

#define KIND_SIZE   128
#define STEP_EVENTS 1000
#define STEP_BYTES  (64u * 1024)

/**
 * struct yaml_reader - One text that is being read
 * @part:	where the part of the text with the document begins
 * @n_documents: of the part, begun so far
 * @kind:	of the list's items without a kind of their own; "" if there is none
 * @search:	looks for the kind of the list behind its items; NULL: no search goes on
 * @waiting:	the item that waits for the result of @search
 */
struct yaml_reader {
	const char *bytes;
	size_t size;
	struct yaml_sink sink;
	struct yaml_tree *tree;
	size_t part;
	size_t n_documents;
	bool kind_known;
	char kind[KIND_SIZE];
	struct search *search;
	json_t *waiting;
	struct yaml_tree_object waiting_about;
};

/* Give the sink one tree: an object, or its error. */
static void deliver(struct yaml_reader *reader, const json_t *value, const struct yaml_tree_object *about,
		    const char *default_kind)
{
	enum object_tree_part part = about->refusal.code ? OBJECT_TREE_KEY : OBJECT_TREE_WHOLE;
	struct field root = field_root(value, NULL);
	struct object object;
	struct err err = { 0 };
	int r;

	r = object_tree_decode(&root, &root, default_kind, part, &object, &err);
	if (about->refusal.code)
		reader->sink.refused(reader->sink.ctx, &object, &about->refusal, about->line);
	else if (r < 0)
		reader->sink.refused(reader->sink.ctx, &object, &err, about->line);
	else
		reader->sink.object(reader->sink.ctx, &object, about->line);
	object_done(&object);
}

/**
 * struct search - Looks for the top-level scalar of a document with the key "kind"
 *
 * The text of the document is read once more, without building a tree. Such lists are rare: kubectl writes the kind
 * into each item.
 */
struct search {
	struct yaml_events *events;
	size_t n_documents; /* begun so far */
	size_t depth;
	bool at_value; /* depth 1: the value of a member is due */
	bool is_kind;
	char kind[KIND_SIZE];
};

static struct search *search_free(struct search *search)
{
	if (!search)
		return NULL;
	(void)yaml_events_free(search->events);
	free(search);
	return NULL;
}

static void search_event(struct search *search, const yaml_event_t *event)
{
	const char *text;
	size_t len;

	if (event->type == YAML_SEQUENCE_END_EVENT || event->type == YAML_MAPPING_END_EVENT)
		search->depth--;
	if (search->depth == 1) {
		if (event->type == YAML_SCALAR_EVENT) {
			text = (const char *)event->data.scalar.value;
			len = event->data.scalar.length;
			if (search->at_value && search->is_kind && len < KIND_SIZE && strlen(text) == len)
				memcpy(search->kind, text, len + 1);
			search->is_kind = !search->at_value && len == 4 && strcmp(text, "kind") == 0;
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

/* Read one event. @ret_done: the document has ended. */
static int search_step(const struct yaml_reader *reader, bool *ret_done, struct err *reterr)
{
	struct search *search = reader->search;
	yaml_event_t event;
	int r;

	r = yaml_events_next(search->events, &event, reterr);
	if (r < 0)
		return r;
	if (event.type == YAML_DOCUMENT_START_EVENT)
		search->n_documents++;
	else if (search->n_documents == reader->n_documents)
		search_event(search, &event);
	*ret_done = event.type == YAML_STREAM_END_EVENT ||
		    (event.type == YAML_DOCUMENT_END_EVENT && search->n_documents == reader->n_documents);
	yaml_event_delete(&event);
	return 0;
}

static void set_kind(struct yaml_reader *reader, const char *list_kind)
{
	if (!json_item_kind(list_kind, reader->kind, KIND_SIZE))
		reader->kind[0] = '\0';
	reader->kind_known = true;
}

static void begin_search(struct yaml_reader *reader)
{
	reader->search = alloc_zeroed(1, sizeof(*reader->search));
	reader->search->events =
		yaml_events_new(reader->bytes + reader->part, reader->size - reader->part, false);
}

static int go_on_searching(struct yaml_reader *reader, struct err *reterr)
{
	bool done;
	int r;

	r = search_step(reader, &done, reterr);
	if (r < 0 || !done)
		return r;
	set_kind(reader, reader->search->kind);
	reader->search = search_free(reader->search);
	deliver(reader, reader->waiting, &reader->waiting_about, reader->kind[0] ? reader->kind : NULL);
	json_decref(reader->waiting);
	reader->waiting = NULL;
	return 0;
}

/* The kind of a list may follow its items. */
static void take_item(struct yaml_reader *reader, json_t *value, const struct yaml_tree_object *about)
{
	if (!reader->kind_known && !json_object_get(value, "kind")) {
		const json_t *member = json_object_get(yaml_tree_list(reader->tree), "kind");
		const char *kind = json_string_value(member);

		if (!kind || strlen(kind) != json_string_length(member)) {
			begin_search(reader);
			reader->waiting = json_incref(value);
			reader->waiting_about = *about;
			return;
		}
		set_kind(reader, kind);
	}
	deliver(reader, value, about, reader->kind[0] ? reader->kind : NULL);
}

static void begin_document(struct yaml_reader *reader)
{
	if (reader->part != yaml_tree_offset(reader->tree))
		reader->n_documents = 0;
	reader->part = yaml_tree_offset(reader->tree);
	reader->n_documents++;
	reader->kind_known = false;
	reader->kind[0] = '\0';
}

/* Read one event. @ret_end: the text has ended. */
static int read_event(struct yaml_reader *reader, bool *ret_end, struct err *reterr)
{
	enum yaml_tree_found found;
	struct yaml_tree_object about;
	json_t *value;
	int r;

	r = yaml_tree_step(reader->tree, &found, &about, &value, reterr);
	if (r < 0)
		return r;
	switch (found) {
	case YAML_TREE_NOTHING:
		break;
	case YAML_TREE_DOCUMENT:
		begin_document(reader);
		break;
	case YAML_TREE_OBJECT:
		if (!json_is_null(value) || about.refusal.code)
			deliver(reader, value, &about, NULL);
		break;
	case YAML_TREE_ITEM:
		take_item(reader, value, &about);
		break;
	case YAML_TREE_LIST:
		/* Its items were delivered. The rest of it is delivered only if it has an error. */
		if (about.refusal.code)
			deliver(reader, value, &about, NULL);
		break;
	case YAML_TREE_END:
		*ret_end = true;
		break;
	}
	json_decref(value);
	return 0;
}

struct yaml_reader *yaml_reader_new(const char *bytes, size_t size, const struct yaml_sink *sink)
{
	struct yaml_reader *reader = alloc_zeroed(1, sizeof(*reader));
	size_t mark = yaml_tree_byte_order_mark(bytes, size);

	bytes += mark;
	size -= mark;
	reader->bytes = bytes;
	reader->size = size;
	reader->sink = *sink;
	reader->tree = yaml_tree_new(bytes, size);
	yaml_tree_split_items(reader->tree);
	return reader;
}

struct yaml_reader *yaml_reader_free(struct yaml_reader *reader)
{
	if (!reader)
		return NULL;
	(void)search_free(reader->search);
	(void)yaml_tree_free(reader->tree);
	json_decref(reader->waiting);
	free(reader);
	return NULL;
}

static size_t position(const struct yaml_reader *reader)
{
	return reader->search ? yaml_events_fed(reader->search->events) : yaml_tree_fed(reader->tree);
}

int yaml_reader_step(struct yaml_reader *reader, struct err *reterr)
{
	bool searching = reader->search, end = false;
	size_t start = position(reader), n;
	int r = 0;

	for (n = 0; r == 0 && !end && n < STEP_EVENTS && searching == !!reader->search &&
		    position(reader) - start <= STEP_BYTES;
	     n++)
		r = searching ? go_on_searching(reader, reterr) : read_event(reader, &end, reterr);
	return r < 0 ? r : !end;
}

int yaml_decode_documents(const char *bytes, size_t size, const struct yaml_sink *sink, struct err *reterr)
{
	_cleanup_(yaml_reader_freep) struct yaml_reader *reader = yaml_reader_new(bytes, size, sink);
	int r;

	do
		r = yaml_reader_step(reader, reterr);
	while (r > 0);
	return r;
}
