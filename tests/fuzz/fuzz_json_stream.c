/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes through the cutter: in one piece and in many, which must give the same values and the same end.
 */
#include "config.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "decode/json_stream.h"
#include "fuzz.h"

static int on_value(void *ctx, const char *bytes, size_t size)
{
	buf_add(ctx, bytes, size);
	buf_add(ctx, "", 1);
	return 0;
}

static int run(enum json_stream_mode mode, const char *text, size_t size, size_t piece, struct buf *seen)
{
	const struct json_stream_sink sink = { .value = on_value, .ctx = seen };
	struct json_stream *stream = json_stream_new(mode, &sink);
	struct json_stream_list list;
	struct err err;
	int r = 0;

	while (size && r == 0) {
		size_t n = piece < size ? piece : size;

		r = json_stream_feed(stream, text, n, &err);
		text += n;
		size -= n;
	}
	if (r == 0)
		r = json_stream_finish(stream, mode == JSON_STREAM_LIST ? &list : NULL, &err);
	if (r == 0 && mode == JSON_STREAM_LIST) {
		buf_add(seen, list.kind, strlen(list.kind));
		if (list.rest)
			buf_add(seen, list.rest, list.rest_size);
		json_stream_list_done(&list);
	}
	assert(r == 0 || r == -EBADMSG);
	(void)json_stream_free(stream);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	enum json_stream_mode mode;
	struct json_stream_list list;
	struct err err;
	size_t used;

	for (mode = JSON_STREAM_VALUES; mode <= JSON_STREAM_LIST; mode++) {
		struct buf whole = BUF_INIT, pieces = BUF_INIT;
		size_t piece = size ? data[0] % 7 + 1 : 1;
		int r = run(mode, text, size, SIZE_MAX, &whole);

		assert(run(mode, text, size, piece, &pieces) == r);
		assert(whole.size == pieces.size);
		assert(!whole.size || memcmp(whole.data, pieces.data, whole.size) == 0);
		buf_done(&whole);
		buf_done(&pieces);
	}
	if (json_stream_peek(text, size, &used, &list, &err) == 0) {
		assert(used <= size);
		json_stream_list_done(&list);
	}
	return 0;
}
