/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * json_load.h - a JSON text to a tree, whatever its strings and numbers hold
 *
 * Room:     decode. Pure.
 * Rule:     only fields that are read are judged, each by the rule of its own. So a text is not refused for what jansson cannot
 *           keep: a NUL in a string stays, and what follows is replaced by values that no field accepts, in any place.
 *           A NUL in a key, and half of a surrogate pair: U+FFFD. A byte that is not UTF-8: DEL. A number that is out of
 *           jansson's range: a real number.
 * Limits:   those of object.h. They are checked before jansson reads the text: it recurses, and many values take it long.
 */
#ifndef DECODE_JSON_LOAD_H
#define DECODE_JSON_LOAD_H

#include <stddef.h>

#include "base/err.h"

struct json_t;

/**
 * json_load() - Read one value of any type. A key that an object has twice is an error.
 * @depth:	levels around the value that may be nested in addition
 * @ret:	the tree, owned by the caller; NULL after an error
 * @reterr:	it may quote the text. No other copy of a string is left in memory, as it may be a secret
 *
 * Return: 0; -E2BIG: it is over a limit; -EINVAL: a key is there twice; -EBADMSG: not JSON.
 */
int json_load(const char *bytes, size_t size, size_t depth, struct json_t **ret, struct err *reterr)
	__attribute__((warn_unused_result));

#endif
