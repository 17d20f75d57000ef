/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers of a real API server (tests/recordings): whole, in pieces of 1 to 64 bytes, and cut off. */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "kubeapi/response_body.h"
#include "lib/wire.h"
#include "model/node.h"
#include "model/service.h"
#include "model/slice.h"

/**
 * struct seen - The calls of a handler, one line each
 * @digests:	of all objects that were put, each with a blank before and behind it
 * @knows:	they are known
 */
struct seen {
	struct buf lines;
	struct buf digests;
	bool knows;
	bool stop;
};

static bool seen_known(void *ctx, const char *digest)
{
	struct seen *seen = ctx;
	char word[STORE_DIGEST_SIZE + 2];

	(void)snprintf(word, sizeof(word), " %s ", digest);
	if (!seen->knows || !strstr(buf_text(&seen->digests), word))
		return false;
	buf_printf(&seen->lines, "known\n");
	return true;
}

static void seen_put(void *ctx, struct object *object)
{
	struct seen *seen = ctx;

	if (*object->digest)
		buf_printf(&seen->digests, " %s ", object->digest);
	buf_printf(&seen->lines, "put %s/%s %s%s\n", object->namespace ? object->namespace : "", object->name,
		   object->resource_version, object->skipped ? " skipped" : "");
}

static void seen_del(void *ctx, const struct object *object)
{
	struct seen *seen = ctx;

	buf_printf(&seen->lines, "del %s/%s %s\n", object->namespace, object->name,
		   object->resource_version ? object->resource_version : "-");
}

static void seen_refused(void *ctx, const struct object *object, const struct err *err)
{
	struct seen *seen = ctx;

	buf_printf(&seen->lines, "refused %s/%s: %s\n", object->namespace ? object->namespace : "?",
		   object->name ? object->name : "?", err->text);
}

static void seen_bookmark(void *ctx, const struct object *object)
{
	struct seen *seen = ctx;

	buf_printf(&seen->lines, "bookmark %s%s\n", object->resource_version,
		   object->initial_events_end ? " end" : "");
}

static void seen_failure(void *ctx, const struct api_status *status)
{
	struct seen *seen = ctx;

	buf_printf(&seen->lines, "failure %d %s %u: %.60s\n", status->code, status->reason,
		   status->retry_after_s, status->message);
}

static void seen_page_end(void *ctx, const char *resource_version, const char *continue_token)
{
	struct seen *seen = ctx;

	buf_printf(&seen->lines, "page end %s%s\n", resource_version ? resource_version : "-",
		   continue_token ? " more" : "");
}

/* Feed @bytes in pieces of @piece; returns the last result of response_body_feed() or response_body_finish(). */
static int feed(enum response_body_form form, enum response_body_format format, enum object_kind kind,
		int http_code, const char *bytes, size_t size, size_t piece, struct seen *seen,
		struct err *err)
{
	const struct response_body_handler handler = {
		.known = seen_known,
		.put = seen_put,
		.del = seen_del,
		.refused = seen_refused,
		.bookmark = seen_bookmark,
		.failure = seen_failure,
		.page_end = seen_page_end,
		.ctx = seen,
	};
	_cleanup_(response_body_freep) struct response_body *body =
		response_body_new(form, format, kind, http_code, &handler);
	size_t at, n;
	int r;

	for (at = 0; at < size; at += n) {
		n = size - at < piece ? size - at : piece;
		r = response_body_feed(body, bytes + at, n, NULL, err);
		if (r < 0)
			return r;
	}
	return response_body_finish(body, err);
}

static void read_recording(const char *name, struct buf *ret)
{
	const char *top = getenv("top_srcdir");
	char path[4096], bytes[4096];
	size_t n;
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/tests/recordings/%s", top ? top : ".", name);
	file = fopen(path, "re");
	if (!file)
		fail_msg("%s: %s", path, strerror(errno));
	while ((n = fread(bytes, 1, sizeof(bytes), file)) > 0)
		buf_add(ret, bytes, n);
	(void)fclose(file);
}

/* The body without status line, headers and chunk framing. */
static void strip(struct buf *raw, struct buf *ret)
{
	char *text = (char *)buf_text(raw), *end = text + raw->size;
	char *body = strstr(text, "\r\n\r\n");
	bool chunked;

	assert_non_null(body);
	*body = '\0';
	chunked = strstr(text, "Transfer-Encoding: chunked") != NULL;
	body += 4;
	if (!chunked) {
		buf_add(ret, body, (size_t)(end - body));
		return;
	}
	while (body < end) {
		char *line_end;
		size_t size = strtoul(body, &line_end, 16);

		assert_true(line_end + 2 <= end);
		if (!size)
			return;
		buf_add(ret, line_end + 2, size);
		body = line_end + 2 + size + 2;
	}
	fail_msg("no last chunk");
}

