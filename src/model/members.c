/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "model/members.h"

#include <assert.h>
#include <string.h>

#include "model/pack.h"

size_t members_count(const struct member *member, const void *object)
{
	const unsigned char *p = (const unsigned char *)object + member->count_offset;
	uint32_t n32;
	uint16_t n16;

	switch (member->count_size) {
	case sizeof(uint8_t):
		return *p;
	case sizeof(n16):
		memcpy(&n16, p, sizeof(n16));
		return n16;
	case sizeof(n32):
		memcpy(&n32, p, sizeof(n32));
		return n32;
	default:
		assert(!"the size of a count");
		return 0;
	}
}

static const void *pointer_at(const struct member *member, const void *object)
{
	const void *pointer;

	memcpy(&pointer, (const char *)object + member->offset, sizeof(pointer));
	return pointer;
}

static void set_pointer(const struct member *member, void *object, const void *pointer)
{
	memcpy((char *)object + member->offset, &pointer, sizeof(pointer));
}

static const void *element(const struct member *member, const void *array, size_t i)
{
	return (const char *)array + i * member->element_size;
}

static bool strings_equal(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool arrays_equal(const struct member *member, const void *a, const void *b)
{
	size_t n = members_count(member, a), i;
	const void *x, *y;

	if (n != members_count(member, b))
		return false;
	if (!n)
		return true;
	x = pointer_at(member, a);
	y = pointer_at(member, b);
	if (member->kind == MEMBER_KIND_VALUES)
		return memcmp(x, y, n * member->element_size) == 0;
	for (i = 0; i < n; i++) {
		if (member->kind == MEMBER_KIND_STRUCTS
			    ? !members_equal(member->of, element(member, x, i), element(member, y, i))
			    : !strings_equal(((const char *const *)x)[i], ((const char *const *)y)[i]))
			return false;
	}
	return true;
}

static bool member_equal(const struct member *member, const void *a, const void *b)
{
	const unsigned char *x = (const unsigned char *)a + member->offset;
	const unsigned char *y = (const unsigned char *)b + member->offset;

	switch (member->kind) {
	case MEMBER_KIND_VALUE:
		if (member->uncompared)
			return true;
		/* Most are of one byte. */
		return *x == *y && (member->size == 1 || memcmp(x, y, member->size) == 0);
	case MEMBER_KIND_STRING:
		return strings_equal(pointer_at(member, a), pointer_at(member, b));
	case MEMBER_KIND_VALUES:
	case MEMBER_KIND_STRINGS:
	case MEMBER_KIND_STRUCTS:
		return arrays_equal(member, a, b);
	}
	assert(!"a kind of member");
	return false;
}

bool members_equal(const struct members *members, const void *a, const void *b)
{
	size_t i;

	for (i = 0; i < members->n; i++) {
		if (!member_equal(&members->rows[i], a, b))
			return false;
	}
	return true;
}

/* The two walks that pack.h asks for: count_pieces() counts what copy_pieces() copies. */

static void count_pieces(struct pack *pack, const struct members *members, const void *object)
{
	size_t i, k, n;

	for (i = 0; i < members->n; i++) {
		const struct member *member = &members->rows[i];
		const void *pointer;

		if (member->kind == MEMBER_KIND_VALUE)
			continue;
		pointer = pointer_at(member, object);
		if (member->kind == MEMBER_KIND_STRING) {
			pack_count_string(pack, pointer);
			continue;
		}
		n = members_count(member, object);
		if (!n)
			continue;
		pack_count(pack, n, member->element_size);
		if (member->kind == MEMBER_KIND_VALUES)
			continue;
		for (k = 0; k < n; k++) {
			if (member->kind == MEMBER_KIND_STRUCTS)
				count_pieces(pack, member->of, element(member, pointer, k));
			else
				pack_count_string(pack, ((const char *const *)pointer)[k]);
		}
	}
}

/* @copy is a shallow copy: replace its pointers. */
static void copy_pieces(struct pack *pack, const struct members *members, void *copy)
{
	size_t i, k, n;

	for (i = 0; i < members->n; i++) {
		const struct member *member = &members->rows[i];
		const void *pointer;
		char *array;

		if (member->kind == MEMBER_KIND_VALUE)
			continue;
		pointer = pointer_at(member, copy);
		if (member->kind == MEMBER_KIND_STRING) {
			set_pointer(member, copy, pack_string(pack, pointer));
			continue;
		}
		n = members_count(member, copy);
		array = n ? pack_copy(pack, pointer, n, member->element_size) : NULL;
		set_pointer(member, copy, array);
		if (member->kind == MEMBER_KIND_VALUES)
			continue;
		for (k = 0; k < n; k++) {
			const char **string = (const char **)(void *)array + k;

			if (member->kind == MEMBER_KIND_STRUCTS)
				copy_pieces(pack, member->of, array + k * member->element_size);
			else
				*string = pack_string(pack, *string);
		}
	}
}

void *members_new_copy(const struct members *members, const void *object)
{
	struct pack pack;
	void *copy;

	pack_init(&pack);
	pack_count(&pack, 1, members->size);
	count_pieces(&pack, members, object);
	pack_begin(&pack);
	copy = pack_copy(&pack, object, 1, members->size);
	copy_pieces(&pack, members, copy);
	pack_done(&pack);
	return copy;
}
