/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any text as YAML documents. */
#include "config.h"

#include <assert.h>
#include <errno.h>

#include "decode/yaml.h"
#include "fuzz.h"

static void on_object(void *ctx, struct object *object, size_t line)
{
	(void)ctx;
	assert(line > 0);
	assert(object->skipped || object->kind != _OBJECT_KIND_MAX);
}

static void on_refused(void *ctx, const struct object *object, const struct err *err, size_t line)
{
	(void)ctx;
	assert(line > 0);
	assert(object->kind_name && object->namespace && object->name);
	assert(err->code == -EINVAL || err->code == -E2BIG);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct yaml_sink sink = { on_object, on_refused, NULL };
	struct err err;
	int r;

	r = yaml_decode_documents((const char *)data, size, &sink, &err);
	assert(r == 0 || r == -EBADMSG);
	return 0;
}
