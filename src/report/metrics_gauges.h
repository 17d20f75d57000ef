/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * metrics_gauges.h - the text of the metrics about what is so now
 *
 * Room:     report. Pure.
 * Rule:     each is right from the first answer on, and goes down again: an alert needs no counter. What is unknown has no line,
 *           but a count of what is wrong always has one, with 0 if nothing is.
 */
#ifndef REPORT_METRICS_GAUGES_H
#define REPORT_METRICS_GAUGES_H

struct buf;
struct metrics_now;

/** metrics_gauges_print() - Append them. */
void metrics_gauges_print(const struct metrics_now *now, struct buf *to);

#endif
