/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plain_text.h - text of others that may be shown on a terminal
 *
 * Room:     base. Pure.
 * Rule:     tests/COVERAGE.md Y34. Names and messages come from the API server, from manifests, from other processes and from the
 *           kernel, and a terminal obeys what is in them. So what leaves the program passes here once, at its exit: each line of the log
 *           (base/log.c), JSON (base/json_text.c), notes of Events (report/events.c), answers for people (serve/query.c), and what a
 *           command prints (daemon/terminal.h).
 * Shapes:   "\x1b" for a control character or a byte that is not UTF-8, "\u202e" or "\U000e0001" for other characters that are not
 *           seen, or that change the direction or the place of what follows. All others stay, and so do backslashes: a text
 *           that was cleaned is clean.
 */
#ifndef BASE_PLAIN_TEXT_H
#define BASE_PLAIN_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/**
 * struct plain_text_character
 * @size:	bytes; at least 1
 * @valid:	it is UTF-8; else one byte
 * @plain:	it may be shown; a line feed and a tab may not
 */
struct plain_text_character {
	size_t size;
	uint32_t code;
	bool valid;
	bool plain;
};

/** plain_text_read() - The character at @text, which has a NUL at its end and is not empty. */
struct plain_text_character plain_text_read(const char *text);
/** plain_text_run() - How many bytes of @text, from its beginning, are plain ASCII other than '"' and '\\': most of a text, read fast. */
size_t plain_text_run(const char *text);
/** plain_text_escape() - Append a character that is not plain. */
void plain_text_escape(struct buf *to, const struct plain_text_character *character);
/** plain_text_add() - Append @text, cleaned. A line feed and a tab are cleaned away, too. */
void plain_text_add(struct buf *to, const char *text);
/**
 * plain_text_clean() - Clean what follows the first @from bytes of @buf; lines and tabs stay
 * @allowed:	sequences that stay, ended by NULL; NULL: none
 */
void plain_text_clean(struct buf *buf, size_t from, const char *const *allowed);

#endif
