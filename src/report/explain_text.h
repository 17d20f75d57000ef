/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explain_text.h - prints what becomes of a Service, for people
 *
 * Room:     report. Pure.
 * Shapes:   the verdict (report/explain_verdict.h), then all that it depends on, in lines of at most WORDS_COLUMNS columns.
 */
#ifndef REPORT_EXPLAIN_TEXT_H
#define REPORT_EXPLAIN_TEXT_H

#include <stdbool.h>

struct buf;
struct explain;

/** explain_text_print() - @colour: with escape sequences of a terminal */
void explain_text_print(const struct explain *explain, bool colour, struct buf *to);

#endif
