/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * files_keys.h - which file defines which object
 *
 * Room:     manifests. Pure: no effects.
 * Shapes:   a key is (kind, namespace, name). It has one owner, the file that defines the object. While
 *           files are read again it may have none (an orphan), until another file adopts it or it is
 *           dropped.
 * Use:      files_keys_begin() with a file; files_keys_claim() for each object in it; files_keys_end()
 *           makes orphans of the objects that the file no longer has. After all changed files were read,
 *           files_keys_drop() names the objects that no file defines any more.
 */
#ifndef MANIFESTS_FILES_KEYS_H
#define MANIFESTS_FILES_KEYS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "model/store.h"

struct files_keys;
struct files_owner;

enum files_claim {
	FILES_CLAIM_MINE,  /* the file is the owner (now) */
	FILES_CLAIM_TWICE, /* the file has defined it before in this reading */
	FILES_CLAIM_TAKEN, /* another file is the owner */
};

struct files_keys *files_keys_new(void) __attribute__((warn_unused_result));
/** files_keys_free() - All owners are freed before. */
struct files_keys *files_keys_free(struct files_keys *keys);
DEFINE_FREEP(struct files_keys, files_keys_free);

/** files_keys_owner() - A new file; files_keys_claim() returns @file. */
struct files_owner *files_keys_owner(void *file) __attribute__((warn_unused_result));
/** files_keys_disown() - The file is gone: its keys become orphans, @owner is freed. Returns NULL. */
struct files_owner *files_keys_disown(struct files_keys *keys, struct files_owner *owner);

void files_keys_begin(struct files_owner *owner);
/**
 * files_keys_claim() - @owner's file contains this object
 * @good:	false: the object was refused. If the file owns the key, it keeps it; it gets no new key.
 * @ret_file:	for _TAKEN, the @file of the other owner
 */
enum files_claim files_keys_claim(struct files_keys *keys, struct files_owner *owner, enum object_kind kind,
				  const char *namespace, const char *name, bool good, void **ret_file);
/** files_keys_find() - The @file of the owner, NULL if there is none. */
void *files_keys_find(struct files_keys *keys, enum object_kind kind, const char *namespace,
		      const char *name);
/** files_keys_end() - @incomplete: keep the keys that were not claimed, too. */
void files_keys_end(struct files_keys *keys, struct files_owner *owner, bool incomplete);

bool files_keys_has_orphans(const struct files_keys *keys);
/**
 * files_keys_drop() - Delete at most @max orphans; @del (may be NULL) is called for each
 *
 * Return: whether there are more.
 */
bool files_keys_drop(struct files_keys *keys, size_t max,
		     void (*del)(void *ctx, enum object_kind kind, const char *namespace, const char *name),
		     void *ctx);

#endif
