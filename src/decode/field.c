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

struct field field_root(const struct json_t *root)
{
	return (struct field){ .value = json_is_null(root) ? NULL : root };
}

struct field field_member(const struct field *object, const char *key)
{
	const json_t *value = json_object_get(object->value, key);

	return (struct field){ .parent = object, .key = key, .value = json_is_null(value) ? NULL : value };
}

struct field field_element(const struct field *array, size_t index)
{
	const json_t *value = json_array_get(array->value, index);

	return (struct field){ .parent = array, .index = index, .value = json_is_null(value) ? NULL : value };
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
	if (field->value && !json_is_object(field->value))
		return field_bad(field, -EINVAL, reterr, "expected an object");
	return 0;
}

int field_array(const struct field *field, size_t max, size_t *ret_n, struct err *reterr)
{
	size_t n = 0;

	if (field->value) {
		if (!json_is_array(field->value))
			return field_bad(field, -EINVAL, reterr, "expected a list");
		n = json_array_size(field->value);
	}
	if (n > max)
		return field_bad(field, -E2BIG, reterr, "%zu entries, at most %zu are accepted", n, max);
	*ret_n = n;
	return 0;
}

int field_string(const struct field *field, const char **ret, struct err *reterr)
{
	if (field->value && !json_is_string(field->value))
		return field_bad(field, -EINVAL, reterr, "expected a string");
	*ret = field->value ? json_string_value(field->value) : "";
	return 0;
}

int field_bool(const struct field *field, bool missing, bool *ret, struct err *reterr)
{
	if (field->value && !json_is_boolean(field->value))
		return field_bad(field, -EINVAL, reterr, "expected true or false");
	*ret = field->value ? json_is_true(field->value) : missing;
	return 0;
}

int field_number(const struct field *field, int64_t min, int64_t max, int64_t missing, int64_t *ret,
		 struct err *reterr)
{
	int64_t number = missing;

	if (field->value) {
		if (!json_is_integer(field->value))
			return field_bad(field, -EINVAL, reterr, "expected a whole number");
		number = json_integer_value(field->value);
		if (number < min || number > max)
			return field_bad(field, -EINVAL, reterr,
					 "%" PRId64 " is not in %" PRId64 "..%" PRId64, number, min, max);
	}
	*ret = number;
	return 0;
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
