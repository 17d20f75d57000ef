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
 * @repeated:	called for each repeated key; not NULL
 *
 * Return: 0; -EBADMSG if it is not YAML ("line 3: ..."); -EINVAL if it is empty, or breaks a rule of yaml.h; -E2BIG.
 */
int document_read(const char *bytes, size_t size, void (*repeated)(void *ctx, const char *key), void *ctx,
		  struct document **ret, struct err *reterr) __attribute__((warn_unused_result));
struct document *document_free(struct document *document);
DEFINE_FREEP(struct document, document_free);
/** document_root() - Valid as long as @document and @reading. */
struct field document_root(const struct document *document, struct field_reading *reading);
/** document_next_key() - The key after @key, in the order of the document; NULL gives the first, and follows the last. */
const char *document_next_key(const struct field *object, const char *key);
/** document_is_default() - It is null, false, 0, "", "0", "0s", [] or an object of such values. */
bool document_is_default(const struct field *field);
bool document_is_object(const struct field *field);

#endif
