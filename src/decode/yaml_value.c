/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "decode/yaml_value.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/alloc.h"
#include "decode/yaml_events.h"
#include "decode/yaml_scalar.h"

#define ANCHORS_MAX 1024

struct yaml_value_document {
	yaml_document_t document;
};

static bool has_anchor(const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return event->data.scalar.anchor;
	case YAML_SEQUENCE_START_EVENT:
		return event->data.sequence_start.anchor;
	case YAML_MAPPING_START_EVENT:
		return event->data.mapping_start.anchor;
	default:
		return false;
	}
}

/* A scalar may be a secret. */
static void wipe_event(yaml_event_t *event)
{
	if (event->type == YAML_SCALAR_EVENT)
		explicit_bzero(event->data.scalar.value, event->data.scalar.length);
	yaml_event_delete(event);
}

/* libyaml compares each anchor with all anchors before it, and yaml_parser_load() has no limits. */
static int check_limits(const char *file, const char *bytes, size_t size, struct err *reterr)
{
	_cleanup_(yaml_events_freep) struct yaml_events *events = yaml_events_new(bytes, size, true);
	yaml_event_type_t type = YAML_NO_EVENT;
	const struct err *limit = NULL;
	size_t n_anchors = 0;

	while (type != YAML_DOCUMENT_END_EVENT && type != YAML_STREAM_END_EVENT) {
		yaml_event_t event;

		/* Another error is better told by yaml_parser_load(). */
		if (yaml_events_next(events, &event, reterr) < 0)
			return 0;
		type = event.type;
		n_anchors += has_anchor(&event);
		if (n_anchors > ANCHORS_MAX) {
			(void)err_set(reterr, -EBADMSG, "%s:%zu: more than %d anchors", file,
				      event.start_mark.line + 1, ANCHORS_MAX);
			wipe_event(&event);
			return reterr->code;
		}
		wipe_event(&event);
		limit = yaml_events_limit(events);
		if (limit)
			return err_set(reterr, -EBADMSG, "%s: %s", file, limit->text);
	}
	return 0;
}

int yaml_value_load(const char *file, const char *bytes, size_t size, struct yaml_value_document **ret,
		    struct err *reterr)
{
	struct yaml_value_document *document;
	yaml_parser_t parser;
	int r;

	r = check_limits(file, bytes, size, reterr);
	if (r < 0)
		return r;
	document = alloc_zeroed(1, sizeof(*document));
	if (!yaml_parser_initialize(&parser))
		alloc_failed();
	yaml_parser_set_input_string(&parser, (const unsigned char *)bytes, size);
	if (yaml_parser_load(&parser, &document->document)) {
		*ret = document;
	} else {
		if (parser.error == YAML_MEMORY_ERROR)
			alloc_failed();
		r = err_set(reterr, -EBADMSG, "%s:%zu: %s", file, parser.problem_mark.line + 1,
			    parser.problem ? parser.problem : "not YAML");
		free(document);
	}
	yaml_parser_delete(&parser);
	return r;
}

struct yaml_value_document *yaml_value_free(struct yaml_value_document *document)
{
	yaml_node_t *node;

	if (!document)
		return NULL;
	for (node = document->document.nodes.start; node < document->document.nodes.top; node++)
		if (node->type == YAML_SCALAR_NODE)
			explicit_bzero(node->data.scalar.value, node->data.scalar.length);
	yaml_document_delete(&document->document);
	free(document);
	return NULL;
}

