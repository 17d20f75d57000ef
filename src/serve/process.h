/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * process.h - what this process uses
 *
 * Room:     serve. Reads /proc/self; what cannot be read is 0.
 */
#ifndef SERVE_PROCESS_H
#define SERVE_PROCESS_H

#include "report/metrics_print.h"

/** process_measure() - As it is now. */
void process_measure(struct metrics_process *ret);
/** process_raise_fds() - As many descriptors may be open as we may allow ourselves: each health check node port needs some. */
void process_raise_fds(void);
/** process_set_oom_score_adj() - How soon the kernel kills this process when memory runs out; trouble goes to the log. */
void process_set_oom_score_adj(int64_t value);

#endif
