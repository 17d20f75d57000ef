/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "base/plain_text.h"

#include <string.h>

#include "base/cleanup.h"

/* The first and the last of each range, in order. */
static const struct {
	uint32_t first, last;
} plain_text_hidden[] = {
	{ 0x0, 0x1f },	    { 0x7f, 0x9f },	{ 0xad, 0xad },	       { 0x61c, 0x61c },   { 0x180e, 0x180e },
	{ 0x200b, 0x200f }, { 0x2028, 0x202e }, { 0x2060, 0x206f },    { 0xd800, 0xf8ff }, { 0xfeff, 0xfeff },
	{ 0xfff9, 0xfffb }, { 0xfffe, 0xffff }, { 0xe0000, 0x10ffff },
};

static bool plain_text_is_plain(uint32_t code)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(plain_text_hidden); i++)
		if (code <= plain_text_hidden[i].last)
			return code < plain_text_hidden[i].first;
	return false;
}

/* How many bytes the UTF-8 character at @text has; 0: the bytes are not UTF-8. Unicode, table 3-7. */
static size_t plain_text_size(const unsigned char *text)
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
	for (i = 0; i < ARRAY_SIZE(forms); i++) {
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

struct plain_text_character plain_text_read(const char *text)
{
	const unsigned char *bytes = (const unsigned char *)text;
	struct plain_text_character ret = { .size = plain_text_size(bytes), .code = *bytes };
	size_t i;

	ret.valid = ret.size > 0;
	if (!ret.valid) {
		ret.size = 1;
		return ret;
	}
	if (ret.size > 1) {
		ret.code = bytes[0] & (0x7fu >> ret.size);
		for (i = 1; i < ret.size; i++)
			ret.code = ret.code << 6 | (bytes[i] & 0x3fu);
	}
	ret.plain = plain_text_is_plain(ret.code);
	return ret;
}

size_t plain_text_run(const char *text)
{
	size_t n = 0;

	while (text[n] >= ' ' && text[n] < 0x7f && text[n] != '"' && text[n] != '\\')
		n++;
	return n;
}

void plain_text_escape(struct buf *to, const struct plain_text_character *character)
{
	if (!character->valid || character->code < 0x80)
		buf_printf(to, "\\x%02x", (unsigned int)character->code);
	else if (character->code <= 0xffff)
		buf_printf(to, "\\u%04x", (unsigned int)character->code);
	else
		buf_printf(to, "\\U%08x", (unsigned int)character->code);
}

void plain_text_add(struct buf *to, const char *text)
{
	while (*text) {
		struct plain_text_character character = plain_text_read(text);

		if (character.plain)
			buf_add(to, text, character.size);
		else
			plain_text_escape(to, &character);
		text += character.size;
	}
}

static size_t plain_text_allowed(const char *text, const char *const *allowed)
{
	for (; allowed && *allowed; allowed++)
		if (strncmp(text, *allowed, strlen(*allowed)) == 0)
			return strlen(*allowed);
	return 0;
}

/* Returns how many bytes of @text it took. */
static size_t plain_text_clean_some(struct buf *to, const char *text, const char *const *allowed)
{
	size_t size = plain_text_run(text);
	struct plain_text_character character;

	if (!size)
		size = *text == '\n' || *text == '\t' ? 1 : plain_text_allowed(text, allowed);
	if (size) {
		buf_add(to, text, size);
		return size;
	}
	character = plain_text_read(text);
	if (character.plain)
		buf_add(to, text, character.size);
	else
		plain_text_escape(to, &character);
	return character.size;
}

void plain_text_clean(struct buf *buf, size_t from, const char *const *allowed)
{
	struct buf clean = BUF_INIT;
	const char *text, *end;

	(void)buf_text(buf);
	text = buf->data + from;
	end = buf->data + buf->size;
	while (text < end)
		text += plain_text_clean_some(&clean, text, allowed);
	buf->size = from;
	buf_add(buf, clean.data, clean.size);
	buf_done(&clean);
}
