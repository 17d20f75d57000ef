/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * DOC: how the cutting works
 *
 * Two state machines, one in the other. The inner one (struct scan) finds the end of one value: it knows
 * only brackets, strings and escapes. The outer one (enum state) knows what is allowed between values:
 * only blanks in JSON_STREAM_VALUES; the members of the one object and the elements of its "items" in
 * JSON_STREAM_LIST. Both keep their state from piece to piece.
 *
 * A value is delivered from the piece it is in. Only a value that spans pieces is collected in @value
 * first. The members other than "items" are collected in @rest.
 */
#include "config.h"
#include "decode/json_stream.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "decode/json_load.h"
#include "decode/object.h"

#define SCAN_NESTING_CHECKED 256 /* deeper brackets are only counted: such a value is rejected anyway */
#define VALUE_KEPT	     (64 * 1024) /* more memory than this is freed after a large value */

/* What a byte means to the scanner outside strings. */
enum byte_class {
	BYTE_OTHER,
	BYTE_BLANK,
	BYTE_COMMA,
	BYTE_QUOTE,
	BYTE_OPEN,
	BYTE_CLOSE,
};

static const unsigned char byte_classes[256] = {
	[' '] = BYTE_BLANK, ['\t'] = BYTE_BLANK, ['\n'] = BYTE_BLANK, ['\r'] = BYTE_BLANK, [','] = BYTE_COMMA,
	['"'] = BYTE_QUOTE, ['{'] = BYTE_OPEN,	 ['['] = BYTE_OPEN,   ['}'] = BYTE_CLOSE,  [']'] = BYTE_CLOSE,
};

enum scan_kind {
	SCAN_STRING,
	SCAN_NESTED,
	SCAN_SCALAR,
};

/* The position inside one value. */
struct scan {
	enum scan_kind kind;
	bool in_string;
	bool escaped;
	size_t depth;
	unsigned char is_array[SCAN_NESTING_CHECKED / 8];
};

enum state {
	STATE_BETWEEN, /* VALUES: before a value */
	STATE_VALUE,   /* VALUES: in one */
	STATE_START,   /* LIST: before the object */
	STATE_KEY_OR_END,
	STATE_KEY,
	STATE_IN_KEY,
	STATE_COLON,
	STATE_MEMBER,
	STATE_IN_MEMBER,
	STATE_AFTER_MEMBER,
	STATE_ITEM_OR_END,
	STATE_ITEM,
	STATE_IN_ITEM,
	STATE_AFTER_ITEM,
	STATE_END,
};

struct json_stream {
	enum json_stream_mode mode;
	struct json_stream_sink sink;
	enum state state;
	struct scan scan;
	bool stop_at_end; /* json_stream_peek(): stop at the end of the object */
	bool has_items;
	bool rest_too_large;
	uint64_t offset;       /* where the current piece begins */
	uint64_t value_offset; /* where the current value begins */
	uint64_t value_size;   /* bytes of it in earlier pieces */
	struct buf value;      /* those bytes, or only the head of a too large one */
	struct buf rest;
	size_t member_start; /* in @rest */
	size_t key_start;    /* in @rest */
};

struct json_stream *json_stream_new(enum json_stream_mode mode, const struct json_stream_sink *sink)
{
	struct json_stream *stream = alloc_zeroed(1, sizeof(*stream));

	stream->mode = mode;
	stream->sink = *sink;
	stream->state = mode == JSON_STREAM_LIST ? STATE_START : STATE_BETWEEN;
	return stream;
}

struct json_stream *json_stream_free(struct json_stream *stream)
{
	if (!stream)
		return NULL;
	buf_done(&stream->value);
	buf_done(&stream->rest);
	free(stream);
	return NULL;
}

uint64_t json_stream_offset(const struct json_stream *stream)
{
	return stream->value_offset;
}

void json_stream_list_done(struct json_stream_list *list)
{
	free(list->resource_version);
	free(list->continue_token);
	free(list->rest);
	memset(list, 0, sizeof(*list));
}

static int stream_bad(uint64_t at, const char *what, struct err *reterr)
{
	return err_set(reterr, -EBADMSG, "byte %llu: %s", (unsigned long long)at, what);
}

