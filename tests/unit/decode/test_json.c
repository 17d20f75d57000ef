/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "decode/json.h"
#include "model/service.h"

static int decode(const char *text, struct object *object, struct err *err)
{
	err->text[0] = '\0';
	return json_decode_object(text, strlen(text), NULL, object, err);
}

/* The text is rejected with this code, message and name. */
static void refused(const char *text, int code, const char *name, const char *message)
{
	struct object object;
	struct err err;

	assert_int_equal(decode(text, &object, &err), code);
	assert_int_equal(err.code, code);
	assert_string_equal(err.text, message);
	assert_string_equal(object.name, name);
	object_done(&object);
}

static void reads_a_service(void **state)
{
	struct object object;
	struct err err;

	(void)state;
	assert_int_equal(
		decode("{\"kind\":\"Service\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"web\","
		       "\"namespace\":\"shop\",\"resourceVersion\":\"12\"},\"spec\":{\"clusterIP\":\"10.96.0.1\","
		       "\"ports\":[{\"port\":80}]},\"unknown\":{\"x\":[null]}}",
		       &object, &err),
		0);
	assert_int_equal(object.kind, OBJECT_KIND_SERVICE);
	assert_false(object.skipped);
	assert_string_equal(object.kind_name, "Service");
	assert_string_equal(object.namespace, "shop");
	assert_string_equal(object.name, "web");
	assert_string_equal(object.resource_version, "12");
	assert_non_null(object.service);
	assert_string_equal(object.service->namespace, "shop");
	assert_string_equal(object.service->name, "web");
	object_done(&object);
}

static void namespace_defaults(void **state)
{
	struct object object;
	struct err err;

	(void)state;
	assert_int_equal(
		decode("{\"kind\":\"Service\",\"metadata\":{\"name\":\"web\"},\"spec\":{\"ports\":[{\"port\":80}]}}",
		       &object, &err),
		0);
	assert_string_equal(object.namespace, "default");
	assert_string_equal(object.service->namespace, "default");
	object_done(&object);
	assert_int_equal(decode("{\"kind\":\"Node\",\"metadata\":{\"name\":\"n1\",\"namespace\":\"odd\"}}",
				&object, &err),
			 0);
	assert_string_equal(object.namespace, "");
	object_done(&object);
}

static void item_takes_the_lists_kind(void **state)
{
	static const char text[] = "{\"metadata\":{\"name\":\"web\"},\"spec\":{\"ports\":[{\"port\":80}]}}";
	struct object object;
	char kind[16];
	struct err err;

	(void)state;
	assert_int_equal(json_decode_object(text, sizeof(text) - 1, "Service", &object, &err), 0);
	assert_int_equal(object.kind, OBJECT_KIND_SERVICE);
	object_done(&object);
	refused(text, -EINVAL, "web", "kind: missing");

	assert_true(json_item_kind("ServiceList", kind, sizeof(kind)));
	assert_string_equal(kind, "Service");
	assert_false(json_item_kind("List", kind, sizeof(kind)));
	assert_false(json_item_kind("Service", kind, sizeof(kind)));
	assert_false(json_item_kind("ALongNameThatDoesNotFitList", kind, sizeof(kind)));
}

static void other_kinds_are_skipped(void **state)
{
	struct object object;
	struct err err;

	(void)state;
	assert_int_equal(
		decode("{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"c\"}}",
		       &object, &err),
		0);
	assert_true(object.skipped);
	assert_int_equal(object.kind, _OBJECT_KIND_MAX);
	assert_string_equal(object.kind_name, "ConfigMap");
	assert_string_equal(object.name, "c");
	object_done(&object);

	/* A Service by name only. */
	assert_int_equal(
		decode("{\"kind\":\"Service\",\"apiVersion\":\"serving.knative.dev/v1\",\"metadata\":{\"name\":\"k\"},"
		       "\"spec\":{\"template\":{}}}",
		       &object, &err),
		0);
	assert_true(object.skipped);
	assert_int_equal(object.kind, _OBJECT_KIND_MAX);
	assert_string_equal(object.kind_name, "Service.serving.knative.dev");
	object_done(&object);

	assert_int_equal(decode("{\"kind\":\"EndpointSlice\",\"apiVersion\":\"discovery.k8s.io/v1\","
				"\"metadata\":{\"name\":\"f\"},\"addressType\":\"FQDN\","
				"\"endpoints\":[{\"addresses\":[\"example.com\"]}]}",
				&object, &err),
			 0);
	assert_true(object.skipped);
	assert_null(object.slice);
	object_done(&object);
}

