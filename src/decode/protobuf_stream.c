/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: how the cutting works
 *
 * The state machine waits for one thing at a time: the head of a field, or a content of known size. If it spans
 * pieces it is collected in @held; if it is complete in a piece it is used in place. A list is in the field
 * "raw" of its envelope; @raw_left counts the bytes of it that are to come. There is no deeper level, since
 * items are contents. A watch is a sequence of contents, each after four bytes with its size.
 *
 * API servers write an envelope's kind before its object. In the other order the object is read as the
 * requested list, and the kind is checked when it comes.
 */
#include "config.h"
#include "decode/protobuf_stream.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "decode/field.h"
#include "decode/object.h"
#include "decode/object_tree.h"
#include "decode/protobuf.h"
#include "decode/protobuf_object.h"
#include "decode/protobuf_schema.h"

#define HELD_KEPT	(64 * 1024) /* more memory than this is freed after a large message */
#define FRAME_SIZE_SIZE 4
#define ENCODING_MAX	256

/* Numbers in runtime.Unknown, and in every ...List. */
enum {
	UNKNOWN_TYPE_META = 1,
	UNKNOWN_RAW = 2,
	UNKNOWN_CONTENT_ENCODING = 3,
	UNKNOWN_CONTENT_TYPE = 4,
	LIST_METADATA = 1,
	LIST_ITEMS = 2,
};

/* The next thing in the stream. */
enum state {
	STATE_FRAME_SIZE, /* WATCH: four bytes */
	STATE_EVENT,
	STATE_MAGIC,	  /* LIST: four bytes */
	STATE_IN_UNKNOWN, /* a head */
	STATE_TYPE_META,
	STATE_ENCODING,
	STATE_IN_LIST, /* a head */
	STATE_METADATA,
	STATE_ITEM,
	STATE_REST,
	STATE_OTHER_IN_UNKNOWN, /* contents that are skipped */
	STATE_OTHER_IN_LIST,
};

struct protobuf_stream {
	enum protobuf_stream_mode mode;
	enum object_kind kind;
	struct protobuf_stream_sink sink;
	enum state state;
	size_t want;	 /* bytes of the awaited content */
	size_t seen;	 /* bytes of it that have come */
	bool skipping;	 /* it is too large, or not needed: @held is only its beginning */
	struct buf held; /* the part of a head or content that has come */
	size_t raw_left; /* of the list, after the awaited content */
	bool has_type;
	bool has_raw;
	struct protobuf_stream_list list;
};

struct protobuf_stream *protobuf_stream_new(enum protobuf_stream_mode mode, enum object_kind kind,
					    const struct protobuf_stream_sink *sink)
{
	struct protobuf_stream *stream = alloc_zeroed(1, sizeof(*stream));

	stream->mode = mode;
	stream->kind = kind;
	stream->sink = *sink;
	stream->state = mode == PROTOBUF_STREAM_LIST ? STATE_MAGIC : STATE_FRAME_SIZE;
	stream->want = mode == PROTOBUF_STREAM_LIST ? PROTOBUF_OBJECT_MAGIC_SIZE : FRAME_SIZE_SIZE;
	return stream;
}

struct protobuf_stream *protobuf_stream_free(struct protobuf_stream *stream)
{
	if (!stream)
		return NULL;
	buf_done(&stream->held);
	protobuf_stream_list_done(&stream->list);
	free(stream);
	return NULL;
}

void protobuf_stream_list_done(struct protobuf_stream_list *list)
{
	free(list->resource_version);
	free(list->continue_token);
	free(list->rest);
	memset(list, 0, sizeof(*list));
}

/* Wait for a content of @size bytes; at most @max of them are kept. */
static void expect(struct protobuf_stream *stream, enum state state, size_t size, size_t max)
{
	stream->state = state;
	stream->want = size;
	stream->seen = 0;
	stream->skipping = size > max;
}

static void release_held(struct protobuf_stream *stream)
{
	if (stream->held.allocated > HELD_KEPT)
		buf_done(&stream->held);
	else
		buf_reset(&stream->held);
}

