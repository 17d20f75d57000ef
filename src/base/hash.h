/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hash.h - one hash for strings: FNV-1a, 64 bits
 *
 * Room:  base. Pure.
 * Rule:  not for secrets, and not where colliding input could slow us down: the hash has no random key.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdint.h>

#define HASH_START 0xcbf29ce484222325u

/** hash_add_string() - Continue @hash (HASH_START at first) with @s and its NUL, so that "ab", "c" differs from "a", "bc". */
static inline uint64_t hash_add_string(uint64_t hash, const char *s)
{
	do
		hash = (hash ^ (unsigned char)*s) * 0x100000001b3u;
	while (*s++);
	return hash;
}

/** hash_mix() - 32 well mixed bits of @hash, for tables whose size is a power of two. */
static inline uint32_t hash_mix(uint64_t hash)
{
	hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdu;
	return (uint32_t)(hash >> 32);
}

#endif
