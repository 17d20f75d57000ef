/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a list and as a watch: in one piece and in many, which must give the same messages and the same
 * end. The messages are decoded, too.
 */
#include "config.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "decode/protobuf_object.h"
#include "decode/protobuf_stream.h"
#include "fuzz.h"

static int on_item(void *ctx, const char *bytes, size_t size)
{
	struct object object;
	struct err err;

	(void)!protobuf_object_item(OBJECT_KIND_ENDPOINT_SLICE, bytes, size, &object, &err);
	object_done(&object);
	buf_add(ctx, bytes, size);
	buf_add(ctx, "", 1);
	return 0;
}

static int on_event(void *ctx, const char *bytes, size_t size)
{
	enum watch_event_type type;
	struct api_status status;
	struct object object;
	struct err err;

	(void)!protobuf_object_event(bytes, size, &type, &object, &status, &err);
	object_done(&object);
	buf_add(ctx, bytes, size);
	buf_add(ctx, "", 1);
	return 0;
}

static void on_too_large(void *ctx, const char *head, size_t head_size)
{
	buf_add(ctx, head, head_size);
}

static int run(enum protobuf_stream_mode mode, const char *bytes, size_t size, size_t piece, struct buf *seen)
{
	bool is_list = mode == PROTOBUF_STREAM_LIST;
	const struct protobuf_stream_sink sink = { is_list ? on_item : on_event, on_too_large, seen };
	struct protobuf_stream *stream = protobuf_stream_new(mode, OBJECT_KIND_ENDPOINT_SLICE, &sink);
	struct protobuf_stream_list list;
	struct err err;
	int r = 0;

	while (size && r == 0) {
		size_t n = piece < size ? piece : size;

		r = protobuf_stream_feed(stream, bytes, n, &err);
		bytes += n;
		size -= n;
	}
	if (r == 0)
		r = protobuf_stream_finish(stream, is_list ? &list : NULL, &err);
	if (r == 0 && is_list) {
		buf_add(seen, list.kind, strlen(list.kind));
		if (list.rest)
			buf_add(seen, list.rest, list.rest_size);
		protobuf_stream_list_done(&list);
	}
	assert(r == 0 || r == -EBADMSG);
	(void)protobuf_stream_free(stream);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data;
	enum protobuf_stream_mode mode;

	for (mode = PROTOBUF_STREAM_WATCH; mode <= PROTOBUF_STREAM_LIST; mode++) {
		struct buf whole = BUF_INIT, pieces = BUF_INIT;
		size_t piece = size ? data[size - 1] % 7 + 1 : 1;
		int r = run(mode, bytes, size, SIZE_MAX, &whole);

		assert(run(mode, bytes, size, piece, &pieces) == r);
		assert(whole.size == pieces.size);
		assert(!whole.size || memcmp(whole.data, pieces.data, whole.size) == 0);
		buf_done(&whole);
		buf_done(&pieces);
	}
	return 0;
}
