/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nfnl_dump.h - read all elements of a set, or the names of all chains, one datagram at a time
 *
 * Room:     backend. Part of backend/nfnl.h.
 * Rule:     over a socket of its own, so that transactions go on in between. A datagram has some hundred elements. For each one
 *           the kernel walks the set from its start: the last ones of 100,000 elements take about a millisecond each.
 *           A datagram has some hundred names of chains; walking the list costs the kernel some nanoseconds a chain.
 * Limits:   if elements are added or deleted while a set is read, the kernel can leave out some others, or repeat some.
 */
#ifndef BACKEND_NFNL_DUMP_H
#define BACKEND_NFNL_DUMP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "ruleset/set.h"

struct nfnl;
struct nfnl_dump;
struct nlattr;
struct snapshot;

/** typedef nfnl_dump_entry - Called for each element: an entry of the list in a NFT_MSG_NEWSETELEM. */
typedef void nfnl_dump_entry(void *ctx, const struct nlattr *entry);

/** nfnl_dump_new() - A reader of the tables of @nfnl that are in use; it is borrowed. */
struct nfnl_dump *nfnl_dump_new(const struct nfnl *nfnl);
/** nfnl_dump_new_of() - A reader of tables with this name, which is borrowed. */
struct nfnl_dump *nfnl_dump_new_of(const char *table_name);
struct nfnl_dump *nfnl_dump_free(struct nfnl_dump *dump);
DEFINE_FREEP(struct nfnl_dump, nfnl_dump_free);
/** nfnl_dump_start() - Start to read the set or map @name. An unfinished reading is given up. */
int nfnl_dump_start(struct nfnl_dump *dump, enum family table, const char *name, struct err *reterr)
	__attribute__((warn_unused_result));
/**
 * nfnl_dump_step() - Read one datagram, without waiting
 *
 * Return: 1: there is more; 0: the set is read; -ENOENT: there is no such set; other negative errno. After anything but 1,
 * nfnl_dump_start() is next.
 */
int nfnl_dump_step(struct nfnl_dump *dump, nfnl_dump_entry *found, void *ctx, struct err *reterr)
	__attribute__((warn_unused_result));
/**
 * nfnl_dump_step_into() - nfnl_dump_step() for set @set of @sets
 * @snapshot:	gets its elements
 * @foreign:	set to true if an element has anything that ours never have; it is left out
 */
int nfnl_dump_step_into(struct nfnl_dump *dump, const struct set_decl *sets, uint8_t set,
			struct snapshot *snapshot, bool *foreign, struct err *reterr)
	__attribute__((warn_unused_result));
/** nfnl_dump_start_chains() - Start to read the names of the chains of our @table. */
int nfnl_dump_start_chains(struct nfnl_dump *dump, enum family table, struct err *reterr)
	__attribute__((warn_unused_result));
/**
 * nfnl_dump_step_chains() - As nfnl_dump_step(), after nfnl_dump_start_chains()
 * @snapshot:	gets the chains, without fingerprints
 * @foreign:	set to true if a name is too long for a chain of ours; it is left out
 */
int nfnl_dump_step_chains(struct nfnl_dump *dump, struct snapshot *snapshot, bool *foreign,
			  struct err *reterr) __attribute__((warn_unused_result));
/** nfnl_dump_interrupted() - Any table was changed since the start: names of chains may be missing, or come twice. */
bool nfnl_dump_interrupted(const struct nfnl_dump *dump);

#endif