/** struct recording - An answer, and the expected calls, see replay() */
struct recording {
	const char *name;
	enum response_body_form form;
	enum response_body_format format;
	enum object_kind kind;
	int http_code;
	struct buf body;
	struct buf whole;
};

static int feed_recording(const struct recording *recording, size_t size, size_t piece, struct seen *seen,
			  struct err *err)
{
	return feed(recording->form, recording->format, recording->kind, recording->http_code,
		    recording->body.data, size, piece, seen, err);
}

/* The result does not depend on the pieces. */
static void replay_in_pieces(struct recording *recording)
{
	size_t piece;

	for (piece = 1; piece <= 64; piece++) {
		struct seen seen = { .lines = BUF_INIT };
		struct err err = { 0 };

		if (feed_recording(recording, recording->body.size, piece, &seen, &err) < 0)
			fail_msg("%s, pieces of %zu: %s", recording->name, piece, err.text);
		if (seen.lines.size != recording->whole.size ||
		    memcmp(buf_text(&seen.lines), buf_text(&recording->whole), seen.lines.size) != 0)
			fail_msg("%s, pieces of %zu:\n%s", recording->name, piece, buf_text(&seen.lines));
		buf_done(&seen.lines);
		buf_done(&seen.digests);
	}
}

/*
 * An answer that is cut off gives the same calls up to there: no incomplete object, and no end of a list. Large ones
 * are cut at 512 places.
 */
static void replay_broken_off(struct recording *recording)
{
	size_t step = recording->body.size > 4096 ? recording->body.size / 512 : 1, size;

	for (size = 0; size < recording->body.size; size += step) {
		struct seen seen = { .lines = BUF_INIT };
		struct err err = { 0 };
		int r = feed_recording(recording, size, SIZE_MAX, &seen, &err);
		bool prefix =
			seen.lines.size <= recording->whole.size &&
			memcmp(buf_text(&seen.lines), buf_text(&recording->whole), seen.lines.size) == 0;
		char failure[32];

		(void)snprintf(failure, sizeof(failure), "failure %d ", recording->http_code);
		switch (recording->form) {
		case RESPONSE_BODY_FORM_LIST:
			/* A newline may follow the last brace. */
			if (!prefix || (r == 0 && seen.lines.size < recording->whole.size) ||
			    (r < 0 && strstr(buf_text(&seen.lines), "page end")))
				fail_msg("%s, %zu bytes:\n%s", recording->name, size, buf_text(&seen.lines));
			break;
		case RESPONSE_BODY_FORM_WATCH:
			if (!prefix)
				fail_msg("%s, %zu bytes:\n%s", recording->name, size, buf_text(&seen.lines));
			break;
		case RESPONSE_BODY_FORM_ERROR:
			if (r < 0 || strncmp(buf_text(&seen.lines), failure, strlen(failure)) != 0)
				fail_msg("%s, %zu bytes:\n%s", recording->name, size, buf_text(&seen.lines));
			break;
		}
		if (r < 0)
			assert_int_equal(r, -EBADMSG);
		buf_done(&seen.lines);
		buf_done(&seen.digests);
	}
}

/* The expected lines: their number, some of them, and the last. */
static void replay(const char *name, enum response_body_form form, enum object_kind kind, int http_code,
		   size_t n_lines, const char *needed, const char *last)
{
	struct recording recording = {
		.name = name,
		.form = form,
		.format =
			strstr(name, "protobuf") ? RESPONSE_BODY_FORMAT_PROTOBUF : RESPONSE_BODY_FORMAT_JSON,
		.kind = kind,
		.http_code = http_code,
		.body = BUF_INIT,
		.whole = BUF_INIT,
	};
	struct seen seen = { .lines = BUF_INIT };
	struct buf raw = BUF_INIT;
	struct err err = { 0 };
	const char *p, *lines;
	size_t n;

	read_recording(name, &raw);
	strip(&raw, &recording.body);
	if (feed_recording(&recording, recording.body.size, SIZE_MAX, &seen, &err) < 0)
		fail_msg("%s: %s", name, err.text);
	lines = buf_text(&seen.lines);
	for (n = 0, p = lines; (p = strchr(p, '\n')); p++)
		n++;
	if (n != n_lines || (needed && !strstr(lines, needed)) || strlen(last) > strlen(lines) ||
	    strcmp(lines + strlen(lines) - strlen(last), last) != 0)
		fail_msg("%s:\n%s", name, lines);
	buf_add(&recording.whole, seen.lines.data, seen.lines.size);
	replay_in_pieces(&recording);
	replay_broken_off(&recording);
	buf_done(&seen.lines);
	buf_done(&seen.digests);
	buf_done(&raw);
	buf_done(&recording.body);
	buf_done(&recording.whole);
}

