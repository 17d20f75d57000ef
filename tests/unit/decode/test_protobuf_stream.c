/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists and watches in pieces of any size, and malformed ones. */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "decode/object.h"
#include "decode/protobuf_stream.h"
#include "lib/wire.h"

/** struct seen - The output, one line each; a negative @answer stops the stream at the first value */
struct seen {
	struct buf lines;
	int answer;
};

static int on_value(void *ctx, const char *bytes, size_t size)
{
	struct seen *seen = ctx;

	buf_printf(&seen->lines, "%zu:%.*s\n", size, size < 16 ? (int)size : 16, bytes);
	return seen->answer;
}

static void on_too_large(void *ctx, const char *head, size_t head_size)
{
	struct seen *seen = ctx;

	buf_printf(&seen->lines, "too large %zu:%.8s\n", head_size, head);
}

static int run(enum protobuf_stream_mode mode, const struct buf *bytes, size_t piece, struct seen *seen,
	       struct err *err)
{
	const struct protobuf_stream_sink sink = { on_value, on_too_large, seen };
	struct protobuf_stream *stream = protobuf_stream_new(mode, OBJECT_KIND_SERVICE, &sink);
	struct protobuf_stream_list list = { 0 };
	size_t at, n;
	int r = 0;

	for (at = 0; r == 0 && at < bytes->size; at += n) {
		n = bytes->size - at < piece ? bytes->size - at : piece;
		r = protobuf_stream_feed(stream, bytes->data + at, n, err);
	}
	if (r == 0)
		r = protobuf_stream_finish(stream, mode == PROTOBUF_STREAM_LIST ? &list : NULL, err);
	if (r == 0 && mode == PROTOBUF_STREAM_LIST)
		buf_printf(&seen->lines, "%s %s rv=%s continue=%s rest=%zu\n",
			   list.is_list ? "list" : "no list", list.kind,
			   list.resource_version ? list.resource_version : "-",
			   list.continue_token ? list.continue_token : "-", list.rest_size);
	protobuf_stream_list_done(&list);
	(void)protobuf_stream_free(stream);
	return r;
}

/* In pieces of many sizes; each must give @lines, then @error if there is one. */
static void expect(enum protobuf_stream_mode mode, struct buf *bytes, const char *lines, const char *error)
{
	size_t piece;

	for (piece = 1; piece < 70; piece++) {
		struct seen seen = { .lines = BUF_INIT };
		struct err err = { 0 };
		int r = run(mode, bytes, piece == 69 ? SIZE_MAX : piece, &seen, &err);

		assert_int_equal(r, error ? -EBADMSG : 0);
		assert_string_equal(buf_text(&seen.lines), lines);
		assert_string_equal(err.text, error ? error : "");
		buf_done(&seen.lines);
	}
	buf_done(bytes);
}

/* The fields of a list. */
static void add_list(struct buf *to, const char *resource_version, const char *continue_token)
{
	struct buf metadata = BUF_INIT;

	wire_string(&metadata, 1, "");
	wire_string(&metadata, 2, resource_version);
	wire_string(&metadata, 3, continue_token);
	wire_number(&metadata, 4, 7);
	wire_message(to, 1, &metadata);
}

static void test_list(void **state)
{
	struct buf raw = BUF_INIT, bytes = BUF_INIT;

	(void)state;
	add_list(&raw, "5", "more");
	wire_string(&raw, 2, "one");
	wire_number(&raw, 9, 1);
	wire_string(&raw, 8, "other");
	wire_string(&raw, 2, "");
	wire_string(&raw, 2, "three");
	wire_envelope(&bytes, "v1", "ServiceList", &raw);
	wire_string(&bytes, 77, "other");
	wire_number(&bytes, 78, 1);
	expect(PROTOBUF_STREAM_LIST, &bytes,
	       "3:one\n0:\n5:three\nlist ServiceList rv=5 continue=more rest=0\n", NULL);
	/* Without any field in it. */
	wire_envelope(&bytes, "v1", "ServiceList", &raw);
	expect(PROTOBUF_STREAM_LIST, &bytes, "list ServiceList rv=- continue=- rest=0\n", NULL);
}

