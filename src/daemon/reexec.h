/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reexec.h - the process executes its own program anew, in place
 *
 * Room:     daemon. Effects: execve(), descriptors, one environment variable, ambient capabilities.
 * Rule:     tests/COVERAGE.md X2. The process stays the same for systemd and the kubelet: pid, arguments, environment, standard
 *           descriptors, user, capabilities and blocked signals. Three kinds of descriptors stay open as well: listening sockets
 *           (serve/kept_sockets.h), the netlink socket of the instance lock, and a file in memory with the content of the
 *           configuration file, so that exactly the text that was checked is used. The kernel closes all other descriptors. The
 *           tables stay because they are persistent, or have no owner.
 * Not here: when this happens (daemon/config_change.h).
 */
#ifndef DAEMON_REEXEC_H
#define DAEMON_REEXEC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct kept_sockets;

/**
 * struct reexec - This execution of the process
 * @again:	it follows another one
 * @config_text: the configuration file's content that it was told to use; empty: none
 * @kept:	sockets of the previous execution; NULL: none
 * @lock_fd:	the instance lock's netlink socket: of the previous execution, then of this one; -1: none; borrowed
 * @served:	the previous execution served until it ended (health_judge()); before reexec_execute(): this one does
 * @ambient:	ambient capabilities at the start, a bit each
 */
struct reexec {
	int argc;
	char *const *argv;
	bool again;
	struct buf config_text;
	struct kept_sockets *kept;
	int lock_fd;
	bool served;
	uint64_t ambient;
};

/**
 * reexec_begin() - Take over what a previous execution has left; to be called first
 *
 * Ambient capabilities are dropped: programs that we run must not inherit those that systemd gives us.
 */
void reexec_begin(struct reexec *ret, int argc, char *const *argv);
void reexec_done(struct reexec *reexec);
/** reexec_has_children() - Whether a child of this process runs or has not been reaped: the next execution would not know it. */
bool reexec_has_children(void);
/**
 * reexec_execute() - Execute anew with @config_text as the content of the configuration file
 *
 * Return: only if this fails: negative errno, and everything is as before.
 */
int reexec_execute(const struct reexec *reexec, const struct buf *config_text, struct err *reterr)
	__attribute__((warn_unused_result));

#endif
