/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "decode/object_tree.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/buf.h"
#include "decode/decode_node.h"
#include "decode/decode_service.h"
#include "decode/decode_service_cidr.h"
#include "decode/decode_slice.h"
#include "decode/field.h"

#define NAMESPACE_DEFAULT "default"

/* Of the kinds we use. */
static const char *const kind_api_versions[] = {
	[OBJECT_KIND_SERVICE] = "v1",
	[OBJECT_KIND_ENDPOINT_SLICE] = "discovery.k8s.io/v1",
	[OBJECT_KIND_NODE] = "v1",
	[OBJECT_KIND_SERVICE_CIDR] = "networking.k8s.io/v1",
};
static_assert(ARRAY_SIZE(kind_api_versions) == _OBJECT_KIND_MAX, "an apiVersion for each kind");

int object_tree_depth_error(struct err *reterr)
{
	return err_set(reterr, -E2BIG, "nested deeper than %d levels", OBJECT_DEPTH_MAX);
}

int object_tree_values_error(struct err *reterr)
{
	return err_set(reterr, -E2BIG, "more than %d values", OBJECT_VALUES_MAX);
}

int object_tree_size_error(struct err *reterr)
{
	return err_set(reterr, -E2BIG, "larger than %u MiB", OBJECT_SIZE_MAX / (1024 * 1024));
}

static void replace_string(char **old, const char *text)
{
	free(*old);
	*old = alloc_string(text);
}

const char *object_tree_api_version(enum object_kind kind)
{
	return kind_api_versions[kind];
}

enum object_kind object_tree_kind(const char *kind)
{
	enum object_kind i;

	for (i = 0; i < _OBJECT_KIND_MAX; i++) {
		if (strcmp(kind, store_kind_name(i)) == 0)
			return i;
	}
	return _OBJECT_KIND_MAX;
}

/* Length of the group in an apiVersion: 4 in "apps/v1", 0 in "v1". */
static size_t group_len(const char *api_version)
{
	const char *slash = strchr(api_version, '/');

	return slash ? (size_t)(slash - api_version) : 0;
}

static bool same_group(const char *a, const char *b)
{
	size_t len = group_len(a);

	return len == group_len(b) && memcmp(a, b, len) == 0;
}

bool object_tree_name(struct object *ret, const char *kind, const char *api_version, const char *namespace,
		      const char *name)
{
	char shown[FIELD_SHOWN_SIZE];
	struct buf text = BUF_INIT;

	ret->kind = object_tree_kind(kind);
	if (ret->kind != _OBJECT_KIND_MAX && *api_version &&
	    !same_group(api_version, kind_api_versions[ret->kind])) {
		ret->kind = _OBJECT_KIND_MAX;
		buf_printf(&text, "%s.%.*s", kind, (int)group_len(api_version), api_version);
		replace_string(&ret->kind_name, field_shown(buf_text(&text), shown));
		buf_done(&text);
	} else {
		replace_string(&ret->kind_name, field_shown(kind, shown));
	}
	if (ret->kind == OBJECT_KIND_NODE || ret->kind == OBJECT_KIND_SERVICE_CIDR)
	namespace = "";
	else if (ret->kind != _OBJECT_KIND_MAX && !*namespace) namespace = NAMESPACE_DEFAULT;
	replace_string(&ret->namespace, namespace);
	replace_string(&ret->name, name);
	return ret->kind != _OBJECT_KIND_MAX;
}

