/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a saved state: as they are, and with a correct checksum, so that they are read. */
#include "config.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "intake/saved_state.h"
#include "fuzz.h"

static void add_again(struct saved_state_writer *writer, const struct object *object)
{
	if (object->origin)
		saved_state_add_manifest(writer, object->origin);
	switch (object->kind) {
	case OBJECT_KIND_SERVICE:
		saved_state_add_service(writer, object->service);
		return;
	case OBJECT_KIND_ENDPOINT_SLICE:
		saved_state_add_slice(writer, object->slice);
		return;
	case OBJECT_KIND_NODE:
		saved_state_add_node(writer, object->node);
		return;
	case OBJECT_KIND_SERVICE_CIDR:
		saved_state_add_service_cidr(writer, object->service_cidr);
		return;
	case _OBJECT_KIND_MAX:
		break;
	}
	assert(!"an object of no kind");
}

/* Saving the objects again and reading that gives as many. */
static void save_again(const struct saved_state *saved)
{
	struct saved_state_writer writer;
	struct saved_state again;
	struct err err;
	size_t i;
	int r;

	saved_state_begin(&writer, saved->time_s, saved->origin, saved->node_name);
	for (i = 0; i < saved->n_objects; i++)
		add_again(&writer, &saved->objects[i]);
	saved_state_end(&writer);
	r = saved_state_read(writer.out.data, writer.out.size, &again, &err);
	assert(r == 0 && again.n_objects == saved->n_objects);
	saved_state_done(&again);
	buf_done(&writer.out);
}

static void read_one(const char *bytes, size_t size)
{
	struct saved_state saved;
	struct err err;
	int r = saved_state_read(bytes, size, &saved, &err);

	assert(r == 0 || r == -EBADMSG || r == -EPROTONOSUPPORT || r == -EINVAL || r == -E2BIG);
	if (r < 0)
		return;
	save_again(&saved);
	saved_state_done(&saved);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *bytes = alloc_bytes(size + SHA256_SIZE);

	if (size)
		memcpy(bytes, data, size);
	sha256_of(bytes, size, (uint8_t *)bytes + size);
	read_one((const char *)data, size);
	read_one(bytes, size + SHA256_SIZE);
	return 0;
}