/* A list whose token is lost must not seem to be complete. */
static void test_tokens_that_cannot_be_used(void **state)
{
	struct buf raw = BUF_INIT, bytes = BUF_INIT, metadata = BUF_INIT;
	char *text = alloc_zeroed(1, PROTOBUF_STREAM_META_MAX + 1);

	(void)state;
	wire_bytes(&metadata, 3, "a\0", 2);
	wire_message(&raw, 1, &metadata);
	wire_envelope(&bytes, "v1", "ServiceList", &raw);
	expect(PROTOBUF_STREAM_LIST, &bytes, "", "metadata.continue of the list: not a text");
	memset(text, 'x', PROTOBUF_STREAM_META_MAX);
	add_list(&raw, "5", text);
	wire_envelope(&bytes, "v1", "ServiceList", &raw);
	expect(PROTOBUF_STREAM_LIST, &bytes, "", "not protobuf: a list's metadata of 65547 bytes");
	free(text);
}

/* The kind may come after the object, the metadata after the items. */
static void test_other_orders(void **state)
{
	struct buf raw = BUF_INIT, bytes = BUF_INIT, type = BUF_INIT;

	(void)state;
	wire_string(&raw, 2, "one");
	add_list(&raw, "5", "");
	buf_add(&bytes, "k8s", 4);
	wire_message(&bytes, 2, &raw);
	wire_string(&type, 2, "ServiceList");
	wire_string(&type, 1, "v1");
	wire_message(&bytes, 1, &type);
	expect(PROTOBUF_STREAM_LIST, &bytes, "3:one\nlist ServiceList rv=5 continue=- rest=0\n", NULL);

	wire_string(&raw, 2, "one");
	buf_add(&bytes, "k8s", 4);
	wire_message(&bytes, 2, &raw);
	wire_string(&type, 2, "PodList");
	wire_message(&bytes, 1, &type);
	expect(PROTOBUF_STREAM_LIST, &bytes, "3:one\n", "the answer is a PodList, not a ServiceList");
}

static void test_other_kinds(void **state)
{
	struct buf raw = BUF_INIT, bytes = BUF_INIT;

	(void)state;
	wire_string(&raw, 2, "Failure");
	wire_envelope(&bytes, "v1", "Status", &raw);
	expect(PROTOBUF_STREAM_LIST, &bytes, "no list Status rv=- continue=- rest=9\n", NULL);
	wire_string(&raw, 2, "one");
	wire_envelope(&bytes, "v1", "PodList", &raw);
	expect(PROTOBUF_STREAM_LIST, &bytes, "no list PodList rv=- continue=- rest=5\n", NULL);
	wire_string(&raw, 2, "one");
	wire_envelope(&bytes, "v2", "ServiceList", &raw);
	expect(PROTOBUF_STREAM_LIST, &bytes, "", "the list's apiVersion is \"v2\", not v1");
}

static void bad_list(const char *bytes, size_t size, const char *error)
{
	struct buf buf = BUF_INIT;

	buf_add(&buf, bytes, size);
	expect(PROTOBUF_STREAM_LIST, &buf, "", error);
}

#define BYTES(text) (text), sizeof(text) - 1
#define TYPE                      \
	"k8s\0\x0a\x11\x0a\x02v1" \
	"\x12\x0b"                \
	"ServiceList"

static void test_bad_lists(void **state)
{
	(void)state;
	bad_list(BYTES(""), "the answer ends too early");
	bad_list(BYTES("k8s"), "the answer ends too early");
	bad_list(BYTES("<html>"), "not protobuf: no \"k8s\" at its beginning");
	bad_list(BYTES("k8s\0"), "not protobuf: an envelope without kind");
	bad_list(BYTES(TYPE), "not protobuf: an envelope without object");
	bad_list(BYTES(TYPE "\x12"), "the answer ends too early");
	bad_list(BYTES(TYPE "\x12\x02"), "the answer ends too early");
	bad_list(BYTES(TYPE "\x12\x02\x12"), "the answer ends too early");
	/* An item, or a head, that ends after its list. */
	bad_list(BYTES(TYPE "\x12\x02\x12\x01x"), "not protobuf: a list's item ends behind the list");
	bad_list(BYTES(TYPE "\x12\x01\x12\x00"), "not protobuf: an ill-formed field");
	bad_list(BYTES(TYPE "\x12\x02\x10\x01"), "not protobuf: an item that is a number");
	bad_list(BYTES(TYPE "\x12\x01\x0b"), "not protobuf: an ill-formed field");
	bad_list(BYTES(TYPE "\x12\x00\x12\x00"), "not protobuf: two objects in one envelope");
	bad_list(BYTES(TYPE "\x12\x00\x1a\x04gzip"), "the envelope does not hold protobuf");
	bad_list(BYTES(TYPE "\x1a\x80\x80\x80\x80\x07"),
		 "not protobuf: an encoding's name of 1879048192 bytes");
	bad_list(BYTES("k8s\0\x0a\x80\x80\x80\x01"), "not protobuf: a kind of 2097152 bytes");
}

