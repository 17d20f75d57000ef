/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fields from bytes, and all ways in which bytes are malformed. */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "decode/protobuf.h"

#define BYTES(text) (text), sizeof(text) - 1

static int one(const char *bytes, size_t size, struct protobuf_field *ret)
{
	struct protobuf message = { bytes, size };
	int r = protobuf_next(&message, ret);

	if (r == 1)
		assert_int_equal(message.size, 0);
	return r;
}

static void number(const char *bytes, size_t size, uint32_t number, enum protobuf_wire wire, uint64_t value)
{
	struct protobuf_field field;

	assert_int_equal(one(bytes, size, &field), 1);
	assert_int_equal(field.number, number);
	assert_int_equal(field.wire, wire);
	assert_int_equal(field.value, value);
	assert_null(field.bytes);
}

static void test_numbers(void **state)
{
	(void)state;
	number(BYTES("\x08\x00"), 1, PROTOBUF_WIRE_VARINT, 0);
	number(BYTES("\x18\x7f"), 3, PROTOBUF_WIRE_VARINT, 127);
	number(BYTES("\x18\x80\x01"), 3, PROTOBUF_WIRE_VARINT, 128);
	number(BYTES("\x18\xff\xff\x03"), 3, PROTOBUF_WIRE_VARINT, 65535);
	/* -1 takes ten bytes; padding with zeros does not change a number. */
	number(BYTES("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), 1, PROTOBUF_WIRE_VARINT, UINT64_MAX);
	number(BYTES("\x08\x85\x80\x80\x80\x80\x80\x80\x80\x80\x00"), 1, PROTOBUF_WIRE_VARINT, 5);
	number(BYTES("\x0d\x01\x02\x03\x84"), 1, PROTOBUF_WIRE_FIXED32, 0x84030201);
	number(BYTES("\x09\x01\x02\x03\x04\x05\x06\x07\x88"), 1, PROTOBUF_WIRE_FIXED64, 0x8807060504030201);
	number(BYTES("\xf8\xff\xff\xff\x0f\x01"), PROTOBUF_NUMBER_MAX, PROTOBUF_WIRE_VARINT, 1);
}

static void test_bytes(void **state)
{
	static const char bytes[] = "\x0a\x03"
				    "abc\x12\x00\x1a\x01z";
	struct protobuf message = { bytes, sizeof(bytes) - 1 };
	struct protobuf_field field;

	(void)state;
	assert_int_equal(protobuf_next(&message, &field), 1);
	assert_int_equal(field.number, 1);
	assert_int_equal(field.wire, PROTOBUF_WIRE_BYTES);
	assert_int_equal(field.size, 3);
	assert_memory_equal(field.bytes, "abc", 3);
	assert_int_equal(protobuf_next(&message, &field), 1);
	assert_int_equal(field.number, 2);
	assert_int_equal(field.size, 0);
	assert_int_equal(protobuf_next(&message, &field), 1);
	assert_int_equal(field.number, 3);
	assert_memory_equal(field.bytes, "z", 1);
	assert_int_equal(protobuf_next(&message, &field), 0);
	assert_int_equal(protobuf_next(&message, &field), 0);
}

static const struct {
	const char *bytes;
	size_t size;
} nonsense[] = {
	{ BYTES("\x00\x00") },					       /* number 0 */
	{ BYTES("\x80\x80\x80\x80\x10\x01") },			       /* number 2^29 */
	{ BYTES("\x0b\x0c") },					       /* a group */
	{ BYTES("\x0c") },					       /* a group's end */
	{ BYTES("\x0e\x00") },					       /* wire type 6 */
	{ BYTES("\x0f\x00") },					       /* wire type 7 */
	{ BYTES("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02") },     /* 65 bits */
	{ BYTES("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00") }, /* eleven bytes */
	{ BYTES("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01") },     /* so has the tag */
	{ BYTES("\x0a\x80\x80\x80\x80\x08") },			       /* a content of 2 GiB */
	{ BYTES("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01") },     /* of 2^64 - 1 bytes */
};

static void test_nonsense(void **state)
{
	struct protobuf_field field;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(nonsense) / sizeof(nonsense[0]); i++) {
		struct protobuf message = { nonsense[i].bytes, nonsense[i].size };

		assert_int_equal(one(nonsense[i].bytes, nonsense[i].size, &field), -EBADMSG);
		assert_int_equal(protobuf_cut(&message, &field), -EBADMSG);
		assert_int_equal(protobuf_head(nonsense[i].bytes, nonsense[i].size, &field), -EBADMSG);
	}
}

/* A field cut anywhere: the head needs more bytes, and the message is bad. */
static void cut(const char *bytes, size_t size, size_t head_size)
{
	struct protobuf_field field;
	size_t i;

	for (i = 1; i < size; i++) {
		/* Of exactly this size, so that valgrind sees reads beyond it. */
		char *copy = malloc(i);

		assert_non_null(copy);
		memcpy(copy, bytes, i);
		assert_int_equal(protobuf_head(copy, i, &field), i < head_size ? 0 : (int)head_size);
		assert_int_equal(one(copy, i, &field), -EBADMSG);
		free(copy);
	}
}

static void test_cut(void **state)
{
	static const char bytes[] = "\x0a\x05"
				    "ab";
	struct protobuf message = { bytes, sizeof(bytes) - 1 };
	struct protobuf_field field;

	(void)state;
	cut(BYTES("\xf8\xff\xff\xff\x0f\x80\x80\x01"), 8);
	cut(BYTES("\x0d\x01\x02\x03\x04"), 5);
	cut(BYTES("\x09\x01\x02\x03\x04\x05\x06\x07\x08"), 9);
	cut(BYTES("\x0a\x05"
		  "abcde"),
	    2);
	/* Of a message without its end the last content is cut. */
	assert_int_equal(protobuf_cut(&message, &field), 1);
	assert_int_equal(field.size, 2);
	assert_memory_equal(field.bytes, "ab", 2);
	assert_int_equal(protobuf_cut(&message, &field), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
