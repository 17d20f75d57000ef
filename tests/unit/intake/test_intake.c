/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sink of the sources: put, delete, reject, keep, and when the first sync may run (Y1). */
#include "config.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "base/log.h"
#include "decode/json.h"
#include "intake/intake.h"
#include "intake/lacking_objects.h"
#include "intake/rejected_objects.h"
#include "lib/objects.h"
#include "model/node.h"
#include "model/service.h"
#include "model/slice.h"
#include "model/store.h"

struct fixture {
	struct arena *arena;
	struct store *store;
	struct intake intake;
	struct object_sink sink;
	unsigned int n_changed;
};

static void count_change(void *ctx)
{
	struct fixture *f = ctx;

	f->n_changed++;
}

static int setup(void **state)
{
	static struct fixture f;

	f = (struct fixture){ .arena = arena_new(), .store = store_new() };
	intake_init(&f.intake,
		    &(struct intake_params){ .store = f.store, .changed = count_change, .ctx = &f });
	f.sink = intake_sink(&f.intake);
	log_set_level(LOG_LEVEL_ERROR);
	*state = &f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	store_free(f->store);
	arena_free(f->arena);
	return 0;
}

static void put(struct fixture *f, struct object *object)
{
	f->sink.put(f->sink.ctx, object);
	object_done(object);
}

static void put_service(struct fixture *f, const char *name)
{
	struct object object = { .kind = OBJECT_KIND_SERVICE };

	object.service = service_new_copy(objects_service(f->arena, name, "ip=10.96.0.1 port=http/TCP/80"));
	put(f, &object);
}

static void put_slice(struct fixture *f, const char *name, const char *service)
{
	struct object object = { .kind = OBJECT_KIND_ENDPOINT_SLICE };

	object.slice = slice_new_copy(objects_slice(f->arena, name, service, "http/TCP/80 | 10.244.0.1 R"));
	put(f, &object);
}

static void put_node(struct fixture *f, const char *name)
{
	struct object object = { .kind = OBJECT_KIND_NODE };

	object.kind_name = alloc_string("Node");
	object.namespace = alloc_string("");
	object.name = alloc_string(name);
	object.node = node_new_copy(&(struct node){ .name = name, .uid = "", .zone = "" });
	put(f, &object);
}

static void refuse(struct fixture *f, enum object_kind kind, const char *namespace, const char *name)
{
	struct object object = { .kind = kind };
	struct err err = { 0 };

	object.kind_name = alloc_string(kind < _OBJECT_KIND_MAX ? store_kind_name(kind) : "");
	object.namespace = alloc_string(namespace);
	object.name = alloc_string(name);
	(void)err_set(&err, -EINVAL, "spec: is bad");
	f->sink.refused(f->sink.ctx, &object, &err);
	object_done(&object);
}

static void test_put(void **state)
{
	struct fixture *f = *state;
	const struct store_group *group;

	put_service(f, "ns/web");
	put_slice(f, "ns/web-1", "web");
	put_node(f, "here");
	group = store_find_group(f->store, "ns", "web");
	assert_non_null(group);
	assert_non_null(group->service);
	assert_int_equal(group->n_slices, 1);
	assert_non_null(store_find_node(f->store, "here"));
	assert_int_equal(f->n_changed, 3);
}

static void test_put_skipped(void **state)
{
	struct fixture *f = *state;
	struct object object = { .kind = _OBJECT_KIND_MAX, .skipped = true };

	object.kind_name = alloc_string("ConfigMap");
	put(f, &object);
	object = (struct object){ .kind = OBJECT_KIND_ENDPOINT_SLICE, .skipped = true };
	put(f, &object);
	assert_int_equal(f->n_changed, 0);
	assert_int_equal(store_count(f->store, OBJECT_KIND_ENDPOINT_SLICE), 0);
}

