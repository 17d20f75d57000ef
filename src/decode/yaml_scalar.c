/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "decode/yaml_scalar.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"

#define TAG_PREFIX     "tag:yaml.org,2002:"
#define NUMBER_LEN_MAX 64 /* a longer one is a string: no field of ours is so long a number */

static json_t *not_null(json_t *value)
{
	if (!value)
		alloc_failed();
	return value;
}

json_t *yaml_scalar_string(const char *text, size_t len)
{
	/* libyaml has checked that it is UTF-8. */
	return not_null(json_stringn_nocheck(text, len));
}

static bool one_of(const char *text, const char *const *words)
{
	for (; *words; words++) {
		if (strcmp(text, *words) == 0)
			return true;
	}
	return false;
}

static bool all_in(const char *text, const char *set)
{
	return *text && !text[strspn(text, set)];
}

static bool is_integer(const char *text, int *ret_base, const char **ret_digits)
{
	*ret_digits = text;
	*ret_base = 10;
	if (text[0] == '0' && (text[1] == 'o' || text[1] == 'x')) {
		*ret_base = text[1] == 'o' ? 8 : 16;
		*ret_digits = text + 2;
		return all_in(text + 2, *ret_base == 8 ? "01234567" : "0123456789abcdefABCDEF");
	}
	return all_in(text + (*text == '-' || *text == '+'), "0123456789");
}

/* [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )? */
static bool is_float(const char *text)
{
	static const char digits[] = "0123456789";
	size_t whole, fraction = 0;

	text += *text == '-' || *text == '+';
	whole = strspn(text, digits);
	text += whole;
	if (*text == '.') {
		fraction = strspn(++text, digits);
		text += fraction;
	}
	if (!whole && !fraction)
		return false;
	if (*text == 'e' || *text == 'E') {
		text++;
		text += *text == '-' || *text == '+';
		return all_in(text, digits);
	}
	return !*text;
}

/* NULL: @text is a string. */
static json_t *resolve_number(const char *text)
{
	const char *digits;
	double real;
	int base;

	if (is_integer(text, &base, &digits)) {
		long long number;

		errno = 0;
		number = strtoll(digits, NULL, base);
		if (errno == 0)
			return not_null(json_integer(number));
	} else if (!is_float(text)) {
		return NULL;
	}
	real = strtod(text, NULL);
	return isfinite(real) ? not_null(json_real(real)) : NULL;
}

json_t *yaml_scalar_plain(const char *text, size_t len)
{
	static const char *const nulls[] = { "", "~", "null", "Null", "NULL", NULL };
	static const char *const trues[] = { "true", "True", "TRUE", NULL };
	static const char *const falses[] = { "false", "False", "FALSE", NULL };
	json_t *number = NULL;

	if (one_of(text, nulls))
		return json_null();
	if (one_of(text, trues))
		return json_true();
	if (one_of(text, falses))
		return json_false();
	if (len <= NUMBER_LEN_MAX)
		number = resolve_number(text);
	return number ? number : yaml_scalar_string(text, len);
}

json_t *yaml_scalar_tagged(const char *tag, const char *text, size_t len)
{
	json_t *value;
	bool fits;

	if (strcmp(tag, "!") == 0)
		return yaml_scalar_string(text, len);
	if (strncmp(tag, TAG_PREFIX, sizeof(TAG_PREFIX) - 1) != 0)
		return NULL;
	tag += sizeof(TAG_PREFIX) - 1;
	if (strcmp(tag, "str") == 0)
		return yaml_scalar_string(text, len);
	if (memchr(text, '\0', len))
		return NULL;
	value = yaml_scalar_plain(text, len);
	fits = (strcmp(tag, "null") == 0 && json_is_null(value)) ||
	       (strcmp(tag, "bool") == 0 && json_is_boolean(value)) ||
	       (strcmp(tag, "int") == 0 && json_is_integer(value)) ||
	       (strcmp(tag, "float") == 0 && json_is_number(value));
	if (fits)
		return value;
	json_decref(value);
	return NULL;
}
