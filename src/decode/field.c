/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "decode/field.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/addr.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/special.h"
#include "decode/object.h"
#include "decode/rfc3339.h"
#include "decode/warnings.h"

struct field field_root(const struct json_t *root, struct field_reading *reading)
{
	return (struct field){ .reading = reading, .json = json_is_null(root) ? NULL : root };
}

int field_root_protobuf(const struct protobuf_schema *schema, const char *bytes, size_t size,
			struct arena *arena, struct field *ret, struct err *reterr)
{
	struct field root = { 0 };

	if (!protobuf_value_root(schema, bytes, size, arena, &root.protobuf))
		return err_set(reterr, -EBADMSG, "not protobuf: an ill-formed message");
	*ret = root;
	return 0;
}

struct field field_root_yaml(struct yaml_value_document *document, struct field_reading *reading)
{
	return (struct field){ .reading = reading, .yaml = yaml_value_root(document) };
}

struct field field_as_root(const struct field *field)
{
	struct field root = *field;

	root.parent = NULL;
	root.key = NULL;
	return root;
}

struct field field_lenient(const struct field *field)
{
	struct field lenient = *field;

	lenient.reading = NULL;
	return lenient;
}

bool field_given(const struct field *field)
{
	return field->json || field->protobuf.field || field->yaml.node;
}

static void find_yaml_member(struct field *member, const char *key)
{
	struct field repeated = *member;

	member->yaml = yaml_value_member(&member->parent->yaml, key, &repeated.yaml);
	if (repeated.yaml.node)
		field_fail(&repeated, -EINVAL, "given twice");
}

struct field field_member(const struct field *object, const char *key)
{
	const json_t *value = json_object_get(object->json, key);
	struct field member = { .reading = object->reading,
				.parent = object,
				.key = key,
				.json = json_is_null(value) ? NULL : value };

	if (object->protobuf.field)
		member.protobuf = protobuf_value_member(&object->protobuf, key);
	else if (object->yaml.node)
		find_yaml_member(&member, key);
	return member;
}

struct field field_element(const struct field *array, size_t index)
{
	const json_t *value = json_array_get(array->json, index);
	struct field element = { .reading = array->reading,
				 .parent = array,
				 .index = index,
				 .json = json_is_null(value) ? NULL : value };
	size_t n;

	if (array->protobuf.field && protobuf_value_list_size(&array->protobuf, &n) && index < n)
		element.protobuf = protobuf_value_element(&array->protobuf, index);
	else if (array->yaml.node && yaml_value_list_size(&array->yaml, &n) && index < n)
		element.yaml = yaml_value_element(&array->yaml, index);
	return element;
}

size_t field_line(const struct field *field)
{
	while (field && !field->yaml.node)
		field = field->parent;
	return field ? yaml_value_line(&field->yaml) : 0;
}

bool field_failed(const struct field *field)
{
	return field->reading && field->reading->code;
}

static void print_path(const struct field *field, struct buf *text)
{
	if (!field->parent)
		return;
	print_path(field->parent, text);
	if (!field->key)
		buf_printf(text, "[%zu]", field->index);
	else if (strpbrk(field->key, "./"))
		buf_printf(text, "[%s]", field->key);
	else
		buf_printf(text, "%s%s", text->size ? "." : "", field->key);
}

/* "path: reason", or "reason" at the root. */
__attribute__((format(printf, 2, 0))) static void print_reason(const struct field *field, const char *format,
							       va_list ap, struct buf *text)
{
	struct buf path = BUF_INIT;
	char reason[ERR_TEXT_SIZE];
	size_t line = field_line(field);

	(void)vsnprintf(reason, sizeof(reason), format, ap);
	if (field->reading->file && line)
		buf_printf(text, "%s:%zu: ", field->reading->file, line);
	else if (field->reading->file)
		buf_printf(text, "%s: ", field->reading->file);
	print_path(field, &path);
	buf_printf(text, "%s%s%s", buf_text(&path), path.size ? ": " : "", reason);
	buf_done(&path);
}

