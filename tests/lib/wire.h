/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * wire.h - write protobuf messages, well-formed or not, for tests
 *
 * All append to a buf. A message that is put into another one is emptied.
 */
#ifndef TESTS_LIB_WIRE_H
#define TESTS_LIB_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

void wire_varint(struct buf *to, uint64_t value);
void wire_number(struct buf *to, uint32_t field, int64_t value);
void wire_bytes(struct buf *to, uint32_t field, const void *bytes, size_t size);
void wire_string(struct buf *to, uint32_t field, const char *text);
void wire_message(struct buf *to, uint32_t field, struct buf *message);
/** wire_map() - One entry of a map of strings. */
void wire_map(struct buf *to, uint32_t field, const char *key, const char *value);
/** wire_envelope() - "k8s", NUL and runtime.Unknown. */
void wire_envelope(struct buf *to, const char *api_version, const char *kind, struct buf *raw);
/** wire_event() - A frame of a watch, or without @with_size only its event. */
void wire_event(struct buf *to, int with_size, const char *type, struct buf *envelope);

#endif
