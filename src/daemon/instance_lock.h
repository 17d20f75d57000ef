/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * instance_lock.h - one kube-nftproxy in a network namespace
 *
 * Room:     daemon.
 * Rule:     two instances would repair each other's changes for ever. So each has two locks, which belong to the network namespace,
 *           like our tables, and are released when the process ends:
 *           - a table that only the process with the lock can own (backend/nfnl_lock.h). No process without CAP_NET_ADMIN can take
 *             or disturb it, and nothing about the other process needs to be known. Linux 5.12 or later.
 *           - an abstract Unix socket, which older versions have alone. Any process can bind its name. So it only counts if the
 *             process that did is root, or has CAP_NET_ADMIN and still is the user that bound the name; or is of our own user, if
 *             /proc does not tell. Any other process with the name is a warning.
 */
#ifndef DAEMON_INSTANCE_LOCK_H
#define DAEMON_INSTANCE_LOCK_H

#include <stdbool.h>

#include "base/err.h"

struct kept_sockets;
struct nfnl_lock;

#define INSTANCE_LOCK_WAIT_MS 3000 /* for an instance that is ending */

/** struct instance_lock - @fd: the listening socket; -1: not held. @table: NULL: not held */
struct instance_lock {
	int fd;
	struct nfnl_lock *table;
};

#define INSTANCE_LOCK_NONE ((struct instance_lock){ .fd = -1 })

/**
 * instance_lock_take() - Become the only instance
 * @kept:	may have the socket of this process's previous execution; NULL: none
 * @kept_table_fd: descriptor of that execution's instance_lock_table_fd(); -1: none
 * @ret:	instance_lock_release() frees it, also after an error
 *
 * Return: 0; -EBUSY: another instance runs, named in @reterr; other negative errno.
 */
int instance_lock_take(struct kept_sockets *kept, int kept_table_fd, struct instance_lock *ret,
		       struct err *reterr) __attribute__((warn_unused_result));
void instance_lock_release(struct instance_lock *lock);
/** instance_lock_table_fd() - To be kept open over execve(), so that no other process can take the table meanwhile; -1: none. */
int instance_lock_table_fd(const struct instance_lock *lock);
/**
 * instance_lock_dispatch() - @fd is readable: other instances have connected to see who has the name. Close some connections.
 *
 * Return: whether there may be more; false, too, if none can be accepted.
 */
bool instance_lock_dispatch(int fd);

#endif
