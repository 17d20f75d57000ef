/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Answers that a real API server gave, as raw HTTP, through cutting and decoding. What must come out is in
 * tests/recordings/expected.txt, written by another program from the same bytes.
 */
#include "config.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "decode/json.h"
#include "decode/json_stream.h"
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
	buf_printf(text, "Status %d %s retry=%u continue=%s %s\n", s->code, s->reason, s->retry_after_s,
		   s->continue_token ? s->continue_token : "-", s->message);
}

struct reading {
	struct buf text;
	const char *item_kind;
};

static int on_item(void *ctx, const char *bytes, size_t size)
{
	struct reading *reading = ctx;
	struct object object;
	struct err err;

	assert_int_equal(json_decode_object(bytes, size, reading->item_kind, &object, &err), 0);
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

	assert_int_equal(json_decode_event(bytes, size, &type, &object, &status, &err), 0);
	buf_printf(&reading->text, "%s ", names[type]);
	if (type == WATCH_EVENT_ERROR) {
		print_status(&reading->text, &status);
	} else {
		print_object(&reading->text, &object);
		buf_printf(&reading->text, "%s\n", object.initial_events_end ? " end" : "");
	}
	api_status_done(&status);
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

static void end_list(struct json_stream *stream, struct reading *reading)
{
	struct json_stream_list list;
	struct api_status status;
	struct err err;

	assert_int_equal(json_stream_finish(stream, &list, &err), 0);
	if (list.has_items) {
		buf_printf(&reading->text, "list %s rv=%s continue=%s\n", list.kind,
			   list.resource_version ? list.resource_version : "-",
			   list.continue_token ? list.continue_token : "-");
	} else {
		assert_int_equal(json_decode_status(list.rest, list.rest_size, &status, &err), 0);
		print_status(&reading->text, &status);
		api_status_done(&status);
	}
	json_stream_list_done(&list);
}

/* Feed @body in pieces of @piece bytes, the first of them @first bytes long. */
static void replay(const struct buf *body, const char *item_kind, size_t first, size_t piece,
		   struct reading *reading)
{
	enum json_stream_mode mode = item_kind ? JSON_STREAM_LIST : JSON_STREAM_VALUES;
	const struct json_stream_sink sink = { item_kind ? on_item : on_event, on_too_large, reading };
	struct json_stream *stream = json_stream_new(mode, &sink);
	size_t at = 0, n = first;
	struct err err;

	reading->text = (struct buf)BUF_INIT;
	reading->item_kind = item_kind;
	while (at < body->size) {
		if (n > body->size - at)
			n = body->size - at;
		assert_int_equal(json_stream_feed(stream, body->data + at, n, &err), 0);
		at += n;
		n = piece;
	}
	if (item_kind)
		end_list(stream, reading);
	else
		assert_int_equal(json_stream_finish(stream, NULL, &err), 0);
	(void)json_stream_free(stream);
}

static const struct {
	const char *name;
	const char *item_kind; /* NULL: a watch */
} recordings[] = {
	{ "04-services-list", "Service" },
	{ "05-services-list-shop-all", "Service" },
	{ "06-eps-list-page1", "EndpointSlice" },
	{ "07-eps-list-page2", "EndpointSlice" },
	{ "08-eps-list-lastpage", "EndpointSlice" },
	{ "09-eps-list-selector-rv0", "EndpointSlice" },
	{ "11-empty-list", "Service" },
	{ "12-eps-watch", NULL },
	{ "13-eps-watchlist-stream", NULL },
	{ "14-services-watchlist-stream", NULL },
	{ "15-node-watchlist-stream", NULL },
	{ "16-watch-too-old-rv", NULL },
	{ "17-watch-future-rv", NULL },
	{ "18-list-future-rv-504", "Service" },
	{ "26-no-rights-403", "Service" },
	{ "43-expired-continue-410", "EndpointSlice" },
	{ "46j-json-services-list", "Service" },
	{ "47j-json-eps-list", "EndpointSlice" },
	{ "48bj-json-node-list", "Node" },
};

static void all_give_what_is_expected(void **state)
{
	size_t size, i, piece;
	char *expected = recording("expected.txt", &size);

	(void)state;
	for (piece = 1; piece < 100000; piece = piece * 7 + 1) {
		struct buf all = BUF_INIT;

		for (i = 0; i < sizeof(recordings) / sizeof(recordings[0]); i++) {
			struct buf body = BUF_INIT;
			struct reading reading;

			read_body(recordings[i].name, &body);
			replay(&body, recordings[i].item_kind, piece, piece, &reading);
			buf_printf(&all, "# %s\n%s", recordings[i].name, buf_text(&reading.text));
			buf_done(&reading.text);
			buf_done(&body);
		}
		assert_string_equal(buf_text(&all), expected);
		buf_done(&all);
	}
	free(expected);
}

/* Two pieces, cut at every byte there is. */
static void cut_anywhere(const char *name, const char *item_kind)
{
	struct buf body = BUF_INIT;
	struct reading whole;
	size_t at;

	read_body(name, &body);
	replay(&body, item_kind, body.size, body.size, &whole);
	for (at = 1; at < body.size; at++) {
		struct reading cut;

		replay(&body, item_kind, at, body.size, &cut);
		assert_string_equal(buf_text(&cut.text), buf_text(&whole.text));
		buf_done(&cut.text);
	}
	buf_done(&whole.text);
	buf_done(&body);
}

static void lists_may_be_cut_anywhere(void **state)
{
	(void)state;
	cut_anywhere("07-eps-list-page2", "EndpointSlice");
}

static void watches_may_be_cut_anywhere(void **state)
{
	(void)state;
	cut_anywhere("12-eps-watch", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_give_what_is_expected),
		cmocka_unit_test(lists_may_be_cut_anywhere),
		cmocka_unit_test(watches_may_be_cut_anywhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