/* A source without end does not take all memory; what is known may still change. */
static void test_too_many(void **state)
{
	struct fixture *f = *state;
	char name[32];
	unsigned int i;

	for (i = 0; i <= OBJECT_COUNT_MAX; i++) {
		(void)snprintf(name, sizeof(name), "n%u", i);
		put_node(f, name);
	}
	assert_int_equal(store_count(f->store, OBJECT_KIND_NODE), OBJECT_COUNT_MAX);
	assert_false(store_has(f->store, OBJECT_KIND_NODE, "", name));
	assert_int_equal(f->intake.n_rejected, 1);
	put_node(f, "n0");
	assert_int_equal(f->intake.n_rejected, 1);
	put_service(f, "default/a");
	assert_int_equal(store_count(f->store, OBJECT_KIND_SERVICE), 1);
}

static void test_del(void **state)
{
	struct fixture *f = *state;

	put_service(f, "ns/web");
	put_service(f, "ns/api");
	f->n_changed = 0;
	f->sink.del(f->sink.ctx, OBJECT_KIND_SERVICE, "ns", "web");
	assert_int_equal(f->n_changed, 1);
	assert_int_equal(store_count(f->store, OBJECT_KIND_SERVICE), 1);
	assert_non_null(store_find_group(f->store, "ns", "api"));
	/* Deleting an unknown object is no error (L11). */
	f->sink.del(f->sink.ctx, OBJECT_KIND_ENDPOINT_SLICE, "ns", "nothing");
	f->sink.del(f->sink.ctx, OBJECT_KIND_NODE, "", "nobody");
}

static void test_refused_keeps_the_last_good_one(void **state)
{
	struct fixture *f = *state;

	put_service(f, "ns/web");
	put_service(f, "ns/api");
	f->n_changed = 0;
	refuse(f, OBJECT_KIND_SERVICE, "ns", "web");
	assert_int_equal(f->intake.n_rejected, 1);
	assert_int_equal(f->n_changed, 0);
	assert_int_equal(store_count(f->store, OBJECT_KIND_SERVICE), 2);

	/* A list with a bad version keeps the last good one, and deletes the object that it lacks. */
	f->sink.replace_begin(f->sink.ctx, OBJECT_KIND_SERVICE);
	refuse(f, OBJECT_KIND_SERVICE, "ns", "web");
	f->sink.replace_end(f->sink.ctx, OBJECT_KIND_SERVICE);
	assert_int_equal(f->intake.n_rejected, 2);
	assert_int_equal(f->n_changed, 1);
	assert_non_null(store_find_group(f->store, "ns", "web"));
	assert_int_equal(store_count(f->store, OBJECT_KIND_SERVICE), 1);
}

/* A sync is requested once, and again when it is known what the Node is. */
static void test_refused_node(void **state)
{
	struct fixture *f = *state;

	refuse(f, OBJECT_KIND_NODE, "", "n");
	refuse(f, OBJECT_KIND_NODE, "", "n");
	assert_true(store_is_unread_node(f->store, "n"));
	assert_int_equal(f->n_changed, 1);
	f->sink.unrefused(f->sink.ctx, "file", OBJECT_KIND_NODE, "", "n");
	assert_false(store_is_unread_node(f->store, "n"));
	assert_int_equal(f->n_changed, 2);
	put_node(f, "n");
	refuse(f, OBJECT_KIND_NODE, "", "n");
	f->sink.unrefused(f->sink.ctx, "file", OBJECT_KIND_NODE, "", "n");
	assert_non_null(store_find_node(f->store, "n"));
	assert_int_equal(f->n_changed, 3);
}

static void test_refused_without_a_name(void **state)
{
	struct fixture *f = *state;
	struct object unread;
	struct err err = { 0 };

	refuse(f, OBJECT_KIND_SERVICE, "ns", "");
	refuse(f, _OBJECT_KIND_MAX, "", "");
	(void)err_set(&err, -EINVAL, "no object");
	object_unread(&unread);
	f->sink.refused(f->sink.ctx, &unread, &err);
	object_done(&unread);
	/* After object_done() all strings are NULL. */
	f->sink.refused(f->sink.ctx, &unread, &err);
	assert_int_equal(f->intake.n_rejected, 4);
	assert_int_equal(store_count(f->store, OBJECT_KIND_SERVICE), 0);
}

