/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * files_reading.h - one file, read to its end before any of it is used
 *
 * Room:     manifests. Effects: reads a file descriptor.
 * Memory:   the file's bytes while they are decoded; then its model objects, which the sink takes.
 *           The file is not mapped: if it were truncated, reading it would be a SIGBUS.
 */
#ifndef MANIFESTS_FILES_READING_H
#define MANIFESTS_FILES_READING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "decode/object.h"
#include "manifests/manifest.h"

#define FILES_READING_SIZE_MAX (1024u * 1024 * 1024)

/**
 * struct files_found - One object of the file, in order
 * @refusal:	why it cannot be used; NULL: it can
 */
struct files_found {
	struct object object;
	char *refusal;
	size_t line;
};

/** struct files_skipped - The number of objects of a kind that we do not use. */
struct files_skipped {
	char *kind;
	unsigned int count;
};

/**
 * struct files_reading - The contents of a file
 * @empty:	only blanks
 * @incomplete:	an object was refused before its kind and name could be read: it may be any object
 */
struct files_reading {
	bool empty;
	bool incomplete;
	size_t n_found;
	struct files_found *found;
	size_t n_skipped;
	struct files_skipped *skipped;
};

struct files_reader;

/**
 * files_reading_begin() - Read and decode a file, in steps
 * @fd:		closed by files_reading_end()
 * @format:	_NONE: guess from the text
 */
struct files_reader *files_reading_begin(int fd, enum manifest_format format)
	__attribute__((warn_unused_result));
/** files_reading_end() - Free it, at the end or before; NULL is fine; returns NULL. */
struct files_reader *files_reading_end(struct files_reader *reader);
/**
 * files_reading_step() - Go on for some milliseconds
 * @ret:	set for 0 only; files_reading_done() it
 *
 * Return: 1: there is more to do; 0: the file was read, also if single objects were refused; -EBADMSG if the text cannot
 * be parsed to its end; -E2BIG if it is larger than FILES_READING_SIZE_MAX; the errno of read().
 */
int files_reading_step(struct files_reader *reader, struct files_reading *ret, struct err *reterr)
	__attribute__((warn_unused_result));
void files_reading_done(struct files_reading *reading);
/** files_reading_done_one() - Free one object of it earlier. */
void files_reading_done_one(struct files_found *found);

/** files_reading_count() - Add @count objects of @kind to a table in name order; after 200 kinds, the rest are "other kinds". */
void files_reading_count(struct files_skipped **table, size_t *n, const char *kind, unsigned int count);
/** files_reading_uncount() - Free a table. */
void files_reading_uncount(struct files_skipped *table, size_t n);

#endif