/* Whether the awaited head is complete: 1, 0 (more is needed) or -EBADMSG. */
static int take_head(struct protobuf_stream *stream, struct protobuf *in, struct protobuf_field *ret)
{
	size_t max = stream->state == STATE_IN_LIST ? stream->raw_left : SIZE_MAX;
	int n;

	if (!stream->held.size) {
		n = protobuf_head(in->bytes, in->size < max ? in->size : max, ret);
		if (n > 0) {
			in->bytes += n;
			in->size -= (size_t)n;
			stream->raw_left -= stream->state == STATE_IN_LIST ? (size_t)n : 0;
		}
		if (n != 0)
			return n < 0 ? n : 1;
	}
	while (in->size && stream->held.size < max) {
		buf_add(&stream->held, in->bytes, 1);
		in->bytes++;
		in->size--;
		n = protobuf_head(stream->held.data, stream->held.size, ret);
		if (n > 0) {
			stream->raw_left -= stream->state == STATE_IN_LIST ? (size_t)n : 0;
			buf_reset(&stream->held);
		}
		if (n != 0)
			return n < 0 ? n : 1;
	}
	/* A list does not end inside a head. */
	return stream->held.size < max ? 0 : -EBADMSG;
}

/* Whether the awaited content is complete; @ret is the content, or the beginning of a skipped one. */
static bool take_content(struct protobuf_stream *stream, struct protobuf *in, struct protobuf *ret)
{
	size_t max = stream->skipping ? PROTOBUF_STREAM_HEAD_SIZE : stream->want, n;

	if (!stream->seen && in->size >= stream->want) {
		*ret = (struct protobuf){ in->bytes, stream->want < max ? stream->want : max };
		in->bytes += stream->want;
		in->size -= stream->want;
		return true;
	}
	n = stream->want - stream->seen < in->size ? stream->want - stream->seen : in->size;
	if (stream->held.size < max)
		buf_add(&stream->held, in->bytes, max - stream->held.size < n ? max - stream->held.size : n);
	stream->seen += n;
	in->bytes += n;
	in->size -= n;
	*ret = (struct protobuf){ stream->held.data ? stream->held.data : "", stream->held.size };
	return stream->seen == stream->want;
}

/* The kind tells whether this is a list, the apiVersion whether its fields have the numbers we know. */
static int on_type_meta(struct protobuf_stream *stream, const struct protobuf *content, struct err *reterr)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	_cleanup_free_ char *kind = NULL, *api_version = NULL;
	const char *expected = object_tree_api_version(stream->kind);
	struct field type;
	char wanted[64], shown[FIELD_SHOWN_SIZE];
	int r;

	r = field_root_protobuf(protobuf_schema_common(PROTOBUF_SCHEMA_TYPE_META), content->bytes,
				content->size, arena, &type, reterr);
	if (r < 0)
		return r;
	kind = field_member_string(&type, "kind");
	api_version = field_member_string(&type, "apiVersion");
	(void)snprintf(stream->list.kind, sizeof(stream->list.kind), "%.60s",
		       field_shown(kind ? kind : "", shown));
	(void)snprintf(wanted, sizeof(wanted), "%sList", store_kind_name(stream->kind));
	stream->has_type = true;
	stream->list.is_list = kind && strcmp(kind, wanted) == 0;
	if (stream->list.is_list && (!api_version || strcmp(api_version, expected) != 0))
		return err_set(reterr, -EBADMSG, "the list's apiVersion is \"%s\", not %s",
			       field_shown(api_version ? api_version : "", shown), expected);
	if (!stream->list.is_list && stream->has_raw)
		return err_set(reterr, -EBADMSG, "the answer is a %s, not a %s", stream->list.kind, wanted);
	return 0;
}

static int on_metadata(struct protobuf_stream *stream, const struct protobuf *content, struct err *reterr)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct field metadata, token;
	int r;

	r = field_root_protobuf(protobuf_schema_common(PROTOBUF_SCHEMA_LIST_META), content->bytes,
				content->size, arena, &metadata, reterr);
	if (r < 0)
		return r;
	free(stream->list.resource_version);
	free(stream->list.continue_token);
	stream->list.resource_version = field_member_string(&metadata, "resourceVersion");
	stream->list.continue_token = field_member_string(&metadata, "continue");
	/* If there is a token, but none that can be used, the list is not complete. */
	token = field_member(&metadata, "continue");
	if (field_given(&token) && !field_try_string(&token))
		return err_set(reterr, -EBADMSG, "metadata.continue of the list: not a text");
	return 0;
}

