/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sha256.h - SHA-256 (FIPS 180-4) of a short text
 *
 * Room:     base. Pure.
 * Used for: names in the kernel that are derived from longer ones, so that no Service can be named to get
 *           another's. Not for secrets; not meant for bulk data.
 */
#ifndef BASE_SHA256_H
#define BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_SIZE 32

/** sha256_of() - The digest of @size bytes. */
void sha256_of(const void *data, size_t size, uint8_t digest[SHA256_SIZE]);

#endif
