/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/buf.h"
#include "lib/objects.h"
#include "model/node.h"
#include "model/service.h"
#include "model/service_cidr.h"
#include "model/slice.h"
#include "model/store.h"

struct fixture {
	struct store *store;
	struct arena *arena;
	struct buf text;
};

static int fixture_setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->store = store_new();
	f->arena = arena_new();
	*state = f;
	return 0;
}

static int fixture_teardown(void **state)
{
	struct fixture *f = *state;

	f->store = store_free(f->store);
	assert_null(f->store);
	arena_free(f->arena);
	buf_done(&f->text);
	free(f);
	return 0;
}

static void put_service(struct fixture *f, const char *name, const char *text)
{
	store_put_service(f->store, service_new_copy(objects_service(f->arena, name, text)));
}

static void put_service_cidr(struct fixture *f, const char *name, const char *cidr)
{
	struct cidr cidrs[1];
	struct service_cidr service_cidr = { .name = name, .uid = "u", .n_cidrs = 1, .cidrs = cidrs };

	assert_true(cidr_parse(cidr, &cidrs[0]));
	store_put_service_cidr(f->store, service_cidr_new_copy(&service_cidr));
}

static void print_service_cidr(void *ctx, const struct service_cidr *service_cidr)
{
	char text[CIDR_TEXT_SIZE];

	assert_int_equal(service_cidr->n_cidrs, 1);
	buf_printf(ctx, "%s=%s ", service_cidr->name, cidr_print(&service_cidr->cidrs[0], text));
}

/* For stores with one of them: their order is not defined. */
static const char *service_cidrs(struct fixture *f)
{
	buf_reset(&f->text);
	store_each_service_cidr(f->store, print_service_cidr, &f->text);
	return buf_text(&f->text);
}

static void put_slice(struct fixture *f, const char *name, const char *service, const char *text)
{
	store_put_slice(f->store, slice_new_copy(objects_slice(f->arena, name, service, text)));
}

static void put_node(struct fixture *f, const char *name, const char *zone)
{
	const struct node node = { .name = name, .uid = "", .zone = zone };

	store_put_node(f->store, node_new_copy(&node));
}

static int cmp_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void print_group(const struct store_group *group, struct buf *buf)
{
	size_t i;

	buf_printf(buf, "%s/%s%s", group->namespace, group->name, group->service ? "+" : "");
	for (i = 0; i < group->n_slices; i++) {
		assert_string_equal(group->slices[i]->service_name, group->name);
		buf_printf(buf, " %s", group->slices[i]->name);
	}
}

/* All dirty groups, sorted: "ns/name+ slice slice; ...", with + if there is a Service. */
static const char *take_dirty(struct fixture *f)
{
	const struct store_group *group;
	char *lines[64];
	size_t i, n = 0;

	assert_true(store_has_dirty(f->store) || !store_dirty_next(f->store));
	while ((group = store_dirty_next(f->store))) {
		struct buf line = BUF_INIT;

		print_group(group, &line);
		assert_true(n < ARRAY_SIZE(lines));
		lines[n++] = arena_string(f->arena, buf_text(&line));
		buf_done(&line);
	}
	assert_false(store_has_dirty(f->store));
	qsort(lines, n, sizeof(*lines), cmp_text);
	buf_reset(&f->text);
	for (i = 0; i < n; i++)
		buf_printf(&f->text, "%s%s", i ? "; " : "", lines[i]);
	return buf_text(&f->text);
}

/* The dirty groups in the order in which they come. */
static const char *take_in_order(struct fixture *f)
{
	const struct store_group *group;

	buf_reset(&f->text);
	while ((group = store_dirty_next(f->store)))
		buf_printf(&f->text, "%s%s", f->text.size ? " " : "", group->name);
	return buf_text(&f->text);
}