static int on_message(struct protobuf_stream *stream, const struct protobuf *content)
{
	if (!stream->skipping)
		return stream->sink.value(stream->sink.ctx, content->bytes, content->size);
	stream->sink.too_large(stream->sink.ctx, content->bytes, content->size);
	return 0;
}

static int on_frame_size(struct protobuf_stream *stream, const struct protobuf *content, struct err *reterr)
{
	const unsigned char *p = (const unsigned char *)content->bytes;
	size_t size = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];

	if (size > PROTOBUF_STREAM_FRAME_MAX)
		return err_set(reterr, -EBADMSG, "not protobuf: a frame of %zu bytes", size);
	expect(stream, STATE_EVENT, size, OBJECT_SIZE_MAX);
	return 0;
}

static void on_rest(struct protobuf_stream *stream, const struct protobuf *content)
{
	if (stream->skipping)
		return;
	stream->list.rest = alloc_bytes(content->size + 1);
	memcpy(stream->list.rest, content->bytes, content->size);
	stream->list.rest[content->size] = '\0';
	stream->list.rest_size = content->size;
}

static int on_magic(struct protobuf_stream *stream, const struct protobuf *content, struct err *reterr)
{
	stream->state = STATE_IN_UNKNOWN;
	if (memcmp(content->bytes, PROTOBUF_OBJECT_MAGIC, PROTOBUF_OBJECT_MAGIC_SIZE) != 0)
		return err_set(reterr, -EBADMSG, "not protobuf: no \"k8s\" at its beginning");
	return 0;
}

static int on_encoding(struct protobuf_stream *stream, const struct protobuf *content, struct err *reterr)
{
	stream->state = STATE_IN_UNKNOWN;
	if (content->size)
		return err_set(reterr, -EBADMSG, "the envelope does not hold protobuf");
	return 0;
}

static int on_content(struct protobuf_stream *stream, const struct protobuf *content, struct err *reterr)
{
	int r = 0;

	switch (stream->state) {
	case STATE_FRAME_SIZE:
		return on_frame_size(stream, content, reterr);
	case STATE_EVENT:
		r = on_message(stream, content);
		expect(stream, STATE_FRAME_SIZE, FRAME_SIZE_SIZE, FRAME_SIZE_SIZE);
		return r;
	case STATE_MAGIC:
		return on_magic(stream, content, reterr);
	case STATE_ENCODING:
		return on_encoding(stream, content, reterr);
	case STATE_TYPE_META:
		r = on_type_meta(stream, content, reterr);
		stream->state = STATE_IN_UNKNOWN;
		return r;
	case STATE_REST:
		on_rest(stream, content);
		stream->state = STATE_IN_UNKNOWN;
		return 0;
	case STATE_METADATA:
		r = on_metadata(stream, content, reterr);
		break;
	case STATE_ITEM:
		r = on_message(stream, content);
		break;
	case STATE_OTHER_IN_UNKNOWN:
		stream->state = STATE_IN_UNKNOWN;
		return 0;
	case STATE_OTHER_IN_LIST:
		break;
	case STATE_IN_UNKNOWN:
	case STATE_IN_LIST:
		break;
	}
	stream->state = STATE_IN_LIST;
	return r;
}

static int too_long(const char *what, size_t size, struct err *reterr)
{
	return err_set(reterr, -EBADMSG, "not protobuf: %s of %zu bytes", what, size);
}

static int on_unknown_field(struct protobuf_stream *stream, const struct protobuf_field *field,
			    struct err *reterr)
{
	size_t size = field->size;

