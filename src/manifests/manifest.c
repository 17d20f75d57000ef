/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "manifests/manifest.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "decode/json.h"
#include "decode/json_stream.h"
#include "decode/yaml_tree.h"

#define KIND_SIZE  64
#define JSON_PIECE (64u * 1024) /* bytes that are read in one step */

enum manifest_format manifest_format_of_name(const char *name)
{
	const char *dot = strrchr(name, '.');

	if (!dot)
		return MANIFEST_FORMAT_NONE;
	if (strcmp(dot, ".json") == 0)
		return MANIFEST_FORMAT_JSON;
	if (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0)
		return MANIFEST_FORMAT_YAML;
	return MANIFEST_FORMAT_NONE;
}

static size_t blanks(const char *bytes, size_t size)
{
	size_t n = 0;

	while (n < size && (bytes[n] == ' ' || bytes[n] == '\t' || bytes[n] == '\n' || bytes[n] == '\r'))
		n++;
	return n;
}

enum manifest_format manifest_format_of_text(const char *bytes, size_t size)
{
	size_t at = yaml_tree_byte_order_mark(bytes, size);

	at += blanks(bytes + at, size - at);
	return at < size && (bytes[at] == '{' || bytes[at] == '[') ? MANIFEST_FORMAT_JSON
								   : MANIFEST_FORMAT_YAML;
}

bool manifest_is_empty(const char *bytes, size_t size)
{
	size_t at = yaml_tree_byte_order_mark(bytes, size);

	return at + blanks(bytes + at, size - at) == size;
}

/* JSON */

/**
 * struct json_reader - A text of values one after another
 * @counted:	the byte up to which @line was counted
 * @stream:	of the list that is read; NULL: none
 * @list_size, @list_fed: bytes of the list, and how many of them @stream got
 */
struct json_reader {
	const char *bytes;
	size_t size;
	const struct yaml_sink *sink;
	struct err *reterr;
	size_t counted;
	size_t line;
	size_t value_start; /* of the value that is read */
	const char *default_kind;
	char kind[KIND_SIZE];
	struct json_stream *stream;
	size_t list_size;
	size_t list_fed;
};

/* The line of @offset, which only grows. */
static size_t line_at(struct json_reader *reader, size_t offset)
{
	const char *p = reader->bytes + reader->counted, *end = reader->bytes + offset;

	while (p < end && (p = memchr(p, '\n', (size_t)(end - p)))) {
		p++;
		reader->line++;
	}
	reader->counted = offset;
	return reader->line;
}

static int take_object(struct json_reader *reader, const char *bytes, size_t size, size_t offset)
{
	size_t line = line_at(reader, offset);
	struct object object;
	struct err err;
	int r;

	r = json_decode_object(bytes, size, reader->default_kind, &object, &err);
	if (r == 0) {
		reader->sink->object(reader->sink->ctx, &object, line);
	} else if (r != -EBADMSG) {
		reader->sink->refused(reader->sink->ctx, &object, &err, line);
		r = 0;
	} else {
		(void)err_set(reader->reterr, r, "line %zu: %s", line, err.text);
	}
	object_done(&object);
	return r;
}

static void refuse_large(struct json_reader *reader, const char *head, size_t size, size_t offset)
{
	struct object object;
	struct err err;

	(void)err_set(&err, -E2BIG, "larger than %u MiB", OBJECT_SIZE_MAX / (1024 * 1024));
	json_guess_object(head, size, reader->default_kind, &object);
	reader->sink->refused(reader->sink->ctx, &object, &err, line_at(reader, offset));
	object_done(&object);
}

static int on_item(void *ctx, const char *bytes, size_t size)
{
	struct json_reader *reader = ctx;

	return take_object(reader, bytes, size, reader->value_start + json_stream_offset(reader->stream));
}

static void on_large_item(void *ctx, const char *head, size_t head_size)
{
	struct json_reader *reader = ctx;

	refuse_large(reader, head, head_size, reader->value_start + json_stream_offset(reader->stream));
}

static void begin_list(struct json_reader *reader, const char *list_kind, size_t size)
{
	const struct json_stream_sink sink = { on_item, on_large_item, reader };

	reader->default_kind =
		json_item_kind(list_kind, reader->kind, sizeof(reader->kind)) ? reader->kind : NULL;
	reader->stream = json_stream_new(JSON_STREAM_LIST, &sink);
	reader->list_size = size;
	reader->list_fed = 0;
}

