/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decode_service_cidr.h - the fields of a ServiceCIDR
 *
 * Room:     decode. Pure.
 */
#ifndef DECODE_DECODE_SERVICE_CIDR_H
#define DECODE_DECODE_SERVICE_CIDR_H

struct arena;
struct field;
struct service_cidr;

/**
 * decode_service_cidr_read() - Read it
 * @name:	checked already
 * @arena:	scratch
 *
 * Return: a heap object of its own; NULL after an error (field_failed()).
 */
struct service_cidr *decode_service_cidr_read(const struct field *root, const char *name, struct arena *arena)
	__attribute__((warn_unused_result));

#endif