/* The scanner */

static void scan_start(struct scan *scan, char first)
{
	scan->in_string = false;
	scan->escaped = false;
	scan->depth = 0;
	switch (byte_classes[(unsigned char)first]) {
	case BYTE_OPEN:
		scan->kind = SCAN_NESTED;
		break;
	case BYTE_QUOTE:
		scan->kind = SCAN_STRING;
		break;
	default:
		scan->kind = SCAN_SCALAR;
	}
}

static void scan_open(struct scan *scan, bool is_array)
{
	size_t at = scan->depth++;

	if (at >= SCAN_NESTING_CHECKED)
		return;
	if (is_array)
		scan->is_array[at / 8] |= (unsigned char)(1u << (at % 8));
	else
		scan->is_array[at / 8] &= (unsigned char)~(1u << (at % 8));
}

/* Depth is at least one: a value that is nested began with a bracket. */
static bool scan_close(struct scan *scan, bool is_array)
{
	size_t at = --scan->depth;

	return at >= SCAN_NESTING_CHECKED || !!(scan->is_array[at / 8] & 1u << (at % 8)) == is_array;
}

/* Go to the end of the current string; false if @end comes first. */
static bool scan_string(struct scan *scan, const char **p, const char *end)
{
	const char *at = *p;

	for (; at < end; at++) {
		if (scan->escaped)
			scan->escaped = false;
		else if (*at == '\\')
			scan->escaped = true;
		else if (*at == '"')
			break;
	}
	*p = at;
	if (at == end)
		return false;
	(*p)++;
	scan->in_string = false;
	return true;
}

static const char *scan_scalar(const char *p, const char *end, bool *ret_done, const char **ret_bad)
{
	for (; p < end; p++) {
		switch (byte_classes[(unsigned char)*p]) {
		case BYTE_OTHER:
			continue;
		case BYTE_QUOTE:
		case BYTE_OPEN:
			*ret_bad = "a quote or bracket inside a number or word";
			return p;
		default:
			*ret_done = true;
			return p;
		}
	}
	return p;
}

/* Go on to the end of the value, or of the piece. @ret_bad is set if the value is malformed. */
static const char *scan_value(struct scan *scan, const char *p, const char *end, bool *ret_done,
			      const char **ret_bad)
{
	if (scan->kind == SCAN_SCALAR)
		return scan_scalar(p, end, ret_done, ret_bad);
	while (p < end) {
		if (scan->in_string) {
			if (scan_string(scan, &p, end) && scan->kind == SCAN_STRING) {
				*ret_done = true;
				return p;
			}
			continue;
		}
		switch (byte_classes[(unsigned char)*p]) {
		case BYTE_QUOTE:
			scan->in_string = true;
			break;
		case BYTE_OPEN:
			scan_open(scan, *p == '[');
			break;
		case BYTE_CLOSE:
			if (!scan_close(scan, *p == ']')) {
				*ret_bad = "a bracket that closes another kind";
				return p;
			}
			if (!scan->depth) {
				*ret_done = true;
				return p + 1;
			}
			break;
		default:
			break;
		}
		p++;
	}
	return p;
}

/* Values */

/* Keep the bytes of the current value in this piece: all, or only the head of a too large value. */
static void value_keep(struct json_stream *stream, const char *bytes, size_t size)
{
	stream->value_size += size;
	if (stream->value_size > OBJECT_SIZE_MAX) {
		if (stream->value.size > JSON_STREAM_HEAD_SIZE) {
			stream->value.size = JSON_STREAM_HEAD_SIZE;
			buf_trim(&stream->value);
		}
		if (size > JSON_STREAM_HEAD_SIZE - stream->value.size)
			size = JSON_STREAM_HEAD_SIZE - stream->value.size;
	}
	if (stream->sink.value || stream->sink.too_large)
		buf_add(&stream->value, bytes, size);
}

