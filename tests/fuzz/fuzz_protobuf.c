/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as an item of each kind, as a watch event and as a Status. */
#include "config.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "decode/protobuf_object.h"
#include "fuzz.h"

static void check_object(const struct object *object, int r)
{
	assert(object->kind_name && object->namespace && object->name && object->resource_version);
	assert(r == 0 || r == -EBADMSG || r == -EINVAL || r == -E2BIG);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data;
	enum watch_event_type type;
	struct api_status status;
	enum object_kind kind;
	struct object object;
	struct err err;
	int r;

	for (kind = 0; kind < _OBJECT_KIND_MAX; kind++) {
		r = protobuf_object_item(kind, bytes, size, &object, &err);
		check_object(&object, r);
		assert(object.kind == kind);
		/* All or nothing. */
		assert((r == 0 && !object.skipped) == (object.service != NULL));
		object_done(&object);
		protobuf_object_guess_item(kind, bytes, size, &object);
		check_object(&object, 0);
		object_done(&object);
	}

	r = protobuf_object_event(bytes, size, &type, &object, &status, &err);
	check_object(&object, r);
	assert(r < 0 || type != _WATCH_EVENT_MAX);
	assert(type == WATCH_EVENT_ADDED || type == WATCH_EVENT_MODIFIED || !object.service);
	object_done(&object);

	r = protobuf_object_status(bytes, size, &status, &err);
	assert(r == 0 || r == -EBADMSG || r == -EINVAL);
	assert(strlen(status.message) < sizeof(status.message));

	protobuf_object_guess_event(bytes, size, &type, &object);
	object_done(&object);
	return 0;
}