static void test_replace(void **state)
{
	struct fixture *f = *state;

	put_service(f, "ns/old");
	put_slice(f, "ns/old-1", "old");
	f->sink.replace_begin(f->sink.ctx, OBJECT_KIND_SERVICE);
	put_service(f, "ns/new");
	f->sink.replace_abort(f->sink.ctx, OBJECT_KIND_SERVICE);
	assert_int_equal(store_count(f->store, OBJECT_KIND_SERVICE), 2);

	f->sink.replace_begin(f->sink.ctx, OBJECT_KIND_SERVICE);
	put_service(f, "ns/new");
	f->sink.replace_end(f->sink.ctx, OBJECT_KIND_SERVICE);
	assert_int_equal(store_count(f->store, OBJECT_KIND_SERVICE), 1);
	/* Objects of other kinds stay. */
	assert_int_equal(store_count(f->store, OBJECT_KIND_ENDPOINT_SLICE), 1);
}

/* An object of a list with the bytes of its last put stays without being put again. */
static void test_keep(void **state)
{
	struct fixture *f = *state;
	struct object object = { .kind = OBJECT_KIND_SERVICE, .digest = "bytes" };

	put_service(f, "ns/other");
	object.namespace = alloc_string("ns");
	object.name = alloc_string("known");
	object.service = service_new_copy(objects_service(f->arena, "ns/known", ""));
	f->sink.put(f->sink.ctx, &object);
	object_done(&object);
	f->sink.replace_begin(f->sink.ctx, OBJECT_KIND_SERVICE);
	assert_false(f->sink.keep(f->sink.ctx, OBJECT_KIND_SERVICE, "others"));
	assert_true(f->sink.keep(f->sink.ctx, OBJECT_KIND_SERVICE, "bytes"));
	f->sink.replace_end(f->sink.ctx, OBJECT_KIND_SERVICE);
	assert_int_equal(store_count(f->store, OBJECT_KIND_SERVICE), 1);
	assert_true(store_has(f->store, OBJECT_KIND_SERVICE, "ns", "known"));
}

static void test_complete_when_all_kinds_are(void **state)
{
	struct fixture *f = *state;

	assert_false(intake_complete(&f->intake));
	f->sink.synced(f->sink.ctx, OBJECT_KIND_SERVICE);
	f->sink.synced(f->sink.ctx, OBJECT_KIND_NODE);
	f->sink.synced(f->sink.ctx, OBJECT_KIND_SERVICE_CIDR);
	assert_false(intake_complete(&f->intake));
	f->sink.synced(f->sink.ctx, OBJECT_KIND_ENDPOINT_SLICE);
	assert_true(intake_complete(&f->intake));
	assert_int_equal(f->n_changed, 4);
	/* After a relist it is called again: no change. */
	f->sink.synced(f->sink.ctx, OBJECT_KIND_SERVICE);
	assert_int_equal(f->n_changed, 4);
}

static void test_trouble_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct err err = { 0 };

	put_service(f, "ns/web");
	f->n_changed = 0;
	(void)err_set(&err, -ECONNREFUSED, "nobody is there");
	f->sink.degraded(f->sink.ctx, &(struct object_source){ "services", NULL, _OBJECT_KIND_MAX }, &err);
	f->sink.recovered(f->sink.ctx, &(struct object_source){ "services", NULL, _OBJECT_KIND_MAX });
	assert_int_equal(f->intake.n_degraded, 1);
	assert_int_equal(f->n_changed, 0);
	assert_int_equal(store_count(f->store, OBJECT_KIND_SERVICE), 1);
}

static void test_no_callback(void **state)
{
	struct fixture *f = *state;

	f->intake.params.changed = NULL;
	put_service(f, "ns/web");
	f->sink.synced(f->sink.ctx, OBJECT_KIND_SERVICE);
	assert_int_equal(store_count(f->store, OBJECT_KIND_SERVICE), 1);
}

static void save_service(struct fixture *f, const char *name, struct object *ret)
{
	*ret = (struct object){ .kind = OBJECT_KIND_SERVICE, .namespace = alloc_string("default") };
	ret->name = alloc_string(strchr(name, '/') + 1);
	ret->service = service_new_copy(objects_service(f->arena, name, "ip=10.96.0.9 port=http/TCP/80"));
}