static void test_lists(void **state)
{
	(void)state;
	replay("06-eps-list-page1.http", RESPONSE_BODY_FORM_LIST, OBJECT_KIND_ENDPOINT_SLICE, 200, 4,
	       "put shop/fqdn-ooooo 916 skipped\n", "page end 973 more\n");
	replay("07-eps-list-page2.http", RESPONSE_BODY_FORM_LIST, OBJECT_KIND_ENDPOINT_SLICE, 200, 4, NULL,
	       "page end 973 more\n");
	replay("08-eps-list-lastpage.http", RESPONSE_BODY_FORM_LIST, OBJECT_KIND_ENDPOINT_SLICE, 200, 14,
	       NULL, "page end 973\n");
	replay("04-services-list.http", RESPONSE_BODY_FORM_LIST, OBJECT_KIND_SERVICE, 200, 14,
	       "put shop/web 870\n", "page end 967\n");
	replay("05-services-list-shop-all.http", RESPONSE_BODY_FORM_LIST, OBJECT_KIND_SERVICE, 200, 15, NULL,
	       "page end 973\n");
	replay("09-eps-list-selector-rv0.http", RESPONSE_BODY_FORM_LIST, OBJECT_KIND_ENDPOINT_SLICE, 200, 20,
	       NULL, "page end 973\n");
	replay("11-empty-list.http", RESPONSE_BODY_FORM_LIST, OBJECT_KIND_SERVICE, 200, 1, NULL, "\n");
	replay("46-protobuf-services-list.http", RESPONSE_BODY_FORM_LIST, OBJECT_KIND_SERVICE, 200, 16, NULL,
	       "page end 276\n");
	replay("46j-json-services-list.http", RESPONSE_BODY_FORM_LIST, OBJECT_KIND_SERVICE, 200, 16, NULL,
	       "page end 276\n");
	replay("47j-json-eps-list.http", RESPONSE_BODY_FORM_LIST, OBJECT_KIND_ENDPOINT_SLICE, 200, 25,
	       "put shop/fqdn-ooooo 263 skipped\n", "page end 278\n");
	replay("48-protobuf-servicecidrs-list.http", RESPONSE_BODY_FORM_LIST, OBJECT_KIND_SERVICE_CIDR, 200,
	       4, NULL, "page end 280\n");
	replay("48j-json-servicecidrs-list.http", RESPONSE_BODY_FORM_LIST, OBJECT_KIND_SERVICE_CIDR, 200, 4,
	       NULL, "page end 280\n");
	replay("48b-protobuf-node-list.http", RESPONSE_BODY_FORM_LIST, OBJECT_KIND_NODE, 200, 2,
	       "put /node-000 ", "\n");
	replay("48bj-json-node-list.http", RESPONSE_BODY_FORM_LIST, OBJECT_KIND_NODE, 200, 2,
	       "put /node-000 ", "\n");
	replay("47-protobuf-eps-list.http", RESPONSE_BODY_FORM_LIST, OBJECT_KIND_ENDPOINT_SLICE, 200, 25,
	       "put shop/fqdn-ooooo 263 skipped\n", "page end 278\n");
	replay("47b-protobuf-eps-list-limit3.http", RESPONSE_BODY_FORM_LIST, OBJECT_KIND_ENDPOINT_SLICE, 200,
	       4, NULL, "page end 281 more\n");
	replay("47c-protobuf-empty-list.http", RESPONSE_BODY_FORM_LIST, OBJECT_KIND_SERVICE, 200, 1, NULL,
	       "page end 281\n");
}

