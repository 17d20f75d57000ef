/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "decode/protobuf.h"

#include <errno.h>
#include <stdbool.h>

#define VARINT_SIZE_MAX 10

/* As protobuf_head(): bytes taken, 0 or -EBADMSG. */
static int take_long_varint(const char *bytes, size_t size, uint64_t *ret)
{
	uint64_t value = 0;
	int i;

	for (i = 0; i < VARINT_SIZE_MAX; i++) {
		unsigned char byte;

		if ((size_t)i >= size)
			return 0;
		byte = (unsigned char)bytes[i];
		/* The tenth byte has only one bit of the 64. */
		if (i == VARINT_SIZE_MAX - 1 && byte > 1)
			return -EBADMSG;
		value |= (uint64_t)(byte & 0x7f) << (7 * i);
		if (!(byte & 0x80)) {
			*ret = value;
			return i + 1;
		}
	}
	return -EBADMSG;
}

/* Nearly all tags and sizes are of one byte. */
static inline int take_varint(const char *bytes, size_t size, uint64_t *ret)
{
	if (!size || (unsigned char)bytes[0] & 0x80)
		return take_long_varint(bytes, size, ret);
	*ret = (unsigned char)bytes[0];
	return 1;
}

/* Little endian, @n bytes. */
static int take_fixed(const char *bytes, size_t size, int n, uint64_t *ret)
{
	uint64_t value = 0;
	int i;

	if (size < (size_t)n)
		return 0;
	for (i = n - 1; i >= 0; i--)
		value = value << 8 | (unsigned char)bytes[i];
	*ret = value;
	return n;
}

int protobuf_head(const char *bytes, size_t size, struct protobuf_field *ret)
{
	uint64_t tag, value = 0;
	int n_tag, n = 0;

	n_tag = take_varint(bytes, size, &tag);
	if (n_tag <= 0)
		return n_tag;
	if (tag >> 3 == 0 || tag >> 3 > PROTOBUF_NUMBER_MAX)
		return -EBADMSG;
	bytes += n_tag;
	size -= (size_t)n_tag;
	switch (tag & 7) {
	case PROTOBUF_WIRE_VARINT:
	case PROTOBUF_WIRE_BYTES:
		n = take_varint(bytes, size, &value);
		break;
	case PROTOBUF_WIRE_FIXED64:
		n = take_fixed(bytes, size, 8, &value);
		break;
	case PROTOBUF_WIRE_FIXED32:
		n = take_fixed(bytes, size, 4, &value);
		break;
	default:
		return -EBADMSG;
	}
	if (n <= 0)
		return n;
	*ret = (struct protobuf_field){ .number = (uint32_t)(tag >> 3), .wire = tag & 7 };
	if (ret->wire != PROTOBUF_WIRE_BYTES)
		ret->value = value;
	else if (value > PROTOBUF_SIZE_MAX)
		return -EBADMSG;
	else
		ret->size = (size_t)value;
	return n_tag + n;
}

static int take_field(struct protobuf *message, bool may_be_cut, struct protobuf_field *ret)
{
	int n;

	if (!message->size)
		return 0;
	n = protobuf_head(message->bytes, message->size, ret);
	if (n <= 0)
		return -EBADMSG;
	message->bytes += n;
	message->size -= (size_t)n;
	if (ret->wire != PROTOBUF_WIRE_BYTES)
		return 1;
	if (ret->size > message->size) {
		if (!may_be_cut)
			return -EBADMSG;
		ret->size = message->size;
	}
	ret->bytes = message->bytes;
	message->bytes += ret->size;
	message->size -= ret->size;
	return 1;
}

int protobuf_next(struct protobuf *message, struct protobuf_field *ret)
{
	return take_field(message, false, ret);
}

int protobuf_cut(struct protobuf *message, struct protobuf_field *ret)
{
	return take_field(message, true, ret);
}
