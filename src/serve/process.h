/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * process.h - the resources of this process
 *
 * Room:     serve. Effects: reads and writes /proc/self, sets a resource limit.
 */
#ifndef SERVE_PROCESS_H
#define SERVE_PROCESS_H

#include "report/metrics_print.h"

/** process_measure() - The values of this moment; a value that cannot be read is 0. */
void process_measure(struct metrics_process *ret);
/** process_raise_fds() - Allow this process as many open descriptors as it may: each health check node port needs some. */
void process_raise_fds(void);
/** process_set_oom_score_adj() - Write /proc/self/oom_score_adj (-1000 to 1000); a failure is logged. */
void process_set_oom_score_adj(int64_t value);

#endif
