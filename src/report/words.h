/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * words.h - lines for people, of at most 80 columns
 *
 * Room:     report. Pure.
 */
#ifndef REPORT_WORDS_H
#define REPORT_WORDS_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

#define WORDS_COLUMNS 80

enum words_colour {
	WORDS_COLOUR_NONE,
	WORDS_COLOUR_GOOD,
	WORDS_COLOUR_BAD,
	WORDS_COLOUR_HEAD,
};

/** words_colour() - @text between the colour's escape sequences, if @on. */
void words_colour(struct buf *to, bool on, enum words_colour colour, const char *text);
/**
 * words_wrap() - @text at column @column, further lines at @indent; a word that is too long stands out. Ends the line
 * @first:	how many columns of the line are in use already
 */
void words_wrap(struct buf *to, size_t first, size_t indent, const char *text);
/** words_age() - "3 s", "5 min", "2 h", "4 days"; "never" if negative; returns @text. */
const char *words_age(double seconds, char text[24]);

#endif
