/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Responses of a real API server, as raw HTTP, are cut and decoded. The expected results are in
 * tests/recordings/expected.txt and expected-protobuf.txt, written by other programs from the same bytes.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "decode/json.h"
#include "decode/json_stream.h"
#include "decode/protobuf_object.h"
#include "decode/protobuf_stream.h"
#include "model/node.h"
#include "model/service.h"
#include "model/service_cidr.h"
#include "model/slice.h"

static char *recording(const char *name, size_t *ret_size)
{
	const char *top = getenv("top_srcdir");
	struct buf bytes = BUF_INIT;
	char path[512];
	FILE *f;
	size_t n;

	(void)snprintf(path, sizeof(path), "%s/tests/recordings/%s", top ? top : ".", name);
	f = fopen(path, "r");
	assert_non_null(f);
	while ((n = fread(buf_reserve(&bytes, 65536), 1, 65536, f)) > 0)
		bytes.size += n;
	(void)fclose(f);
	(void)buf_text(&bytes);
	*ret_size = bytes.size;
	return bytes.data;
}

/* The body of a recording, its chunks joined. */
static void read_body(const char *name, struct buf *body)
{
	char file[128];
	char *bytes, *p, *end;
	size_t size;

	(void)snprintf(file, sizeof(file), "%s.http", name);
	bytes = recording(file, &size);
	p = strstr(bytes, "\r\n\r\n");
	assert_non_null(p);
	*p = '\0';
	p += 4;
	if (!strstr(bytes, "chunked")) {
		buf_add(body, p, (size_t)(bytes + size - p));
	} else {
		for (;;) {
			size_t chunk = strtoul(p, &end, 16);

			p = end + 2;
			if (!chunk)
				break;
			assert_true(p + chunk <= bytes + size);
			buf_add(body, p, chunk);
			p += chunk + 2;
		}
	}
	free(bytes);
}

static void print_addrs(struct buf *text, const struct addr *addrs, size_t n)
{
	char shown[ADDR_TEXT_SIZE];
	size_t i;

	for (i = 0; i < n; i++)
		buf_printf(text, "%s,", addr_print(&addrs[i], shown));
}

static void print_cidrs(struct buf *text, const struct cidr *cidrs, size_t n)
{
	char shown[CIDR_TEXT_SIZE];
	size_t i;

	for (i = 0; i < n; i++)
		buf_printf(text, "%s,", cidr_print(&cidrs[i], shown));
}

static void print_service(struct buf *text, const struct service *s)
{
	char shown[2][ADDR_TEXT_SIZE];
	size_t i;

	buf_printf(text, " uid=%s created=%" PRId64 " type=%s internal=%s external=%s other=%d headless=%d",
		   s->uid, s->creation_time_s, service_type_name(s->type),
		   service_traffic_policy_name(s->internal_traffic_policy),
		   service_traffic_policy_name(s->external_traffic_policy), s->has_service_proxy_name,
		   s->headless);
	for (i = 0; i < _FAMILY_MAX; i++)
		buf_printf(text, " v%s=%s", i ? "6" : "4",
			   s->has_cluster_ip[i] ? addr_print(&s->cluster_ip[i], shown[i]) : "-");
	buf_printf(text, " affinity=%u health=%u ports=", s->affinity_timeout_s, s->health_check_node_port);
	for (i = 0; i < s->n_ports; i++)
		buf_printf(text, "%s/%s/%u/%u,", s->ports[i].name, addr_protocol_name(s->ports[i].protocol),
			   s->ports[i].port, s->ports[i].node_port);
	buf_printf(text, " external-ips=");
	print_addrs(text, s->external_ips, s->n_external_ips);
	buf_printf(text, " ingress=");
	for (i = 0; i < s->n_ingress; i++)
		buf_printf(text, "%s/%d,", addr_print(&s->ingress[i].addr, shown[0]), s->ingress[i].vip);
	buf_printf(text, " ranges=");
	print_cidrs(text, s->source_ranges, s->n_source_ranges);
}

static void print_names(struct buf *text, const char **names, size_t n)
{
	size_t i;

	buf_printf(text, "/");
	for (i = 0; i < n; i++)
		buf_printf(text, "%s%s", i ? "+" : "", names[i]);
}