static void test_watch(void **state)
{
	struct buf bytes = BUF_INIT;

	(void)state;
	buf_add(&bytes, "\0\0\0\3one\0\0\0\0\0\0\0\5three", 20);
	expect(PROTOBUF_STREAM_WATCH, &bytes, "3:one\n0:\n5:three\n", NULL);
	buf_add(&bytes, "\0\0\0\3one\0\0", 9);
	expect(PROTOBUF_STREAM_WATCH, &bytes, "3:one\n", "the answer ends inside an event");
	buf_add(&bytes, "\0\0\0\3on", 6);
	expect(PROTOBUF_STREAM_WATCH, &bytes, "", "the answer ends inside an event");
	buf_add(&bytes, "{\"ty", 4);
	expect(PROTOBUF_STREAM_WATCH, &bytes, "", "not protobuf: a frame of 2065855609 bytes");
	expect(PROTOBUF_STREAM_WATCH, &bytes, "", NULL);
}

static void too_large(enum protobuf_stream_mode mode, const struct buf *bytes, const char *lines)
{
	static const size_t pieces[] = { SIZE_MAX, 1000, 65536 };
	size_t i;

	for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		struct seen seen = { .lines = BUF_INIT };
		struct err err = { 0 };

		assert_int_equal(run(mode, bytes, pieces[i], &seen, &err), 0);
		assert_string_equal(buf_text(&seen.lines), lines);
		buf_done(&seen.lines);
	}
}

/* Skipped and reported with its beginning; the stream goes on. */
static void test_too_large(void **state)
{
	struct buf raw = BUF_INIT, bytes = BUF_INIT, huge = BUF_INIT;

	(void)state;
	memset(buf_reserve(&huge, OBJECT_SIZE_MAX + 1), 'x', OBJECT_SIZE_MAX + 1);
	wire_bytes(&raw, 2, huge.data, OBJECT_SIZE_MAX + 1);
	wire_string(&raw, 2, "next");
	wire_bytes(&raw, 2, huge.data, OBJECT_SIZE_MAX);
	wire_envelope(&bytes, "v1", "ServiceList", &raw);
	too_large(PROTOBUF_STREAM_LIST, &bytes,
		  "too large 4096:xxxxxxxx\n4:next\n4194304:xxxxxxxxxxxxxxxx\n"
		  "list ServiceList rv=- continue=- rest=0\n");
	buf_reset(&bytes);
	buf_add(&bytes, "\0\x40\0\1", 4);
	buf_add(&bytes, huge.data, OBJECT_SIZE_MAX + 1);
	buf_add(&bytes, "\0\0\0\1y", 5);
	too_large(PROTOBUF_STREAM_WATCH, &bytes, "too large 4096:xxxxxxxx\n1:y\n");
	buf_done(&bytes);
	buf_done(&huge);
}

static void test_stop(void **state)
{
	struct seen seen = { .lines = BUF_INIT, .answer = -ECANCELED };
	struct buf bytes = BUF_INIT;
	struct err err = { 0 };

	(void)state;
	buf_add(&bytes, "\0\0\0\3one\0\0\0\3two", 14);
	assert_int_equal(run(PROTOBUF_STREAM_WATCH, &bytes, SIZE_MAX, &seen, &err), -ECANCELED);
	assert_string_equal(buf_text(&seen.lines), "3:one\n");
	assert_int_equal(err.code, 0);
	buf_done(&seen.lines);
	buf_done(&bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tokens_that_cannot_be_used),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_other_orders),
		cmocka_unit_test(test_other_kinds),
		cmocka_unit_test(test_bad_lists),
		cmocka_unit_test(test_watch),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
