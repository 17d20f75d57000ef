/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "model/pack.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"

#define PACK_ALIGN sizeof(void *)

static size_t pack_add(size_t a, size_t b)
{
	size_t sum;

	if (__builtin_add_overflow(a, b, &sum))
		alloc_failed();
	return sum;
}

static size_t pack_array_size(size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		alloc_failed();
	return pack_add(bytes, PACK_ALIGN - 1) / PACK_ALIGN * PACK_ALIGN;
}

static struct pack_string *pack_slot(const struct pack *pack, const char *s)
{
	size_t i = hash_keyed(0, s, strlen(s)) & (pack->n_slots - 1);

	while (pack->slots[i].text && strcmp(pack->slots[i].text, s) != 0)
		i = (i + 1) & (pack->n_slots - 1);
	return &pack->slots[i];
}

static void pack_forget_slots(struct pack *pack)
{
	if (pack->slots != pack->slots_inline)
		free(pack->slots);
	pack->slots = NULL;
}

static void pack_grow(struct pack *pack)
{
	struct pack grown = { .n_slots = pack->n_slots * 2 };
	size_t i;

	grown.slots = alloc_zeroed(grown.n_slots, sizeof(*grown.slots));
	for (i = 0; i < pack->n_slots; i++) {
		if (pack->slots[i].text)
			*pack_slot(&grown, pack->slots[i].text) = pack->slots[i];
	}
	pack_forget_slots(pack);
	pack->slots = grown.slots;
	pack->n_slots = grown.n_slots;
}

void pack_init(struct pack *pack)
{
	memset(pack, 0, sizeof(*pack));
	pack->n_slots = PACK_STRINGS_INLINE;
	pack->slots = pack->slots_inline;
}

void pack_count(struct pack *pack, size_t n, size_t size)
{
	assert(!pack->base);
	pack->arrays_size = pack_add(pack->arrays_size, pack_array_size(n, size));
}

void pack_count_string(struct pack *pack, const char *s)
{
	struct pack_string *slot;

	assert(!pack->base);
	if (!s)
		return;
	slot = pack_slot(pack, s);
	if (slot->text)
		return;
	slot->text = s;
	slot->offset = pack->strings_size;
	pack->strings_size = pack_add(pack->strings_size, strlen(s) + 1);
	if (++pack->n_strings > pack->n_slots / 2)
		pack_grow(pack);
}

void pack_begin(struct pack *pack)
{
	size_t i;

	pack->base = alloc_bytes(pack_add(pack->arrays_size, pack->strings_size));
	for (i = 0; i < pack->n_slots; i++) {
		const struct pack_string *slot = &pack->slots[i];

		if (slot->text)
			memcpy(pack->base + pack->arrays_size + slot->offset, slot->text,
			       strlen(slot->text) + 1);
	}
}

void *pack_copy(struct pack *pack, const void *from, size_t n, size_t size)
{
	void *to = pack->base + pack->arrays_used;

	if (!n)
		return NULL;
	pack->arrays_used += pack_array_size(n, size);
	assert(pack->arrays_used <= pack->arrays_size);
	memcpy(to, from, n * size);
	return to;
}

const char *pack_string(struct pack *pack, const char *s)
{
	const struct pack_string *slot;

	if (!s)
		return NULL;
	slot = pack_slot(pack, s);
	assert(slot->text);
	return (const char *)pack->base + pack->arrays_size + slot->offset;
}

void pack_done(struct pack *pack)
{
	assert(pack->arrays_used == pack->arrays_size);
	pack_forget_slots(pack);
}