/* Saved objects are used for kinds that were not listed, unless the source has sent the object. */
static void test_saved(void **state)
{
	struct fixture *f = *state;
	const struct store_group *group;
	struct object saved;

	put_service(f, "default/web");
	f->n_changed = 0;
	save_service(f, "default/web", &saved);
	assert_false(intake_add_saved(&f->intake, &saved));
	object_done(&saved);
	save_service(f, "default/db", &saved);
	assert_true(intake_add_saved(&f->intake, &saved));
	assert_null(saved.service);
	object_done(&saved);
	assert_int_equal(f->n_changed, 1);
	assert_int_equal(store_count(f->store, OBJECT_KIND_SERVICE), 2);
	group = store_find_group(f->store, "default", "web");
	assert_int_equal(group->service->cluster_ip[FAMILY_IPV4].bytes[3], 1);
	/* A list that lacks a saved object deletes it. */
	f->sink.replace_begin(f->sink.ctx, OBJECT_KIND_SERVICE);
	put_service(f, "default/web");
	f->sink.replace_end(f->sink.ctx, OBJECT_KIND_SERVICE);
	f->sink.synced(f->sink.ctx, OBJECT_KIND_SERVICE);
	assert_int_equal(store_count(f->store, OBJECT_KIND_SERVICE), 1);
	/* A kind that was listed takes no saved object. */
	save_service(f, "default/db", &saved);
	assert_false(intake_add_saved(&f->intake, &saved));
	assert_int_equal(store_count(f->store, OBJECT_KIND_SERVICE), 1);
	object_done(&saved);
}

static struct buf warned;

static bool collect(enum log_level level, const char *mod, const char *msg, const struct log_field *fields,
		    const char *line)
{
	(void)mod;
	(void)msg;
	(void)line;
	assert_int_equal(level, LOG_LEVEL_WARN);
	assert_string_equal(fields[0].key, "object");
	assert_string_equal(fields[1].key, "err");
	buf_printf(&warned, "%s: %s\n", fields[0].text, fields[1].text);
	return true;
}

/* Puts a Service of this version with @n warnings; returns the log lines. */
static const char *put_with_warnings(struct fixture *f, const char *version, unsigned int n)
{
	struct object object = { .kind = OBJECT_KIND_SERVICE };
	struct buf text;
	unsigned int i;

	object.kind_name = alloc_string("Service");
	object.namespace = alloc_string("ns");
	object.name = alloc_string("web");
	object.resource_version = alloc_string(version);
	object.service =
		service_new_copy(objects_service(f->arena, "ns/web", "ip=10.96.0.1 port=http/TCP/80"));
	for (i = 0; i < n; i++) {
		text = (struct buf)BUF_INIT;
		buf_printf(&text, "bad %u", i);
		warnings_add(&object.warnings, text.data);
	}
	buf_reset(&warned);
	put(f, &object);
	return buf_text(&warned);
}

static unsigned int n_unavailable, n_available;
static char last_line[1024];

static bool count_lines(enum log_level level, const char *mod, const char *msg,
			const struct log_field *fields, const char *line)
{
	(void)level;
	(void)mod;
	(void)fields;
	(void)snprintf(last_line, sizeof(last_line), "%s", line);
	n_unavailable += strncmp(msg, "source unavailable", 18) == 0;
	n_available += strcmp(msg, "source available again") == 0;
	return true;
}

static const struct object_source api[_OBJECT_KIND_MAX] = {
	{ "https://api", "/etc/proxy.conf", 0 },
	{ "https://api", "/etc/proxy.conf", 1 },
	{ "https://api", "/etc/proxy.conf", 2 },
	{ "https://api", "/etc/proxy.conf", 3 },
};

