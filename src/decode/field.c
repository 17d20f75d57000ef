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

struct field field_root(const struct json_t *root)
{
	return (struct field){ .json = json_is_null(root) ? NULL : root };
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
	return (struct field){ .json = field->json, .protobuf = field->protobuf };
}

bool field_given(const struct field *field)
{
	return field->json || field->protobuf.field;
}

struct field field_member(const struct field *object, const char *key)
{
	const json_t *value = json_object_get(object->json, key);
	struct field member = { .parent = object, .key = key, .json = json_is_null(value) ? NULL : value };

	if (object->protobuf.field)
		member.protobuf = protobuf_value_member(&object->protobuf, key);
	return member;
}

struct field field_element(const struct field *array, size_t index)
{
	const json_t *value = json_array_get(array->json, index);
	struct field element = { .parent = array,
				 .index = index,
				 .json = json_is_null(value) ? NULL : value };
	size_t n;

	if (array->protobuf.field && protobuf_value_list_size(&array->protobuf, &n) && index < n)
		element.protobuf = protobuf_value_element(&array->protobuf, index);
	return element;
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

int field_bad(const struct field *field, int code, struct err *reterr, const char *format, ...)
{
	char reason[ERR_TEXT_SIZE];
	struct buf path = BUF_INIT;
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(reason, sizeof(reason), format, ap);
	va_end(ap);
	print_path(field, &path);
	if (path.size)
		(void)err_set(reterr, code, "%s: %s", buf_text(&path), reason);
	else
		(void)err_set(reterr, code, "%s", reason);
	buf_done(&path);
	return code;
}

void field_remark(const struct field *field, const char *format, ...)
{
	const struct field *root = field;
	char reason[ERR_TEXT_SIZE];
	struct buf text = BUF_INIT;
	va_list ap;

	while (root->parent)
		root = root->parent;
	if (!root->remarks)
		return;
	va_start(ap, format);
	(void)vsnprintf(reason, sizeof(reason), format, ap);
	va_end(ap);
	print_path(field, &text);
	buf_printf(&text, "%s%s", text.size ? ": " : "", reason);
	warnings_add(root->remarks, text.data);
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

int field_object(const struct field *field, struct err *reterr)
{
	bool good = field->json ? json_is_object(field->json)
				: !field->protobuf.field || protobuf_value_is_object(&field->protobuf);

	return good ? 0 : field_bad(field, -EINVAL, reterr, "expected an object");
}

int field_array(const struct field *field, size_t max, size_t *ret_n, struct err *reterr)
{
	size_t n = 0;

	if (field->json ? !json_is_array(field->json)
			: field->protobuf.field && !protobuf_value_list_size(&field->protobuf, &n))
		return field_bad(field, -EINVAL, reterr, "expected a list");
	if (field->json)
		n = json_array_size(field->json);
	if (n > max)
		return field_bad(field, -E2BIG, reterr, "%zu entries, at most %zu are accepted", n, max);
	*ret_n = n;
	return 0;
}

int field_string(const struct field *field, const char **ret, struct err *reterr)
{
	const char *text = "";

	if (field->json ? !json_is_string(field->json)
			: field->protobuf.field && !protobuf_value_string(&field->protobuf, &text))
		return field_bad(field, -EINVAL, reterr, "expected a string");
	if (field->json)
		text = json_string_value(field->json);
	/* In JSON the parser sees to it. */
	if (!text)
		return field_bad(field, -EINVAL, reterr, "a NUL within a string");
	*ret = text;
	return 0;
}

int field_bool(const struct field *field, bool missing, bool *ret, struct err *reterr)
{
	bool value = missing;

	if (field->json ? !json_is_boolean(field->json)
			: field->protobuf.field && !protobuf_value_bool(&field->protobuf, &value))
		return field_bad(field, -EINVAL, reterr, "expected true or false");
	*ret = field->json ? json_is_true(field->json) : value;
	return 0;
}

int field_number(const struct field *field, int64_t min, int64_t max, int64_t missing, int64_t *ret,
		 struct err *reterr)
{
	int64_t number = missing;

	if (field->json ? !json_is_integer(field->json)
			: field->protobuf.field && !protobuf_value_number(&field->protobuf, &number))
		return field_bad(field, -EINVAL, reterr, "expected a whole number");
	if (field->json)
		number = json_integer_value(field->json);
	if (field_given(field) && (number < min || number > max))
		return field_bad(field, -EINVAL, reterr, "%" PRId64 " is not in %" PRId64 "..%" PRId64,
				 number, min, max);
	*ret = number;
	return 0;
}

int field_time(const struct field *field, int64_t *ret_s, struct err *reterr)
{
	char shown[FIELD_SHOWN_SIZE];
	const char *text;
	int64_t seconds = 0;
	int r;

	if (field->protobuf.field) {
		if (!protobuf_value_time(&field->protobuf, &seconds))
			return field_bad(field, -EINVAL, reterr, "expected a time");
		if (seconds < RFC3339_MIN_S || seconds > RFC3339_MAX_S)
			return field_bad(field, -EINVAL, reterr, "%" PRId64 " s since 1970 is not a time",
					 seconds);
	} else {
		r = field_string(field, &text, reterr);
		if (r < 0)
			return r;
		if (*text && !rfc3339_parse(text, &seconds))
			return field_bad(field, -EINVAL, reterr, "\"%s\" is not a time",
					 field_shown(text, shown));
	}
	*ret_s = seconds;
	return 0;
}

bool field_bytes(const struct field *field, const char **ret, size_t *ret_size)
{
	return field->protobuf.field && protobuf_value_bytes(&field->protobuf, ret, ret_size);
}

int field_name(const struct field *field, const char **ret, struct err *reterr)
{
	char shown[FIELD_SHOWN_SIZE];
	const char *text;
	size_t len;
	int r;

	r = field_string(field, &text, reterr);
	if (r < 0)
		return r;
	for (len = 0; text[len]; len++) {
		if (!printable(text[len]))
			return field_bad(field, -EINVAL, reterr,
					 "\"%s\" has a character that is not printable ASCII",
					 field_shown(text, shown));
		if (len >= OBJECT_NAME_MAX)
			return field_bad(field, -E2BIG, reterr, "\"%s\" is longer than %d characters",
					 field_shown(text, shown), OBJECT_NAME_MAX);
	}
	*ret = text;
	return 0;
}
