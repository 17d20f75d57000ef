/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * metrics_lines.h - lines of Prometheus' text format that all metrics have
 *
 * Room:     report. Pure.
 * Rule:     a help text stands by itself: it names the unit and what a value means, without the manual.
 */
#ifndef REPORT_METRICS_LINES_H
#define REPORT_METRICS_LINES_H

#include <stdint.h>

struct buf;

/** metrics_lines_head() - Append # HELP and # TYPE; @type is "counter", "gauge" or "histogram". */
void metrics_lines_head(struct buf *to, const char *name, const char *type, const char *help);
/** metrics_lines_number() - The same, and one value without labels. */
void metrics_lines_number(struct buf *to, const char *name, const char *type, const char *help,
			  uint64_t value);
/** metrics_lines_seconds() - The same with a fraction. */
void metrics_lines_seconds(struct buf *to, const char *name, const char *type, const char *help,
			   double value);

#endif