static void test_services(void **state)
{
	struct fixture *f = *state;
	const struct service *service;

	assert_string_equal(take_dirty(f), "");
	put_service(f, "a/x", "ip=10.96.0.1");
	put_service(f, "b/x", "ip=10.96.0.2");
	assert_int_equal(store_count(f->store, OBJECT_KIND_SERVICE), 2);
	assert_string_equal(take_dirty(f), "a/x+; b/x+");
	/* S11: equal, so nothing is dirty and readers' pointers stay valid */
	service = store_find_group(f->store, "a", "x")->service;
	put_service(f, "a/x", "ip=10.96.0.1");
	assert_string_equal(take_dirty(f), "");
	assert_ptr_equal(store_find_group(f->store, "a", "x")->service, service);
	/* S12: two changes, one dirty group */
	put_service(f, "a/x", "ip=10.96.0.3");
	put_service(f, "a/x", "ip=10.96.0.4");
	assert_string_equal(take_dirty(f), "a/x+");
	service = store_find_group(f->store, "a", "x")->service;
	assert_int_equal(service->cluster_ip[FAMILY_IPV4].bytes[3], 4);
	assert_int_equal(store_count(f->store, OBJECT_KIND_SERVICE), 2);
	store_del(f->store, OBJECT_KIND_SERVICE, "a", "x");
	assert_null(store_find_group(f->store, "a", "x"));
	assert_int_equal(store_count(f->store, OBJECT_KIND_SERVICE), 1);
	assert_string_equal(take_dirty(f), "a/x");
	assert_string_equal(take_dirty(f), "");
}

/* What changed comes before what was only marked, also if it had been marked before. */
static void test_changes_come_first(void **state)
{
	struct fixture *f = *state;

	put_service(f, "a/x", "");
	put_service(f, "a/y", "");
	put_service(f, "a/z", "");
	assert_string_equal(take_in_order(f), "x y z");
	put_service(f, "a/y", "ip=10.96.0.1");
	store_mark_all_dirty(f->store);
	put_service(f, "a/z", "ip=10.96.0.2");
	assert_string_equal(take_in_order(f), "y z x");
	store_mark_all_dirty(f->store);
	put_service(f, "a/v", "");
	assert_string_equal(store_dirty_next(f->store)->name, "v");
	/* It is put back, behind all others. The order of the others depends on a hash. */
	store_dirty_again(f->store);
	assert_string_equal(strrchr(take_in_order(f), ' '), " v");
	put_service(f, "a/y", "ip=10.96.0.3");
	store_mark_dirty(f->store, "a", "x");
	assert_string_equal(take_in_order(f), "y x");
	/* Later, but before those that are only marked, which cannot be put back in this way. */
	store_mark_all_dirty(f->store);
	store_mark_dirty(f->store, "a", "v");
	store_mark_dirty(f->store, "a", "x");
	assert_string_equal(store_dirty_next(f->store)->name, "v");
	assert_true(store_dirty_later(f->store));
	assert_string_equal(store_dirty_next(f->store)->name, "x");
	assert_string_equal(store_dirty_next(f->store)->name, "v");
	assert_non_null(store_dirty_next(f->store));
	assert_false(store_dirty_later(f->store));
	(void)take_in_order(f);
}

/* "a"/"b-c" and "a-b"/"c", or "ab"/"c" and "a"/"bc", are different keys. */
static void add_name(void *ctx, const struct store_group *group)
{
	char *names = ctx;

	(void)snprintf(names + strlen(names), 64 - strlen(names), "%s ", group->name);
}

