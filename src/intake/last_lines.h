/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * last_lines.h - what the log said last of an object or a file, so that the same is not said twice
 *
 * Room:     intake; pure.
 * Limits:   a table of hashes. Two names may share a place: then the later one takes it, and a line may be written once more.
 */
#ifndef INTAKE_LAST_LINES_H
#define INTAKE_LAST_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LAST_LINES_MAX 256

/** struct last_lines - Zeroed is empty; @n: places that are taken */
struct last_lines {
	size_t n;
	struct last_lines_place {
		uint64_t name; /* 0: free */
		uint64_t line;
	} places[LAST_LINES_MAX];
};

/** last_lines_has() - Whether @line is the last one that was noted about @name. */
bool last_lines_has(const struct last_lines *lines, const char *name, const char *line);
/** last_lines_note() - @line was written about @name. */
void last_lines_note(struct last_lines *lines, const char *name, const char *line);
/** last_lines_forget() - It is not so any more. Return: whether a line about @name was noted. */
bool last_lines_forget(struct last_lines *lines, const char *name);

#endif
