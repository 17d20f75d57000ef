/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * files_reading.h - one file, read to its end before anything is believed
 *
 * Room:     manifests. Effects: reads a file descriptor.
 * Memory:   the file's bytes while they are decoded; then its model objects, which the sink takes.
 *           The file is not mapped: who truncates a mapped file kills its reader.
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
 * @refusal:	why it is not usable; NULL: it is
 */
struct files_found {
	struct object object;
	char *refusal;
	size_t line;
};

/** struct files_skipped - How many objects of a kind we do not use; in name order. */
struct files_skipped {
	char *kind;
	unsigned int count;
};

/** struct files_reading - What a text has; @empty: nothing but blanks */
struct files_reading {
	bool empty;
	size_t n_found;
	struct files_found *found;
	size_t n_skipped;
	struct files_skipped *skipped;
};

/**
 * files_reading_load() - Read and decode
 * @format:	_NONE: see by the text
 * @ret:	set on success only; files_reading_done() it
 *
 * Return: 0, also where single objects were refused; -EBADMSG if the text can't be read to its end,
 * -E2BIG if it is over FILES_READING_SIZE_MAX, or what reading said.
 */
int files_reading_load(int fd, enum manifest_format format, struct files_reading *ret, struct err *reterr)
	__attribute__((warn_unused_result));
void files_reading_done(struct files_reading *reading);

/** files_reading_count() - Add @count objects of @kind to a table in name order. */
void files_reading_count(struct files_skipped **table, size_t *n, const char *kind, unsigned int count);
/** files_reading_uncount() - Free a table. */
void files_reading_uncount(struct files_skipped *table, size_t n);

#endif
