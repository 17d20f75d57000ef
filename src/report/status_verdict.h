/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * status_verdict.h - the first lines of status, as text
 *
 * Room:     report. Pure.
 */
#ifndef REPORT_STATUS_VERDICT_H
#define REPORT_STATUS_VERDICT_H

#include <stdbool.h>

struct buf;
struct status;

/** status_verdict_print() - The verdict, and what is behind it; @colour as in status_text_print(). */
void status_verdict_print(const struct status *status, bool colour, struct buf *to);

#endif
