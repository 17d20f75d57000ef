/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Specific to protobuf: envelopes, wire types, repeated fields, malformed bytes. Random objects (tests/random) and
 * recordings show that fields have the same meaning as in JSON.
 */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "decode/protobuf_object.h"
#include "lib/wire.h"
#include "model/node.h"
#include "model/service.h"
#include "model/slice.h"

/* An ObjectMeta. */
static void add_metadata(struct buf *to, const char *namespace, const char *name)
{
	struct buf metadata = BUF_INIT;

	wire_string(&metadata, 1, name);
	wire_string(&metadata, 3, namespace);
	wire_string(&metadata, 6, "5");
	wire_message(to, 1, &metadata);
}

/* The result of decoding @message: @text of an error, or NULL, and an object to free. */
static struct object expect(enum object_kind kind, struct buf *message, int code, const char *text)
{
	struct object object;
	struct err err = { 0 };
	/* Of exactly this size, so that valgrind sees reads beyond it. */
	char *bytes = malloc(message->size + 1);
	int r;

	assert_non_null(bytes);
	memcpy(bytes, buf_text(message), message->size);
	bytes = realloc(bytes, message->size ? message->size : 1);
	r = protobuf_object_item(kind, bytes, message->size, &object, &err);
	if (r != code || (text && strcmp(err.text, text) != 0))
		fail_msg("%d: %s", r, err.text);
	free(bytes);
	buf_done(message);
	return object;
}

static void refused(enum object_kind kind, struct buf *message, int code, const char *text)
{
	struct object object = expect(kind, message, code, text);

	assert_true(object.kind == kind);
	assert_string_equal(object.name, "x");
	assert_null(object.service);
	object_done(&object);
}

static void test_envelope_and_event(void **state)
{
	struct buf object_message = BUF_INIT, envelope = BUF_INIT, event = BUF_INIT;
	enum watch_event_type type;
	struct api_status status;
	struct object object;
	struct err err;

	(void)state;
	add_metadata(&object_message, "", "n");
	wire_envelope(&envelope, "v1", "Node", &object_message);
	wire_event(&event, 0, "MODIFIED", &envelope);
	assert_int_equal(protobuf_object_event(event.data, event.size, &type, &object, &status, &err), 0);
	assert_int_equal(type, WATCH_EVENT_MODIFIED);
	assert_string_equal(object.node->name, "n");
	assert_string_equal(object.resource_version, "5");
	object_done(&object);
	buf_done(&event);
}

static void event_error(const char *type_name, const char *api_version, const char *kind, int code,
			const char *text)
{
	struct buf message = BUF_INIT, envelope = BUF_INIT, event = BUF_INIT;
	enum watch_event_type type;
	struct api_status status;
	struct object object;
	struct err err = { 0 };

	add_metadata(&message, "ns", "x");
	wire_envelope(&envelope, api_version, kind, &message);
	wire_event(&event, 0, type_name, &envelope);
	assert_int_equal(protobuf_object_event(event.data, event.size, &type, &object, &status, &err), code);
	if (code < 0)
		assert_string_equal(err.text, text);
	else
		assert_string_equal(object.kind_name, text);
	object_done(&object);
	buf_done(&event);
}

static void test_kinds_and_versions(void **state)
{
	(void)state;
	event_error("LOST", "v1", "Node", -EBADMSG, "not a watch event: its type is unknown");
	event_error("ADDED", "discovery.k8s.io/v1beta1", "EndpointSlice", -EINVAL,
		    "apiVersion: \"discovery.k8s.io/v1beta1\" is not discovery.k8s.io/v1");
	event_error("ADDED", "serving.knative.dev/v1", "Service", 0, "Service.serving.knative.dev");
	event_error("ADDED", "v1", "ConfigMap", 0, "ConfigMap");
	event_error("ADDED", "v1", "", -EINVAL, "kind: missing");
	event_error("ERROR", "v1", "Node", -EINVAL, "not a Status");
	/* Any object may have such a kind, whether it has items or not. */
	event_error("ADDED", "v1", "NodeList", 0, "NodeList");
	/* A Status counts only in an ERROR; elsewhere it is an object of another kind, as in JSON. */
	event_error("ADDED", "v1", "Status", 0, "Status");
	event_error("DELETED", "v1", "Status", 0, "Status");
	event_error("BOOKMARK", "v1", "Status", 0, "Status");
}

