/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "decode/document.h"

#include <errno.h>
#include <string.h>

#include <jansson.h>

#include "base/alloc.h"
#include "decode/yaml_tree.h"

struct document {
	json_t *root;
};

/* The first document that is not empty; a file may begin with "---" or a comment. */
static int read_root(struct yaml_tree *tree, json_t **ret, struct err *reterr)
{
	enum yaml_tree_found found = YAML_TREE_NOTHING;
	struct yaml_tree_object about;
	json_t *root;
	int r;

	while (found != YAML_TREE_END) {
		r = yaml_tree_step(tree, &found, &about, &root, reterr);
		if (r < 0)
			return r;
		if (found != YAML_TREE_OBJECT)
			continue;
		if (!about.refusal.code && !json_is_null(root)) {
			*ret = root;
			return 0;
		}
		json_decref(root);
		if (about.refusal.code) {
			*reterr = about.refusal;
			return reterr->code;
		}
	}
	return err_set(reterr, -EINVAL, "the file is empty");
}

int document_read(const char *bytes, size_t size, void (*repeated)(void *ctx, const char *key), void *ctx,
		  struct document **ret, struct err *reterr)
{
	size_t mark = yaml_tree_byte_order_mark(bytes, size);
	_cleanup_(yaml_tree_freep) struct yaml_tree *tree = NULL;
	json_t *root;
	int r;

	tree = yaml_tree_new(bytes + mark, size - mark);
	yaml_tree_tolerate(tree, repeated, ctx);
	r = read_root(tree, &root, reterr);
	if (r < 0)
		return r;
	*ret = alloc_zeroed(1, sizeof(**ret));
	(*ret)->root = root;
	return 0;
}

struct document *document_free(struct document *document)
{
	if (!document)
		return NULL;
	json_decref(document->root);
	free(document);
	return NULL;
}

struct field document_root(const struct document *document, struct field_reading *reading)
{
	return field_root(document->root, reading);
}

const char *document_next_key(const struct field *object, const char *key)
{
	json_t *json = (json_t *)(uintptr_t)object->json;

	return json_object_iter_key(key ? json_object_iter_next(json, json_object_iter_at(json, key))
					: json_object_iter(json));
}

static bool is_default(const json_t *value)
{
	const json_t *element;
	const char *key, *text;

	switch (json_typeof(value)) {
	case JSON_NULL:
	case JSON_FALSE:
		return true;
	case JSON_TRUE:
		return false;
	case JSON_INTEGER:
	case JSON_REAL:
		return json_number_value(value) == 0;
	case JSON_STRING:
		text = json_string_value(value);
		if (strlen(text) != json_string_length(value))
			return false;
		return strcmp(text, "") == 0 || strcmp(text, "0") == 0 || strcmp(text, "0s") == 0;
	case JSON_ARRAY:
		return json_array_size(value) == 0;
	case JSON_OBJECT:
		json_object_foreach((json_t *)(uintptr_t)value, key, element) {
			if (!is_default(element))
				return false;
		}
		return true;
	}
	return false;
}

bool document_is_default(const struct field *field)
{
	return !field->json || is_default(field->json);
}

bool document_is_object(const struct field *field)
{
	return json_is_object(field->json);
}
