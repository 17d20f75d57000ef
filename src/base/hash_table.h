/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hash_table.h - uthash, which aborts like alloc.h when memory runs out
 *
 * Room:  base.
 */
#ifndef BASE_HASH_TABLE_H
#define BASE_HASH_TABLE_H

#include "base/alloc.h"

#define uthash_malloc(size) alloc_bytes(size)
#define uthash_fatal(msg)   alloc_failed()
#include <uthash.h>

#endif
