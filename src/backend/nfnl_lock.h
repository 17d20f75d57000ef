/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * nfnl_lock.h - a lock in the network namespace that only a process with CAP_NET_ADMIN can take
 *
 * Room:     backend.
 * Rule:     the lock is an empty table with the flag owner, which belongs to a netlink socket of its own. The kernel lets no other
 *           socket make or change the table, and deletes it when the socket is closed. The socket stays open over execve() if its
 *           descriptor does.
 */
#ifndef BACKEND_NFNL_LOCK_H
#define BACKEND_NFNL_LOCK_H

#include <stdint.h>

#include "base/cleanup.h"
#include "base/err.h"

#define NFNL_LOCK_TABLE "kube-nftproxy-lock"

struct nfnl_lock;

/**
 * nfnl_lock_take() - Take the lock, or go on with it
 * @kept_fd:	the socket of an earlier execution of this process, which is used if it has the lock, else closed; -1: none
 * @ret_pid:	-EBUSY: the process that has it, in its own PID namespace; 0: not known
 *
 * Return: 0; -EBUSY: another process has it; -EOPNOTSUPP: this kernel has no such tables (before Linux 5.12); other negative errno,
 * such as -EPERM without CAP_NET_ADMIN.
 */
int nfnl_lock_take(int kept_fd, struct nfnl_lock **ret, int *ret_pid, struct err *reterr)
	__attribute__((warn_unused_result));
struct nfnl_lock *nfnl_lock_free(struct nfnl_lock *lock);
DEFINE_FREEP(struct nfnl_lock, nfnl_lock_free);
/** nfnl_lock_fd() - To be kept open over execve(). @lock: NULL: -1. */
int nfnl_lock_fd(const struct nfnl_lock *lock);

#endif
