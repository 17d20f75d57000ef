/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * instance_lock.h - one kube-nftproxy in a network namespace
 *
 * Room:     daemon.
 * Rule:     two of them would take turns at putting right what the other has done. So each holds an abstract
 *           Unix socket, a name that ends with its process and is, like our tables, of the network namespace.
 *           Who may not change our tables can't keep us from starting by taking the name: that is a warning.
 */
#ifndef DAEMON_INSTANCE_LOCK_H
#define DAEMON_INSTANCE_LOCK_H

#include "base/err.h"

#define INSTANCE_LOCK_WAIT_MS 3000 /* for one that is just ending */

/**
 * instance_lock_take() - Be the only one
 * @ret_fd:	the caller's to close; -1: the name is taken by somebody who doesn't count
 *
 * Return: 0; -EBUSY: another one runs, named in @reterr; other negative errno.
 */
int instance_lock_take(int *ret_fd, struct err *reterr) __attribute__((warn_unused_result));
/** instance_lock_dispatch() - @fd is readable: others want to know who has it, and know by now. */
void instance_lock_dispatch(int fd);

#endif
