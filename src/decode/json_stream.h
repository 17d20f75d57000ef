/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json_stream.h - cut a byte stream into JSON values
 *
 * Room:     decode. Pure.
 * Shapes:   bytes in pieces of any size; out: the text of one value at a time. Only nesting, strings
 *           and what stands between values are looked at: a value's own text may still be bad JSON,
 *           which json.h tells.
 * Memory:   at most OBJECT_SIZE_MAX bytes of a value are kept, and nothing but the value at hand. A
 *           value that lies whole in one fed piece is not copied.
 * Limits:   a larger value is skipped whole, and told to @too_large; the rest goes on. Values nested
 *           too deeply are delivered: json.h refuses them by name.
 */
#ifndef DECODE_JSON_STREAM_H
#define DECODE_JSON_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/err.h"

#define JSON_STREAM_HEAD_SIZE 4096 /* bytes of a too large value that are shown */

enum json_stream_mode {
	JSON_STREAM_VALUES, /* objects or arrays one after another: watch bodies */
	JSON_STREAM_LIST,   /* one object: each element of its top-level "items" */
};

/**
 * struct json_stream_sink - Where the values go
 * @value:	one value's text, NOT NUL-terminated, valid during the call; a negative return stops the
 *		stream: json_stream_feed() returns it. NULL: values are only passed over.
 * @too_large:	the first @head_size bytes of a value that was skipped, once its end was seen. NULL:
 *		nobody is told.
 */
struct json_stream_sink {
	int (*value)(void *ctx, const char *bytes, size_t size);
	void (*too_large)(void *ctx, const char *head, size_t head_size);
	void *ctx;
};

/**
 * struct json_stream_list - What stood around the items (JSON_STREAM_LIST)
 * @has_items:	there is a top-level "items" that is an array or null; if not, the object was no list
 * @kind:	its kind ("ServiceList"), "" if none; cut
 * @api_version: likewise
 * @resource_version, @continue_token: of its metadata; NULL if none
 * @rest:	the object's text without "items", NUL-terminated: a whole Status when the server
 *		answered with one. NULL if it is longer than OBJECT_SIZE_MAX.
 */
struct json_stream_list {
	bool has_items;
	char kind[64];
	char api_version[128];
	char *resource_version;
	char *continue_token;
	char *rest;
	size_t rest_size;
};

/** json_stream_list_done() - Free what it owns; leaves it zeroed. */
void json_stream_list_done(struct json_stream_list *list);

struct json_stream;

/** json_stream_new() - @sink is copied. */
struct json_stream *json_stream_new(enum json_stream_mode mode, const struct json_stream_sink *sink)
	__attribute__((warn_unused_result));
struct json_stream *json_stream_free(struct json_stream *stream);
DEFINE_FREEP(struct json_stream, json_stream_free);

/**
 * json_stream_feed() - Take the next @size bytes
 *
 * Return: 0; -EBADMSG if this can't be JSON (@reterr says where); or what @value returned (@reterr is
 * then untouched). After a failure the stream only accepts json_stream_free().
 */
int json_stream_feed(struct json_stream *stream, const char *bytes, size_t size, struct err *reterr)
	__attribute__((warn_unused_result));

/**
 * json_stream_finish() - The bytes have ended
 * @ret:	for JSON_STREAM_LIST, what stood around the items; may be NULL. Owned by the caller.
 *
 * Return: 0; -EBADMSG if the end comes inside a value, or, for JSON_STREAM_LIST, there was no value.
 */
int json_stream_finish(struct json_stream *stream, struct json_stream_list *ret, struct err *reterr)
	__attribute__((warn_unused_result));

/** json_stream_offset() - Within @value and @too_large: where in the stream the value begins. */
uint64_t json_stream_offset(const struct json_stream *stream);

/**
 * json_stream_peek() - Look at the first value of a text in memory, a list or not
 * @ret_size:	how many bytes it takes, leading blanks included; 0 if there is no value, only blanks
 * @ret:	what stood around its items; set on success only, owned by the caller
 *
 * Return: 0 or -EBADMSG.
 */
int json_stream_peek(const char *bytes, size_t size, size_t *ret_size, struct json_stream_list *ret,
		     struct err *reterr) __attribute__((warn_unused_result));

#endif
