/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * field.h - read the fields of a parsed document, with their path for errors
 *
 * Room:     decode. Pure. For the decode_*.c and object_tree.c only.
 * Shapes:   a tree of json_t, read from JSON or YAML, or a message of protobuf. A struct field is a place
 *           in it, there or not; it points to its parent, which must outlive it. Who reads fields does not
 *           see which format they came in, so nothing is judged twice.
 * Rule:     a field that is missing or null takes its default. One of the wrong type or out of range is
 *           an error that begins with its path: "spec.ports[1].port: 70000 is not in 1..65535".
 */
#ifndef DECODE_FIELD_H
#define DECODE_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "decode/protobuf_value.h"

struct arena;
struct json_t;
struct warnings;
struct protobuf_schema;

#define FIELD_SHOWN_SIZE 72

/**
 * struct field - A place in the object
 * @parent:	NULL at the root
 * @key:	its key in the parent, NULL for an element of an array
 * @index:	its place in the parent's array
 * @remarks:	at the root: where field_remark() leaves its words; NULL: nowhere
 * @json:	of JSON and YAML; NULL if it is missing or null, or of the other format
 * @protobuf:	likewise; its field is then NULL
 */
struct field {
	const struct field *parent;
	const char *key;
	size_t index;
	struct warnings **remarks;
	const struct json_t *json;
	struct protobuf_value protobuf;
};

struct field field_root(const struct json_t *root);
/**
 * field_root_protobuf() - A message of protobuf
 * @bytes, @arena: outlive the result
 *
 * All of it is looked through first, so that what is ill-formed gives nothing rather than a part.
 *
 * Return: 0 or -EBADMSG.
 */
int field_root_protobuf(const struct protobuf_schema *schema, const char *bytes, size_t size,
			struct arena *arena, struct field *ret, struct err *reterr)
	__attribute__((warn_unused_result));
/** field_as_root() - The same place without its parents: paths begin in it. */
struct field field_as_root(const struct field *field);
/** field_given() - It is there, and not null. */
bool field_given(const struct field *field);
/** field_member() - @object may be missing, then so is the member. */
struct field field_member(const struct field *object, const char *key);
struct field field_element(const struct field *array, size_t index);

/** field_bad() - Set @reterr to "path: reason"; returns @code. */
int field_bad(const struct field *field, int code, struct err *reterr, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/** field_remark() - Say "path: reason" about what is not used as it stands, without giving up the object. */
void field_remark(const struct field *field, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** field_shown() - @text for an error: printable ASCII, cut; returns @ret. */
const char *field_shown(const char *text, char ret[FIELD_SHOWN_SIZE]);

/* All: 0, or -EINVAL (-E2BIG from field_array()) with @reterr set. */

/** field_object() - It is an object, or missing. */
int field_object(const struct field *field, struct err *reterr) __attribute__((warn_unused_result));
/** field_array() - It is an array of at most @max elements; @ret_n is 0 if it is missing. */
int field_array(const struct field *field, size_t max, size_t *ret_n, struct err *reterr)
	__attribute__((warn_unused_result));
/** field_string() - "" if missing; lives as long as the object, or the arena of its protobuf root. */
int field_string(const struct field *field, const char **ret, struct err *reterr)
	__attribute__((warn_unused_result));
int field_bool(const struct field *field, bool missing, bool *ret, struct err *reterr)
	__attribute__((warn_unused_result));
/** field_number() - A whole number in @min..@max; @missing may lie outside. */
int field_number(const struct field *field, int64_t min, int64_t max, int64_t missing, int64_t *ret,
		 struct err *reterr) __attribute__((warn_unused_result));
/** field_time() - Seconds since 1970, 0 if missing. */
int field_time(const struct field *field, int64_t *ret_s, struct err *reterr)
	__attribute__((warn_unused_result));
/** field_bytes() - Of a field that is BYTES to protobuf; false if it is none, or missing. */
bool field_bytes(const struct field *field, const char **ret, size_t *ret_size);
/** field_name() - As field_string(), of at most OBJECT_NAME_MAX printable ASCII characters. */
int field_name(const struct field *field, const char **ret, struct err *reterr)
	__attribute__((warn_unused_result));

#endif
