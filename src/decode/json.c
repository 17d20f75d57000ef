/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "decode/json.h"

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

int json_decode_object(const char *bytes, size_t size, const char *default_kind, struct object *ret,
		       struct err *reterr)
{
	_cleanup_(tree_freep) json_t *tree = NULL;
	struct field root;
	int r;

	r = json_load(bytes, size, 0, &tree, reterr);
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
	r = json_load(bytes, size, 0, &tree, reterr);
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
	r = json_load(bytes, size, 1, &tree, reterr);
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
