/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * yaml_scalar.h - the JSON value of a YAML scalar
 *
 * Room:     decode. Pure.
 * Rule:     YAML 1.2, core schema (10.3.2). A number that JSON cannot hold is a string.
 */
#ifndef DECODE_YAML_SCALAR_H
#define DECODE_YAML_SCALAR_H

#include <stdbool.h>
#include <stddef.h>

struct json_t;

/** yaml_scalar_string() - @text as a string; it may have a NUL. The result is never NULL. */
struct json_t *yaml_scalar_string(const char *text, size_t len) __attribute__((returns_nonnull));

/** yaml_scalar_plain() - The value of @text without quotes and tag. It has no NUL. The result is never NULL. */
struct json_t *yaml_scalar_plain(const char *text, size_t len) __attribute__((returns_nonnull));

/**
 * yaml_scalar_tagged() - @text has a tag
 *
 * Return: NULL if the tag is unknown, or @text is not of its type.
 */
struct json_t *yaml_scalar_tagged(const char *tag, const char *text, size_t len);

#endif