/* Those that have changed themselves, without taking them. */
static void test_changed_groups(void **state)
{
	struct fixture *f = *state;
	char names[64] = "";

	put_service(f, "a/x", "");
	put_service(f, "a/y", "");
	put_service(f, "a/z", "");
	(void)take_in_order(f);
	store_each_changed(f->store, add_name, names);
	assert_string_equal(names, "");
	put_service(f, "a/z", "ip=10.96.0.1");
	store_mark_all_dirty(f->store);
	put_service(f, "a/x", "ip=10.96.0.2");
	store_each_changed(f->store, add_name, names);
	assert_string_equal(names, "z x ");
	assert_true(store_has_changed(f->store, "a", "x"));
	assert_false(store_has_changed(f->store, "a", "y"));
	assert_false(store_has_changed(f->store, "a", "nobody"));
	assert_string_equal(take_in_order(f), "z x y");
	assert_false(store_has_changed(f->store, "a", "x"));
}

static void test_keys(void **state)
{
	struct fixture *f = *state;

	put_service(f, "ab/c", "");
	put_service(f, "a/bc", "");
	put_service(f, "a/b", "");
	assert_int_equal(store_count(f->store, OBJECT_KIND_SERVICE), 3);
	store_del(f->store, OBJECT_KIND_SERVICE, "a", "bc");
	assert_string_equal(take_dirty(f), "a/b+; a/bc; ab/c+");
}

static void test_slices(void **state)
{
	struct fixture *f = *state;

	/* L14: kept without its Service */
	put_slice(f, "a/x-2", "x", "http/TCP/80 | 10.0.0.2 RS");
	put_slice(f, "a/x-1", "x", "http/TCP/80 | 10.0.0.1 RS");
	put_slice(f, "a/x-3", "x", "IPv6 | http/TCP/80 |");
	assert_string_equal(take_dirty(f), "a/x x-1 x-2 x-3");
	assert_int_equal(store_count(f->store, OBJECT_KIND_ENDPOINT_SLICE), 3);
	assert_null(store_find_group(f->store, "a", "x")->service);
	put_service(f, "a/x", "");
	assert_string_equal(take_dirty(f), "a/x+ x-1 x-2 x-3");
	/* L10 */
	put_slice(f, "a/x-2", "x", "http/TCP/80 | 10.0.0.2 RS");
	assert_string_equal(take_dirty(f), "");
	put_slice(f, "a/x-2", "x", "http/TCP/80 | 10.0.0.2 S");
	assert_string_equal(take_dirty(f), "a/x+ x-1 x-2 x-3");
	assert_false(store_find_group(f->store, "a", "x")->slices[1]->endpoints[0].ready);
	/* L11 */
	store_del(f->store, OBJECT_KIND_ENDPOINT_SLICE, "a", "x-4");
	store_del(f->store, OBJECT_KIND_ENDPOINT_SLICE, "b", "x-1");
	store_del(f->store, OBJECT_KIND_SERVICE, "a", "y");
	store_del(f->store, OBJECT_KIND_NODE, "", "y");
	assert_string_equal(take_dirty(f), "");
	store_del(f->store, OBJECT_KIND_ENDPOINT_SLICE, "a", "x-1");
	assert_string_equal(take_dirty(f), "a/x+ x-2 x-3");
	store_del(f->store, OBJECT_KIND_SERVICE, "a", "x");
	assert_string_equal(take_dirty(f), "a/x x-2 x-3");
	store_del(f->store, OBJECT_KIND_ENDPOINT_SLICE, "a", "x-3");
	store_del(f->store, OBJECT_KIND_ENDPOINT_SLICE, "a", "x-2");
	assert_string_equal(take_dirty(f), "a/x");
	assert_int_equal(store_count(f->store, OBJECT_KIND_ENDPOINT_SLICE), 0);
}

static void test_many_slices_sorted(void **state)
{
	static const char *const names[] = { "a/d", "a/g", "a/b", "a/h", "a/a", "a/f", "a/c", "a/e" };
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		put_slice(f, names[i], "x", "|");
	assert_string_equal(take_dirty(f), "a/x a b c d e f g h");
	store_del(f->store, OBJECT_KIND_ENDPOINT_SLICE, "a", "f");
	store_del(f->store, OBJECT_KIND_ENDPOINT_SLICE, "a", "b");
	assert_string_equal(take_dirty(f), "a/x a c d e g h");
}

