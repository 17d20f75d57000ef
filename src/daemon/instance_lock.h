/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * instance_lock.h - one kube-nftproxy in a network namespace
 *
 * Room:     daemon.
 * Rule:     two instances would repair each other's changes for ever. So each binds an abstract Unix socket: its name belongs to the
 *           network namespace, like our tables, and is released when the process ends. A process without the privilege
 *           to change our tables cannot keep us from starting by binding the name: that is a warning.
 */
#ifndef DAEMON_INSTANCE_LOCK_H
#define DAEMON_INSTANCE_LOCK_H

#include "base/err.h"

struct kept_sockets;

#define INSTANCE_LOCK_WAIT_MS 3000 /* for an instance that is ending */

/**
 * instance_lock_take() - Become the only instance
 * @kept:	may have the socket of this process's previous execution; NULL: none
 * @ret_fd:	the caller closes it; -1: an unprivileged process has the name
 *
 * Return: 0; -EBUSY: another instance runs, named in @reterr; other negative errno.
 */
int instance_lock_take(struct kept_sockets *kept, int *ret_fd, struct err *reterr)
	__attribute__((warn_unused_result));
/** instance_lock_dispatch() - @fd is readable: other instances have connected to see who has the name. Close the connections. */
void instance_lock_dispatch(int fd);

#endif
