/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * leftovers_target.h - where leftovers go: they are deleted, or printed
 *
 * Room:     sync. Internal to leftovers.c and leftovers_chains.c.
 */
#ifndef SYNC_LEFTOVERS_TARGET_H
#define SYNC_LEFTOVERS_TARGET_H

#include <stddef.h>

#include "render/layout.h"

struct buf;
struct changes;
struct nfnl;

enum leftovers_result {
	LEFTOVERS_RESULT_MORE,	  /* another step is due */
	LEFTOVERS_RESULT_NONE,	  /* the tables are what is installed */
	LEFTOVERS_RESULT_UNKNOWN, /* read everything back */
};

/** struct leftovers_missing - How many installed objects the kernel does not have, by table and set */
struct leftovers_missing {
	size_t elements[_FAMILY_MAX][_LAYOUT_SET_MAX];
	size_t chains[_FAMILY_MAX];
};

/**
 * struct leftovers_target - leftovers_target_init(); @nfnl is borrowed
 * @skeleton:	our table and its sets, without chains
 * @text:	leftovers_print(), with @missing and @columns; or NULL
 * @n_deleted:	how many elements and chains were deleted or printed so far
 */
struct leftovers_target {
	struct nfnl *nfnl;
	struct skeleton skeleton;
	const struct leftovers_missing *missing;
	size_t columns;
	struct buf *text;
	size_t n_deleted;
};

void leftovers_target_init(struct leftovers_target *target, struct nfnl *nfnl);
/** leftovers_target_begin() - Initialize @changes, which borrow from @target. */
void leftovers_target_begin(const struct leftovers_target *target, struct changes *changes);
/**
 * leftovers_target_send() - Send or print @changes, and free them
 * @n_deleted:	how many objects they delete
 *
 * Return: 0; negative errno of nfnl_commit().
 */
int leftovers_target_send(struct leftovers_target *target, struct changes *changes, size_t n_deleted);

#endif
