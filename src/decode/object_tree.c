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

/* The kinds we use: where they live. */
static const char *const kind_api_versions[] = {
	[OBJECT_KIND_SERVICE] = "v1",
	[OBJECT_KIND_ENDPOINT_SLICE] = "discovery.k8s.io/v1",
	[OBJECT_KIND_NODE] = "v1",
	[OBJECT_KIND_SERVICE_CIDR] = "networking.k8s.io/v1",
};
static_assert(ARRAY_SIZE(kind_api_versions) == _OBJECT_KIND_MAX, "a home for each kind");

int object_tree_depth_error(struct err *reterr)
{
	return err_set(reterr, -E2BIG, "nested deeper than %d levels", OBJECT_DEPTH_MAX);
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

/* The group of an apiVersion, as its length: "apps/v1" has one of 4, "v1" of 0. */
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

/* As the API names objects: DNS subdomains. What has other characters could not be told apart in texts. */
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

static int check_name(const struct field *field, const char *text, struct err *reterr)
{
	char shown[FIELD_SHOWN_SIZE];

	if (!field_given(field) || !*text)
		return field_bad(field, -EINVAL, reterr, "missing");
	if (!is_dns_name(text))
		return field_bad(field, -EINVAL, reterr, "\"%s\" is not a DNS name",
				 field_shown(text, shown));
	return 0;
}

/* A string for telling people, "" if it is none; what is wrong with it is told later. */
static const char *peek_string(const struct field *field)
{
	struct err ignored;
	const char *text;

	return field_name(field, &text, &ignored) < 0 ? "" : text;
}

/* Fill @ret with what can be read of kind and names, whatever else may be wrong. */
static bool read_identity(const struct field *type, const struct field *root, const char *default_kind,
			  struct object *ret)
{
	struct field kind = field_member(type, "kind");
	struct field api_version = field_member(type, "apiVersion");
	struct field metadata = field_member(root, "metadata");
	struct field namespace = field_member(&metadata, "namespace");
	struct field name = field_member(&metadata, "name");
	struct field resource_version = field_member(&metadata, "resourceVersion");
	const char *text = peek_string(&kind);

	if (!*text && default_kind)
		text = default_kind;
	replace_string(&ret->resource_version, peek_string(&resource_version));
	return object_tree_name(ret, text, peek_string(&api_version), peek_string(&namespace),
				peek_string(&name));
}

static int check_kind(const struct field *type, const struct field *root, const struct object *object,
		      struct err *reterr)
{
	struct field kind = field_member(type, "kind");
	struct field api_version = field_member(type, "apiVersion");
	struct field items;
	char shown[FIELD_SHOWN_SIZE];
	const char *text;
	size_t len;
	int r;

	r = field_name(&api_version, &text, reterr);
	if (r < 0)
		return r;
	/* Of another group it would be another kind. */
	if (object->kind != _OBJECT_KIND_MAX && *text && strcmp(text, kind_api_versions[object->kind]) != 0)
		return field_bad(&api_version, -EINVAL, reterr, "\"%s\" is not %s", field_shown(text, shown),
				 kind_api_versions[object->kind]);
	r = field_name(&kind, &text, reterr);
	if (r < 0)
		return r;
	if (!*object->kind_name)
		return field_bad(&kind, -EINVAL, reterr, "missing");
	len = strlen(text);
	if (len < 4 || strcmp(text + len - 4, "List") != 0)
		return 0;
	items = field_member(root, "items");
	if (field_given(&items))
		return field_bad(&kind, -EINVAL, reterr, "a list within a list");
	return 0;
}

static int read_metadata(const struct field *root, enum object_tree_part part, struct object *ret,
			 struct err *reterr)
{
	struct field metadata = field_member(root, "metadata");
	struct field namespace = field_member(&metadata, "namespace");
	struct field name = field_member(&metadata, "name");
	struct field resource_version = field_member(&metadata, "resourceVersion");
	struct field annotations = field_member(&metadata, "annotations");
	struct field end = field_member(&annotations, "k8s.io/initial-events-end");
	const char *text;
	int r;

	r = field_object(&metadata, reterr);
	if (r < 0)
		return r;
	r = field_name(&resource_version, &text, reterr);
	if (r < 0)
		return r;
	ret->initial_events_end = strcmp(peek_string(&end), "true") == 0;
	if (part == OBJECT_TREE_VERSION)
		return 0;
	r = field_string(&name, &text, reterr);
	if (r < 0)
		return r;
	r = check_name(&name, text, reterr);
	if (r < 0)
		return r;
	r = field_string(&namespace, &text, reterr);
	if (r < 0)
		return r;
	return *ret->namespace && *text ? check_name(&namespace, text, reterr) : 0;
}

static const char *peek_service_name(const struct field *root)
{
	struct field metadata = field_member(root, "metadata");
	struct field labels = field_member(&metadata, "labels");
	struct field service_name = field_member(&labels, "kubernetes.io/service-name");

	return peek_string(&service_name);
}

static int read_model(const struct field *root, struct object *ret, struct err *reterr)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct field noted = *root;
	int r = -EINVAL;

	noted.remarks = &ret->remarks;
	switch (ret->kind) {
	case OBJECT_KIND_SERVICE:
		return decode_service_read(&noted, ret->namespace, ret->name, arena, &ret->service, reterr);
	case OBJECT_KIND_ENDPOINT_SLICE:
		r = decode_slice_read(&noted, ret->namespace, ret->name, arena, &ret->slice, reterr);
		ret->skipped = r == 0 && !ret->slice;
		if (r < 0)
			ret->service_name = alloc_string(peek_service_name(root));
		return r;
	case OBJECT_KIND_NODE:
		return decode_node_read(&noted, ret->name, arena, &ret->node, reterr);
	case OBJECT_KIND_SERVICE_CIDR:
		return decode_service_cidr_read(&noted, ret->name, arena, &ret->service_cidr, reterr);
	case _OBJECT_KIND_MAX:
		break;
	}
	return r;
}

int object_tree_decode(const struct field *type, const struct field *root, const char *default_kind,
		       enum object_tree_part part, struct object *ret, struct err *reterr)
{
	bool ours;
	int r = 0;

	object_unread(ret);
	if (field_given(root))
		r = field_object(root, reterr);
	else
		r = field_bad(root, -EINVAL, reterr, "expected an object");
	if (r < 0) {
		(void)object_tree_name(ret, default_kind ? default_kind : "", "", "", "");
		return r;
	}
	ours = read_identity(type, root, default_kind, ret);
	r = check_kind(type, root, ret, reterr);
	if (r < 0)
		return r;
	if (!ours) {
		ret->skipped = true;
		return 0;
	}
	r = read_metadata(root, part, ret, reterr);
	if (r < 0 || part != OBJECT_TREE_WHOLE)
		return r;
	return read_model(root, ret, reterr);
}
