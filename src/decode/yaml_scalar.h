/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * yaml_scalar.h - what a YAML scalar means
 *
 * Room:     decode. Pure.
 * Rule:     YAML 1.2, core schema (10.3.2). A number that no JSON could hold stays a string.
 */
#ifndef DECODE_YAML_SCALAR_H
#define DECODE_YAML_SCALAR_H

#include <stdbool.h>
#include <stddef.h>

struct json_t;

/** yaml_scalar_string() - @text is a string, whatever it looks like. It holds no NUL. Never NULL. */
struct json_t *yaml_scalar_string(const char *text, size_t len) __attribute__((returns_nonnull));

/** yaml_scalar_plain() - @text stands there without quotes and tag. It holds no NUL. Never NULL. */
struct json_t *yaml_scalar_plain(const char *text, size_t len) __attribute__((returns_nonnull));

/**
 * yaml_scalar_tagged() - @text has a tag
 *
 * Return: NULL if the tag is unknown, or @text is no such thing.
 */
struct json_t *yaml_scalar_tagged(const char *tag, const char *text, size_t len);

#endif
