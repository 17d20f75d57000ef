/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "ruleset/set.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

size_t set_field_size(enum set_field field, enum family table)
{
	switch (field) {
	case SET_FIELD_NONE:
		return 0;
	case SET_FIELD_ADDR:
		return addr_size(table);
	case SET_FIELD_PROTOCOL:
	case SET_FIELD_PORT:
	case SET_FIELD_INDEX:
	case SET_FIELD_BYTE:
		return 4;
	}
	return 0;
}

static size_t set_fields_size(const uint8_t fields[SET_FIELDS_MAX], enum family table)
{
	size_t size = 0, i;

	for (i = 0; i < SET_FIELDS_MAX && fields[i] != SET_FIELD_NONE; i++)
		size += set_field_size(fields[i], table);
	return size;
}

size_t set_key_size(const struct set_decl *decl, enum family table)
{
	return set_fields_size(decl->key, table);
}

size_t set_data_size(const struct set_decl *decl, enum family table)
{
	return decl->kind == SET_KIND_MAP ? set_fields_size(decl->data, table) : 0;
}

void set_element_init(struct element *e, enum family table, uint8_t set)
{
	memset(e, 0, sizeof(*e));
	e->table = (uint8_t)table;
	e->set = set;
}

/* Append @size bytes as a field of @padded bytes. The struct was zeroed, and so is the padding. */
static void set_append(uint8_t *image, uint8_t *image_size, size_t max, const void *bytes, size_t size,
		       size_t padded)
{
	assert(*image_size + padded <= max);
	memcpy(image + *image_size, bytes, size);
	*image_size = (uint8_t)(*image_size + padded);
}

void set_key_addr(struct element *e, const struct addr *addr)
{
	size_t size = addr_size(e->table);

	assert(addr->family == e->table);
	set_append(e->key, &e->key_size, sizeof(e->key), addr->bytes, size, size);
}

void set_key_protocol(struct element *e, uint8_t protocol)
{
	set_append(e->key, &e->key_size, sizeof(e->key), &protocol, 1, 4);
}

void set_key_port(struct element *e, uint16_t port)
{
	const uint8_t bytes[2] = { (uint8_t)(port >> 8), (uint8_t)port };

	set_append(e->key, &e->key_size, sizeof(e->key), bytes, 2, 4);
}

void set_key_index(struct element *e, uint32_t index)
{
	set_append(e->key, &e->key_size, sizeof(e->key), &index, 4, 4);
}

bool set_decl_is_typeof(const struct set_decl *decl)
{
	return memchr(decl->key, SET_FIELD_INDEX, SET_FIELDS_MAX) ||
	       memchr(decl->key, SET_FIELD_BYTE, SET_FIELDS_MAX);
}

void set_key_byte(struct element *e, uint8_t byte)
{
	set_append(e->key, &e->key_size, sizeof(e->key), &byte, 1, 4);
}

void set_key_list(struct element *e, const struct set_list_key *key)
{
	set_key_index(e, key->words[0]);
	set_key_index(e, key->words[1]);
}

void set_data_addr(struct element *e, const struct addr *addr)
{
	size_t size = addr_size(e->table);

	assert(addr->family == e->table);
	set_append(e->data, &e->data_size, sizeof(e->data), addr->bytes, size, size);
}

void set_data_port(struct element *e, uint16_t port)
{
	const uint8_t bytes[2] = { (uint8_t)(port >> 8), (uint8_t)port };

	set_append(e->data, &e->data_size, sizeof(e->data), bytes, 2, 4);
}

void set_data_verdict(struct element *e, enum set_verdict verdict, const char *chain)
{
	size_t len = chain ? strlen(chain) : 0;

	assert(len <= SET_DATA_SIZE_MAX - 2);
	e->data[0] = (uint8_t)verdict;
	if (len)
		memcpy(e->data + 1, chain, len);
	e->data_size = (uint8_t)(1 + len);
}

const char *set_data_chain(const struct element *e)
{
	if (e->data[0] != SET_VERDICT_GOTO && e->data[0] != SET_VERDICT_JUMP)
		return NULL;
	return (const char *)e->data + 1;
}

int set_element_cmp(const struct element *a, const struct element *b)
{
	if (a->table != b->table)
		return a->table < b->table ? -1 : 1;
	if (a->set != b->set)
		return a->set < b->set ? -1 : 1;
	/* Keys of one set have one size, and their unused tails are zero. */
	return memcmp(a->key, b->key, sizeof(a->key));
}

bool set_element_same_data(const struct element *a, const struct element *b)
{
	return a->data_size == b->data_size && memcmp(a->data, b->data, sizeof(a->data)) == 0;
}

static int set_element_cmp_void(const void *a, const void *b)
{
	return set_element_cmp(a, b);
}

