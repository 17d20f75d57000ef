/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explain_text.h - prints what becomes of a Service, for people
 *
 * Room:     report. Pure.
 * Shapes:   the verdict (report/explain_verdict.h), then all that it depends on, in lines of at most WORDS_COLUMNS columns. Of long
 *           lists, endpoints that are used and front ends that are not served come first.
 */
#ifndef REPORT_EXPLAIN_TEXT_H
#define REPORT_EXPLAIN_TEXT_H

#include <stdbool.h>

struct buf;
struct explain;

#define EXPLAIN_FOLD 20 /* so many endpoints, or front ends, of a port are shown */

/**
 * struct explain_style
 * @colour:	with escape sequences of a terminal
 * @rules:	with the rules that a packet meets
 * @all:	all endpoints and front ends, however many there are
 */
struct explain_style {
	bool colour;
	bool rules;
	bool all;
};

void explain_text_print(const struct explain *explain, struct explain_style style, struct buf *to);

#endif
