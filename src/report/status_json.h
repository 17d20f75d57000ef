/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * status_json.h - the state of the daemon as JSON
 *
 * Room:     report. Pure.
 */
#ifndef REPORT_STATUS_JSON_H
#define REPORT_STATUS_JSON_H

struct buf;
struct status;

void status_json_print(const struct status *status, struct buf *to);

#endif
