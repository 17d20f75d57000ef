/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "decode/json_stream.h"
#include "decode/object.h"

struct seen {
	struct buf text; /* "offset:value\n" for each */
	struct json_stream *stream;
	size_t stop_after;
	size_t n;
};

static int on_value(void *ctx, const char *bytes, size_t size)
{
	struct seen *seen = ctx;

	buf_printf(&seen->text, "%llu:", (unsigned long long)json_stream_offset(seen->stream));
	buf_add(&seen->text, bytes, size < 100 ? size : 100);
	buf_printf(&seen->text, "\n");
	return ++seen->n == seen->stop_after ? -ECANCELED : 0;
}

static void on_too_large(void *ctx, const char *head, size_t head_size)
{
	struct seen *seen = ctx;

	assert_true(head_size == JSON_STREAM_HEAD_SIZE);
	buf_printf(&seen->text, "%llu:large %.20s\n", (unsigned long long)json_stream_offset(seen->stream),
		   head);
}

static struct seen *start(enum json_stream_mode mode, struct seen *seen)
{
	const struct json_stream_sink sink = { on_value, on_too_large, seen };

	*seen = (struct seen){ .text = BUF_INIT };
	seen->stream = json_stream_new(mode, &sink);
	return seen;
}

static int feed_in_pieces(struct seen *seen, const char *bytes, size_t size, size_t piece, struct err *err)
{
	int r = 0;

	while (size && r == 0) {
		size_t n = piece < size ? piece : size;

		r = json_stream_feed(seen->stream, bytes, n, err);
		bytes += n;
		size -= n;
	}
	return r;
}

static void done(struct seen *seen)
{
	buf_done(&seen->text);
	seen->stream = json_stream_free(seen->stream);
	assert_null(seen->stream);
}

/* The text gives these values and ends well, in pieces of any size. */
static void cuts(enum json_stream_mode mode, const char *text, const char *expected)
{
	size_t len = strlen(text), piece;
	struct seen seen;
	struct err err;

	for (piece = 1; piece <= len + 1; piece++) {
		(void)start(mode, &seen);
		assert_int_equal(feed_in_pieces(&seen, text, len, piece, &err), 0);
		assert_int_equal(json_stream_finish(seen.stream, NULL, &err), 0);
		assert_string_equal(buf_text(&seen.text), expected);
		done(&seen);
	}
}

static void is_bad(enum json_stream_mode mode, const char *text, const char *message)
{
	size_t len = strlen(text), piece;
	struct seen seen;
	struct err err;
	int r;

	for (piece = 1; piece <= len + 1; piece++) {
		(void)start(mode, &seen);
		r = feed_in_pieces(&seen, text, len, piece, &err);
		if (r == 0)
			r = json_stream_finish(seen.stream, NULL, &err);
		assert_int_equal(r, -EBADMSG);
		assert_int_equal(err.code, -EBADMSG);
		assert_string_equal(err.text, message);
		done(&seen);
	}
}

static void values_one_after_another(void **state)
{
	(void)state;
	cuts(JSON_STREAM_VALUES, "", "");
	cuts(JSON_STREAM_VALUES, " \r\n\t", "");
	cuts(JSON_STREAM_VALUES, "{}", "0:{}\n");
	cuts(JSON_STREAM_VALUES, "{}[]\n {\"a\":[{}]}\n", "0:{}\n2:[]\n6:{\"a\":[{}]}\n");
	cuts(JSON_STREAM_VALUES, "{\"}\":\"{[\\\"]}\\\\\"}{\"\\\\\":1}",
	     "0:{\"}\":\"{[\\\"]}\\\\\"}\n16:{\"\\\\\":1}\n");
}