/* Y38. An API server that is away for hours: each failure is tried again and has other times in its text. */
static void test_outage(void **state)
{
	struct fixture *f = *state;
	struct err err = { 0 };
	int i;

	n_unavailable = n_available = 0;
	log_set_level(LOG_LEVEL_INFO);
	log_set_sink(count_lines);
	for (i = 0; i < 1600; i++) {
		(void)err_set(&err, -ECONNREFUSED, "services: no connection after %d ms; tried again in %d s",
			      i, i);
		f->sink.degraded(f->sink.ctx, &api[i % 4], &err);
	}
	assert_int_equal(n_unavailable, 1);
	assert_string_equal(
		last_line,
		"level=warn mod=source msg=\"source unavailable, keeping the last known state\" "
		"origin=https://api err=\"services: no connection after 0 ms; tried again in 0 s\" "
		"kubeconfig=/etc/proxy.conf");
	/* Another failure is not hidden. */
	(void)err_set(&err, -EACCES, "services: 403; tried again in 30 s");
	f->sink.degraded(f->sink.ctx, &api[0], &err);
	assert_int_equal(n_unavailable, 2);
	for (i = 0; i < 3; i++)
		f->sink.recovered(f->sink.ctx, &api[i]);
	assert_int_equal(n_available, 0);
	f->sink.recovered(f->sink.ctx, &api[3]);
	assert_int_equal(n_available, 1);
	/* And so each time. */
	f->sink.degraded(f->sink.ctx, &api[2], &err);
	f->sink.recovered(f->sink.ctx, &api[2]);
	assert_int_equal(n_unavailable, 3);
	assert_int_equal(n_available, 2);
	assert_string_equal(last_line,
			    "level=info mod=source msg=\"source available again\" origin=https://api "
			    "seconds=0");
	log_set_sink(NULL);
}

static void refuse_for(struct fixture *f, const char *text)
{
	char kind[] = "Service", namespace[] = "ns", name[] = "bad";
	const struct object object = {
		.kind = OBJECT_KIND_SERVICE, .kind_name = kind, .namespace = namespace, .name = name
	};
	struct err err = { 0 };

	(void)err_set(&err, -EINVAL, "%s", text);
	last_line[0] = '\0';
	f->sink.refused(f->sink.ctx, &object, &err);
}

/* Y41. */
static void test_same_mistake(void **state)
{
	static const char line[] =
		"level=warn mod=source msg=\"object refused\" object=\"Service ns/bad\" err=";
	struct fixture *f = *state;

	log_set_level(LOG_LEVEL_INFO);
	log_set_sink(count_lines);
	refuse_for(f, "port");
	assert_memory_equal(last_line, line, strlen(line));
	refuse_for(f, "port");
	assert_string_equal(last_line, "");
	refuse_for(f, "protocol");
	assert_memory_equal(last_line, line, strlen(line));
	refuse_for(f, "protocol");
	assert_string_equal(last_line, "");
	/* It comes back after the object was deleted. */
	f->sink.del(f->sink.ctx, OBJECT_KIND_SERVICE, "ns", "bad");
	refuse_for(f, "protocol");
	assert_memory_equal(last_line, line, strlen(line));
	log_set_sink(NULL);
}

/* Y39. The first list of a kind takes six seconds. */
static void test_long_list(void **state)
{
	struct fixture *f = *state;
	struct list_progress *progress = &f->intake.progress[OBJECT_KIND_SERVICE];

	log_set_level(LOG_LEVEL_INFO);
	log_set_sink(count_lines);
	last_line[0] = '\0';
	f->sink.replace_begin(f->sink.ctx, OBJECT_KIND_SERVICE);
	put_service(f, "ns/a");
	put_service(f, "ns/b");
	assert_string_equal(last_line, "");
	progress->begin_ms -= 6000;
	progress->said_ms -= 6000;
	put_service(f, "ns/c");
	assert_string_equal(last_line,
			    "level=info mod=source msg=\"listing, not yet complete\" kind=Service objects=3 "
			    "seconds=6");
	last_line[0] = '\0';
	put_service(f, "ns/d");
	assert_string_equal(last_line, "");
	f->sink.replace_end(f->sink.ctx, OBJECT_KIND_SERVICE);
	f->sink.synced(f->sink.ctx, OBJECT_KIND_SERVICE);
	last_line[0] = '\0';
	/* Not a list any more, or not the first one. */
	progress->said_ms -= 6000;
	put_service(f, "ns/e");
	assert_string_equal(last_line, "");
	log_set_sink(NULL);
}

