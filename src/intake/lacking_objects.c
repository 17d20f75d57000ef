/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "intake/lacking_objects.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/hash_table.h"

/* @text: namespace NUL name NUL */
struct lacking_objects_entry {
	UT_hash_handle hh;
	char text[];
};

struct lacking_objects {
	struct lacking_objects_entry *entries[_OBJECT_KIND_MAX];
	struct buf scratch;
};

static struct lacking_objects_entry *lacking_objects_find(struct lacking_objects *lacking,
							  enum object_kind kind, const char *namespace,
							  const char *name)
{
	struct lacking_objects_entry *entry;

	buf_reset(&lacking->scratch);
	buf_add(&lacking->scratch, namespace, strlen(namespace) + 1);
	buf_add(&lacking->scratch, name, strlen(name) + 1);
	HASH_FIND(hh, lacking->entries[kind], lacking->scratch.data, lacking->scratch.size, entry);
	return entry;
}

struct lacking_objects *lacking_objects_new(void)
{
	return alloc_zeroed(1, sizeof(struct lacking_objects));
}

struct lacking_objects *lacking_objects_free(struct lacking_objects *lacking)
{
	int kind;

	if (!lacking)
		return NULL;
	for (kind = 0; kind < _OBJECT_KIND_MAX; kind++)
		lacking_objects_del_kind(lacking, (enum object_kind)kind);
	buf_done(&lacking->scratch);
	free(lacking);
	return NULL;
}

void lacking_objects_add(struct lacking_objects *lacking, enum object_kind kind, const char *namespace,
			 const char *name)
{
	struct lacking_objects_entry *entry = lacking_objects_find(lacking, kind, namespace, name);
	size_t size = lacking->scratch.size;

	if (entry)
		return;
	entry = alloc_zeroed(1, sizeof(*entry) + size);
	memcpy(entry->text, lacking->scratch.data, size);
	HASH_ADD(hh, lacking->entries[kind], text[0], size, entry);
}

bool lacking_objects_del(struct lacking_objects *lacking, enum object_kind kind, const char *namespace,
			 const char *name)
{
	struct lacking_objects_entry *entry = lacking_objects_find(lacking, kind, namespace, name);

	if (!entry)
		return false;
	HASH_DEL(lacking->entries[kind], entry);
	free(entry);
	return true;
}

void lacking_objects_del_kind(struct lacking_objects *lacking, enum object_kind kind)
{
	struct lacking_objects_entry *entry, *next;

	HASH_ITER(hh, lacking->entries[kind], entry, next) {
		HASH_DEL(lacking->entries[kind], entry);
		free(entry);
	}
}

bool lacking_objects_is_empty(const struct lacking_objects *lacking)
{
	int kind;

	for (kind = 0; kind < _OBJECT_KIND_MAX; kind++)
		if (lacking->entries[kind])
			return false;
	return true;
}
