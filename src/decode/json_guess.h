/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json_guess.h - names from an object's text that cannot be read whole
 *
 * Room:     decode. Pure. To name a rejected object that is too large, nested too deeply, or not JSON.
 */
#ifndef DECODE_JSON_GUESS_H
#define DECODE_JSON_GUESS_H

#include <stddef.h>

#include "decode/object.h"

/**
 * json_guess_object() - Kind, namespace and name from the beginning of an object's text
 * @default_kind: as json_decode_object()
 * @ret:	always set; "" for names that are not found. Call object_done() for it.
 */
void json_guess_object(const char *head, size_t size, const char *default_kind, struct object *ret);

/** json_guess_event() - The same for the "object" of a watch event. */
void json_guess_event(const char *head, size_t size, struct object *ret);

#endif
