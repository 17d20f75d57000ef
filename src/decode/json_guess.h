/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json_guess.h - whose text is this, when it can't be read whole
 *
 * Room:     decode. Pure. For naming what is refused: too large, nested too deeply, or no JSON.
 */
#ifndef DECODE_JSON_GUESS_H
#define DECODE_JSON_GUESS_H

#include <stddef.h>

#include "decode/object.h"

/**
 * json_guess_object() - Kind, namespace and name from the beginning of an object's text
 * @default_kind: as json_decode_object()
 * @ret:	always set; "" for what is not to be found. object_done() it.
 */
void json_guess_object(const char *head, size_t size, const char *default_kind, struct object *ret);

/** json_guess_event() - The same of a watch event's "object". */
void json_guess_event(const char *head, size_t size, struct object *ret);

#endif
