/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "decode/field.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
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

struct field field_as_root(const struct field *field)
{
	return (struct field){ .reading = field->reading, .json = field->json, .protobuf = field->protobuf };
}

struct field field_lenient(const struct field *field)
{
	struct field lenient = *field;

	lenient.reading = NULL;
	return lenient;
}

bool field_given(const struct field *field)
{
	return field->json || field->protobuf.field;
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
	return element;
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
static void print_reason(const struct field *field, const char *format, va_list ap, struct buf *text)
{
	char reason[ERR_TEXT_SIZE];

	(void)vsnprintf(reason, sizeof(reason), format, ap);
	print_path(field, text);
	buf_printf(text, "%s%s", text->size ? ": " : "", reason);
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
	bool good = field->json ? json_is_object(field->json)
				: !field->protobuf.field || protobuf_value_is_object(&field->protobuf);

	if (!good)
		field_fail(field, -EINVAL, "expected an object");
}

size_t field_array(const struct field *field, size_t max)
{
	size_t n = 0;

	if (field->json ? !json_is_array(field->json)
			: field->protobuf.field && !protobuf_value_list_size(&field->protobuf, &n)) {
		field_fail(field, -EINVAL, "expected a list");
		return 0;
	}
	if (field->json)
		n = json_array_size(field->json);
	if (n > max) {
		field_fail(field, -E2BIG, "%zu entries, at most %zu are accepted", n, max);
		return 0;
	}
	return field_failed(field) ? 0 : n;
}

/* NULL: @ret_reason says why it is not a string. */
static const char *find_string(const struct field *field, const char **ret_reason)
{
	const char *text = "";

	*ret_reason = "expected a string";
	if (field->json)
		return json_string_value(field->json);
	if (field->protobuf.field && !protobuf_value_string(&field->protobuf, &text))
		return NULL;
	/* jansson refuses these itself. */
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

bool field_bool(const struct field *field, bool missing)
{
	bool value = missing;

	if (field->json ? json_is_boolean(field->json)
			: !field->protobuf.field || protobuf_value_bool(&field->protobuf, &value))
		return field->json ? json_is_true(field->json) : value;
	field_fail(field, -EINVAL, "expected true or false");
	return missing;
}

int64_t field_number(const struct field *field, int64_t min, int64_t max, int64_t missing)
{
	int64_t number = missing;

	if (field->json ? !json_is_integer(field->json)
			: field->protobuf.field && !protobuf_value_number(&field->protobuf, &number)) {
		field_fail(field, -EINVAL, "expected a whole number");
		return missing;
	}
	if (field->json)
		number = json_integer_value(field->json);
	if (!field_given(field) || (number >= min && number <= max))
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
