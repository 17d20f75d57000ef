/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * protobuf_schema.h - the messages of the API: numbers and types of their fields
 *
 * Room:     decode. Pure: constant tables.
 * Rule:     only fields that a decoder reads; all others are skipped by their wire type. Fields have their
 *           JSON names, so that decoders need not know the format.
 * Empty:    plain fields are always written in protobuf, but mostly left out of JSON if they are "", 0 or
 *           false. Such a field counts as missing here, too. @keeps_empty is set if an empty value has a
 *           meaning (pointers in the API's Go types, and fields that JSON always has).
 */
#ifndef DECODE_PROTOBUF_SCHEMA_H
#define DECODE_PROTOBUF_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "model/store.h"

enum protobuf_schema_type {
	PROTOBUF_SCHEMA_MESSAGE,
	PROTOBUF_SCHEMA_MAP, /* of strings, by string: an entry is a message */
	PROTOBUF_SCHEMA_STRING,
	PROTOBUF_SCHEMA_NUMBER,
	PROTOBUF_SCHEMA_BOOL,
	PROTOBUF_SCHEMA_BYTES,
	PROTOBUF_SCHEMA_TIME, /* a message; of size 0: no time */
};

struct protobuf_schema;

/**
 * struct protobuf_schema_field - One field
 * @name:	as in JSON
 * @repeated:	a list; each element is an occurrence of its own
 * @keeps_empty: see "Empty"
 * @message:	of MESSAGE
 */
struct protobuf_schema_field {
	const char *name;
	uint32_t number;
	enum protobuf_schema_type type;
	bool repeated;
	bool keeps_empty;
	const struct protobuf_schema *message;
};

struct protobuf_schema {
	size_t n_fields;
	const struct protobuf_schema_field *fields;
};

/** enum protobuf_schema_common - The messages around objects. */
enum protobuf_schema_common {
	PROTOBUF_SCHEMA_UNKNOWN, /* the envelope; its typeMeta is a TYPE_META */
	PROTOBUF_SCHEMA_TYPE_META,
	PROTOBUF_SCHEMA_LIST_META,
	PROTOBUF_SCHEMA_WATCH_EVENT,
	PROTOBUF_SCHEMA_STATUS,
	PROTOBUF_SCHEMA_MAP_ENTRY,
	_PROTOBUF_SCHEMA_COMMON_MAX,
};

/** protobuf_schema_object() - An object's message; _OBJECT_KIND_MAX: of a kind that is not ours, names only. */
const struct protobuf_schema *protobuf_schema_object(enum object_kind kind);
const struct protobuf_schema *protobuf_schema_common(enum protobuf_schema_common which);
/** protobuf_schema_field() - The field of that JSON name, or NULL. */
const struct protobuf_schema_field *protobuf_schema_field(const struct protobuf_schema *schema,
							  const char *name);
/** protobuf_schema_number() - The field of that number, or NULL. */
const struct protobuf_schema_field *protobuf_schema_number(const struct protobuf_schema *schema,
							   uint32_t number);

#endif