static void test_watches(void **state)
{
	(void)state;
	replay("12-eps-watch.http", RESPONSE_BODY_FORM_WATCH, OBJECT_KIND_ENDPOINT_SLICE, 200, 5,
	       "put shop/watched-ttttt 974\nput shop/watched-ttttt 975\ndel shop/watched-ttttt 976\n",
	       "bookmark 976\nbookmark 976\n");
	replay("13-eps-watchlist-stream.http", RESPONSE_BODY_FORM_WATCH, OBJECT_KIND_ENDPOINT_SLICE, 200, 20,
	       NULL, "bookmark 979 end\n");
	replay("14-services-watchlist-stream.http", RESPONSE_BODY_FORM_WATCH, OBJECT_KIND_SERVICE, 200, 14,
	       NULL, "bookmark 979 end\n");
	replay("49-protobuf-services-watchlist-stream.http", RESPONSE_BODY_FORM_WATCH, OBJECT_KIND_SERVICE,
	       200, 16, NULL, "bookmark 281 end\n");
	replay("50-protobuf-eps-watchlist-stream.http", RESPONSE_BODY_FORM_WATCH, OBJECT_KIND_ENDPOINT_SLICE,
	       200, 25, NULL, "bookmark 281 end\n");
	replay("51j-json-eps-watch.http", RESPONSE_BODY_FORM_WATCH, OBJECT_KIND_ENDPOINT_SLICE, 200, 5, NULL,
	       "bookmark 287\nbookmark 287\n");
	replay("54j-json-watch-too-old-rv.http", RESPONSE_BODY_FORM_WATCH, OBJECT_KIND_ENDPOINT_SLICE, 200, 1,
	       NULL, "failure 410 Expired 0: too old resource version: 1 (424)\n");
	replay("15-node-watchlist-stream.http", RESPONSE_BODY_FORM_WATCH, OBJECT_KIND_NODE, 200, 2,
	       "put /node-000 211\n", "bookmark 979 end\n");
	replay("16-watch-too-old-rv.http", RESPONSE_BODY_FORM_WATCH, OBJECT_KIND_ENDPOINT_SLICE, 200, 1, NULL,
	       "failure 410 Expired 0: too old resource version: 1 (967)\n");
	replay("39-protobuf-watchlist-node.http", RESPONSE_BODY_FORM_WATCH, OBJECT_KIND_NODE, 200, 2,
	       "put /node-000 211\n", "bookmark 984 end\n");
	replay("51-protobuf-eps-watch.http", RESPONSE_BODY_FORM_WATCH, OBJECT_KIND_ENDPOINT_SLICE, 200, 5,
	       "put shop/watched-ttttt 285\nput shop/watched-ttttt 286\ndel shop/watched-ttttt 287\n",
	       "bookmark 287\nbookmark 287\n");
	replay("54-protobuf-watch-too-old-rv.http", RESPONSE_BODY_FORM_WATCH, OBJECT_KIND_ENDPOINT_SLICE, 200,
	       1, NULL, "failure 410 Expired 0: too old resource version: 1 (424)\n");
	replay("52g-protobuf-watch-future-rv.http", RESPONSE_BODY_FORM_WATCH, OBJECT_KIND_ENDPOINT_SLICE, 200,
	       0, NULL, "");
	replay("17-watch-future-rv.http", RESPONSE_BODY_FORM_WATCH, OBJECT_KIND_ENDPOINT_SLICE, 200, 0, NULL,
	       "");
}

static void test_errors(void **state)
{
	(void)state;
	replay("18-list-future-rv-504.http", RESPONSE_BODY_FORM_ERROR, OBJECT_KIND_ENDPOINT_SLICE, 504, 1,
	       NULL, "failure 504 Timeout 1: Timeout: Too large resource version: 99999999, current: 982\n");
	replay("26-no-rights-403.http", RESPONSE_BODY_FORM_ERROR, OBJECT_KIND_SERVICE, 403, 1,
	       "failure 403 Forbidden 0: ", "\n");
	replay("43-expired-continue-410.http", RESPONSE_BODY_FORM_ERROR, OBJECT_KIND_ENDPOINT_SLICE, 410, 1,
	       "failure 410 Expired 0: ", "\n");
	replay("52-protobuf-expired-continue-410.http", RESPONSE_BODY_FORM_ERROR, OBJECT_KIND_ENDPOINT_SLICE,
	       410, 1, "failure 410 Expired 0: ", "\n");
	replay("52j-json-expired-continue-410.http", RESPONSE_BODY_FORM_ERROR, OBJECT_KIND_ENDPOINT_SLICE,
	       410, 1, "failure 410 Expired 0: ", "\n");
	replay("52c-protobuf-future-rv-504.http", RESPONSE_BODY_FORM_ERROR, OBJECT_KIND_ENDPOINT_SLICE, 504,
	       1, NULL,
	       "failure 504 Timeout 1: Timeout: Too large resource version: 99999999, current: 293\n");
	replay("52d-protobuf-no-rights-403.http", RESPONSE_BODY_FORM_ERROR, OBJECT_KIND_SERVICE, 403, 1,
	       "failure 403 Forbidden 0: ", "\n");
	/* A Status with 200 instead of a list. */
	replay("52-protobuf-expired-continue-410.http", RESPONSE_BODY_FORM_LIST, OBJECT_KIND_ENDPOINT_SLICE,
	       200, 1, "failure 410 Expired 0: ", "\n");
	replay("43-expired-continue-410.http", RESPONSE_BODY_FORM_LIST, OBJECT_KIND_ENDPOINT_SLICE, 200, 1,
	       "failure 410 Expired 0: ", "\n");
}