/* Once for each version, and rate limited. */
static void test_warnings(void **state)
{
	struct fixture *f = *state;

	log_set_level(LOG_LEVEL_WARN);
	log_set_sink(collect);
	assert_string_equal(put_with_warnings(f, "1", 2), "Service ns/web: bad 0\nService ns/web: bad 1\n");
	assert_string_equal(put_with_warnings(f, "1", 2), "");
	assert_string_equal(put_with_warnings(f, "2", 1), "Service ns/web: bad 0\n");
	assert_string_equal(put_with_warnings(f, "3", 0), "");
	assert_string_equal(put_with_warnings(f, "4", 1), "Service ns/web: bad 0\n");
	assert_string_equal(put_with_warnings(f, "5", 1), "");
	assert_non_null(strstr(put_with_warnings(f, "6", WARNINGS_MAX + 3),
			       "Service ns/web: bad 7\nService ns/web: and 3 more values of it\n"));
	assert_int_equal(f->intake.n_rejected, 0);
	assert_int_equal(store_count(f->store, OBJECT_KIND_SERVICE), 1);
	log_set_sink(NULL);
	buf_done(&warned);
}

/* As the kubelet writes it, every ten seconds and when images or annotations change. */
static void put_node_text(struct fixture *f, const char *version, const char *time, const char *zone)
{
	struct object object = { .kind = OBJECT_KIND_NODE };
	struct buf text = BUF_INIT;
	struct err err = { 0 };

	buf_printf(&text,
		   "{\"kind\":\"Node\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"n1\",\"uid\":\"u\","
		   "\"resourceVersion\":\"%s\",\"labels\":{\"topology.kubernetes.io/zone\":\"%s\","
		   "\"example.com/seen\":\"%s\"},\"annotations\":{\"example.com/seen\":\"%s\"}},"
		   "\"spec\":{\"podCIDR\":\"10.244.1.0/24\"},\"status\":{"
		   "\"addresses\":[{\"type\":\"InternalIP\",\"address\":\"192.0.2.1\"}],"
		   "\"conditions\":[{\"type\":\"Ready\",\"status\":\"True\",\"lastHeartbeatTime\":\"%s\"}],"
		   "\"images\":[{\"names\":[\"example.com/%s\"],\"sizeBytes\":1}]}}",
		   version, zone, version, version, time, version);
	assert_int_equal(json_decode_object(text.data, text.size, NULL, &object, &err), 0);
	buf_done(&text);
	put(f, &object);
}

/* tests/COVERAGE.md D10: a Service is planned anew only if the Node has changed in what plans use. */
static void test_node_heartbeat(void **state)
{
	struct fixture *f = *state;
	uint64_t changes;

	put_service(f, "team/web");
	put_node_text(f, "1", "2026-11-29T16:00:00Z", "a");
	assert_true(store_node_changed(f->store));
	while (store_dirty_next(f->store))
		;
	changes = store_changes(f->store);
	put_node_text(f, "2", "2026-11-29T16:00:10Z", "a");
	assert_false(store_node_changed(f->store));
	assert_int_equal(store_changes(f->store), changes);
	put_node_text(f, "3", "2026-11-29T16:00:20Z", "b");
	assert_true(store_node_changed(f->store));
}

static bool restore(struct fixture *f, const char *namespace, const char *name)
{
	struct object object = { .kind = OBJECT_KIND_SERVICE };
	char full[128];
	bool used;

	(void)snprintf(full, sizeof(full), "%s/%s", namespace, name);
	object.namespace = alloc_string(namespace);
	object.name = alloc_string(name);
	object.service = service_new_copy(objects_service(f->arena, full, "ip=10.96.0.1 port=http/TCP/80"));
	used = intake_restore(&f->intake, &object);
	object_done(&object);
	return used;
}

/* A saved version stands for a bad one, if there is no good one. */
static void test_restore(void **state)
{
	struct fixture *f = *state;
	struct lacking_objects *lacking = lacking_objects_new();

	refuse(f, OBJECT_KIND_SERVICE, "default", "web");
	assert_false(restore(f, "default", "web"));
	intake_note_lacking(&f->intake, lacking);
	put_service(f, "default/good");
	refuse(f, OBJECT_KIND_SERVICE, "default", "good");
	refuse(f, _OBJECT_KIND_MAX, "", "");
	assert_true(lacking_objects_is_empty(lacking));
	refuse(f, OBJECT_KIND_SERVICE, "default", "web");
	assert_false(lacking_objects_is_empty(lacking));
	assert_false(restore(f, "default", "good"));
	assert_false(restore(f, "default", "other"));
	assert_false(restore(f, "other", "web"));
	assert_true(restore(f, "default", "web"));
	assert_true(store_has(f->store, OBJECT_KIND_SERVICE, "default", "web"));
	assert_false(restore(f, "default", "web"));
	assert_true(lacking_objects_is_empty(lacking));
	lacking_objects_free(lacking);
}

