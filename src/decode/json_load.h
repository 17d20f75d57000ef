/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json_load.h - a JSON text to a tree, whatever its strings and numbers hold
 *
 * Room:     decode. Pure.
 * Rule:     only fields that are read are judged, each by the rule of its own. So a text is not refused for what jansson cannot
 *           keep: a NUL in a string stays, and what follows is replaced by values that no field accepts, in any place.
 *           A NUL in a key, and half of a surrogate pair: U+FFFD. A byte that is not UTF-8: DEL. A number that is out of
 *           jansson's range: a real number.
 * Limits:   those of the text's shape are the caller's: jansson recurses.
 */
#ifndef DECODE_JSON_LOAD_H
#define DECODE_JSON_LOAD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct json_t;

#define JSON_LOAD_DIGITS_MAX 18 /* a whole number with so many is in range */

/**
 * json_load() - Read one value of any type. A key that an object has twice is an error.
 * @odd:	false: the text has no escape \uXXXX, no byte beyond ASCII, and no number with an exponent or more than
 *		JSON_LOAD_DIGITS_MAX digits, so nothing in it has to be replaced; this saves a copy
 * @ret:	the tree, owned by the caller; NULL after an error
 *
 * Return: 0; -EINVAL: a key is there twice; -EBADMSG: not JSON.
 */
int json_load(const char *bytes, size_t size, bool odd, struct json_t **ret, struct err *reterr)
	__attribute__((warn_unused_result));

#endif
