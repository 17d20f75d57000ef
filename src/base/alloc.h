/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * alloc.h - memory that is there or the process ends
 *
 * Room:  base. Used by every room.
 * Rule:  rules in the kernel outlive us, so dying on an exhausted heap is safe and keeps every
 *        caller readable. Whatever a peer can make large is bounded in decode/.
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
/** alloc_failed() - Say so on stderr and abort(); for NULLs of libraries that ran out of memory. */
void alloc_failed(void) __attribute__((noreturn));

#endif
