/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * files_keys.h - which file defines which object
 *
 * Room:     manifests. Pure: no effects.
 * Shapes:   a key is (kind, namespace, name). It has one owner, the file that defines the object; while
 *           files are being read again it may have none (an orphan), until another file adopts it or
 *           it is dropped.
 * Use:      files_keys_begin() with a file; files_keys_claim() for each object in it;
 *           files_keys_end() orphans what the file no longer has. When all changed files were read,
 *           files_keys_drop() tells which objects nobody defines any more.
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
	FILES_CLAIM_MINE,  /* the file defines it (now) */
	FILES_CLAIM_TWICE, /* the file defines it already */
	FILES_CLAIM_TAKEN, /* another file does */
};

struct files_keys *files_keys_new(void) __attribute__((warn_unused_result));
/** files_keys_free() - After all its owners. */
struct files_keys *files_keys_free(struct files_keys *keys);
DEFINE_FREEP(struct files_keys, files_keys_free);

/** files_keys_owner() - A file; @file is what files_keys_claim() tells of it. */
struct files_owner *files_keys_owner(struct files_keys *keys, void *file) __attribute__((warn_unused_result));
/** files_keys_disown() - The file is gone: its keys are orphans, @owner is freed. Returns NULL. */
struct files_owner *files_keys_disown(struct files_keys *keys, struct files_owner *owner);

void files_keys_begin(struct files_owner *owner);
/**
 * files_keys_claim() - @owner's file has this object
 * @good:	false: the object was refused. It then keeps what the file has, but takes nothing.
 * @ret_file:	for _TAKEN, the other's @file
 */
enum files_claim files_keys_claim(struct files_keys *keys, struct files_owner *owner, enum object_kind kind,
				  const char *namespace, const char *name, bool good, void **ret_file);
void files_keys_end(struct files_keys *keys, struct files_owner *owner);

bool files_keys_has_orphans(const struct files_keys *keys);
/** files_keys_drop() - Forget the orphans, telling @del (may be NULL) of each. */
void files_keys_drop(struct files_keys *keys,
		     void (*del)(void *ctx, enum object_kind kind, const char *namespace, const char *name),
		     void *ctx);

#endif