static void garbage_between_values(void **state)
{
	(void)state;
	is_bad(JSON_STREAM_VALUES, "{},{}", "byte 2: expected { or [");
	is_bad(JSON_STREAM_VALUES, "<html>", "byte 0: expected { or [");
	is_bad(JSON_STREAM_VALUES, "{} 7", "byte 3: expected { or [");
	is_bad(JSON_STREAM_VALUES, "{\"a\":[}", "byte 6: a bracket that closes another kind");
	is_bad(JSON_STREAM_VALUES, "{}}", "byte 2: expected { or [");
	is_bad(JSON_STREAM_VALUES, "{} {\"a\":\"b", "byte 10: the end comes inside a value");
}

static void items_of_a_list(void **state)
{
	(void)state;
	cuts(JSON_STREAM_LIST, "{\"items\":[]}", "");
	cuts(JSON_STREAM_LIST, "{\"items\":null}", "");
	cuts(JSON_STREAM_LIST, "{}", "");
	cuts(JSON_STREAM_LIST,
	     " { \"kind\" : \"List\" , \"items\" : [ {} , {\"items\":[1,2]} , 7 , null,\"x,]\" ] , \"a\":{\"items\":[3]} } \n",
	     "33:{}\n38:{\"items\":[1,2]}\n56:7\n60:null\n65:\"x,]\"\n");
	/* Not the list's own. */
	cuts(JSON_STREAM_LIST, "{\"items\":{\"a\":1},\"b\":[1]}", "");
}

static void bad_lists(void **state)
{
	(void)state;
	is_bad(JSON_STREAM_LIST, "", "byte 0: nothing but blanks");
	is_bad(JSON_STREAM_LIST, "  ", "byte 2: nothing but blanks");
	is_bad(JSON_STREAM_LIST, "[]", "byte 0: expected {");
	is_bad(JSON_STREAM_LIST, "{", "byte 1: the end comes inside a value");
	is_bad(JSON_STREAM_LIST, "{,}", "byte 1: expected a quoted key");
	is_bad(JSON_STREAM_LIST, "{\"a\" 1}", "byte 5: expected :");
	is_bad(JSON_STREAM_LIST, "{\"a\":}", "byte 5: expected a value");
	is_bad(JSON_STREAM_LIST, "{\"a\":1,}", "byte 7: expected a quoted key");
	is_bad(JSON_STREAM_LIST, "{\"a\":1 \"b\":2}", "byte 7: expected , or }");
	is_bad(JSON_STREAM_LIST, "{\"items\":[,]}", "byte 10: expected a value");
	is_bad(JSON_STREAM_LIST, "{\"items\":[1,]}", "byte 12: expected a value");
	is_bad(JSON_STREAM_LIST, "{\"items\":[1 2]}", "byte 12: expected , or ]");
	is_bad(JSON_STREAM_LIST, "{\"items\":[1}", "byte 11: expected , or ]");
	is_bad(JSON_STREAM_LIST, "{\"items\":[1{}]}", "byte 11: a quote or bracket inside a number or word");
	is_bad(JSON_STREAM_LIST, "{\"items\":[1],\"items\":[2]}", "byte 21: a second \"items\"");
	is_bad(JSON_STREAM_LIST, "{\"items\":[]} {", "byte 13: something follows the end");
	is_bad(JSON_STREAM_LIST, "{\"items\":[],\"a\":x}",
	       "around the items: not JSON: invalid token near 'x' (line 1 of it)");
	is_bad(JSON_STREAM_LIST, "{\"items\":[],\"a\":1,\"a\":2}",
	       "around the items: duplicate object key near '\"a\"' (line 1 of it)");
}

static void put_token(char *ret, const char *key, size_t size)
{
	int n = snprintf(ret, 64, "{\"items\":[],\"metadata\":{\"%s\":\"", key);

	memset(ret + n, 'x', size);
	memcpy(ret + (size_t)n + size, "\"}}", 4);
}