static int status_of(const char *bytes, size_t size)
{
	struct api_status status;
	struct err err;

	return protobuf_object_status(bytes, size, &status, &err);
}

static void test_envelopes_that_are_none(void **state)
{
	struct buf bytes = BUF_INIT, raw = BUF_INIT;

	(void)state;
	assert_int_equal(status_of("", 0), -EBADMSG);
	assert_int_equal(status_of("k8s", 3), -EBADMSG);
	assert_int_equal(status_of("k8s", 4), -EBADMSG);
	assert_int_equal(status_of("K8s\0\x12\x00", 6), -EBADMSG);
	assert_int_equal(status_of("k8s\0\x12\x01", 6), -EBADMSG);
	wire_envelope(&bytes, "v1", "Pod", &raw);
	assert_int_equal(status_of(bytes.data, bytes.size), -EINVAL);
	buf_reset(&bytes);
	wire_envelope(&bytes, "v1", "Status", &raw);
	assert_int_equal(status_of(bytes.data, bytes.size), 0);
	/* The content could be of any type then. */
	wire_string(&bytes, 3, "gzip");
	assert_int_equal(status_of(bytes.data, bytes.size), -EBADMSG);
	buf_done(&bytes);
}

/* Unknown fields of any wire type are skipped in any message. */
static void test_unknown_fields(void **state)
{
	struct buf message = BUF_INIT, spec = BUF_INIT;
	struct object object;

	(void)state;
	wire_number(&message, 1000, -1);
	add_metadata(&message, "", "x");
	buf_add(&message,
		"\x21"
		"12345678",
		9);
	buf_add(&message,
		"\x35"
		"1234",
		5);
	wire_string(&spec, 6, "unused");
	wire_string(&spec, 3, "None");
	wire_message(&message, 2, &spec);
	wire_string(&message, 500, "\x01\xff");
	object = expect(OBJECT_KIND_SERVICE, &message, 0, NULL);
	assert_true(object.service->headless);
	assert_string_equal(object.namespace, "default");
	object_done(&object);
}

/* The last occurrence of a field counts; occurrences of a message are joined; those of a list are its elements. */
static void test_twice(void **state)
{
	struct buf message = BUF_INIT, spec = BUF_INIT, metadata = BUF_INIT;
	struct object object;

	(void)state;
	add_metadata(&message, "ns", "x");
	wire_string(&metadata, 5, "uid");
	wire_map(&metadata, 11, "service.kubernetes.io/service-proxy-name", "");
	wire_message(&message, 1, &metadata);
	wire_string(&spec, 4, "Odd");
	wire_string(&spec, 4, "NodePort");
	wire_string(&spec, 5, "192.0.2.1");
	wire_message(&message, 2, &spec);
	wire_string(&spec, 3, "None");
	wire_string(&spec, 5, "192.0.2.2");
	wire_message(&message, 2, &spec);
	object = expect(OBJECT_KIND_SERVICE, &message, 0, NULL);
	assert_int_equal(object.service->type, SERVICE_TYPE_NODE_PORT);
	assert_int_equal(object.service->n_external_ips, 2);
	assert_true(object.service->headless);
	assert_string_equal(object.service->uid, "uid");
	assert_string_equal(object.namespace, "ns");
	assert_true(object.service->has_service_proxy_name);
	object_done(&object);
}

/* Key and value of a map's entry may be missing; the later of two equal keys counts. */
static void test_maps(void **state)
{
	struct buf message = BUF_INIT, metadata = BUF_INIT, entry = BUF_INIT;
	struct object object;

	(void)state;
	wire_string(&metadata, 1, "x");
	wire_message(&metadata, 11, &entry);
	wire_map(&metadata, 11, "topology.kubernetes.io/zone", "a");
	wire_map(&metadata, 11, "topology.kubernetes.io/zone2", "c");
	wire_map(&metadata, 11, "topology.kubernetes.io/zone", "b");
	wire_message(&message, 1, &metadata);
	object = expect(OBJECT_KIND_NODE, &message, 0, NULL);
	assert_string_equal(object.node->zone, "b");
	object_done(&object);

	wire_string(&metadata, 1, "x");
	wire_map(&metadata, 11, "topology.kubernetes.io/zone", "a");
	wire_string(&entry, 1, "topology.kubernetes.io/zone");
	wire_message(&metadata, 11, &entry);
	wire_message(&message, 1, &metadata);
	object = expect(OBJECT_KIND_NODE, &message, 0, NULL);
	assert_string_equal(object.node->zone, "");
	object_done(&object);
}

