/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "decode/json.h"

#include <assert.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "decode/field.h"
#include "decode/object_tree.h"

static const char *const json_event_names[] = {
	[JSON_EVENT_ADDED] = "ADDED",	  [JSON_EVENT_MODIFIED] = "MODIFIED",
	[JSON_EVENT_DELETED] = "DELETED", [JSON_EVENT_BOOKMARK] = "BOOKMARK",
	[JSON_EVENT_ERROR] = "ERROR",
};
static_assert(ARRAY_SIZE(json_event_names) == _JSON_EVENT_MAX, "a name for each type");

static void tree_freep(json_t **tree)
{
	json_decref(*tree);
}

/*
 * Whether brackets nest deeper than @max. Counted before jansson, which recurses, sees the text; what is no
 * JSON gets some answer here and is refused there.
 */
static bool too_deep(const char *bytes, size_t size, size_t max)
{
	const char *end = bytes + size;
	size_t depth = 0;

	for (; bytes < end; bytes++) {
		switch (*bytes) {
		case '{':
		case '[':
			if (++depth > max)
				return true;
			break;
		case '}':
		case ']':
			depth -= depth > 0;
			break;
		case '"':
			for (bytes++; bytes < end && *bytes != '"'; bytes++)
				bytes += *bytes == '\\';
			break;
		default:
			break;
		}
	}
	return false;
}

/* @size is at most that of one object and @depth levels of something around it. */
static int parse(const char *bytes, size_t size, size_t depth, json_t **ret, struct err *reterr)
{
	json_error_t error;
	json_t *tree;

	if (size > OBJECT_SIZE_MAX)
		return object_tree_size_error(reterr);
	if (too_deep(bytes, size, OBJECT_DEPTH_MAX + depth))
		return object_tree_depth_error(reterr);
	tree = json_loadb(bytes, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	if (tree) {
		*ret = tree;
		return 0;
	}
	switch (json_error_code(&error)) {
	case json_error_out_of_memory:
		alloc_failed();
	case json_error_duplicate_key:
	case json_error_null_character:
	case json_error_null_byte_in_key:
	case json_error_null_value:
	case json_error_numeric_overflow:
	case json_error_invalid_utf8:
		return err_set(reterr, -EINVAL, "%s (line %d of it)", error.text, error.line);
	default:
		return err_set(reterr, -EBADMSG, "not JSON: %s (line %d of it)", error.text, error.line);
	}
}

int json_decode_object(const char *bytes, size_t size, const char *default_kind, struct object *ret,
		       struct err *reterr)
{
	_cleanup_(tree_freep) json_t *tree = NULL;
	int r;

	r = parse(bytes, size, 0, &tree, reterr);
	if (r < 0) {
		json_guess_object(bytes, size, default_kind, ret);
		return r;
	}
	return object_tree_decode(tree, default_kind, OBJECT_TREE_WHOLE, ret, reterr);
}

bool json_item_kind(const char *list_kind, char *ret, size_t ret_size)
{
	size_t len = strlen(list_kind);

	if (len <= 4 || strcmp(list_kind + len - 4, "List") != 0 || len - 4 >= ret_size)
		return false;
	memcpy(ret, list_kind, len - 4);
	ret[len - 4] = '\0';
	return true;
}

/* Status: all of it is optional, and what is odd in it is left out. */

static void status_text(const json_t *object, const char *key, char *ret, size_t size)
{
	const char *text = json_string_value(json_object_get(object, key));
	size_t len = text ? strlen(text) : 0;

	if (len >= size)
		len = size - 1;
	if (len)
		memcpy(ret, text, len);
	ret[len] = '\0';
}

static int status_number(const json_t *object, const char *key, int max)
{
	json_int_t number = json_integer_value(json_object_get(object, key));

	return number > 0 && number <= max ? (int)number : 0;
}

static int read_status(const json_t *tree, struct json_status *ret, struct err *reterr)
{
	const char *kind = json_string_value(json_object_get(tree, "kind"));
	const char *token = json_string_value(json_object_get(json_object_get(tree, "metadata"), "continue"));

	if (!kind || strcmp(kind, "Status") != 0)
		return err_set(reterr, -EINVAL, "not a Status");
	ret->code = status_number(tree, "code", 999);
	status_text(tree, "reason", ret->reason, sizeof(ret->reason));
	status_text(tree, "message", ret->message, sizeof(ret->message));
	ret->retry_after_s =
		(unsigned int)status_number(json_object_get(tree, "details"), "retryAfterSeconds", 86400);
	ret->continue_token = token && *token ? alloc_string(token) : NULL;
	return 0;
}

void json_status_done(struct json_status *status)
{
	free(status->continue_token);
	memset(status, 0, sizeof(*status));
}

int json_decode_status(const char *bytes, size_t size, struct json_status *ret, struct err *reterr)
{
	_cleanup_(tree_freep) json_t *tree = NULL;
	int r;

	memset(ret, 0, sizeof(*ret));
	r = parse(bytes, size, 0, &tree, reterr);
	return r < 0 ? r : read_status(tree, ret, reterr);
}

static enum json_event_type event_type(const json_t *tree)
{
	const char *text = json_string_value(json_object_get(tree, "type"));
	enum json_event_type type;

	for (type = 0; text && type < _JSON_EVENT_MAX; type++) {
		if (strcmp(text, json_event_names[type]) == 0)
			return type;
	}
	return _JSON_EVENT_MAX;
}

int json_decode_event(const char *bytes, size_t size, enum json_event_type *ret_type,
		      struct object *ret_object, struct json_status *ret_status, struct err *reterr)
{
	_cleanup_(tree_freep) json_t *tree = NULL;
	const json_t *object;
	int r;

	*ret_type = _JSON_EVENT_MAX;
	memset(ret_status, 0, sizeof(*ret_status));
	r = parse(bytes, size, 1, &tree, reterr);
	if (r < 0) {
		json_guess_event(bytes, size, ret_object);
		return r;
	}
	*ret_type = event_type(tree);
	object = json_object_get(tree, "object");
	switch (*ret_type) {
	case JSON_EVENT_ADDED:
	case JSON_EVENT_MODIFIED:
		return object_tree_decode(object, NULL, OBJECT_TREE_WHOLE, ret_object, reterr);
	case JSON_EVENT_DELETED:
		return object_tree_decode(object, NULL, OBJECT_TREE_KEY, ret_object, reterr);
	case JSON_EVENT_BOOKMARK:
		return object_tree_decode(object, NULL, OBJECT_TREE_VERSION, ret_object, reterr);
	case JSON_EVENT_ERROR:
		object_unread(ret_object);
		return read_status(object, ret_status, reterr);
	case _JSON_EVENT_MAX:
		break;
	}
	object_unread(ret_object);
	return err_set(reterr, -EBADMSG, "not a watch event: its type is unknown");
}
