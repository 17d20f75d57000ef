/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nfnl_empty.h - empty large tables in steps, and delete them
 *
 * Room:     backend. Part of backend/nfnl.h. For tables that no packet meets (nfnl_tables_unhook()).
 * Reason:   a table is deleted in one transaction, which takes about 1.5 us for each of its elements. With 300,000 elements the loop
 *           would wait for half a second.
 * Rule:     a step takes NFNL_EMPTY_TURN_US, or one transaction. The kernel lists the first elements of a set, some thousand in a few
 *           datagrams, and these are deleted. Their keys are sent as they came, so it does not matter which version made the set. What is
 *           left in the end goes with the table: sets that one datagram holds, and sets whose elements the kernel does not delete,
 *           for instance because they time out meanwhile.
 */
#ifndef BACKEND_NFNL_EMPTY_H
#define BACKEND_NFNL_EMPTY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/cleanup.h"
#include "base/err.h"

struct nfnl;
struct nfnl_empty;

#define NFNL_EMPTY_TURN_US 10000

/** nfnl_empty_new() - For the tables with one name, which are not in use; @nfnl is borrowed. Return: NULL: they cannot be listed */
struct nfnl_empty *nfnl_empty_new(struct nfnl *nfnl, bool second, struct err *reterr);
struct nfnl_empty *nfnl_empty_free(struct nfnl_empty *empty);
DEFINE_FREEP(struct nfnl_empty, nfnl_empty_free);
/** nfnl_empty_step() - Return: 1: there is more to do; 0: the tables are deleted; negative errno: they cannot be deleted. */
int nfnl_empty_step(struct nfnl_empty *empty, struct err *reterr) __attribute__((warn_unused_result));
/** nfnl_empty_n_deleted() - How many elements were deleted in steps. */
size_t nfnl_empty_n_deleted(const struct nfnl_empty *empty);

#endif