/* A large text, in large pieces. */
static void is_bad_at_the_end(const char *text, const char *reason)
{
	struct json_stream_list list;
	struct seen seen;
	struct err err;

	(void)start(JSON_STREAM_LIST, &seen);
	assert_int_equal(feed_in_pieces(&seen, text, strlen(text), 65536, &err), 0);
	assert_int_equal(json_stream_finish(seen.stream, &list, &err), -EBADMSG);
	assert_string_equal(err.text, reason);
	done(&seen);
}

/* A list whose token is lost must not seem to be complete. */
static void tokens_that_cannot_be_used(void **state)
{
	static const char *const keys[] = { "resourceVersion", "continue" };
	char *text = malloc(OBJECT_SIZE_MAX + 100), expected[100];
	struct json_stream_list list;
	struct seen seen;
	struct err err;
	size_t i;

	(void)state;
	is_bad(JSON_STREAM_LIST, "{\"items\":[],\"metadata\":{\"continue\":7}}",
	       "metadata.continue of the list: not a text");
	is_bad(JSON_STREAM_LIST, "{\"items\":[],\"metadata\":{\"continue\":\"a\\u0000\"}}",
	       "metadata.continue of the list: not a text");
	assert_non_null(text);
	for (i = 0; i < ARRAY_SIZE(keys); i++) {
		put_token(text, keys[i], OBJECT_LIST_TOKEN_MAX + 1);
		(void)snprintf(expected, sizeof(expected), "metadata.%s of the list: longer than 65536 bytes",
			       keys[i]);
		is_bad_at_the_end(text, expected);
		(void)start(JSON_STREAM_LIST, &seen);
		put_token(text, keys[i], OBJECT_LIST_TOKEN_MAX);
		assert_int_equal(feed_in_pieces(&seen, text, strlen(text), 65536, &err), 0);
		assert_int_equal(json_stream_finish(seen.stream, &list, &err), 0);
		assert_int_equal(strlen(i ? list.continue_token : list.resource_version),
				 OBJECT_LIST_TOKEN_MAX);
		json_stream_list_done(&list);
		done(&seen);
	}
	put_token(text, "annotation", OBJECT_SIZE_MAX);
	is_bad_at_the_end(text, "around the items: larger than 4194304 bytes");
	free(text);
}

/* @n times @value between @before and @after around no items. */
static void is_bad_with_many(const char *before, const char *value, size_t n, const char *after,
			     const char *reason)
{
	struct buf text = BUF_INIT;

	buf_printf(&text, "{\"items\":[],\"a\":%s", before);
	while (n--)
		buf_printf(&text, "%s", value);
	buf_printf(&text, "%s}", after);
	is_bad_at_the_end(buf_text(&text), reason);
	buf_done(&text);
}

/* jansson would need half a second for them. */
static void too_much_around_the_items(void **state)
{
	char closing[OBJECT_DEPTH_MAX + 1] = "";
	struct buf members = BUF_INIT;
	size_t i;

	(void)state;
	is_bad_with_many("[", "{},", OBJECT_VALUES_MAX, "1]", "around the items: more than 250000 values");
	for (i = 0; i < OBJECT_MEMBERS_MAX; i++)
		buf_printf(&members, "\"%zu\":0,", i);
	is_bad_with_many("{", buf_text(&members), 1, "\"x\":1}",
			 "around the items: an object with more than 30000 members");
	buf_done(&members);
	memset(closing, ']', OBJECT_DEPTH_MAX);
	is_bad_with_many("", "[", OBJECT_DEPTH_MAX, closing,
			 "around the items: nested deeper than 64 levels");
}

