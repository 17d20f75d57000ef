/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads what random_formats.py writes: objects in JSON, which is YAML, too, and in protobuf. All three must give the same
 * object, or the same error text.
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
#include "decode/yaml.h"
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

/* What a decoder made of an object; @r 0: @object, else @err says why not. */
struct result {
	const char *format;
	int r;
	struct object object;
	struct err err;
};

static void take_object(void *ctx, struct object *object, size_t line)
{
	struct result *result = ctx;

	(void)line;
	result->r = 0;
	result->object = *object;
	*object = (struct object){ 0 };
}

static void take_refusal(void *ctx, const struct object *object, const struct err *err, size_t line)
{
	struct result *result = ctx;

	take_object(ctx, (struct object *)object, line);
	result->r = err->code;
	result->err = *err;
}

/* A list's item, so that it needs no kind. */
static void decode_yaml(const char *kind_name, const char *json, size_t size, struct result *ret)
{
	const struct yaml_sink sink = { .object = take_object, .refused = take_refusal, .ctx = ret };
	struct buf text = BUF_INIT;
	struct err err = { 0 };

	*ret = (struct result){ .format = "YAML", .r = 1 };
	buf_printf(&text, "{\"kind\":\"%sList\",\"items\":[\n", kind_name);
	buf_add(&text, json, size);
	buf_printf(&text, "\n]}\n");
	if (yaml_decode_documents(text.data, text.size, &sink, &err) < 0) {
		ret->r = err.code;
		ret->err = err;
	}
	buf_done(&text);
}

/* @texts: the error must be the same word for word. */
static bool agree(const struct result *a, const struct result *b, bool texts)
{
	if (a->r != b->r || (texts && strcmp(a->err.text, b->err.text) != 0))
		return false;
	if (a->r < 0)
		return !texts || same(&a->object, &b->object);
	return same(&a->object, &b->object) && (a->object.skipped || same_model(&a->object, &b->object));
}

/* Prints a difference; @ret_good counts the objects that were accepted. */
static bool compare(const char *kind_name, const char *json, size_t json_size, const char *protobuf,
		    size_t protobuf_size, bool texts, size_t *ret_good)
{
	struct result results[3] = { { .format = "JSON" }, { .format = "YAML" }, { .format = "protobuf" } };
	enum object_kind kind = object_tree_kind(kind_name);
	bool good;
	size_t i;

	results[0].r = json_decode_object(json, json_size, kind_name, &results[0].object, &results[0].err);
	decode_yaml(kind_name, json, json_size, &results[1]);
	results[2].r =
		protobuf_object_item(kind, protobuf, protobuf_size, &results[2].object, &results[2].err);
	good = agree(&results[0], &results[1], true) && agree(&results[0], &results[2], texts);
	if (good && results[0].r == 0 && !results[0].object.skipped)
		good = comes_back(&results[2].object);
	*ret_good += good && results[0].r == 0;
	if (!good)
		(void)printf("%s %s:\n%.*s\n", kind_name, results[0].object.name, (int)json_size, json);
	for (i = 0; i < ARRAY_SIZE(results); i++) {
		if (!good)
			(void)printf("%s: %d %s\n", results[i].format, results[i].r, results[i].err.text);
		object_done(&results[i].object);
	}
	return good;
}

int main(void)
{
	size_t json_size, protobuf_size, n = 0, n_good = 0;
	bool good = true;
	char kind[32];
	int texts;

	while (scanf("%31s %zu %zu %d", kind, &json_size, &protobuf_size, &texts) == 4) {
		_cleanup_free_ char *json = NULL, *protobuf = NULL;

		if (getchar() != '\n' || json_size > SIZE_MAX_OF_ONE || protobuf_size > SIZE_MAX_OF_ONE)
			break;
		/* Of exactly this size, so that valgrind sees reads beyond it. */
		json = alloc_bytes(json_size);
		protobuf = alloc_bytes(protobuf_size ? protobuf_size : 1);
		if (fread(json, 1, json_size, stdin) != json_size ||
		    fread(protobuf, 1, protobuf_size, stdin) != protobuf_size)
			break;
		good = compare(kind, json, json_size, protobuf, protobuf_size, texts, &n_good) && good;
		n++;
	}
	(void)printf("%zu objects, %zu of them good\n", n, n_good);
	/* A test with only good or only bad objects would prove little. */
	return good && feof(stdin) && n_good > n / 5 && n_good < n ? EXIT_SUCCESS : EXIT_FAILURE;
}
