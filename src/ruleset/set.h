/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * set.h - nftables sets and maps, declared as data, and their elements
 *
 * Room:     ruleset. Pure.
 * Shapes:   the key and the data of an element are register images: exactly the bytes that the kernel
 *           compares. Each field starts on a 4-byte boundary and is padded with zeros; addresses,
 *           ports and protocols are in network order, an index is a host-order u32 (as `numgen` leaves
 *           it in its register). So memcmp() compares, the netlink writer copies, and the tracer
 *           looks up the same bytes as a packet.
 * Memory:   a struct element has a fixed size; many elements are kept packed in a struct buf.
 */
#ifndef RULESET_SET_H
#define RULESET_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/cidr.h"

struct arena;

#define SET_FIELDS_MAX	  5
#define SET_KEY_SIZE_MAX  44 /* two IPv6 addresses, two ports, protocol */
#define SET_DATA_SIZE_MAX 64 /* IPv6 address and port; or a verdict and a chain name */

/** enum set_field - Type of one field of a key or of a map's data. */
enum set_field {
	SET_FIELD_NONE,
	SET_FIELD_ADDR,	    /* ipv4_addr or ipv6_addr, as the table's family */
	SET_FIELD_PROTOCOL, /* inet_proto */
	SET_FIELD_PORT,	    /* inet_service */
	SET_FIELD_INDEX,    /* the integer of numgen: the set is declared with typeof */
	SET_FIELD_BYTE,	    /* a byte of a packet: the set is declared with typeof */
};

/**
 * struct set_list_key - Names one list of endpoints in a key that several Service ports share
 * @words:	neither is 0. Two integers (SET_FIELD_INDEX) in the key
 *
 * nft's grammar has no constant in a concatenation. But `numgen random mod 1 offset K` is always K.
 */
struct set_list_key {
	uint32_t words[2];
};

enum set_kind {
	SET_KIND_SET,
	SET_KIND_MAP,	      /* key : data fields */
	SET_KIND_VERDICT_MAP, /* key : verdict */
};

/**
 * struct set_decl - One set of each table
 * @key, @data:	end at SET_FIELD_NONE unless full
 * @dynamic:	rules add elements, which time out (ruleset/client_map.h)
 */
struct set_decl {
	const char *name;
	enum set_kind kind;
	uint8_t key[SET_FIELDS_MAX];
	uint8_t data[SET_FIELDS_MAX];
	bool dynamic;
};

/** enum set_verdict - First byte of a verdict map's data; a chain name follows _GOTO and _JUMP. */
enum set_verdict {
	SET_VERDICT_DROP = 1,
	SET_VERDICT_ACCEPT,
	SET_VERDICT_GOTO,
	SET_VERDICT_JUMP,
};

/**
 * struct element - One element
 * @table:	enum family: which of the two tables
 * @set:	index of its declaration
 * @key, @data:	register images; unused tails are zero
 */
struct element {
	uint8_t table;
	uint8_t set;
	uint8_t key_size;
	uint8_t data_size;
	uint8_t key[SET_KEY_SIZE_MAX];
	uint8_t data[SET_DATA_SIZE_MAX];
};

/** set_field_size() - Register bytes of a field, a multiple of 4. */
size_t set_field_size(enum set_field field, enum family table);
/** set_decl_is_typeof() - Whether nft's text declares the set with typeof: no type has the length of one of its fields. */
bool set_decl_is_typeof(const struct set_decl *decl);
/** set_key_size(), set_data_size() - Of all fields; a verdict map's data has size 0 here. */
size_t set_key_size(const struct set_decl *decl, enum family table);
size_t set_data_size(const struct set_decl *decl, enum family table);

/* To build an element: set_element_init(), then the fields of the key in order, then those of the data. */
void set_element_init(struct element *e, enum family table, uint8_t set);
void set_key_addr(struct element *e, const struct addr *addr);
void set_key_protocol(struct element *e, uint8_t protocol);
void set_key_port(struct element *e, uint16_t port);
void set_key_index(struct element *e, uint32_t index);
void set_key_byte(struct element *e, uint8_t byte);
void set_key_list(struct element *e, const struct set_list_key *key);
void set_data_addr(struct element *e, const struct addr *addr);
void set_data_port(struct element *e, uint16_t port);
/** set_data_verdict() - @chain is NULL but for _GOTO and _JUMP; at most SET_DATA_SIZE_MAX - 2 characters. */
void set_data_verdict(struct element *e, enum set_verdict verdict, const char *chain);
/** set_data_chain() - The chain a verdict element leads to, or NULL. NUL-terminated. */
const char *set_data_chain(const struct element *e);

/** set_element_cmp() - Order by table, set, key; the data is not compared. */
int set_element_cmp(const struct element *a, const struct element *b);
bool set_element_same_data(const struct element *a, const struct element *b);
/** set_elements_sort() - Sort an array by set_element_cmp(). */
void set_elements_sort(struct element *elements, size_t n);
/** set_elements_sort_unique() - The same, and drop all but the first of equal ones. Return: how many are left. */
size_t set_elements_sort_unique(struct element *elements, size_t n);

/** set_element_pack() - Append the packed form to @packed. */
void set_element_pack(struct buf *packed, const struct element *e);
/**
 * set_element_unpack() - Read the element at @offset
 *
 * Return: the offset of the next one; @e is set. Call only while @offset < @size.
 */
size_t set_element_unpack(const char *packed, size_t offset, struct element *e);

/** set_elements_unpack() - All elements of @packed; @arena owns the array, of @ret_n. */
struct element *set_elements_unpack(const struct buf *packed, struct arena *arena, size_t *ret_n);

#define SET_PACKED_GROUPS 256
/** set_packed_group() - A number below SET_PACKED_GROUPS for the table and the set of the element at @offset. */
uint8_t set_packed_group(const char *packed, size_t offset);
/** set_packed_cmp() - set_element_cmp() of two packed elements, without unpacking them. */
int set_packed_cmp(const char *a, const char *b);

/** set_element_print() - nft's text: "10.96.0.1 . tcp . 80 : goto lb-tcp-2". */
void set_element_print(struct buf *text, const struct set_decl *decl, const struct element *e);

#endif