/* A field of a wrong wire type: the object is rejected, by name. */
static void test_wrong_wire_types(void **state)
{
	struct buf message = BUF_INIT, spec = BUF_INIT, port = BUF_INIT, metadata = BUF_INIT;

	(void)state;
	add_metadata(&message, "ns", "x");
	wire_number(&message, 2, 1);
	refused(OBJECT_KIND_SERVICE, &message, -EINVAL, "spec: expected an object");

	add_metadata(&message, "ns", "x");
	wire_number(&spec, 4, 1);
	wire_message(&message, 2, &spec);
	refused(OBJECT_KIND_SERVICE, &message, -EINVAL, "spec.type: expected a string");

	add_metadata(&message, "ns", "x");
	wire_number(&spec, 1, 7);
	wire_message(&message, 2, &spec);
	refused(OBJECT_KIND_SERVICE, &message, -EINVAL, "spec.ports[0]: expected an object");

	add_metadata(&message, "ns", "x");
	wire_string(&port, 3, "80");
	wire_message(&spec, 1, &port);
	wire_message(&message, 2, &spec);
	refused(OBJECT_KIND_SERVICE, &message, -EINVAL, "spec.ports[0].port: expected a whole number");

	add_metadata(&message, "ns", "x");
	wire_string(&metadata, 1, "x");
	wire_number(&metadata, 11, 1);
	wire_message(&message, 1, &metadata);
	refused(OBJECT_KIND_SERVICE, &message, -EINVAL, "metadata.labels: expected an object");

	add_metadata(&message, "ns", "x");
	wire_number(&metadata, 8, 1);
	wire_message(&message, 1, &metadata);
	refused(OBJECT_KIND_SERVICE, &message, -EINVAL, "metadata.creationTimestamp: expected a time");
}

static void test_values(void **state)
{
	struct buf message = BUF_INIT, metadata = BUF_INIT, time = BUF_INIT, spec = BUF_INIT;
	struct object object;

	(void)state;
	/* A NUL would hide the rest of the string. */
	add_metadata(&message, "ns", "x");
	wire_bytes(&spec, 4, "NodePort\0", 9);
	wire_message(&message, 2, &spec);
	refused(OBJECT_KIND_SERVICE, &message, -EINVAL, "spec.type: a NUL within a string");

	add_metadata(&message, "ns", "x");
	wire_number(&time, 1, INT64_MAX);
	wire_message(&metadata, 8, &time);
	wire_message(&message, 1, &metadata);
	refused(OBJECT_KIND_SERVICE, &message, -EINVAL,
		"metadata.creationTimestamp: 9223372036854775807 s since 1970 is not a time");

	add_metadata(&message, "ns", "x");
	wire_number(&time, 1, -62135596801);
	wire_message(&metadata, 8, &time);
	wire_message(&message, 1, &metadata);
	refused(OBJECT_KIND_SERVICE, &message, -EINVAL,
		"metadata.creationTimestamp: -62135596801 s since 1970 is not a time");

	add_metadata(&message, "ns", "x");
	wire_number(&time, 1, -1);
	wire_number(&time, 2, 0);
	wire_message(&metadata, 8, &time);
	wire_message(&message, 1, &metadata);
	wire_string(&spec, 3, "None");
	wire_message(&message, 2, &spec);
	object = expect(OBJECT_KIND_SERVICE, &message, 0, NULL);
	assert_int_equal(object.service->creation_time_s, -1);
	object_done(&object);
}

static void add_slice(struct buf *message, size_t n_endpoints)
{
	struct buf endpoint = BUF_INIT;

	add_metadata(message, "ns", "x");
	while (n_endpoints--) {
		wire_string(&endpoint, 1, "10.0.0.1");
		wire_message(message, 2, &endpoint);
	}
	wire_string(message, 4, "IPv4");
}

