/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "base/json_text.h"

#include <assert.h>
#include <ctype.h>
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/plain_text.h"

/* YAML knows no pairs of surrogates. */
static void json_text_escape(struct buf *to, uint32_t code, bool yaml)
{
	if (code > 0xffff && yaml) {
		buf_printf(to, "\\U%08x", (unsigned int)code);
		return;
	}
	if (code > 0xffff) {
		buf_printf(to, "\\u%04x\\u%04x", (unsigned int)(0xd800 + ((code - 0x10000) >> 10)),
			   (unsigned int)(0xdc00 + ((code - 0x10000) & 0x3ff)));
		return;
	}
	buf_printf(to, "\\u%04x", (unsigned int)code);
}

static void json_text_quote(const struct json_text *json, const char *text)
{
	struct buf *to = json->to;

	buf_add(to, "\"", 1);
	while (*text) {
		struct plain_text_character character;
		size_t run = plain_text_run(text);

		buf_add(to, text, run);
		text += run;
		if (!*text)
			break;
		character = plain_text_read(text);
		if (*text == '"' || *text == '\\')
			buf_printf(to, "\\%c", *text);
		else if (*text == '\n')
			buf_add(to, "\\n", 2);
		else if (*text == '\t')
			buf_add(to, "\\t", 2);
		else if (!character.valid)
			buf_add(to, "\xef\xbf\xbd", 3);
		else if (character.plain)
			buf_add(to, text, character.size);
		else
			json_text_escape(to, character.code, json->indent == JSON_TEXT_YAML);
		text += character.size;
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
		json_text_quote(json, key);
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
	json_text_quote(json, key);
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
		json_text_quote(json, value);
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
