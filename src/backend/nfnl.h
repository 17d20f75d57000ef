/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nfnl.h - the kernel's nf_tables, over netlink
 *
 * Room:     backend.
 * Rule:     a transaction carries the generation of the ruleset that our knowledge stems from; the kernel
 *           refuses it if anybody has changed anything since. Whether that concerned our tables is known from
 *           the notifications on the same socket.
 * Needs:    CAP_NET_ADMIN in the network namespace's user namespace. No nft process, ever.
 */
#ifndef BACKEND_NFNL_H
#define BACKEND_NFNL_H

#include "backend/backend.h"
#include "base/cleanup.h"
#include "ruleset/snapshot.h"

struct nfnl;

int nfnl_new(const char *table_name, struct nfnl **ret, struct err *reterr)
	__attribute__((warn_unused_result));
struct nfnl *nfnl_free(struct nfnl *nfnl);
DEFINE_FREEP(struct nfnl, nfnl_free);

/**
 * nfnl_own() - Be the only one who can change our tables, which outlive us (NFNL_PROBE_TABLE_PERSIST); before nfnl_read()
 *
 * The next transaction makes them so. Those that an earlier process has left behind are taken over; one that stands
 * without these flags counts as foreign, for it cannot be given them.
 */
void nfnl_own(struct nfnl *nfnl);

/**
 * nfnl_read() - Read back what is not known of our tables
 * @sets:	declarations that ours have, the same ones each time; none: only which tables stand is wanted, and @whole
 * @whole:	all of them, whatever is believed to be known
 * @ret:	initialised here, sealed; snapshot_done() it before the next call about @nfnl. Its fingerprint() stays
 *		valid as long as @nfnl.
 *
 * All is unknown at first, and after answers or notifications were lost. Later it is what others have touched: the
 * snapshot is narrow then. What was read counts as unknown until the next nfnl_commit() that succeeds.
 * Starts over when somebody changes the ruleset meanwhile. Clears nfnl_disturbed().
 *
 * Return: 0; -EPERM without CAP_NET_ADMIN; -EINTR if the ruleset never held still.
 */
int nfnl_read(struct nfnl *nfnl, const struct set_decl *sets, size_t n_sets, bool whole, struct snapshot *ret,
	      struct err *reterr) __attribute__((warn_unused_result));

/**
 * nfnl_read_clients() - What a client map has learnt; an entry a client, by address
 * @ret:	free() it; NULL if there is none
 *
 * Return: 0; -ENOENT: there is no such map.
 */
int nfnl_read_clients(struct nfnl *nfnl, const struct client_map *map, struct client **ret, size_t *ret_n,
		      struct err *reterr) __attribute__((warn_unused_result));

/**
 * nfnl_commit() - Apply @changes as one transaction, both families
 * @changes:	in order: change_finish()
 * @ret:	bytes and time; on a refusal the change at fault
 *
 * The many elements of tables that do not stand yet go ahead in transactions of their own, before any packet can meet
 * them (change_n_unseen()). If one fails after another has not, the tables stand partly, without base chains: all
 * is unknown then.
 *
 * No changes: nothing is sent. Afterwards we listen for other people's changes; if one came in between
 * already, nfnl_disturbed() says so.
 *
 * Return: 0; -ESTALE: our tables are not what we believed, nfnl_read() is due; -EBUSY: they belong to another
 * process, likewise; -EMSGSIZE: the batch does
 * not fit the socket's buffer and may not be raised; other negative errno: refused, the old rules stand.
 */
int nfnl_commit(struct nfnl *nfnl, const struct changes *changes, struct backend_report *ret,
		struct err *reterr) __attribute__((warn_unused_result));

/**
 * nfnl_adopt() - Own now what an earlier process has left behind, as it is; after nfnl_own(), before the first nfnl_read()
 * @ret_adopted: there is something, and it is ours
 *
 * What is in it is not looked at, and stays unknown.
 */
int nfnl_adopt(struct nfnl *nfnl, bool *ret_adopted, struct err *reterr) __attribute__((warn_unused_result));

/** nfnl_remove() - Delete our tables, whatever is in them; none is fine. */
int nfnl_remove(struct nfnl *nfnl, bool *ret_removed, struct err *reterr) __attribute__((warn_unused_result));

/** nfnl_fd() - To poll for input; then nfnl_dispatch(). */
int nfnl_fd(const struct nfnl *nfnl);
/** nfnl_dispatch() - Take in what other people did to the ruleset. */
void nfnl_dispatch(struct nfnl *nfnl);
/** nfnl_disturbed() - Somebody else touched our tables since they were last read or written. */
bool nfnl_disturbed(const struct nfnl *nfnl);
/** nfnl_disturber() - Who, as the kernel said: "nft (pid 123)", or "". */
const char *nfnl_disturber(const struct nfnl *nfnl);

#endif
