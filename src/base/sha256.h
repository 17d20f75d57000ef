/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sha256.h - SHA-256 (FIPS 180-4)
 *
 * Room:     base. Pure.
 * Used for: short names in the kernel made from long ones, so that no user can choose a Service's name to get the
 *           short name of another; checksums of files. Not for secrets.
 */
#ifndef BASE_SHA256_H
#define BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_SIZE  32
#define SHA256_BLOCK 64

/** struct sha256 - For data that is added piece by piece: sha256_begin(), sha256_add(), sha256_end(). Private. */
struct sha256 {
	uint32_t state[8];
	uint64_t size;
	uint8_t block[SHA256_BLOCK];
};

void sha256_begin(struct sha256 *sha256);
void sha256_add(struct sha256 *sha256, const void *data, size_t size);
/** sha256_end() - Write the digest; @sha256 cannot be used afterwards. */
void sha256_end(struct sha256 *sha256, uint8_t digest[SHA256_SIZE]);

/** sha256_of() - The digest of @size bytes. */
void sha256_of(const void *data, size_t size, uint8_t digest[SHA256_SIZE]);

#endif
