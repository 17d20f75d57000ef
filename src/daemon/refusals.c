/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "daemon/refusals.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct refusals_entry {
	const char *kind;
	char *namespace;
	char *name;
	char *service;
	char *origin;
	char *reason;
};

/* Few things are refused, and it is looked at for each object that is not: the common case is an empty list. */
struct refusals {
	size_t n;
	struct refusals_entry entries[REFUSALS_MAX];
};

struct refusals *refusals_new(void)
{
	return alloc_zeroed(1, sizeof(struct refusals));
}

static void refusals_clear(struct refusals_entry *entry)
{
	free(entry->namespace);
	free(entry->name);
	free(entry->service);
	free(entry->origin);
	free(entry->reason);
	*entry = (struct refusals_entry){ .kind = NULL };
}

struct refusals *refusals_free(struct refusals *refusals)
{
	if (!refusals)
		return NULL;
	while (refusals->n)
		refusals_clear(&refusals->entries[--refusals->n]);
	free(refusals);
	return NULL;
}

static struct refusals_entry *refusals_find(struct refusals *refusals, const char *kind,
					    const char *namespace, const char *name, const char *origin)
{
	size_t i;

	for (i = 0; i < refusals->n; i++) {
		struct refusals_entry *entry = &refusals->entries[i];

		if (strcmp(entry->name, name) == 0 && strcmp(entry->namespace, namespace) == 0 &&
		    strcmp(entry->kind, kind) == 0 && strcmp(entry->origin, origin) == 0)
			return entry;
	}
	return NULL;
}

void refusals_put(struct refusals *refusals, const struct refusal *refusal)
{
	struct refusals_entry *entry =
		refusals_find(refusals, refusal->kind, refusal->namespace, refusal->name, refusal->origin);

	if (!entry && refusals->n == REFUSALS_MAX)
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
static void refusals_remove(struct refusals *refusals, struct refusals_entry *entry)
{
	refusals_clear(entry);
	*entry = refusals->entries[--refusals->n];
	refusals->entries[refusals->n] = (struct refusals_entry){ .kind = NULL };
}

void refusals_del(struct refusals *refusals, const char *kind, const char *namespace, const char *name,
		  const char *origin)
{
	struct refusals_entry *entry =
		refusals->n ? refusals_find(refusals, kind, namespace, name, origin) : NULL;

	if (entry)
		refusals_remove(refusals, entry);
}

void refusals_del_kind(struct refusals *refusals, const char *kind)
{
	size_t i = 0;

	while (i < refusals->n) {
		if (strcmp(refusals->entries[i].kind, kind) == 0)
			refusals_remove(refusals, &refusals->entries[i]);
		else
			i++;
	}
}

size_t refusals_count(const struct refusals *refusals)
{
	return refusals->n;
}

struct refusal refusals_at(const struct refusals *refusals, size_t i)
{
	const struct refusals_entry *entry = &refusals->entries[i];

	return (struct refusal){ .kind = entry->kind,
				 .namespace = entry->namespace,
				 .name = entry->name,
				 .service = entry->service,
				 .origin = entry->origin,
				 .reason = entry->reason };
}