static void expect(enum response_body_form form, int http_code, const char *text, int code, const char *lines)
{
	struct seen seen = { .lines = BUF_INIT };
	struct err err = { 0 };

	assert_int_equal(feed(form, RESPONSE_BODY_FORMAT_JSON, OBJECT_KIND_SERVICE, http_code, text,
			      strlen(text), 3, &seen, &err),
			 code);
	assert_string_equal(buf_text(&seen.lines), lines);
	buf_done(&seen.lines);
	buf_done(&seen.digests);
}

static void test_nonsense(void **state)
{
	(void)state;
	expect(RESPONSE_BODY_FORM_LIST, 200, "", -EBADMSG, "");
	expect(RESPONSE_BODY_FORM_LIST, 200, "<html>", -EBADMSG, "");
	expect(RESPONSE_BODY_FORM_LIST, 200, "{\"kind\":\"ServiceList\",\"items\":[", -EBADMSG, "");
	expect(RESPONSE_BODY_FORM_LIST, 200, "{\"kind\":\"PodList\",\"items\":[]}", -EBADMSG, "");
	expect(RESPONSE_BODY_FORM_LIST, 200, "{\"kind\":\"Service\",\"metadata\":{\"name\":\"x\"}}", -EBADMSG,
	       "");
	expect(RESPONSE_BODY_FORM_LIST, 200,
	       "{\"kind\":\"ServiceList\",\"items\":[{\"kind\":\"Pod\",\"metadata\":{\"name\":\"x\"}}]}",
	       -EBADMSG, "");
	expect(RESPONSE_BODY_FORM_LIST, 200, "{\"kind\":\"ServiceList\",\"items\":null}", 0, "page end -\n");
	expect(RESPONSE_BODY_FORM_WATCH, 200, "{\"type\":\"ADDED\",\"object\":{\"kind\":\"Service\"",
	       -EBADMSG, "");
	expect(RESPONSE_BODY_FORM_WATCH, 200, "{\"type\":\"LOST\",\"object\":{}}", -EBADMSG, "");
	expect(RESPONSE_BODY_FORM_WATCH, 200,
	       "{\"type\":\"ADDED\",\"object\":{\"kind\":\"Pod\",\"metadata\":{\"name\":\"x\"}}}", -EBADMSG,
	       "");
	expect(RESPONSE_BODY_FORM_ERROR, 502, "\n <h1>Bad\x01 Gateway</h1>\nmore", 0,
	       "failure 502  0: <h1>Bad Gateway</h1>\n");
	expect(RESPONSE_BODY_FORM_ERROR, 500, "", 0, "failure 500  0: \n");
}

static void add_huge_event(struct buf *text, const char *type)
{
	size_t i;

	buf_printf(text,
		   "{\"type\":\"%s\",\"object\":{\"kind\":\"Service\",\"metadata\":{\"name\":\"huge\","
		   "\"namespace\":\"n\",\"annotations\":{\"a\":\"",
		   type);
	for (i = 0; i < OBJECT_SIZE_MAX / 16 + 1; i++)
		buf_add(text, "0123456789abcdef", 16);
	buf_printf(text, "\"}}}}\n");
}