/* L12: a slice whose label changes leaves its old group; both are dirty. */
static void test_slice_moves(void **state)
{
	struct fixture *f = *state;

	put_service(f, "a/x", "");
	put_slice(f, "a/s", "x", "http/TCP/80 | 10.0.0.1 RS");
	(void)take_dirty(f);
	put_slice(f, "a/s", "y", "http/TCP/80 | 10.0.0.1 RS");
	assert_string_equal(take_dirty(f), "a/x+; a/y s");
	put_slice(f, "a/s", "x", "http/TCP/80 | 10.0.0.1 RS");
	assert_string_equal(take_dirty(f), "a/x+ s; a/y");
	assert_null(store_find_group(f->store, "a", "y"));
	/* L1: without a label it belongs to no Service, but is known */
	put_slice(f, "a/s", "", "http/TCP/80 | 10.0.0.1 RS");
	assert_string_equal(take_dirty(f), "a/x+");
	assert_int_equal(store_count(f->store, OBJECT_KIND_ENDPOINT_SLICE), 1);
	assert_null(store_find_group(f->store, "a", ""));
	put_slice(f, "a/s", "x", "http/TCP/80 | 10.0.0.1 RS");
	assert_string_equal(take_dirty(f), "a/x+ s");
	assert_int_equal(store_count(f->store, OBJECT_KIND_ENDPOINT_SLICE), 1);
}

static void test_slices_of_one_name(void **state)
{
	struct fixture *f = *state;

	put_slice(f, "a/s", "x", "|");
	put_slice(f, "b/s", "x", "|");
	assert_string_equal(take_dirty(f), "a/x s; b/x s");
	store_del(f->store, OBJECT_KIND_ENDPOINT_SLICE, "a", "s");
	assert_string_equal(take_dirty(f), "a/x");
	assert_int_equal(store_count(f->store, OBJECT_KIND_ENDPOINT_SLICE), 1);
}

static void test_nodes(void **state)
{
	struct fixture *f = *state;

	assert_false(store_node_changed(f->store));
	assert_null(store_find_node(f->store, "n1"));
	put_node(f, "n1", "z1");
	assert_true(store_node_changed(f->store));
	assert_false(store_node_changed(f->store));
	put_node(f, "n1", "z1");
	assert_false(store_node_changed(f->store));
	put_node(f, "n1", "z2");
	assert_true(store_node_changed(f->store));
	assert_string_equal(store_find_node(f->store, "n1")->zone, "z2");
	assert_int_equal(store_count(f->store, OBJECT_KIND_NODE), 1);
	store_del(f->store, OBJECT_KIND_NODE, "", "n1");
	assert_true(store_node_changed(f->store));
	assert_int_equal(store_count(f->store, OBJECT_KIND_NODE), 0);
	assert_string_equal(take_dirty(f), "");
}

