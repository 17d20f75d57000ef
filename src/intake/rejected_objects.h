/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rejected_objects.h - the objects that are rejected at the moment, and why
 *
 * Room:     intake. Pure.
 * Rule:     an entry lives from the first rejected version until a good version or the deletion. It is rejected because it
 *           could not be decoded, or because a Service could not be planned or the kernel refused its elements.
 * Limits:   REJECTED_OBJECTS_MAX entries; further objects are left out.
 */
#ifndef INTAKE_REJECTED_OBJECTS_H
#define INTAKE_REJECTED_OBJECTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "base/service_name.h"

#define REJECTED_OBJECTS_MAX 1000
/* The kind of a Service that was read, but is not installed: the kernel refuses it, or it cannot be planned. */
#define REJECTED_OBJECTS_KIND_RULES "rules of Service"

/**
 * struct rejected_object - One entry. Its key is (kind, namespace, name, manifest)
 * @kind:	"Service", ...; a literal
 * @namespace:	"" if the kind has none
 * @service:	the Service that it belongs to: a Service itself, or that of an EndpointSlice; not set for other kinds
 * @manifest:	path of the manifest that has it, "" if it comes from the API server; two manifests may each have a
 *		bad version of one object
 * @reason:	"spec.ports[0].port: …"
 * @since_ms:	monotonic clock: when its first version was rejected
 */
struct rejected_object {
	const char *kind;
	const char *namespace;
	const char *name;
	struct service_name service;
	const char *manifest;
	const char *reason;
	uint64_t since_ms;
};

struct rejected_objects;

struct rejected_objects *rejected_objects_new(void);
struct rejected_objects *rejected_objects_free(struct rejected_objects *rejected);
DEFINE_FREEP(struct rejected_objects, rejected_objects_free);
/** rejected_objects_put() - Add @object, or replace the reason of the entry with its key, not its time; the strings are copied. */
void rejected_objects_put(struct rejected_objects *rejected, const struct rejected_object *object);
/** rejected_objects_del() - Delete the entry with this key, if there is one. */
void rejected_objects_del(struct rejected_objects *rejected, const char *kind, const char *namespace,
			  const char *name, const char *manifest);
/** rejected_objects_del_kind() - Delete all entries of a kind, because its list begins anew. */
void rejected_objects_del_kind(struct rejected_objects *rejected, const char *kind);
size_t rejected_objects_count(const struct rejected_objects *rejected);
/** rejected_objects_at() - Entry @i, which is less than the count, in no particular order; valid until the next change. */
const struct rejected_object *rejected_objects_at(const struct rejected_objects *rejected, size_t i);

#endif
