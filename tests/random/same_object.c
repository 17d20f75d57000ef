/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads what random_formats.py writes: objects in JSON and in protobuf. Both must give the same object, or the
 * same error text.
 */
#include "config.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "decode/encode.h"
#include "decode/json.h"
#include "decode/object_tree.h"
#include "decode/protobuf_object.h"
#include "model/node.h"
#include "model/service.h"
#include "model/service_cidr.h"
#include "model/slice.h"

#define SIZE_MAX_OF_ONE (1024 * 1024)

static bool same_model(const struct object *a, const struct object *b)
{
	switch (a->kind) {
	case OBJECT_KIND_SERVICE:
		return service_equal(a->service, b->service);
	case OBJECT_KIND_ENDPOINT_SLICE:
		return slice_equal(a->slice, b->slice) && a->slice->trigger_us == b->slice->trigger_us;
	case OBJECT_KIND_NODE:
		return node_equal(a->node, b->node);
	case OBJECT_KIND_SERVICE_CIDR:
		return service_cidr_equal(a->service_cidr, b->service_cidr);
	case _OBJECT_KIND_MAX:
		break;
	}
	return false;
}

static bool same(const struct object *a, const struct object *b)
{
	return a->kind == b->kind && a->skipped == b->skipped && strcmp(a->kind_name, b->kind_name) == 0 &&
	       strcmp(a->namespace, b->namespace) == 0 && strcmp(a->name, b->name) == 0 &&
	       strcmp(a->resource_version, b->resource_version) == 0 &&
	       a->initial_events_end == b->initial_events_end && warnings_equal(a->warnings, b->warnings);
}

/* Encoding an object and decoding it gives the same object. */
static bool comes_back(const struct object *object)
{
	struct object again = { 0 };
	struct buf bytes = BUF_INIT;
	struct err err = { 0 };
	bool good;

	switch (object->kind) {
	case OBJECT_KIND_SERVICE:
		encode_service(object->service, &bytes);
		break;
	case OBJECT_KIND_ENDPOINT_SLICE:
		encode_slice(object->slice, &bytes);
		break;
	case OBJECT_KIND_NODE:
		encode_node(object->node, &bytes);
		break;
	case OBJECT_KIND_SERVICE_CIDR:
		encode_service_cidr(object->service_cidr, &bytes);
		break;
	case _OBJECT_KIND_MAX:
		break;
	}
	good = protobuf_object_item(object->kind, bytes.data, bytes.size, &again, &err) == 0 &&
	       same_model(object, &again);
	if (!good)
		(void)printf("%s %s: encoded and decoded it is different: %s\n", object->kind_name,
			     object->name, err.text);
	object_done(&again);
	buf_done(&bytes);
	return good;
}

/* Prints a difference; @ret_good counts the objects that were accepted. */
static bool compare(const char *kind_name, const char *json, size_t json_size, const char *protobuf,
		    size_t protobuf_size, size_t *ret_good)
{
	enum object_kind kind = object_tree_kind(kind_name);
	struct object a = { 0 }, b = { 0 };
	struct err err_a = { 0 }, err_b = { 0 };
	int r_a = json_decode_object(json, json_size, kind_name, &a, &err_a);
	int r_b = protobuf_object_item(kind, protobuf, protobuf_size, &b, &err_b);
	bool good = r_a == r_b && strcmp(err_a.text, err_b.text) == 0 && same(&a, &b);

	if (good && r_a == 0 && !a.skipped)
		good = same_model(&a, &b) && comes_back(&b);
	*ret_good += good && r_a == 0;
	if (!good)
		(void)printf("%s %s:\n%.*s\nJSON: %d %s\nprotobuf: %d %s\n", kind_name, a.name,
			     (int)json_size, json, r_a, err_a.text, r_b, err_b.text);
	object_done(&a);
	object_done(&b);
	return good;
}

int main(void)
{
	size_t json_size, protobuf_size, n = 0, n_good = 0;
	bool good = true;
	char kind[32];

	while (scanf("%31s %zu %zu", kind, &json_size, &protobuf_size) == 3) {
		_cleanup_free_ char *json = NULL, *protobuf = NULL;

		if (getchar() != '\n' || json_size > SIZE_MAX_OF_ONE || protobuf_size > SIZE_MAX_OF_ONE)
			break;
		/* Of exactly this size, so that valgrind sees reads beyond it. */
		json = alloc_bytes(json_size);
		protobuf = alloc_bytes(protobuf_size ? protobuf_size : 1);
		if (fread(json, 1, json_size, stdin) != json_size ||
		    fread(protobuf, 1, protobuf_size, stdin) != protobuf_size)
			break;
		good = compare(kind, json, json_size, protobuf, protobuf_size, &n_good) && good;
		n++;
	}
	(void)printf("%zu objects, %zu of them good\n", n, n_good);
	/* A test with only good or only bad objects would prove little. */
	return good && feof(stdin) && n_good > n / 5 && n_good < n ? EXIT_SUCCESS : EXIT_FAILURE;
}
