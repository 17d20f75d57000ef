/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "decode/json_load.h"

#include <assert.h>
#include <errno.h>
#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/cleanup.h"
#include "decode/object.h"
#include "decode/object_tree.h"

#define DELETE	    '\x7f'
#define ESCAPE_SIZE 6  /* \uXXXX */
#define DIGITS_MAX  18 /* a whole number with so many is in range */

/*
 * Check what jansson's recursion and its time depend on: how deep brackets nest, the number of values, and the
 * number of members of one object, as its hash table grows. For a text that is not JSON the result does not matter: jansson rejects it.
 * @ret_odd:	false: there is no escape \uXXXX, no byte beyond ASCII, and no number with an exponent or more than DIGITS_MAX
 *		digits, so nothing has to be mended
 */
static int check_shape(const char *bytes, size_t size, size_t max_depth, bool *ret_odd, struct err *reterr)
{
	const char *end = bytes + size;
	size_t depth = 0, n_values = 1, n_digits = 0, n_members[OBJECT_DEPTH_MAX + 2] = { 0 };
	unsigned char bits = 0;
	bool odd = false;
	char c, before = ' ';

	assert(max_depth < ARRAY_SIZE(n_members));
	for (; bytes < end; bytes++, before = c) {
		c = *bytes;
		n_digits = c >= '0' && c <= '9' ? n_digits + 1 : 0;
		switch (c) {
		case '{':
		case '[':
			if (++depth > max_depth)
				return object_tree_depth_error(reterr);
			n_values++;
			n_members[depth] = 0;
			break;
		case ':':
			if (++n_members[depth] > OBJECT_MEMBERS_MAX)
				return err_set(reterr, -E2BIG, "an object with more than %d members",
					       OBJECT_MEMBERS_MAX);
			break;
		case ',':
			n_values++;
			break;
		case '}':
		case ']':
			depth -= depth > 0;
			break;
		case '"':
			for (bytes++; bytes < end && *bytes != '"'; bytes++) {
				bits |= (unsigned char)*bytes;
				bytes += *bytes == '\\';
				odd = odd || (bytes < end && bytes[-1] == '\\' && *bytes == 'u');
			}
			break;
		default:
			/* "true" and "false" have an e, too. */
			odd = odd || n_digits > DIGITS_MAX || c == 'E' ||
			      (c == 'e' && before >= '.' && before <= '9');
			break;
		}
	}
	*ret_odd = odd || bits & 0x80;
	return n_values > OBJECT_VALUES_MAX ? object_tree_values_error(reterr) : 0;
}

/* A text that is changed in place: each replacement has the size of what it replaces. */
struct mending {
	char *p;
	char *end;
};

/* The escape \uXXXX at @p as a number, or -1. */
static int escaped_unit(const struct mending *mending, const char *p)
{
	char digits[ESCAPE_SIZE - 1];

	if (mending->end - p < ESCAPE_SIZE || p[0] != '\\' || p[1] != 'u')
		return -1;
	memcpy(digits, p + 2, sizeof(digits) - 1);
	digits[sizeof(digits) - 1] = '\0';
	return strspn(digits, "0123456789abcdefABCDEF") == sizeof(digits) - 1 ? (int)strtol(digits, NULL, 16)
									      : -1;
}

static void replace_escape(char *p)
{
	memcpy(p, "\\ufffd", ESCAPE_SIZE);
}

/* Bytes of the UTF-8 character at @p; 0: it is none. */
static size_t utf8_size(const struct mending *mending, const char *p)
{
	const unsigned char *c = (const unsigned char *)p;
	size_t n = *c < 0x80 ? 1 : *c < 0xc2 ? 0 : *c < 0xe0 ? 2 : *c < 0xf0 ? 3 : *c < 0xf5 ? 4 : 0, i;

	if (!n || (size_t)(mending->end - p) < n)
		return 0;
	for (i = 1; i < n; i++)
		if ((c[i] & 0xc0) != 0x80)
			return 0;
	/* Overlong ones, surrogates, and what is beyond U+10FFFF. */
	if ((*c == 0xe0 && c[1] < 0xa0) || (*c == 0xed && c[1] > 0x9f) || (*c == 0xf0 && c[1] < 0x90) ||
	    (*c == 0xf4 && c[1] > 0x8f))
		return 0;
	return n;
}

/* An escape in a string. Returns its size. */
static size_t mend_escape(struct mending *mending, char *p)
{
	int unit = escaped_unit(mending, p), next;

	if (unit < 0)
		return mending->end - p < 2 ? 1 : 2;
	if (unit < 0xd800 || unit > 0xdfff)
		return ESCAPE_SIZE;
	next = unit < 0xdc00 ? escaped_unit(mending, p + ESCAPE_SIZE) : -1;
	if (next >= 0xdc00 && next <= 0xdfff)
		return 2 * ESCAPE_SIZE;
	replace_escape(p);
	return ESCAPE_SIZE;
}

