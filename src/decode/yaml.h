/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * yaml.h - YAML documents to objects
 *
 * Room:     decode. Pure.
 * Shapes:   a text of any number of documents; a document with a top-level "items" sequence (kind
 *           List, the ...List kinds) gives its items one by one, so memory depends on the largest
 *           object and not on the list.
 * Rule:     scalars as YAML 1.2's core schema reads them: null, true, false and numbers; anything else
 *           and anything quoted is a string (so `on` and `yes` are). Aliases and merge keys work
 *           within a document; they share their target instead of copying it, so a small text cannot
 *           become large. Duplicate keys, keys that are not scalars and unknown tags are errors.
 */
#ifndef DECODE_YAML_H
#define DECODE_YAML_H

#include <stddef.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "decode/object.h"

/**
 * struct yaml_sink - Where the objects go; both are set
 * @object:	one object, valid during the call; take the model object out of it. @line, counted from
 *		1, is the line where it begins.
 * @refused:	one bad object: @object has kind and names as far as they could be read, @err the
 *		field and the reason as in json.h; err->code is -EINVAL or -E2BIG
 */
struct yaml_sink {
	void (*object)(void *ctx, struct object *object, size_t line);
	void (*refused)(void *ctx, const struct object *object, const struct err *err, size_t line);
	void *ctx;
};

struct yaml_reader;

/** yaml_reader_new() - Read all documents of a text, in steps. @bytes stays the caller's; @sink is copied. */
struct yaml_reader *yaml_reader_new(const char *bytes, size_t size, const struct yaml_sink *sink)
	__attribute__((warn_unused_result));
struct yaml_reader *yaml_reader_free(struct yaml_reader *reader);
DEFINE_FREEP(struct yaml_reader, yaml_reader_free);
/**
 * yaml_reader_step() - Read on, for some milliseconds
 *
 * Empty documents (blank, only comments, null) are skipped.
 *
 * Return: 1: there is more; 0: the text has ended, also if single objects were rejected; -EBADMSG if the text is not
 * YAML to its end (@reterr: "line 12: ..."): some objects may have been delivered before that.
 */
int yaml_reader_step(struct yaml_reader *reader, struct err *reterr) __attribute__((warn_unused_result));

/** yaml_decode_documents() - Read all documents at once. Return: 0 or -EBADMSG, as yaml_reader_step(). */
int yaml_decode_documents(const char *bytes, size_t size, const struct yaml_sink *sink, struct err *reterr)
	__attribute__((warn_unused_result));

#endif