/* It is not the same as no Node, until it is known what it is. */
static void test_unread_nodes(void **state)
{
	struct fixture *f = *state;

	store_note_unread_node(f->store, "n1");
	assert_true(store_node_changed(f->store));
	assert_true(store_is_unread_node(f->store, "n1"));
	assert_false(store_is_unread_node(f->store, "n2"));
	assert_null(store_find_node(f->store, "n1"));
	assert_int_equal(store_count(f->store, OBJECT_KIND_NODE), 0);
	store_note_unread_node(f->store, "n1");
	assert_false(store_node_changed(f->store));
	put_node(f, "n1", "z1");
	assert_true(store_node_changed(f->store));
	assert_false(store_is_unread_node(f->store, "n1"));
	/* The good version stays. */
	store_note_unread_node(f->store, "n1");
	assert_false(store_is_unread_node(f->store, "n1"));
	assert_false(store_node_changed(f->store));
	store_note_unread_node(f->store, "n2");
	store_note_unread_node(f->store, "n3");
	store_del(f->store, OBJECT_KIND_NODE, "", "n2");
	assert_false(store_is_unread_node(f->store, "n2"));
	assert_true(store_is_unread_node(f->store, "n3"));
	/* A relist that is aborted says nothing; one that ends does. */
	(void)store_node_changed(f->store);
	store_replace_begin(f->store, OBJECT_KIND_NODE);
	store_replace_abort(f->store, OBJECT_KIND_NODE);
	assert_true(store_is_unread_node(f->store, "n3"));
	store_replace_begin(f->store, OBJECT_KIND_NODE);
	store_note_unread_node(f->store, "n3");
	store_replace_end(f->store, OBJECT_KIND_NODE);
	assert_true(store_is_unread_node(f->store, "n3"));
	store_replace_begin(f->store, OBJECT_KIND_NODE);
	store_replace_end(f->store, OBJECT_KIND_NODE);
	assert_false(store_is_unread_node(f->store, "n3"));
	assert_true(store_node_changed(f->store));
	store_note_unread_node(f->store, "freed");
}

static void test_service_cidrs(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(service_cidrs(f), "");
	put_service_cidr(f, "a", "10.96.0.0/16");
	assert_string_equal(service_cidrs(f), "a=10.96.0.0/16 ");
	put_service_cidr(f, "a", "10.96.0.0/16");
	put_service_cidr(f, "a", "fd00::/112");
	assert_string_equal(service_cidrs(f), "a=fd00::/112 ");
	put_service_cidr(f, "b", "10.96.0.0/16");
	assert_int_equal(store_count(f->store, OBJECT_KIND_SERVICE_CIDR), 2);
	store_del(f->store, OBJECT_KIND_SERVICE_CIDR, "", "c");
	store_del(f->store, OBJECT_KIND_SERVICE_CIDR, "", "a");
	assert_string_equal(service_cidrs(f), "b=10.96.0.0/16 ");
	assert_string_equal(take_dirty(f), "");
}

static void test_relist_of_service_cidrs(void **state)
{
	struct fixture *f = *state;

	put_service_cidr(f, "a", "10.96.0.0/16");
	put_service_cidr(f, "b", "10.97.0.0/16");
	put_service_cidr(f, "c", "10.98.0.0/16");
	store_replace_begin(f->store, OBJECT_KIND_SERVICE_CIDR);
	put_service_cidr(f, "a", "10.96.0.0/16");
	store_keep(f->store, OBJECT_KIND_SERVICE_CIDR, "", "b");
	store_replace_end(f->store, OBJECT_KIND_SERVICE_CIDR);
	assert_int_equal(store_count(f->store, OBJECT_KIND_SERVICE_CIDR), 2);
	store_replace_begin(f->store, OBJECT_KIND_SERVICE_CIDR);
	store_replace_abort(f->store, OBJECT_KIND_SERVICE_CIDR);
	assert_int_equal(store_count(f->store, OBJECT_KIND_SERVICE_CIDR), 2);
	store_replace_begin(f->store, OBJECT_KIND_SERVICE_CIDR);
	put_service_cidr(f, "b", "10.99.0.0/16");
	store_replace_end(f->store, OBJECT_KIND_SERVICE_CIDR);
	assert_string_equal(service_cidrs(f), "b=10.99.0.0/16 ");
}

static void test_marks(void **state)
{
	struct fixture *f = *state;

	put_service(f, "a/x", "");
	put_service(f, "a/y", "");
	put_slice(f, "a/z-1", "z", "|");
	(void)take_dirty(f);
	store_mark_dirty(f->store, "a", "y");
	store_mark_dirty(f->store, "a", "y");
	store_mark_dirty(f->store, "a", "unknown");
	assert_string_equal(take_dirty(f), "a/y+");
	store_mark_all_dirty(f->store);
	assert_string_equal(take_dirty(f), "a/x+; a/y+; a/z z-1");
}

