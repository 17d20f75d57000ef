/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * base32.h - bytes as small letters and digits (RFC 4648, without padding): for names that hashes make
 *
 * Room:  base. Pure.
 */
#ifndef BASE_BASE32_H
#define BASE_BASE32_H

#include <stddef.h>
#include <stdint.h>

/** BASE32_LETTERS - Each letter stands for five bits. */
#define BASE32_LETTERS "abcdefghijklmnopqrstuvwxyz234567"
/** BASE32_NUMBER_LEN - So many letters have 64 bits. */
#define BASE32_NUMBER_LEN 13

/** base32_encode() - The first @n letters of @bytes, which has 5 * @n bits or more. @ret is not terminated. */
void base32_encode(const uint8_t *bytes, size_t n, char *ret);
/** base32_number() - The first 64 bits of @letters, which begins with BASE32_NUMBER_LEN of BASE32_LETTERS. */
uint64_t base32_number(const char *letters);

#endif
