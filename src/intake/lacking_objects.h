/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * lacking_objects.h - objects of the API server that are refused and have no good version, until a start is over
 *
 * Room:     intake.
 * Rule:     a start must not miss one, so other than the list of rejected objects this has all of them. They are few, or the
 *           server's list is bad as a whole; a list is limited itself (kubeapi/reflector.h).
 */
#ifndef INTAKE_LACKING_OBJECTS_H
#define INTAKE_LACKING_OBJECTS_H

#include <stdbool.h>

#include "base/cleanup.h"
#include "decode/object.h"

struct lacking_objects;

struct lacking_objects *lacking_objects_new(void);
struct lacking_objects *lacking_objects_free(struct lacking_objects *lacking);
DEFINE_FREEP(struct lacking_objects, lacking_objects_free);
void lacking_objects_add(struct lacking_objects *lacking, enum object_kind kind, const char *namespace,
			 const char *name);
/** lacking_objects_del() - Return: whether it was there. */
bool lacking_objects_del(struct lacking_objects *lacking, enum object_kind kind, const char *namespace,
			 const char *name);
void lacking_objects_del_kind(struct lacking_objects *lacking, enum object_kind kind);
bool lacking_objects_is_empty(const struct lacking_objects *lacking);

#endif