/* A deleted group is handed out once, and may come back at any time before and after that. */
static void test_gone_groups(void **state)
{
	struct fixture *f = *state;
	const struct store_group *group;

	put_service(f, "a/x", "");
	(void)take_dirty(f);
	store_del(f->store, OBJECT_KIND_SERVICE, "a", "x");
	put_service(f, "a/x", "");
	assert_string_equal(take_dirty(f), "a/x+");
	store_del(f->store, OBJECT_KIND_SERVICE, "a", "x");
	group = store_dirty_next(f->store);
	assert_non_null(group);
	assert_null(group->service);
	assert_string_equal(group->name, "x");
	/* handed out, but not yet freed: it is unknown */
	store_mark_dirty(f->store, "a", "x");
	store_mark_all_dirty(f->store);
	assert_false(store_has_dirty(f->store));
	put_service(f, "a/x", "");
	assert_string_equal(take_dirty(f), "a/x+");
	/* added and deleted before it was handed out */
	put_service(f, "a/y", "");
	store_del(f->store, OBJECT_KIND_SERVICE, "a", "y");
	assert_string_equal(take_dirty(f), "a/y");
	/* emptied again while it is the one handed out */
	store_mark_dirty(f->store, "a", "x");
	group = store_dirty_next(f->store);
	assert_non_null(group->service);
	store_del(f->store, OBJECT_KIND_SERVICE, "a", "x");
	assert_string_equal(take_dirty(f), "a/x");
	assert_string_equal(take_dirty(f), "");
}

static void test_relist_of_services(void **state)
{
	struct fixture *f = *state;

	put_service(f, "a/kept", "ip=10.96.0.1");
	put_service(f, "a/changed", "ip=10.96.0.2");
	put_service(f, "a/refused", "ip=10.96.0.3");
	put_service(f, "a/gone", "ip=10.96.0.4");
	put_slice(f, "a/gone-1", "gone", "|");
	(void)take_dirty(f);
	store_replace_begin(f->store, OBJECT_KIND_SERVICE);
	put_service(f, "a/kept", "ip=10.96.0.1");
	put_service(f, "a/changed", "ip=10.96.0.9");
	put_service(f, "a/new", "ip=10.96.0.5");
	store_keep(f->store, OBJECT_KIND_SERVICE, "a", "refused");
	store_keep(f->store, OBJECT_KIND_SERVICE, "a", "unknown");
	store_replace_end(f->store, OBJECT_KIND_SERVICE);
	assert_string_equal(take_dirty(f), "a/changed+; a/gone gone-1; a/new+");
	assert_int_equal(store_count(f->store, OBJECT_KIND_SERVICE), 4);
	assert_int_equal(store_count(f->store, OBJECT_KIND_ENDPOINT_SLICE), 1);
}

static void test_relist_of_slices(void **state)
{
	struct fixture *f = *state;

	put_service(f, "a/x", "");
	put_slice(f, "a/x-1", "x", "|");
	put_slice(f, "a/x-2", "x", "|");
	put_slice(f, "a/x-4", "x", "|");
	put_slice(f, "a/y-1", "y", "|");
	put_slice(f, "a/nobody", "", "|");
	(void)take_dirty(f);
	store_replace_begin(f->store, OBJECT_KIND_ENDPOINT_SLICE);
	put_slice(f, "a/x-2", "x", "|");
	store_keep(f->store, OBJECT_KIND_ENDPOINT_SLICE, "a", "x-3");
	store_keep(f->store, OBJECT_KIND_ENDPOINT_SLICE, "a", "x-4");
	store_replace_end(f->store, OBJECT_KIND_ENDPOINT_SLICE);
	assert_string_equal(take_dirty(f), "a/x+ x-2 x-4; a/y");
	assert_int_equal(store_count(f->store, OBJECT_KIND_ENDPOINT_SLICE), 2);
}

