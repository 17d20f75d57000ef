/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decode_slice.h - the fields of an EndpointSlice
 *
 * Room:     decode. Pure.
 * Rule:     as model/slice.h says. A slice is rejected if the first address of an endpoint is not an IP address, or
 *           not of the slice's family; an endpoint without any address is left out.
 */
#ifndef DECODE_DECODE_SLICE_H
#define DECODE_DECODE_SLICE_H

struct arena;
struct field;
struct slice;

/**
 * decode_slice_read() - Read it
 * @namespace, @name: checked already
 * @arena:	scratch
 *
 * Return: a heap object of its own; NULL for addressType FQDN and after an error (field_failed()).
 */
struct slice *decode_slice_read(const struct field *root, const char *namespace, const char *name,
				struct arena *arena) __attribute__((warn_unused_result));

#endif
