/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * words.h - text for people, in lines of at most words_columns() columns
 *
 * Room:     report. Pure. Bytes count as columns, so text that is not ASCII gets shorter lines.
 */
#ifndef REPORT_WORDS_H
#define REPORT_WORDS_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

#define WORDS_COLUMNS	  80 /* unless words_set_columns() was called */
#define WORDS_COLUMNS_MIN 40
#define WORDS_COLUMNS_MAX 400

enum words_colour {
	WORDS_COLOUR_NONE,
	WORDS_COLOUR_GOOD,
	WORDS_COLOUR_BAD,
	WORDS_COLOUR_HEAD,
	_WORDS_COLOUR_MAX,
};

/** words_colours() - The escape sequences, ended by NULL; that of WORDS_COLOUR_NONE ends a colour. */
const char *const *words_colours(void);

/** words_set_columns() - Of all text from now on; a width beyond the limits is the nearest one. 0: WORDS_COLUMNS */
void words_set_columns(size_t columns);
size_t words_columns(void);
/** words_colour() - Append @text, if @on between the escape sequences of the colour. */
void words_colour(struct buf *to, bool on, enum words_colour colour, const char *text);
/**
 * words_wrap() - Append @text and end the line; a word that is too long makes a longer line
 * @first:	columns of the line that are in use already
 * @indent:	of further lines
 */
void words_wrap(struct buf *to, size_t first, size_t indent, const char *text);
/** words_labelled() - Append @label, then as words_wrap(). */
void words_labelled(struct buf *to, const char *label, size_t indent, const char *text);
/** words_age() - "3 s", "5 min", "2 h" or "4 days" into @text, which is returned; "never" if @seconds is negative. */
const char *words_age(double seconds, char text[24]);

#endif