/* Most objects of a relist have the same bytes as before. */
static void test_relist_by_digests(void **state)
{
	struct fixture *f = *state;

	put_service(f, "a/kept", "ip=10.96.0.1");
	store_note_digest(f->store, OBJECT_KIND_SERVICE, "a", "kept", "one");
	put_service(f, "a/changed", "ip=10.96.0.2");
	store_note_digest(f->store, OBJECT_KIND_SERVICE, "a", "changed", "two");
	put_service(f, "a/gone", "ip=10.96.0.3");
	store_note_digest(f->store, OBJECT_KIND_SERVICE, "a", "gone", "three");
	put_slice(f, "a/kept-1", "kept", "|");
	store_note_digest(f->store, OBJECT_KIND_ENDPOINT_SLICE, "a", "kept-1", "one");
	(void)take_dirty(f);
	/* Other bytes, even of the same content, replace the digest. */
	put_service(f, "a/changed", "ip=10.96.0.2");
	assert_false(store_keep_digest(f->store, OBJECT_KIND_SERVICE, "two"));
	assert_false(store_keep_digest(f->store, OBJECT_KIND_SERVICE, ""));
	store_replace_begin(f->store, OBJECT_KIND_SERVICE);
	assert_true(store_keep_digest(f->store, OBJECT_KIND_SERVICE, "one"));
	assert_false(store_keep_digest(f->store, OBJECT_KIND_SERVICE, "two"));
	assert_false(store_keep_digest(f->store, OBJECT_KIND_NODE, "one"));
	put_service(f, "a/changed", "ip=10.96.0.9");
	store_replace_end(f->store, OBJECT_KIND_SERVICE);
	assert_string_equal(take_dirty(f), "a/changed+; a/gone");
	/* What was deleted is not known any more. */
	assert_false(store_keep_digest(f->store, OBJECT_KIND_SERVICE, "three"));
	store_replace_begin(f->store, OBJECT_KIND_ENDPOINT_SLICE);
	assert_true(store_keep_digest(f->store, OBJECT_KIND_ENDPOINT_SLICE, "one"));
	store_replace_end(f->store, OBJECT_KIND_ENDPOINT_SLICE);
	assert_string_equal(take_dirty(f), "");
	put_slice(f, "a/kept-1", "other", "|");
	assert_false(store_keep_digest(f->store, OBJECT_KIND_ENDPOINT_SLICE, "one"));
}

static void test_relist_of_nodes(void **state)
{
	struct fixture *f = *state;

	put_node(f, "n1", "z1");
	put_node(f, "n2", "z1");
	(void)store_node_changed(f->store);
	store_replace_begin(f->store, OBJECT_KIND_NODE);
	put_node(f, "n1", "z1");
	store_keep(f->store, OBJECT_KIND_NODE, "", "n2");
	store_replace_end(f->store, OBJECT_KIND_NODE);
	assert_false(store_node_changed(f->store));
	store_replace_begin(f->store, OBJECT_KIND_NODE);
	put_node(f, "n1", "z1");
	store_replace_end(f->store, OBJECT_KIND_NODE);
	assert_true(store_node_changed(f->store));
	assert_null(store_find_node(f->store, "n2"));
	assert_non_null(store_find_node(f->store, "n1"));
}

