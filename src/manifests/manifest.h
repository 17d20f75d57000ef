/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * manifest.h - read the objects of the text of one manifest file
 *
 * Room:     manifests. No effects: in: a text in memory; out: objects.
 * Shapes:   YAML documents, or JSON values one after another; lists give their items one by one.
 */
#ifndef MANIFESTS_MANIFEST_H
#define MANIFESTS_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "decode/yaml.h"

enum manifest_format {
	MANIFEST_FORMAT_NONE, /* not the name of a manifest */
	MANIFEST_FORMAT_JSON,
	MANIFEST_FORMAT_YAML,
};

/** manifest_format_of_name() - By the ending: .json, .yaml, .yml. */
enum manifest_format manifest_format_of_name(const char *name);
/** manifest_format_of_text() - JSON if it begins with a bracket, else YAML. */
enum manifest_format manifest_format_of_text(const char *bytes, size_t size);
/** manifest_is_empty() - Only blanks. */
bool manifest_is_empty(const char *bytes, size_t size);

struct manifest_reader;

/**
 * manifest_reader_new() - Read all objects of a text, in steps
 * @bytes:	stay the caller's
 * @format:	not _NONE
 * @sink:	as yaml_reader_new(), for JSON too; copied
 */
struct manifest_reader *manifest_reader_new(const char *bytes, size_t size, enum manifest_format format,
					    const struct yaml_sink *sink) __attribute__((warn_unused_result));
struct manifest_reader *manifest_reader_free(struct manifest_reader *reader);
DEFINE_FREEP(struct manifest_reader, manifest_reader_free);
/**
 * manifest_reader_step() - Read on, for some milliseconds
 *
 * Return: 1: there is more; 0: the text has ended, also if single objects were refused; -EBADMSG if the text cannot be
 * parsed to its end (some objects may have been delivered before). @reterr names the line.
 */
int manifest_reader_step(struct manifest_reader *reader, struct err *reterr)
	__attribute__((warn_unused_result));

#endif
