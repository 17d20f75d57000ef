/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nfnl_chain.h - read chains with their rules back, one by one
 *
 * Room:     backend. Part of backend/nfnl.h.
 * Reason:   thousands of Services with session affinity or source ranges have tens of thousands of chains: reading all of them is not
 *           one step. Asking for one chain by its name costs the same however many there are, 10 to 20 us with its rules.
 */
#ifndef BACKEND_NFNL_CHAIN_H
#define BACKEND_NFNL_CHAIN_H

#include <stdbool.h>

#include "base/addr.h"
#include "base/buf.h"
#include "base/err.h"

struct chain;
struct nfnl;
struct nlmsghdr;
struct snapshot;
struct snapshot_chain;

/**
 * nfnl_chain_read() - Add the chain @name to @snapshot, if it exists
 *
 * After the first nfnl_read() with declarations of sets. @snapshot is not sealed; its fingerprint() is set, and valid as long as @nfnl.
 *
 * Return: 1; 0: there is no such chain; negative errno.
 */
int nfnl_chain_read(struct nfnl *nfnl, enum family table, const char *name, struct snapshot *snapshot,
		    struct err *reterr) __attribute__((warn_unused_result));

/* For nfnl_read.c: */

/** nfnl_chain_add() - Add the chain of a NFT_MSG_NEWCHAIN, without rules. False if it cannot be ours. */
bool nfnl_chain_add(struct snapshot *snapshot, enum family table, const struct nlmsghdr *nlh);
/**
 * nfnl_chain_add_rule() - Add the rule of a NFT_MSG_NEWRULE to its chain
 * @next:	position in @snapshot where the chain is expected, because rules are listed chain by chain; it is kept up to date
 *
 * False if there is no such chain, or the rule cannot be read.
 */
bool nfnl_chain_add_rule(struct snapshot *snapshot, enum family table, const struct nlmsghdr *nlh,
			 size_t *next);
/** nfnl_chain_set_fingerprint() - Let @snapshot compare chains. */
void nfnl_chain_set_fingerprint(struct nfnl *nfnl, struct snapshot *snapshot);

#endif
