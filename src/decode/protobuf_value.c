/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "decode/protobuf_value.h"

#include <assert.h>
#include <string.h>

#include "base/arena.h"
#include "decode/protobuf_schema.h"

/**
 * struct protobuf_value_list - Position of the walk over a list's elements
 * @n:		elements
 * @index:	of the element that comes next
 * @rest:	begins before it
 */
struct protobuf_value_list {
	size_t n;
	size_t index;
	struct protobuf rest;
};

/* The value of a map's entry. */
static const struct protobuf_schema_field map_value = {
	.name = "value",
	.number = 2,
	.type = PROTOBUF_SCHEMA_STRING,
	.keeps_empty = true,
};

static enum protobuf_wire wire_of(const struct protobuf_schema_field *field)
{
	switch (field->type) {
	case PROTOBUF_SCHEMA_NUMBER:
	case PROTOBUF_SCHEMA_BOOL:
		return PROTOBUF_WIRE_VARINT;
	case PROTOBUF_SCHEMA_MESSAGE:
	case PROTOBUF_SCHEMA_MAP:
	case PROTOBUF_SCHEMA_STRING:
	case PROTOBUF_SCHEMA_BYTES:
	case PROTOBUF_SCHEMA_TIME:
		break;
	}
	return PROTOBUF_WIRE_BYTES;
}

/* The schema of a field's content; NULL: it is not a message, or not read. */
static const struct protobuf_schema *inner_schema(const struct protobuf_schema_field *field)
{
	static const struct protobuf_schema time = { 0 };

	switch (field->type) {
	case PROTOBUF_SCHEMA_MESSAGE:
		return field->message;
	case PROTOBUF_SCHEMA_MAP:
		return protobuf_schema_common(PROTOBUF_SCHEMA_MAP_ENTRY);
	case PROTOBUF_SCHEMA_TIME:
		return &time;
	case PROTOBUF_SCHEMA_STRING:
	case PROTOBUF_SCHEMA_NUMBER:
	case PROTOBUF_SCHEMA_BOOL:
	case PROTOBUF_SCHEMA_BYTES:
		break;
	}
	return NULL;
}

/* Recurses as deep as the schema, which has no cycles. */
static bool check_message(const struct protobuf_schema *schema, struct protobuf message)
{
	struct protobuf_field found;
	int r;

	while ((r = protobuf_next(&message, &found)) > 0) {
		const struct protobuf_schema_field *field = protobuf_schema_number(schema, found.number);
		const struct protobuf_schema *inner = field ? inner_schema(field) : NULL;

		if (inner && found.wire == PROTOBUF_WIRE_BYTES &&
		    !check_message(inner, (struct protobuf){ found.bytes, found.size }))
			return false;
	}
	return r == 0;
}

bool protobuf_value_root(const struct protobuf_schema *schema, const char *bytes, size_t size,
			 struct arena *arena, struct protobuf_value *ret)
{
	struct protobuf_schema_field *field;

	if (!check_message(schema, (struct protobuf){ bytes, size }))
		return false;
	field = arena_alloc(arena, sizeof(*field));
	*field = (struct protobuf_schema_field){ .type = PROTOBUF_SCHEMA_MESSAGE, .message = schema };
	*ret = (struct protobuf_value){
		.field = field,
		.found = { .wire = PROTOBUF_WIRE_BYTES, .bytes = bytes, .size = size },
		.arena = arena,
	};
	return true;
}

static struct protobuf content(const struct protobuf_value *value)
{
	return (struct protobuf){ value->found.bytes, value->found.size };
}

/* The content of all occurrences of a message, one after the other; @size bytes in all. */
static const char *join(const struct protobuf_value *parent, uint32_t number, size_t size)
{
	char *bytes = arena_alloc(parent->arena, size ? size : 1), *end = bytes;
	struct protobuf message = content(parent);
	struct protobuf_field found;

	while (protobuf_next(&message, &found) > 0) {
		if (found.number != number || found.wire != PROTOBUF_WIRE_BYTES || !found.size)
			continue;
		memcpy(end, found.bytes, found.size);
		end += found.size;
	}
	return bytes;
}

static bool is_empty(const struct protobuf_schema_field *field, const struct protobuf_field *found)
{
	if (found->wire != wire_of(field))
		return false;
	switch (field->type) {
	case PROTOBUF_SCHEMA_STRING:
	case PROTOBUF_SCHEMA_BYTES:
	case PROTOBUF_SCHEMA_TIME:
		return !found->size;
	case PROTOBUF_SCHEMA_NUMBER:
	case PROTOBUF_SCHEMA_BOOL:
		return !found->value;
	case PROTOBUF_SCHEMA_MESSAGE:
	case PROTOBUF_SCHEMA_MAP:
		break;
	}
	return false;
}

/* A list or a map: its place is the message that it is in. */
static struct protobuf_value many(const struct protobuf_value *parent,
				  const struct protobuf_schema_field *field, size_t n,
				  enum protobuf_wire wire)
{
	struct protobuf_value value = { .field = field, .found = parent->found, .arena = parent->arena };

	value.found.wire = wire;
	if (field->repeated) {
		value.list = arena_alloc(parent->arena, sizeof(*value.list));
		*value.list = (struct protobuf_value_list){ .n = n, .rest = content(parent) };
	}
	return value;
}

