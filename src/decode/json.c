/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "decode/json.h"

#include <assert.h>
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "base/cleanup.h"
#include "decode/field.h"
#include "decode/json_load.h"
#include "decode/object_tree.h"

static void tree_freep(json_t **tree)
{
	json_decref(*tree);
}

/*
 * Check what jansson's recursion and its time depend on: how deep brackets nest, the number of values, and the
 * number of members of one object, as its hash table grows. For a text that is not JSON the result does not matter: jansson rejects it.
 * @ret_odd: for json_load()
 */
static int check_shape(const char *bytes, size_t size, size_t max_depth, bool *ret_odd, struct err *reterr)
{
	const char *end = bytes + size;
	size_t depth = 0, n_values = 1, n_digits = 0, n_members[OBJECT_DEPTH_MAX + 2] = { 0 };
	unsigned char bits = 0;
	bool odd = false;
	char c, before = ' ';

	assert(max_depth <= OBJECT_DEPTH_MAX + 1);
	for (; bytes < end; bytes++, before = c) {
		c = *bytes;
		n_digits = c >= '0' && c <= '9' ? n_digits + 1 : 0;
		switch (c) {
		case '{':
		case '[':
			if (++depth > max_depth)
				return object_tree_depth_error(reterr);
			n_values++;
			n_members[depth] = 0;
			break;
		case ':':
			if (++n_members[depth] > OBJECT_MEMBERS_MAX)
				return err_set(reterr, -E2BIG, "an object with more than %d members",
					       OBJECT_MEMBERS_MAX);
			break;
		case ',':
			n_values++;
			break;
		case '}':
		case ']':
			depth -= depth > 0;
			break;
		case '"':
			for (bytes++; bytes < end && *bytes != '"'; bytes++) {
				bits |= (unsigned char)*bytes;
				bytes += *bytes == '\\';
				odd = odd || (bytes < end && bytes[-1] == '\\' && *bytes == 'u');
			}
			break;
		default:
			/* "true" and "false" have an e, too. */
			odd = odd || n_digits > JSON_LOAD_DIGITS_MAX || c == 'E' ||
			      (c == 'e' && before >= '.' && before <= '9');
			break;
		}
	}
	*ret_odd = odd || bits & 0x80;
	return n_values > OBJECT_VALUES_MAX ? object_tree_values_error(reterr) : 0;
}

/* @depth: levels around the object that count in addition. */
static int parse(const char *bytes, size_t size, size_t depth, json_t **ret, struct err *reterr)
{
	bool odd = false;
	int r;

	if (size > OBJECT_SIZE_MAX)
		return object_tree_size_error(reterr);
	r = check_shape(bytes, size, OBJECT_DEPTH_MAX + depth, &odd, reterr);
	return r < 0 ? r : json_load(bytes, size, odd, ret, reterr);
}

int json_decode_object(const char *bytes, size_t size, const char *default_kind, struct object *ret,
		       struct err *reterr)
{
	_cleanup_(tree_freep) json_t *tree = NULL;
	struct field root;
	int r;

	r = parse(bytes, size, 0, &tree, reterr);
	if (r < 0) {
		json_guess_object(bytes, size, default_kind, ret);
		return r;
	}
	root = field_root(tree, NULL);
	return object_tree_decode(&root, &root, default_kind, OBJECT_TREE_WHOLE, ret, reterr);
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

int json_decode_status(const char *bytes, size_t size, struct api_status *ret, struct err *reterr)
{
	_cleanup_(tree_freep) json_t *tree = NULL;
	struct field root;
	int r;

	memset(ret, 0, sizeof(*ret));
	r = parse(bytes, size, 0, &tree, reterr);
	if (r < 0)
		return r;
	root = field_root(tree, NULL);
	r = api_status_check(&root, reterr);
	if (r == 0)
		api_status_read(&root, ret);
	return r;
}

int json_decode_event(const char *bytes, size_t size, enum watch_event_type *ret_type,
		      struct object *ret_object, struct api_status *ret_status, struct err *reterr)
{
	_cleanup_(tree_freep) json_t *tree = NULL;
	struct field event, type, object;
	int r;

	*ret_type = _WATCH_EVENT_MAX;
	memset(ret_status, 0, sizeof(*ret_status));
	r = parse(bytes, size, 1, &tree, reterr);
	if (r < 0) {
		json_guess_event(bytes, size, ret_object);
		return r;
	}
	event = field_root(tree, NULL);
	type = field_member(&event, "type");
	*ret_type = watch_event_type_read(&type);
	/* A root of its own: paths begin in the object. */
	object = field_root(json_object_get(tree, "object"), NULL);
	return watch_event_read(*ret_type, &object, &object, ret_object, ret_status, reterr);
}