static void other_versions_are_refused(void **state)
{
	(void)state;
	refused("{\"kind\":\"EndpointSlice\",\"apiVersion\":\"discovery.k8s.io/v1beta1\",\"metadata\":{\"name\":\"s\"}}",
		-EINVAL, "s", "apiVersion: \"discovery.k8s.io/v1beta1\" is not discovery.k8s.io/v1");
	refused("{\"kind\":\"Service\",\"apiVersion\":\"v2\",\"metadata\":{\"name\":\"s\"}}", -EINVAL, "s",
		"apiVersion: \"v2\" is not v1");
}

static void names_are_checked(void **state)
{
	(void)state;
	refused("{\"kind\":\"Service\",\"metadata\":{}}", -EINVAL, "", "metadata.name: missing");
	refused("{\"kind\":\"Service\"}", -EINVAL, "", "metadata.name: missing");
	refused("{\"kind\":\"Service\",\"metadata\":{\"name\":7}}", -EINVAL, "",
		"metadata.name: expected a string");
	refused("{\"kind\":\"Service\",\"metadata\":[]}", -EINVAL, "", "metadata: expected an object");
	refused("{\"kind\":\"Service\",\"metadata\":{\"name\":\"a b\"}}", -EINVAL, "",
		"metadata.name: \"a b\" is not a DNS name");
	refused("{\"kind\":\"Service\",\"metadata\":{\"name\":\"Web\"}}", -EINVAL, "Web",
		"metadata.name: \"Web\" is not a DNS name");
	refused("{\"kind\":\"Service\",\"metadata\":{\"name\":\"web\",\"namespace\":\"-x\"}}", -EINVAL, "web",
		"metadata.namespace: \"-x\" is not a DNS name");
	refused("{\"metadata\":{\"name\":\"web\"}}", -EINVAL, "web", "kind: missing");
	refused("{\"kind\":[],\"metadata\":{\"name\":\"web\"}}", -EINVAL, "web", "kind: expected a string");
	refused("[]", -EINVAL, "", "expected an object");
	refused("{\"kind\":\"ServiceList\",\"items\":[]}", -EINVAL, "", "kind: a list within a list");
}

static void a_name_may_have_253_characters(void **state)
{
	char name[255], text[512];
	struct object object;
	struct err err;

	(void)state;
	memset(name, 'a', 254);
	name[253] = '\0';
	(void)snprintf(text, sizeof(text), "{\"kind\":\"Node\",\"metadata\":{\"name\":\"%s\"}}", name);
	assert_int_equal(decode(text, &object, &err), 0);
	assert_string_equal(object.name, name);
	object_done(&object);
	name[253] = 'a';
	name[254] = '\0';
	(void)snprintf(text, sizeof(text), "{\"kind\":\"Node\",\"metadata\":{\"name\":\"%s\"}}", name);
	assert_int_equal(decode(text, &object, &err), -EINVAL);
	object_done(&object);
}

