/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decode_slice.h - the fields of an EndpointSlice
 *
 * Room:     decode. Pure.
 * Rule:     as model/slice.h says. An endpoint whose first address is none, or of another family
 *           than the slice, refuses the slice; one without any address is left out.
 */
#ifndef DECODE_DECODE_SLICE_H
#define DECODE_DECODE_SLICE_H

#include <stddef.h>

#include "base/err.h"

struct arena;
struct field;
struct slice;

/**
 * decode_slice_read() - Read it
 * @namespace, @name: checked already
 * @arena:	scratch
 * @ret:	a heap object of its own, or NULL for addressType FQDN; set on success only
 *
 * Return: 0, -EINVAL or -E2BIG.
 */
int decode_slice_read(const struct field *root, const char *namespace, const char *name, struct arena *arena,
		      struct slice **ret, struct err *reterr) __attribute__((warn_unused_result));

#endif