static void print_slice(struct buf *text, const struct slice *s)
{
	char shown[ADDR_TEXT_SIZE];
	size_t i;

	buf_printf(text, " uid=%s service=%s family=%s ports=", s->uid, s->service_name,
		   addr_family_name(s->family));
	for (i = 0; i < s->n_ports; i++)
		buf_printf(text, "%s/%s/%u,", s->ports[i].name, addr_protocol_name(s->ports[i].protocol),
			   s->ports[i].port);
	buf_printf(text, " endpoints=");
	for (i = 0; i < s->n_endpoints; i++) {
		const struct endpoint *e = &s->endpoints[i];

		buf_printf(text, "%s/%d%d%d/%s", addr_print(&e->addr, shown), e->ready, e->serving,
			   e->terminating, e->node_name ? e->node_name : "-");
		print_names(text, e->for_zones, e->n_for_zones);
		print_names(text, e->for_nodes, e->n_for_nodes);
		buf_printf(text, ",");
	}
}

static void print_object(struct buf *text, const struct object *o)
{
	buf_printf(text, "%s %s/%s rv=%s", o->kind_name, o->namespace, o->name, o->resource_version);
	if (o->skipped) {
		buf_printf(text, " skipped");
		return;
	}
	switch (o->kind) {
	case OBJECT_KIND_SERVICE:
		if (o->service)
			print_service(text, o->service);
		break;
	case OBJECT_KIND_ENDPOINT_SLICE:
		if (o->slice)
			print_slice(text, o->slice);
		break;
	case OBJECT_KIND_NODE:
		if (o->node) {
			buf_printf(text, " uid=%s zone=%s addresses=", o->node->uid, o->node->zone);
			print_addrs(text, o->node->addresses, o->node->n_addresses);
			buf_printf(text, " cidrs=");
			print_cidrs(text, o->node->pod_cidrs, o->node->n_pod_cidrs);
		}
		break;
	case OBJECT_KIND_SERVICE_CIDR:
		if (o->service_cidr) {
			buf_printf(text, " uid=%s cidrs=", o->service_cidr->uid);
			print_cidrs(text, o->service_cidr->cidrs, o->service_cidr->n_cidrs);
		}
		break;
	case _OBJECT_KIND_MAX:
		fail();
	}
}

static void print_status(struct buf *text, const struct api_status *s)
{
	buf_printf(text, "Status %d %s retry=%u %s\n", s->code, s->reason, s->retry_after_s, s->message);
}

/** struct recording - A file of tests/recordings, without its suffix, and the request */
struct recording {
	const char *name;
	enum object_kind kind;
	bool watch;
};

static bool is_protobuf(const struct recording *recording)
{
	return strstr(recording->name, "protobuf") != NULL;
}

/** struct reading - One pass over a recording: a stream of either format, and its results */
struct reading {
	const struct recording *recording;
	struct json_stream *json;
	struct protobuf_stream *protobuf;
	struct buf text;
};

static int on_item(void *ctx, const char *bytes, size_t size)
{
	struct reading *reading = ctx;
	enum object_kind kind = reading->recording->kind;
	struct object object;
	struct err err;
	int r;

	if (reading->protobuf)
		r = protobuf_object_item(kind, bytes, size, &object, &err);
	else
		r = json_decode_object(bytes, size, store_kind_name(kind), &object, &err);
	assert_int_equal(r, 0);
	print_object(&reading->text, &object);
	buf_printf(&reading->text, "\n");
	object_done(&object);
	return 0;
}

static int on_event(void *ctx, const char *bytes, size_t size)
{
	static const char *const names[] = { "ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR" };
	struct reading *reading = ctx;
	struct api_status status;
	enum watch_event_type type;
	struct object object;
	struct err err;
	int r;

	if (reading->protobuf)
		r = protobuf_object_event(bytes, size, &type, &object, &status, &err);
	else
		r = json_decode_event(bytes, size, &type, &object, &status, &err);
	assert_int_equal(r, 0);
	buf_printf(&reading->text, "%s ", names[type]);
	if (type == WATCH_EVENT_ERROR) {
		print_status(&reading->text, &status);
	} else {
		print_object(&reading->text, &object);
		buf_printf(&reading->text, "%s\n", object.initial_events_end ? " end" : "");
	}
	object_done(&object);
	return 0;
}

