/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * pack.h - an object with its arrays and strings in one allocation
 *
 * Room:     model.
 * Use:      two walks over the object. In the first one pack_count*() counts every array and string, then
 *           pack_begin() allocates, then pack_copy() and pack_string() copy the same ones. Copying a
 *           piece that was not counted fails an assertion.
 * Shapes:   arrays first, each aligned for pointers, in the order of pack_copy(); then the strings,
 *           equal ones once.
 */
#ifndef MODEL_PACK_H
#define MODEL_PACK_H

#include <stddef.h>
#include <stdint.h>

#define PACK_STRINGS_INLINE 64

/** struct pack_string - One distinct string and its offset in the copy; @text NULL: free slot. */
struct pack_string {
	const char *text;
	size_t offset;
};

/**
 * struct pack - A copy that is being made
 * @arrays_size: bytes of the arrays counted
 * @strings_size: bytes of the distinct strings counted, NULs included
 * @arrays_used: bytes of the arrays copied so far
 * @base:	the allocation, NULL before pack_begin()
 * @slots:	hash table of @n_slots (a power of two) with @n_strings in use; @slots_inline or malloc()ed
 */
struct pack {
	size_t arrays_size;
	size_t strings_size;
	size_t arrays_used;
	unsigned char *base;
	size_t n_slots;
	size_t n_strings;
	struct pack_string *slots;
	struct pack_string slots_inline[PACK_STRINGS_INLINE];
};

void pack_init(struct pack *pack);
/** pack_count() - Count an array of @n elements of @size bytes; none is fine. */
void pack_count(struct pack *pack, size_t n, size_t size);
/** pack_count_string() - Count @s, which is borrowed until pack_done(); NULL is fine. */
void pack_count_string(struct pack *pack, const char *s);
/** pack_begin() - Allocate. */
void pack_begin(struct pack *pack);
/** pack_copy() - The copy of an array; NULL if @n is 0. free() the first one. */
void *pack_copy(struct pack *pack, const void *from, size_t n, size_t size);
/** pack_string() - The copy of @s; NULL gives NULL. */
const char *pack_string(struct pack *pack, const char *s);
/** pack_done() - Check that all that was counted is copied; free the table. */
void pack_done(struct pack *pack);

#endif
