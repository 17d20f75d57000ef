/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config.h"
#include "manifests/files_keys.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <utlist.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/hash_table.h"

/* One object; in the list of its owner, or of the orphans. @text: a letter for the kind, namespace NUL name NUL */
struct key {
	UT_hash_handle hh;
	struct key *prev;
	struct key *next;
	struct files_owner *owner;
	bool seen; /* in the reading that goes on */
	const char *namespace;
	const char *name;
	char text[];
};

struct files_owner {
	void *file;
	struct key *keys;
};

struct files_keys {
	struct key *all;
	struct key *orphans;
	struct buf scratch;
};

struct files_keys *files_keys_new(void)
{
	return alloc_zeroed(1, sizeof(struct files_keys));
}

struct files_keys *files_keys_free(struct files_keys *keys)
{
	if (!keys)
		return NULL;
	(void)files_keys_drop(keys, SIZE_MAX, NULL, NULL);
	assert(!keys->all);
	buf_done(&keys->scratch);
	free(keys);
	return NULL;
}

struct files_owner *files_keys_owner(void *file)
{
	struct files_owner *owner = alloc_zeroed(1, sizeof(*owner));

	owner->file = file;
	return owner;
}

static void key_move(struct files_keys *keys, struct key *key, struct files_owner *owner)
{
	struct key **from = key->owner ? &key->owner->keys : &keys->orphans;
	struct key **to = owner ? &owner->keys : &keys->orphans;

	DL_DELETE(*from, key);
	DL_APPEND(*to, key);
	key->owner = owner;
}

struct files_owner *files_keys_disown(struct files_keys *keys, struct files_owner *owner)
{
	if (!owner)
		return NULL;
	while (owner->keys)
		key_move(keys, owner->keys, NULL);
	free(owner);
	return NULL;
}

void files_keys_begin(struct files_owner *owner)
{
	struct key *key;

	DL_FOREACH(owner->keys, key)
	key->seen = false;
}

/* Write a key's text to @keys->scratch. */
static void key_text(struct files_keys *keys, enum object_kind kind, const char *namespace, const char *name)
{
	const char letter = (char)('A' + (char)kind);

	buf_reset(&keys->scratch);
	buf_add(&keys->scratch, &letter, 1);
	buf_add(&keys->scratch, namespace, strlen(namespace) + 1);
	buf_add(&keys->scratch, name, strlen(name) + 1);
}

/* A new orphan with the text in @keys->scratch. */
static struct key *key_new(struct files_keys *keys)
{
	size_t size = keys->scratch.size;
	struct key *key = alloc_zeroed(1, sizeof(*key) + size);

	memcpy(key->text, keys->scratch.data, size);
	key->namespace = key->text + 1;
	key->name = key->namespace + strlen(key->namespace) + 1;
	DL_APPEND(keys->orphans, key);
	HASH_ADD_KEYPTR(hh, keys->all, key->text, size, key);
	return key;
}

static void key_free(struct files_keys *keys, struct key *key)
{
	struct key **list = key->owner ? &key->owner->keys : &keys->orphans;

	DL_DELETE(*list, key);
	HASH_DEL(keys->all, key);
	free(key);
}

enum files_claim files_keys_claim(struct files_keys *keys, struct files_owner *owner, enum object_kind kind,
				  const char *namespace, const char *name, bool good, void **ret_file)
{
	struct key *key;

	*ret_file = NULL;
	key_text(keys, kind, namespace, name);
	HASH_FIND(hh, keys->all, keys->scratch.data, keys->scratch.size, key);
	if (!key && good)
		key = key_new(keys);
	if (!key)
		return FILES_CLAIM_MINE;
	if (key->owner && key->owner != owner) {
		*ret_file = key->owner->file;
		return FILES_CLAIM_TAKEN;
	}
	if (key->owner && key->seen)
		return FILES_CLAIM_TWICE;
	if (!key->owner)
		key_move(keys, key, owner);
	key->seen = true;
	return FILES_CLAIM_MINE;
}

void *files_keys_find(struct files_keys *keys, enum object_kind kind, const char *namespace, const char *name)
{
	struct key *key;

	key_text(keys, kind, namespace, name);
	HASH_FIND(hh, keys->all, keys->scratch.data, keys->scratch.size, key);
	return key && key->owner ? key->owner->file : NULL;
}

void files_keys_end(struct files_keys *keys, struct files_owner *owner, bool incomplete)
{
	struct key *key, *next;

	if (incomplete)
		return;
	DL_FOREACH_SAFE(owner->keys, key, next)
	{
		if (!key->seen)
			key_move(keys, key, NULL);
	}
}

bool files_keys_has_orphans(const struct files_keys *keys)
{
	return keys->orphans;
}

bool files_keys_drop(struct files_keys *keys, size_t max,
		     void (*del)(void *ctx, enum object_kind kind, const char *namespace, const char *name),
		     void *ctx)
{
	for (; keys->orphans && max; max--) {
		struct key *key = keys->orphans;

		if (del)
			del(ctx, (enum object_kind)(key->text[0] - 'A'), key->namespace, key->name);
		key_free(keys, key);
	}
	return keys->orphans;
}