/* The current value ends with these bytes. */
static int value_end(struct json_stream *stream, const char *bytes, size_t size)
{
	const struct json_stream_sink *sink = &stream->sink;
	uint64_t total = stream->value_size + size;
	int r = 0;

	if (stream->value_size) {
		value_keep(stream, bytes, size);
		bytes = stream->value.data;
		size = stream->value.size;
	}
	if (total <= OBJECT_SIZE_MAX) {
		if (sink->value)
			r = sink->value(sink->ctx, bytes, size);
	} else if (sink->too_large) {
		sink->too_large(sink->ctx, bytes,
				size < JSON_STREAM_HEAD_SIZE ? size : JSON_STREAM_HEAD_SIZE);
	}
	stream->value_size = 0;
	buf_reset(&stream->value);
	if (stream->value.allocated > VALUE_KEPT)
		buf_done(&stream->value);
	return r;
}

static void value_start(struct json_stream *stream, char first, uint64_t at, enum state state)
{
	scan_start(&stream->scan, first);
	stream->value_offset = at;
	stream->state = state;
}

/* The members around the items */

static void rest_add(struct json_stream *stream, const char *bytes, size_t size)
{
	if (stream->rest_too_large)
		return;
	if (stream->rest.size + size > OBJECT_SIZE_MAX) {
		stream->rest_too_large = true;
		buf_done(&stream->rest);
		stream->member_start = stream->key_start = 0;
		return;
	}
	buf_add(&stream->rest, bytes, size);
}

static void member_start(struct json_stream *stream, char first)
{
	stream->member_start = stream->rest.size;
	if (stream->rest.size > 1)
		rest_add(stream, ",", 1);
	stream->key_start = stream->rest.size;
	scan_start(&stream->scan, first);
	stream->state = STATE_IN_KEY;
}

static bool member_is_items(const struct json_stream *stream)
{
	static const char items[] = "\"items\":";

	return !stream->rest_too_large && stream->rest.size - stream->key_start == sizeof(items) - 1 &&
	       memcmp(stream->rest.data + stream->key_start, items, sizeof(items) - 1) == 0;
}

/* If "items" is an array or null, this is a list, and the member is removed from @rest. */
static bool items_start(struct json_stream *stream, char first, const char **ret_bad)
{
	if (!member_is_items(stream) || (first != '[' && first != 'n'))
		return false;
	if (stream->has_items) {
		*ret_bad = "a second \"items\"";
		return false;
	}
	stream->has_items = true;
	if (first == 'n')
		return false;
	stream->rest.size = stream->member_start;
	stream->state = STATE_ITEM_OR_END;
	return true;
}

/* Between values */

/*
 * Read the byte @c between values of a list, at stream offset @at. Sets @ret_again if a value begins
 * with it, so that the scanner reads it, too.
 */
static const char *list_step(struct json_stream *stream, char c, uint64_t at, bool *ret_again)
{
	const char *bad = NULL;

	switch (stream->state) {
	case STATE_START:
		if (c != '{')
			return "expected {";
		rest_add(stream, "{", 1);
		stream->state = STATE_KEY_OR_END;
		return NULL;
	case STATE_KEY_OR_END:
	case STATE_KEY:
		if (c == '}' && stream->state == STATE_KEY_OR_END) {
			stream->state = STATE_END;
			return NULL;
		}
		if (c != '"')
			return "expected a quoted key";
		member_start(stream, c);
		*ret_again = true;
		return NULL;
	case STATE_COLON:
		if (c != ':')
			return "expected :";
		rest_add(stream, ":", 1);
		stream->state = STATE_MEMBER;
		return NULL;
	case STATE_MEMBER:
		if (c == ',' || c == '}' || c == ']')
			return "expected a value";
		if (items_start(stream, c, &bad) || bad)
			return bad;
		scan_start(&stream->scan, c);
		stream->state = STATE_IN_MEMBER;
		*ret_again = true;
		return NULL;
	case STATE_AFTER_MEMBER:
		if (c != ',' && c != '}')
			return "expected , or }";
		stream->state = c == ',' ? STATE_KEY : STATE_END;
		return NULL;
	case STATE_ITEM_OR_END:
	case STATE_ITEM:
		if (c == ']' && stream->state == STATE_ITEM_OR_END) {
			stream->state = STATE_AFTER_MEMBER;
			return NULL;
		}
		if (c == ',' || c == '}' || c == ']')
			return "expected a value";
		value_start(stream, c, at, STATE_IN_ITEM);
		*ret_again = true;
		return NULL;
	case STATE_AFTER_ITEM:
		if (c != ',' && c != ']')
			return "expected , or ]";
		stream->state = c == ',' ? STATE_ITEM : STATE_AFTER_MEMBER;
		return NULL;
	case STATE_END:
		return "something follows the end";
	case STATE_BETWEEN:
	case STATE_VALUE:
	case STATE_IN_KEY:
	case STATE_IN_MEMBER:
	case STATE_IN_ITEM:
		break;
	}
	return NULL;
}

