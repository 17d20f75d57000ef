/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * explain_json.h - prints what becomes of a Service, as JSON
 *
 * Room:     report. Pure. The manual says what the fields mean; words that stand for a decision never change.
 */
#ifndef REPORT_EXPLAIN_JSON_H
#define REPORT_EXPLAIN_JSON_H

struct buf;
struct explain;

void explain_json_print(const struct explain *explain, struct buf *to);

#endif
