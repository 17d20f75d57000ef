/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "decode/watch_event.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "decode/field.h"
#include "decode/object_tree.h"

static const char *const watch_event_names[] = {
	[WATCH_EVENT_ADDED] = "ADDED",	   [WATCH_EVENT_MODIFIED] = "MODIFIED",
	[WATCH_EVENT_DELETED] = "DELETED", [WATCH_EVENT_BOOKMARK] = "BOOKMARK",
	[WATCH_EVENT_ERROR] = "ERROR",
};
static_assert(ARRAY_SIZE(watch_event_names) == _WATCH_EVENT_MAX, "a name for each type");

enum watch_event_type watch_event_type_parse(const char *text)
{
	enum watch_event_type type;

	for (type = 0; type < _WATCH_EVENT_MAX; type++) {
		if (strcmp(text, watch_event_names[type]) == 0)
			break;
	}
	return type;
}

enum watch_event_type watch_event_type_read(const struct field *field)
{
	return watch_event_type_parse(field_string(field));
}

int watch_event_read(enum watch_event_type type, const struct field *kind, const struct field *root,
		     struct object *ret_object, struct api_status *ret_status, struct err *reterr)
{
	int r;

	memset(ret_status, 0, sizeof(*ret_status));
	switch (type) {
	case WATCH_EVENT_ADDED:
	case WATCH_EVENT_MODIFIED:
		return object_tree_decode(kind, root, NULL, OBJECT_TREE_WHOLE, ret_object, reterr);
	case WATCH_EVENT_DELETED:
		return object_tree_decode(kind, root, NULL, OBJECT_TREE_KEY, ret_object, reterr);
	case WATCH_EVENT_BOOKMARK:
		return object_tree_decode(kind, root, NULL, OBJECT_TREE_VERSION, ret_object, reterr);
	case WATCH_EVENT_ERROR:
		object_unread(ret_object);
		r = api_status_check(kind, reterr);
		if (r == 0)
			api_status_read(root, ret_status);
		return r;
	case _WATCH_EVENT_MAX:
		break;
	}
	object_unread(ret_object);
	return err_set(reterr, -EBADMSG, "not a watch event: its type is unknown");
}
