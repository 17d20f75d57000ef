/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * decode_service.h - the fields of a Service
 *
 * Room:     decode. Pure.
 * Rule:     behaviour of the fields as model/service.h says. Rejected, as by the API server: no port (unless
 *           headless or ExternalName), the same port twice, numbers out of range, unknown enum values, a
 *           cluster IP of another family than its ipFamilies entry. Fields that the API server fills in
 *           may be missing, as in a manifest.
 */
#ifndef DECODE_DECODE_SERVICE_H
#define DECODE_DECODE_SERVICE_H

struct arena;
struct field;
struct service;

/**
 * decode_service_read() - Read it
 * @namespace, @name: checked already
 * @arena:	scratch
 *
 * Return: a heap object of its own; NULL after an error (field_failed()).
 */
struct service *decode_service_read(const struct field *root, const char *namespace, const char *name,
				    struct arena *arena) __attribute__((warn_unused_result));

#endif