/* The API names objects by DNS subdomains. Names with other characters could be confused in texts. */
static bool is_dns_name(const char *text)
{
	static const char ends[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	size_t len = strlen(text), i;

	if (!len || len > OBJECT_NAME_MAX || !strchr(ends, text[0]) || !strchr(ends, text[len - 1]))
		return false;
	for (i = 0; i < len; i++) {
		if (!strchr(ends, text[i]) && text[i] != '-' && text[i] != '.')
			return false;
	}
	return true;
}

static void check_name(const struct field *field, const char *text)
{
	if (!field_given(field) || !*text)
		field_fail(field, -EINVAL, "missing");
	else if (!is_dns_name(text))
		field_fail_value(field, text, "a DNS name");
}

/* A name for messages, "" if it cannot be read: the strict reading follows. */
static const char *peek_name(const struct field *field)
{
	struct field lenient = field_lenient(field);

	return field_name(&lenient);
}

/* Fill @ret with the kind and the names as far as they can be read, even if the object is bad. */
static bool read_identity(const struct field *type, const struct field *root, const char *default_kind,
			  struct object *ret)
{
	struct field kind = field_member(type, "kind");
	struct field api_version = field_member(type, "apiVersion");
	struct field metadata = field_member(root, "metadata");
	struct field namespace = field_member(&metadata, "namespace");
	struct field name = field_member(&metadata, "name");
	struct field resource_version = field_member(&metadata, "resourceVersion");
	const char *text = peek_name(&kind);

	if (!*text && default_kind)
		text = default_kind;
	replace_string(&ret->resource_version, peek_name(&resource_version));
	return object_tree_name(ret, text, peek_name(&api_version), peek_name(&namespace), peek_name(&name));
}

static void check_kind(const struct field *type, const struct field *root, const struct object *object)
{
	struct field kind = field_member(type, "kind");
	struct field api_version = field_member(type, "apiVersion");
	struct field items;
	const char *text;
	size_t len;

	text = field_name(&api_version);
	/* A kind of another group was skipped before. */
	if (object->kind != _OBJECT_KIND_MAX && *text && strcmp(text, kind_api_versions[object->kind]) != 0)
		field_fail_value(&api_version, text, kind_api_versions[object->kind]);
	text = field_name(&kind);
	if (!*object->kind_name)
		field_fail(&kind, -EINVAL, "missing");
	len = strlen(text);
	if (len < 4 || strcmp(text + len - 4, "List") != 0)
		return;
	/* Only the protobuf schema of kinds that are not ours has this field. */
	items = field_member(root, "items");
	if (field_given(&items))
		field_fail(&kind, -EINVAL, "a list within a list");
}

static void read_metadata(const struct field *root, enum object_tree_part part, struct object *ret)
{
	struct field metadata = field_member(root, "metadata");
	struct field namespace = field_member(&metadata, "namespace");
	struct field name = field_member(&metadata, "name");
	struct field resource_version = field_member(&metadata, "resourceVersion");
	struct field annotations = field_member(&metadata, "annotations");
	struct field end = field_member(&annotations, "k8s.io/initial-events-end");
	const char *text;

	field_object(&metadata);
	(void)field_name(&resource_version);
	ret->initial_events_end = !field_failed(root) && strcmp(peek_name(&end), "true") == 0;
	if (part == OBJECT_TREE_VERSION)
		return;
	check_name(&name, field_string(&name));
	text = field_string(&namespace);
	if (*ret->namespace && *text)
		check_name(&namespace, text);
}

static const char *peek_service_name(const struct field *root)
{
	struct field metadata = field_member(root, "metadata");
	struct field labels = field_member(&metadata, "labels");
	struct field service_name = field_member(&labels, "kubernetes.io/service-name");

	return peek_name(&service_name);
}

static void read_model(const struct field *root, struct object *ret)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();

	switch (ret->kind) {
	case OBJECT_KIND_SERVICE:
		ret->service = decode_service_read(root, ret->namespace, ret->name, arena);
		return;
	case OBJECT_KIND_ENDPOINT_SLICE:
		ret->slice = decode_slice_read(root, ret->namespace, ret->name, arena);
		if (field_failed(root))
			ret->service_name = alloc_string(peek_service_name(root));
		else
			ret->skipped = !ret->slice;
		return;
	case OBJECT_KIND_NODE:
		ret->node = decode_node_read(root, ret->name, arena);
		return;
	case OBJECT_KIND_SERVICE_CIDR:
		ret->service_cidr = decode_service_cidr_read(root, ret->name, arena);
		return;
	case _OBJECT_KIND_MAX:
		break;
	}
	assert(!"a kind of ours");
}

int object_tree_decode(const struct field *type, const struct field *root, const char *default_kind,
		       enum object_tree_part part, struct object *ret, struct err *reterr)
{
	struct field_reading reading = { .err = reterr, .warnings = &ret->warnings };
	struct field strict_type = *type, strict_root = *root;
	bool ours;

	strict_type.reading = strict_root.reading = &reading;
	object_unread(ret);
	field_object(&strict_root);
	if (!field_given(root))
		field_fail(&strict_root, -EINVAL, "expected an object");
	if (reading.code) {
		(void)object_tree_name(ret, default_kind ? default_kind : "", "", "", "");
		return reading.code;
	}
	ours = read_identity(type, root, default_kind, ret);
	check_kind(&strict_type, &strict_root, ret);
	if (reading.code)
		return reading.code;
	if (!ours) {
		ret->skipped = true;
		return 0;
	}
	read_metadata(&strict_root, part, ret);
	if (!reading.code && part == OBJECT_TREE_WHOLE)
		read_model(&strict_root, ret);
	return reading.code;
}