/* One bad object does not end the stream. */
static void test_bad_objects(void **state)
{
	struct buf text = BUF_INIT;
	struct seen seen = { .lines = BUF_INIT };
	struct err err;

	(void)state;
	expect(RESPONSE_BODY_FORM_LIST, 200,
	       "{\"kind\":\"ServiceList\",\"metadata\":{\"resourceVersion\":\"5\"},\"items\":["
	       "{\"metadata\":{\"namespace\":\"n\",\"name\":\"bad\"},\"spec\":{\"type\":\"Odd\"}},"
	       "{\"metadata\":{\"namespace\":\"n\",\"name\":\"good\",\"resourceVersion\":\"4\"},"
	       "\"spec\":{\"clusterIP\":\"None\"}}]}",
	       0, "refused n/bad: spec.ports: a Service needs at least one port\nput n/good 4\npage end 5\n");
	/* Too large to be kept: its names come from its beginning, and its deletion is not lost. */
	add_huge_event(&text, "ADDED");
	add_huge_event(&text, "DELETED");
	buf_printf(&text, "{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"Service\",\"metadata\":"
			  "{\"resourceVersion\":\"8\"}}}\n");
	assert_int_equal(feed(RESPONSE_BODY_FORM_WATCH, RESPONSE_BODY_FORMAT_JSON, OBJECT_KIND_SERVICE, 200,
			      text.data, text.size, 65536, &seen, &err),
			 0);
	assert_string_equal(
		buf_text(&seen.lines),
		"refused n/huge: the object is larger than 4194304 bytes\ndel n/huge \nbookmark 8\n");
	buf_done(&seen.lines);
	buf_done(&seen.digests);
	buf_done(&text);
}

static void expect_protobuf(enum response_body_form form, int http_code, const char *bytes, size_t size,
			    int code, const char *lines)
{
	struct seen seen = { .lines = BUF_INIT };
	struct err err = { 0 };

	assert_int_equal(feed(form, RESPONSE_BODY_FORMAT_PROTOBUF, OBJECT_KIND_SERVICE, http_code, bytes,
			      size, 3, &seen, &err),
			 code);
	assert_string_equal(buf_text(&seen.lines), lines);
	buf_done(&seen.lines);
	buf_done(&seen.digests);
}

/* An envelope; @raw is shorter than 128 bytes. */
static void add_envelope(struct buf *to, const char *kind, const char *raw, size_t raw_size)
{
	size_t len = strlen(kind);

	buf_printf(to, "k8s%c\n%c\n\x02v1\x12%c%s\x12%c", 0, (int)len + 6, (int)len, kind, (int)raw_size);
	buf_add(to, raw, raw_size);
}

#define BYTES(text) (text), sizeof(text) - 1

static void test_protobuf(void **state)
{
	struct buf bytes = BUF_INIT;

	(void)state;
	expect_protobuf(RESPONSE_BODY_FORM_LIST, 200, "", 0, -EBADMSG, "");
	expect_protobuf(RESPONSE_BODY_FORM_LIST, 200, BYTES("{\"kind\":\"ServiceList\"}"), -EBADMSG, "");
	add_envelope(&bytes, "PodList", BYTES("\x12\x00"));
	expect_protobuf(RESPONSE_BODY_FORM_LIST, 200, bytes.data, bytes.size, -EBADMSG, "");
	buf_reset(&bytes);
	/* One bad item, and a good one, that is headless. */
	add_envelope(&bytes, "ServiceList",
		     BYTES("\x0a\x03\x12\x01"
			   "5"
			   "\x12\x0f\x0a\x08\x0a\x03"
			   "bad"
			   "\x1a\x01"
			   "n\x12\x03\x22\x01"
			   "X"
			   "\x12\x16\x0a\x0c\x0a\x04"
			   "good"
			   "\x1a\x01"
			   "n2\x01"
			   "4\x12\x06\x1a\x04"
			   "None"));
	expect_protobuf(RESPONSE_BODY_FORM_LIST, 200, bytes.data, bytes.size, 0,
			"refused n/bad: spec.ports: a Service needs at least one port\n"
			"put n/good 4\npage end 5\n");
	buf_done(&bytes);
	/* A page of HTML, read as a frame, has an impossible length. */
	expect_protobuf(RESPONSE_BODY_FORM_WATCH, 200, BYTES("<html>"), -EBADMSG, "");
	expect_protobuf(RESPONSE_BODY_FORM_WATCH, 200,
			BYTES("\x00\x00\x00\x05\x0a\x03"
			      "BAD"),
			-EBADMSG, "");
	expect_protobuf(RESPONSE_BODY_FORM_WATCH, 200, BYTES("\x00\x00\x00"), -EBADMSG, "");
	expect_protobuf(RESPONSE_BODY_FORM_ERROR, 502, BYTES("\n <h1>Bad\x01 Gateway</h1>\nmore"), 0,
			"failure 502  0: <h1>Bad Gateway</h1>\n");
}

