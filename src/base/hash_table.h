/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hash_table.h - uthash with the keyed hash, which aborts like alloc.h when memory runs out
 *
 * A walk with HASH_ITER() follows the order of insertion, so it does not depend on the key.
 *
 * Room:  base.
 */
#ifndef BASE_HASH_TABLE_H
#define BASE_HASH_TABLE_H

#include "base/alloc.h"
#include "base/hash.h"

#define uthash_malloc(size)	       alloc_bytes(size)
#define uthash_fatal(msg)	       alloc_failed()
#define HASH_FUNCTION(key, size, hash) ((hash) = (unsigned int)hash_keyed(0, key, size))
#include <uthash.h>

#endif