/* Only the last relist deletes objects that it did not name; one that was aborted or begun again does not. */
static void test_relist_aborted(void **state)
{
	struct fixture *f = *state;

	put_service(f, "a/x", "");
	put_service(f, "a/y", "");
	(void)take_dirty(f);
	store_replace_begin(f->store, OBJECT_KIND_SERVICE);
	put_service(f, "a/x", "ip=10.96.0.1");
	store_replace_abort(f->store, OBJECT_KIND_SERVICE);
	assert_string_equal(take_dirty(f), "a/x+");
	assert_int_equal(store_count(f->store, OBJECT_KIND_SERVICE), 2);
	store_replace_begin(f->store, OBJECT_KIND_SERVICE);
	put_service(f, "a/x", "ip=10.96.0.1");
	store_replace_begin(f->store, OBJECT_KIND_SERVICE);
	put_service(f, "a/y", "");
	store_replace_end(f->store, OBJECT_KIND_SERVICE);
	assert_string_equal(take_dirty(f), "a/x");
	assert_int_equal(store_count(f->store, OBJECT_KIND_SERVICE), 1);
	/* an object that is put after the relist is deleted by the next one only */
	put_service(f, "a/z", "");
	store_replace_begin(f->store, OBJECT_KIND_SERVICE);
	store_replace_end(f->store, OBJECT_KIND_SERVICE);
	assert_string_equal(take_dirty(f), "a/y; a/z");
}

/* An object that was deleted, or moved, during the relist. */
static void test_relist_with_deletion(void **state)
{
	struct fixture *f = *state;

	put_slice(f, "a/s", "x", "|");
	(void)take_dirty(f);
	store_replace_begin(f->store, OBJECT_KIND_ENDPOINT_SLICE);
	put_slice(f, "a/s", "y", "|");
	store_del(f->store, OBJECT_KIND_ENDPOINT_SLICE, "a", "s");
	put_slice(f, "a/s", "z", "|");
	store_replace_end(f->store, OBJECT_KIND_ENDPOINT_SLICE);
	assert_string_equal(take_dirty(f), "a/x; a/y; a/z s");
}

/* store_free() frees everything, also dirty and deleted groups. */
static void test_free_full(void **state)
{
	struct fixture *f = *state;

	put_service(f, "a/x", "port=http/TCP/80");
	put_slice(f, "a/x-1", "x", "http/TCP/80 | 10.0.0.1@n RS zones=a");
	put_slice(f, "a/nobody", "", "http/TCP/80 | 10.0.0.1@n RS zones=a");
	put_node(f, "n", "z");
	put_service_cidr(f, "c", "10.96.0.0/16");
	put_service(f, "a/gone", "");
	store_del(f->store, OBJECT_KIND_SERVICE, "a", "gone");
	assert_non_null(store_dirty_next(f->store));
	assert_null(store_free(NULL));
}

static void test_kind_names(void **state)
{
	(void)state;
	assert_string_equal(store_kind_name(OBJECT_KIND_SERVICE), "Service");
	assert_string_equal(store_kind_name(OBJECT_KIND_ENDPOINT_SLICE), "EndpointSlice");
	assert_string_equal(store_kind_name(OBJECT_KIND_NODE), "Node");
	assert_string_equal(store_kind_name(OBJECT_KIND_SERVICE_CIDR), "ServiceCIDR");
}

#define STORE_TEST(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		STORE_TEST(test_services),
		STORE_TEST(test_changes_come_first),
		STORE_TEST(test_changed_groups),
		STORE_TEST(test_keys),
		STORE_TEST(test_slices),
		STORE_TEST(test_many_slices_sorted),
		STORE_TEST(test_slice_moves),
		STORE_TEST(test_slices_of_one_name),
		STORE_TEST(test_nodes),
		STORE_TEST(test_unread_nodes),
		STORE_TEST(test_service_cidrs),
		STORE_TEST(test_marks),
		STORE_TEST(test_gone_groups),
		STORE_TEST(test_relist_of_services),
		STORE_TEST(test_relist_of_slices),
		STORE_TEST(test_relist_by_digests),
		STORE_TEST(test_relist_of_nodes),
		STORE_TEST(test_relist_of_service_cidrs),
		STORE_TEST(test_relist_aborted),
		STORE_TEST(test_relist_with_deletion),
		STORE_TEST(test_free_full),
		cmocka_unit_test(test_kind_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