static bool is_null(const yaml_node_t *node)
{
	const char *text;

	if (node->type != YAML_SCALAR_NODE || node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return false;
	text = (const char *)node->data.scalar.value;
	return !*text || strcmp(text, "~") == 0 || strcmp(text, "null") == 0;
}

static struct yaml_value place(struct yaml_value_document *document, const yaml_node_t *node)
{
	return (struct yaml_value){ document, node && !is_null(node) ? node : NULL };
}

struct yaml_value yaml_value_root(struct yaml_value_document *document)
{
	return place(document, yaml_document_get_root_node(&document->document));
}

size_t yaml_value_line(const struct yaml_value *value)
{
	return value->node->start_mark.line + 1;
}

bool yaml_value_is_object(const struct yaml_value *value)
{
	return value->node->type == YAML_MAPPING_NODE;
}

struct yaml_value yaml_value_member(const struct yaml_value *value, const char *key,
				    struct yaml_value *ret_repeated)
{
	yaml_document_t *document = &value->document->document;
	struct yaml_value member = { 0 };
	const yaml_node_pair_t *pair;
	bool found = false;

	*ret_repeated = (struct yaml_value){ 0 };
	if (!yaml_value_is_object(value))
		return member;
	for (pair = value->node->data.mapping.pairs.start; pair < value->node->data.mapping.pairs.top;
	     pair++) {
		yaml_node_t *name = yaml_document_get_node(document, pair->key);

		if (name->type != YAML_SCALAR_NODE || strcmp((const char *)name->data.scalar.value, key) != 0)
			continue;
		if (found)
			*ret_repeated = (struct yaml_value){ value->document, name };
		else
			member = place(value->document, yaml_document_get_node(document, pair->value));
		found = true;
	}
	return member;
}

bool yaml_value_list_size(const struct yaml_value *value, size_t *ret)
{
	if (value->node->type != YAML_SEQUENCE_NODE)
		return false;
	*ret = (size_t)(value->node->data.sequence.items.top - value->node->data.sequence.items.start);
	return true;
}

struct yaml_value yaml_value_element(const struct yaml_value *value, size_t index)
{
	yaml_node_item_t item = value->node->data.sequence.items.start[index];

	return place(value->document, yaml_document_get_node(&value->document->document, item));
}

bool yaml_value_string(const struct yaml_value *value, const char **ret)
{
	const yaml_node_t *node = value->node;

	if (node->type != YAML_SCALAR_NODE)
		return false;
	*ret = (const char *)node->data.scalar.value;
	if (strlen(*ret) != node->data.scalar.length)
		*ret = NULL;
	return true;
}

bool yaml_value_bool(const struct yaml_value *value, bool *ret)
{
	const char *text = NULL;

	if (!yaml_value_string(value, &text) || !text)
		return false;
	*ret = strcmp(text, "true") == 0;
	return *ret || strcmp(text, "false") == 0;
}

/* A value on its way to JSON. */
struct conversion {
	yaml_document_t *document;
	size_t n_left;	 /* nodes */
	size_t n_levels; /* below the current node */
	const yaml_node_t *bad;
	const char *reason; /* NULL: nothing is wrong */
};

static void refuse(struct conversion *conversion, const yaml_node_t *node, const char *reason)
{
	if (conversion->reason)
		return;
	conversion->bad = node;
	conversion->reason = reason;
}

static json_t *convert(struct conversion *conversion, const yaml_node_t *node);

static json_t *convert_scalar(struct conversion *conversion, const yaml_node_t *node)
{
	const char *text = (const char *)node->data.scalar.value, *tag = (const char *)node->tag;
	size_t len = node->data.scalar.length;
	json_t *value = NULL;

	if (strlen(text) != len) {
		refuse(conversion, node, "a NUL within a string");
		return NULL;
	}
	/* libyaml gives this tag to scalars that have none. */
	if (tag && strcmp(tag, YAML_STR_TAG) != 0)
		value = yaml_scalar_tagged(tag, text, len);
	else if (node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
		value = yaml_scalar_plain(text, len);
	else
		value = yaml_scalar_string(text, len);
	if (!value)
		refuse(conversion, node, "an unknown tag");
	return value;
}

static void convert_items(struct conversion *conversion, const yaml_node_t *node, json_t *array)
{
	const yaml_node_item_t *item;
	json_t *value;

	for (item = node->data.sequence.items.start;
	     item < node->data.sequence.items.top && !conversion->reason; item++) {
		value = convert(conversion, yaml_document_get_node(conversion->document, *item));
		if (value && json_array_append_new(array, value) < 0)
			alloc_failed();
	}
}

static void convert_members(struct conversion *conversion, const yaml_node_t *node, json_t *object)
{
	const yaml_node_pair_t *pair;
	json_t *value;

	for (pair = node->data.mapping.pairs.start;
	     pair < node->data.mapping.pairs.top && !conversion->reason; pair++) {
		const yaml_node_t *key = yaml_document_get_node(conversion->document, pair->key);
		const char *text = (const char *)key->data.scalar.value;

		if (key->type != YAML_SCALAR_NODE || strlen(text) != key->data.scalar.length)
			refuse(conversion, key, "a key that is not a string");
		else if (strcmp(text, "<<") == 0)
			refuse(conversion, key, "a merge key");
		else if (json_object_get(object, text))
			refuse(conversion, key, "a key is given twice");
		if (conversion->reason)
			return;
		value = convert(conversion, yaml_document_get_node(conversion->document, pair->value));
		if (value && json_object_set_new(object, text, value) < 0)
			refuse(conversion, key, "not UTF-8");
	}
}

/* Returns NULL if something is wrong with the node; with what is below it, perhaps a part. */
static json_t *convert(struct conversion *conversion, const yaml_node_t *node)
{
	bool list = node->type == YAML_SEQUENCE_NODE;
	json_t *value;

	if (!conversion->n_left || !conversion->n_levels) {
		refuse(conversion, node, "too large");
		return NULL;
	}
	conversion->n_left--;
	if (node->type == YAML_SCALAR_NODE)
		return convert_scalar(conversion, node);
	value = list ? json_array() : json_object();
	if (!value)
		alloc_failed();
	conversion->n_levels--;
	if (list)
		convert_items(conversion, node, value);
	else
		convert_members(conversion, node, value);
	conversion->n_levels++;
	return value;
}

json_t *yaml_value_json(const struct yaml_value *value, size_t max_nodes, size_t max_depth,
			struct yaml_value *ret_bad, const char **ret_reason)
{
	struct conversion conversion = {
		.document = &value->document->document,
		.n_left = max_nodes,
		.n_levels = max_depth + 1,
	};
	json_t *json = convert(&conversion, value->node);

	if (!conversion.reason)
		return json;
	json_decref(json);
	*ret_bad = (struct yaml_value){ value->document, conversion.bad };
	*ret_reason = conversion.reason;
	return NULL;
}
