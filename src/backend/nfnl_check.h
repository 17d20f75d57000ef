/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nfnl_check.h - find changes by other processes without notifications
 *
 * Room:     backend. Part of backend/nfnl.h.
 * Reason:   while any process subscribes to nf_tables' notifications, the kernel composes one for every element of every
 *           transaction, also of other programs.
 * Finds:    a table that is gone, was made anew, or has other flags; a chain or set that was added or deleted; and, if the kernel
 *           reports how many elements a set has (Linux 6.16 and later), another number of elements in a set.
 *           It does not find a changed rule or a replaced element: reading everything back does.
 * Cost:     one request if no other process has changed the ruleset, else one for each table and each set.
 */
#ifndef BACKEND_NFNL_CHECK_H
#define BACKEND_NFNL_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

struct changes;
struct nfnl;

/** struct nfnl_check_table - What the kernel says about one of our tables; all zero: it does not exist */
struct nfnl_check_table {
	bool exists;
	uint64_t handle; /* of this table; a new table of the same name has another one */
	uint32_t flags;
	uint32_t use; /* chains and sets */
};

/**
 * struct nfnl_check - What the next check compares with
 * @enabled:	nfnl_check_enable()
 * @generation:	of the ruleset at the last reading or check, plus our own transactions since
 * @tables:	at the last reading or transaction
 */
struct nfnl_check {
	bool enabled;
	uint32_t generation;
	struct nfnl_check_table tables[_FAMILY_MAX];
};

/**
 * nfnl_check_enable() - Subscribe to no notifications, and send transactions without the generation
 *
 * nfnl_check() is called regularly instead. For tables that others can change; before the first reading.
 */
void nfnl_check_enable(struct nfnl *nfnl);
/** nfnl_check_read() - Remember the tables and the generation, because nfnl_read() begins. */
void nfnl_check_read(struct nfnl *nfnl);
/** nfnl_check_commit() - Remember the tables as @changes have made them. If they are others, everything counts as unknown. */
void nfnl_check_commit(struct nfnl *nfnl, const struct changes *changes);
/**
 * nfnl_check() - If another process has changed the ruleset, see whether our tables are as we made them
 * @n_in_sets:	by table and set: how many elements we have installed
 *
 * Does nothing unless enabled, the tables are KNOWLEDGE_CURRENT, and no survey is due that would find the same. If they differ,
 * everything counts as unknown; then nfnl_foreign_change() returns true.
 */
void nfnl_check(struct nfnl *nfnl, const size_t *const n_in_sets[_FAMILY_MAX]);

#endif
