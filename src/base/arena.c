/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "base/arena.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

#define ARENA_BLOCK_SIZE (16 * 1024 - 64)
#define ARENA_ALIGN	 16

#ifdef ENABLE_SANITIZERS
#define ARENA_EACH_PIECE 1
#else
#define ARENA_EACH_PIECE 0
#endif

struct arena_block {
	struct arena_block *next;
	size_t size; /* bytes in @data */
	size_t used;
	_Alignas(ARENA_ALIGN) unsigned char data[];
};

struct arena {
	struct arena_block *blocks; /* the newest first */
};

struct arena *arena_new(void)
{
	return alloc_zeroed(1, sizeof(struct arena));
}

void *arena_alloc(struct arena *arena, size_t size)
{
	struct arena_block *block = arena->blocks;
	void *p;

	if (size > SIZE_MAX / 2)
		alloc_failed();
	size = (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
	if (ARENA_EACH_PIECE || !block || block->size - block->used < size) {
		size_t want = ARENA_EACH_PIECE || size > ARENA_BLOCK_SIZE ? size : ARENA_BLOCK_SIZE;

		block = alloc_bytes(sizeof(*block) + want);
		block->size = want;
		block->used = 0;
		block->next = arena->blocks;
		arena->blocks = block;
	}
	p = block->data + block->used;
	block->used += size;
	memset(p, 0, size);
	return p;
}

void *arena_array(struct arena *arena, size_t n, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(n, size, &total))
		alloc_failed();
	return arena_alloc(arena, total);
}

char *arena_string_n(struct arena *arena, const char *s, size_t len)
{
	char *p = arena_alloc(arena, len + 1);

	memcpy(p, s, len);
	return p;
}

char *arena_string(struct arena *arena, const char *s)
{
	return arena_string_n(arena, s, strlen(s));
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args;
	char *text;
	int n;

	va_start(args, format);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	assert(n >= 0);
	text = arena_alloc(arena, (size_t)n + 1);
	va_start(args, format);
	(void)vsnprintf(text, (size_t)n + 1, format, args);
	va_end(args);
	return text;
}

void arena_reset(struct arena *arena)
{
	while (arena->blocks) {
		struct arena_block *block = arena->blocks;

		if (!ARENA_EACH_PIECE && !block->next && block->size == ARENA_BLOCK_SIZE) {
			block->used = 0;
			return;
		}
		arena->blocks = block->next;
		free(block);
	}
}

struct arena *arena_free(struct arena *arena)
{
	if (!arena)
		return NULL;
	while (arena->blocks) {
		struct arena_block *block = arena->blocks;

		arena->blocks = block->next;
		free(block);
	}
	free(arena);
	return NULL;
}