	if (field->wire != PROTOBUF_WIRE_BYTES)
		return 0;
	switch (field->number) {
	case UNKNOWN_TYPE_META:
		if (size > PROTOBUF_STREAM_META_MAX)
			return too_long("a kind", size, reterr);
		expect(stream, STATE_TYPE_META, size, size);
		return 0;
	case UNKNOWN_RAW:
		if (stream->has_raw)
			return err_set(reterr, -EBADMSG, "not protobuf: two objects in one envelope");
		stream->has_raw = true;
		if (stream->has_type && !stream->list.is_list) {
			expect(stream, STATE_REST, size, OBJECT_SIZE_MAX);
		} else {
			stream->raw_left = size;
			stream->state = STATE_IN_LIST;
		}
		return 0;
	case UNKNOWN_CONTENT_ENCODING:
	case UNKNOWN_CONTENT_TYPE:
		if (size > ENCODING_MAX)
			return too_long("an encoding's name", size, reterr);
		expect(stream, STATE_ENCODING, size, size);
		return 0;
	default:
		expect(stream, STATE_OTHER_IN_UNKNOWN, size, 0);
		return 0;
	}
}

static int on_list_field(struct protobuf_stream *stream, const struct protobuf_field *field,
			 struct err *reterr)
{
	size_t size = field->size;

	if (field->wire != PROTOBUF_WIRE_BYTES)
		return field->number == LIST_ITEMS
			       ? err_set(reterr, -EBADMSG, "not protobuf: an item that is a number")
			       : 0;
	if (size > stream->raw_left)
		return err_set(reterr, -EBADMSG, "not protobuf: a list's item ends behind the list");
	stream->raw_left -= size;
	if (field->number == LIST_METADATA && size > PROTOBUF_STREAM_META_MAX)
		return too_long("a list's metadata", size, reterr);
	if (field->number == LIST_METADATA)
		expect(stream, STATE_METADATA, size, size);
	else if (field->number == LIST_ITEMS)
		expect(stream, STATE_ITEM, size, OBJECT_SIZE_MAX);
	else
		expect(stream, STATE_OTHER_IN_LIST, size, 0);
	return 0;
}

/* One step: 1 if it was done, 0 if more bytes are needed. */
static int step(struct protobuf_stream *stream, struct protobuf *in, struct err *reterr)
{
	struct protobuf_field field;
	struct protobuf content;
	int r;

	if (stream->state == STATE_IN_LIST && !stream->raw_left)
		stream->state = STATE_IN_UNKNOWN;
	if (stream->state != STATE_IN_LIST && stream->state != STATE_IN_UNKNOWN) {
		if (!take_content(stream, in, &content))
			return 0;
		r = on_content(stream, &content, reterr);
		release_held(stream);
		return r < 0 ? r : 1;
	}
	r = take_head(stream, in, &field);
	if (r < 0)
		return err_set(reterr, r, "not protobuf: an ill-formed field");
	if (r == 0)
		return 0;
	r = stream->state == STATE_IN_LIST ? on_list_field(stream, &field, reterr)
					   : on_unknown_field(stream, &field, reterr);
	return r < 0 ? r : 1;
}

int protobuf_stream_feed(struct protobuf_stream *stream, const char *bytes, size_t size, struct err *reterr)
{
	struct protobuf in = { bytes, size };
	int r;

	do
		r = step(stream, &in, reterr);
	while (r > 0);
	return r;
}

static int finish_list(const struct protobuf_stream *stream, struct err *reterr)
{
	bool inside =
		stream->state == STATE_IN_LIST ? stream->raw_left > 0 : stream->state != STATE_IN_UNKNOWN;

	if (inside || stream->held.size)
		return err_set(reterr, -EBADMSG, "the answer ends too early");
	if (!stream->has_type || !stream->has_raw)
		return err_set(reterr, -EBADMSG, "not protobuf: an envelope without %s",
			       stream->has_type ? "object" : "kind");
	return 0;
}

int protobuf_stream_finish(struct protobuf_stream *stream, struct protobuf_stream_list *ret,
			   struct err *reterr)
{
	int r = 0;

	if (stream->mode == PROTOBUF_STREAM_LIST)
		r = finish_list(stream, reterr);
	else if (stream->state != STATE_FRAME_SIZE || stream->seen)
		r = err_set(reterr, -EBADMSG, "the answer ends inside an event");
	if (r < 0 || !ret)
		return r;
	*ret = stream->list;
	memset(&stream->list, 0, sizeof(stream->list));
	return 0;
}