static void what_stands_around_the_items(void **state)
{
	static const char text[] = "{\"kind\":\"ServiceList\",\"items\":[{},{}],\"apiVersion\":\"v1\","
				   "\"metadata\":{\"resourceVersion\":\"7\",\"continue\":\"abc\"}}";
	struct json_stream_list list;
	struct seen seen;
	struct err err;

	(void)state;
	(void)start(JSON_STREAM_LIST, &seen);
	assert_int_equal(feed_in_pieces(&seen, text, sizeof(text) - 1, 3, &err), 0);
	assert_int_equal(json_stream_finish(seen.stream, &list, &err), 0);
	assert_true(list.has_items);
	assert_string_equal(list.kind, "ServiceList");
	assert_string_equal(list.api_version, "v1");
	assert_string_equal(list.resource_version, "7");
	assert_string_equal(list.continue_token, "abc");
	assert_string_equal(list.rest, "{\"kind\":\"ServiceList\",\"apiVersion\":\"v1\","
				       "\"metadata\":{\"resourceVersion\":\"7\",\"continue\":\"abc\"}}");
	assert_int_equal(list.rest_size, strlen(list.rest));
	json_stream_list_done(&list);
	done(&seen);
}

static void no_list_comes_back_whole(void **state)
{
	static const char text[] = " {\"kind\": \"Status\", \"code\" : 410 } ";
	struct json_stream_list list;
	struct seen seen;
	struct err err;

	(void)state;
	(void)start(JSON_STREAM_LIST, &seen);
	assert_int_equal(feed_in_pieces(&seen, text, sizeof(text) - 1, 5, &err), 0);
	assert_int_equal(json_stream_finish(seen.stream, &list, &err), 0);
	assert_false(list.has_items);
	assert_string_equal(list.kind, "Status");
	assert_null(list.resource_version);
	assert_null(list.continue_token);
	assert_string_equal(list.rest, "{\"kind\":\"Status\",\"code\":410}");
	json_stream_list_done(&list);
	done(&seen);
}

static void the_sink_may_stop(void **state)
{
	struct err err = { 0 };
	struct seen seen;

	(void)state;
	(void)start(JSON_STREAM_VALUES, &seen);
	seen.stop_after = 2;
	assert_int_equal(json_stream_feed(seen.stream, "{}{}{}", 6, &err), -ECANCELED);
	assert_int_equal(err.code, 0);
	assert_string_equal(buf_text(&seen.text), "0:{}\n2:{}\n");
	done(&seen);
}

/* [{}, "xxx...", {}] with a string of @len characters. */
static void large_text(struct buf *text, size_t len)
{
	buf_printf(text, "{\"items\":[{},\"");
	memset(buf_reserve(text, len), 'x', len);
	text->size += len;
	buf_printf(text, "\",{\"b\":2}]}");
}

static void large_values_are_passed_over(void **state)
{
	static const size_t pieces[] = { 1000, 4096, 1 << 20, SIZE_MAX };
	size_t len = 20 * 1024 * 1024, i;
	struct buf text = BUF_INIT, expected = BUF_INIT;
	struct seen seen;
	struct err err;

	(void)state;
	large_text(&text, len);
	buf_printf(&expected, "10:{}\n13:large \"xxxxxxxxxxxxxxxxxxx\n%zu:{\"b\":2}\n", 13 + len + 3);
	for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		(void)start(JSON_STREAM_LIST, &seen);
		assert_int_equal(feed_in_pieces(&seen, text.data, text.size, pieces[i], &err), 0);
		assert_int_equal(json_stream_finish(seen.stream, NULL, &err), 0);
		assert_string_equal(buf_text(&seen.text), buf_text(&expected));
		done(&seen);
	}
	/* The limit itself. */
	buf_reset(&text);
	large_text(&text, OBJECT_SIZE_MAX - 2);
	(void)start(JSON_STREAM_LIST, &seen);
	assert_int_equal(feed_in_pieces(&seen, text.data, text.size, 4096, &err), 0);
	assert_null(strstr(buf_text(&seen.text), "large"));
	done(&seen);
	buf_reset(&text);
	large_text(&text, OBJECT_SIZE_MAX - 1);
	(void)start(JSON_STREAM_LIST, &seen);
	assert_int_equal(feed_in_pieces(&seen, text.data, text.size, 4096, &err), 0);
	assert_non_null(strstr(buf_text(&seen.text), "large"));
	done(&seen);
	buf_done(&text);
	buf_done(&expected);
}

