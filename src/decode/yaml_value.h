/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * yaml_value.h - a place in a YAML document that people write: lines for errors, scalars as written
 *
 * Room:     decode. Pure. For field.c; documents are loaded for it here.
 * Shapes:   libyaml's own tree. Unlike yaml_tree.h it keeps the text of a scalar (a password 0123 is a string)
 *           and its line, and it reads one document.
 * Rule:     a plain scalar "", "~" or null is missing. Merge keys mean nothing.
 */
#ifndef DECODE_YAML_VALUE_H
#define DECODE_YAML_VALUE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/err.h"

struct json_t;
struct yaml_node_s;
struct yaml_value_document;

/** struct yaml_value - A place; @node NULL: nothing is there. */
struct yaml_value {
	struct yaml_value_document *document;
	const struct yaml_node_s *node;
};

/**
 * yaml_value_load() - Read the first document of a text
 * @file:	in front of the error: "file:3: did not find expected key"
 *
 * Return: 0 or -EBADMSG.
 */
int yaml_value_load(const char *file, const char *bytes, size_t size, struct yaml_value_document **ret,
		    struct err *reterr) __attribute__((warn_unused_result));
/** yaml_value_free() - Overwrite its scalars, which may be secrets, and free it; NULL is fine; returns NULL. */
struct yaml_value_document *yaml_value_free(struct yaml_value_document *document);
DEFINE_FREEP(struct yaml_value_document, yaml_value_free);
struct yaml_value yaml_value_root(struct yaml_value_document *document);

/* @value->node is not NULL from here on. */

/** yaml_value_line() - Where it begins, counted from 1. */
size_t yaml_value_line(const struct yaml_value *value);
bool yaml_value_is_object(const struct yaml_value *value);
/** yaml_value_member() - Of a mapping; @ret_repeated: the key's second place, if it is there twice. */
struct yaml_value yaml_value_member(const struct yaml_value *value, const char *key,
				    struct yaml_value *ret_repeated);
/** yaml_value_list_size() - False if it is not a list. */
bool yaml_value_list_size(const struct yaml_value *value, size_t *ret);
/** yaml_value_element() - @index is below yaml_value_list_size(). */
struct yaml_value yaml_value_element(const struct yaml_value *value, size_t index);
/** yaml_value_string() - False if it is not a scalar; NULL if it has a NUL in it. */
bool yaml_value_string(const struct yaml_value *value, const char **ret);
/**
 * yaml_value_json() - All of it as JSON, scalars by YAML's core schema (yaml_scalar.h)
 * @max_nodes, @max_depth: limits, since aliases can make a small text large, or endless
 * @ret_bad, @ret_reason: what cannot be JSON, and why; set on failure
 *
 * Return: the caller's; NULL on failure.
 */
struct json_t *yaml_value_json(const struct yaml_value *value, size_t max_nodes, size_t max_depth,
			       struct yaml_value *ret_bad, const char **ret_reason);
/** yaml_value_bool() - False unless it is true or false, quoted or not. */
bool yaml_value_bool(const struct yaml_value *value, bool *ret);

#endif
