/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * status_text.h - the state of the daemon as text for one screen
 *
 * Room:     report. Pure.
 * Shapes:   at most WORDS_COLUMNS columns, except for long names. The first line is the verdict: "Serving", "Serving, but ...",
 *           "NOT SERVING: why" or "Unknown: why".
 */
#ifndef REPORT_STATUS_TEXT_H
#define REPORT_STATUS_TEXT_H

#include <stdbool.h>

struct buf;
struct status;

/** status_text_print() - @colour: with escape sequences of a terminal */
void status_text_print(const struct status *status, bool colour, struct buf *to);

#endif
