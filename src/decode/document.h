/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * document.h - a file with one YAML or JSON document, as fields
 *
 * Room:     decode. Pure.
 * Rule:     scalars as yaml.h says. A repeated key is no error: the last one counts. Only the first document that is not empty
 *           is read.
 */
#ifndef DECODE_DOCUMENT_H
#define DECODE_DOCUMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "decode/field.h"

struct document;

/**
 * document_read() - Parse a document
 * @repeated:	called for each repeated key, with the key alone; not NULL
 *
 * Return: 0; -EBADMSG if it is not YAML ("line 3: ..."); -EINVAL if it is empty, or has what yaml.h refuses; -E2BIG.
 */
int document_read(const char *bytes, size_t size, void (*repeated)(void *ctx, const char *key), void *ctx,
		  struct document **ret, struct err *reterr) __attribute__((warn_unused_result));
struct document *document_free(struct document *document);
DEFINE_FREEP(struct document, document_free);
/** document_root() - Valid as long as @document and @reading. */
struct field document_root(const struct document *document, struct field_reading *reading);
/** document_next_key() - The key behind @key, in the document's order; NULL for the first, and NULL behind the last. */
const char *document_next_key(const struct field *object, const char *key);
/** document_is_default() - Whether it is what a field has by default: null, false, 0, "", "0", "0s", [], or an object of such. */
bool document_is_default(const struct field *field);
bool document_is_object(const struct field *field);

#endif