static void bad_texts_are_told_from_bad_objects(void **state)
{
	struct object object;
	struct err err;

	(void)state;
	assert_int_equal(
		decode("{\"kind\":\"Service\",\"metadata\":{\"name\":\"web\",\"namespace\":\"shop\"} \"spec\"}",
		       &object, &err),
		-EBADMSG);
	assert_int_equal(object.kind, OBJECT_KIND_SERVICE);
	assert_string_equal(object.namespace, "shop");
	assert_string_equal(object.name, "web");
	assert_memory_equal(err.text, "not JSON: ", 10);
	object_done(&object);

	assert_int_equal(
		decode("{\"kind\":\"Service\",\"metadata\":{\"name\":\"web\"},\"spec\":{\"type\":\"A\",\"type\":\"B\"}}",
		       &object, &err),
		-EINVAL);
	assert_string_equal(object.name, "web");
	assert_non_null(strstr(err.text, "duplicate object key"));
	object_done(&object);

	assert_int_equal(
		decode("{\"kind\":\"Service\",\"metadata\":{\"name\":\"web\\u0000x\"}}", &object, &err),
		-EINVAL);
	assert_string_equal(object.name, "");
	assert_string_equal(err.text, "metadata.name: a NUL within a string");
	object_done(&object);

	/* JSON has no NUL bytes. */
	assert_int_equal(json_decode_object("{\"kind\":\0\"Service\"}", 19, NULL, &object, &err), -EBADMSG);
	object_done(&object);
	assert_int_equal(json_decode_object("", 0, NULL, &object, &err), -EBADMSG);
	object_done(&object);
}

/* @name: as written, @zone: likewise; @rest follows. Returns the error's text, "" if there is none. */
static const char *node_error(const char *name, const char *zone, const char *rest)
{
	static struct err err;
	struct object object;
	char text[2048];

	err = (struct err){ 0 };
	(void)snprintf(
		text, sizeof(text),
		"{\"kind\":\"Node\",\"metadata\":{\"name\":%s,\"labels\":{\"topology.kubernetes.io/zone\":%s}}%s}",
		name, zone, rest);
	(void)decode(text, &object, &err);
	object_done(&object);
	return err.text;
}

/* What jansson cannot keep is no error where it is not read, and where it is read it is not taken for something else. */
static void what_jansson_cannot_keep(void **state)
{
	static const char *const unread[] = {
		",\"a\":\"\xff\"",
		",\"a\":\"\xed\xa0\x80\xc0\x80\xf5\x80\x80\x80\xe2\x82\"",
		",\"a\":\"\\ud800\"",
		",\"a\":\"\\udc00\\ud800\\u0041\\ud800\\ud800\\udc00\"",
		",\"a\":99999999999999999999",
		",\"a\":[-99999999999999999999,1e999,-1E+999,0.5e99999,12e999,-1.5e400]",
		",\"a\":{\"\\u0000\":1,\"b\\\\u0000\":2,\"\\\"\\u0000\" : 3}",
		",\"\xff\":1",
	};
	char digits[900] = ",\"a\":";
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(unread); i++)
		assert_string_equal(node_error("\"n\"", "\"z\"", unread[i]), "");
	memset(digits + 5, '7', 800);
	assert_string_equal(node_error("\"n\"", "\"z\"", digits), "");
	memcpy(digits + 300, ".5e7", 4);
	assert_string_equal(node_error("\"n\"", "\"z\"", digits), "");
	assert_string_equal(
		node_error("\"n\"", "\"a\xff\"", ""),
		"metadata.labels[topology.kubernetes.io/zone]: \"a?\" has a character that is not printable ASCII");
	assert_string_equal(
		node_error("\"n\"", "\"a\\ud800\"", ""),
		"metadata.labels[topology.kubernetes.io/zone]: \"a???\" has a character that is not printable ASCII");
	assert_string_equal(node_error("\"n\"", "99999999999999999999", ""),
			    "metadata.labels[topology.kubernetes.io/zone]: expected a string");
	assert_string_equal(node_error("1e999", "\"z\"", ""), "metadata.name: expected a string");
	/* What is no JSON stays that. */
	assert_memory_equal(node_error("\"n\"", "\"z\"", ",\"a\":\"\xff\",\"b\":01"), "not JSON: ", 10);
	assert_memory_equal(node_error("\"n\"", "\"z\"", ",\"a\":00099999999999999999999"), "not JSON: ", 10);
	assert_memory_equal(node_error("\"n\"", "\"z\"", ",\"a\":1e999-1"), "not JSON: ", 10);
	assert_memory_equal(node_error("\"n\"", "\"z\"", ",\"a\":9.e999"), "not JSON: ", 10);
	memset(digits + 5, '7', 800);
	memcpy(digits + 800, ".", 2);
	assert_memory_equal(node_error("\"n\"", "\"z\"", digits), "not JSON: ", 10);
	assert_memory_equal(node_error("\"n\"", "\"z\"", ",\"a\":\"\\ud80\""), "not JSON: ", 10);
	assert_memory_equal(node_error("\"n\"", "\"z\"", ",\"a\":\"\xff\",\"a\":1"), "duplicate object key",
			    20);
}

