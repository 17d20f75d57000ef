/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "intake/rejected_objects.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct rejected_objects_entry {
	const char *kind;
	char *namespace;
	char *name;
	char *service;
	char *origin;
	char *reason;
};

/* Few things are refused, and it is looked at for each object that is not: the common case is an empty list. */
struct rejected_objects {
	size_t n;
	struct rejected_objects_entry entries[REJECTED_OBJECTS_MAX];
};

struct rejected_objects *rejected_objects_new(void)
{
	return alloc_zeroed(1, sizeof(struct rejected_objects));
}

static void rejected_objects_clear(struct rejected_objects_entry *entry)
{
	free(entry->namespace);
	free(entry->name);
	free(entry->service);
	free(entry->origin);
	free(entry->reason);
	*entry = (struct rejected_objects_entry){ .kind = NULL };
}

struct rejected_objects *rejected_objects_free(struct rejected_objects *refusals)
{
	if (!refusals)
		return NULL;
	while (refusals->n)
		rejected_objects_clear(&refusals->entries[--refusals->n]);
	free(refusals);
	return NULL;
}

static struct rejected_objects_entry *rejected_objects_find(struct rejected_objects *refusals,
							    const char *kind, const char *namespace,
							    const char *name, const char *origin)
{
	size_t i;

	for (i = 0; i < refusals->n; i++) {
		struct rejected_objects_entry *entry = &refusals->entries[i];

		if (strcmp(entry->name, name) == 0 && strcmp(entry->namespace, namespace) == 0 &&
		    strcmp(entry->kind, kind) == 0 && strcmp(entry->origin, origin) == 0)
			return entry;
	}
	return NULL;
}

void rejected_objects_put(struct rejected_objects *refusals, const struct refusal *refusal)
{
	struct rejected_objects_entry *entry = rejected_objects_find(
		refusals, refusal->kind, refusal->namespace, refusal->name, refusal->origin);

	if (!entry && refusals->n == REJECTED_OBJECTS_MAX)
		return;
	if (!entry) {
		entry = &refusals->entries[refusals->n++];
		entry->kind = refusal->kind;
		entry->namespace = alloc_string(refusal->namespace);
		entry->name = alloc_string(refusal->name);
		entry->origin = alloc_string(refusal->origin);
	}
	free(entry->service);
	free(entry->reason);
	entry->service = alloc_string(refusal->service);
	entry->reason = alloc_string(refusal->reason);
}

/* The last one takes its place. */
static void rejected_objects_remove(struct rejected_objects *refusals, struct rejected_objects_entry *entry)
{
	rejected_objects_clear(entry);
	*entry = refusals->entries[--refusals->n];
	refusals->entries[refusals->n] = (struct rejected_objects_entry){ .kind = NULL };
}

void rejected_objects_del(struct rejected_objects *refusals, const char *kind, const char *namespace,
			  const char *name, const char *origin)
{
	struct rejected_objects_entry *entry =
		refusals->n ? rejected_objects_find(refusals, kind, namespace, name, origin) : NULL;

	if (entry)
		rejected_objects_remove(refusals, entry);
}

void rejected_objects_del_kind(struct rejected_objects *refusals, const char *kind)
{
	size_t i = 0;

	while (i < refusals->n) {
		if (strcmp(refusals->entries[i].kind, kind) == 0)
			rejected_objects_remove(refusals, &refusals->entries[i]);
		else
			i++;
	}
}

size_t rejected_objects_count(const struct rejected_objects *refusals)
{
	return refusals->n;
}

struct refusal rejected_objects_at(const struct rejected_objects *refusals, size_t i)
{
	const struct rejected_objects_entry *entry = &refusals->entries[i];

	return (struct refusal){ .kind = entry->kind,
				 .namespace = entry->namespace,
				 .name = entry->name,
				 .service = entry->service,
				 .origin = entry->origin,
				 .reason = entry->reason };
}
