/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * base64.h - base64 text to bytes and back (RFC 4648, standard alphabet)
 *
 * Room:     decode. Pure.
 */
#ifndef DECODE_BASE64_H
#define DECODE_BASE64_H

#include <stddef.h>

/**
 * base64_decode() - Strict, but line breaks are skipped (YAML block scalars have them)
 * @ret:	allocated, with a NUL after the @ret_size bytes; set on success only
 *
 * Return: 0 or -EINVAL.
 */
int base64_decode(const char *text, size_t len, char **ret, size_t *ret_size)
	__attribute__((warn_unused_result));
/** base64_encode() - In one line, padded; free() it. */
char *base64_encode(const char *bytes, size_t size) __attribute__((warn_unused_result));

#endif
