/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any text as an object, as a watch event and as a Status. */
#include "config.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "decode/json.h"
#include "fuzz.h"

static void check_object(const struct object *object, int r)
{
	assert(object->kind_name && object->namespace && object->name && object->resource_version);
	assert(r == 0 || r == -EBADMSG || r == -EINVAL || r == -E2BIG);
	if (r < 0 || object->skipped)
		return;
	assert(object->kind != _OBJECT_KIND_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct api_status status;
	enum watch_event_type type;
	struct object object;
	struct err err;
	int r;

	r = json_decode_object(text, size, "EndpointSlice", &object, &err);
	check_object(&object, r);
	assert(r < 0 || object.skipped || object.service);
	object_done(&object);

	r = json_decode_event(text, size, &type, &object, &status, &err);
	if (r < 0 || type != WATCH_EVENT_BOOKMARK)
		assert(object.kind_name && object.name);
	object_done(&object);

	r = json_decode_status(text, size, &status, &err);
	assert(strlen(status.message) < sizeof(status.message));

	json_guess_event(text, size, &object);
	object_done(&object);
	return 0;
}
