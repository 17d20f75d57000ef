/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * object_tree.h - a parsed document to a model object, the same for all formats
 *
 * Room:     decode. Pure.
 * Rule:     Service and Node are of apiVersion v1, EndpointSlice of discovery.k8s.io/v1; the items of a
 *           list may have neither. A kind of the same name in another group is another kind, and skipped;
 *           another version of our group is rejected, since its fields may have another meaning.
 */
#ifndef DECODE_OBJECT_TREE_H
#define DECODE_OBJECT_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "decode/object.h"

struct field;

/** enum object_tree_part - Which part of an object is read. */
enum object_tree_part {
	OBJECT_TREE_WHOLE,
	OBJECT_TREE_KEY,     /* kind, names, resource_version: of a deleted object */
	OBJECT_TREE_VERSION, /* as _KEY, but without a name: a bookmark */
};

/**
 * object_tree_decode() - Read the object
 * @type:	has the kind and apiVersion: @root itself, or the type in the envelope; they may be
 *		missing, as in a list's items
 * @default_kind: as json_decode_object()
 * @ret:	always set, see json_decode_object()
 *
 * Return: 0, -EINVAL or -E2BIG.
 */
int object_tree_decode(const struct field *type, const struct field *root, const char *default_kind,
		       enum object_tree_part part, struct object *ret, struct err *reterr)
	__attribute__((warn_unused_result));

/**
 * object_tree_name() - Fill @ret with kind and names that were read elsewhere
 *
 * All four may be "". Sets kind, kind_name, namespace and name, and leaves the other members.
 *
 * Return: whether the kind is one of ours.
 */
bool object_tree_name(struct object *ret, const char *kind, const char *api_version, const char *namespace,
		      const char *name);

/** object_tree_api_version() - "v1", "discovery.k8s.io/v1" and so on: the apiVersion of a kind of ours. */
const char *object_tree_api_version(enum object_kind kind);
/** object_tree_kind() - A kind of ours by its name, or _OBJECT_KIND_MAX. */
enum object_kind object_tree_kind(const char *name);

/** object_tree_depth_error() - The error for an object that is nested too deeply; returns -E2BIG. */
int object_tree_depth_error(struct err *reterr);
/** object_tree_values_error() - The error for an object of too many values; returns -E2BIG. */
int object_tree_values_error(struct err *reterr);
/** object_tree_size_error() - The error for an object that is too large; returns -E2BIG. */
int object_tree_size_error(struct err *reterr);

#endif