static void on_too_large(void *ctx, const char *head, size_t head_size)
{
	(void)ctx;
	(void)head;
	(void)head_size;
	fail();
}

static void start(struct reading *reading, const struct recording *recording)
{
	bool watch = recording->watch;
	const struct json_stream_sink json = { watch ? on_event : on_item, on_too_large, reading };
	const struct protobuf_stream_sink protobuf = { watch ? on_event : on_item, on_too_large, reading };

	*reading = (struct reading){ .recording = recording, .text = BUF_INIT };
	if (is_protobuf(recording))
		reading->protobuf = protobuf_stream_new(watch ? PROTOBUF_STREAM_WATCH : PROTOBUF_STREAM_LIST,
							recording->kind, &protobuf);
	else
		reading->json = json_stream_new(watch ? JSON_STREAM_VALUES : JSON_STREAM_LIST, &json);
}

static void feed(struct reading *reading, const char *bytes, size_t size)
{
	struct err err;
	int r = reading->protobuf ? protobuf_stream_feed(reading->protobuf, bytes, size, &err)
				  : json_stream_feed(reading->json, bytes, size, &err);

	if (r < 0)
		fail_msg("%s: %s", reading->recording->name, err.text);
}

/* Whether the bytes may end here; do not ask a list twice if they may. */
static bool may_end(struct reading *reading)
{
	struct err err;
	int r = reading->protobuf ? protobuf_stream_finish(reading->protobuf, NULL, &err)
				  : json_stream_finish(reading->json, NULL, &err);

	assert_true(r == 0 || r == -EBADMSG);
	return r == 0;
}

static void print_list_end(struct reading *reading, const char *kind, const char *resource_version,
			   const char *continue_token)
{
	buf_printf(&reading->text, "list %s rv=%s continue=%s\n", kind,
		   resource_version ? resource_version : "-", continue_token ? continue_token : "-");
}

static void end_json_list(struct reading *reading)
{
	struct json_stream_list list;
	struct api_status status;
	struct err err;

	assert_int_equal(json_stream_finish(reading->json, &list, &err), 0);
	if (list.has_items) {
		print_list_end(reading, list.kind, list.resource_version, list.continue_token);
	} else {
		assert_int_equal(json_decode_status(list.rest, list.rest_size, &status, &err), 0);
		print_status(&reading->text, &status);
	}
	json_stream_list_done(&list);
}

static void end_protobuf_list(struct reading *reading)
{
	struct protobuf_stream_list list;
	struct api_status status;
	struct err err;

	assert_int_equal(protobuf_stream_finish(reading->protobuf, &list, &err), 0);
	if (list.is_list) {
		print_list_end(reading, list.kind, list.resource_version, list.continue_token);
	} else {
		assert_string_equal(list.kind, "Status");
		assert_int_equal(protobuf_object_bare_status(list.rest, list.rest_size, &status, &err), 0);
		print_status(&reading->text, &status);
	}
	protobuf_stream_list_done(&list);
}

static void end(struct reading *reading)
{
	if (reading->recording->watch)
		assert_true(may_end(reading));
	if (!reading->recording->watch && reading->protobuf)
		end_protobuf_list(reading);
	else if (!reading->recording->watch)
		end_json_list(reading);
	reading->json = json_stream_free(reading->json);
	reading->protobuf = protobuf_stream_free(reading->protobuf);
}

/* Feed @body in pieces of @piece bytes, the first of them @first bytes long. */
static void replay(const struct recording *recording, const struct buf *body, size_t first, size_t piece,
		   struct buf *ret)
{
	struct reading reading;
	size_t at = 0, n = first;

	start(&reading, recording);
	while (at < body->size) {
		if (n > body->size - at)
			n = body->size - at;
		feed(&reading, body->data + at, n);
		at += n;
		n = piece;
	}
	end(&reading);
	*ret = reading.text;
}

#define LIST(name, kind)                        \
	{                                       \
		name, OBJECT_KIND_##kind, false \
	}
#define WATCH(name, kind)                      \
	{                                      \
		name, OBJECT_KIND_##kind, true \
	}