static bool is_key(const struct mending *mending)
{
	const char *p = mending->p;

	while (p < mending->end && strchr(" \t\r\n", *p) && *p)
		p++;
	return p < mending->end && *p == ':';
}

/* A string, behind its opening quote. */
static void mend_string(struct mending *mending)
{
	char *start = mending->p, *p, *stop;

	while (mending->p < mending->end && *mending->p != '"') {
		size_t size = *mending->p == '\\' ? mend_escape(mending, mending->p)
						  : utf8_size(mending, mending->p);

		if (!size) {
			*mending->p = DELETE;
			size = 1;
		}
		mending->p += size;
	}
	stop = mending->p;
	mending->p += mending->p < mending->end;
	if (!is_key(mending))
		return;
	for (p = start; p < stop; p += *p == '\\' ? 2 : 1)
		if (escaped_unit(mending, p) == 0)
			replace_escape(p);
}

static bool is_out_of_range(const char *text)
{
	char *end;

	errno = 0;
	if (strpbrk(text, ".eE"))
		return isinf(strtod(text, &end)) && !*end;
	(void)strtoll(text, &end, 10);
	return errno == ERANGE && !*end;
}

/* Give the number exponent 0, and, if it is long, one digit before its point: it is as well-formed as before. */
static void shrink_number(char *p, size_t n)
{
	size_t i, first = *p == '-', mantissa;

	for (mantissa = 0; mantissa < n && p[mantissa] != 'e' && p[mantissa] != 'E'; mantissa++)
		;
	for (i = mantissa; i < n; i++)
		if (p[i] >= '0' && p[i] <= '9')
			p[i] = '0';
	if (mantissa <= DIGITS_MAX || p[first] == '0' || p[first + 1] == '.' || p[mantissa - 1] == '.')
		return;
	memset(p + first + 1, '0', mantissa - first - 1);
	p[first + 1] = '.';
}

static void mend_number(struct mending *mending)
{
	size_t n = 0;

	while (mending->p + n < mending->end && mending->p[n] && strchr("+-.0123456789eE", mending->p[n]))
		n++;
	if (n > DIGITS_MAX || memchr(mending->p, 'e', n) || memchr(mending->p, 'E', n)) {
		_cleanup_free_ char *text = alloc_bytes(n + 1);

		memcpy(text, mending->p, n);
		text[n] = '\0';
		if (is_out_of_range(text))
			shrink_number(mending->p, n);
	}
	mending->p += n;
}

static void mend(struct mending *mending)
{
	while (mending->p < mending->end) {
		char c = *mending->p;

		if (c == '"') {
			mending->p++;
			mend_string(mending);
		} else if (c == '-' || (c >= '0' && c <= '9')) {
			mend_number(mending);
		} else {
			mending->p++;
		}
	}
}

/* As json_loadb(). */
static json_t *load(const char *bytes, size_t size, bool odd, json_error_t *ret_error)
{
	const size_t flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL;
	json_t *tree;
	char *copy;

	if (!odd)
		return json_loadb(bytes, size, flags, ret_error);
	copy = alloc_bytes(size);
	memcpy(copy, bytes, size);
	mend(&(struct mending){ .p = copy, .end = copy + size });
	tree = json_loadb(copy, size, flags, ret_error);
	explicit_bzero(copy, size);
	free(copy);
	return tree;
}

static int error_of(const json_error_t *error, struct err *reterr)
{
	if (json_error_code(error) == json_error_out_of_memory)
		alloc_failed();
	if (json_error_code(error) == json_error_duplicate_key)
		return err_set(reterr, -EINVAL, "%s (line %d of it)", error->text, error->line);
	return err_set(reterr, -EBADMSG, "not JSON: %s (line %d of it)", error->text, error->line);
}

int json_load(const char *bytes, size_t size, size_t depth, struct json_t **ret, struct err *reterr)
{
	json_error_t error;
	bool odd = false;
	int r;

	*ret = NULL;
	if (size > OBJECT_SIZE_MAX)
		return object_tree_size_error(reterr);
	r = check_shape(bytes, size, OBJECT_DEPTH_MAX + depth, &odd, reterr);
	if (r < 0)
		return r;
	*ret = load(bytes, size, odd, &error);
	if (!*ret)
		r = error_of(&error, reterr);
	/* It quotes the text. */
	explicit_bzero(&error, sizeof(error));
	return r;
}