/* {"kind":"Node","metadata":{"name":"deep"},"x":[[[...]]]}, @depth levels in all. */
static void deep_text(struct buf *text, size_t depth)
{
	size_t i;

	buf_printf(text, "{\"kind\":\"Node\",\"metadata\":{\"name\":\"deep\"},\"x\":");
	for (i = 1; i < depth; i++)
		buf_add(text, "[", 1);
	for (i = 1; i < depth; i++)
		buf_add(text, "]", 1);
	buf_printf(text, "}");
}

static void nesting_is_limited(void **state)
{
	struct buf text = BUF_INIT;
	struct object object;
	struct err err;

	(void)state;
	deep_text(&text, OBJECT_DEPTH_MAX);
	assert_int_equal(json_decode_object(text.data, text.size, NULL, &object, &err), 0);
	object_done(&object);
	buf_reset(&text);
	deep_text(&text, OBJECT_DEPTH_MAX + 1);
	refused(buf_text(&text), -E2BIG, "deep", "nested deeper than 64 levels");
	buf_reset(&text);
	deep_text(&text, 200);
	refused(buf_text(&text), -E2BIG, "deep", "nested deeper than 64 levels");
	buf_reset(&text);
	deep_text(&text, 1000000);
	refused(buf_text(&text), -E2BIG, "deep", "nested deeper than 64 levels");
	buf_done(&text);
	/* Brackets in strings don't count. */
	assert_int_equal(
		decode("{\"kind\":\"Node\",\"metadata\":{\"name\":\"n\"},\"x\":\"\\\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
		       "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"}",
		       &object, &err),
		0);
	object_done(&object);
}

static void size_is_limited(void **state)
{
	struct buf text = BUF_INIT;
	struct object object;
	struct err err;
	size_t used, i;

	(void)state;
	buf_printf(&text, "{\"kind\":\"Node\",\"metadata\":{\"name\":\"large\"},\"x\":\"");
	used = text.size;
	memset(buf_reserve(&text, OBJECT_SIZE_MAX), 'x', OBJECT_SIZE_MAX);
	text.size = OBJECT_SIZE_MAX - 2;
	assert_true(text.size > used);
	buf_printf(&text, "\"}");
	assert_int_equal(json_decode_object(text.data, text.size, NULL, &object, &err), 0);
	object_done(&object);
	buf_add(&text, " ", 1);
	refused(buf_text(&text), -E2BIG, "large", "larger than 4 MiB");
	buf_reset(&text);
	buf_printf(&text, "{\"kind\":\"Node\",\"metadata\":{\"name\":\"large\"},\"x\":[1");
	for (i = 0; i < 250000; i++)
		buf_printf(&text, ",1");
	buf_printf(&text, "]}");
	refused(buf_text(&text), -E2BIG, "large", "more than 250000 values");
	buf_reset(&text);
	buf_printf(&text, "{\"kind\":\"Node\",\"metadata\":{\"name\":\"large\"},\"x\":{\"y\":1");
	for (i = 0; i < 30000; i++)
		buf_printf(&text, ",\"%zu\":1", i);
	buf_printf(&text, "}}");
	refused(buf_text(&text), -E2BIG, "large", "an object with more than 30000 members");
	buf_done(&text);
}