/* What was refused, and went or became good before it is restored. */
static void test_restore_gone(void **state)
{
	struct fixture *f = *state;
	struct lacking_objects *lacking = lacking_objects_new();

	intake_note_lacking(&f->intake, lacking);
	refuse(f, OBJECT_KIND_NODE, "", "n");
	put_node(f, "n");
	assert_true(lacking_objects_is_empty(lacking));
	refuse(f, OBJECT_KIND_SERVICE, "default", "web");
	f->sink.del(f->sink.ctx, OBJECT_KIND_SERVICE, "default", "web");
	assert_false(restore(f, "default", "web"));
	refuse(f, OBJECT_KIND_SERVICE, "default", "web");
	f->sink.replace_begin(f->sink.ctx, OBJECT_KIND_SERVICE);
	refuse(f, OBJECT_KIND_SERVICE, "default", "late");
	f->sink.replace_end(f->sink.ctx, OBJECT_KIND_SERVICE);
	assert_false(restore(f, "default", "web"));
	assert_true(restore(f, "default", "late"));
	lacking_objects_free(lacking);
}

/* The list of rejected objects is short; what is restored is not. */
static void test_restore_many(void **state)
{
	struct rejected_objects *rejected = rejected_objects_new();
	struct lacking_objects *lacking = lacking_objects_new();
	struct fixture *f = *state;
	char name[32];
	int i;

	f->intake.params.rejected = rejected;
	intake_note_lacking(&f->intake, lacking);
	for (i = 0; i <= REJECTED_OBJECTS_MAX; i++) {
		(void)snprintf(name, sizeof(name), "s%d", i);
		refuse(f, OBJECT_KIND_SERVICE, "default", name);
		refuse(f, OBJECT_KIND_SERVICE, "default", name);
	}
	for (i = 0; i <= REJECTED_OBJECTS_MAX; i++) {
		(void)snprintf(name, sizeof(name), "s%d", i);
		assert_true(restore(f, "default", name));
	}
	assert_true(lacking_objects_is_empty(lacking));
	/* They are still bad. */
	assert_int_equal(rejected_objects_count(rejected), REJECTED_OBJECTS_MAX);
	lacking_objects_free(lacking);
	rejected_objects_free(rejected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_put, setup, teardown),
		cmocka_unit_test_setup_teardown(test_put_skipped, setup, teardown),
		cmocka_unit_test_setup_teardown(test_too_many, setup, teardown),
		cmocka_unit_test_setup_teardown(test_del, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused_keeps_the_last_good_one, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused_node, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused_without_a_name, setup, teardown),
		cmocka_unit_test_setup_teardown(test_replace, setup, teardown),
		cmocka_unit_test_setup_teardown(test_keep, setup, teardown),
		cmocka_unit_test_setup_teardown(test_complete_when_all_kinds_are, setup, teardown),
		cmocka_unit_test_setup_teardown(test_trouble_changes_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_callback, setup, teardown),
		cmocka_unit_test_setup_teardown(test_saved, setup, teardown),
		cmocka_unit_test_setup_teardown(test_restore, setup, teardown),
		cmocka_unit_test_setup_teardown(test_restore_gone, setup, teardown),
		cmocka_unit_test_setup_teardown(test_restore_many, setup, teardown),
		cmocka_unit_test_setup_teardown(test_node_heartbeat, setup, teardown),
		cmocka_unit_test_setup_teardown(test_warnings, setup, teardown),
		cmocka_unit_test_setup_teardown(test_outage, setup, teardown),
		cmocka_unit_test_setup_teardown(test_long_list, setup, teardown),
		cmocka_unit_test_setup_teardown(test_same_mistake, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
