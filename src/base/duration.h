/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * duration.h - lengths of time as Go writes them
 *
 * Room:     base. Pure.
 * Shapes:   milliseconds; fractions of one are rounded.
 */
#ifndef BASE_DURATION_H
#define BASE_DURATION_H

#include <stdbool.h>
#include <stdint.h>

#define DURATION_MAX_MS	   (100ll * 365 * 24 * 3600 * 1000)
#define DURATION_TEXT_SIZE 48

/** duration_parse() - "500ms", "1m30s", "-1s", "0"; false if @text is no duration, or longer than DURATION_MAX_MS. */
bool duration_parse(const char *text, int64_t *ret_ms);
/** duration_print() - "24h0m0s", "1m30s", "1.5s", "500ms", "0s"; returns @text. */
const char *duration_print(int64_t ms, char text[DURATION_TEXT_SIZE]);

#endif