static int decode_event(const char *text, enum watch_event_type *type, struct object *object,
			struct api_status *status, struct err *err)
{
	return json_decode_event(text, strlen(text), type, object, status, err);
}

static void reads_events(void **state)
{
	struct api_status status;
	enum watch_event_type type;
	struct object object;
	struct err err;

	(void)state;
	assert_int_equal(
		decode_event(
			"{\"type\":\"ADDED\",\"object\":{\"kind\":\"Service\",\"metadata\":{\"name\":\"web\","
			"\"resourceVersion\":\"9\"},\"spec\":{\"ports\":[{\"port\":80}]}}}",
			&type, &object, &status, &err),
		0);
	assert_int_equal(type, WATCH_EVENT_ADDED);
	assert_non_null(object.service);
	assert_string_equal(object.resource_version, "9");
	object_done(&object);

	assert_int_equal(
		decode_event(
			"{\"type\":\"MODIFIED\",\"object\":{\"kind\":\"Service\",\"metadata\":{\"name\":\"web\","
			"\"resourceVersion\":\"10\"},\"spec\":{\"ports\":[{\"port\":70000}]}}}",
			&type, &object, &status, &err),
		-EINVAL);
	assert_int_equal(type, WATCH_EVENT_MODIFIED);
	assert_string_equal(err.text, "spec.ports[0].port: 70000 is not in 1..65535");
	assert_int_equal(object.kind, OBJECT_KIND_SERVICE);
	assert_string_equal(object.namespace, "default");
	assert_string_equal(object.name, "web");
	assert_string_equal(object.resource_version, "10");
	assert_null(object.service);
	object_done(&object);

	/* A bad object can be deleted. */
	assert_int_equal(
		decode_event(
			"{\"type\":\"DELETED\",\"object\":{\"kind\":\"Service\",\"metadata\":{\"name\":\"web\","
			"\"resourceVersion\":\"11\"},\"spec\":{\"ports\":[{\"port\":70000}]}}}",
			&type, &object, &status, &err),
		0);
	assert_int_equal(type, WATCH_EVENT_DELETED);
	assert_int_equal(object.kind, OBJECT_KIND_SERVICE);
	assert_null(object.service);
	assert_string_equal(object.name, "web");
	object_done(&object);
}

static void reads_bookmarks_and_errors(void **state)
{
	struct api_status status;
	enum watch_event_type type;
	struct object object;
	struct err err;

	(void)state;
	assert_int_equal(
		decode_event("{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"Service\",\"apiVersion\":\"v1\","
			     "\"metadata\":{\"resourceVersion\":\"12\",\"creationTimestamp\":null,"
			     "\"annotations\":{\"k8s.io/initial-events-end\":\"true\"}},\"spec\":{}}}",
			     &type, &object, &status, &err),
		0);
	assert_int_equal(type, WATCH_EVENT_BOOKMARK);
	assert_string_equal(object.resource_version, "12");
	assert_true(object.initial_events_end);
	object_done(&object);
	assert_int_equal(decode_event("{\"type\":\"BOOKMARK\",\"object\":{\"kind\":\"Service\","
				      "\"metadata\":{\"resourceVersion\":\"13\"}}}",
				      &type, &object, &status, &err),
			 0);
	assert_false(object.initial_events_end);
	object_done(&object);

	assert_int_equal(
		decode_event(
			"{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":410,\"reason\":\"Expired\","
			"\"message\":\"too old\","
			"\"details\":{\"retryAfterSeconds\":3}}}",
			&type, &object, &status, &err),
		0);
	assert_int_equal(type, WATCH_EVENT_ERROR);
	assert_int_equal(status.code, 410);
	assert_string_equal(status.reason, "Expired");
	assert_string_equal(status.message, "too old");
	assert_int_equal(status.retry_after_s, 3);
	object_done(&object);
}