void set_elements_sort(struct element *elements, size_t n)
{
	if (n > 1)
		qsort(elements, n, sizeof(*elements), set_element_cmp_void);
}

size_t set_elements_sort_unique(struct element *elements, size_t n)
{
	size_t i, n_unique = 0;

	set_elements_sort(elements, n);
	for (i = 0; i < n; i++)
		if (!n_unique || set_element_cmp(&elements[n_unique - 1], &elements[i]) != 0)
			elements[n_unique++] = elements[i];
	return n_unique;
}

/* Packed: table and set in one byte, key size, data size, key, data. */
void set_element_pack(struct buf *packed, const struct element *e)
{
	const uint8_t head[3] = { (uint8_t)(e->table << 7 | e->set), e->key_size, e->data_size };

	assert(e->set < 0x80);
	buf_add(packed, head, sizeof(head));
	buf_add(packed, e->key, e->key_size);
	buf_add(packed, e->data, e->data_size);
}

static size_t set_packed_size(const char *packed)
{
	const uint8_t *p = (const uint8_t *)packed;

	return 3u + p[1] + p[2];
}

size_t set_element_unpack(const char *packed, size_t offset, struct element *e)
{
	const uint8_t *p = (const uint8_t *)packed + offset;

	memset(e, 0, sizeof(*e));
	e->table = p[0] >> 7;
	e->set = p[0] & 0x7f;
	e->key_size = p[1];
	e->data_size = p[2];
	assert(e->key_size <= SET_KEY_SIZE_MAX && e->data_size <= SET_DATA_SIZE_MAX);
	memcpy(e->key, p + 3, e->key_size);
	memcpy(e->data, p + 3 + e->key_size, e->data_size);
	return offset + set_packed_size(packed + offset);
}

struct element *set_elements_unpack(const struct buf *packed, struct arena *arena, size_t *ret_n)
{
	struct element *elements;
	size_t offset, n = 0;

	for (offset = 0; offset < packed->size; n++)
		offset += set_packed_size(packed->data + offset);
	elements = arena_array(arena, n, sizeof(*elements));
	for (offset = 0, *ret_n = 0; offset < packed->size; ++*ret_n)
		offset = set_element_unpack(packed->data, offset, &elements[*ret_n]);
	return elements;
}

uint8_t set_packed_group(const char *packed, size_t offset)
{
	return (uint8_t)packed[offset];
}

int set_packed_cmp(const char *a, const char *b)
{
	const uint8_t *x = (const uint8_t *)a, *y = (const uint8_t *)b;

	if (x[0] != y[0])
		return x[0] < y[0] ? -1 : 1;
	/* One set of one table: both keys have one size. */
	return memcmp(x + 3, y + 3, x[1]);
}

static void set_print_fields(struct buf *text, const uint8_t fields[SET_FIELDS_MAX], enum family table,
			     const uint8_t *image)
{
	char addr_text[ADDR_TEXT_SIZE];
	struct addr addr = { .family = (uint8_t)table };
	uint32_t index;
	size_t i;

	for (i = 0; i < SET_FIELDS_MAX && fields[i] != SET_FIELD_NONE; i++) {
		if (i)
			buf_printf(text, " . ");
		switch ((enum set_field)fields[i]) {
		case SET_FIELD_NONE:
			break;
		case SET_FIELD_ADDR:
			memcpy(addr.bytes, image, addr_size(table));
			buf_printf(text, "%s", addr_print(&addr, addr_text));
			break;
		case SET_FIELD_PROTOCOL:
			buf_printf(text, "%s", addr_protocol_name(image[0]));
			break;
		case SET_FIELD_PORT:
			buf_printf(text, "%u", (unsigned int)(image[0] << 8 | image[1]));
			break;
		case SET_FIELD_INDEX:
			memcpy(&index, image, sizeof(index));
			buf_printf(text, "%u", index);
			break;
		case SET_FIELD_BYTE:
			buf_printf(text, "%u", image[0]);
			break;
		}
		image += set_field_size(fields[i], table);
	}
}

void set_element_print(struct buf *text, const struct set_decl *decl, const struct element *e)
{
	set_print_fields(text, decl->key, e->table, e->key);
	if (!e->data_size)
		return;
	buf_printf(text, " : ");
	if (decl->kind == SET_KIND_MAP) {
		set_print_fields(text, decl->data, e->table, e->data);
		return;
	}
	switch ((enum set_verdict)e->data[0]) {
	case SET_VERDICT_DROP:
		buf_printf(text, "drop");
		break;
	case SET_VERDICT_ACCEPT:
		buf_printf(text, "accept");
		break;
	case SET_VERDICT_GOTO:
		buf_printf(text, "goto %s", set_data_chain(e));
		break;
	case SET_VERDICT_JUMP:
		buf_printf(text, "jump %s", set_data_chain(e));
		break;
	}
}
