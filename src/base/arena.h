/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * arena.h - memory that is freed all at once
 *
 * Room:  base.
 * Use:   scratch memory of one run; all pointers into it end with arena_reset() or arena_free(). Under
 *        --enable-sanitizers each piece is a malloc of its own, so that stale pointers are caught.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

#include "base/cleanup.h"

struct arena;

struct arena *arena_new(void);
/** arena_alloc() - @size zeroed bytes, aligned for any type; never NULL. */
void *arena_alloc(struct arena *arena, size_t size) __attribute__((returns_nonnull));
/** arena_array() - @n x @size zeroed bytes; overflow aborts. */
void *arena_array(struct arena *arena, size_t n, size_t size) __attribute__((returns_nonnull));
char *arena_string(struct arena *arena, const char *s);
/** arena_string_n() - The first @len bytes of @s, NUL added. */
char *arena_string_n(struct arena *arena, const char *s, size_t len);
/** arena_printf() - As snprintf(), of any length. */
char *arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** arena_reset() - Free all pieces, but keep the first block for reuse. */
void arena_reset(struct arena *arena);
/** arena_free() - NULL is fine; returns NULL. */
struct arena *arena_free(struct arena *arena);
DEFINE_FREEP(struct arena, arena_free);

#endif