/* A frame of a Service that is larger than the part that is kept; its names come first, as a server writes them. */
static void add_huge_protobuf_event(struct buf *to, const char *type)
{
	struct buf metadata = BUF_INIT, service = BUF_INIT, envelope = BUF_INIT, filler = BUF_INIT;

	memset(buf_reserve(&filler, OBJECT_SIZE_MAX), 'x', OBJECT_SIZE_MAX);
	wire_string(&metadata, 1, "huge");
	wire_string(&metadata, 3, "n");
	wire_bytes(&metadata, 17, filler.data, OBJECT_SIZE_MAX);
	wire_message(&service, 1, &metadata);
	wire_envelope(&envelope, "v1", "Service", &service);
	wire_event(to, 1, type, &envelope);
	buf_done(&filler);
}

static void test_huge_protobuf(void **state)
{
	struct buf bytes = BUF_INIT, bookmark = BUF_INIT, metadata = BUF_INIT, envelope = BUF_INIT;
	struct seen seen = { .lines = BUF_INIT };
	struct err err;

	(void)state;
	add_huge_protobuf_event(&bytes, "ADDED");
	add_huge_protobuf_event(&bytes, "DELETED");
	wire_string(&metadata, 6, "8");
	wire_message(&bookmark, 1, &metadata);
	wire_envelope(&envelope, "v1", "Service", &bookmark);
	wire_event(&bytes, 1, "BOOKMARK", &envelope);
	assert_int_equal(feed(RESPONSE_BODY_FORM_WATCH, RESPONSE_BODY_FORMAT_PROTOBUF, OBJECT_KIND_SERVICE,
			      200, bytes.data, bytes.size, 65536, &seen, &err),
			 0);
	assert_string_equal(
		buf_text(&seen.lines),
		"refused n/huge: the object is larger than 4194304 bytes\ndel n/huge \nbookmark 8\n");
	buf_done(&seen.lines);
	buf_done(&seen.digests);
	buf_done(&bytes);
}

static void stop_at_put(void *ctx, struct object *object)
{
	struct seen *seen = ctx;

	seen_put(ctx, object);
	seen->stop = true;
}

/* After @stopped there are no more calls. */
static void test_stop(void **state)
{
	static const char text[] =
		"{\"type\":\"ADDED\",\"object\":{\"kind\":\"Service\",\"metadata\":{\"name\":\"x\","
		"\"namespace\":\"n\",\"resourceVersion\":\"1\"},\"spec\":{\"clusterIP\":\"None\"}}}\n";
	struct seen seen = { .lines = BUF_INIT };
	const struct response_body_handler handler = {
		.known = seen_known,
		.put = stop_at_put,
		.del = seen_del,
		.refused = seen_refused,
		.bookmark = seen_bookmark,
		.failure = seen_failure,
		.page_end = seen_page_end,
		.ctx = &seen,
	};
	_cleanup_(response_body_freep) struct response_body *body = response_body_new(
		RESPONSE_BODY_FORM_WATCH, RESPONSE_BODY_FORMAT_JSON, OBJECT_KIND_SERVICE, 200, &handler);
	struct buf twice = BUF_INIT;
	struct err err = { 0 };

	(void)state;
	buf_printf(&twice, "%s%s", text, text);
	assert_int_equal(response_body_feed(body, twice.data, twice.size, &seen.stop, &err), -ECANCELED);
	assert_string_equal(buf_text(&seen.lines), "put n/x 1\n");
	assert_int_equal(err.code, 0);
	buf_done(&twice);
	buf_done(&seen.lines);
	buf_done(&seen.digests);
}

static size_t count_lines(struct seen *seen, const char *like)
{
	const char *at = buf_text(&seen->lines);
	size_t n = 0;

	for (; (at = strstr(at, like)); at++)
		n++;
	return n;
}

/* The body of a recording twice: what the first time was put is known the second time. */
static void expect_known(const char *name, enum response_body_form form, enum response_body_format format,
			 enum object_kind kind, size_t n)
{
	struct seen seen = { .lines = BUF_INIT };
	struct buf raw = BUF_INIT, body = BUF_INIT;
	struct err err = { 0 };