static struct protobuf_value message_member(const struct protobuf_value *parent,
					    const struct protobuf_schema_field *field)
{
	enum protobuf_wire wanted = wire_of(field), wire = wanted;
	struct protobuf_value value = { .field = field, .arena = parent->arena };
	struct protobuf message = content(parent);
	struct protobuf_field found;
	size_t n = 0, size = 0;

	while (protobuf_next(&message, &found) > 0) {
		if (found.number != field->number)
			continue;
		value.found = found;
		size += found.size;
		n++;
		if (found.wire != wanted)
			wire = found.wire;
	}
	if (!n)
		return (struct protobuf_value){ 0 };
	if (field->repeated || field->type == PROTOBUF_SCHEMA_MAP)
		return many(parent, field, n, wire);
	if (n > 1 && field->type == PROTOBUF_SCHEMA_MESSAGE && wire == wanted) {
		value.found.bytes = join(parent, field->number, size);
		value.found.size = size;
	}
	if (!field->keeps_empty && is_empty(field, &value.found))
		return (struct protobuf_value){ 0 };
	return value;
}

/* Fields 1 and 2 of an entry; a missing one is "". */
static void read_entry(struct protobuf entry, struct protobuf_field *key, struct protobuf_field *value)
{
	struct protobuf_field found;

	*key = *value = (struct protobuf_field){ .wire = PROTOBUF_WIRE_BYTES, .bytes = "" };
	while (protobuf_next(&entry, &found) > 0) {
		if (found.number == 1)
			*key = found;
		else if (found.number == 2)
			*value = found;
	}
}

static struct protobuf_value map_member(const struct protobuf_value *map, const char *name)
{
	struct protobuf_value ret = { 0 };
	struct protobuf message = content(map);
	struct protobuf_field found, key, value;
	size_t len = strlen(name);

	while (protobuf_next(&message, &found) > 0) {
		if (found.number != map->field->number || found.wire != PROTOBUF_WIRE_BYTES)
			continue;
		read_entry((struct protobuf){ found.bytes, found.size }, &key, &value);
		if (key.wire != PROTOBUF_WIRE_BYTES || key.size != len || memcmp(key.bytes, name, len) != 0)
			continue;
		ret = (struct protobuf_value){ .field = &map_value, .found = value, .arena = map->arena };
	}
	return ret;
}

struct protobuf_value protobuf_value_member(const struct protobuf_value *value, const char *key)
{
	const struct protobuf_schema_field *field;

	if (!value->field || !protobuf_value_is_object(value))
		return (struct protobuf_value){ 0 };
	if (value->field->type == PROTOBUF_SCHEMA_MAP)
		return map_member(value, key);
	field = protobuf_schema_field(value->field->message, key);
	assert(field);
	return message_member(value, field);
}

struct protobuf_value protobuf_value_element(const struct protobuf_value *value, size_t index)
{
	struct protobuf_value_list *list = value->list;
	struct protobuf_value element = { .field = value->field, .arena = value->arena };

	assert(list && index < list->n);
	if (index < list->index) {
		list->index = 0;
		list->rest = content(value);
	}
	while (protobuf_next(&list->rest, &element.found) > 0) {
		if (element.found.number == value->field->number && list->index++ == index)
			return element;
	}
	return (struct protobuf_value){ 0 };
}

bool protobuf_value_is_object(const struct protobuf_value *value)
{
	enum protobuf_schema_type type = value->field->type;

	return !value->list && value->found.wire == PROTOBUF_WIRE_BYTES &&
	       (type == PROTOBUF_SCHEMA_MESSAGE || type == PROTOBUF_SCHEMA_MAP);
}

bool protobuf_value_list_size(const struct protobuf_value *value, size_t *ret)
{
	if (!value->list)
		return false;
	*ret = value->list->n;
	return true;
}

static bool is(const struct protobuf_value *value, enum protobuf_schema_type type)
{
	return !value->list && value->field->type == type && value->found.wire == wire_of(value->field);
}

bool protobuf_value_string(const struct protobuf_value *value, const char **ret)
{
	if (!is(value, PROTOBUF_SCHEMA_STRING))
		return false;
	*ret = memchr(value->found.bytes, '\0', value->found.size)
		       ? NULL
		       : arena_string_n(value->arena, value->found.bytes, value->found.size);
	return true;
}

bool protobuf_value_number(const struct protobuf_value *value, int64_t *ret)
{
	*ret = (int64_t)value->found.value;
	return is(value, PROTOBUF_SCHEMA_NUMBER);
}

bool protobuf_value_bool(const struct protobuf_value *value, bool *ret)
{
	*ret = value->found.value != 0;
	return is(value, PROTOBUF_SCHEMA_BOOL);
}

bool protobuf_value_time(const struct protobuf_value *value, int64_t *ret_s)
{
	struct protobuf message = content(value);
	struct protobuf_field found;

	if (!is(value, PROTOBUF_SCHEMA_TIME))
		return false;
	*ret_s = 0;
	while (protobuf_next(&message, &found) > 0) {
		if (found.number == 1 && found.wire != PROTOBUF_WIRE_VARINT)
			return false;
		if (found.number == 1)
			*ret_s = (int64_t)found.value;
	}
	return true;
}

bool protobuf_value_bytes(const struct protobuf_value *value, const char **ret, size_t *ret_size)
{
	if (!is(value, PROTOBUF_SCHEMA_BYTES))
		return false;
	*ret = value->found.bytes;
	*ret_size = value->found.size;
	return true;
}
