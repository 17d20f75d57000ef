/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * log_output.h - lines to standard error, without ever waiting for their reader
 *
 * Room:     base. Effects: standard error, and a descriptor of our own for it.
 * Rule:     tests/COVERAGE.md Y33. If the reader does not keep up, lines are lost and counted. Standard error is shared with other
 *           processes, so its own flags stay: a pipe or a terminal is opened once more, without waiting; a socket is asked not to wait.
 */
#ifndef BASE_LOG_OUTPUT_H
#define BASE_LOG_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** log_output_write() - Write @line, which ends with a line feed. Return: false: it is lost. */
bool log_output_write(const char *line, size_t size);
/** log_output_n_lost() - How many lines were lost since the last log_output_told(). */
uint64_t log_output_n_lost(void);
/** log_output_told() - A line with that number was written. */
void log_output_told(void);

#endif
