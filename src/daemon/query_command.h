/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * query_command.h - the commands status, explain and diff
 *
 * Room:     daemon. Asks the running daemon through its control socket. With manifests or a kubeconfig on the command line it needs
 *           no daemon (daemon/oneshot.h).
 */
#ifndef DAEMON_QUERY_COMMAND_H
#define DAEMON_QUERY_COMMAND_H

#include "config/settings.h"

struct arena;
struct targets;

/**
 * query_command_run() - Ask, print, and return the exit status
 *
 * 0: fine; 1: the answer names trouble, or there is no such thing; 2: it cannot be said.
 */
int query_command_run(const struct settings *settings) __attribute__((warn_unused_result));
/**
 * query_command_targets() - Ask for the front ends and endpoints of the Service @settings->subject
 * @arena:	owns what @ret points to
 *
 * Return: 0; else the exit status, after an error was printed: 1: there is no such Service; 2: there is no answer.
 */
int query_command_targets(const struct settings *settings, struct arena *arena, struct targets *ret)
	__attribute__((warn_unused_result));

#endif
