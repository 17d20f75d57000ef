/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hash.h - hashes of strings and bytes
 *
 * Room:  base.
 * Rule:  a hash table whose keys come from the cluster uses hash_keyed(), so that names cannot be chosen to collide. The
 *        key is random in each process: nothing that is printed, saved or sent may depend on the hash, or on an
 *        order that follows from it. hash_add_string() is FNV-1a, the same in each process, and has no key.
 */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define HASH_START    0xcbf29ce484222325u
#define HASH_KEY_SIZE 16

/** hash_set_key() - Set the key of hash_keyed(), at the start of the process, before there is any table. */
void hash_set_key(const uint8_t key[HASH_KEY_SIZE]);
/** hash_keyed() - SipHash-1-3 of @bytes. @start: 0, or the hash of what comes before. */
uint64_t hash_keyed(uint64_t start, const void *bytes, size_t size);

/** hash_add_byte() - Continue @hash (HASH_START at first) with one byte. */
static inline uint64_t hash_add_byte(uint64_t hash, uint8_t byte)
{
	return (hash ^ byte) * 0x100000001b3u;
}

/** hash_add_string() - Continue @hash (HASH_START at first) with @s and its NUL, so that "ab", "c" differs from "a", "bc". */
static inline uint64_t hash_add_string(uint64_t hash, const char *s)
{
	do
		hash = hash_add_byte(hash, (uint8_t)*s);
	while (*s++);
	return hash;
}

#endif
