/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * protobuf_value.h - a place in an object that came as protobuf
 *
 * Room:     decode. Pure. For field.c, and for the envelopes in protobuf_object.c.
 * Shapes:   nothing is built: a place is a range of the object's bytes and the schema that says what they
 *           are. A member is found by walking its message's fields, an element by going on from the one
 *           before it. Only strings are copied, for their NUL.
 * Rule:     of a field that is there twice the last counts; the occurrences of a message are joined, which
 *           is what its format means by that. A content of another wire type than the schema's is there,
 *           but is no such thing: what asks for it says so.
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
 * struct protobuf_value - A place; zeroed: nothing is there
 * @field:	what the schema says of it; NULL: nothing is there
 * @found:	the occurrence that counts; of a list or a map: @found.bytes is the message that holds its
 *		elements, and @found.wire that of one that is no element, if there is such
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
 * @bytes:	outlive the result, as @arena does, which owns what has to be copied
 *
 * All of it that the schema knows is looked through first.
 *
 * Return: false if it is ill-formed.
 */
bool protobuf_value_root(const struct protobuf_schema *schema, const char *bytes, size_t size,
			 struct arena *arena, struct protobuf_value *ret) __attribute__((warn_unused_result));

/** protobuf_value_member() - A message's field @key, which the schema has to know, or a map's entry. */
struct protobuf_value protobuf_value_member(const struct protobuf_value *value, const char *key);
/** protobuf_value_element() - @index is below protobuf_value_list_size(). */
struct protobuf_value protobuf_value_element(const struct protobuf_value *list, size_t index);

/* What follows is false of what is no such thing; @value->field is not NULL. */

/** protobuf_value_is_object() - It is a message or a map. */
bool protobuf_value_is_object(const struct protobuf_value *value);
/** protobuf_value_list_size() - It is a list. */
bool protobuf_value_list_size(const struct protobuf_value *value, size_t *ret);
/** protobuf_value_string() - It is a string; NULL if it has a NUL in it. The arena's. */
bool protobuf_value_string(const struct protobuf_value *value, const char **ret);
bool protobuf_value_number(const struct protobuf_value *value, int64_t *ret);
bool protobuf_value_bool(const struct protobuf_value *value, bool *ret);
/** protobuf_value_time() - Seconds since 1970. */
bool protobuf_value_time(const struct protobuf_value *value, int64_t *ret_s);
/** protobuf_value_bytes() - Where they are. */
bool protobuf_value_bytes(const struct protobuf_value *value, const char **ret, size_t *ret_size);

#endif