	read_recording(name, &raw);
	strip(&raw, &body);
	(void)feed(form, format, kind, 200, body.data, body.size, 100, &seen, &err);
	assert_int_equal(count_lines(&seen, "put "), n);
	buf_reset(&seen.lines);
	seen.knows = true;
	(void)feed(form, format, kind, 200, body.data, body.size, 1000, &seen, &err);
	assert_int_equal(count_lines(&seen, "known\n"), n);
	assert_int_equal(count_lines(&seen, "put "), 0);
	buf_done(&raw);
	buf_done(&body);
	buf_done(&seen.lines);
	buf_done(&seen.digests);
}

static void test_known(void **state)
{
	(void)state;
	expect_known("46j-json-services-list.http", RESPONSE_BODY_FORM_LIST, RESPONSE_BODY_FORMAT_JSON,
		     OBJECT_KIND_SERVICE, 15);
	expect_known("46-protobuf-services-list.http", RESPONSE_BODY_FORM_LIST, RESPONSE_BODY_FORMAT_PROTOBUF,
		     OBJECT_KIND_SERVICE, 15);
	expect_known("13-eps-watchlist-stream.http", RESPONSE_BODY_FORM_WATCH, RESPONSE_BODY_FORMAT_JSON,
		     OBJECT_KIND_ENDPOINT_SLICE, 19);
	expect_known("50-protobuf-eps-watchlist-stream.http", RESPONSE_BODY_FORM_WATCH,
		     RESPONSE_BODY_FORMAT_PROTOBUF, OBJECT_KIND_ENDPOINT_SLICE, 24);
}

#define KNOWN_OBJECT(version)                                                                                    \
	"\"object\":{\"kind\":\"Service\",\"metadata\":{\"name\":\"x\",\"namespace\":\"n\",\"resourceVersion\":" \
	"\"" version "\"},\"spec\":{\"clusterIP\":\"None\"}}}\n"

/* One event as protobuf. */
static void wire_known(struct buf *to, const char *type)
{
	struct buf metadata = BUF_INIT, spec = BUF_INIT, service = BUF_INIT, envelope = BUF_INIT;

	wire_string(&metadata, 1, "x");
	wire_string(&metadata, 3, "n");
	wire_message(&service, 1, &metadata);
	wire_string(&spec, 3, "None");
	wire_message(&service, 2, &spec);
	wire_envelope(&envelope, "v1", "Service", &service);
	wire_event(to, 1, type, &envelope);
}

/* An object that was modified is known when it is added again; no other type of event is looked at. */
static void test_known_whatever_the_type(void **state)
{
	static const char text[] =
		"{\"type\":\"MODIFIED\"," KNOWN_OBJECT("1") "{\"type\":\"ADDED\"," KNOWN_OBJECT(
			"1") "{\"type\":\"DELETED\"," KNOWN_OBJECT("1") "{\"type\":\"ADDED\"," KNOWN_OBJECT("2");
	struct seen seen = { .lines = BUF_INIT, .knows = true };
	struct buf bytes = BUF_INIT;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(feed(RESPONSE_BODY_FORM_WATCH, RESPONSE_BODY_FORMAT_JSON, OBJECT_KIND_SERVICE, 200,
			      text, sizeof(text) - 1, 7, &seen, &err),
			 0);
	assert_string_equal(buf_text(&seen.lines), "put n/x 1\nknown\ndel n/x 1\nput n/x 2\n");
	buf_reset(&seen.lines);
	wire_known(&bytes, "MODIFIED");
	wire_known(&bytes, "ADDED");
	wire_known(&bytes, "DELETED");
	assert_int_equal(feed(RESPONSE_BODY_FORM_WATCH, RESPONSE_BODY_FORMAT_PROTOBUF, OBJECT_KIND_SERVICE,
			      200, bytes.data, bytes.size, bytes.size, &seen, &err),
			 0);
	assert_string_equal(buf_text(&seen.lines), "put n/x \nknown\ndel n/x \n");
	buf_done(&bytes);
	buf_done(&seen.lines);
	buf_done(&seen.digests);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),	      cmocka_unit_test(test_watches),
		cmocka_unit_test(test_errors),	      cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_bad_objects),   cmocka_unit_test(test_protobuf),
		cmocka_unit_test(test_huge_protobuf), cmocka_unit_test(test_stop),
		cmocka_unit_test(test_known),	      cmocka_unit_test(test_known_whatever_the_type),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
