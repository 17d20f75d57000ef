/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "base/json_text.h"

#include <assert.h>
#include <ctype.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"

/* How many bytes the UTF-8 character at @text has; 0: the bytes are not UTF-8. Unicode, table 3-7. */
static size_t json_text_character(const unsigned char *text)
{
	static const struct {
		unsigned char first, last;     /* of the first byte */
		unsigned char lowest, highest; /* of the second */
		size_t size;
	} forms[] = {
		{ 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
		{ 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 }, { 0xf0, 0xf0, 0x90, 0xbf, 4 },
		{ 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};
	size_t i, at;

	if (*text < 0x80)
		return 1;
	for (i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		if (*text < forms[i].first || *text > forms[i].last)
			continue;
		if (text[1] < forms[i].lowest || text[1] > forms[i].highest)
			return 0;
		for (at = 2; at < forms[i].size; at++)
			if ((text[at] & 0xc0) != 0x80)
				return 0;
		return forms[i].size;
	}
	return 0;
}

static void json_text_quote(struct buf *to, const char *text)
{
	const unsigned char *p = (const unsigned char *)text;

	buf_add(to, "\"", 1);
	while (*p) {
		size_t size = json_text_character(p);

		if (*p == '"' || *p == '\\')
			buf_printf(to, "\\%c", *p);
		else if (*p == '\n')
			buf_add(to, "\\n", 2);
		else if (*p == '\t')
			buf_add(to, "\\t", 2);
		else if (*p < 0x20 || *p == 0x7f)
			buf_printf(to, "\\u%04x", *p);
		else if (size)
			buf_add(to, p, size);
		else
			buf_add(to, "\xef\xbf\xbd", 3);
		p += size ? size : 1;
	}
	buf_add(to, "\"", 1);
}

/* Whether a YAML reader takes @text for a string without quotes. In doubt, it gets quotes. */
static bool json_text_is_plain(const char *text)
{
	static const char *const words[] = { "null", "true", "false", "yes", "no", "on", "off", "y", "n" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(words); i++)
		if (strcasecmp(text, words[i]) == 0)
			return false;
	if (strspn(text, "0123456789.eExX_") == strlen(text))
		return false;
	return isalnum((unsigned char)*text) &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-") ==
		       strlen(text);
}

static void json_text_line(struct json_text *json)
{
	unsigned int i;

	if (!json->indent)
		return;
	if (json->indent == JSON_TEXT_YAML) {
		/* After the key of a block in the next lines. */
		if (json->to->size && json->to->data[json->to->size - 1] == ' ')
			json->to->size--;
		if (json->to->size)
			buf_add(json->to, "\n", 1);
		buf_printf(json->to, "%*s", json->depth ? (int)(2 * (json->depth - 1)) : 0, "");
		return;
	}
	buf_add(json->to, "\n", 1);
	for (i = 0; i < json->depth; i++) {
		if (json->indent == JSON_TEXT_TABS)
			buf_add(json->to, "\t", 1);
		else
			buf_printf(json->to, "%*s", (int)json->indent, "");
	}
}

static void json_text_place_yaml(struct json_text *json, const char *key)
{
	if (json->depth)
		json_text_line(json);
	json->filled[json->depth] = true;
	if (key && json_text_is_plain(key))
		buf_printf(json->to, "%s", key);
	else if (key)
		json_text_quote(json->to, key);
	if (key)
		buf_add(json->to, ": ", 2);
	else if (json->depth)
		buf_add(json->to, "- ", 2);
}

/* Write what comes before a value: comma, line break, key. */
static void json_text_place(struct json_text *json, const char *key)
{
	if (json->indent == JSON_TEXT_YAML) {
		json_text_place_yaml(json, key);
		return;
	}
	if (json->filled[json->depth])
		buf_add(json->to, ",", 1);
	if (json->depth)
		json_text_line(json);
	json->filled[json->depth] = true;
	if (!key)
		return;
	json_text_quote(json->to, key);
	buf_add(json->to, ": ", json->indent ? 2 : 1);
}

void json_text_begin(struct json_text *json, const char *key, char bracket)
{
	json_text_place(json, key);
	if (json->indent != JSON_TEXT_YAML)
		buf_add(json->to, &bracket, 1);
	json->depth++;
	assert(json->depth <= JSON_TEXT_DEPTH_MAX);
	json->filled[json->depth] = false;
}

void json_text_end(struct json_text *json, char bracket)
{
	assert(json->depth > 0);
	json->depth--;
	if (json->indent == JSON_TEXT_YAML) {
		if (!json->filled[json->depth + 1])
			buf_add(json->to, bracket == '}' ? "{}" : "[]", 2);
		if (!json->depth)
			buf_add(json->to, "\n", 1);
		return;
	}
	if (json->filled[json->depth + 1])
		json_text_line(json);
	buf_add(json->to, &bracket, 1);
}

void json_text_string(struct json_text *json, const char *key, const char *value)
{
	if (!value) {
		json_text_null(json, key);
		return;
	}
	json_text_place(json, key);
	if (json->indent == JSON_TEXT_YAML && json_text_is_plain(value))
		buf_printf(json->to, "%s", value);
	else
		json_text_quote(json->to, value);
}

void json_text_number(struct json_text *json, const char *key, int64_t value)
{
	json_text_place(json, key);
	buf_printf(json->to, "%" PRId64, value);
}

void json_text_thousandths(struct json_text *json, const char *key, int64_t value)
{
	json_text_place(json, key);
	buf_printf(json->to, "%s%" PRId64 ".%03" PRId64, value < 0 ? "-" : "",
		   value < 0 ? -(value / 1000) : value / 1000, value < 0 ? -(value % 1000) : value % 1000);
}

void json_text_bool(struct json_text *json, const char *key, bool value)
{
	json_text_place(json, key);
	buf_printf(json->to, "%s", value ? "true" : "false");
}

void json_text_null(struct json_text *json, const char *key)
{
	json_text_place(json, key);
	buf_printf(json->to, "null");
}