/* In the order of expected.txt. */
static const struct recording json_recordings[] = {
	LIST("04-services-list", SERVICE),
	LIST("05-services-list-shop-all", SERVICE),
	LIST("06-eps-list-page1", ENDPOINT_SLICE),
	LIST("07-eps-list-page2", ENDPOINT_SLICE),
	LIST("08-eps-list-lastpage", ENDPOINT_SLICE),
	LIST("09-eps-list-selector-rv0", ENDPOINT_SLICE),
	LIST("11-empty-list", SERVICE),
	WATCH("12-eps-watch", ENDPOINT_SLICE),
	WATCH("13-eps-watchlist-stream", ENDPOINT_SLICE),
	WATCH("14-services-watchlist-stream", SERVICE),
	WATCH("15-node-watchlist-stream", NODE),
	WATCH("16-watch-too-old-rv", ENDPOINT_SLICE),
	WATCH("17-watch-future-rv", ENDPOINT_SLICE),
	LIST("18-list-future-rv-504", SERVICE),
	LIST("26-no-rights-403", SERVICE),
	LIST("43-expired-continue-410", ENDPOINT_SLICE),
	LIST("46j-json-services-list", SERVICE),
	LIST("47j-json-eps-list", ENDPOINT_SLICE),
	LIST("48bj-json-node-list", NODE),
};

/* In the order of expected-protobuf.txt. */
static const struct recording protobuf_recordings[] = {
	WATCH("39-protobuf-watchlist-node", NODE),
	LIST("46-protobuf-services-list", SERVICE),
	LIST("47-protobuf-eps-list", ENDPOINT_SLICE),
	LIST("47b-protobuf-eps-list-limit3", ENDPOINT_SLICE),
	LIST("47c-protobuf-empty-list", SERVICE),
	LIST("48-protobuf-servicecidrs-list", SERVICE_CIDR),
	LIST("48b-protobuf-node-list", NODE),
	WATCH("49-protobuf-services-watchlist-stream", SERVICE),
	WATCH("50-protobuf-eps-watchlist-stream", ENDPOINT_SLICE),
	WATCH("51-protobuf-eps-watch", ENDPOINT_SLICE),
	LIST("52-protobuf-expired-continue-410", ENDPOINT_SLICE),
	LIST("52c-protobuf-future-rv-504", ENDPOINT_SLICE),
	LIST("52d-protobuf-no-rights-403", SERVICE),
	WATCH("52g-protobuf-watch-future-rv", ENDPOINT_SLICE),
	WATCH("54-protobuf-watch-too-old-rv", ENDPOINT_SLICE),
};

/* The same request to the same server, in both formats. */
static const struct recording twins[][2] = {
	{ LIST("46-protobuf-services-list", SERVICE), LIST("46j-json-services-list", SERVICE) },
	{ LIST("47-protobuf-eps-list", ENDPOINT_SLICE), LIST("47j-json-eps-list", ENDPOINT_SLICE) },
	{ LIST("48-protobuf-servicecidrs-list", SERVICE_CIDR),
	  LIST("48j-json-servicecidrs-list", SERVICE_CIDR) },
	{ LIST("48b-protobuf-node-list", NODE), LIST("48bj-json-node-list", NODE) },
	{ WATCH("51-protobuf-eps-watch", ENDPOINT_SLICE), WATCH("51j-json-eps-watch", ENDPOINT_SLICE) },
	{ LIST("52-protobuf-expired-continue-410", SERVICE), LIST("52j-json-expired-continue-410", SERVICE) },
	{ WATCH("54-protobuf-watch-too-old-rv", ENDPOINT_SLICE),
	  WATCH("54j-json-watch-too-old-rv", ENDPOINT_SLICE) },
};

static void expect_file(const struct recording *list, size_t n, const char *name)
{
	struct buf all = BUF_INIT;
	size_t size, i;
	char *expected = recording(name, &size);

	for (i = 0; i < n; i++) {
		struct buf body = BUF_INIT, text;

		read_body(list[i].name, &body);
		replay(&list[i], &body, body.size, body.size, &text);
		buf_printf(&all, "# %s\n%s", list[i].name, buf_text(&text));
		buf_done(&text);
		buf_done(&body);
	}
	assert_string_equal(buf_text(&all), expected);
	buf_done(&all);
	free(expected);
}

