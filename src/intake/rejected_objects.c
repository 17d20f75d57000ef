/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "intake/rejected_objects.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/*
 * An array without an index: few objects are rejected, and every good object is looked up here, mostly in an empty list.
 * The strings of an entry but its kind are ours.
 */
struct rejected_objects {
	size_t n;
	struct rejected_object entries[REJECTED_OBJECTS_MAX];
};

struct rejected_objects *rejected_objects_new(void)
{
	return alloc_zeroed(1, sizeof(struct rejected_objects));
}

static void rejected_objects_clear(struct rejected_object *entry)
{
	free((char *)entry->namespace);
	free((char *)entry->name);
	free((char *)entry->service.namespace);
	free((char *)entry->manifest);
	free((char *)entry->reason);
	*entry = (struct rejected_object){ .kind = NULL };
}

struct rejected_objects *rejected_objects_free(struct rejected_objects *rejected)
{
	if (!rejected)
		return NULL;
	while (rejected->n)
		rejected_objects_clear(&rejected->entries[--rejected->n]);
	free(rejected);
	return NULL;
}

static struct rejected_object *rejected_objects_find(struct rejected_objects *rejected, const char *kind,
						     const char *namespace, const char *name,
						     const char *manifest)
{
	size_t i;

	for (i = 0; i < rejected->n; i++) {
		struct rejected_object *entry = &rejected->entries[i];

		if (strcmp(entry->name, name) == 0 && strcmp(entry->namespace, namespace) == 0 &&
		    strcmp(entry->kind, kind) == 0 && strcmp(entry->manifest, manifest) == 0)
			return entry;
	}
	return NULL;
}

void rejected_objects_put(struct rejected_objects *rejected, const struct rejected_object *object)
{
	struct rejected_object *entry = rejected_objects_find(rejected, object->kind, object->namespace,
							      object->name, object->manifest);
	struct rejected_object copy = {
		.kind = object->kind,
		.namespace = alloc_string(object->namespace),
		.name = alloc_string(object->name),
		.service = service_name_copy(object->service),
		.manifest = alloc_string(object->manifest),
		.reason = alloc_string(object->reason),
		.since_ms = entry ? entry->since_ms : object->since_ms,
	};

	if (entry)
		rejected_objects_clear(entry);
	else if (rejected->n < REJECTED_OBJECTS_MAX)
		entry = &rejected->entries[rejected->n++];
	if (entry)
		*entry = copy;
	else
		rejected_objects_clear(&copy);
}

/* The last entry moves into the gap. */
static void rejected_objects_remove(struct rejected_objects *rejected, struct rejected_object *entry)
{
	rejected_objects_clear(entry);
	*entry = rejected->entries[--rejected->n];
}

void rejected_objects_del(struct rejected_objects *rejected, const char *kind, const char *namespace,
			  const char *name, const char *manifest)
{
	struct rejected_object *entry =
		rejected->n ? rejected_objects_find(rejected, kind, namespace, name, manifest) : NULL;

	if (entry)
		rejected_objects_remove(rejected, entry);
}

void rejected_objects_del_kind(struct rejected_objects *rejected, const char *kind)
{
	size_t i = 0;

	while (i < rejected->n) {
		if (strcmp(rejected->entries[i].kind, kind) == 0)
			rejected_objects_remove(rejected, &rejected->entries[i]);
		else
			i++;
	}
}

size_t rejected_objects_count(const struct rejected_objects *rejected)
{
	return rejected->n;
}

const struct rejected_object *rejected_objects_at(const struct rejected_objects *rejected, size_t i)
{
	return &rejected->entries[i];
}
