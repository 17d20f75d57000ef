/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json_text.h - write JSON, or the same as YAML, piece by piece
 *
 * Room:     base. Pure.
 * Shapes:   members and elements in the order of the calls; a key of NULL: an element of an array, or the outermost value.
 *           Characters that are not plain (base/plain_text.h) are escaped. Bytes that are not UTF-8 become U+FFFD, so that every
 *           reader accepts the output.
 * Rule:     json_text_begin() and json_text_end() pair up; nesting is at most JSON_TEXT_DEPTH_MAX.
 */
#ifndef BASE_JSON_TEXT_H
#define BASE_JSON_TEXT_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

#define JSON_TEXT_DEPTH_MAX 16
#define JSON_TEXT_YAML	    (UINT_MAX - 1) /* for @indent: YAML, in blocks */
#define JSON_TEXT_TABS	    UINT_MAX	   /* for @indent: a tab for each level */

/**
 * struct json_text - What is being written
 * @to:		where to append; borrowed
 * @indent:	columns for each level, each value on a line of its own; 0: all in one line, without blanks
 *
 * The rest is private.
 */
struct json_text {
	struct buf *to;
	unsigned int indent;
	unsigned int depth;
	bool filled[JSON_TEXT_DEPTH_MAX + 1];
};

#define JSON_TEXT_INIT(buf, columns)             \
	{                                        \
		.to = (buf), .indent = (columns) \
	}

/** json_text_begin() - @bracket: '{' or '[' */
void json_text_begin(struct json_text *json, const char *key, char bracket);
/** json_text_end() - @bracket: '}' or ']' */
void json_text_end(struct json_text *json, char bracket);
/** json_text_string() - NULL is null. */
void json_text_string(struct json_text *json, const char *key, const char *value);
void json_text_number(struct json_text *json, const char *key, int64_t value);
/** json_text_thousandths() - 1234 is 1.234. */
void json_text_thousandths(struct json_text *json, const char *key, int64_t value);
void json_text_bool(struct json_text *json, const char *key, bool value);
/** json_text_null() - The value null: unknown. */
void json_text_null(struct json_text *json, const char *key);

#endif
