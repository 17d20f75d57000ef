/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * members.h - one list of members for each model struct: objects are compared and copied by it
 *
 * Room:     model. Pure: constant tables.
 * Use:      a struct's file has the rows, MEMBER_...(struct, member), and gives them out as NAME_members().
 *           The macros check the members' types. tests/unit/decode/test_members.c fails if a byte of a
 *           struct is in no row, or if a decoder or encode.c forgets a member.
 */
#ifndef MODEL_MEMBERS_H
#define MODEL_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/cidr.h"

/** enum member_kind - How a member is compared and copied. */
enum member_kind {
	MEMBER_KIND_VALUE,   /* bytes: no pointer and no padding in them */
	MEMBER_KIND_STRING,  /* may be NULL, which is not "" */
	MEMBER_KIND_VALUES,  /* a pointer to an array of values */
	MEMBER_KIND_STRINGS, /* a pointer to an array of strings */
	MEMBER_KIND_STRUCTS, /* a pointer to an array of structs that have a list themselves */
};

/**
 * struct member - One row
 * @size:	bytes of the member
 * @uncompared:	it does not count for equality
 * @element_size: of VALUES: bytes of one
 * @count_offset, @count_size: of arrays: the member that has their length
 * @of:		of STRUCTS
 */
struct member {
	const char *name;
	enum member_kind kind;
	bool uncompared;
	uint16_t offset;
	uint16_t size;
	uint16_t element_size;
	uint16_t count_offset;
	uint16_t count_size;
	const struct members *of;
};

/** struct members - The list of a struct of @size bytes. */
struct members {
	size_t size;
	size_t n;
	const struct member *rows;
};

/* Type checks: 1, or they do not compile. */
#define MEMBER_IS_VALUE(value)                                                                             \
	_Generic((value), bool : 1, uint8_t : 1, uint16_t : 1, uint32_t : 1, int64_t : 1, struct addr : 1, \
		 struct cidr : 1)
#define MEMBER_IS_COUNT(value)	 _Generic((value), uint8_t : 1, uint16_t : 1, uint32_t : 1)
#define MEMBER_IS_STRING(value)	 _Generic((value), const char * : 1)
#define MEMBER_IS_STRINGS(value) _Generic((value), const char ** : 1)

#define MEMBER_OF(type, member) (((type *)0)->member)
#define MEMBER_ROW(type, member, row_kind, is_good, ...)                               \
	{                                                                              \
		.name = #member, .kind = (row_kind), .offset = offsetof(type, member), \
		.size = sizeof(MEMBER_OF(type, member)) * (is_good), __VA_ARGS__       \
	}
#define MEMBER_COUNT(type, member)              \
	.count_offset = offsetof(type, member), \
	.count_size = sizeof(MEMBER_OF(type, member)) * MEMBER_IS_COUNT(MEMBER_OF(type, member))

/* The rows. @count is the member that has an array's length. */
#define MEMBER_VALUE(type, member) \
	MEMBER_ROW(type, member, MEMBER_KIND_VALUE, MEMBER_IS_VALUE(MEMBER_OF(type, member)), )
#define MEMBER_VALUE_UNCOMPARED(type, member)                                                 \
	MEMBER_ROW(type, member, MEMBER_KIND_VALUE, MEMBER_IS_VALUE(MEMBER_OF(type, member)), \
		   .uncompared = true)
/* An array within the struct. */
#define MEMBER_VALUE_ARRAY(type, member) \
	MEMBER_ROW(type, member, MEMBER_KIND_VALUE, MEMBER_IS_VALUE(MEMBER_OF(type, member)[0]), )
#define MEMBER_STRING(type, member) \
	MEMBER_ROW(type, member, MEMBER_KIND_STRING, MEMBER_IS_STRING(MEMBER_OF(type, member)), )
#define MEMBER_VALUES(type, member, count)                                                      \
	MEMBER_ROW(type, member, MEMBER_KIND_VALUES, MEMBER_IS_VALUE(*MEMBER_OF(type, member)), \
		   .element_size = sizeof(*MEMBER_OF(type, member)), MEMBER_COUNT(type, count))
#define MEMBER_STRINGS(type, member, count)                                                       \
	MEMBER_ROW(type, member, MEMBER_KIND_STRINGS, MEMBER_IS_STRINGS(MEMBER_OF(type, member)), \
		   .element_size = sizeof(const char *), MEMBER_COUNT(type, count))
/* @list: of the elements' type. */
#define MEMBER_STRUCTS(type, member, count, list)                       \
	MEMBER_ROW(type, member, MEMBER_KIND_STRUCTS, 1, .of = &(list), \
		   .element_size = sizeof(*MEMBER_OF(type, member)), MEMBER_COUNT(type, count))
/* The list of @type made of the array @list_rows. */
#define MEMBERS(type, list_rows)                                                                           \
	{                                                                                                  \
		.size = sizeof(type), .n = sizeof(list_rows) / sizeof((list_rows)[0]), .rows = (list_rows) \
	}

/** members_equal() - Every member of two structs is equal, but for those that are not compared. */
bool members_equal(const struct members *members, const void *a, const void *b);
/** members_new_copy() - A deep copy in one allocation (pack.h), which free() frees; never NULL. */
void *members_new_copy(const struct members *members, const void *object)
	__attribute__((warn_unused_result, returns_nonnull));
/** members_count() - Length of an array, by its row. */
size_t members_count(const struct member *member, const void *object);

#endif
