/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * rejected_objects.h - which objects are refused at the moment, and why
 *
 * Room:     intake.
 * Rule:     an object is in it from when it could not be read, or the kernel would not have what it needs, until a version
 *           that can be is there, or it is gone.
 * Limits:   REJECTED_OBJECTS_MAX; more are counted by nobody but the metrics.
 */
#ifndef INTAKE_REJECTED_OBJECTS_H
#define INTAKE_REJECTED_OBJECTS_H

#include <stddef.h>

#include "base/cleanup.h"

#define REJECTED_OBJECTS_MAX 1000

/**
 * struct refusal - @kind: "Service", ...; a literal; @service: of a slice, the Service it is for, "" if that is not known;
 * @origin: the manifest that has it, "" if it is none; two may have each a bad version of one object;
 * @reason: "spec.ports[0].port: …"
 */
struct refusal {
	const char *kind;
	const char *namespace;
	const char *name;
	const char *service;
	const char *origin;
	const char *reason;
};

struct rejected_objects;

struct rejected_objects *rejected_objects_new(void);
struct rejected_objects *rejected_objects_free(struct rejected_objects *refusals);
DEFINE_FREEP(struct rejected_objects, rejected_objects_free);
void rejected_objects_put(struct rejected_objects *refusals, const struct refusal *refusal);
/** rejected_objects_del() - All is well with what @origin has of it, or it is gone. */
void rejected_objects_del(struct rejected_objects *refusals, const char *kind, const char *namespace,
			  const char *name, const char *origin);
/** rejected_objects_del_kind() - All of a kind: it is about to be listed anew. */
void rejected_objects_del_kind(struct rejected_objects *refusals, const char *kind);
size_t rejected_objects_count(const struct rejected_objects *refusals);
/** rejected_objects_at() - The one number @i, in no particular order; valid until the next change. */
struct refusal rejected_objects_at(const struct rejected_objects *refusals, size_t i);

#endif