static void all_give_what_is_expected(void **state)
{
	(void)state;
	expect_file(json_recordings, ARRAY_SIZE(json_recordings), "expected.txt");
	expect_file(protobuf_recordings, ARRAY_SIZE(protobuf_recordings), "expected-protobuf.txt");
}

static void both_formats_give_the_same(void **state)
{
	size_t i, j;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(twins); i++) {
		struct buf text[2];

		for (j = 0; j < 2; j++) {
			struct buf body = BUF_INIT;

			read_body(twins[i][j].name, &body);
			replay(&twins[i][j], &body, body.size, body.size, &text[j]);
			buf_done(&body);
		}
		assert_string_equal(buf_text(&text[0]), buf_text(&text[1]));
		assert_true(text[0].size > 0);
		buf_done(&text[0]);
		buf_done(&text[1]);
	}
}

static void in_pieces(const struct recording *recording)
{
	struct buf body = BUF_INIT, whole, text;
	size_t piece;

	read_body(recording->name, &body);
	replay(recording, &body, body.size, body.size, &whole);
	for (piece = 1; piece <= 64; piece++) {
		replay(recording, &body, piece, piece, &text);
		assert_string_equal(buf_text(&text), buf_text(&whole));
		buf_done(&text);
	}
	buf_done(&whole);
	buf_done(&body);
}

static void pieces_of_any_size_give_the_same(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(json_recordings); i++)
		in_pieces(&json_recordings[i]);
	for (i = 0; i < ARRAY_SIZE(protobuf_recordings); i++)
		in_pieces(&protobuf_recordings[i]);
}

/*
 * A list that ends early anywhere is an error; a watch may end between two events. The objects until then are
 * complete, and the same ones.
 */
static void end_at_every_byte(const struct recording *recording)
{
	struct buf body = BUF_INIT, whole;
	struct reading reading;
	size_t at, n;

	read_body(recording->name, &body);
	replay(recording, &body, body.size, body.size, &whole);
	start(&reading, recording);
	for (at = 0; at < body.size; at++) {
		const char *text = buf_text(&reading.text);

		n = reading.text.size;
		assert_true(n <= whole.size);
		assert_memory_equal(text, whole.data ? whole.data : "", n);
		assert_true(!n || text[n - 1] == '\n');
		/* After the object come the newline of JSON, or two empty fields of protobuf's envelope. */
		if (!recording->watch && at + 4 < body.size)
			assert_false(may_end(&reading));
		feed(&reading, body.data + at, 1);
	}
	end(&reading);
	assert_string_equal(buf_text(&reading.text), buf_text(&whole));
	buf_done(&reading.text);
	buf_done(&whole);
	buf_done(&body);
}

static void no_end_gives_half_an_object(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(json_recordings); i++)
		end_at_every_byte(&json_recordings[i]);
	for (i = 0; i < ARRAY_SIZE(protobuf_recordings); i++)
		end_at_every_byte(&protobuf_recordings[i]);
}

/* Two pieces, cut at every byte. */
static void cut_anywhere(const struct recording *recording)
{
	struct buf body = BUF_INIT, whole, cut;
	size_t at;

	read_body(recording->name, &body);
	replay(recording, &body, body.size, body.size, &whole);
	for (at = 1; at < body.size; at++) {
		replay(recording, &body, at, body.size, &cut);
		assert_string_equal(buf_text(&cut), buf_text(&whole));
		buf_done(&cut);
	}
	buf_done(&whole);
	buf_done(&body);
}

static void answers_may_be_cut_anywhere(void **state)
{
	static const struct recording some[] = {
		LIST("07-eps-list-page2", ENDPOINT_SLICE),
		WATCH("12-eps-watch", ENDPOINT_SLICE),
		LIST("46-protobuf-services-list", SERVICE),
		LIST("48-protobuf-servicecidrs-list", SERVICE_CIDR),
		LIST("52-protobuf-expired-continue-410", SERVICE),
		WATCH("51-protobuf-eps-watch", ENDPOINT_SLICE),
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(some); i++)
		cut_anywhere(&some[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_give_what_is_expected),
		cmocka_unit_test(both_formats_give_the_same),
		cmocka_unit_test(pieces_of_any_size_give_the_same),
		cmocka_unit_test(no_end_gives_half_an_object),
		cmocka_unit_test(answers_may_be_cut_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
