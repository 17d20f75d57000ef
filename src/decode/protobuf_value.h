/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * protobuf_value.h - a place in an object in protobuf
 *
 * Room:     decode. Pure. For field.c, and for the envelopes in protobuf_object.c.
 * Shapes:   no tree is built: a place is a range of the object's bytes with its schema. A member is found by
 *           walking the fields of its message, an element by going on from the one before it. Only strings
 *           are copied, to add a NUL.
 * Rule:     the last occurrence of a field counts; the occurrences of a message are joined, as the format
 *           demands. A content of another wire type than the schema's is there, but has the wrong type:
 *           the functions below return false for it.
 */
#ifndef DECODE_PROTOBUF_VALUE_H
#define DECODE_PROTOBUF_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decode/protobuf.h"

struct arena;
struct protobuf_schema;
struct protobuf_schema_field;
struct protobuf_value_list;

/**
 * struct protobuf_value - A place; zeroed: missing
 * @field:	its row in the schema; NULL: missing
 * @found:	the occurrence that counts; of a list or a map: @found.bytes is the message that holds its
 *		elements, and @found.wire is wrong if one of them has a wrong wire type
 * @list:	of a list; belongs to @arena
 */
struct protobuf_value {
	const struct protobuf_schema_field *field;
	struct protobuf_field found;
	struct protobuf_value_list *list;
	struct arena *arena;
};

/**
 * protobuf_value_root() - A whole message
 * @bytes, @arena: outlive the result; copies are made in @arena
 *
 * All of it that the schema knows is checked first.
 *
 * Return: false if it is ill-formed.
 */
bool protobuf_value_root(const struct protobuf_schema *schema, const char *bytes, size_t size,
			 struct arena *arena, struct protobuf_value *ret) __attribute__((warn_unused_result));

/** protobuf_value_member() - A message's field @key, which has to be in the schema, or a map's entry. */
struct protobuf_value protobuf_value_member(const struct protobuf_value *value, const char *key);
/** protobuf_value_element() - @index is below protobuf_value_list_size(). */
struct protobuf_value protobuf_value_element(const struct protobuf_value *list, size_t index);

/* These return false if the value is of another type; @value->field is not NULL. */

/** protobuf_value_is_object() - It is a message or a map. */
bool protobuf_value_is_object(const struct protobuf_value *value);
/** protobuf_value_list_size() - It is a list. */
bool protobuf_value_list_size(const struct protobuf_value *value, size_t *ret);
/** protobuf_value_string() - It is a string; NULL if it has a NUL in it. In the arena. */
bool protobuf_value_string(const struct protobuf_value *value, const char **ret);
bool protobuf_value_number(const struct protobuf_value *value, int64_t *ret);
bool protobuf_value_bool(const struct protobuf_value *value, bool *ret);
/** protobuf_value_time() - Seconds since 1970. */
bool protobuf_value_time(const struct protobuf_value *value, int64_t *ret_s);
/** protobuf_value_bytes() - Borrowed from the object. */
bool protobuf_value_bytes(const struct protobuf_value *value, const char **ret, size_t *ret_size);

#endif