static void bad_events(void **state)
{
	struct api_status status;
	enum watch_event_type type;
	struct object object;
	struct err err;

	(void)state;
	assert_int_equal(decode_event("{\"type\":\"RENAMED\",\"object\":{}}", &type, &object, &status, &err),
			 -EBADMSG);
	assert_int_equal(type, _WATCH_EVENT_MAX);
	object_done(&object);
	assert_int_equal(decode_event("{\"kind\":\"Service\"}", &type, &object, &status, &err), -EBADMSG);
	object_done(&object);
	assert_int_equal(decode_event("{\"type\":\"ADDED\"}", &type, &object, &status, &err), -EINVAL);
	assert_int_equal(type, WATCH_EVENT_ADDED);
	object_done(&object);
	assert_int_equal(decode_event("{\"type\":\"ERROR\",\"object\":{\"kind\":\"Pod\"}}", &type, &object,
				      &status, &err),
			 -EINVAL);
	object_done(&object);
	assert_int_equal(
		decode_event(
			"{\"type\":\"ADDED\",\"object\":{\"kind\":\"Node\",\"metadata\":{\"name\":\"n1\"},,}}",
			&type, &object, &status, &err),
		-EBADMSG);
	assert_int_equal(object.kind, OBJECT_KIND_NODE);
	assert_string_equal(object.name, "n1");
	object_done(&object);
}

static void odd_status_fields_are_left_out(void **state)
{
	static const char text[] =
		"{\"kind\":\"Status\",\"code\":-1,\"reason\":{},\"details\":{\"retryAfterSeconds\":1e9}}";
	static const char other[] = "{\"kind\":\"Pod\"}";
	struct api_status status;
	struct err err;

	(void)state;
	assert_int_equal(json_decode_status(text, sizeof(text) - 1, &status, &err), 0);
	assert_int_equal(status.code, 0);
	assert_string_equal(status.reason, "");
	assert_int_equal(status.retry_after_s, 0);
	assert_int_equal(json_decode_status(other, sizeof(other) - 1, &status, &err), -EINVAL);
	assert_int_equal(json_decode_status("nginx", 5, &status, &err), -EBADMSG);
}

static void guesses_from_a_head(void **state)
{
	static const char head[] =
		"{ \"apiVersion\" : \"discovery.k8s.io/v1\", \"kind\" : \"EndpointSlice\",\n"
		"\"a\":[\"kind\",{\"metadata\":{\"name\":\"no\"}}],"
		"\"metadata\" : { \"labels\": {\"name\":\"no\"}, \"name\" : \"web-1\",\"namespace\":\"sh";
	struct object object;

	(void)state;
	json_guess_object(head, sizeof(head) - 1, NULL, &object);
	assert_int_equal(object.kind, OBJECT_KIND_ENDPOINT_SLICE);
	assert_string_equal(object.name, "web-1");
	assert_string_equal(object.namespace, "default");
	object_done(&object);
	json_guess_object("\"\\", 2, "Service", &object);
	assert_int_equal(object.kind, OBJECT_KIND_SERVICE);
	assert_string_equal(object.name, "");
	object_done(&object);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_a_service),
		cmocka_unit_test(namespace_defaults),
		cmocka_unit_test(item_takes_the_lists_kind),
		cmocka_unit_test(other_kinds_are_skipped),
		cmocka_unit_test(other_versions_are_refused),
		cmocka_unit_test(names_are_checked),
		cmocka_unit_test(a_name_may_have_253_characters),
		cmocka_unit_test(bad_texts_are_told_from_bad_objects),
		cmocka_unit_test(what_jansson_cannot_keep),
		cmocka_unit_test(nesting_is_limited),
		cmocka_unit_test(size_is_limited),
		cmocka_unit_test(reads_events),
		cmocka_unit_test(reads_bookmarks_and_errors),
		cmocka_unit_test(bad_events),
		cmocka_unit_test(odd_status_fields_are_left_out),
		cmocka_unit_test(guesses_from_a_head),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