/* Read on in the list. */
static int read_piece(struct json_reader *reader)
{
	size_t size = reader->list_size - reader->list_fed;
	int r;

	if (size > JSON_PIECE)
		size = JSON_PIECE;
	r = json_stream_feed(reader->stream, reader->bytes + reader->value_start + reader->list_fed, size,
			     reader->reterr);
	reader->list_fed += size;
	if (r < 0 || reader->list_fed < reader->list_size)
		return r;
	reader->stream = json_stream_free(reader->stream);
	reader->default_kind = NULL;
	reader->value_start += reader->list_size;
	return 0;
}

/* Read the value that begins at value_start, or begin to read it if it is a list. @ret_size is 0 at the text's end. */
static int read_value(struct json_reader *reader, size_t *ret_size)
{
	const char *bytes = reader->bytes + reader->value_start;
	struct json_stream_list list;
	int r;

	r = json_stream_peek(bytes, reader->size - reader->value_start, ret_size, &list, reader->reterr);
	if (r < 0)
		return err_wrap(reader->reterr, "line %zu", line_at(reader, reader->value_start));
	if (list.has_items)
		begin_list(reader, list.kind, *ret_size);
	else if (*ret_size > OBJECT_SIZE_MAX)
		refuse_large(reader, bytes, JSON_STREAM_HEAD_SIZE, reader->value_start);
	else if (*ret_size)
		r = take_object(reader, bytes, *ret_size, reader->value_start);
	json_stream_list_done(&list);
	return r;
}

/* Return: 1: there is more; 0: the text has ended; negative errno */
static int read_json(struct json_reader *reader)
{
	size_t start = reader->value_start, taken;
	int r;

	if (reader->stream) {
		r = read_piece(reader);
		return r < 0 ? r : 1;
	}
	while (reader->value_start - start < JSON_PIECE) {
		reader->value_start +=
			blanks(reader->bytes + reader->value_start, reader->size - reader->value_start);
		r = read_value(reader, &taken);
		if (r < 0 || !taken)
			return r;
		if (reader->stream)
			break;
		reader->value_start += taken;
	}
	return 1;
}

/* A text with a NUL is refused here, because the errors of both parsers about it are hard to understand. */
static int check_text(const char *bytes, size_t size, struct err *reterr)
{
	const char *nul = size ? memchr(bytes, '\0', size) : NULL;
	const char *p = bytes;
	size_t line = 1;

	if (!nul)
		return 0;
	while ((p = memchr(p, '\n', (size_t)(nul - p)))) {
		p++;
		line++;
	}
	return err_set(reterr, -EBADMSG, "line %zu: not a text file: it contains a NUL byte", line);
}

struct manifest_reader {
	const char *bytes;
	size_t size;
	bool checked;
	struct yaml_sink sink;
	struct json_reader json;
	struct yaml_reader *yaml; /* NULL: it is JSON */
};

struct manifest_reader *manifest_reader_new(const char *bytes, size_t size, enum manifest_format format,
					    const struct yaml_sink *sink)
{
	struct manifest_reader *reader = alloc_zeroed(1, sizeof(*reader));

	assert(format != MANIFEST_FORMAT_NONE);
	reader->bytes = bytes;
	reader->size = size;
	reader->sink = *sink;
	reader->json = (struct json_reader){
		.bytes = bytes,
		.size = size,
		.sink = &reader->sink,
		.line = 1,
		.value_start = yaml_tree_byte_order_mark(bytes, size),
	};
	if (format == MANIFEST_FORMAT_YAML)
		reader->yaml = yaml_reader_new(bytes, size, sink);
	return reader;
}

struct manifest_reader *manifest_reader_free(struct manifest_reader *reader)
{
	if (!reader)
		return NULL;
	(void)yaml_reader_free(reader->yaml);
	(void)json_stream_free(reader->json.stream);
	free(reader);
	return NULL;
}

int manifest_reader_step(struct manifest_reader *reader, struct err *reterr)
{
	int r;

	if (!reader->checked) {
		r = check_text(reader->bytes, reader->size, reterr);
		reader->checked = true;
		return r < 0 ? r : 1;
	}
	reader->json.reterr = reterr;
	return reader->yaml ? yaml_reader_step(reader->yaml, reterr) : read_json(&reader->json);
}
