/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "report/words.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"

static size_t words_width = WORDS_COLUMNS;

void words_set_columns(size_t columns)
{
	words_width = !columns			    ? WORDS_COLUMNS
		      : columns < WORDS_COLUMNS_MIN ? WORDS_COLUMNS_MIN
		      : columns > WORDS_COLUMNS_MAX ? WORDS_COLUMNS_MAX
						    : columns;
}

size_t words_columns(void)
{
	return words_width;
}

const char *const *words_colours(void)
{
	static const char *const sequences[_WORDS_COLOUR_MAX + 1] = {
		[WORDS_COLOUR_NONE] = "\033[0m",
		[WORDS_COLOUR_GOOD] = "\033[32m",
		[WORDS_COLOUR_BAD] = "\033[31m",
		[WORDS_COLOUR_HEAD] = "\033[1m",
	};

	return sequences;
}

void words_colour(struct buf *to, bool on, enum words_colour colour, const char *text)
{
	on = on && colour != WORDS_COLOUR_NONE;
	buf_printf(to, "%s%s%s", on ? words_colours()[colour] : "", text,
		   on ? words_colours()[WORDS_COLOUR_NONE] : "");
}

void words_wrap(struct buf *to, size_t first, size_t indent, const char *text)
{
	size_t column = first;
	bool fresh = true; /* no word of @text is on this line yet */

	while (*(text += strspn(text, " "))) {
		size_t len = strcspn(text, " ");

		if (!fresh && column + 1 + len > words_width) {
			buf_printf(to, "\n%*s", (int)indent, "");
			column = indent;
			fresh = true;
		}
		buf_printf(to, "%s%.*s", fresh ? "" : " ", (int)len, text);
		column += len + !fresh;
		fresh = false;
		text += len;
	}
	buf_add(to, "\n", 1);
}

void words_labelled(struct buf *to, const char *label, size_t indent, const char *text)
{
	buf_add(to, label, strlen(label));
	words_wrap(to, strlen(label), indent, text);
}

const char *words_age(double seconds, char text[24])
{
	if (seconds < 0)
		(void)snprintf(text, 24, "never");
	else if (seconds < 100)
		(void)snprintf(text, 24, "%.0f s", seconds);
	else if (seconds < 100 * 60)
		(void)snprintf(text, 24, "%.0f min", seconds / 60);
	else if (seconds < 48 * 3600)
		(void)snprintf(text, 24, "%.0f h", seconds / 3600);
	else
		(void)snprintf(text, 24, "%.0f days", seconds / 86400);
	return text;
}