static const char *between_step(struct json_stream *stream, char c, uint64_t at, bool *ret_again)
{
	if (stream->mode == JSON_STREAM_LIST)
		return list_step(stream, c, at, ret_again);
	if (c != '{' && c != '[')
		return "expected { or [";
	value_start(stream, c, at, STATE_VALUE);
	*ret_again = true;
	return NULL;
}

static bool state_is_between(enum state state)
{
	return state != STATE_VALUE && state != STATE_IN_KEY && state != STATE_IN_MEMBER &&
	       state != STATE_IN_ITEM;
}

/* A value (or key, or member) has these bytes in this piece, and ends with them if @done. */
static int value_bytes(struct json_stream *stream, const char *bytes, size_t size, bool done)
{
	enum state state = stream->state;

	if (state == STATE_IN_KEY || state == STATE_IN_MEMBER) {
		rest_add(stream, bytes, size);
		if (done)
			stream->state = state == STATE_IN_KEY ? STATE_COLON : STATE_AFTER_MEMBER;
		return 0;
	}
	if (!done) {
		value_keep(stream, bytes, size);
		return 0;
	}
	stream->state = state == STATE_VALUE ? STATE_BETWEEN : STATE_AFTER_ITEM;
	return value_end(stream, bytes, size);
}

/* As json_stream_feed(); @ret_used counts the bytes taken, all, unless stop_at_end. */
static int stream_take(struct json_stream *stream, const char *bytes, size_t size, size_t *ret_used,
		       struct err *reterr)
{
	const char *p = bytes, *end = bytes + size, *bad = NULL;

	while (p < end) {
		bool done = false, again = false;
		const char *start = p;
		int r;

		if (state_is_between(stream->state)) {
			if (stream->state == STATE_END && stream->stop_at_end)
				break;
			if (byte_classes[(unsigned char)*p] != BYTE_BLANK)
				bad = between_step(stream, *p, stream->offset + (uint64_t)(p - bytes),
						   &again);
			if (bad)
				return stream_bad(stream->offset + (uint64_t)(p - bytes), bad, reterr);
			if (!again) {
				p++;
				continue;
			}
		}
		p = scan_value(&stream->scan, p, end, &done, &bad);
		if (bad)
			return stream_bad(stream->offset + (uint64_t)(p - bytes), bad, reterr);
		r = value_bytes(stream, start, (size_t)(p - start), done);
		if (r < 0)
			return r;
	}
	*ret_used = (size_t)(p - bytes);
	stream->offset += *ret_used;
	return 0;
}

int json_stream_feed(struct json_stream *stream, const char *bytes, size_t size, struct err *reterr)
{
	size_t used;

	return stream_take(stream, bytes, size, &used, reterr);
}

/* The object without its items */

/* "" if it is missing, not a string, or has a NUL. */
static const char *string_of(const json_t *object, const char *key)
{
	const json_t *value = json_object_get(object, key);
	const char *text = json_string_value(value);

	return text && strlen(text) == json_string_length(value) ? text : "";
}

static void text_of(const json_t *object, const char *key, char *ret, size_t size)
{
	const char *text = string_of(object, key);
	size_t len = strlen(text);

	if (len >= size)
		len = size - 1;
	memcpy(ret, text, len);
	ret[len] = '\0';
}