static void a_large_object_that_is_no_list(void **state)
{
	struct json_stream_list list;
	struct buf text = BUF_INIT;
	struct seen seen;
	struct err err;

	(void)state;
	buf_printf(&text, "{\"kind\":\"Odd\",\"x\":\"");
	memset(buf_reserve(&text, OBJECT_SIZE_MAX), 'x', OBJECT_SIZE_MAX);
	text.size += OBJECT_SIZE_MAX;
	buf_printf(&text, "\",\"items\":[1]}");
	(void)start(JSON_STREAM_LIST, &seen);
	assert_int_equal(feed_in_pieces(&seen, text.data, text.size, 65536, &err), 0);
	assert_int_equal(json_stream_finish(seen.stream, &list, &err), 0);
	assert_null(list.rest);
	assert_string_equal(list.kind, "");
	json_stream_list_done(&list);
	done(&seen);
	buf_done(&text);
}

static void deep_values_are_delivered(void **state)
{
	size_t depth = 100000;
	struct buf text = BUF_INIT;
	struct seen seen;
	struct err err;

	(void)state;
	buf_printf(&text, "{}");
	memset(buf_reserve(&text, depth), '[', depth);
	text.size += depth;
	memset(buf_reserve(&text, depth), ']', depth);
	text.size += depth;
	buf_printf(&text, "{}");
	(void)start(JSON_STREAM_VALUES, &seen);
	assert_int_equal(feed_in_pieces(&seen, text.data, text.size, 999, &err), 0);
	assert_int_equal(seen.n, 3);
	done(&seen);
	buf_done(&text);
}

static void peeks_at_the_first_value(void **state)
{
	static const char text[] = " {\"items\":[1,2],\"kind\":\"NodeList\"} {\"kind\":\"Node\"}";
	struct json_stream_list list;
	struct err err;
	size_t size;

	(void)state;
	assert_int_equal(json_stream_peek(text, sizeof(text) - 1, &size, &list, &err), 0);
	assert_int_equal(size, 34);
	assert_true(list.has_items);
	assert_string_equal(list.kind, "NodeList");
	json_stream_list_done(&list);
	assert_int_equal(json_stream_peek(text + 34, sizeof(text) - 35, &size, &list, &err), 0);
	assert_int_equal(size, 16);
	assert_false(list.has_items);
	json_stream_list_done(&list);
	assert_int_equal(json_stream_peek(" \n", 2, &size, &list, &err), 0);
	assert_int_equal(size, 0);
	json_stream_list_done(&list);
	assert_int_equal(json_stream_peek("{\"a\"", 4, &size, &list, &err), -EBADMSG);
	assert_int_equal(json_stream_peek("x", 1, &size, &list, &err), -EBADMSG);
	/* An object that is not a list is rejected by its decoder. */
	assert_int_equal(json_stream_peek("{\"a\":x}", 7, &size, &list, &err), 0);
	assert_int_equal(size, 7);
	json_stream_list_done(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_one_after_another),
		cmocka_unit_test(garbage_between_values),
		cmocka_unit_test(items_of_a_list),
		cmocka_unit_test(bad_lists),
		cmocka_unit_test(tokens_that_cannot_be_used),
		cmocka_unit_test(too_much_around_the_items),
		cmocka_unit_test(what_stands_around_the_items),
		cmocka_unit_test(no_list_comes_back_whole),
		cmocka_unit_test(the_sink_may_stop),
		cmocka_unit_test(large_values_are_passed_over),
		cmocka_unit_test(a_large_object_that_is_no_list),
		cmocka_unit_test(deep_values_are_delivered),
		cmocka_unit_test(peeks_at_the_first_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
