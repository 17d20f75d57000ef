/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nfnl_commit.h - apply changes to our tables in the kernel
 *
 * Room:     backend. Part of backend/nfnl.h.
 */
#ifndef BACKEND_NFNL_COMMIT_H
#define BACKEND_NFNL_COMMIT_H

#include "backend/backend.h"

struct nfnl;

/**
 * nfnl_commit() - Apply @changes as one transaction, both families
 * @changes:	in order: change_finish()
 * @ret:	bytes and time; on a refusal the change at fault
 *
 * Most elements of new tables are sent ahead in transactions of their own, before the base chains that lead packets to
 * them (change_n_unseen()). If one of these fails after another has succeeded, the tables are incomplete and without base
 * chains; they count as unknown then.
 *
 * If a table is replaced, also by one with another name (nfnl_tables_replace()), a second transaction deletes the late copies of its base
 * chains (nfnl_commit.c). If it fails, the tables count as unknown, too.
 *
 * Without changes nothing is sent. Afterwards notifications are subscribed. If another process has changed our
 * tables in between, the state after a success is KNOWLEDGE_INVALIDATED instead of KNOWLEDGE_CURRENT.
 *
 * Return: 0; -ESTALE: our tables are not as expected, nfnl_read() is due; -EBUSY: they belong to another process;
 * -EMSGSIZE: the transaction does not fit the socket's send buffer, which cannot be raised; other negative errno: refused,
 * the kernel keeps the old rules.
 */
int nfnl_commit(struct nfnl *nfnl, const struct changes *changes, struct backend_report *ret,
		struct err *reterr) __attribute__((warn_unused_result));
/** typedef nfnl_committed - The kernel has accepted @changes. */
typedef void nfnl_committed(void *ctx, const struct changes *changes);
/** nfnl_commit_listen() - Call @committed with @ctx after each success of nfnl_commit(); NULL: no longer. One at a time. */
void nfnl_commit_listen(struct nfnl *nfnl, nfnl_committed *committed, void *ctx);
/** nfnl_commit_adopts() - Whether nfnl_commit() will take over a table, even without changes. */
bool nfnl_commit_adopts(const struct nfnl *nfnl);
/** nfnl_commit_advance() - A transaction of ours has succeeded: the ruleset has the next generation. */
void nfnl_commit_advance(struct nfnl *nfnl);

#endif