void field_fail(const struct field *field, int code, const char *format, ...)
{
	struct field_reading *reading = field->reading;
	struct buf text = BUF_INIT;
	va_list ap;

	if (!reading || reading->code)
		return;
	va_start(ap, format);
	print_reason(field, format, ap, &text);
	va_end(ap);
	reading->code = err_set(reading->err, code, "%s", buf_text(&text));
	buf_done(&text);
}

void field_warn(const struct field *field, const char *format, ...)
{
	struct field_reading *reading = field->reading;
	struct buf text = BUF_INIT;
	va_list ap;

	if (!reading || reading->code || !reading->warnings)
		return;
	va_start(ap, format);
	print_reason(field, format, ap, &text);
	va_end(ap);
	warnings_add(reading->warnings, text.data);
}

static bool printable(char c)
{
	return c > ' ' && c < 0x7f;
}

bool field_warn_addr(const struct field *field, const struct addr *addr)
{
	const char *why = special_addr(addr);
	char text[ADDR_TEXT_SIZE];

	if (why)
		field_warn(field, "%s %s; it is left out", addr_print(addr, text), why);
	return why;
}

const char *field_shown(const char *text, char ret[FIELD_SHOWN_SIZE])
{
	static const char more[] = "...";
	size_t i;

	for (i = 0; text[i] && i < FIELD_SHOWN_SIZE - sizeof(more); i++)
		ret[i] = printable(text[i]) || text[i] == ' ' ? text[i] : '?';
	memcpy(ret + i, text[i] ? more : "", text[i] ? sizeof(more) : 1);
	return ret;
}

void field_fail_value(const struct field *field, const char *text, const char *what)
{
	char shown[FIELD_SHOWN_SIZE];

	field_fail(field, -EINVAL, "\"%s\" is not %s", field_shown(text, shown), what);
}

void field_warn_value(const struct field *field, const char *text, const char *what)
{
	char shown[FIELD_SHOWN_SIZE];

	field_warn(field, "\"%s\" is not %s", field_shown(text, shown), what);
}

void field_object(const struct field *field)
{
	bool good = true;

	if (field->json)
		good = json_is_object(field->json);
	else if (field->protobuf.field)
		good = protobuf_value_is_object(&field->protobuf);
	else if (field->yaml.node)
		good = yaml_value_is_object(&field->yaml);
	if (!good)
		field_fail(field, -EINVAL, "expected an object");
}

size_t field_array(const struct field *field, size_t max)
{
	bool good = true;
	size_t n = 0;

	if (field->json) {
		good = json_is_array(field->json);
		n = json_array_size(field->json);
	} else if (field->protobuf.field) {
		good = protobuf_value_list_size(&field->protobuf, &n);
	} else if (field->yaml.node) {
		good = yaml_value_list_size(&field->yaml, &n);
	}
	if (!good) {
		field_fail(field, -EINVAL, "expected a list");
		return 0;
	}
	if (n > max) {
		field_fail(field, -E2BIG, "%zu entries, at most %zu are accepted", n, max);
		return 0;
	}
	return field_failed(field) ? 0 : n;
}

static const char not_a_string[] = "expected a string";

/* NULL: @ret_reason says why it is not a string. */
static const char *find_string(const struct field *field, const char **ret_reason)
{
	const char *text = "";

	*ret_reason = not_a_string;
	if (field->json) {
		text = json_string_value(field->json);
		if (text && strlen(text) != json_string_length(field->json)) {
			*ret_reason = "a NUL within a string";
			return NULL;
		}
		return text;
	}
	if (field->protobuf.field && !protobuf_value_string(&field->protobuf, &text))
		return NULL;
	if (field->yaml.node && !yaml_value_string(&field->yaml, &text))
		return NULL;
	*ret_reason = "a NUL within a string";
	return text;
}

const char *field_try_string(const struct field *field)
{
	const char *reason;

	return find_string(field, &reason);
}