static void test_limits(void **state)
{
	struct buf message = BUF_INIT, spec = BUF_INIT, empty = BUF_INIT;
	struct object object;
	size_t i;

	(void)state;
	add_slice(&message, OBJECT_SLICE_ENDPOINTS_MAX);
	object = expect(OBJECT_KIND_ENDPOINT_SLICE, &message, 0, NULL);
	assert_int_equal(object.slice->n_endpoints, OBJECT_SLICE_ENDPOINTS_MAX);
	object_done(&object);
	add_slice(&message, OBJECT_SLICE_ENDPOINTS_MAX + 1);
	refused(OBJECT_KIND_ENDPOINT_SLICE, &message, -E2BIG,
		"endpoints: 4001 entries, at most 4000 are accepted");

	add_metadata(&message, "ns", "x");
	for (i = 0; i < OBJECT_SERVICE_PORTS_MAX + 1; i++)
		wire_message(&spec, 1, &empty);
	wire_message(&message, 2, &spec);
	refused(OBJECT_KIND_SERVICE, &message, -E2BIG, "spec.ports: 4097 entries, at most 4096 are accepted");

	/* A million elements of two bytes. */
	add_metadata(&message, "ns", "x");
	for (i = 0; i < 1000000; i++)
		buf_add(&message, "\x12\x00", 2);
	wire_string(&message, 4, "IPv4");
	refused(OBJECT_KIND_ENDPOINT_SLICE, &message, -E2BIG,
		"endpoints: 1000000 entries, at most 4000 are accepted");

	add_metadata(&message, "ns", "x");
	wire_bytes(&message, 99, memset(buf_reserve(&spec, OBJECT_SIZE_MAX), 'x', OBJECT_SIZE_MAX),
		   OBJECT_SIZE_MAX);
	buf_done(&spec);
	refused(OBJECT_KIND_SERVICE, &message, -E2BIG, "larger than 4 MiB");
}

/* A message that is ill-formed anywhere in a known field gives nothing but its name. */
static void test_ill_formed(void **state)
{
	static const char *const bad[] = { "\x0b", "\x08", "\x12\x7f", "\x07", "\x08\xff\xff" };
	struct buf message = BUF_INIT, spec = BUF_INIT, port = BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		add_metadata(&message, "ns", "x");
		wire_string(&spec, 3, "None");
		wire_message(&message, 2, &spec);
		buf_add(&message, bad[i], strlen(bad[i]));
		refused(OBJECT_KIND_SERVICE, &message, -EBADMSG, "not protobuf: an ill-formed message");

		add_metadata(&message, "ns", "x");
		wire_number(&port, 3, 80);
		buf_add(&port, bad[i], strlen(bad[i]));
		wire_message(&spec, 1, &port);
		wire_message(&message, 2, &spec);
		refused(OBJECT_KIND_SERVICE, &message, -EBADMSG, "not protobuf: an ill-formed message");
	}
	/* In an unknown field it does not matter. */
	add_metadata(&message, "ns", "x");
	wire_string(&spec, 3, "None");
	wire_string(&spec, 14, "");
	wire_string(&spec, 2, "\x07\x07");
	wire_message(&message, 2, &spec);
	{
		struct object object = expect(OBJECT_KIND_SERVICE, &message, 0, NULL);

		object_done(&object);
	}
}

static void test_guesses(void **state)
{
	struct buf message = BUF_INIT, envelope = BUF_INIT, event = BUF_INIT, filler = BUF_INIT;
	enum watch_event_type type;
	struct object object;
	size_t n;

	(void)state;
	add_metadata(&message, "ns", "x");
	wire_string(&filler, 1, "more");
	wire_message(&message, 2, &filler);
	wire_envelope(&envelope, "v1", "Service", &message);
	wire_event(&event, 0, "DELETED", &envelope);
	protobuf_object_guess_event(event.data, event.size, &type, &object);
	assert_int_equal(type, WATCH_EVENT_DELETED);
	assert_int_equal(object.kind, OBJECT_KIND_SERVICE);
	assert_string_equal(object.namespace, "ns");
	assert_string_equal(object.name, "x");
	object_done(&object);
	/* Names are guessed from any beginning, and nothing beyond it is read. */
	for (n = 0; n < event.size; n++) {
		char *bytes = malloc(n ? n : 1);

		assert_non_null(bytes);
		memcpy(bytes, event.data, n);
		protobuf_object_guess_event(bytes, n, &type, &object);
		assert_true(!*object.name || strcmp(object.name, "x") == 0);
		object_done(&object);
		free(bytes);
	}
	buf_done(&event);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_envelope_and_event),
		cmocka_unit_test(test_kinds_and_versions),
		cmocka_unit_test(test_envelopes_that_are_none),
		cmocka_unit_test(test_unknown_fields),
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_maps),
		cmocka_unit_test(test_wrong_wire_types),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_ill_formed),
		cmocka_unit_test(test_guesses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
