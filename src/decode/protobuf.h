/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * protobuf.h - the wire format of Protocol Buffers: fields out of bytes
 *
 * Room:     decode. Pure. Knows no messages: protobuf_schema.h has the meaning of field numbers.
 * Shapes:   bytes owned by the caller; a field's content points into them.
 * Rule:     strict: a varint has at most ten bytes and 64 bits, a field's number lies in
 *           1..PROTOBUF_NUMBER_MAX, a content ends within its message. Groups are rejected: Kubernetes
 *           never had any.
 */
#ifndef DECODE_PROTOBUF_H
#define DECODE_PROTOBUF_H

#include <stddef.h>
#include <stdint.h>

#define PROTOBUF_NUMBER_MAX 0x1fffffff
#define PROTOBUF_SIZE_MAX   0x7fffffff /* of one field's content */
#define PROTOBUF_HEAD_MAX   20	       /* bytes of a tag and its value or size: two varints */

/** enum protobuf_wire - How a field's content is written; the numbers are those of the format. */
enum protobuf_wire {
	PROTOBUF_WIRE_VARINT = 0,
	PROTOBUF_WIRE_FIXED64 = 1,
	PROTOBUF_WIRE_BYTES = 2,
	PROTOBUF_WIRE_FIXED32 = 5,
};

/**
 * struct protobuf_field - One field
 * @value:	of VARINT and FIXED; a negative number is its two's complement
 * @bytes, @size: of BYTES: a string, or a message again
 */
struct protobuf_field {
	uint32_t number;
	enum protobuf_wire wire;
	uint64_t value;
	const char *bytes;
	size_t size;
};

/** struct protobuf - The part of a message that is still to be read; begin with {bytes, size}. */
struct protobuf {
	const char *bytes;
	size_t size;
};

/**
 * protobuf_head() - Read a field's tag and its value, or of BYTES the size of its content
 * @ret:	@ret->bytes is NULL: whether the content is complete is not checked
 *
 * Return: its bytes, PROTOBUF_HEAD_MAX at most; 0 if it continues after @size; -EBADMSG.
 */
int protobuf_head(const char *bytes, size_t size, struct protobuf_field *ret)
	__attribute__((warn_unused_result));

/**
 * protobuf_next() - The next field
 * @ret:	set if 1 is returned
 *
 * Return: 1; 0 at the end of the message; -EBADMSG, also if the message ends inside the field.
 */
int protobuf_next(struct protobuf *message, struct protobuf_field *ret) __attribute__((warn_unused_result));

/**
 * protobuf_cut() - The next field of a message whose end may be missing
 *
 * As protobuf_next(), but the last content may be cut: it is given as far as it is there.
 */
int protobuf_cut(struct protobuf *message, struct protobuf_field *ret) __attribute__((warn_unused_result));

#endif
