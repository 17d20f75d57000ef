/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json_stream.h - cut a byte stream into JSON values
 *
 * Room:     decode. Pure.
 * Shapes:   bytes in pieces of any size; out: the text of one value at a time. Only nesting, strings
 *           and the bytes between values are checked: the text of a value may still be bad JSON, which
 *           json.h reports.
 * Memory:   at most OBJECT_SIZE_MAX bytes of the current value are kept, and nothing else. A value that is
 *           complete within one fed piece is not copied.
 * Limits:   a larger value is skipped and reported to @too_large; the stream goes on. Values nested too
 *           deeply are delivered: json.h rejects them by name. What stands around the items of
 *           a list has the limits of an object, and its tokens have OBJECT_LIST_TOKEN_MAX bytes. A list over one of
 *           these limits is ill-formed.
 */
#ifndef DECODE_JSON_STREAM_H
#define DECODE_JSON_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/err.h"

#define JSON_STREAM_HEAD_SIZE 4096 /* bytes of a too large value that @too_large gets */

enum json_stream_mode {
	JSON_STREAM_VALUES, /* objects or arrays one after another: watch bodies */
	JSON_STREAM_LIST,   /* one object: each element of its top-level "items" */
};

/**
 * struct json_stream_sink - Where the values go
 * @value:	one value's text, NOT NUL-terminated, valid during the call; a negative return stops the
 *		stream: json_stream_feed() returns it. NULL: values are skipped.
 * @too_large:	called at the end of a skipped value with its first @head_size bytes. NULL: no callback
 */
struct json_stream_sink {
	int (*value)(void *ctx, const char *bytes, size_t size);
	void (*too_large)(void *ctx, const char *head, size_t head_size);
	void *ctx;
};

/**
 * struct json_stream_list - The object without its items (JSON_STREAM_LIST)
 * @has_items:	there is a top-level "items" that is an array or null; else the object is not a list
 * @kind:	its kind ("ServiceList"), "" if none; cut
 * @api_version: likewise
 * @resource_version, @continue_token: of its metadata; NULL if none, or if it is not a list
 * @rest:	the object's text without "items", NUL-terminated: a whole Status if the server sent
 *		one. NULL if it is longer than OBJECT_SIZE_MAX and not a list.
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
 * json_stream_feed() - Give it the next @size bytes
 *
 * Return: 0; -EBADMSG if this cannot be JSON (@reterr says where); or what @value returned (then
 * @reterr is not set). After a failure the stream only accepts json_stream_free().
 */
int json_stream_feed(struct json_stream *stream, const char *bytes, size_t size, struct err *reterr)
	__attribute__((warn_unused_result));

/**
 * json_stream_finish() - The bytes have ended
 * @ret:	for JSON_STREAM_LIST: the object without its items; may be NULL. Owned by the caller.
 *
 * Return: 0; -EBADMSG if the end comes inside a value, or, for JSON_STREAM_LIST, there was no value.
 */
int json_stream_finish(struct json_stream *stream, struct json_stream_list *ret, struct err *reterr)
	__attribute__((warn_unused_result));

/** json_stream_offset() - Within @value and @too_large: offset of the value in the stream. */
uint64_t json_stream_offset(const struct json_stream *stream);

/**
 * json_stream_peek() - Look at the first value of a text in memory, a list or not
 * @ret_size:	how many bytes it takes, leading blanks included; 0 if there is no value, only blanks
 * @ret:	the object without its items; set on success only, owned by the caller
 *
 * Return: 0 or -EBADMSG.
 */
int json_stream_peek(const char *bytes, size_t size, size_t *ret_size, struct json_stream_list *ret,
		     struct err *reterr) __attribute__((warn_unused_result));

#endif