static int read_token(const json_t *metadata, const char *key, char **ret, struct err *reterr)
{
	const char *text = string_of(metadata, key);

	if (strlen(text) > OBJECT_LIST_TOKEN_MAX)
		return err_set(reterr, -EBADMSG, "metadata.%s of the list: longer than %u bytes", key,
			       OBJECT_LIST_TOKEN_MAX);
	*ret = *text ? alloc_string(text) : NULL;
	return 0;
}

/* If there is a token, but none that can be used, the list is not complete. */
static bool has_bad_token(const json_t *metadata, const struct json_stream_list *list)
{
	const json_t *value = json_object_get(metadata, "continue");

	return value && !json_is_null(value) && !list->continue_token &&
	       (!json_is_string(value) || json_string_length(value));
}

static int read_tokens(const json_t *root, struct json_stream_list *ret, struct err *reterr)
{
	const json_t *metadata = json_object_get(root, "metadata");
	int r;

	if (!ret->has_items)
		return 0;
	r = read_token(metadata, "resourceVersion", &ret->resource_version, reterr);
	if (r == 0)
		r = read_token(metadata, "continue", &ret->continue_token, reterr);
	if (r == 0 && has_bad_token(metadata, ret))
		r = err_set(reterr, -EBADMSG, "metadata.continue of the list: not a text");
	return r;
}

/* Whether the list is complete is not known without what stands around the items. */
static int rest_is_lost(const struct json_stream *stream, struct err *reterr)
{
	return stream->has_items
		       ? err_set(reterr, -EBADMSG, "around the items: larger than %u bytes", OBJECT_SIZE_MAX)
		       : 0;
}

static int read_rest(struct json_stream *stream, struct json_stream_list *ret, struct err *reterr)
{
	struct err err = { 0 };
	json_t *root;
	int r;

	memset(ret, 0, sizeof(*ret));
	ret->has_items = stream->has_items;
	if (!stream->rest_too_large)
		rest_add(stream, "}", 1);
	if (stream->rest_too_large)
		return rest_is_lost(stream, reterr);
	r = json_load(stream->rest.data, stream->rest.size, 0, &root, &err);
	/* Errors of an object that is not a list are reported by its decoder, with its name. */
	if (r < 0 && ret->has_items)
		return err_set(reterr, -EBADMSG, "around the items: %s", err.text);
	text_of(root, "kind", ret->kind, sizeof(ret->kind));
	text_of(root, "apiVersion", ret->api_version, sizeof(ret->api_version));
	r = read_tokens(root, ret, reterr);
	json_decref(root);
	if (r < 0) {
		json_stream_list_done(ret);
		return r;
	}
	(void)buf_text(&stream->rest);
	ret->rest_size = stream->rest.size;
	ret->rest = TAKE_PTR(stream->rest.data);
	stream->rest = (struct buf)BUF_INIT;
	return 0;
}

int json_stream_finish(struct json_stream *stream, struct json_stream_list *ret, struct err *reterr)
{
	struct json_stream_list list;
	int r;

	if (stream->mode == JSON_STREAM_VALUES)
		return stream->state == STATE_BETWEEN
			       ? 0
			       : stream_bad(stream->offset, "the end comes inside a value", reterr);
	if (stream->state == STATE_START)
		return stream_bad(stream->offset, "nothing but blanks", reterr);
	if (stream->state != STATE_END)
		return stream_bad(stream->offset, "the end comes inside a value", reterr);
	r = read_rest(stream, &list, reterr);
	if (r < 0)
		return r;
	if (ret)
		*ret = list;
	else
		json_stream_list_done(&list);
	return 0;
}

int json_stream_peek(const char *bytes, size_t size, size_t *ret_size, struct json_stream_list *ret,
		     struct err *reterr)
{
	_cleanup_(json_stream_freep) struct json_stream *stream =
		json_stream_new(JSON_STREAM_LIST, &(struct json_stream_sink){ 0 });
	size_t used;
	int r;

	stream->stop_at_end = true;
	r = stream_take(stream, bytes, size, &used, reterr);
	if (r < 0)
		return r;
	if (stream->state == STATE_START) {
		memset(ret, 0, sizeof(*ret));
		*ret_size = 0;
		return 0;
	}
	r = json_stream_finish(stream, ret, reterr);
	if (r == 0)
		*ret_size = used;
	return r;
}
