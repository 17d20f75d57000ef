/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * field.h - read the fields of a parsed document, with their path for errors
 *
 * Room:     decode. Pure. For decoders: here, in config and in kubeapi.
 * Shapes:   a tree of json_t, read from JSON or YAML, a message of protobuf, or a YAML document with lines
 *           (yaml_value.h). A struct field is a place in it, which may be empty; it points to its parent, which must outlive it. A decoder does not
 *           see the format, so each field's meaning is judged in one place.
 * Rule:     a field that is missing or null takes its default. One of the wrong type or out of range is
 *           an error that begins with its path: "spec.ports[1].port: 70000 is not in 1..65535".
 * Errors:   stick to the reading: the first one is kept, and every later call is harmless. So a decoder
 *           calls one reader after the other and asks field_failed() once, at its end.
 */
#ifndef DECODE_FIELD_H
#define DECODE_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "decode/protobuf_value.h"
#include "decode/yaml_value.h"

struct addr;
struct arena;
struct json_t;
struct warnings;
struct protobuf_schema;

#define FIELD_SHOWN_SIZE 72

/**
 * struct field_reading - The state of reading one document
 * @code:	0, or the code of the first error
 * @err:	gets the first error; may be NULL
 * @warnings:	gets the texts of field_warn(); NULL: they are dropped
 * @file:	NULL, or what is in front of errors: "kubeconfig:3: clusters: expected a list"
 */
struct field_reading {
	int code;
	struct err *err;
	struct warnings **warnings;
	const char *file;
};

/**
 * struct field - A place in the document
 * @reading:	NULL: errors and warnings are dropped; see field_lenient()
 * @parent:	NULL at the root
 * @key:	its key in the parent, NULL for an element of an array
 * @index:	its place in the parent's array
 * @json:	of JSON and YAML; NULL if it is missing or null, or of the other format
 * @protobuf:	likewise; its field is then NULL
 * @yaml:	likewise; its node is then NULL
 */
struct field {
	struct field_reading *reading;
	const struct field *parent;
	const char *key;
	size_t index;
	const struct json_t *json;
	struct protobuf_value protobuf;
	struct yaml_value yaml;
};

struct field field_root(const struct json_t *root, struct field_reading *reading);
/**
 * field_root_protobuf() - A message of protobuf, to be read leniently
 * @bytes, @arena: outlive the result
 *
 * The whole message is checked first: an ill-formed one gives nothing rather than a part.
 *
 * Return: 0 or -EBADMSG.
 */
int field_root_protobuf(const struct protobuf_schema *schema, const char *bytes, size_t size,
			struct arena *arena, struct field *ret, struct err *reterr)
	__attribute__((warn_unused_result));
/** field_root_yaml() - The top of a document, which may be empty; field_number() is not for such. */
struct field field_root_yaml(struct yaml_value_document *document, struct field_reading *reading);
/** field_as_root() - The same place without its parents: paths begin in it. */
struct field field_as_root(const struct field *field);
/** field_lenient() - The same place, but errors in it and below do not count: they give the default. */
struct field field_lenient(const struct field *field);
/** field_given() - It is there, and not null. */
bool field_given(const struct field *field);
/** field_member() - @object may be missing, then the member is missing, too. */
struct field field_member(const struct field *object, const char *key);
struct field field_element(const struct field *array, size_t index);
/** field_line() - Of a YAML document: the line of the place, or of what it is missing in; 0 if unknown. */
size_t field_line(const struct field *field);

/** field_failed() - An error was found in the document. */
bool field_failed(const struct field *field);
/** field_fail() - Set the error "path: reason", unless the document has one. */
void field_fail(const struct field *field, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/** field_fail_value() - The error "path: "text" is not @what", -EINVAL. */
void field_fail_value(const struct field *field, const char *text, const char *what);
/** field_warn() - Warn "path: reason": a value is left out or changed, but the object is used. */
void field_warn(const struct field *field, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** field_warn_value() - The warning "path: "text" is not @what". */
void field_warn_value(const struct field *field, const char *text, const char *what);
/** field_warn_addr() - Whether @addr is one that no object may use: special_addr(); then warn, it is left out. */
bool field_warn_addr(const struct field *field, const struct addr *addr);
/** field_shown() - @text for an error: printable ASCII, cut; returns @ret. */
const char *field_shown(const char *text, char ret[FIELD_SHOWN_SIZE]);

/* The readers. An error is -EINVAL, or -E2BIG if it is about a length; the value is then as if missing. */

/** field_object() - Fail unless it is an object, or missing. */
void field_object(const struct field *field);
/** field_array() - Length of an array of at most @max elements; 0 if missing, or if the document has an error. */
size_t field_array(const struct field *field, size_t max);
/** field_string() - "" if missing; lives as long as the document, or the arena of its protobuf root. */
const char *field_string(const struct field *field);
/** field_member_string() - A copy of the member @key of @object, NULL if it is missing or ""; free() it. */
char *field_member_string(const struct field *object, const char *key) __attribute__((warn_unused_result));
/** field_try_string() - The same, but NULL instead of an error. */
const char *field_try_string(const struct field *field);
/** field_equals() - Whether it is the string @text; one with a NUL is another. An error if it is not a string; "" if missing. */
bool field_equals(const struct field *field, const char *text);
/** field_name() - As field_string(), of at most OBJECT_NAME_MAX printable ASCII characters. */
const char *field_name(const struct field *field);
/** field_enum() - The string's value as given by @parse, which returns -EINVAL if it is not @what: then that is an error. */
uint8_t field_enum(const struct field *field, int (*parse)(const char *text), const char *what);
/**
 * field_enum_or() - The same, but a word that @parse does not know is a warning, and gives @unknown
 * @instead:	what happens then, the end of the warning: "it is read as Cluster"
 */
int field_enum_or(const struct field *field, int (*parse)(const char *text), const char *what,
		  const char *instead, int unknown);
bool field_bool(const struct field *field, bool missing);
/** field_number() - A whole number in @min..@max; @missing may lie outside. */
int64_t field_number(const struct field *field, int64_t min, int64_t max, int64_t missing);
/** field_time() - Seconds since 1970, 0 if missing. */
int64_t field_time(const struct field *field);
/** field_bytes() - Of a field that is BYTES to protobuf; false if it is not, or missing; never an error. */
bool field_bytes(const struct field *field, const char **ret, size_t *ret_size);

#endif