const char *field_string(const struct field *field)
{
	const char *reason;
	const char *text = find_string(field, &reason);

	if (text)
		return text;
	field_fail(field, -EINVAL, "%s", reason);
	return "";
}

bool field_equals(const struct field *field, const char *text)
{
	const char *reason;
	const char *found = find_string(field, &reason);

	if (!found && reason == not_a_string)
		field_fail(field, -EINVAL, "%s", reason);
	return found && strcmp(found, text) == 0;
}

char *field_member_string(const struct field *object, const char *key)
{
	struct field member = field_member(object, key);
	const char *text = field_string(&member);

	return *text ? alloc_string(text) : NULL;
}

const char *field_name(const struct field *field)
{
	const char *text = field_string(field);
	char shown[FIELD_SHOWN_SIZE];
	size_t len;

	for (len = 0; printable(text[len]) && len < OBJECT_NAME_MAX; len++)
		;
	if (!text[len])
		return text;
	if (!printable(text[len]))
		field_fail(field, -EINVAL, "\"%s\" has a character that is not printable ASCII",
			   field_shown(text, shown));
	else
		field_fail(field, -E2BIG, "\"%s\" is longer than %d characters", field_shown(text, shown),
			   OBJECT_NAME_MAX);
	return "";
}

uint8_t field_enum(const struct field *field, int (*parse)(const char *text), const char *what)
{
	const char *text = field_string(field);
	int value = parse(text);

	if (value >= 0)
		return (uint8_t)value;
	field_fail_value(field, text, what);
	return 0;
}

int field_enum_or(const struct field *field, int (*parse)(const char *text), const char *what,
		  const char *instead, int unknown)
{
	const char *text = field_string(field);
	char shown[FIELD_SHOWN_SIZE];
	int value = parse(text);

	if (value >= 0)
		return value;
	field_warn(field, "\"%s\" is not %s; %s", field_shown(text, shown), what, instead);
	return unknown;
}

bool field_bool(const struct field *field, bool missing)
{
	bool value = missing, good = true;

	if (field->json) {
		good = json_is_boolean(field->json);
		value = json_is_true(field->json);
	} else if (field->protobuf.field) {
		good = protobuf_value_bool(&field->protobuf, &value);
	} else if (field->yaml.node) {
		good = yaml_value_bool(&field->yaml, &value);
	}
	if (good)
		return value;
	field_fail(field, -EINVAL, "expected true or false");
	return missing;
}

int64_t field_number(const struct field *field, int64_t min, int64_t max, int64_t missing)
{
	int64_t number = missing;

	bool good = true;

	assert(!field->yaml.node);
	if (field->json) {
		good = json_is_integer(field->json);
		number = json_integer_value(field->json);
	} else if (field->protobuf.field) {
		good = protobuf_value_number(&field->protobuf, &number);
	} else {
		return missing;
	}
	if (!good) {
		field_fail(field, -EINVAL, "expected a whole number");
		return missing;
	}
	if (number >= min && number <= max)
		return number;
	field_fail(field, -EINVAL, "%" PRId64 " is not in %" PRId64 "..%" PRId64, number, min, max);
	return missing;
}

int64_t field_time(const struct field *field)
{
	const char *text = "";
	int64_t seconds = 0;

	if (!field->protobuf.field) {
		text = field_string(field);
		if (*text && !rfc3339_parse(text, &seconds))
			field_fail_value(field, text, "a time");
		return seconds;
	}
	if (!protobuf_value_time(&field->protobuf, &seconds)) {
		field_fail(field, -EINVAL, "expected a time");
		return 0;
	}
	if (seconds >= RFC3339_MIN_S && seconds <= RFC3339_MAX_S)
		return seconds;
	field_fail(field, -EINVAL, "%" PRId64 " s since 1970 is not a time", seconds);
	return 0;
}

bool field_bytes(const struct field *field, const char **ret, size_t *ret_size)
{
	return field->protobuf.field && protobuf_value_bytes(&field->protobuf, ret, ret_size);
}
