/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * alloc.h - allocation that never fails: the process aborts instead
 *
 * Room:  base. Used by every room.
 * Rule:  rules in the kernel outlive the process, so it is safe to abort when memory runs out, and callers need no error
 *        path. decode/ bounds everything that a peer could make large.
 */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H

#include <stddef.h>

/** alloc_bytes() - @size uninitialised bytes, never NULL; free() them. */
void *alloc_bytes(size_t size) __attribute__((malloc, returns_nonnull, warn_unused_result));
/** alloc_zeroed() - @n x @size zeroed bytes, never NULL; overflow aborts. */
void *alloc_zeroed(size_t n, size_t size) __attribute__((malloc, returns_nonnull, warn_unused_result));
/** alloc_resized() - realloc() of @n x @size bytes that never returns NULL. */
void *alloc_resized(void *old, size_t n, size_t size) __attribute__((returns_nonnull, warn_unused_result));
/**
 * alloc_for_one_more() - @list, an array of @n items, with room for another
 *
 * The room follows from @n alone: at least 8 items, then the next power of two. So every item that is added to the
 * array must get its place this way; @n may shrink in between, and the array may be sorted in place.
 */
void *alloc_for_one_more(void *list, size_t n, size_t size)
	__attribute__((returns_nonnull, warn_unused_result));
/** ALLOC_APPEND() - Add an item to the array @list of @n items, both variables: the address of the item, not initialised. */
#define ALLOC_APPEND(list, n) ((list) = alloc_for_one_more((list), (n), sizeof(*(list))), &(list)[(n)++])
/** alloc_string() - strdup(); NULL gives NULL. */
char *alloc_string(const char *s) __attribute__((warn_unused_result));
/** alloc_failed() - Print a line on stderr and abort(); for libraries that return NULL when memory runs out. */
void alloc_failed(void) __attribute__((noreturn));

#endif
