/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nfnl.h - our tables in the kernel's nf_tables, over netlink
 *
 * Room:     backend.
 * Rule:     if the kernel lets only us change our tables, a transaction may be sent at any time. Else it carries the
 *           generation of the ruleset that it was computed from, the kernel refuses it if the ruleset has changed
 *           since, and notifications (backend/nfnl_monitor.h) say whether the change concerned our tables.
 *           What is known about our tables is in one place: backend/knowledge.h.
 * Parts:    backend/nfnl_read.h reads the tables back, backend/nfnl_commit.h changes them, backend/nfnl_clients.h reads
 *           client maps and deletes clients, backend/nfnl_tables.h adopts or removes the tables as a whole.
 * Needs:    CAP_NET_ADMIN in the network namespace's user namespace. No nft process, ever.
 */
#ifndef BACKEND_NFNL_H
#define BACKEND_NFNL_H

#include "backend/knowledge.h"
#include "base/cleanup.h"
#include "base/err.h"

struct changes;
struct nfnl;

int nfnl_new(const char *table_name, struct nfnl **ret, struct err *reterr)
	__attribute__((warn_unused_result));
struct nfnl *nfnl_free(struct nfnl *nfnl);
DEFINE_FREEP(struct nfnl, nfnl_free);

/**
 * nfnl_own() - Make our tables so that only this process can change them, and that they outlive it
 *
 * Needs a kernel with NFNL_PROBE_TABLE_PERSIST. Call it before the first nfnl_read(). The next transaction sets the flags
 * on new tables, and on those that an earlier process of ours has left. A table without these flags counts as
 * foreign, because the kernel cannot add them to it.
 */
void nfnl_own(struct nfnl *nfnl);

/** nfnl_fd() - To poll for input; then nfnl_foreign_change(). */
int nfnl_fd(const struct nfnl *nfnl);
/**
 * nfnl_foreign_change() - Take in notifications that have arrived, at most NFNL_MONITOR_TURN_MAX datagrams
 *
 * While others are left, the descriptor stays readable.
 *
 * Return: true if another process has changed our tables and they were KNOWLEDGE_CURRENT until then: a repair is due. False
 * for further changes until the next commit, because a read-back is pending already.
 */
bool nfnl_foreign_change(struct nfnl *nfnl);
/** nfnl_changed_by() - The process that changed our tables last, "nft (pid 123)"; "": the kernel did not say. */
const char *nfnl_changed_by(const struct nfnl *nfnl);
/** nfnl_knowledge() - What is known about our tables; backend/knowledge.h has a table. */
enum knowledge_state nfnl_knowledge(const struct nfnl *nfnl);
/** nfnl_forget() - Nothing is known about our tables any more: the next sync reads all of both back. */
void nfnl_forget(struct nfnl *nfnl);
/**
 * nfnl_doubt() - The kernel refused @changes because objects exist that should not, or the reverse: the next sync reads these objects back
 *
 * Also the chains that new elements lead to.
 *
 * Return: false if they are too many to be named; then nothing has changed.
 */
bool nfnl_doubt(struct nfnl *nfnl, const struct changes *changes);
/** nfnl_drain() - Take in all notifications that have arrived. */
void nfnl_drain(struct nfnl *nfnl);
/** nfnl_unknown() - Whether all of the table is invalidated, and @ret_sets: which sets are, by bits. */
bool nfnl_unknown(const struct nfnl *nfnl, enum family table, uint64_t *ret_sets);
/** nfnl_suspect() - Do not read that back in one step, because a survey will compare it (backend/knowledge.h). */
void nfnl_suspect(struct nfnl *nfnl, enum family table, bool whole, uint64_t sets);
/** nfnl_is_suspect() - A survey is due or under way. @ret_n: for nfnl_surveyed(). */
bool nfnl_is_suspect(const struct nfnl *nfnl, unsigned int *ret_n);
/** nfnl_surveyed() - The survey that began with @n has put everything right. */
void nfnl_surveyed(struct nfnl *nfnl, unsigned int n);
/** nfnl_confirm() - The last nfnl_read() found the tables as they were last committed. */
void nfnl_confirm(struct nfnl *nfnl);

#endif
